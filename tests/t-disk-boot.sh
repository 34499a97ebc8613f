#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A disk of sfc export boots: QEMU, emulated, as q35 and as microvm; the service answers as it does from the package.
# shellcheck disable=SC2317 # check calls the functions
. "${srcdir:-.}/tests/lib.sh"
[ -n "${SFC_TEST_LONG:-}" ] || skip "boots machines: make check-long (SFC_TEST_LONG=1)"
. "$srcdir/tests/stage.sh"
requires qemu-system-x86_64 --version
requires qemu-img --version
requires jq --version
requires curl --version
requires mke2fs -V
requires virsh --version
requires socat -V
requires gdb --version
cd "$dir" || exit 99

with_kernel=$("$srcdir/tests/minbase.sh" linux-image-cloud-amd64) || skip "no root with a kernel"
kernel=$(find "$with_kernel/boot" -name 'vmlinuz-*')
web=$("$srcdir/tests/minbase.sh" nginx-light) || skip "no root with nginx"
# without KVM nothing tells a microvm how fast its clock is
khz=$(awk '/MHz/ { printf "%d", $4 * 1000; exit }' /proc/cpuinfo)

# machine OUT KIND DISK-FORMAT WORDS [QEMU-OPTION]…: starts; its pid in $machine, what it says in OUT.said
machine() {
	out=$1 kind=$2 format=$3 words=$4 bus=pci
	shift 4
	case $kind in microvm*) bus=device ;; esac
	free_ports 1
	: >"$out.said"
	began=$(date +%s%N)
	timeout -k 5 300 qemu-system-x86_64 -M "$kind" -accel tcg,thread=multi -cpu max -m 512 -nodefaults -no-user-config \
		-nographic -no-reboot -serial "file:$out.said" -kernel "$out/kernel" -initrd "$out/initrd" \
		-append "$(cat "$out/cmdline") tsc_early_khz=$khz sfc.times $words" \
		-drive "file=$out/disk.$format,format=$format,if=none,id=root,readonly=on" -device "virtio-blk-$bus,drive=root" \
		-netdev "user,id=net,hostfwd=tcp:127.0.0.1:$port-${address:-}:80" -device "virtio-net-$bus,netdev=net" \
		-qmp "unix:$dir/qmp,server=on,wait=off" "$@" </dev/null >"$out.qemu" 2>&1 &
	machine=$!
}
ends() { case $(cut -d" " -f3 "/proc/$machine/stat" 2>/dev/null) in Z | "") ;; *) false ;; esac; }
stop_machine() {
	[ -z "${machine:-}" ] || kill "$machine" 2>/dev/null
}
on_exit stop_machine
answers() { curl -s -m 2 -o "$out.page" -D "$out.head" "http://127.0.0.1:$port/"; }
# wait_off: until it is off; then $status is what it said that it ended with, $qemu_status what QEMU did
wait_off() {
	wait_for 120 ends || kill "$machine"
	wait "$machine"
	qemu_status=$?
	machine=
	status=$(tr -d '\r' <"$out.said" | sed -n 's/.*sfc: status //p')
}
# monitor COMMAND: QEMU is told
monitor() {
	printf '{"execute": "qmp_capabilities"}\n{"execute": "%s"}\n' "$1" | socat -t 2 - "UNIX-CONNECT:$dir/qmp" >/dev/null
}
# What is compared: all that does not change by itself.
conversation() { grep -v '^Date\|^ETag\|^Last-Modified' "$out.head" | cat - "$out.page"; }

# --- a package of nginx, by what it used ---
check "nginx is packed" sfc slim --root "$web" -o web.sfc --network none --ready tcp:80 --probe "curl -fsS localhost" -q \
	-- nginx -g "daemon off;"
free_ports 1
out=package
sfc run --publish "$port:80" web.sfc >run.log 2>&1 &
runs=$!
on_exit kill "$runs"
check "the package answers" wait_for 30 answers
conversation >package.conversation
kill "$runs" && wait "$runs"

check "it is exported as a disk" sfc export web.sfc --to disk --kernel "$kernel" -o web
for kind in q35 microvm; do
	machine web $kind raw ""
	check "$kind: the service answers" wait_for 120 answers
	answered=$(date +%s%N)
	conversation >$kind.conversation
	check "$kind: as it does from the package" diff package.conversation $kind.conversation
	# no claim: what it took, and whose it was
	tr -d '\r' <web.said | sed -n "s/.*sfc: kernel/$kind: $(((answered - began) / 1000000)) ms from power-on to the first answer, of these kernel/p"
	monitor system_powerdown
	wait_off
	check_equal "$kind: the power button asks nginx to end, which it does" "$status" 0
done
for format in qcow2 vmdk; do
	check "as $format" sfc export web.sfc --to disk --format $format --kernel "$kernel" -o web.$format
	# nobody else has this address: what answers took it from ip=
	address=10.0.2.77
	machine web.$format q35 $format "ip=10.0.2.77::10.0.2.2:255.255.255.0:name:eth0:none"
	address=
	check "$format: it answers at the address that ip= says" wait_for 120 answers
	conversation >$format.conversation
	check "$format: as the package does" diff package.conversation $format.conversation
	monitor system_powerdown
	wait_off
	check_equal "$format: and ends" "$status" 0
done

# --- libvirt: the command of QEMU's that its definition means, here without KVM ---
# user_virsh WORD…: as somebody who may do nothing, with a daemon of their own
user_virsh() {
	setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$dir/virsh" XDG_RUNTIME_DIR="$dir/virsh" \
		XDG_CONFIG_HOME="$dir/virsh" XDG_CACHE_HOME="$dir/virsh" virsh -q -c qemu:///session "$@"
}
stop_libvirt() {
	[ ! -f virsh/libvirt/libvirtd.pid ] || kill "$(cat virsh/libvirt/libvirtd.pid)"
}
on_exit stop_libvirt
mkdir virsh && chown 65534:65534 virsh && chmod 711 "$dir"
free_ports 1
check "it is exported for libvirt" sfc export web.sfc --to libvirt --kernel "$kernel" --memory 256M -p "127.0.0.1:$port:80" -o virt
sed "s/type='kvm'/type='qemu'/; s/host-passthrough/maximum/" virt/domain.xml >emulated.xml
user_virsh domxml-to-native qemu-argv --xml emulated.xml >argv || fail "libvirt knows its command"
# what only a daemon has: its sockets and its secret; the rest as it stands
tr '\n' ' ' <argv | sed "s/^.*qemu-system-x86_64 /qemu-system-x86_64 /; s/-object '[^']*secret[^']*'//; s/-chardev socket,id=charmonitor[^ ]*//
	s/-mon chardev=charmonitor[^ ]*//; s/-chardev pty,id=charserial0/-chardev file,id=charserial0,path=virt.said/; s/-S //" >command
sh -c "exec timeout -k 5 300 $(cat command)" >virt.qemu 2>&1 </dev/null &
machine=$! out=virt
check "what it means boots, and the service answers" wait_for 120 answers
conversation >virt.conversation
check "as it does from the package" diff package.conversation virt.conversation
kill "$machine"
wait "$machine"
machine=

# --- what a machine tells, writes and ends with ---
busybox_root root sh cat grep id ip echo sync
mkdir root/data
cat >start.json <<'JSON'
{"ociVersion": "1.0.2", "process": {"args": ["sh", "/tell"], "env": ["PATH=/bin"], "cwd": "/", "user": {"uid": 0, "gid": 0},
 "capabilities": {"bounding": ["CAP_CHOWN"]}}, "root": {"path": "rootfs"}}
JSON
cat >root/tell <<'END'
echo "before: $(cat /data/count)"
echo "$(cat /data/count)x" >/data/count
ip -4 addr show eth0 | cat
ip route | cat
cat /etc/resolv.conf
exit 3
END
check "a root is exported" sfc export root --config start.json --to disk --kernel "$kernel" -o tell
mke2fs -q -t ext4 layer 64M
for time in first second; do
	machine tell q35 raw "sfc.layer=/dev/vdb sfc.exit=0x501" -device isa-debug-exit,iobase=0x501 \
		-drive file=layer,format=raw,if=none,id=layer -device virtio-blk-pci,drive=layer
	wait_off
	check_equal "$time: it says with what it ended" "$status" 3
	check_equal "$time: QEMU ends with twice that and one" "$qemu_status" 7
done
said=$(tr -d '\r' <tell.said)
check_equal "what it wrote is there again" "$(echo "$said" | sed -n 's/.*before: //p')" x
check_equal "the address is DHCP's" "$(echo "$said" | sed -n 's/.*inet \([0-9./]*\).*/\1/p')" 10.0.2.15/24
check_equal "so is the way out" "$(echo "$said" | grep -c 'default via 10.0.2.2')" 1
check_equal "and who knows names" "$(echo "$said" | grep nameserver)" 'nameserver 10.0.2.3'
machine tell q35 raw "ip=10.0.2.77::10.0.2.9:255.255.255.0:::none:10.0.2.8"
wait_off
said=$(tr -d '\r' <tell.said)
check_equal "or ip='s" "$(echo "$said" | sed -n 's/.*inet \([0-9./]*\).*/\1/p')$(echo "$said" | grep -o 'via 10.0.2.9')$(echo "$said" | grep nameserver)" \
	'10.0.2.77/24via 10.0.2.9nameserver 10.0.2.8'
# without ACPI nothing tells the kernel of the distribution where the devices of a microvm are
machine tell microvm,acpi=off raw "sfc.end=reboot"
wait_off
check_equal "where no disk can be seen that is said, and a machine that cannot be off is started again" \
	"$status $(grep -ac 'none of the disks holds the root' tell.said) $qemu_status" '125 1 0'

# --- the kernel itself, by QEMU's own stub: a breakpoint where it opens files. Where that is, a machine says ---
echo "grep ' do_sys_openat2\$' /proc/kallsyms" >root/tell
jq 'del(.process.capabilities)' start.json >all.json
check "a root that may look into its kernel" sfc export root --config all.json --to disk --kernel "$kernel" -o symbols
machine symbols q35 raw nokaslr
wait_off
where=0x$(tr -d '\r' <symbols.said | sed -n 's/^\([0-9a-f]*\) [Tt] do_sys_openat2$/\1/p')
machine tell q35 raw nokaslr -S -gdb "unix:$dir/gdb,server=on,wait=off"
wait_for 20 test -S "$dir/gdb"
hit=$(timeout 200 gdb -batch -nx -ex "target remote $dir/gdb" -ex "hbreak *$where" -ex continue -ex 'info registers rip' \
	-ex delete -ex detach 2>&1)
check_equal "gdb stops where the kernel opens files" "$(echo "$hit" | sed -n 's/^rip *\(0x[0-9a-f]*\).*/\1/p')" "$where"
wait_off
check_equal "and it goes on to its end" "$status" 3
finish
