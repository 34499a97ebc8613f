# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034 # names that the scripts use
# The state directory: what the stages remember between commands, and the locks that keep two
# terminals from spoiling it. Sourced after lib.sh by sfc-prod.
#
#	$state_dir/packages/HEX.sfc   installed packages, named by their SHA-256, never changed
#	$state_dir/mounts/HEX         where each is mounted, read-only, shared by all instances
#	$state_dir/prod/APP           an installed application and its instances (prod-instance.sh)
#	$state_dir/state.db, base, dev   what sfc dev knows, sfc-state(5); asked by dev-layer.sh
#	$state_dir/test/NAME          the manifest of NAME (sfc test)
#	$state_dir/locks              one empty file per object that is locked
#
# A record is a JSON file, replaced whole by rename. A directory that is being made carries a name
# that starts with a dot until it is whole, so a crash leaves nothing that could be mistaken.
#
# Lock order: an object (descriptor 9), then a shared one (descriptor 8). A process that outlives
# the command closes both ("9>&- 8>&-"), or it would hold them.

# Where the state is; refuses a place whose name overlayfs could not be told.
state_open() {
	if [ -n "${SFC_STATE:-}" ]; then
		state_dir=$SFC_STATE
	elif [ "$(id -u)" = 0 ]; then
		state_dir=/var/lib/sfc
	else
		state_dir=${XDG_DATA_HOME:-$HOME/.local/share}/sfc
	fi
	case $state_dir in
	/*) ;;
	*) state_dir=$PWD/$state_dir ;;
	esac
	state_name_check
	state_shut
	for state_part in packages mounts prod base dev test locks; do
		[ -d "$state_dir/$state_part" ] ||
			mkdir "$state_dir/$state_part" 2>/dev/null || [ -d "$state_dir/$state_part" ] ||
			die "cannot write the state directory '$state_dir'; choose another with --state or SFC_STATE"
	done
	# as the kernel lists its mounts
	state_dir=$(cd "$state_dir" && pwd -P)
	state_name_check
	# cgroups are the whole machine's: two state directories may use the same names
	state_group=/sfc/
	[ "$state_dir" = /var/lib/sfc ] || state_group=/sfc/$(printf %s "$state_dir" | cksum | cut -d ' ' -f 1)-
	# what the runtimes remember does not outlive a boot
	read -r state_boot </proc/sys/kernel/random/boot_id
	if [ "$(cat "$state_dir/run/boot" 2>/dev/null)" != "$state_boot" ]; then
		rm -rf "$state_dir/run" && mkdir -m 700 "$state_dir/run" && echo "$state_boot" >"$state_dir/run/boot"
	fi
	command -v jq >/dev/null || die "'jq' is missing; install the package jq"
}

# state_shut: the top is for its owner alone, so that nobody else reaches what is mounted below, sets it
# going by a setuid bit, reads a log or holds a lock. One that was made open is shut, and what had been
# readable in it; any other directory is left alone.
state_shut() {
	[ -d "$state_dir" ] || mkdir -p -m 700 "$state_dir" 2>/dev/null || [ -d "$state_dir" ] ||
		die "cannot write the state directory '$state_dir'; choose another with --state or SFC_STATE"
	case $(stat -L -c %u:%a "$state_dir") in
	"$(id -u):700") return ;;
	"$(id -u)":*) ;;
	*) die "the state directory '$state_dir' belongs to another user; choose another with --state" ;;
	esac
	[ -d "$state_dir/locks" ] || [ -z "$(ls -A "$state_dir")" ] ||
		die "the directory '$state_dir' holds other things than the state of sfc; choose another with --state"
	chmod 700 "$state_dir" || die "cannot shut the state directory '$state_dir' to others"
	find "$state_dir" -xdev -maxdepth 6 -type d \
		'(' -name upper -o -name work -o -name tree -o -name rootfs -o -name root -o -name 'scratch*' -o -name guard ')' -prune \
		-o -type f '(' -name '*.json' -o -name '*.db' -o -name 'log*' -o -name last-failure.log -o -path "$state_dir/locks/*" ')' \
		-exec chmod go= {} +
}

# owner_only FILE: write it from the standard input, for nobody else to read.
owner_only() {
	(umask 077 && rm -f "$1" && cat >"$1") && [ -s "$1" ]
}

state_name_check() {
	case $state_dir in
	*[!A-Za-z0-9/._+@=-]*) die "the state directory '$state_dir' has a character in its name that mount options cannot carry; choose another with --state" ;;
	esac
}

# need_value OPTION [VALUE]…: the arguments as they stand; an option must be followed by something.
need_value() { [ $# -ge 2 ] || misused "$1 needs a value"; }

# name_check WHAT NAME: a name that is safe as a file, a host and a cgroup.
name_check() {
	case $2 in
	'' | [!a-zA-Z0-9]* | *[!a-zA-Z0-9_.-]* | ????????????????????????????????????????????????????????????????*)
		misused "'$2' is no good as the name of $1: letters, digits, '_', '.', '-', at most 63" ;;
	esac
}

# lock NAME, lock_shared NAME: wait for it, at most $SFC_LOCK_TIMEOUT seconds; held until unlock or exit.
lock() {
	lock_file "$1"
	exec 9>>"$state_dir/locks/$1" || die "cannot lock '$1' in '$state_dir/locks'"
	lock_wait 9 "$1"
}
unlock() { exec 9>&-; }

lock_shared() {
	lock_file "$1"
	exec 8>>"$state_dir/locks/$1" || die "cannot lock '$1' in '$state_dir/locks'"
	lock_wait 8 "$1"
}
unlock_shared() { exec 8>&-; }

lock_file() {
	[ -e "$state_dir/locks/$1" ] || (umask 077 && : >>"$state_dir/locks/$1")
}

lock_wait() {
	flock -w "${SFC_LOCK_TIMEOUT:-120}" "$1" ||
		die "'$2' is being worked on by another sfc command; try again when it is done"
}

# json_get FILE FILTER [JQ OPTION…]: one value as text, empty when it is null.
json_get() {
	json_file=$1 json_filter=$2
	shift 2
	jq -r "$@" "($json_filter) // empty" "$json_file"
}

# json_put FILE [JQ OPTION…] FILTER: change a record (or begin one), whole or not at all.
json_put() {
	json_file=$1
	shift
	[ -e "$json_file" ] || set -- -n "$@"
	if [ "$1" = -n ]; then
		(umask 077 && jq "$@" >"$json_file.new.$$")
	else
		(umask 077 && jq "$@" "$json_file" >"$json_file.new.$$")
	fi && mv -f "$json_file.new.$$" "$json_file" && return
	rm -f "$json_file.new.$$"
	die "cannot write '$json_file'"
}

# records_clean DIR: what commands were writing there when they died.
records_clean() {
	for record_left in "$1"/*.new.*[0-9]; do
		[ ! -f "$record_left" ] || runs "${record_left##*.}" || rm -f "$record_left"
	done
}

# stamp: now, as records keep it.
stamp() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# bytes_of WHAT SIZE: 64M, 1.5G, 4096 → bytes.
bytes_of() {
	case ${2%[kKmMgGtT]} in
	'' | *[!0-9.]* | *.*.* | .) misused "$1 '$2' is not a size such as 64M or 1.5G" ;;
	esac
	awk -v s="$2" 'BEGIN {
		n = s + 0; u = toupper(substr(s, length(s)))
		if (u == "K") n *= 1024; if (u == "M") n *= 1048576
		if (u == "G") n *= 1073741824; if (u == "T") n *= 1099511627776
		printf "%.0f\n", n }'
}

# log_last LOG: ": its last line" since the start, or nothing.
log_last() {
	log_line=$(tail -c "+$((${start_log:-0} + 1))" "$1" 2>/dev/null | tail -n 1 | tr -d '\000-\010\013-\037\177' | plain | cut -c 1-300)
	[ -z "$log_line" ] || printf ': %s' "$log_line"
}

# A process is known by pid, start time and boot, so that a reused pid is not taken for it.
# process_look PID: sets process_now to what it is known by; fails when it is gone or a zombie. Called
# in loops, so it starts no program.
process_look() {
	process_now=
	{ IFS= read -r process_stat <"/proc/$1/stat"; } 2>/dev/null || return 1
	# shellcheck disable=SC2086 # the fields after the name, which may hold anything
	set -- ${process_stat##*) }
	[ "$1" != Z ] || return 1
	shift 19
	process_now="$1 $state_boot"
}

# process_note FILE PID: remember a process.
process_note() {
	process_look "$2" || return 1
	echo "$2 $process_now" >"$1.new.$$" && mv -f "$1.new.$$" "$1"
}

# process_alive FILE: the remembered process still runs; sets process_pid.
process_alive() {
	process_pid='' process_was=''
	[ -e "$1" ] && { read -r process_pid process_was <"$1"; } 2>/dev/null || return 1
	[ -n "$process_pid" ] && process_look "$process_pid" && [ "$process_now" = "$process_was" ]
}

# is_mounted DIR, a path without links. Asks the kernel, not what is mounted: that may be dead.
is_mounted() {
	awk -v at="$1" '$5 == at { found = 1; exit } END { exit !found }' /proc/self/mountinfo
}

# unmount DIR: gone when this returns, now or as soon as its last user is.
unmount() {
	while is_mounted "$1"; do
		umount "$1" 2>/dev/null || umount -l "$1" || return 1
	done
}

# tree_remove DIR: with all that is mounted in it.
tree_remove() {
	awk -v at="$1/" 'index($5, at) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while IFS= read -r mounted; do
		umount -l "$mounted"
	done
	rm -rf --one-file-system "$1"
}

# overlay_mount LOWER UPPER WORK DIR: options that keep the upper readable over a changed lower: no
# redirects, no file handles, no metadata-only copies.
overlay_mount() {
	overlay_error=$(mount -t overlay sfc \
		-o "lowerdir=$1,upperdir=$2,workdir=$3,index=off,metacopy=off,redirect_dir=off" "$4" 2>&1) ||
		die "cannot mount the writable layer at '$4': ${overlay_error##*: } (is '$2' on an overlay or network file system? choose another place with --state)"
}

# ago WHEN: "2 h ago" for a time written by stamp().
ago() {
	ago_s=$(($(date +%s) - $(date -d "$1" +%s)))
	if [ "$ago_s" -lt 60 ]; then echo "just now"
	elif [ "$ago_s" -lt 3600 ]; then echo "$((ago_s / 60)) min ago"
	elif [ "$ago_s" -lt 172800 ]; then echo "$((ago_s / 3600)) h ago"
	else echo "$((ago_s / 86400)) days ago"
	fi
}
