#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# --learn: a package goes without the rare system calls and the capabilities that no run used and no packed file
# names, and only without those; --seccomp default goes back.
# shellcheck disable=SC2154,SC2086,SC2016 # lib.sh's names; words; for inner shells
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/stage.sh"
requires fuse
requires crun --version
requires runc --version
requires jq --version
requires slirp4netns --version
[ "$(uname -m)" = x86_64 ] || skip "what calls by number is judged by code of x86_64"

root=$dir/root
mkdir -p "$root/bin" "$root/etc" "$root/dev" "$root/proc" "$root/sys" "$root/tmp"
cp "$builddir/tests/stage/call-number" "$builddir/tests/stage/imports-ptrace" "$root/bin/"
for library in $(ldd "$root/bin/call-number" | grep -o '/[^ ]*'); do
	mkdir -p "$root${library%/*}" && cp -L "$library" "$root$library"
done
# their numbers
getpid=39 chown=92 kill=62 ptrace=101 unshare=272 clone=56 clone3=435 keyctl=250 prctl=157 pause=34
new_user=0x10000000
called() { jq -r ".$1.without | sort | join(\" \")" profile; }
unpacked() { rm -rf out && unsquashfs -q -n -d out "$1" sfc/profile.json >/dev/null && cp out/sfc/profile.json profile; }
all_calls="bpf foreign io_uring keyrings mount namespaces obsolete perf ptrace"
eleven="CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_KILL CAP_NET_BIND_SERVICE CAP_SETFCAP CAP_SETGID CAP_SETPCAP CAP_SETUID CAP_SYS_CHROOT"

# learned NAME OPTION… -- WORD…: the package of a run
learned() {
	name=$1
	shift
	sfc slim -q -f --learn --root "$root" --margin none -o "$name.sfc" "$@" >slim.said 2>&1 && unpacked "$name.sfc"
}

for runtime in crun runc; do
	check "$runtime: what uses nothing" learned plain --runtime $runtime -u 33:33 -- call-number $getpid
	check_equal "$runtime: goes without every family" "$(called calls)" "$all_calls"
	check_equal "$runtime: and, being no root, without a capability" "$(called capabilities)" "$eleven"
	check "$runtime: one family, used" learned used --runtime $runtime -u 33:33 -- call-number $ptrace
	check_equal "$runtime: is kept, and that alone" "$(called calls)" "bpf foreign io_uring keyrings mount namespaces obsolete perf"
	check_equal "$runtime: for that session" "$(jq -r .calls.kept.ptrace profile)" 'session slim'
	check "$runtime: a namespace, by clone(2)" learned cloned --runtime $runtime -u 33:33 -- call-number $clone $new_user
	check_equal "$runtime: is one" "$(jq -r .calls.kept.namespaces profile)" 'session slim'
	check "$runtime: root" learned root --runtime $runtime -- call-number $chown 0
	check_equal "$runtime: keeps what it used, and what nobody can see to be unused" "$(called capabilities)" \
		"CAP_KILL CAP_NET_BIND_SERVICE CAP_SETFCAP CAP_SETGID CAP_SETPCAP CAP_SETUID CAP_SYS_CHROOT"
done

check "a file that takes it by name, packed and never run" learned named -u 33:33 --include /bin/imports-ptrace -- call-number $getpid
check_equal "keeps the family" "$(jq -r .calls.kept.ptrace profile)" /bin/imports-ptrace

# --- it holds where the package is started
try() { sfc run "$@" -- call-number $call $first 2>&1; }
for case in "$ptrace 0 EPERM" "$unshare 0 EPERM" "$clone $new_user EPERM" "$clone3 0 ENOSYS" "$keyctl 0 ENOSYS"; do
	read -r call first wanted <<-END
		$case
	END
	check_equal "call $call is refused" "$(try plain.sfc)" "$wanted"
	check_equal "by runc, too" "$(try --runtime runc plain.sfc)" "$wanted"
done
call=$ptrace first=0
check_equal "--seccomp default goes back" "$(try --seccomp default plain.sfc)" 0
check_equal "what was used works" "$(try used.sfc)" 0
call=$kill first=1
check_equal "and ordinary calls do" "$(try plain.sfc)" 0
# which of the eleven its bounding set has, by their numbers
powers() {
	for number in 0 1 3 4 5 6 7 8 10 18 31; do
		[ "$(sfc run "$@" -- call-number $prctl 23 $number 2>&1)" != 1 ] || printf '%s ' $number
	done
}
check_equal "no capability is left of what was no root" "$(powers plain.sfc)" ""
check_equal "of root's, what it used" "$(powers root.sfc)" "0 1 3 4 "
check_equal "--seccomp default has these back" "$(powers --seccomp default root.sfc)" "0 1 3 4 5 6 7 8 10 18 31 "
check_equal "--cap-add one" "$(powers --cap-add KILL root.sfc)" "0 1 3 4 5 "

# --- an instance
check "an instance" sfc prod install --name plain plain.sfc
check "is started" sfc prod start plain -q --name a -u 0 -- call-number $pause
first=$(sfc prod inspect plain/a --json | jq -r '.. | .pid? // empty' | head -n 1)
check_equal "with the same" "$(sed -n 's/^CapBnd:\t//p' "/proc/$first/status")" 0000000000000000
check_equal "and what is executed in it" "$(sfc prod exec plain/a -- call-number $ptrace)" EPERM
sfc prod rm --all plain >/dev/null 2>&1

# --- sessions add up
check "a name" sfc dev create -q web --from "$root" >&2
check "one test" sfc test web -q --learn --label one -- call-number $getpid
check "another" sfc test web -q --label two -- call-number $getpid
check "a package of both" sfc pack web -q -f -o both.sfc
check_equal "has no profile: one did not learn" "$(unsquashfs -l both.sfc | grep -c profile.json)" 0
check "of the one that did" sfc pack web -q -f --only one -o one.sfc
check "it has" unpacked one.sfc

# --- who else is told
check_equal "config.json has no more" "$(unsquashfs -q -n -d config root.sfc config.json >/dev/null && jq -r '.process.capabilities.bounding | sort | join(" ")' config/config.json)" \
	"$(sfc export root.sfc --to facts -o - | jq -r '.capabilities | sort | join(" ")')"
check_equal "nor a capability that nobody used" "$(sfc export root.sfc --to facts -o - | jq '.capabilities | index("CAP_KILL")')" null
sfc export root.sfc --to apparmor -o apparmor
check "AppArmor's profile has its capabilities" grep -qx '  capability chown,' apparmor
check_equal "and not the others" "$(grep -cE 'capability (kill|setuid),' apparmor)" 0
check "its program is executed" grep -qxF '  "/bin/call-number" ix,' apparmor
check_equal "no mounts, no tracing" "$(grep -cE '^  (mount|ptrace)' apparmor)" 0
sfc export used.sfc --to apparmor -o apparmor-used
check "of one that traces, tracing" grep -qx '  ptrace,' apparmor-used
if command -v apparmor_parser >/dev/null; then
	check "AppArmor reads it" apparmor_parser --skip-kernel-load --skip-cache --quiet apparmor
fi
check "the report" tracepack report root.sfc -o page.html
check "says what was used" grep -q '"used":\["CAP_CHOWN"' page.html

# --- what is asked wrongly, what is broken
check_fails "another profile" 2 "sfc: slim: --learn tightens the default profile, and goes with no other*" \
	sfc slim --learn --seccomp unconfined -o no.sfc -- true
for bad in '{' '{"format":2,"calls":{"without":[]},"capabilities":{"without":[]}}' '{"format":1,"calls":{"without":[1]},"capabilities":{"without":[]}}' '{"format":1}'; do
	rm -rf broken && unsquashfs -q -n -d broken plain.sfc >/dev/null
	echo "$bad" >broken/sfc/profile.json
	squash broken broken.sfc
	check_fails "a profile that is none: $bad" 125 "sfc: run: 'broken.sfc': sfc/profile.json: *" sfc run broken.sfc
done
rm -rf broken && unsquashfs -q -n -d broken plain.sfc >/dev/null
echo '{"format":1,"calls":{"without":["newer"]},"capabilities":{"without":["CAP_NEWER"]}}' >broken/sfc/profile.json
squash broken broken.sfc
check_equal "what it names and we do not know is not ours to take away" "$(powers broken.sfc)" "0 1 3 4 5 6 7 8 10 18 31 "
finish
