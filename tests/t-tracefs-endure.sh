#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A day's worth of calls, in short: memory grows with the paths there are and not with the calls, it
# is small after a long listing, and while the manifest stands still under a burst of opens it is
# bounded and nothing is lost. SFC_TEST_LONG=1 is ten million calls, a minute, and 300,000 files.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version

storm=$builddir/tests/fs/storm
mnt=$dir/mnt
if [ "${SFC_TEST_LONG:-0}" = 0 ]; then
	files=5000 calls=100000 seconds=3
else
	files=300000 calls=10000000 seconds=60
fi
half=$((calls / 2 / 8))	# of a thread
few=2000	# files that are used again and again
mkdir source
"$storm" make source "$files"

# trace OPTIONS: with as many descriptors as a service gets.
trace() {
	(
		# shellcheck disable=SC3045 # every sh that there is has it
		ulimit -n 1024
		mount_tracefs "$1" "$dir/source" "$mnt"
		trap - EXIT
	)
	pid=$(tracer_pid)
}

# of FIELD: a figure of the tracer, without its unit.
of() {
	awk -v field="$1:" '$1 == field { print $2 }' "/proc/$pid/status"
}

# small CLAIM KILOBYTES LIMIT
small() {
	if grep -q '^#define HAVE_SANITIZERS 1' "$builddir/config.h" 2>/dev/null; then
		echo "built with sanitizers: memory is not judged ($1: $2 kB)"
	else
		check "$1 ($2 kB, at most $3)" test "$2" -le "$3"
	fi
}

# calls that repeat: the second half costs no memory, neither kept nor lost
trace "label=calls,flush_ms=100,catalog=no,scratch=$dir/scratch"
check_equal "$calls calls of all kinds, 8 threads: the first half" \
	"$("$storm" mix "$mnt" $few 8 $half)" "$((half * 8)) 0"
tracefs --flush "$mnt"
before=$(of VmRSS)
check_equal "and the second" "$("$storm" mix "$mnt" $few 8 $half)" "$((half * 8)) 0"
tracefs --flush "$mnt"
after=$(of VmRSS)
small "memory does not grow with calls: before $before kB, after" "$after" $((before + 4096))
tracefs --unmount "$mnt" 2>said
session_whole "all of them are there"
rm -rf scratch

# a long listing
trace "label=listing,catalog=no,scratch=$dir/scratch"
check_equal "all $files files are listed, with 1024 descriptors" \
	"$(find "$mnt" -type f -printf '%s %m\n' | sort -u | wc -l) $(find "$mnt" -type f | wc -l)" "1 $files"
small "memory after it" "$(of VmHWM)" 65536
check "at most some hundreds of descriptors ($(find "/proc/$pid/fd" -mindepth 1 | wc -l))" \
	test "$(find "/proc/$pid/fd" -mindepth 1 | wc -l)" -le 400
tracefs --unmount "$mnt" 2>said
session_whole "its session is whole"
rm -rf scratch

# a burst while somebody else holds the manifest for nearly all of it
trace "label=burst,flush_ms=50,catalog=no,scratch=$dir/scratch"
"$storm" last "$mnt" $few 4 $seconds >counted &
raging=$!
sqlite3 "$manifest" 'PRAGMA busy_timeout = 20000; BEGIN IMMEDIATE;' ".shell sleep $((seconds - 1))" 'COMMIT;' >locked
wait $raging || fail "the burst meets an error"
small "memory after a burst with the manifest locked" "$(of VmHWM)" 65536
tracefs --unmount "$mnt" 2>said
echo "$(awk -v s=$seconds '{ printf "%d", $1 / s }' counted) opens a second for $seconds seconds"
session_whole "nothing was dropped"
check_equal "each open of the burst is recorded" \
	"$(query "SELECT sum(count) FROM accesses WHERE op = 'open' AND errno = 0 AND label = 'burst' AND path GLOB '/*/*'") 0" \
	"$(cat counted)"
finish
