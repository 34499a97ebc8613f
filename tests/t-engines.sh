#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A package on the engines that people have, without a daemon: podman starts it from where it is mounted, also
# where nothing of it can be written.
# shellcheck disable=SC2016 # for the shell inside
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/podman.sh"
requires fuse
requires busybox true
requires jq --version

# the source has none of the places that engines want
mkdir -p root/bin root/etc root/srv
cp "$(command -v busybox)" root/bin/busybox
for applet in sh cat ls touch; do ln -s busybox "root/bin/$applet"; done
echo used >root/etc/used
printf '#!/bin/sh\ncat /etc/used; touch /srv/x 2>/dev/null && echo written; [ ! -d /tmp ] || { echo t >/tmp/t && cat /tmp/t; }\n' >root/entry
chmod 755 root/entry
check "a package of it" sfc slim -q --root root -o app.sfc --compare none -- /entry
mkdir m && mount -o ro,loop app.sfc m
check_equal "has a place for all that engines mount or make" \
	"$(cd m/rootfs && stat -c '%n %F %a %s' dev proc sys run root tmp var/tmp etc/hosts etc/hostname etc/resolv.conf etc/machine-id | sed 's/regular //; s/ [0-9]*$//' | paste -sd, && readlink etc/mtab)" \
	'dev directory 755,proc directory 555,sys directory 555,run directory 755,root directory 700,tmp directory 1777,var/tmp directory 1777,etc/hosts empty file 644,etc/hostname empty file 644,etc/resolv.conf empty file 644,etc/machine-id empty file 444
../proc/self/mounts'
check_equal "nothing of that counts" "$(jq -c .after.files m/sfc/package.json)" 3
check "the package is whole" tracepack verify app.sfc
check_equal "podman starts it from there" "$(podman run --rm --network none --rootfs "$dir/m/rootfs:O" /entry 2>&1 | paste -sd' ')" 'used written t'
check_equal "and read-only, with no layer above it" "$(podman run --rm --network none --read-only --rootfs "$dir/m/rootfs" /entry 2>&1 | paste -sd' ')" 'used t'
check_equal "what it sees of the engine" "$(podman run --rm --network none --read-only --hostname h1 --rootfs "$dir/m/rootfs" /bin/sh -c 'cat /etc/hostname /etc/mtab' 2>&1 | sed -n '1s/\/dev.*//p; / \/proc /s/ .*//p' | paste -sd' ')" 'h1 proc'
finish
