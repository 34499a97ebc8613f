#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc export --to disk: disk, initrd and command line are what they say, and process 1 starts what the package says.
# shellcheck disable=SC2317 # check calls the functions
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/stage.sh"
requires qemu-img --version
requires jq --version
requires virt-xml-validate --version
requires xmllint --version
cd "$dir" || exit 99

# --- a kernel that says its version, and modules of it; nobody boots it ---
{
	head -c 514 /dev/zero
	printf 'HdrS'
	head -c 8 /dev/zero
	printf '\040\000'
	head -c 16 /dev/zero
	printf '6.9.1-test (somebody) #1'
	head -c 4096 /dev/zero
} >vmlinuz
mkdir -p boot lib/modules/6.9.1-test/kernel
mv vmlinuz boot/vmlinuz-6.9.1-test
modules=lib/modules/6.9.1-test
for module in squashfs overlay virtio_ring virtio virtio-pci virtio_blk e1000e nouveau; do
	echo "the module $module" >"$modules/kernel/$module.ko"
done
xz "$modules/kernel/e1000e.ko"
cat >"$modules/modules.dep" <<'END'
kernel/squashfs.ko:
kernel/overlay.ko:
kernel/virtio_ring.ko: kernel/virtio.ko
kernel/virtio.ko:
kernel/virtio-pci.ko: kernel/virtio_ring.ko kernel/virtio.ko
kernel/virtio_blk.ko: kernel/virtio_ring.ko kernel/virtio.ko
kernel/e1000e.ko.xz:
kernel/nouveau.ko:
END
cat >"$modules/modules.alias" <<'END'
# Aliases extracted from modules themselves.
alias pci:v00001AF4d*sv*sd*bc*sc*i* virtio_pci
alias virtio:d00000002v* virtio_blk
alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau
alias fs-squashfs squashfs
END

# --- a package that tells who it is, and one line of it is hostile to who parses it again ---
busybox_root root sh id cat echo mount env grep ls pwd ip sleep kill
cat >root/bin/tell <<'END'
#!/bin/sh
echo "user $(id -u):$(id -g):$(id -G) in $(pwd)"
echo "words $# $1"
echo "bounding $(grep CapBnd /proc/self/status)"
echo "privileges $(grep NoNewPrivs /proc/self/status)"
echo "name $(cat /proc/sys/kernel/hostname) $(cat /etc/hostname)"
echo "writes $(echo new >/tmp/new && cat /tmp/new)"
echo "root $(grep ' / ' /proc/mounts | cut -d' ' -f1-3)"
echo "memory $(grep ' /srv ' /proc/mounts)"
echo "sys $(grep -c ' /sys sysfs ro' /proc/mounts) null $(echo x >/dev/null && echo works)"
echo "value $A"
[ "$1" != forever ] || { trap 'echo asked; exit 9' TERM; while :; do sleep 0.1; done; }
exit 7
END
chmod 755 root/bin/tell
mkdir root/srv root/work
chmod 1777 root/tmp
jq -n '{ociVersion: "1.0.2", hostname: "x", annotations: {"org.opencontainers.image.stopSignal": "SIGTERM"},
	process: {args: ["tell", "a b\"\n= c"], env: ["PATH=/bin", "A=line\nof=two \u0027"], cwd: "/work",
		noNewPrivileges: true, user: {uid: 33, gid: 34, additionalGids: [35, 36]},
		capabilities: {bounding: ["CAP_CHOWN", "CAP_KILL"]}},
	mounts: [{destination: "/srv", type: "tmpfs", source: "tmpfs", options: ["nosuid", "noexec", "mode=700", "size=64k"]},
		{destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["size=1k"]}],
	root: {path: "rootfs", readonly: false}}' >start.json
export_disk() {
	out=$1
	shift
	sfc export root --config start.json --to disk --name web:1 -o "$out" "$@"
}

check "a disk is exported" export_disk d --kernel boot/vmlinuz-6.9.1-test
check_equal "it has these files" "$(ls d)" "$(printf 'cmdline\ndisk.raw\ninitrd\nkernel')"
check "the kernel is the one that was named" cmp -s d/kernel boot/vmlinuz-6.9.1-test
check_equal "the disk is the root" "$(unsquashfs -lls d/disk.raw | awk '/squashfs-root/ { print $1, $2, $6 }' | sort)" \
	"$(mksquashfs root same.sqsh -quiet -no-progress >/dev/null; unsquashfs -lls same.sqsh | awk '/squashfs-root/ { print $1, $2, $6 }' | sort)"
check_equal "in whole sectors" "$(($(stat -c %s d/disk.raw) % 512))" 0
check_equal "the console is the serial line" "$(cat d/cmdline)" 'console=ttyS0 quiet panic=-1'

mkdir i
(cd i && busybox cpio -idm <../d/initrd 2>/dev/null)
check_equal "the initrd holds process 1, how to start, and the modules that machines ask for" \
	"$(cd i && find . -type f | sort | tr '\n' ' ')" \
	'./init ./modules ./modules.d/e1000e.ko.xz ./modules.d/overlay.ko ./modules.d/squashfs.ko ./modules.d/virtio-pci.ko ./modules.d/virtio.ko ./modules.d/virtio_blk.ko ./modules.d/virtio_ring.ko ./start '
check_equal "and a console before there is anything else" "$(stat -c '%F %t,%T' i/dev/console)" 'character special file 5,1'
check "process 1 is the one that was built" cmp -s i/init "$builddir/pack/guest/sfc-init"
check_equal "process 1 needs no library" "$(file -b i/init 2>/dev/null | grep -c 'dynamically linked')$(ldd i/init 2>&1 | grep -c 'not a dynamic')" 01
check_equal "modules with what they need, and who asks for them" "$(sort i/modules)" "$(sort <<'END'
always squashfs
always overlay
module squashfs squashfs.ko
module overlay overlay.ko
module virtio_pci virtio-pci.ko virtio_ring virtio
module virtio_ring virtio_ring.ko virtio
module virtio virtio.ko
module virtio_blk virtio_blk.ko virtio_ring virtio
module e1000e e1000e.ko.xz
alias pci:v00001AF4d*sv*sd*bc*sc*i* virtio_pci
alias virtio:d00000002v* virtio_blk
END
)"
check_equal "a module is as it was" "$(cat i/modules.d/virtio-pci.ko)" 'the module virtio-pci'
check_equal "how to start is what the configuration says" "$(tr '\n\0' '~\n' <i/start | grep -v '^root=' | sort)" "$(sort <<'END'
name=x
arg=tell
arg=a b"~= c
env=PATH=/bin
env=A=line~of=two '
cwd=/work
uid=33
gid=34
group=35
group=36
capability=CAP_CHOWN
capability=CAP_KILL
no-new-privileges=1
tmpfs=/srv nosuid,noexec,mode=700,size=64k,
stop=15
END
)"
check_equal "and by what the disk is found" "$(tr '\0' '\n' <i/start | sed -n 's/^root=//p')" \
	"$(head -c 96 d/disk.raw | od -An -v -tx1 | tr -d ' \n')"

export_disk again --kernel boot/vmlinuz-6.9.1-test
check "the same again is the same bytes" diff -r d again

# --- a configuration without a list of capabilities: it may all ---
jq 'del(.process.capabilities)' start.json >all.json
of_all() { sfc export root --config all.json --to disk --kernel boot/vmlinuz-6.9.1-test -o all -f "$@"; }
may() {
	rm -rf all all.i && of_all "$@" || return 1
	mkdir all.i && (cd all.i && busybox cpio -idm <../all/initrd 2>/dev/null)
	tr '\0' '\n' <all.i/start | grep '^capabilit' | paste -sd,
}
check_equal "all capabilities" "$(may)" 'capabilities=all'
check_equal "none, where that is asked for" "$(may --cap-drop ALL)" ''
check_equal "one" "$(may --cap-drop ALL --cap-add CAP_KILL)" 'capability=CAP_KILL'
rm -rf all
check_fails "one less of all is refused, not left out" 1 "*a disk cannot drop one of all capabilities*" of_all --cap-drop CAP_KILL
check "and leaves nothing" test ! -e all

# --- other formats ---
for format in qcow2 vmdk; do
	check "a disk of the format $format is exported" export_disk "$format" --kernel boot/vmlinuz-6.9.1-test --format "$format"
	check_equal "$format: that is all of it" "$(ls "$format")" "$(printf 'cmdline\ndisk.%s\ninitrd\nkernel' "$format")"
	check_equal "$format: it is one" "$(qemu-img info --output=json "$format/disk.$format" | jq -r .format)" "$format"
	check "$format: it holds the same" qemu-img compare -q -f raw -F "$format" d/disk.raw "$format/disk.$format"
done

# --- for libvirt: the same, and what it calls it ---
export_virt() {
	out=$1
	shift
	sfc export root --config start.json --to libvirt --kernel boot/vmlinuz-6.9.1-test -o "$out" "$@"
}
virt=$(printf "v&<\"'>")
check "it is exported for libvirt" export_virt "$virt" --name web:1 --memory 64M --cpus 1.5 --format qcow2
check "its definition is one" virt-xml-validate "$virt/domain.xml" domain
value() { xmllint --xpath "string($1)" "$virt/domain.xml"; }
check_equal "of the disk beside it" "$(value //disk/source/@file) $(value //disk/driver/@type)" "$dir/$virt/disk.qcow2 qcow2"
check_equal "and the kernel" "$(value //kernel) $(value //initrd) $(value //cmdline)" \
	"$dir/$virt/kernel $dir/$virt/initrd $(cat "$virt/cmdline")"
check_equal "as large as was asked for, and its kernel" "$(value //name) $(value //memory) $(value //vcpu)" 'web 224 2'
check_equal "on libvirt's network" "$(value //interface/source/@network)" default
for part in kernel initrd cmdline; do check "libvirt: the same $part" cmp "$virt/$part" "d/$part"; done
check "with ports of the host's" export_virt ports -p 127.0.0.1:8080:80 -p 53:53/udp
check "which is a definition as well" virt-xml-validate ports/domain.xml domain
virt=ports
check_equal "QEMU is told" "$(value "//*[local-name() = 'arg'][2]/@value")" \
	'user,id=published,hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=udp::53-:53'
check_fails "an address that QEMU cannot be told" 1 '*--publish*' export_virt e -p '[::1]:80:80'

# --- what cannot be ---
check_fails "a kernel that is not there" 1 "*cannot open the kernel 'none'*" export_disk e --kernel none
check_fails "a format that nobody knows" 2 '*--format*' export_disk e --kernel boot/vmlinuz-6.9.1-test --format floppy
check_fails "a kernel for what is no disk" 2 '*are for a disk*' sfc export root --to tar -o e.tar --kernel boot/vmlinuz-6.9.1-test
check_fails "a directory cannot be standard output" 2 '*only a tar*' sfc export root --to disk -o -
mv "$modules/modules.dep" dep
check_fails "modules that depmod has not seen" 1 '*modules.dep*depmod*' export_disk e --kernel boot/vmlinuz-6.9.1-test
grep -v overlay dep >"$modules/modules.dep"
check_fails "a kernel without overlay" 1 '*has no overlay*' export_disk e --kernel boot/vmlinuz-6.9.1-test
echo kernel/fs/overlayfs/overlay.ko >"$modules/modules.builtin"
check "unless it is built in" export_disk builtin --kernel boot/vmlinuz-6.9.1-test
mkdir path
for program in sfc tracepack; do ln -s "$(command -v $program)" path/; done
check_fails "another format without qemu-img" 1 '*install qemu-utils' \
	env PATH="$dir/path" "$(command -v sfc)" export root --config start.json --to disk -o e --kernel boot/vmlinuz-6.9.1-test --format qcow2
check_fails "what the machine itself decides" 1 "*disk cannot express --memory 64M" export_disk e --kernel boot/vmlinuz-6.9.1-test --memory 64M
check "nothing is left of those" test ! -e e

# --- process 1 at work, in namespaces of its own: it believes in a machine without devices ---
check_fails "outside of a machine it does nothing" 1 'sfc-init: this is process 1*' "$builddir/pack/guest/sfc-init"
cp boot/vmlinuz-6.9.1-test boot/bare	# without modules: this machine's own kernel runs it
sed -i 's/6.9.1-test/6.9.1-none/' boot/bare
# live NAME [SIGNAL-AFTER]: what it says is in NAME.said, how it ended in $ended
live() {
	rm -rf "$1.machine"
	mkdir "$1.machine"
	(cd "$1.machine" && busybox cpio -idm <"../$1/initrd" 2>/dev/null)
	loop=$(losetup -f --show -r "$1/disk.raw") || skip "no loop device"
	# the kernel unpacks it where nobody else sees it
	unshare -m --propagation private -p -f -n -u -- chroot "$1.machine" /init >"$1.said" 2>&1 &
	machine=$!
	if [ -n "${2:-}" ]; then
		wait_for 20 grep -q '^value' "$1.said"
		kill -INT "$(pgrep -P "$machine")"
	fi
	wait "$machine"
	losetup -d "$loop"
}
export_disk bare --kernel boot/bare -q
live bare
sed 's/\r$//' bare.said >said
line() { sed -n "s/^$1 //p" said; }
check_equal "it says with what it ended" "$(tail -n 1 said)" 'sfc: status 7'
check_equal "the user, its groups and its directory" "$(line user)" '33:34:34 35 36 in /work'
check_equal "the words are not parsed again" "$(line words)" '1 a b"'
check_equal "nor are variables" "$(line value)" 'line'
check_equal "the capabilities it may have at the most" "$(line bounding | tr -d '\t')" 'CapBnd:0000000000000021'
check_equal "no new privileges" "$(line privileges | tr -d '\t')" 'NoNewPrivs:1'
check_equal "the machine's name" "$(line name)" 'x x'
check_equal "what it writes is in the layer" "$(line writes)" 'new'
check_equal "over the image" "$(line root)" 'root / overlay'
check_equal "a file system in memory" "$(line memory | grep -c '^tmpfs /srv tmpfs rw,nosuid,nodev,noexec,relatime,size=64k,mode=700')" 1
check_equal "sysfs is read-only, and there are devices" "$(line sys)" '1 null works'

jq '.process.args = ["tell", "forever"]' start.json >x && mv x start.json
export_disk forever --kernel boot/bare -q
live forever stop
check_equal "who is asked to end may do it in its own way" "$(sed 's/\r$//' forever.said | tail -n 2)" \
	"$(printf 'asked\nsfc: status 9')"

jq '.process.args = ["nothing-of-this-name"]' start.json >x && mv x start.json
export_disk nothing --kernel boot/bare -q
live nothing
check_equal "a command that is not there is 127" "$(sed 's/\r$//' nothing.said | tail -n 2)" \
	"$(printf "sfc: cannot execute 'nothing-of-this-name': No such file or directory\nsfc: status 127")"

jq '.process.args = ["sh", "-c", "echo x >/srv/x && cat /srv/x; echo y >/work/y"] | del(.process.capabilities) | .process.user = {uid: 0, gid: 0}' start.json >x && mv x start.json
export_disk fixed --kernel boot/bare -q --read-only
live fixed
check_equal "a root that is only read" "$(sed 's/\r$//' fixed.said)" \
	"$(printf "x\nsh: can't create /work/y: Read-only file system\nsfc: status 1")"

# --- the files of other engines: what sfc-engines(7) tells to type ---
# block NAME: what is typed there
block() {
	sed -n "/^\\.\\\\\" begin $1\$/,/^\\.\\\\\" end/p" "$srcdir/stage/man/sfc-engines.7" | grep -v '^\.' |
		sed "s/\\\\-/-/g; s/\\\\(aq/'/g; s/\\\\e/\\\\/g"
}
mkdir recipes bundle bundle/sfc
cp -a root bundle/rootfs
jq '.process.args = ["tell", "x"] | .process.env = ["PATH=/bin"] | .root.readonly = false' start.json >bundle/config.json
echo '{"name": "web"}' >bundle/sfc/package.json
squash bundle recipes/web.sfc
(
	cd recipes || exit 1
	export PATH
	for recipe in facts memory xen firecracker cloud-hypervisor proxmox vagrant lxd apptainer; do block "$recipe"; done |
		sed "s|--to disk|--to disk --kernel $dir/boot/vmlinuz-6.9.1-test|" >all.sh
	sh -eux all.sh >all.said 2>&1 || tail -n 3 all.said
)
made=$dir/recipes
check "all of them can be typed" test -f "$made/profile.yaml"
check "the disk is one that qemu-img finds no fault with" qemu-img check -q "$made/web/disk.qcow2"
check_equal "Xen's file names what is there" \
	"$(sed -n 's/^kernel = "\(.*\)"/\1/p; s/^ramdisk = "\(.*\)"/\1/p; s/.*target=\([^"]*\)".*/\1/p; s/^memory = //p' "$made/web.cfg" | tr '\n' ' ')" \
	"$made/web/kernel $made/web/initrd 512 $made/web/disk.qcow2 "
check_equal "Firecracker's is JSON with what is there" \
	"$(jq -r '."boot-source".kernel_image_path, ."boot-source".initrd_path, .drives[0].path_on_host, ."machine-config".mem_size_mib' "$made/firecracker.json" | tr '\n' ' ')" \
	"$made/web/kernel $made/web/initrd $made/web/disk.raw 512 "
check "a raw disk is beside the other" qemu-img compare -q "$made/web/disk.raw" "$made/web/disk.qcow2"
for script in cloud-hypervisor proxmox; do check "$script: a shell can read it" sh -n "$made/$script.sh"; done
check_equal "Vagrant's box is laid out as one" "$(tar -tzf "$made/web.box" | tr '\n' ' ')" 'metadata.json box.img Vagrantfile '
check_equal "and says its format and size" "$(tar -xzOf "$made/web.box" metadata.json | jq -r '.provider, .format, .virtual_size' | tr '\n' ' ')" \
	'libvirt qcow2 1 '
check_equal "LXD's image says what it is" "$(tar -xOf "$made/metadata.tar" metadata.yaml | jq -r '.architecture, .properties.description' | tr '\n' ' ')" \
	'x86_64 web '
check_equal "its root is the package's" "$(unsquashfs -cat "$made/root.squashfs" bin/tell | head -n 1)" '#!/bin/sh'
check_equal "its profile has the user and the directory" "$(grep -c 'lxc.init.uid = 0\|lxc.init.cwd = /work' "$made/profile.yaml")" 2
mkdir saying && cat >saying/apptainer <<'END'
#!/bin/sh
echo "$APPTAINERENV_PATH"
for word; do echo "<$word>"; done
END
chmod 755 saying/apptainer
check_equal "Apptainer is told the root, the command, its directory and variables" "$(cd recipes && PATH=$dir/saying:$PATH sh apptainer.sh | paste -sd' ')" \
	'/bin <exec> <--containall> <--no-home> <--pwd> </work> <web.squashfs> <tell> <x>'
check_equal "its root is the package's, too" "$(unsquashfs -cat "$made/web.squashfs" bin/tell | head -n 1)" '#!/bin/sh'

check "nothing of it is mounted" test "$(grep -c "$dir" /proc/self/mountinfo)" = 0
finish
