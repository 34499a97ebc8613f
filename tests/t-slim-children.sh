#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Services that are more than one process: a child that its parent leaves behind is asked to end as well, who
# does not listen is killed and named, and a program that puts itself into the background is waited for.
# shellcheck disable=SC2016 # for the inner shells
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/slim.sh"
. "$srcdir/tests/stage.sh"
busybox_root "$dir/root" sh sleep touch

# slim GRACE SCRIPT: a server that is up when it has made /tmp/up; sets report, and seconds in whole.
slim() {
	begun=$(cut -d. -f1 /proc/uptime)
	sfc slim --root "$dir/root" -o "$dir/x.sfc" --force --grace "$1" --ready 'test -e "$SFC_ROOT/tmp/up"' \
		--probe 'echo well' -- sh -c "$2" >"$dir/report" 2>&1
	status=$?
	lasted=$(($(cut -d. -f1 /proc/uptime) - begun))
	report=$(grep '^test ' "$dir/report")
}

listens='(trap "exit 0" TERM; while :; do sleep 0.1; done) & touch /tmp/up; exec sleep 1000'
slim 60 "$listens"
check_equal "a service with a child is packed" $status 0 || cat "$dir/report"
check "neither stopping waits for the grace" test "$lasted" -lt 30
check "all have ended by themselves" expr "$report" : '.*probe passed, stopped '

deaf='(trap "" TERM; while :; do sleep 0.1; done) & touch /tmp/up; exec sleep 1000'
slim 1 "$deaf"
check_equal "one with a deaf child, too" $status 0 || cat "$dir/report"
check "who did not listen is named" expr "$report" : '.*probe passed, killed after 1 s: \(sh\|sleep\) ([0-9]*)'

daemon='(trap "exit 0" TERM; touch /tmp/up; while :; do sleep 0.1; done) & exit 0'
slim 60 "$daemon"
check_equal "who puts itself into the background is waited for" $status 0 || cat "$dir/report"
check "asked and stopped" expr "$report" : 'test *sh ready after .* probe passed, stopped '
check "at once" test "$lasted" -lt 30
check "nothing is left" nothing_is_left
finish
