# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# An image held against the directory it was made of, with the eyes of every reader there is. Sourced
# after lib.sh. Extracts into out/, mounts on mnt/, both in the current directory.
requires root
requires which unsquashfs
requires which mksquashfs
requires which losetup
mkdir mnt

# shellcheck disable=SC2154 # lib.sh's
list=$builddir/tests/image/list-tree
# shellcheck disable=SC2034 # for who sources this
random=$builddir/tests/image/random-tree

# kernel SECTOR IMAGE: list it through a loop device with this sector size
kernel() {
	loop=$(losetup --find --show --read-only --sector-size "$1" "$2") || return 1
	mount -t squashfs -o ro "$loop" mnt || { losetup -d "$loop"; return 1; }
	losetup -d "$loop" # goes when it is unmounted
	"$list" mnt
	umount mnt
}

# squashfuse takes trusted and security attributes for each other, also in mksquashfs' images, and may
# then not find the value of one that is empty.
as_squashfuse_sees() {
	sed -e 's/ \(trusted\|security\)\.[^ ]*\( data available\)\{0,1\}//g' \
		-e 's/ user\.[^ =]*=!No data available//g' -e ':again' -e 's/ user\.[^ =]*=\( \|$\)/\1/' -e 'tagain'
}

fuse() {
	"${squashfuse:-squashfuse}" "$1" mnt >/dev/null 2>&1 || return 1
	"$list" mnt | as_squashfuse_sees
	umount mnt
}

# The regular files of a listing: path, size, SHA-256.
contents_of() {
	awk '$2 ~ /^10/ { print $1, $6, $7 }' "$1"
}

unpacked() {
	rm -rf out && mkdir out
	rdsquashfs -q -u / -p out "$1" >rdsquashfs.log 2>&1 || { cat rdsquashfs.log; return 1; }
	"$list" out >out.list || return 1
	contents_of out.list
}

extracted() {
	rm -rf out
	unsquashfs -no-progress -quiet -d out "$1" >unsquashfs.log 2>&1 || { cat unsquashfs.log; return 1; }
	"$list" out
}

# 7-Zip makes empty files of what is neither file, link nor directory, and of links that lead through links: what
# it is asked for are the regular files.
by_7zip() {
	rm -rf out
	7zz x -y -snld -oout "$1" >7z.log 2>&1 || {
		grep '^ERROR' 7z.log | grep -v 'Dangerous link via another link was ignored' && return 1
		grep -q '^ERROR' 7z.log || { cat 7z.log; return 1; }
	}
	"$list" out >out.list || return 1
	contents_of out.list | awk 'NR == FNR { special[$1] = 1; next } !($1 in special)' special.list -
}

peer() {
	mksquashfs "$1" peer.sqsh -comp zstd -Xcompression-level 1 -no-duplicates -noappend -quiet -no-progress >peer.log 2>&1 || {
		cat peer.log
		return 1
	}
}

# same NAME WANTED-LISTING COMMAND…
same() {
	name=$1 wanted=$2
	shift 2
	"$@" >got.list 2>got.err || fail "$name: exit $?"
	check "$name" cmp -s "$wanted" got.list
	cmp -s "$wanted" got.list || { cat got.err; diff "$wanted" got.list | head -6; }
}

# A quick look at a directory by the kernel and ourselves; the slow readers with "all".
compare() {
	"$list" "$2" >want.list
	check "$1: packs and verifies" tracepack image "$2" -o x.sqsh -f --check -q -b "$3" -l "${5:-3}"
	same "$1: the kernel, 512-byte sectors" want.list kernel 512 x.sqsh
	[ "$4" = all ] || return 0
	same "$1: the kernel, 4096-byte sectors" want.list kernel 4096 x.sqsh
	same "$1: unsquashfs" want.list extracted x.sqsh
	if [ -w /dev/fuse ] && command -v squashfuse >/dev/null; then
		as_squashfuse_sees <want.list >fuse.list
		same "$1: squashfuse" fuse.list fuse x.sqsh
	fi
	if command -v 7zz >/dev/null; then
		awk '$2 !~ /^(10|04)/ { print $1 }' want.list >special.list
		contents_of want.list >contents.list
		same "$1: 7-Zip" contents.list by_7zip x.sqsh
	fi
	if command -v rdsquashfs >/dev/null; then
		check "$1: mksquashfs makes the image it is held against" peer "$2"
		rdsquashfs -d peer.sqsh >peer.desc || fail "$1: rdsquashfs cannot describe mksquashfs' image"
		same "$1: rdsquashfs describes it as mksquashfs' image" peer.desc rdsquashfs -d x.sqsh
		contents_of want.list >contents.list
		same "$1: rdsquashfs reads the same bytes" contents.list unpacked x.sqsh
	fi
}
