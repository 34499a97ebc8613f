#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each option of tracepack image does what it says; what an image cannot hold is said aloud.
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/image.sh
. "$srcdir/tests/image.sh"

# pack OPTION…: packs the directory src into x.sqsh and lists that as the kernel sees it
pack() {
	tracepack image -f src -o x.sqsh -q -l 1 "$@" 2>said && kernel 512 x.sqsh >got.list
}

# number NAME: from the JSON of --stats
number() {
	sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" stats
}

mkdir -p src/keep/deep src/drop/deep
echo one >src/keep/one
echo two >src/keep/deep/two
echo three >src/drop/deep/three
seq 100000 >src/keep/numbers
cp src/keep/numbers src/drop/numbers
chown 1:2 src/keep/one
chmod 640 src/keep/deep/two
setfattr -n user.colour -v blue src/keep/one
touch -d @1500000000 src/keep/one

# --- what is in, whose it is ----------------------------------------------------------------
pack --include '/drop/deep/**' --include '/drop/deep' --exclude '/drop/*' --exclude numbers
check "--include before --exclude keeps" grep -q '^/drop/deep/three' got.list
check "--exclude of a name at any depth" sh -c '! grep -q numbers got.list'
pack --owner 7:8 --owner '/keep/**=9'
check "--owner" grep -q '^/drop/numbers 100644 7:8 ' got.list
check "--owner of a pattern, the last that matches" grep -q '^/keep/numbers 100644 9:' got.list
pack --all-root --mode '/keep/*=0400'
check "--all-root" grep -q '^/keep/one 100400 0:0 ' got.list
check "--mode of a pattern" grep -q '^/keep/deep/two 100640 ' got.list
mkdir src/keep/other
mount -t tmpfs tmpfs src/keep/other && touch src/keep/other/inside
pack --one-file-system
check "--one-file-system stays outside" sh -c '! grep -q inside got.list && grep -q "^/keep/other " got.list'
umount src/keep/other && rmdir src/keep/other

# --- times ----------------------------------------------------------------------------------
pack --time 1600000000
check "--time: nothing is newer" sh -c '! awk "\$4 > 1600000000" got.list | grep .'
check "--time: what is older stays" grep -q '^/keep/one 100644 1:2 1500000000 ' got.list
cp x.sqsh timed.sqsh
SOURCE_DATE_EPOCH=1600000000
export SOURCE_DATE_EPOCH
pack
unset SOURCE_DATE_EPOCH
check "SOURCE_DATE_EPOCH is the same" cmp x.sqsh timed.sqsh
touch -d @-86400 src/drop/deep/three 2>/dev/null
pack
check "a time before 1970 is warned of" grep -q "three' was changed at -86400" said
check "and becomes the nearest" grep -q '^/drop/deep/three [0-9]* [0-9:]* 0 ' got.list
touch src/drop/deep/three

# --- how it is stored -----------------------------------------------------------------------
tracepack image -f src -o x.sqsh -q -l 1 --stats=json >stats
check "equal files are stored once" test "$(number bytes_duplicate)" = "$(stat -c %s src/drop/numbers)"
small=$(stat -c %s x.sqsh)
tracepack image -f src -o x.sqsh -q -l 1 --no-dedup --stats=json >stats
check "--no-dedup stores them twice" test "$(number bytes_duplicate)" = 0 -a "$(stat -c %s x.sqsh)" -gt "$small"
pack --no-xattrs
check "--no-xattrs" sh -c '! grep -q user.colour got.list'
pack
check "attributes are kept otherwise" grep -q '^/keep/one .*user.colour=blue' got.list
check "an image is not exportable" sh -c 'unsquashfs -s x.sqsh | grep -qi "not exportable"'
pack --exportable
check "--exportable" sh -c 'unsquashfs -s x.sqsh | grep -qi "is exportable"'
for options in "--fast:131072" "--small:1048576" "--block 64K:65536" ":131072"; do
	# shellcheck disable=SC2086 # options
	tracepack image -f src -o x.sqsh -q ${options%:*}
	check "blocks with '${options%:*}'" sh -c "unsquashfs -s x.sqsh | grep -q '^Block size ${options#*:}\$'"
done
tracepack image -f src -o x.sqsh -q -l 3 -j 3 --memory 1M --stats >stats
tracepack image -f src -o y.sqsh -q -l 3 -j 1
check "--memory and --threads change no byte" cmp x.sqsh y.sqsh
check "--stats in words" grep -q '^duplicates *588895 bytes' stats
check "--check agrees" tracepack image -f src -o x.sqsh -q -l 1 --check

# --- an order -------------------------------------------------------------------------------
# the file that is read first lies first; one that the list does not have lies behind
pack --order /dev/null --no-dedup -b 4K
printf 'drop/numbers\n' >order
tracepack image -f src -o x.sqsh -l 1 --no-dedup -b 4K --order order --check -q
offset() {
	LC_ALL=C grep -abo -m 1 "$1" x.sqsh | head -n 1 | cut -d: -f1
}
head -c 3000 /dev/urandom | od -An -tx1 | tr -d ' \n' | head -c 300 >src/aaa
head -c 9000 /dev/urandom >src/zzz && printf MARK-OF-ZZZ >>src/zzz && head -c 9000 /dev/urandom >>src/zzz
head -c 9000 /dev/urandom >src/bbb && printf MARK-OF-BBB >>src/bbb && head -c 9000 /dev/urandom >>src/bbb
pack -b 4K
check "without an order by path" test "$(offset MARK-OF-BBB)" -lt "$(offset MARK-OF-ZZZ)"
printf '/zzz\n/bbb\n' >order
pack -b 4K --order order
check "--order" test "$(offset MARK-OF-ZZZ)" -lt "$(offset MARK-OF-BBB)"
sqlite3 order.db <"$srcdir/db/schema.sql" 2>/dev/null && sqlite3 order.db "
	INSERT INTO session (id, uuid, label, kind, mode, source, host, kernel, tool, started_ns, ended_ns, state)
	VALUES (1, '00000000-0000-4000-8000-000000000001', 'all', 'test', 'every', '$dir/src', 'h', 'k', 't', 1, 2, 'complete');
	INSERT INTO program VALUES (1, '/bin/all', 'all');
	INSERT INTO entry (id, path, kind, size, mode, uid, gid, mtime_ns, nlink) VALUES
		(1, '/bbb', 'file', 18011, 420, 0, 0, 0, 1), (2, '/zzz', 'file', 18011, 420, 0, 0, 0, 1);
	INSERT INTO access (session, entry, op, errno, program, count, reading, first_seq, first_ns, last_ns)
	VALUES (1, 1, 'stat', 0, 1, 1, 0, 1, 1, 1), (1, 2, 'open', 0, 1, 1, 1, 2, 2, 2);" && {
	check "--order takes a manifest" pack -b 4K --order order.db
	check "what was only looked at lies behind what was read" test "$(offset MARK-OF-ZZZ)" -lt "$(offset MARK-OF-BBB)"
}

# --- how large it would be ------------------------------------------------------------------
mkdir large
# every so many-th file of this system, some 80 MB
find /usr/bin /usr/lib /usr/share -xdev -type f -size -4096 -printf '%s %p\n' | LC_ALL=C sort -k 2 >files
awk '{ size[NR] = $1; $1 = ""; name[NR] = substr($0, 2); all += size[NR] }
	END { for (i = 1; i <= NR; i++) { due += size[i] * 80e6 / all; if (due >= size[i] && due > 0) { print name[i]; due -= size[i] } } }' files |
	tr '\n' '\0' | xargs -0 cp --parents -t large
projected=$(tracepack image -f large -n -q -l 6 --stats=json | sed -n 's/.*"bytes_out": \([0-9]*\).*/\1/p')
tracepack image -f large -o x.sqsh -q -l 6
real=$(stat -c %s x.sqsh)
check "--dry-run: $projected of $real bytes" \
	test $((projected * 100)) -gt $((real * 97)) -a $((projected * 100)) -lt $((real * 103))
rm -rf large

base=$("$srcdir/tests/minbase.sh") && for part in bin lib share; do
	projected=$(tracepack image "$base/usr/$part" -n -q -l 7 --stats=json | jq .bytes_out)
	tracepack image "$base/usr/$part" -f -o x.sqsh -q -l 7
	real=$(stat -c %s x.sqsh)
	check "--dry-run of usr/$part: $projected of $real bytes, within 5 %" \
		test $((projected * 100)) -gt $((real * 95)) -a $((projected * 100)) -lt $((real * 105))
done

# Few large blocks: of some the level makes a quarter less than level 1, of others nothing.
mkdir mixed
find "$base/usr/share/perl" "$base"/usr/lib/*/perl* -type f -name '*.p[lm]' | LC_ALL=C sort | xargs cat 2>/dev/null |
	head -c 16000000 | split -b 1000000 -a 2 - mixed/
for part in mixed/??; do
	head -c 500000 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$part-random"
done
tracepack image mixed -n -b 1M -l 9 2>said --stats=json >mixed.json
tracepack image mixed -f -o x.sqsh -q -b 1M -l 9
real=$(stat -c %s x.sqsh) projected=$(jq .bytes_out mixed.json) within=$(jq .bytes_error mixed.json)
check "--dry-run says when it may be wrong by more" test $((within * 20)) -gt "$projected"
check "in words" grep -q '→ about .* MB, give or take .*, not written$' said
check "and is right within that: $projected of $real bytes, give or take $within" \
	test $((projected - real)) -lt "$within" -a $((real - projected)) -lt "$within"
rm -rf mixed

# --- what changes meanwhile -----------------------------------------------------------------
if strace -f -o /dev/null true 2>/dev/null; then
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
	export ASAN_OPTIONS
	rm -f x.sqsh
	shrunk() {
		strace -f -o trace.out -P "$dir/src/keep/one" -e trace=pread64 -e inject=pread64:retval=0 \
			tracepack image -f src -o x.sqsh -q -l 1 "$@"
	}
	check_fails "a file that shrinks is an error" 1 "*keep/one*shrank*" shrunk
	check "that leaves nothing" test ! -e x.sqsh
	shrunk --keep-going 2>said
	check_equal "--keep-going fails all the same" $? 1
	kernel 512 x.sqsh >got.list
	check "but stores what was read" grep -q '^/keep/one 100644 1:2 1500000000 1 0 ' got.list
	check "and the others whole" grep -q '^/keep/numbers 100644 [0-9: ]* 588895 ' got.list
fi

# --- on a terminal --------------------------------------------------------------------------
if script -qec true /dev/null >/dev/null 2>&1; then
	script -qec "tracepack image -f src -o x.sqsh -l 1" /dev/null >said 2>&1 </dev/null
	check "a terminal sees how far it is" grep -q 'pack  *\[.*%' said
fi
tracepack image -f src -o x.sqsh -l 1 2>said
check "a file does not" sh -c '! grep -q "%" said'
finish
