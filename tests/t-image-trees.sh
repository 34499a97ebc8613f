#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Real directories as images, held against themselves by every reader: a Debian minbase.
#
# SFC_TEST_LONG=1: also /usr, the sources and this build, a directory of 100,000 names and a million
# inodes, which takes many minutes.
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/image.sh
. "$srcdir/tests/image.sh"

root=$("$srcdir/tests/minbase.sh") || skip "no Debian root"
compare minbase "$root" 128K all 1

if [ -n "${SFC_TEST_LONG:-}" ]; then
	mkdir many && (cd many && seq 100000 | xargs touch)
	compare "100,000 names in a directory" many 128K all 1
	rm -rf many out
	cp -a "$srcdir" sources && compare "the sources and a build" sources 128K all 1
	rm -rf sources out
	cp -a /usr usr # without the names that its files have elsewhere
	compare /usr usr 128K all 1
	rm -rf usr out
	mkdir million && "$random" million --many 1000000 20
	compare "a million files" million 128K all 1
	rm -rf million
fi
rm -rf out
finish
