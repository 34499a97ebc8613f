#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Disks that fail the tracer: the manifest's full, the manifest deleted or made unwritable under way, the
# scratch layer's full. The traced program is never harmed by the first three and sees ENOSPC in
# the last; what is not whole says so.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version
requires sh -c "command -v chattr"

storm=$builddir/tests/fs/storm
mnt=$dir/mnt
files=8000
mkdir source disk
"$storm" make source $files
mount -t tmpfs -o size=2m,nr_inodes=1000 disk disk || skip "no tmpfs here"
manifest=$dir/disk/manifest.db

# trace OPTIONS: in the foreground, so that its exit status is known; said is what it says.
trace() {
	mkdir -p "$mnt"
	tracefs -f -o "manifest=$manifest,flush_ms=50,catalog=no,$1" "$dir/source" "$mnt" 2>said &
	tracer=$!
	wait_for 20 mountpoint -q "$mnt" || fail "tracefs -f does not mount"
}

# end: unmount; its exit status is in status.
end() {
	umount "$mnt"
	wait "$tracer"
	status=$?
}

# harmless CLAIM OPENS: the program opens all of them, whatever happens to the manifest.
harmless() {
	check_equal "$1" "$("$storm" run "$mnt" $files 1 "$2")" "$2 0"
}

trace label=full
"$storm" run "$mnt" $files 1 10 >opened
dd if=/dev/zero of=disk/filler bs=4k 2>filled
harmless "a full disk under the manifest does not harm the program" $files
sleep 0.3
end
check_equal "the tracer fails in the end" "$status" 1
check "and has said why" grep -qi 'full\|space' said
rm disk/filler
check_equal "the manifest is sound" "$(sqlite3 "$manifest" 'PRAGMA integrity_check')" ok
tracefs -o "manifest=$manifest,catalog=no,label=after" source "$mnt"
unmount_tracefs "$mnt"
check_equal "the session does not pass for whole" \
	"$(query "SELECT count(*) FROM session WHERE label = 'full' AND state = 'interrupted'")" 1
rm -f "$manifest"*

trace label=freed
dd if=/dev/zero of=disk/filler bs=4k 2>filled
harmless "nor does one that is full for a while" 3000
check "it is said when it happens" wait_for 20 grep -qi 'full\|space' said
rm disk/filler
harmless "until there is room again" 500
check "what was late is written" tracefs --flush "$mnt"
check "and --status has no problem left" sh -c "tracefs --status '$mnt' | grep -q '^problem  *none any more, only late: .*No space left'"
end
opens=$(query "SELECT sum(count) FROM accesses WHERE op = 'open' AND label = 'freed'")
check_equal "nothing was lost" "$opens" 3500
session_whole "whole is whole"
check_equal "and so tracefs ends well" "$status" 0
check "saying that it was late" grep -q 'the manifest is whole; some of it was written late: .*No space left' said
rm -f "$manifest"*

trace label=deleted
harmless "before the manifest is deleted" 50
rm -f "$manifest"*
harmless "a manifest deleted under way does not harm the program" 3000
end
check_equal "the tracer fails in the end" "$status" 1
check "and has said that it is gone" grep -qi 'gone\|deleted\|removed\|no longer\|moved' said
check "it does not leave half a manifest behind" sh -c "[ ! -s '$manifest' ] || sqlite3 '$manifest' 'PRAGMA integrity_check' | grep -qx ok"
rm -f "$manifest"*

manifest=$dir/manifest.db
trace label=unwritable
harmless "before the manifest is made unwritable" 50
sleep 0.3
chattr +i "$manifest" "$manifest-wal"
on_exit sh -c "chattr -i '$manifest' '$manifest-wal' 2>/dev/null"
harmless "a manifest made unwritable does not harm the program" 3000
sleep 0.3
end
chattr -i "$manifest" "$manifest-wal"
check_equal "the tracer fails in the end" "$status" 1
check "and has said why" grep -qi 'read-only\|readonly\|permitted\|denied\|cannot write\|disk I/O' said
check_equal "the manifest is sound" "$(sqlite3 "$manifest" 'PRAGMA integrity_check')" ok
rm -f "$manifest" "$manifest"-*

# SQLite writes to -shm as to memory: the kernel says with a signal that it cannot. What was in use
# then is lost, which is not the leak that a sanitizer would take it for.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS
trace label=stranded
harmless "before the manifest's memory is made unwritable" 50
sleep 0.3
sync "$manifest-shm" # the next write to a page asks again
chattr +i "$manifest-shm"
on_exit sh -c "chattr -i '$manifest-shm' 2>/dev/null"
harmless "a manifest whose memory cannot be written does not harm the program" 3000
sleep 0.3
harmless "nor later" 500
end
chattr -i "$manifest-shm"
check_equal "the tracer fails in the end" "$status" 1
check "and has said why" grep -q 'is lost' said
tracefs -o "manifest=$manifest,catalog=no,label=after" source "$mnt"
unmount_tracefs "$mnt"
check_equal "its session does not pass for whole" \
	"$(query "SELECT state FROM session WHERE label = 'stranded'")" interrupted
check_equal "the manifest is sound" "$(sqlite3 "$manifest" 'PRAGMA integrity_check')" ok
rm -f "$manifest" "$manifest"-*

mkdir small
mount -t tmpfs -o size=512k small small
trace "label=scratch,scratch=$dir/small/scratch"
check_fails "a program that fills the scratch layer is told so" 1 '*No space left on device*' \
	sh -c "exec head -c 2000000 /dev/zero >'$mnt/big'"
harmless "and reading goes on" 1000
check "what was there is there" cmp -s "$mnt/0/5" source/0/5
end
check_equal "the tracer is not concerned" "$status" 0
check_equal "and recorded all of it" \
	"$(query "SELECT sum(count) >= 1000 FROM accesses WHERE op = 'open' AND label = 'scratch'")" 1
session_whole "the session is whole"
umount small disk
finish
