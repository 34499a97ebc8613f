#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A plain user below a control group of version 2 that somebody gave him: what he starts has groups of its own there,
# which end with it, and limits of the controllers that it has; others are refused by name. Without it nothing is said,
# until he asks for a limit. (What systemd gives him is tried in a guest: tests/guest/users.sh.)
# shellcheck disable=SC2016,SC2317 # programs in quotes; called by names
# In a mount namespace, so that a machine whose controllers are of version 1 has a tree of version 2 with what is left.
[ -n "${SFC_GROUPS_HERE:-}" ] || [ "$(id -u)" != 0 ] ||
	exec env SFC_GROUPS_HERE=1 unshare -m --propagation private sh -c '
		[ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] || mount -t cgroup2 none /sys/fs/cgroup || exit 77
		exec sh "$@"' sh "$0" "$@"
. "${srcdir:-.}/tests/lib.sh"
prod_by_user=1
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"

top=/sys/fs/cgroup
given=/sfc-test-$$
groups_end() {
	[ ! -d "$top$given" ] || find "$top$given" -depth -type d -exec rmdir {} \;
}
on_exit groups_end
mkdir -p "$top$given/shell" || skip "no group of version 2 can be made"
read -r have <$top/cgroup.controllers
for controller in $have; do echo "+$controller" >$top/cgroup.subtree_control; done 2>/dev/null
give() { chown "$user:" "$1" "$1/cgroup.procs" "$1/cgroup.subtree_control"; }
give "$top$given"
give "$top$given/shell"
# from GROUP COMMAND…: as he is in this group
from() (
	read -r self _ </proc/self/stat
	echo "$self" >"$top$1/cgroup.procs" || exit 99
	shift
	"$@"
)
# groups: what is below his, without the numbers
groups() { (cd "$top$given" && find . -mindepth 1 -type d | sed 's/[0-9a-f]\{8\}-[0-9]*$/ID/; s/run-[0-9]*$/run-N/; s/^..//' | sort | paste -sd' '); }
has() { case " $have " in *" $1 "*) ;; *) return 1 ;; esac; }

busybox_package one.sfc app '
trap "exit 0" TERM
x=0123456789abcdef
[ -z "${HOG:-}" ] || while :; do x=$x$x; done
echo "$(cat /proc/self/cgroup)"
echo "$(cat /sys/fs/cgroup/cgroup.controllers 2>/dev/null || echo none)"
mkdir /sys/fs/cgroup/mine 2>/dev/null && echo "a group was made"
while [ -n "${STAY:-}" ]; do sleep 0.1; done'

# What it asks for beyond the default is warned of; that is not what is asked here.
jq 'del(.mounts, .process.rlimits)' tree.app/config.json >config && mv config tree.app/config.json
mksquashfs tree.app one.sfc -noappend -quiet -no-progress -comp zstd -all-root >/dev/null

# --- without one
check_equal "who is in no group of his runs" "$(sfc run one.sfc | sed -n 's/^0:://p')" /
check_equal "and makes none" "$(groups)" shell
for limit in "--memory 64M:memory" "--pids 50:pids" "--cpus 0.5:cpu" "--io-weight 50:io"; do
	# shellcheck disable=SC2086 # two words
	check_fails "${limit%% *} is refused by name" 125 "sfc: run: ${limit%% *} cannot be held here: *" sfc run ${limit%:*} one.sfc
done

# --- with one
direct() { sfc run one.sfc >/dev/null && cat "$top$given/cgroup.procs"; }
check_equal "who is in it himself goes below" "$(from "$given" direct; echo $?)" 0
from "$given/shell" sfc run one.sfc >said
check_equal "from inside it is the top, which has what his has" "$(sed -n 's/^0:://p' said) $(tail -n 1 said)" "/ $have"
check_equal "and cannot be written" "$(grep -c 'was made' said)" 0
check_equal "nothing of it is left but places for more" "$(groups)" "sfc sfc/commands shell"
for controller in memory pids cpu io; do
	has $controller || check_fails "a controller that it has not is named" 125 "*no group with the $controller controller is yours" \
		from "$given/shell" sfc run "$(case $controller in cpu) echo --cpus=1 ;; io) echo --io-weight=9 ;; memory) echo -m64M ;; *) echo --pids=9 ;; esac)" one.sfc
done
if has memory; then
	from "$given/shell" sfc run -m 32M -e HOG=1 one.sfc >/dev/null 2>&1
	check_equal "too much memory is killed" $? 137
fi

# --- kept up
check "install" sfc prod install -q one.sfc
check "start" from "$given/shell" sfc prod start app --count 2 -e STAY=1
check_equal "each has a group of its own" "$(groups)" "sfc sfc/app-1-ID sfc/app-2-ID sfc/commands shell"
check_equal "which is noted" "$(about app/1 .cgroup | sed 's/[0-9a-f]\{8\}-[0-9]*$/ID/')" "$given/sfc/app-1-ID"
check_equal "its program is in it" "$(grep -cx "$(instance_pid app/1)" "$top$(about app/1 .cgroup)/cgroup.procs")" 1
check_equal "another program of it joins it" "$(from "$given/shell" sfc prod exec app/1 -- sh -c 'cat /proc/self/cgroup' | sed -n 's/^0:://p')" /
check_fails "not from elsewhere" 125 "*runs in the control group '$given': only who is in there can join it" sfc prod exec app/1 -- cat /version
check_equal "it is looked at from anywhere" "$(sfc ps --json | jq -r '[.[].instances[].state] | join(" ")')" "running running"
check "and stopped" sfc prod stop app/1
check_equal "its group is gone" "$(groups)" "sfc sfc/app-2-ID sfc/commands shell"
conmon=$(sqlite3 "$SFC_STATE/state.db" 'SELECT conmon FROM run ORDER BY id DESC LIMIT 1')
kill -9 "$conmon" "$(instance_pid app/2)"
check "one that was killed" wait_for 10 instance_is app/2 lost
check "is taken down" from "$given/shell" sfc doctor --repair
check_equal "with its group" "$(groups)" "sfc sfc/commands shell"
check "doctor says who holds what" sh -c 'grep -q "^ok  limits  *$1, held by groups below .$2., which is yours$"' sh "$have" "$given" <<-END
	$(from "$given/shell" sfc doctor)
END
check "rm" sfc prod rm app --all
finish
