# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# For every t-*.sh: a directory of its own, cleanup on every exit, and a few words to test with.
#
#	. "${srcdir:-.}/tests/lib.sh"
#	requires root
#	requires unsquashfs -version
#	mount_tracefs …; on_exit umount "$dir/mnt"
#	check "what is claimed" test "$(cat x)" = y
#	finish

set -u
LC_ALL=C
export LC_ALL

# Where the sources and the built programs are; make check sets both.
srcdir=$(cd "${srcdir:-.}" && pwd)
builddir=$(cd "${builddir:-.}" && pwd)
PATH=$builddir/fs:$builddir/pack:$builddir/stage:$PATH:/usr/sbin:/sbin
export PATH srcdir builddir

# What our programs are linked with, for a Debian root that gets them.
# shellcheck disable=SC2034 # who sources this has it
our_libraries=libarchive13,libelf1,libfuse3-3,libjansson4,libseccomp2,libsqlite3-0,libssl3,liburing2,libuuid1,libyaml-0-2,libzstd1

failures=0
claims=0
cleanups=

# A directory of its own on a real disk file system (tmpfs has no user xattrs before 6.6).
dir=$(mktemp -d "${TEST_TMPDIR:-/var/tmp}/sfc-test.XXXXXX") || exit 99

# A state of its own: what is mounted there goes with the directory.
SFC_STATE=$dir/state
export SFC_STATE

# on_exit COMMAND…: run when the test ends, however it ends; the last registered runs first.
on_exit() {
	quoted=
	for word; do
		quoted="$quoted '$(printf '%s' "$word" | sed "s/'/'\\\\''/g")'"
	done
	cleanups="$quoted
$cleanups"
}

cleanup() {
	status=$?
	trap - EXIT HUP INT TERM
	cd /
	eval "$cleanups"
	# whatever a test left mounted below its own directory, deepest first
	awk -v d="$dir/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
		while IFS= read -r left; do
			umount -l "$(printf '%b' "$left")" 2>/dev/null
		done
	chmod -R u+rwX "$dir" 2>/dev/null
	rm -rf --one-file-system "$dir"
	exit "$status"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# skip REASON: the test cannot run here.
skip() {
	echo "SKIP: $*"
	exit 77
}

# requires root | fuse | COMMAND ARG…: skip with the reason unless it works.
requires() {
	case $1 in
	root) [ "$(id -u)" = 0 ] || skip "needs root" ;;
	fuse) [ -r /dev/fuse ] && [ -w /dev/fuse ] || skip "needs a usable /dev/fuse" ;;
	*) "$@" >/dev/null 2>&1 </dev/null || skip "needs '$*'" ;;
	esac
}

# machine_stays COMMAND…: meanwhile no test makes an account of this machine; accounts COMMAND… does.
accounts_lock=${SFC_TEST_CACHE:-/var/tmp/sfc-cache}/accounts.lock
machine_stays() { mkdir -p "${accounts_lock%/*}" && flock --shared "$accounts_lock" "$@"; }
accounts() { mkdir -p "${accounts_lock%/*}" && flock "$accounts_lock" "$@"; }

fail() {
	failures=$((failures + 1))
	echo "FAIL: $*"
}

# check CLAIM COMMAND…: the command succeeds.
check() {
	claim=$1
	shift
	claims=$((claims + 1))
	if "$@"; then echo "ok: $claim"; else fail "$claim ($*)"; fi
}

# check_equal CLAIM GOT WANTED
check_equal() {
	claims=$((claims + 1))
	if [ "$2" = "$3" ]; then
		echo "ok: $1"
	else
		fail "$1"
		printf '\tgot    %s\n\twanted %s\n' "$2" "$3"
	fi
}

# check_fails CLAIM STATUS PATTERN COMMAND…: exits with STATUS, says one line on stderr that matches
# PATTERN (a case pattern), nothing else there.
check_fails() {
	claim=$1 wanted=$2 pattern=$3
	shift 3
	claims=$((claims + 1))
	"$@" >"$dir/.stdout" 2>"$dir/.stderr" </dev/null
	got=$?
	said=$(cat "$dir/.stderr")
	if [ "$got" != "$wanted" ]; then
		fail "$claim: exit $got, wanted $wanted ($said)"
	elif [ "$(wc -l <"$dir/.stderr")" -ne 1 ]; then
		fail "$claim: not one line on stderr: $said"
	else
		# shellcheck disable=SC2254 # it is a pattern
		case $said in
		$pattern) echo "ok: $claim" ;;
		*) fail "$claim: said '$said', wanted '$pattern'" ;;
		esac
	fi
}

# wait_for SECONDS COMMAND…: until it succeeds; fails after SECONDS.
wait_for() {
	tries=$(($1 * 20))
	shift
	while [ "$tries" -gt 0 ]; do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
		tries=$((tries - 1))
	done
	return 1
}

# free_ports N: sets port to the first of so many in a row, of TCP and UDP, that nobody on this machine has. They are
# below those that the kernel gives to who connects, and from where this test's number says: two tests take others.
next_port=$((20000 + $$ % 600 * 20))
free_ports() {
	port=$next_port
	found=0
	while [ "$found" -lt "$1" ]; do
		found=$((found + 1))
		if cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6 2>/dev/null |
			grep -q "^ *[0-9]*: [0-9A-F]*:$(printf %04X $((port + found - 1))) "; then
			port=$((port + found))
			found=0
		fi
	done
	next_port=$((port + $1))
}

# ended PID: it is gone, or nobody has asked yet how it ended.
ended() {
	case $(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) in '' | [ZX]) ;; *) return 1 ;; esac
}

# sqlite3 ARG…: who writes at the same time is waited for, as everything of ours waits.
sqlite3() { command sqlite3 -cmd '.timeout 10000' "$@"; }

# The last line of every test.
finish() {
	echo "$claims claims, $failures failed"
	[ "$failures" = 0 ]
	exit
}

cd "$dir" || exit 99
