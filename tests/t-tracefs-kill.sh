#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# kill -9 of the tracer at random moments: the manifest opens and is sound, the session says that it
# was interrupted, no more than the last interval is lost, and the next command clears the mount away.
# SFC_TEST_ROUNDS is how often, SFC_TEST_SEED the seed of a run to repeat.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version

rounds=${SFC_TEST_ROUNDS:-10}
seed=${SFC_TEST_SEED:-$$}
storm=$builddir/tests/fs/storm
mnt=$dir/mnt
files=6000
echo "$rounds rounds, SFC_TEST_SEED=$seed"
mkdir source
"$storm" make source $files

# moments: a number of seconds for each round, with two decimals.
moments() {
	awk -v seed="$seed" -v rounds="$rounds" 'BEGIN {
		srand(seed)
		for (i = 0; i < rounds; i++)
			printf "%.2f\n", rand() * rand() * 3
	}'
}

# Opened longer ago than the interval and a second of grace for a busy machine, and not recorded.
lost() {
	awk -v before="$1" '$2 + 0 < before { print $1 }' opened >surely
	query "SELECT path FROM accesses WHERE op = 'open' AND errno = 0
		AND uuid = (SELECT uuid FROM session ORDER BY id DESC LIMIT 1)" | sort >recorded
	sort surely | comm -23 - recorded | head -n 5
}

# shellcheck disable=SC2317 # wait_for calls it
gone() {
	# one that nobody has waited for yet is gone as well
	! grep -q '^State:[[:space:]]*[^Z]' "/proc/$1/status"
}

round=0
sound=0
kept=0
marked=0
for moment in $(moments); do
	round=$((round + 1))
	shape=scratch=$dir/scratch
	[ $((round % 3)) != 0 ] || shape=mode=every
	rm -rf scratch
	# over what the last round left
	mount_tracefs "label=$round,flush_ms=100,$shape" "$dir/source" "$mnt" 2>said
	[ "$(query "SELECT count(*) FROM session WHERE state = 'open'")" = 1 ] && marked=$((marked + 1))
	"$storm" pace "$mnt" $files opened >paced 2>&1 &
	pacer=$!
	sleep "$moment"
	pid=$(tracer_pid)
	now=$(date +%s%N)
	kill -9 "$pid"
	wait "$pacer"
	wait_for 20 gone "$pid" || fail "$pid does not die"
	[ "$(sqlite3 "$manifest" 'PRAGMA integrity_check')" = ok ] && sound=$((sound + 1))
	[ -z "$(lost $((now / 1000 - 1100000))000)" ] && kept=$((kept + 1))
done
check_equal "the manifest is sound after each" "$sound" "$rounds"
check_equal "only the last interval is lost in each" "$kept" "$rounds"
check_equal "the next one marks the one before" "$marked" "$rounds"

mount_tracefs label=last "$dir/source" "$mnt"
check "the next mount clears the dead one away" cmp "$mnt/0/0" source/0/0
check_equal "all that were killed are interrupted" \
	"$(query "SELECT count(*) FROM session WHERE state = 'interrupted' AND label <> 'last'")" "$rounds"
unmount_tracefs "$mnt"
check "nothing is mounted" sh -c "! mountpoint -q '$mnt'"
session_whole "a run that was not killed is whole"
finish
