#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The clock is set back under way: what is recorded keeps its order, and no time lies before the
# session's start. Only the tracer sees that clock; the system's is left alone.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version
requires cc --version

# CLOCK_REALTIME is an hour less as soon as the file $SET_BACK is there.
cat >clock.c <<'C'
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int r = (int)syscall(SYS_clock_gettime, clock, now);

	if (r == 0 && clock == CLOCK_REALTIME && access(getenv("SET_BACK"), F_OK) == 0)
		now->tv_sec -= 3600;
	return r;
}
C
cc -shared -fPIC -o clock.so clock.c || skip "needs a C library to build against"

mkdir source
for name in before after; do
	echo $name >source/$name
done
SET_BACK=$dir/set-back
export SET_BACK
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
export ASAN_OPTIONS
start=$(date +%s)
LD_PRELOAD=$dir/clock.so
export LD_PRELOAD
mount_tracefs flush_ms=50,log=events,catalog=no "$dir/source" "$dir/mnt"
unset LD_PRELOAD
cat mnt/before >seen
touch set-back
cat mnt/after >seen
tracefs --flush mnt
check_equal "what came later is later" "$(query "SELECT path FROM accesses WHERE op = 'open'
	AND path IN ('/before', '/after') ORDER BY first_ns")" "/before
/after"
check_equal "the raw stream too" "$(query "SELECT count(*) FROM event AS a JOIN event AS b
	ON b.session = a.session AND b.seq > a.seq AND b.ns < a.ns")" 0
check_equal "nothing is before the start" \
	"$(query "SELECT count(*) FROM accesses WHERE first_ns / 1000000000 < $start OR last_ns < first_ns")" 0
check "another session can begin on the new time" tracefs --mark second mnt
cat mnt/after >seen
unmount_tracefs "$dir/mnt"
session_whole "the session is whole"
check_equal "the second began an hour before the first, as its clock said" "$(query "SELECT count(*)
	FROM session AS a JOIN session AS b ON a.label = 'source' AND b.label = 'second'
	WHERE (a.started_ns - b.started_ns) / 1000000000 BETWEEN 3000 AND 3600")" 1
check_equal "and what was done in it has that time as well" "$(query "SELECT count(*) > 0,
	min(abs(first_ns - started_ns) / 1000000000 < 1800)
	FROM access JOIN session ON session.id = access.session WHERE label = 'second'")" "1|1"
finish
