#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Packages that mean harm, run and installed by a plain user: they are refused or confined as root's are, and what
# is extracted for him holds nothing that he could not have made.
# shellcheck disable=SC2016,SC2154 # programs in quotes; names of tests/user.sh
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/threats/lib.sh"
# shellcheck source=tests/user.sh
. "$srcdir/tests/user.sh"
requires crun --version
requires conmon --version
requires setfattr --version
unset SFC_STATE TMPDIR
on_exit as_user sfc prod rm --all --grace 0
kept=$home/.local/share/sfc
mkdir -m 777 victim
run() { as_user sfc run -q "$dir/bad.sfc" -- "$@" 2>&1; }
install() { as_user sfc prod install "$dir/bad.sfc" "$@" 2>&1; }
# refuse CLAIM WHAT: both do, by name
refuse() {
	check_fails "$1: run" 125 "sfc: run: *bad.sfc*$2" as_user sfc run -q "$dir/bad.sfc" -- /bin/true
	check_fails "$1: install" 1 "sfc: prod: *bad.sfc*$2" as_user sfc prod install "$dir/bad.sfc"
}

hostile bad.sfc '.process.env = ["/bin/sh", "-c", "touch \($v)"]' --arg v "$dir/victim/mark"
refuse "S1: a command in the environment" "*process.env\[0\] is '/bin/sh', not NAME=VALUE"
tree_new
echo '{"process": {}}' >>"$tree/config.json"
package_new bad.sfc
refuse "S1b: two documents" "*not one JSON document*"
for target in / /etc ../../..; do
	tree_new
	rm -rf "$tree/rootfs"
	ln -s $target "$tree/rootfs"
	package_new bad.sfc
	refuse "S2: its root is a link to $target" "*rootfs is not a directory"
done
for link in /run/x/resolv.conf "/run/../$dir/victim/new"; do
	tree_new
	rmdir "$tree/rootfs/run"
	ln -s "$dir/victim" "$tree/rootfs/run"
	ln -s "$link" "$tree/rootfs/etc/resolv.conf"
	package_new bad.sfc
	check_equal "S3: resolv.conf is $link: it runs" "$(run /bin/sh -c 'echo ran')" ran
done
hostile bad.sfc '.mounts = [{destination: "//sys", type: "bind", source: "/sys", options: ["bind", "rw"]},
	{destination: "/data", type: "bind", source: $v, options: ["bind", "rw"]}] | .hooks = {prestart: [{path: "/bin/touch", args: ["touch", "\($v)/hook"]}]}' \
	--arg v "$dir/victim"
run /bin/sh -c 'touch /data/through /sys/kernel/mark' >/dev/null
install --name mounts >/dev/null
as_user sfc prod start mounts -q -- /bin/sh -c 'touch /data/through; exec sleep 100' >/dev/null 2>&1
check_equal "S4 and S16: no mount, no hook of a package" "$(ls victim)" ""

# what is inside sees nothing of the host, and no more of the user than it was given
tree_new
cp "$builddir/tests/stage/try-calls" "$tree/rootfs/bin/"
mknod "$tree/rootfs/data/mem" c 1 1
cp "$(command -v busybox)" "$tree/rootfs/data/setid"
chmod 6755 "$tree/rootfs/data/setid"
truncate -s 2G "$tree/rootfs/data/sparse"
package_new bad.sfc
echo secret >"$home/secret"
check_equal "S6: process 1's root is its own" "$(run /bin/sh -c "cat /proc/1/root$home/secret /proc/1/cwd/../..$home/secret" | grep -c secret$)" 0
check "the kernel's memory is not opened" sh -c '! "$@"' sh as_user sfc run -q "$dir/bad.sfc" -- /bin/sh -c 'exec 3</data/mem' 2>/dev/null
run /bin/try-calls >calls
for call in io_uring_setup userfaultfd add_key mount unshare_mount bpf perf_event_open init_module kexec_load reboot settimeofday packet_socket mknod_disk; do
	check "S20: $call is refused" grep -qxE "$call (EPERM|ENOSYS|EACCES)" calls
done
check_equal "S17: its output is a pipe" "$(run /bin/sh -c 'echo >/proc/self/fd/1; ls -l /proc/self/fd/1' | grep -c 'pipe:')" 1

# what is extracted
install --name extracted >said
check "device nodes are left out, and that is said" grep -q "device node.* left out" said
check_equal "there are none" "$(find "$kept" -type b -o -type c)" ""
check_equal "what has holes is extracted with them" "$(find "$kept/store" -name sparse -size +1G | grep -c .) $(($(du -sm "$kept" | cut -f 1) < 100))" "1 1"
setid=$(find "$kept/store" -name setid)
check_equal "set-id files are his, or of his range" "$(find "$kept" -perm /6000 ! -uid "$uid" \( -uid -"$range" -o -uid +$((range + 65535)) \))" ""
check_equal "and nobody else reaches them" "$(stat -c %a "$kept")$(as_stranger "$setid" id -u 2>/dev/null)" 700

# what steers an overlay steers none
tree_new
mkdir "$tree/rootfs/data/sub"
setfattr -n trusted.overlay.redirect -v /etc "$tree/rootfs/data/sub"
setfattr -n user.overlay.redirect -v /etc "$tree/rootfs/data/sub"
setfattr -n user.overlay.opaque -v y "$tree/rootfs/data"
mksquashfs "$tree" bad.sfc -noappend -quiet -no-progress -comp zstd >/dev/null
check_equal "a redirection in a package is not followed: run" "$(run /bin/ls /data/sub)" ""
install --name overlay >/dev/null
as_user sfc prod start overlay -q -- /bin/sleep 100 >/dev/null 2>&1
check_equal "nor is it in an instance" "$(as_user sfc prod exec overlay/1 -- /bin/ls /data/sub 2>&1)" ""
check_equal "nothing of all that was made where it was not to be" "$(ls victim)" ""
finish
