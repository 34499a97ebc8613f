#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest, by tests/t-guest-verity.sh: the kernel mounts a package through dm-verity and reads nothing that was
# changed; systemd starts a service from an image's root by RootVerity, and not from one that is not what it was.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/stage.sh
. "$srcdir/tests/stage.sh"

flip() { # FILE OFFSET: another byte there
	byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
	printf "\\$(printf '%03o' $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

cd "$dir" || exit 99
busybox_root root sh cat sleep
printf 'ID=test\n' >root/etc/os-release
mkdir -p root/usr root/var root/run
head -c 3000000 /dev/urandom >root/etc/large
check "a package is made, with verity data" sfc slim -q --root "$dir/root" -o web.sfc --include /etc/large -- sh -c 'cat /etc/passwd'
check "of its root, too" sfc export web.sfc --to squashfs -o root.sqsh --verity

# --- the kernel, by hand
cp root.sqsh good.sqsh
hash=$(cat root.sqsh.roothash)
check "device mapper takes the image with its tree" veritysetup open root.sqsh sfc root.sqsh.verity "$hash"
mkdir mnt
check "what it shows is mounted" mount -o ro -t squashfs /dev/mapper/sfc mnt
check_equal "and read to its end" "$(sha256sum <mnt/etc/large)" "$(sha256sum <root/etc/large)"
check_equal "it is verified" "$(veritysetup status sfc | sed -n 's/^ *status: *//p')" verified
umount mnt
veritysetup close sfc
other=$(echo "$hash" | tr 0-9a-f 1-9a-f0)
refuses() { ! "$@" >refused 2>&1; }
# the kernel finds out when it first reads
veritysetup open root.sqsh sfc root.sqsh.verity "$other" 2>/dev/null
check "with another root hash nothing is mounted" refuses mount -o ro -t squashfs /dev/mapper/sfc mnt
veritysetup close sfc
# where random bytes lie as they are: one bit in the middle of them
flip root.sqsh $(($(stat -c %s root.sqsh) / 2))
check "with a byte that was changed it is opened, too" veritysetup open root.sqsh sfc root.sqsh.verity "$hash"
check "and mounted" mount -o ro -t squashfs /dev/mapper/sfc mnt
check_fails "but that file is not read" 1 "*Input/output error*" cat mnt/etc/large
check_equal "others are" "$(cat mnt/etc/os-release)" ID=test
check_equal "and the kernel knows of it" "$(veritysetup status sfc | sed -n 's/^ *status: *//p')" corrupted
umount mnt
veritysetup close sfc
check_fails "our own reader says the same" 1 "tracepack: 'root.sqsh' is not what its verity data says: bytes *" tracepack verify --verity root.sqsh
cp good.sqsh root.sqsh

# --- systemd: the root of a service, by the names alone, by words, and not another
by() { systemd-run -q --wait --pipe -p RootImage="$dir/root.sqsh" -p PrivateTmp=no "$@"; }
check_equal "systemd finds both beside the image" "$(by /bin/busybox cat /etc/os-release)" ID=test
check_equal "as they are said" "$(by -p RootHash="$hash" -p RootVerity="$dir/root.sqsh.verity" /bin/busybox cat /etc/os-release)" ID=test
by /bin/busybox sleep 60 &
job=$!
seen() { dmsetup ls --target verity | grep -q .; }
check "it is by dm-verity" wait_for 30 seen
kill $job
systemctl stop 'run-*.service'
# while one runs others share its device, and what that has read already
gone() { ! seen; }
check "and that goes with the service" wait_for 60 gone
check "another root hash starts nothing" refuses by -p RootHash="$other" -p RootVerity="$dir/root.sqsh.verity" /bin/busybox cat /etc/os-release
check_equal "not a byte comes of it" "$(grep -c ID=test refused)" 0
flip root.sqsh $(($(stat -c %s root.sqsh) / 2))
check "what was changed is not read by the service" refuses by /bin/busybox cat /etc/large
check_equal "the rest of the image is" "$(by /bin/busybox cat /etc/os-release)" ID=test
check_equal "nothing is left of it" "$(systemctl --failed --plain --no-legend | grep -v '^run-')" ""
finish
