#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Mounts, seccomp and annotations of a package: /proc, /sys and /dev stay ours however they are spelled, a
# tmpfs takes options of a list, and no word of a package reaches a runtime's own settings.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/threats/lib.sh"
requires runc --version
on_exit sh -c 'sfc prod rm m --all --grace 0 >/dev/null 2>&1'
host_sys=$(awk '$5 == "/sys" { print $6 }' /proc/self/mountinfo)

# started PACKAGE RUNTIME: its configuration is in config.out
started() {
	sfc prod install "$1" --name m >/dev/null 2>err || return
	sfc prod start m --name 1 --runtime "$2" >/dev/null 2>>err
	result=$?
	cp "/proc/$(sfc prod inspect m/1 --json | jq '.[0].conmon')/root/run/sfc/container/bundle/config.json" config.out 2>/dev/null
	sfc prod exec m/1 /bin/cat /proc/self/mountinfo >mounts.out 2>/dev/null
	sfc prod exec m/1 /bin/touch /sys/kernel/mark >/dev/null 2>&1
	sfc prod rm m --all --timeout 0 >/dev/null
	return $result
}
runtimes=$(for r in runc crun; do ! command -v $r >/dev/null || echo $r; done)

# S4
light '("/sys/", "//sys", "/sys/.", "/x/../sys", "/sys", "/proc/", "//proc", "/proc/sys/", "/dev/", "/dev/../proc", "//dev//pts") as $place
	| (["remount", "rw"], ["bind", "rw"], ["rw"], []) as $how | ("tmpfs", "sysfs", "bind") as $type
	| .process.args = ["/bin/sleep", "1000"] | .mounts = [{destination: $place, type: $type, source: "/sys", options: $how}]' -c
mv "$tree/config.json" each
check_equal "so many ways are tried" "$(grep -c . each)" 132
while IFS= read -r one; do
	printf '%s\n' "$one" >"$tree/config.json"
	tracepack export -q "$tree" --to bundle -o out
	check_equal "ours are ours with ${one##*'"mounts":'}" "$(grep -o '"destination": *"[^"]*' out/config.json | cut -d '"' -f 4 | tr '\n' ' ')" \
		"/proc /dev /dev/pts /dev/shm /dev/mqueue /sys "
	rm -rf out
done <each
for runtime in $runtimes; do
	for place in /sys/ //sys /proc/; do
		hostile bad.sfc '.process.args = ["/bin/sleep", "1000"] | .mounts = [{destination: $p, type: "tmpfs", source: "/sys", options: ["rw"]},
			{destination: $p, type: "bind", source: "/sys", options: ["bind", "rw"]}]' --arg p "$place"
		check "$runtime: $place: it starts" started bad.sfc "$runtime"
		check_equal "$runtime: $place: /sys is read-only there" "$(awk '$5 == "/sys" { print substr($6, 1, 2) }' mounts.out)" ro
		check "$runtime: $place: /proc has noexec" sh -c 'awk "\$5 == \"/proc\" { print \$6 }" mounts.out | grep -q noexec'
		check_equal "$runtime: $place: the host's /sys is as it was" "$(awk '$5 == "/sys" { print $6 }' /proc/self/mountinfo)" "$host_sys"
	done
done

# options of a list
for option in bind rbind remount suid dev exec shared rshared slave 'size=1m,suid' 'mode=4x' 'size=' 'size=1mm' 'context=x' 'idmap' 'tmpcopyup' \
	'mode=1777 ' "mode=1777
suid" '' 'uid=-1' 'size=1;x'; do
	hostile bad.sfc '.mounts = [{destination: "/data", type: "tmpfs", source: "tmpfs", options: ["nosuid", $o]}]' --arg o "$option"
	check_fails "a tmpfs with <$option>" 1 "sfc: prod: 'bad.sfc': config.json: mounts\[0\].options: *is no option for a tmpfs" sfc prod install bad.sfc
done
for bad in '{destination: "data", type: "tmpfs"}' '{destination: "", type: "tmpfs"}' '{destination: "/", type: "tmpfs"}' '{destination: "/x/..", type: "tmpfs"}' \
	'{destination: 1}' '{type: "tmpfs"}' '{destination: "/data", type: 1}' '{destination: "/data", options: "rw"}' '{destination: "/data", options: [1]}'; do
	hostile bad.sfc ".mounts = [$bad]"
	check_fails "a mount $bad" 1 "sfc: prod: 'bad.sfc': config.json: mounts\[0\]*" sfc prod install bad.sfc
done
hostile good.sfc '.process.args = ["/bin/sleep", "1000"] | .mounts = [{destination: "/data//x/../y/", type: "tmpfs", source: "/etc", options: ["ro", "size=10%", "mode=0700"]}]'
check_equal "a good one is spelled as it is meant" "$(tracepack config good.sfc | jq -c '.config.mounts[-1]')" \
	'{"destination":"/data/y","type":"tmpfs","source":"tmpfs","options":["ro","size=10%","mode=0700","nosuid","nodev"]}'

# S5
for runtime in $runtimes; do
	hostile bad.sfc '.process.args = ["/bin/sleep", "1000"]
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $s, listenerMetadata: "text", syscalls: [{names: ["getcwd"], action: "SCMP_ACT_NOTIFY"}]}
		| .annotations = {"run.oci.handler": "krun", "run.oci.seccomp.receiver": $s, "run.oci.hooks.stdout": "\($d)/hook", "run.oci.systemd.subgroup": "x",
			"run.oci.keep_original_groups": "1", "org.opencontainers.image.stopSignal": "SIGINT", "any": "thing"}' \
		--arg s "$dir/socket" --arg d "$dir"
	check "$runtime: seccomp and annotations: it starts" started bad.sfc "$runtime"
	check_equal "$runtime: none of them goes on" "$(jq -c '[(.annotations | keys), .linux.seccomp.listenerPath, .linux.seccomp.listenerMetadata, .hooks,
		([.linux.seccomp.syscalls[] | select(.action == "SCMP_ACT_NOTIFY")] | length)]' config.out)" '[["run.oci.seccomp_bpf_data"],null,null,null,0]'
	check_equal "$runtime: nothing but what we know" "$(jq -c '[keys, (.linux | keys)]' config.out)" \
		'[["annotations","hostname","linux","mounts","ociVersion","process","root"],["cgroupsPath","devices","maskedPaths","namespaces","readonlyPaths","resources","rootfsPropagation","seccomp"]]'
	check "$runtime: nobody was written to" test ! -e "$dir/hook"
done
check "nothing is left" nothing_is_left
finish
