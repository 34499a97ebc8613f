# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# shellcheck disable=SC2154 # tests/lib.sh sets dir and srcdir
# For the tests of tracefs, after tests/lib.sh: mount it, end the session, ask the manifest.

# own_namespace SCRIPT: start again with mounts of its own. A mount that is visible to all is copied into
# each namespace that somebody beside us makes, and lives until that ends as well.
own_namespace() {
	[ "${SFC_OWN_MOUNTS:-no}" = no ] && [ "$(id -u)" = 0 ] || return 0
	trap - EXIT
	cd / && rmdir "$dir"
	SFC_OWN_MOUNTS=yes exec unshare --mount --propagation private "$1"
}

own_namespace "$srcdir/tests/${0##*/}"
manifest=$dir/manifest.db

# mount_tracefs OPTIONS SOURCE MOUNTPOINT [TRACEFS OPTION…]: into $manifest. It is gone when the test ends.
mount_tracefs() {
	tracefs_options=manifest=$manifest,$1 tracefs_source=$2 tracefs_at=$3
	shift 3
	mkdir -p "$tracefs_at"
	tracefs "$@" -o "$tracefs_options" "$tracefs_source" "$tracefs_at" || {
		fail "tracefs -o $tracefs_options $tracefs_source $tracefs_at"
		finish
	}
	on_exit sh -c "mountpoint -q '$tracefs_at' && umount -l '$tracefs_at'"
}

# query SQL: one value, or rows with | between the columns.
query() {
	sqlite3 -readonly -cmd '.timeout 10000' "$manifest" "$1"
}

# The process that serves the newest session; nothing once it is over.
tracer_pid() {
	query "SELECT pid FROM session WHERE pid > 0 ORDER BY id DESC LIMIT 1"
}

# open_sessions: how many have not ended.
open_sessions() {
	query "SELECT count(*) FROM session WHERE state = 'open'"
}

no_session_open() {
	[ "$(open_sessions)" = 0 ]
}

# unmount_tracefs MOUNTPOINT: and wait until the manifest is whole.
unmount_tracefs() {
	umount "$1" || fail "umount $1"
	wait_for 60 no_session_open || fail "the session of $1 does not end"
}

# session_whole CLAIM: the last session ended complete, and nothing was dropped.
session_whole() {
	check_equal "$1" "$(query "SELECT state, dropped, ifnull(problem, '') FROM session ORDER BY id DESC LIMIT 1")" 'complete|0|'
}
