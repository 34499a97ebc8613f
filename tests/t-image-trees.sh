#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Real directories as images, held against themselves by every reader: a Debian minbase.
#
# SFC_TEST_LONG="many sources large million usr", or 1 for all of them, which takes long and
# much of TEST_TMPDIR: 100,000 names in a directory; the sources and this build; an image over 4 GiB, of
# files over and under that, with holes and behind each other; a million files; /usr.
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/image.sh
. "$srcdir/tests/image.sh"

# The one that the kernel asks for paths walks each from the root, slow with a million. This is the same
# library, asked for inodes.
! command -v squashfuse_ll >/dev/null || squashfuse=squashfuse_ll

# What is said above, in tree/.
make_tree() {
	mkdir tree
	case $1 in
	many) (cd tree && seq 100000 | xargs touch) ;;
	sources) cp -a "$srcdir" tree ;;
	large)
		head -c 4400000000 /dev/urandom >tree/first
		echo behind >tree/second
		head -c 131072 /dev/urandom >tree/whole-block
		head -c 200000 /dev/urandom >tree/third
		cp tree/third tree/twin
		ln tree/third tree/third-too
		# data at both ends and where 32 bits end, holes between
		for at in 0 32767 32768 34000; do
			dd if=/dev/urandom of=tree/holes bs=128K count=1 "seek=$at" conv=notrunc status=none
		done
		truncate -s 4100M tree/hole
		;;
	million) "$random" tree --many 1000000 20 ;;
	usr) cp -a /usr tree ;; # without the names that its files have elsewhere
	*) echo "no part '$1'" >&2 && return 1 ;;
	esac
}

root=$("$srcdir/tests/minbase.sh") || skip "no Debian root"
compare minbase "$root" 128K all 1

parts=${SFC_TEST_LONG:-0}
case $parts in 0) parts= ;; 1) parts="many sources large million usr" ;; esac
for part in $parts; do
	make_tree "$part" || exit 99
	compare "$part" tree 128K all 1
	rm -rf tree out
done
finish
