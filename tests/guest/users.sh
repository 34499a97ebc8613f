#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest, by tests/t-guest-users.sh: whose limits count when users have root start something, as the kernel and
# sudo say who they are; what a plain user's slice of systemd's does to what he starts.
# shellcheck disable=SC2016,SC2317 # programs in quotes; called by wait_for
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
unset SFC_LIMITS
SFC_STATE=/var/lib/sfc

busybox_package hog.sfc hog '
trap "exit 0" TERM
while :; do sleep 0.2; done'
chmod 755 "$dir"
useradd -m -s /bin/bash alice
useradd -m -s /bin/bash bob
printf 'alice ALL=(ALL) NOPASSWD: ALL\nbob ALL=(ALL) NOPASSWD: ALL\n' >/etc/sudoers.d/users
# login USER COMMAND…: as when he logs in: a session, with a number that the kernel keeps
login() {
	user=$1
	shift
	systemd-run -q --wait --pipe --collect --uid="$user" -p PAMName=login -E XDG_RUNTIME_DIR="/run/user/$(id -u "$user")" -- "$@"
}

check_equal "a login has a number" "$(login alice cat /proc/self/loginuid)" "$(id -u alice)"
check_equal "which sudo keeps" "$(login alice sudo cat /proc/self/loginuid)" "$(id -u alice)"

# --- limits.conf
mkdir -p /etc/sfc
printf 'default instances=1\nalice instances=2 memory=64M pids=200\n' >/etc/sfc/limits.conf
check "root installs" sfc prod install hog.sfc
check_fails "who must say how much must say it" 1 "*'alice'*memory=64M*--memory*" login alice sudo /usr/local/bin/sfc prod start hog/a
check "within what she may" login alice sudo /usr/local/bin/sfc prod start hog/a -m 48M --pids 100
check_equal "it is hers" "$(about hog/a .user)" alice
check_fails "more memory than that in all" 1 "*'alice'*memory=64M*in use*" login alice sudo /usr/local/bin/sfc prod start hog/b -m 48M --pids 50
check_fails "not under another name" 1 "*only root may start instances for another user*" \
	login alice sudo /usr/local/bin/sfc prod start hog/b -m 8M --pids 50 --for bob
check_fails "nor with a number that sudo did not give" 1 "*'alice'*memory=64M*in use*" \
	login alice sudo SUDO_UID=0 /usr/local/bin/sfc prod start hog/b -m 48M --pids 50
check_fails "nor as root behind su" 1 "*'alice'*memory=64M*in use*" \
	login alice sudo su -c '/usr/local/bin/sfc prod start hog/b -m 48M --pids 50'
check_fails "nor in another state" 1 "*'alice' is limited in all*" \
	login alice sudo SFC_STATE=/root/other /usr/local/bin/sfc prod start hog/b -m 8M --pids 50
check_fails "nor with limits of her own" 1 "*'alice'*memory=64M*in use*" \
	login alice sudo SFC_LIMITS=/dev/null /usr/local/bin/sfc prod start hog/b -m 48M --pids 50
check "another within his" login bob sudo /usr/local/bin/sfc prod start hog/c
check_fails "and no more" 1 "*'bob'*instances=1*" login bob sudo /usr/local/bin/sfc prod start hog/d
# no login: sudo says who it is
systemd-run -q --wait --pipe --collect --uid=bob -- sudo /usr/local/bin/sfc prod start hog/e >said 2>&1
check_equal "who did not log in is known by sudo" "$? $(grep -c "'bob'.*instances=1" said)" "1 1"
check "root is root's" sfc prod start hog/r
check "stop" sfc prod stop hog/c
check "which makes room" login bob sudo /usr/local/bin/sfc prod start hog/d
check_equal "who is gone when his session ends is not what he started" "$(about hog/d .state) $(about hog/a .state)" "running running"
check "rm" sfc prod rm hog --all --grace 1
# shellcheck disable=SC2119 # all of it
check_equal "nothing is left" "$(prod_leftovers)$(systemctl list-units --all --plain --no-legend 'sfc-*')" ""
rm /etc/sfc/limits.conf

# --- limits of his own are his systemd's to hold
systemctl stop 'user@*' 2>/dev/null # from the beginning, as it was after the last login
mine() { login bob env SFC_STATE=/home/bob/state sfc "$@"; }
group_file() { cat "/sys/fs/cgroup$(mine prod inspect hog/l --json | jq -r '.[0].cgroup')/$1"; }
mine run -m 64M --pids 20 "$dir/hog.sfc" -- sh -c 'cat /proc/self/cgroup; cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max' >said 2>errors
check_equal "a run has them, seen from inside" "$? $(tr '\n' ' ' <said)" "0 0::/ $((64 << 20)) 20 "
mine run -m 16M "$dir/hog.sfc" -- sh -c 'x=0123456789abcdef; while :; do x=$x$x; done' >said 2>errors
check_equal "too much memory is killed" $? 137
check_fails "what his systemd has not is refused by name" 125 "*--io-weight cannot be held here: no group with the io controller is yours*" \
	mine run -q --io-weight 50 "$dir/hog.sfc" -- true
loginctl enable-linger bob
check "install" mine prod install -q "$dir/hog.sfc"
check_equal "start" "$(mine prod start hog/l -m 48M --cpus 0.5 2>&1 | tail -n 1)" "hog/l started"
check_equal "what is kept up has them, too" "$(group_file memory.max) $(group_file cpu.max)" "$((48 << 20)) 50000 100000"
check_equal "below a scope of his systemd's" "$(mine prod inspect hog/l --json | jq -r '.[0].cgroup' | sed 's/sfc-[0-9]*.scope/SCOPE/; s/-[0-9a-f]*-[0-9]*$/-ID/')" \
	"/user.slice/user-$(id -u bob).slice/user@$(id -u bob).service/app.slice/SCOPE/sfc/hog-l-ID"
check_equal "another login of his joins it" "$(mine prod exec hog/l -- cat /sys/fs/cgroup/memory.max)" $((48 << 20))
check "and sees what it takes" test "$(mine prod stats hog/l --json | jq '.[0].memory_bytes')" -gt 0
check "stop" mine prod stop hog/l
no_scope() { [ -z "$(find /sys/fs/cgroup/user.slice -name 'sfc*' -o -name 'hog-*')" ]; }
check "no scope is left" wait_for 20 no_scope
check "rm" mine prod rm --all hog
loginctl disable-linger bob

# --- what binds all that he runs is root's
check "his slice is limited" systemctl set-property --runtime "user-$(id -u bob).slice" MemoryMax=96M MemorySwapMax=0
mine run "$dir/hog.sfc" -- sh -c 'x=0123456789abcdef; while :; do x=$x$x; done' >said 2>errors
check_equal "what he starts without a limit is held to that" $? 137
systemctl revert "user-$(id -u bob).slice"
check_equal "doctor says who holds what" "$(login bob sfc doctor | sed -n 's/^ok  limits   *//p')" "cpu memory pids, held by your systemd"

# --- a subtree by hand
given=/sys/fs/cgroup/given
mkdir -p $given/shell
echo '+memory +pids' >/sys/fs/cgroup/cgroup.subtree_control
chown bob: $given $given/cgroup.procs $given/cgroup.subtree_control $given/shell $given/shell/cgroup.procs
(read -r self _ </proc/self/stat && echo "$self" >$given/shell/cgroup.procs &&
	exec setpriv --reuid bob --regid bob --init-groups env -i HOME=/home/bob PATH="$PATH" SFC_STATE=/home/bob/state \
		sfc run -m 32M "$dir/hog.sfc" -- cat /sys/fs/cgroup/memory.max) >said 2>errors
check_equal "one that was given to him does as well" "$? $(cat said)" "0 $((32 << 20))"
check_equal "and is empty again" "$(find $given -mindepth 1 -type d | sort | tr '\n' ' ')" "$given/sfc $given/sfc/commands $given/shell "
find $given -depth -type d -exec rmdir {} \;
finish
