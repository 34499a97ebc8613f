#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Under load: nothing is dropped while the manifest cannot be written, a stopped tracer only delays,
# memory and descriptors stay small, two tracers share a manifest, and a lazy unmount ends when the
# last user leaves. SFC_TEST_FILES is how many files there are, SFC_TEST_OPENS how often each thread opens.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version

storm=$builddir/tests/fs/storm
mnt=$dir/mnt
files=${SFC_TEST_FILES:-20000}
opens=${SFC_TEST_OPENS:-10000}
mkdir source
"$storm" make source "$files"

# opened LABEL: how many opens of files of the last session the manifest has.
opened() {
	query "SELECT sum(count) FROM accesses WHERE op = 'open' AND errno = 0 AND label = '$1'"
}

# of PID FIELD: a figure of /proc/PID/status, without its unit.
of() {
	awk -v field="$2:" '$1 == field { print $2 }' "/proc/$1/status"
}

# Somebody else writes the manifest for longer than a few intervals, twice.
mount_tracefs "label=storm,flush_ms=50,catalog=no,scratch=$dir/scratch" "$dir/source" "$mnt"
pid=$(tracer_pid)
"$storm" run "$mnt" "$files" 4 "$opens" >counted &
raging=$!
for _ in 1 2; do
	sqlite3 "$manifest" 'PRAGMA busy_timeout = 20000; BEGIN IMMEDIATE;' '.shell sleep 1.5' 'COMMIT;' >locked
done
wait "$raging"
check_equal "the storm meets no error" "$(cat counted)" "$((4 * opens)) 0"
resident=$(of "$pid" VmHWM)
descriptors=$(find "/proc/$pid/fd" -mindepth 1 | wc -l)
unmount_tracefs "$mnt"
session_whole "nothing was dropped while the writer stood still"
check_equal "each open is there" "$(opened storm)" "$((4 * opens))"
if grep -q '^#define HAVE_SANITIZERS 1' "$builddir/config.h" 2>/dev/null; then
	echo "built with sanitizers: memory is not judged ($resident kB)"
else
	check "at most 64 MB of memory ($resident kB)" test "$resident" -le 65536
fi
check "at most some hundreds of descriptors ($descriptors)" test "$descriptors" -le 400

# few descriptors, a large tree, and a program that has more open than the tracer may
(
	# shellcheck disable=SC3045 # every sh that there is has it
	ulimit -n 128
	mount_tracefs "label=few,catalog=no,scratch=$dir/scratch" "$dir/source" "$mnt"
	trap - EXIT
)
check_equal "a program may hold more files open than the tracer has descriptors" \
	"$("$storm" hold "$mnt" 900)" "900 0"
check_equal "the tree is listed with 128 descriptors" "$(find "$mnt" -type f | wc -l)" "$files"
unmount_tracefs "$mnt"
session_whole "the session with 128 descriptors is whole"
(
	# shellcheck disable=SC3045 # every sh that there is has it
	ulimit -n 128
	mount_tracefs "label=few-plain,catalog=no,passthrough=off" "$dir/source" "$mnt"
	trap - EXIT
)
"$storm" hold "$mnt" 100 >held
check_equal "without passthrough there is a limit, but not at 100" "$(cat held)" "100 0"
unmount_tracefs "$mnt"

# a tracer that stands still for a while
mount_tracefs "label=stopped,catalog=no" "$dir/source" "$mnt"
pid=$(tracer_pid)
kill -STOP "$pid"
"$storm" run "$mnt" "$files" 2 500 >counted &
raging=$!
sleep 2
check_equal "a stopped tracer answers nobody" "$(cat counted)" ""
kill -CONT "$pid"
wait "$raging"
check_equal "and everybody once it goes on" "$(cat counted)" "1000 0"
unmount_tracefs "$mnt"
check_equal "and has seen all of it" "$(opened stopped)" 1000
session_whole "the session of a tracer that was stopped is whole"

# two tracers, one manifest
mount_tracefs "label=one,flush_ms=50,catalog=no" "$dir/source" "$mnt"
mount_tracefs "label=two,flush_ms=50,catalog=no" "$dir/source" "$dir/mnt2"
"$storm" run "$mnt" "$files" 2 3000 >one &
raging=$!
"$storm" run "$dir/mnt2" "$files" 2 4000 >two
wait "$raging"
umount "$dir/mnt2"
unmount_tracefs "$mnt"
check_equal "two tracers record into one manifest" "$(cat one two) $(opened one) $(opened two)" "6000 0
8000 0 6000 8000"
check_equal "and both sessions are whole" \
	"$(query "SELECT group_concat(state || dropped) FROM session WHERE label IN ('one', 'two')")" "complete0,complete0"

# unmounted while in use
mount_tracefs "label=lazy,catalog=no,scratch=$dir/scratch" "$dir/source" "$mnt"
(
	cd "$mnt/0" || exit 1
	exec <./1
	echo >"$dir/in"
	until [ -e "$dir/unmounted" ]; do sleep 0.05; done
	cat 2 >"$dir/late"
) &
user=$!
wait_for 10 test -e in
umount -l "$mnt"
touch unmounted
check "who is inside can go on after umount -l" wait "$user"
check "and reads what is there" cmp -s late source/0/2
wait_for 20 no_session_open
session_whole "the session ends when the last one leaves"
check_equal "and has what was used after the unmount" \
	"$(query "SELECT count(*) FROM accesses WHERE label = 'lazy' AND path = '/0/2' AND op = 'open'")" 1
finish
