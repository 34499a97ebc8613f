#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A package on the engines that people have: podman starts it from where it is mounted, also where nothing of it can be
# written; gVisor starts the bundle, containerd the image that sfc export makes of it.
# shellcheck disable=SC2016,SC2317 # for the shell inside; called on exit
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/podman.sh"
requires fuse
requires busybox true
requires jq --version
requires runsc --version
requires containerd --version
requires ctr --version

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

# --- gVisor, by itself ----------------------------------------------------------------------------
check "a bundle" sfc export app.sfc -q --to bundle -o bundle
# runsc makes what it is given its user's: no /dev/null
in_gvisor() { : | runsc --root "$dir/runsc" --platform=ptrace --network=none --ignore-cgroups run --bundle "$dir/bundle" "$1" 2>&1; }
check_equal "runsc starts it" "$(in_gvisor "sfc$$-1" | paste -sd' ')" 'used t'
jq '.process.args = ["/bin/sh", "-c", "cat /proc/version"]' bundle/config.json >config.json && cp config.json bundle/
check_equal "in a kernel of its own" "$(in_gvisor "sfc$$-2" | cut -d' ' -f 1-3)" 'Linux version 4.4.0'

# --- containerd, with directories of its own ------------------------------------------------------
mkdir containerd
cat >containerd/config.toml <<END
version = 2
root = "$dir/containerd/root"
state = "$dir/containerd/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "$dir/containerd/sock"
END
containerd --config containerd/config.toml >containerd/log 2>&1 &
containerd=$!
containerd_ends() {
	kill "$containerd" 2>/dev/null
	wait "$containerd" 2>/dev/null
}
on_exit containerd_ends
own_ctr() { ctr --address "$dir/containerd/sock" "$@" </dev/null; }
wait_for 30 own_ctr version || fail "containerd does not come up: $(tail -n 1 containerd/log)"
check "an image" sfc export app.sfc -q --to oci --name web:1 -o web.tar
check "ctr takes it" own_ctr images import web.tar
name=$(own_ctr images ls -q)
check_equal "by its name" "$name" localhost/web:1
check_equal "and runs it" "$(own_ctr run --rm "$name" "sfc$$" 2>&1 | paste -sd' ')" 'used written t'
check_equal "read-only, too" "$(own_ctr run --rm --read-only "$name" "sfc$$" 2>/dev/null | paste -sd' ')" 'used'
finish
