#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The catalog lists disks only, and never waits for a file system whose server hangs; a package folds
# what of it is far from what was used, and whoever reads it knows.
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse
requires sqlite3 --version
requires jq --version
requires which unsquashfs

# Who ends a session has the manifest to himself for a moment.
look() {
	sqlite3 -cmd '.timeout 60000' "$@"
}

mkdir -p root/data root/hung root/disk root/memory elsewhere mnt
echo 1 >root/data/file
chmod 4711 root/data/file
chmod 2750 root/data
ln -s file root/data/link
truncate -s 4M disk.img
mkfs.ext4 -q disk.img && mount -o loop disk.img root/disk && on_exit umount "$dir/root/disk"
echo 2 >root/disk/inside
mount -t tmpfs none root/memory && on_exit umount "$dir/root/memory"
echo 3 >root/memory/gone

tracefs -f -o manifest="$dir/hung.db" elsewhere root/hung 2>hung.log &
hung=$!
on_exit kill -CONT "$hung"
wait_for 10 mountpoint -q root/hung || fail "the mount that is to hang did not come up"
kill -STOP "$hung"

# A minute is no claim about speed: it tells hanging from working.
check "mounting is not held up" timeout 60 tracefs -o manifest="$dir/m.db",ro root mnt
check "nor is a read" timeout 60 cat mnt/data/file
check "nor is unmounting" timeout 60 umount mnt
wait_for 60 sh -c '[ "$(sqlite3 m.db "SELECT state FROM session")" = complete ]'
check_equal "the session is whole" "$(look m.db 'SELECT state FROM session')" complete
check_equal "another disk is in the catalog, what is mounted over no disk is not" \
	"$(look m.db "SELECT path || ' ' || kind || ' ' || size FROM catalog WHERE path NOT LIKE '%lost+found'" | tr '\n' ';')" \
	"/ dir 0;/data dir 0;/data/file file 2;/data/link link 4;/disk dir 0;/disk/inside file 2;/hung dir 0;/memory dir 0;"
check_equal "with the mode that each has" \
	"$(look m.db "SELECT printf('%s %o', path, mode) FROM catalog WHERE path LIKE '/data%' OR path = '/memory'" | tr '\n' ';')" \
	"/data 2750;/data/file 4711;/data/link 777;/memory 1777;"

kill -CONT "$hung"
# who was kept waiting by it, df(1) of somebody else for one, holds it until it is answered
check "the other one goes on" wait_for 60 umount root/hung
wait "$hung"

check "xdev stays on one" timeout 60 tracefs -o manifest="$dir/x.db",ro,xdev root mnt
umount mnt
wait_for 60 sh -c '[ "$(sqlite3 x.db "SELECT state FROM session")" = complete ]'
check_equal "xdev leaves the other disk out of the catalog" \
	"$(look x.db "SELECT count(*) FROM catalog WHERE path LIKE '/disk/%'")" 0

# --- in a package ---

mkdir -p app/bin app/used app/sought app/far/deep app/far-off app/empty
cp "$(command -v cat)" app/bin/cat
ldd app/bin/cat | sed -n 's/[^/]*\(\/[^ ]*\).*/\1/p' | while read -r library; do
	mkdir -p "app$(dirname "$library")"
	cp -L "$library" "app$library"
done
echo 1 >app/used/one
echo other >app/used/other
seq 2000 | sed 's|^|app/far/file-|' | xargs touch
printf 12345 >app/far/file-7
printf 123 >app/far/deep/x
ln -s x "app/far/deep/l
nk"
seq 50 | sed 's|^|app/far-off/|' | xargs touch
tracefs -o manifest="$dir/a.db,ro" app mnt
chroot mnt /bin/cat /used/one >/dev/null
chroot mnt /bin/cat /sought/nothing 2>/dev/null
umount mnt
wait_for 60 sh -c '[ "$(sqlite3 a.db "SELECT state FROM session")" = complete ]'

build() { tracepack build a.db -s app --package --level 1 -q "$@" -- /bin/cat /used/one; }
packed() { sqlite3 -readonly pkg/sfc/manifest.db "$1"; }
with() {
	rm -rf pkg
	unsquashfs -q -n -d pkg "$1" sfc >/dev/null || fail "cannot read $1"
	shift
	"$@"
}

check "a package that folds what is far" build -o near.sfc --catalog near
check "the same bytes each time" sh -c 'tracepack build a.db -s app --package --level 1 -q --name near --catalog near -o again.sfc -- /bin/cat /used/one && cmp near.sfc again.sfc'
look_near() {
	check_equal "one row a directory, and what is in it" \
		"$(packed "SELECT path, size, names, files FROM catalog WHERE names IS NOT NULL ORDER BY path")" \
		"/empty|0|0|0
/far|5|2001|2000
/far-off|0|50|50
/far/deep|3|2|1"
	check_equal "its digest is that of the sorted names" "$(packed "SELECT lower(hex(digest)) FROM catalog WHERE path = '/far/deep'")" \
		"$(printf 'l\nnk\0x\0' | sha256sum | cut -c 1-16)"
	check_equal "an empty one's is that of no names" "$(packed "SELECT lower(hex(digest)) FROM catalog WHERE path = '/empty'")" \
		"$(sha256sum </dev/null | cut -c 1-16)"
	check_equal "what is near is whole" "$(packed "SELECT path FROM catalog WHERE path LIKE '/used%' OR path LIKE '/sought%' ORDER BY path" | tr '\n' ' ')" \
		"/sought /used /used/one /used/other "
	check_equal "untouched answers by directory" "$(packed "SELECT path, kind, size, names FROM untouched WHERE path LIKE '/far%' OR path LIKE '/used/%' ORDER BY path" | tr '\n' ' ')" \
		"/far|dir|5|2001 /far-off|dir|0|50 /far/deep|dir|3|2 /used/other|file|6| "
	check_equal "the schema says its version" "$(packed 'PRAGMA user_version')" 4
	sqlite3 -readonly pkg/sfc/manifest.db .schema >near.schema
	cp pkg/sfc/manifest.db packed.db
	jq -r .source.digest pkg/sfc/package.json >near.digest
	jq -r '.before.files, .before.bytes' pkg/sfc/package.json >near.before
}
with near.sfc look_near

check "a package with all of it" build -o full.sfc --catalog full
look_full() {
	check_equal "full: all of it" "$(packed 'SELECT count(*) - count(names) FROM catalog')" "$(sqlite3 a.db 'SELECT count(*) FROM catalog')"
	check_equal "near has the digest of the whole" "$(cat near.digest)" "$(jq -r .source.digest pkg/sfc/package.json)"
	check_equal "and its figures" "$(cat near.before)" "$(jq -r '.before.files, .before.bytes' pkg/sfc/package.json)"
}
with full.sfc look_full
check "a package with none of it" build -o none.sfc --catalog none
look_none() { check_equal "none: nothing of it" "$(packed 'SELECT count(*) FROM catalog')" 0; }
with none.sfc look_none
check "near is smaller than full" test "$(stat -c %s near.sfc)" -lt "$(stat -c %s full.sfc)"
check_fails "no such catalog" 2 "*'some' is no catalog: full, near or none*" build -o x.sfc --catalog some

check "by default" build -o default.sfc
look_default() { check_equal "what is small beside the package is whole" "$(packed 'SELECT count(names) FROM catalog')" 0; }
with default.sfc look_default
for i in 1 2 3 4 5 6 7 8; do seq 3000 | sed "s|^|app/far-off/a-longer-name-for-a-file-of-many-that-nobody-ever-asked-for-$i-|" | xargs touch; done
tracefs -o manifest="$dir/a.db,ro,label=again" app mnt
umount mnt
wait_for 60 sh -c '[ "$(sqlite3 a.db "SELECT count(*) FROM session WHERE state = '"'complete'"'")" = 2 ]'
check "by default, of a source with many files" build -o default.sfc -f
look_default() { check_equal "what is not is folded" "$(packed "SELECT names FROM catalog WHERE path = '/far-off'")" 24050; }
with default.sfc look_default

check_equal "why-not: far away that cannot be told" "$(tracepack why-not near.sfc /far/any 2>&1)" \
	"/far/any is not in the package: no session touched it; whether the source had it is not known: of /far only its 2,001 names are counted."
check_equal "why-not: what was in no directory of the source" "$(tracepack why-not near.sfc /far/any/where 2>&1)" \
	"/far/any/where is not in the package: it was not in the source when that was traced."
check_equal "why-not: nor near by" "$(tracepack why-not near.sfc /used/any 2>&1)" \
	"/used/any is not in the package: it was not in the source when that was traced."
check_equal "ls --untouched says how many" "$(tracepack ls near.sfc --untouched -l '/far/deep' '/used/*')" \
	"dir   3  /far/deep (2 names)
file  6  /used/other"
check_equal "in JSON too" "$(tracepack ls near.sfc --untouched --json /far | jq -c .)" '[{"path":"/far","kind":"dir","size":5,"names":2001}]'
figures() { tracepack stat "$1" --json | jq -c '[.source, .left_out]'; }
check_equal "stat has the same figures" "$(figures near.sfc)" "$(figures full.sfc)"
check_equal "by directory, too" "$(tracepack stat near.sfc --by directory --depth 1)" "$(tracepack stat full.sfc --by directory --depth 1)"
totals() { tracepack report "$1" -o page.html && sed -n 's/.*"totals": *\({[^}]*}\).*/\1/p' page.html; }
check_equal "report has the same totals" "$(totals packed.db | jq -c '[.source_files, .source_bytes]')" "$(jq -cs . near.before)"
check "merge" tracepack merge -q merged.db near.sfc
check_equal "merged, folded rows stay what they are" "$(sqlite3 merged.db "SELECT names, files FROM catalog WHERE path = '/far'")" "2001|2000"
check "and full.sfc of the same source" tracepack merge -q merged.db full.sfc
check_equal "what one knows whole is whole" "$(sqlite3 merged.db 'SELECT count(names), count(*) = (SELECT count(*) FROM catalog) FROM catalog')" "0|1"

# The guard: names near by that never were are no misses, far away any name may be one.
mkdir guard
tracefs -o manifest="$dir/g.db,kind=prod,known=$dir/packed.db,ro,catalog=no" guard mnt
for path in used/other used/never far/any far/deep/any never; do cat "mnt/$path" 2>/dev/null; done
umount mnt
wait_for 60 sh -c '[ "$(sqlite3 g.db "SELECT state FROM session")" = complete ]'
check_equal "the guard records what may have been" "$(look g.db 'SELECT DISTINCT path FROM missing ORDER BY path' | tr '\n' ' ')" \
	"/far /far/any /far/deep/any /used /used/other "

# A manifest without a catalog: the packer lists the source, for the package alone.
tracefs -o manifest="$dir/c.db,ro,catalog=no" app mnt
chroot mnt /bin/cat /used/one >/dev/null
umount mnt
wait_for 60 sh -c '[ "$(sqlite3 c.db "SELECT state FROM session")" = complete ]'
check "a package of a source that tracing did not list" tracepack build c.db -s app --package --level 1 -q -o listed.sfc -- /bin/cat /used/one
look_listed() {
	check_equal "it has a catalog" "$(packed "SELECT names FROM catalog WHERE path = '/far'")" 2001
	check_equal "of the same source" "$(jq -r .source.digest pkg/sfc/package.json)" "$(jq -r .source.digest default.json)"
}
keep_default() { cp pkg/sfc/package.json default.json; }
with default.sfc keep_default
with listed.sfc look_listed
check_equal "the manifest stays as it was" "$(sqlite3 c.db 'SELECT count(*) FROM catalog')" 0

# A tree deeper than any path can be is listed as far as one goes.
requires python3 --version
mkdir deep
(cd deep && python3 -c '
import os
for _ in range(20000):
	os.mkdir("d")
	os.chdir("d")')
tracefs -o manifest="$dir/d.db,scratch=tmpfs" deep -- /none >said 2>&1
check_equal "what is too deep ends nothing" "$? $(grep -c 'lacks what is in 1 directories .* deeper than a path can be' said)" '127 1'
check_equal "and is listed as far as a path goes" "$(look d.db 'SELECT max(length(path)) BETWEEN 4000 AND 4100 FROM catalog')" 1
finish
