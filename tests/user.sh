# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# A plain user of this machine for a test, as a fresh account of Debian has it: a home, a range of numbers in
# /etc/subuid and /etc/subgid, and nothing of root's but /dev/fuse and /dev/net/tun as udev makes them. Sourced
# after lib.sh.
#
#	as_user sfc run …		by him, in his home, with his environment and nothing of ours
#	$home $user $uid $range		his; $range is the first number of his range
#	user_first WORDS		the oldest of his processes with these words, a pattern of sed
: "${dir:?}" "${srcdir:?}" "${builddir:?}"

requires root
requires command -v newuidmap
requires command -v setpriv
unshare -Um true 2>/dev/null || skip "no user namespaces here"

# The programs where he can reach them, whatever is above the directory in which they were built.
chmod 755 "$dir"
mkdir -p "$dir/bin" "$dir/share/sfc-tools"
cp "$builddir/fs/tracefs" "$builddir/pack/tracepack" "$builddir/stage/sfc" "$dir/bin/"
cp -r "$srcdir/pack/need/customs.d" "$dir/share/sfc-tools/"
for device in fuse net/tun; do
	[ ! -e "/dev/$device" ] || [ "$(stat -c %a "/dev/$device")" = 666 ] || chmod 666 "/dev/$device"
done

# What is his ends with the test, in whatever namespace it is: by number, his own and those of his range.
user_end() {
	for end_pid in $(ps -e -o pid= -o uid= | awk -v u="$2" -v f="$3" '$2 == u || ($2 >= f && $2 < f + 65536) { print $1 }'); do
		kill -9 "$end_pid" 2>/dev/null
	done
	wait_for 20 user_has_ended "$2" "$3"
	accounts userdel "$1" 2>/dev/null
}
user_has_ended() { ! ps -e -o uid= | awk -v u="$1" -v f="$2" '$1 == u || ($1 >= f && $1 < f + 65536) { found = 1 } END { exit !found }'; }

# user_make NAME HOME
user_make() {
	accounts useradd --no-create-home --home-dir "$2" --shell /bin/sh "$1" 2>"$dir/.useradd" || {
		cat "$dir/.useradd"
		exit 99
	}
	mkdir -p "$2"
	made_uid=$(id -u "$1")
	# some are made without a range
	grep -q "^$1:" /etc/subuid || accounts usermod --add-subuids $((made_uid * 65536))-$((made_uid * 65536 + 65535)) "$1"
	grep -q "^$1:" /etc/subgid || accounts usermod --add-subgids $((made_uid * 65536))-$((made_uid * 65536 + 65535)) "$1"
	made_range=$(sed -n "s/^$1:\([0-9]*\):.*/\1/p" /etc/subuid | head -n 1)
	on_exit user_end "$1" "$made_uid" "$made_range"
	chown "$1:" "$2"
	chmod 700 "$2"
}

# user_run NAME HOME COMMAND…
user_run() {
	run_name=$1 run_home=$2
	shift 2
	(cd "$run_home" && exec setpriv --reuid "$run_name" --regid "$(id -g "$run_name")" --init-groups \
		env -i HOME="$run_home" USER="$run_name" LOGNAME="$run_name" SHELL=/bin/sh LC_ALL=C \
		PATH="$dir/bin:/usr/local/bin:/usr/bin:/bin:/usr/games" ${user_environment:-} "$@")
}

user=sfct$$
home=$dir/home
user_make "$user" "$home"
uid=$made_uid range=$made_range
as_user() { user_run "$user" "$home" "$@"; }
user_first() { ps -u "$uid" --sort=start_time,ppid -o pid= -o args= | sed -n "s/^ *\([0-9]*\) $1\$/\1/p" | head -n 1; }
