#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2154 # names of lib.sh
# Many distinct paths in one session: SOAK_PATHS of them [1000000], each opened once, are in the manifest, each with one
# open, and the tracer's memory is said. It is one round, which begins anew when it was stopped.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/soak/lib.sh
. "$srcdir/tests/soak/lib.sh"
requires root
requires fuse
requires sqlite3 --version

paths=${SOAK_PATHS:-1000000}
soak_begin paths "$builddir/fs/tracefs"
[ "$soak_done" -lt "$paths" ] || soak_end "$paths" "distinct paths in one session"
mkdir mnt source
"$builddir/tests/image/random-tree" source --many "$paths" 20
tracefs -o "manifest=$dir/m.db,catalog=no,scratch=tmpfs" source mnt || exit 1
on_exit sh -c "mountpoint -q '$dir/mnt' && umount -l '$dir/mnt'"
pid=$(sqlite3 -readonly m.db 'SELECT pid FROM session WHERE pid > 0')
(cd mnt && find . -type f -print0 | xargs -0 cat >/dev/null) || fail "all are read"
memory=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$pid/status")
check "the session ends" tracefs --unmount "$dir/mnt"
check_equal "each path is there" "$(sqlite3 m.db "SELECT count(*) FROM needed WHERE kind = 'file' AND opens = 1")" "$paths"
check_equal "and nothing is lost" "$(sqlite3 m.db 'SELECT state, dropped FROM session')" "complete|0"
# some hundred bytes for each that is known
check "memory grows with what is known ($memory kB)" test "$memory" -lt $((65536 + paths * 6 / 10))
soak_did "$paths" "$failures"
soak_end "$paths" "distinct paths in one session, tracefs had $memory kB at most"
