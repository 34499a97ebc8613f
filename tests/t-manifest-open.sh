#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A manifest is whole when it is read: who builds waits for a session that is just being ended, who looks is
# answered at once; a manifest that grows too large ends its session and says so.
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version

mkdir -p src/bin src/data mnt out
cp /bin/busybox src/bin/busybox
echo hello >src/data/file
# a catalog that takes a while, so that the writer has something to do after the mount has gone
(cd src/data && seq 1 30000 | xargs touch)

now() { date +%s%N; }
took_ms() { echo $((($(now) - $1) / 1000000)); }

one_open() { [ "$(open_sessions)" = 1 ]; }

# hold: until the file "held" is removed no session can be ended, for somebody else has the manifest locked.
hold() {
	rm -f held
	(sqlite3 -bail -cmd '.timeout 10000' "$manifest" 'BEGIN IMMEDIATE' '.shell touch held; while [ -e held ]; do sleep 0.05; done' 'COMMIT' >holder 2>&1) &
	holder=$!
	wait_for 20 test -e held
}

for shape in scratch=tmpfs catalog=yes; do
	rm -f "$manifest"*
	mount_tracefs "label=soon,$shape" "$dir/src" "$dir/mnt"
	"$dir/mnt/bin/busybox" cat "$dir/mnt/data/file" >out/cat
	check "$shape: build right after umount(8)" sh -c "umount '$dir/mnt' && tracepack build '$manifest' -s '$dir/src' -o '$dir/out/$shape.sqfs'"
	check_equal "$shape: of a session that is complete" "$(query 'SELECT state FROM session')" complete
done

# Ending for seconds: those who look do not wait, those who build do.
rm -f "$manifest"*
mount_tracefs label=slow,scratch=tmpfs,catalog=no "$dir/src" "$dir/mnt"
"$dir/mnt/bin/busybox" cat "$dir/mnt/data/file" >out/cat
tracefs --flush mnt
hold
umount mnt
start=$(now)
tracepack why "$manifest" /data/file -s src >out/why 2>said
check "why answers at once" test "$(took_ms "$start")" -lt 3000
check "and says that a session is open" grep -q 'session "slow" is open' said
check "with what is known" grep -q /data/file out/why
tracepack stat "$manifest" >out/stat 2>said
check "stat says it too" grep -q 'session "slow" is open' said
tracepack ls "$manifest" >out/ls 2>said
check "and ls" grep -q 'session "slow" is open' said
tracepack report "$manifest" -o out/report.html >said 2>&1
check "all of them within the time" test "$(took_ms "$start")" -lt 8000
(sleep 3; rm -f held) &
start=$(now)
script -qec "tracepack build '$manifest' -s src -o out/slow.sqfs" typescript >said 2>&1 ||
	tracepack build "$manifest" -s src -o out/slow.sqfs >said 2>&1
check "build waits" test -s out/slow.sqfs
check "for as long as it takes" test "$(took_ms "$start")" -gt 2000
check "and says on a terminal for what" grep -q 'waiting for the end of session "slow" of' said
wait $holder
check_equal "the session is complete then" "$(query 'SELECT state, dropped FROM session')" 'complete|0'

mount_tracefs label=merged,catalog=no "$dir/src" "$dir/mnt"
cat mnt/data/file >out/cat
hold
umount mnt
(sleep 1; rm -f held) &
check "merge waits as well" tracepack merge out/all.db "$manifest"
check_equal "and has both" "$(sqlite3 -readonly out/all.db 'SELECT group_concat(label) FROM session')" slow,merged
wait $holder

# What still runs is not waited for.
mount_tracefs label=running,scratch=tmpfs,catalog=no "$dir/src" "$dir/mnt"
cat mnt/data/file >out/cat
start=$(now)
check_fails "a mount that is there is not waited for" 1 '*session "running" of * is still running*' \
	tracepack build "$manifest" -s src -o out/no.sqfs
check "but refused soon" test "$(took_ms "$start")" -lt 8000
mkdir mnt2
mount_tracefs label=other,scratch=tmpfs,catalog=no "$dir/src" "$dir/mnt2"
check "one of two mounts of a source is told from the other" sh -c \
	"umount '$dir/mnt2' && tracepack build '$manifest' -s src -o out/other.sqfs --only other"
unmount_tracefs "$dir/mnt"
for shape in scratch=tmpfs rw; do
	tracefs -o "manifest=$manifest,label=command,$shape,catalog=no" "$dir/src" -- /bin/busybox sleep 1000 2>said &
	tracing=$!
	wait_for 20 one_open
	start=$(now)
	check_fails "$shape: nor is a command that runs" 1 '*session "command" of * is still running*' \
		tracepack build "$manifest" -s src -o out/no.sqfs
	check "$shape: but refused soon" test "$(took_ms "$start")" -lt 8000
	kill $tracing
	wait $tracing
	check "$shape: its session is built once it has ended" \
		tracepack build "$manifest" -s src -o "out/command-$shape.sqfs" --only command
done
mount_tracefs label=killed,catalog=no "$dir/src" "$dir/mnt"
kill -9 "$(tracer_pid)"
wait_for 20 no_session_open
check_fails "a writer that died is not waited for" 1 '*session "killed" of * was interrupted*' \
	tracepack build "$manifest" -s src -o out/no.sqfs

# The whole machine as the source.
rm -f "$manifest"*
mount_tracefs label=machine,scratch=tmpfs,catalog=no / "$dir/mnt"
chroot mnt /bin/cat /etc/hostname >out/cat
check "build right after umount(8), of /" sh -c "umount '$dir/mnt' && tracepack build '$manifest' -s / -o '$dir/out/machine.sqfs' 2>said"

# What mount(8) mounted: umount(8) waits by itself.
helpers() {
	mkdir -p sbin sbin.work
	for name in mount.fuse.tracefs umount.fuse.tracefs umount.tracefs; do
		ln -sf "$builddir/fs/tracefs" "sbin/$name"
	done
	mount -t overlay overlay -o "lowerdir=$(readlink -f /sbin),upperdir=$dir/sbin,workdir=$dir/sbin.work" "$(readlink -f /sbin)" &&
		on_exit umount -l "$(readlink -f /sbin)"
	mkdir -p /run/mount
	mount -t tmpfs tmpfs /run/mount && on_exit umount -l /run/mount # mount(8)'s table is for all
}
check "helpers of mount(8)" helpers
for shape in scratch=tmpfs rw; do
	rm -f "$manifest"*
	mount -t fuse.tracefs -o "manifest=$manifest,$shape,label=eight" "$dir/src" "$dir/mnt" 2>said
	cat mnt/data/file >out/cat
	(cd mnt && exec sleep 1000) &
	inside=$!
	wait_for 10 sh -c "[ \"\$(readlink /proc/$inside/cwd)\" = '$dir/mnt' ]"
	umount mnt >said 2>&1
	check_equal "$shape: umount(8) of what is in use is refused" $? 32
	check_equal "$shape: and the session goes on" "$(open_sessions)" 1
	kill $inside
	wait $inside 2>/dev/null
	hold
	(sleep 2; rm -f held) &
	start=$(now)
	check "$shape: umount(8)" umount mnt
	check "$shape: waits" test "$(took_ms "$start")" -gt 1500
	check_equal "$shape: until the manifest is one whole file" \
		"$(echo "$manifest"*) $(query 'SELECT state FROM session')" "$manifest complete"
	wait $holder
	mount -t fuse.tracefs -o "manifest=$manifest,$shape,label=lazy" "$dir/src" "$dir/mnt" 2>said
	(cd mnt && exec sleep 1000) &
	inside=$!
	wait_for 10 sh -c "[ \"\$(readlink /proc/$inside/cwd)\" = '$dir/mnt' ]"
	start=$(now)
	check "$shape: umount -l does not" timeout 10 umount -l mnt
	check_equal "$shape: for who is inside goes on" "$(open_sessions)" 1
	kill $inside
	wait $inside 2>/dev/null
	check "$shape: to the end" wait_for 20 no_session_open
done
check_equal "nothing is left in the table of mount(8)" "$(cat /run/mount/utab 2>/dev/null)" ""
check_fails "the helper is for umount(8)" 2 "*say umount MOUNTPOINT" umount.tracefs

# Too large: a million missing names are some hundred megabytes.
rm -f "$manifest"*
mount_tracefs label=large,catalog=no,max_manifest=2M,flush_ms=50 "$dir/src" "$dir/mnt" 2>said
name=$(printf '%0200d' 0)
for n in $(seq 1 20); do
	seq 1 1000 | sed "s|^|mnt/data/$name-$n-|" | xargs ls >out/ls 2>&1
	sleep 0.1
done
check "the end is said at once" grep -q 'max_manifest allows (2.*MB): its session ends here' said
check_equal "the session is interrupted, though the mount is there" "$(query "SELECT state, problem LIKE '%max_manifest%' FROM session")" 'interrupted|1'
check_equal "which goes on" "$(cat mnt/data/file)" hello
check_fails "and ends with an error" 1 '*max_manifest*' tracefs --unmount mnt
check "what came after is counted" test "$(query 'SELECT dropped FROM session')" -gt 1000
check "it is not much larger" test "$(stat -c %s "$manifest")" -lt 6000000
check_fails "a size is needed" 2 '*max_manifest=many: a size like*' tracefs -o max_manifest=many src mnt
finish
