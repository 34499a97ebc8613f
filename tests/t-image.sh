#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Images are what their sources are, for every reader there is.
#
# SFC_TEST_SEEDS=N: so many random trees, instead of 24, or 2,000 with SFC_TEST_LONG=1.
# What is large or has many names: t-image-trees.sh.
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/image.sh
. "$srcdir/tests/image.sh"

# --- every limit ----------------------------------------------------------------------------
mkdir -p crafted/empty crafted/big crafted/one crafted/deep
for blocks in 1 2 3; do
	for more in -1 0 1; do
		head -c $((blocks * 4096 + more)) /dev/urandom >"crafted/size-$blocks$more"
	done
done
# alike to the last block, which shows while the blocks of the one before are still being compressed
head -c 40960 /dev/urandom >crafted/alike-1
for other in 2 3; do
	head -c 40959 crafted/alike-1 >crafted/alike-$other
	printf '\%s' $other >>crafted/alike-$other
done
{ head -c 4096 crafted/alike-1; head -c 12288 /dev/zero; tail -c 24576 crafted/alike-1 | tr '\0-\377' '\1-\377\0'; } >crafted/alike-then-zeroes
: >crafted/nothing
head -c 9000 /dev/zero >crafted/zeroes
head -c 4096 /dev/zero >crafted/zero-block
truncate -s 1M crafted/hole
printf x >crafted/one/x
seq 1 20000 | (cd crafted/big && xargs touch)
touch "crafted/$(printf 'n%.0s' $(seq 255))" "crafted/$(printf 'new\nline')" "crafted/$(printf '\001\377')"
ln -s "$(printf 't%.0s' $(seq 4095))" crafted/long-link
ln -s x crafted/link && ln crafted/link crafted/link-too
mknod crafted/device b 4095 1048575 && ln crafted/device crafted/device-too
mknod crafted/whiteout c 0 0
mkfifo crafted/fifo
ln crafted/nothing crafted/one/nothing-too
mkdir crafted/opaque && setfattr -n trusted.overlay.opaque -v y crafted/opaque
setfattr -n user.long -v "$(printf 'v%.0s' $(seq 3000))" crafted/one/x
setfattr -n user.long -v "$(printf 'v%.0s' $(seq 3000))" crafted/zeroes
setfattr -n user.short -v s crafted/zeroes
chown 4294967294:4294967294 crafted/one/x
chmod 7777 crafted/nothing
chmod 0000 crafted/hole
touch -d @0 crafted/fifo && touch -d @4294967295 crafted/zeroes
(cd crafted/deep && for i in $(seq 150); do mkdir "d$i" && cd "d$i" || exit; done && : >bottom)
compare crafted crafted 4K all
compare "crafted, 1M blocks" crafted 1M quick 1
mkdir huge && truncate -s 4300M huge/file
printf end | dd of=huge/file bs=1 seek=4400000000 conv=notrunc 2>/dev/null
tracepack image -f huge -o x.sqsh -q
kernel_stat() {
	mount -t squashfs -o ro,loop x.sqsh mnt && stat -c '%s %b' mnt/file &&
		tail -c 108876800 mnt/file | head -c 3; umount mnt
}
check "a sparse file over 4 GiB" sh -c 'test "$(stat -c %s x.sqsh)" -lt 300000'
kernel_stat >got.list 2>&1
check "is found again, sparse" sh -c 'read -r size blocks <got.list && [ "$size" = 4508876800 ] && [ "$blocks" -lt 1000 ]'
check "with its bytes" grep -q '^end' got.list
rm -rf out huge

# --- deterministic --------------------------------------------------------------------------
tracepack image -f crafted -o one.sqsh -q -l 5 -j 1
tracepack image -f crafted -o two.sqsh -q -l 5 -j 5 --memory 1M
check "one thread or five: the same bytes" cmp one.sqsh two.sqsh
cp -a crafted copy && rm copy/size-20 && cp -a crafted/size-20 copy/
tracepack image -f copy -o two.sqsh -q -l 5 --time 4294967295
tracepack image -f crafted -o one.sqsh -q -l 5 --time 4294967295
touch -r crafted copy
tracepack image -f copy -o two.sqsh -q -l 5 --time 4294967295
check "another order of names on the disk: the same bytes" cmp one.sqsh two.sqsh
rm -rf copy

# --- options --------------------------------------------------------------------------------
tracepack image -f crafted -o x.sqsh -q -l 1 --exclude '/big' --exclude '/size-*' --all-root --mode '/one/x=600' \
	--small --exportable --time 1000
"$builddir/tests/image/list-tree" crafted >/dev/null
kernel 512 x.sqsh >got.list
check "--exclude leaves out" sh -c '! grep -qE "^/(big|size)" got.list'
check "--all-root" sh -c '! grep -v " 0:0 " got.list'
check "--mode" grep -q '^/one/x 100600 0:0 ' got.list
check "--time clamps" sh -c 'awk "{ if (\$4 > 1000) exit 1 }" got.list'
printf '/size-30\none/x\n/no/such\n' >order
tracepack image -f crafted -o x.sqsh -q --order order --check
check "--order: blocks of 512K" sh -c 'unsquashfs -s x.sqsh | grep -q "^Block size 524288"'
same "--order loses nothing" /dev/null sh -c '"$1" crafted >want.list; :' sh "$list"
same "--order: the kernel" want.list kernel 512 x.sqsh
size=$(tracepack image -f crafted -n --stats=json -q 2>/dev/null | sed -n 's/.*"bytes_out": \([0-9]*\).*/\1/p')
tracepack image -f crafted -o x.sqsh -q
check_equal "--dry-run of little knows the size" "$size" "$(stat -c %s x.sqsh)"
tar -C crafted --xattrs --xattrs-include='*' --sparse -cf crafted.tar .
check "a tar packs and verifies" tracepack image -f crafted.tar -o x.sqsh -q --check
check "a tar on standard input too" sh -c 'tracepack image -f - -o y.sqsh -q <crafted.tar && cmp x.sqsh y.sqsh'

# --- what cannot be -------------------------------------------------------------------------
mkdir acl && touch acl/f
if setfacl -m u:1:r acl/f 2>/dev/null; then
	tracepack image -f acl -o x.sqsh -q 2>said
	check "an ACL is warned of" grep -q posix_acl_access said
fi
mkdir owners && "$random" owners --owners 65536
check_fails "65,537 owners are refused" 1 '*different users and groups*' tracepack image -f owners -o z.sqsh -q
check "and nothing is left" test ! -e z.sqsh
rm owners/0 owners/1
check "65,535 are not" tracepack image -f owners -o x.sqsh -q
kernel 512 x.sqsh >got.list
check_equal "and the kernel mounts them" "$(wc -l <got.list)" 65535
rm -rf owners
check_fails "no SRC" 2 '*which SRC*' tracepack image -f -o x.sqsh
check_fails "a level of 23" 2 '*is no level from 1 to 22*' tracepack image -f crafted -o x.sqsh -l 23
check_fails "a SRC that is not there" 1 '*nothere*' tracepack image -f nothere -o x.sqsh

# --- random trees ---------------------------------------------------------------------------
seed=1 seeds=24
[ -z "${SFC_TEST_LONG:-}" ] || seeds=2000
seeds=${SFC_TEST_SEEDS:-$seeds}
while [ "$seed" -le "$seeds" ]; do
	mkdir tree && "$random" tree "$seed" $((20 + seed % 7 * 40)) || fail "seed $seed"
	readers=quick
	[ $((seed % 12)) = 1 ] && readers=all
	compare "random tree $seed" tree 4K "$readers" 1
	rm -rf tree
	seed=$((seed + 1))
done

# --- no partial output ----------------------------------------------------------------------
tracepack image -f crafted -o old.sqsh -q -l 1
cp old.sqsh keep.sqsh
sum=$(sha256sum <old.sqsh)
for limit in 1 8 100 300; do
	(trap '' XFSZ; ulimit -f $limit; tracepack image -f crafted -o old.sqsh -q -l 1 2>said)
	check_equal "a full disk after $limit blocks: the old file stays" "$(sha256sum <old.sqsh)" "$sum"
	check_equal "and it is said once" "$(wc -l <said)" 1
done
if strace -f -o /dev/null true 2>/dev/null; then
	# a leak sanitizer cannot work where something traces already
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
	export ASAN_OPTIONS
	mkdir tiny && echo tiny >tiny/file
	tracepack image -f tiny -o tiny.sqsh -q
	sum=$(sha256sum <tiny.sqsh)
	for call in pwrite64 fsync linkat rename; do
		for nth in $(seq 1 24); do
			strace -f -o trace.out -e trace="$call" -e inject="$call:error=ENOSPC:when=$nth" \
				tracepack image -f tiny -o tiny.sqsh -q 2>said && break
			[ "$(sha256sum <tiny.sqsh)" = "$sum" ] && [ "$(wc -l <said)" = 1 ] ||
				fail "$call number $nth fails: $(cat said)"
		done
		check "every $call may fail" test "$nth" -gt 1 -a "$nth" -lt 24
	done
fi
# a table that nothing is in has its place all the same: 7-Zip wants one
if command -v 7zz >/dev/null; then
	for size in 0 1 4095 4096 20000; do
		mkdir -p seven && head -c $size /dev/urandom >seven/random && head -c $size /dev/zero >seven/zeroes
		tracepack image -q -f --block 4K seven -o seven.sqsh
		check "7-Zip tests an image of $size bytes" sh -c '7zz t seven.sqsh >said && ! grep -i warning said'
		tracepack image -q -f --block 4K --exportable seven -o seven.sqsh
		check "one for NFS, too" sh -c '7zz t seven.sqsh >said && ! grep -i warning said'
	done
fi
# whole or not at all, wherever it is killed: before each of some writes, before the last steps
tracepack image -f crafted -o new.sqsh -q -l 2
if strace -f -o /dev/null true 2>/dev/null; then
	for at in pwrite64:1 pwrite64:2 pwrite64:5 pwrite64:11 pwrite64:23 pwrite64:40 fsync:1 rename:1; do
		cp keep.sqsh old.sqsh
		strace -f -o trace.out -e trace="${at%:*}" -e inject="${at%:*}:signal=KILL:when=${at#*:}" \
			tracepack image -f crafted -o old.sqsh -q -l 2 2>/dev/null
		killed=$?
		sum=$(sha256sum <old.sqsh)
		check_equal "killed before $at" "$killed" 137
		check_equal "killed before $at: the old one" "$sum" "$(sha256sum <keep.sqsh)"
	done
fi
for wait in 0.01 0.05; do
	cp keep.sqsh old.sqsh
	tracepack image -f crafted -o old.sqsh -q -l 2 &
	sleep $wait
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	check "killed after $wait s: old or whole" cmp -s old.sqsh "$(cmp -s old.sqsh keep.sqsh && echo keep.sqsh || echo new.sqsh)"
done
rm -f .old.sqsh.*
tracepack image -f crafted -o int.sqsh -q -l 22 &
sleep 0.1
kill -INT $! 2>/dev/null
wait $!
check "an interrupt leaves nothing" sh -c '[ -e int.sqsh ] || [ -z "$(ls -A | grep "^\.int")" ]'
finish
