#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc doctor: what is here is said to be, what is taken away is named with what installs it, and --json
# says the same.
# shellcheck disable=SC2154 # builddir: tests/lib.sh sets it
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse

sfc doctor >said
check_equal "all that is wanted is here: it works" $? 0
check "the kernel is named" grep -q "^ok  kernel  *$(uname -r), $(nproc) processor" said
check_equal "one line a thing, aligned" "$(grep -vcE '^(ok |--|NO)  ?[^ ].{21} [^ ]|^all of it: ' said)" 0
for name in tracefs tracepack "container runtime" conmon seccomp namespaces overlayfs squashfs; do
	check "$name is here" grep -q "^ok *$name " said
done
check_equal "-q says only what is missing" "$(sfc doctor -q | grep -c '^ok')" 0
check_equal "--json says the same" "$(sfc doctor --json | jq -r '.findings[] | "\(.state) \(.name): \(.says)"')" \
	"$(sed -e '/^all of it/d' -e 's/^ok /ok/; s/^--/lacks/; s/^NO/broken/' \
		-e 's/^\([a-z]*\) *\(.\{22\}\) /\1 \2\t/' -e 's/ *\t/: /' -e 's/: \(apt-get install\|chmod\|usermod\) [^:]*$//' said)"
check_equal "and whether it works" "$(sfc doctor --json | jq .works)" true
check_equal "--json -q leaves out what is well" "$(sfc doctor --json -q | jq '[.findings[] | select(.state == "ok")] | length')" 0

# Everything by a PATH of our own, but for one.
mkdir bin
for directory in /usr/local/bin /usr/bin /bin; do
	for program in "$directory"/*; do
		[ -e "bin/${program##*/}" ] || ln -s "$program" bin/
	done
done
without() {
	program=$1
	shift
	rm -f "bin/$program"
	env PATH="$dir/bin" "$builddir/stage/sfc" doctor "$@"
	status=$?
	ln -s "$(command -v "$program")" bin/
	return "$status"
}
without conmon >said
check_equal "without conmon it works still" $? 0
check "conmon is missed, and what installs it" grep -q '^--  conmon .*: apt-get install conmon$' said
check "what installs all of it comes last" sh -c 'tail -n 1 said | grep -q "^all of it: apt-get install .*conmon"'
without conmon -q >quiet
check "-q names it too" grep -q '^--  conmon ' quiet
check_equal "and --json" "$(without conmon --json | jq -r '.findings[] | select(.name == "conmon") | "\(.state) \(.package) \(.install)"')" \
	"lacks conmon apt-get install conmon"

# A machine that lacks more, in a mount namespace.
elsewhere() {
	unshare --mount --propagation private sh -c "$1"' && shift && exec "$@"' sh - sfc doctor
}
elsewhere 'mount -t tmpfs none /dev && mknod /dev/null c 1 3' >said 2>&1
check_equal "without /dev/fuse nothing works" $? 1
check "and says what to do" grep -q "^NO  /dev/fuse .*modprobe fuse" said
if [ -d /usr/share/containers ]; then
	elsewhere 'mount -t tmpfs none /usr/share/containers' >said 2>&1
	check_equal "without a seccomp profile it works" $? 0
	check "and says what has one" grep -q '^--  seccomp .*golang-github-containers-common$' said
fi
elsewhere 'umount -R /sys/fs/cgroup' >said 2>&1
check "without cgroups: no limits" grep -q '^--  cgroups  *not mounted: instances run without limits$' said

# A plain user, where one can reach the build; on a machine made for him.
as() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
# made COMMANDS [OPTION]…: as nobody, after these as root in a mount namespace
made() {
	commands=$1
	shift
	unshare --mount --propagation private sh -c "$commands"'
		exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"' sh "$builddir/stage/sfc" doctor "$@"
}
chmod 755 .
printf 'a:100000:65536\nb:300000:65536\n' >ranges
echo 'nobody:400000:65536' | cat ranges - >all
for device in fuse:10:229 tun:10:200; do
	IFS=: read -r name major minor <<-END
		$device
	END
	mknod "$name" c "$major" "$minor"
done
open='chmod 666 fuse tun; mount --bind fuse /dev/fuse; mount --bind tun /dev/net/tun'
ranges='mount --bind all /etc/subuid; mount --bind all /etc/subgid'
if as test -x "$builddir/stage/sfc"; then
	made "$open; $ranges" >said
	check_equal "a plain user has all he needs: it works" $? 0
	sfc doctor | grep -q '^ok  passthrough ' &&
		check "but passthrough" grep -q '^--  passthrough .*root alone.*slower' said
	for name in /dev/fuse "user namespaces" "user ids" packages /dev/net/tun; do
		check "he is told that he has $name" grep -q "^ok *$name " said
	done
	check "what he goes without" grep -q "^--  root's alone .*--layer-size" said
	check "and which ports are not his" sh -c 'grep -q "^ok  ports" said || grep -q "^--  ports .*: sudo sysctl net.ipv4.ip_unprivileged_port_start=80$" said'
	check "limits he cannot set are named" grep -q '^--  limits .*--memory' said
	made "$open; mount --bind ranges /etc/subuid; mount --bind all /etc/subgid" >said
	check_equal "without a range it works" $? 0
	check "and the command gives him one that is nobody's" \
		grep -q '^--  user ids .*: sudo usermod --add-subuids 465536-531071 --add-subgids 465536-531071 nobody$' said
	made 'chmod 600 fuse tun; mount --bind fuse /dev/fuse; mount --bind tun /dev/net/tun' >said
	check_equal "a closed /dev/fuse is what nothing works without" $? 1
	check "and is opened by" grep -q '^NO  /dev/fuse .*: sudo chmod 666 /dev/fuse$' said
	check "so is /dev/net/tun" grep -q '^--  /dev/net/tun .*: sudo chmod 666 /dev/net/tun$' said
	made 'cp /usr/bin/newuidmap plain; chmod 755 plain; mount --bind plain /usr/bin/newuidmap' >said
	check "a newuidmap without its privilege" grep -q '^--  newuidmap .*: sudo apt-get install --reinstall uidmap$' said
	made 'mount -t tmpfs none /run; mkdir -p /run/systemd/system' >said
	check "with systemd: what binds all he runs" \
		grep -q '^ok  limits of yours .*: sudo systemctl set-property user-65534.slice MemoryMax=' said
	check "and what starts his at boot" grep -q '^--  sfc prod enable .*: sudo loginctl enable-linger nobody$' said
	check_equal "--json has the same commands" "$(made "mount --bind ranges /etc/subuid; mount --bind all /etc/subgid" --json | jq -r '.findings[] | select(.name == "user ids") | .install')" \
		"sudo usermod --add-subuids 465536-531071 --add-subgids 465536-531071 nobody"
fi
elsewhere 'chmod 600 fuse tun; mount --bind fuse /dev/fuse; mount --bind tun /dev/net/tun; mount --bind ranges /etc/subuid; : >none; mount --bind none /etc/subgid' >said
check "root is told what users cannot do" grep -q '^--  /dev/fuse for users .*: chmod 666 /dev/fuse$' said
check "for want of which networks" grep -q '^--  /dev/net/tun for users .*: chmod 666 /dev/net/tun$' said
check "and that nobody has a range" grep -q '^--  users .*: usermod --add-subuids 365536-431071 --add-subgids 365536-431071 USER$' said

# What criu 3.17.1 says on Linux 6.18, and 4.1.1: how either comes by it is theirs.
# criu_says STATUS LINE…
criu_says() {
	mkdir -p criu
	printf '#!/bin/sh\ntest "$1 $2" = "check -o" || exit 9\ncat "%s" >"$3"\nexit %d\n' "$dir/criu/said" "$1" >criu/criu
	shift
	printf '%s\n' "$@" >criu/said
	chmod +x criu/criu
	PATH=$dir/criu:$PATH sfc doctor | grep -E '^(ok|--|NO)  criu '
}
command -v criu >/dev/null ||
	check_equal "without CRIU: what it is for, and how it is had" "$(sfc doctor | grep '^--  criu ' | grep -c 'checkpoints.*install criu$')" 1
check_equal "one that does not work here: why not" "$(criu_says 1 'Error (criu/vdso.c:381): vdso: Unexpected rt vDSO area bounds' \
	'Error (criu/vdso.c:613): vdso: Failed to fill self vdso symtable' | tr -s ' ')" \
	"-- criu is here, but does not work: vdso: Unexpected rt vDSO area bounds"
check_equal "one that does, with the runtime that calls it" "$(criu_says 0 'Looks good.' | tr -s ' ')" \
	"ok criu checkpoints of what runs, by runc"

check_fails "an option that is none" 2 "sfc: doctor: unknown option '--josn'; did you mean '--json'?" sfc doctor --josn
check_fails "a word" 2 "sfc: doctor: takes no argument, not 'x'; see 'sfc doctor --help'" sfc doctor x

SFC_STATE=$dir/state
export SFC_STATE
sfc dev list >/dev/null
mkdir -p state/base/half/tree # as a create that was killed leaves it
sqlite3 state/state.db "INSERT INTO base VALUES ('half', 'x', NULL, 0, 'making')"
sfc doctor --repair >said
check_equal "--repair repairs, and then looks" $? 0
check "it said what it removed" grep -q "^removed what was left of the base 'half'" said
check "and did" test ! -e state/base/half

as sh -c 'test -x "$1"' sh "$builddir/stage/sfc" && {
	mkdir his && chown 65534:65534 his && chmod 755 "$dir"
	as env SFC_STATE="$dir/his" "$builddir/stage/sfc" doctor --repair >said 2>&1
	check_equal "a plain user's repair looks as he does, not as root in his namespace" \
		"$(grep -c '^ok  user namespaces' said)$(grep -c '^ok *loop ' said)" 10
}

# A group of an instance is looked after by its own state: a runtime may just be making it.
groups=/sys/fs/cgroup
[ -e "$groups/cgroup.controllers" ] || groups=$groups/pids
gone=$(sh -c 'echo $$')
remove_groups() { rmdir "$groups/sfc/web-1-0123abcd-$gone" "$groups/sfc/run-$gone" 2>/dev/null; }
on_exit remove_groups
mkdir -p "$groups/sfc/web-1-0123abcd-$gone" "$groups/sfc/run-$gone"
sfc doctor --repair >said
check "--repair removes the group of a command that was killed" test ! -e "$groups/sfc/run-$gone"
check "and leaves that of an instance" test -d "$groups/sfc/web-1-0123abcd-$gone"
finish
