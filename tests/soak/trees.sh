#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Random trees through our writer, each read back by the kernel (sectors of 512 and of 4096 bytes), unsquashfs, rdsquashfs,
# squashfuse and 7-Zip: SOAK_TREES of them [10000], one after the other by their seeds. It goes on behind the last seed
# that the same programs have done.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/image.sh
. "$srcdir/tests/image.sh"
# shellcheck source=tests/soak/lib.sh
. "$srcdir/tests/soak/lib.sh"
for reader in squashfuse rdsquashfs 7zz; do requires which $reader; done
requires fuse

soak_begin trees "$builddir/pack/tracepack" "$random"
while [ "$soak_done" -lt "${SOAK_TREES:-10000}" ] && soak_has_time; do
	seed=$((soak_done + 1))
	mkdir tree
	"$random" tree "$seed" $((20 + seed % 7 * 40)) || fail "seed $seed"
	# blocks of all sizes, in turn
	compare "random tree $seed" tree $((4 << (seed % 9)))K all 1 >said 2>&1
	grep '^FAIL' said | cut -c 1-300
	rm -rf tree out
	soak_did 1 "$(grep -c '^FAIL' said)"
done
soak_end "${SOAK_TREES:-10000}" "random trees by six readers"
