#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What is written in another engine's format says no more than was meant: every control character, quotes
# and long values through every writer, and nothing goes out that only the package asked for.
# shellcheck disable=SC2016 # programs in quotes
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/threats/lib.sh"
mark=$dir/mark

# lxc_holds KEY VALUE: LXC's reading of the line is the value again
lxc_value() {
	sed -n "s/^$1 = //p" out/config | awk 'NR == 1 { v = $0; f = substr(v, 1, 1); l = substr(v, length(v), 1)
		if (length(v) > 1 && f == l && (f == "\"" || f == "\047")) v = substr(v, 2, length(v) - 2); print v }'
}

# S15: a line break is the next line of lxc's configuration, a hook of the host
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 127; do
	char=$(printf "\\$(printf %03o "$n")x")
	for field in '.process.env += ["A=a\($c)lxc.hook.pre-start = /bin/sh"]' '.process.cwd = "/a\($c)b"' '.process.args += ["a\($c)b"]'; do
		# the same check for each field: all characters in one, the usual ones in the others
		case $n-$field in 9-* | 10-* | 13-* | 27-* | 127-* | *.process.env*) ;; *) continue ;; esac
		light "(\$x[:1]) as \$c | $field" --arg x "$char"
		check_fails "character $n in $field: lxc" 1 "tracepack: export: *LXC c*" tracepack export -q tree --to lxc -o out
		check "nothing is written" test ! -e out
	done
done
# JSON has a spelling for each: all of them at once
light '.process.env += [range(1; 32), 127 | "V\(.)=a\([.] | implode)b"] | .process.cwd = "/\([range(1; 32)] | implode)" | .process.args += [[range(1; 32)] | implode]'
for kind in bundle oci-dir; do
	tracepack export -q tree --to "$kind" --name web -o out || fail "control characters in $kind"
	find out -type f -exec sh -c '[ "$(head -c 1 "$1" | tr -d "\000")" != "{" ] || cat "$1"' sh {} ';' >all
	check_equal "$kind holds no raw control character" "$(tr -d '\n' <all | tr -cd '\001-\037' | wc -c)" 0
	for n in 1 9 10 13 27 31 127; do
		check_equal "$kind holds character $n" "$(jq -r --arg n "V$n=" '.. | strings | select(startswith($n)) | explode[-2]' all | head -n 1)" "$n"
	done
	rm -rf out
done
for value in ' x' 'x ' '"x"' "'x'" '"x' "x'" '#x' 'x # y' 'a=b' '$(id)' '%n' 'a\b' ''; do
	light '.process.env = ["A=\($v)"] | .process.cwd = "/\($v)"' --arg v "$value"
	check "lxc holds <$value>" tracepack export -q tree --to lxc -o out
	check_equal "as a variable <$value>" "$(lxc_value lxc.environment)" "A=$value"
	check_equal "in one line" "$(grep -c . out/config)" "$(grep -c '^\(lxc\.[a-z0-9.]* =\|#\)' out/config)"
	rm -rf out
done
long=$(head -c 65536 /dev/zero | tr '\0' x)
printf %s "$long" >long
hostile bad.sfc '.process.env = ["A=\($v)"]' --rawfile v long
for kind in lxc bundle oci-dir; do
	check "64 KiB in $kind" tracepack export -q bad.sfc --to "$kind" --name web -o out
	# searched for as a whole it would cost grep half a minute
	check_equal "are there" "$(find out -type f -exec cat {} + | grep -ao 'A=xxx*' | awk '{ print length }' | sort -u)" 65538
	rm -rf out
done
check_fails "an output whose name has a line break" 1 "tracepack: export: an LXC configuration cannot hold *" \
	tracepack export -q bad.sfc --to lxc -o "$(printf 'a\nlxc.hook.pre-start = x')"

# the same from an image's variable, by way of a test
if [ -c /dev/fuse ]; then
	tree_new
	cp -a "$tree/rootfs" root
	mkdir image
	tar -cf image/layer.tar -C root .
	jq -n --arg d "sha256:$(sha256sum <image/layer.tar | cut -c 1-64)" --arg hook "touch $mark" '{architecture: "amd64", os: "linux",
		config: {Env: ["PATH=/bin", "A=a\nlxc.hook.pre-start = \($hook)\nlxc.hook.mount = \($hook)"], Cmd: ["/bin/true"], WorkingDir: "/"},
		rootfs: {type: "layers", diff_ids: [$d]}}' >image/config.json
	echo '[{"Config": "config.json", "RepoTags": null, "Layers": ["layer.tar"]}]' >image/manifest.json
	tar -cf image.tar -C image manifest.json config.json layer.tar
	sfc dev create lx --from image.tar >/dev/null
	sfc test lx -q -- /bin/true >out.txt 2>err
	check_equal "a test runs with it" "$?$(cat err)" 0
	sfc pack lx -o lx.sfc -q
	check_fails "LXC is not told of it" 1 "*an LXC configuration cannot hold *" tracepack export -q lx.sfc --to lxc -o lx
	sfc test lx -q --cwd "$(printf '/\nlxc.hook.pre-start = touch %s' "$mark")" -- /bin/true >out.txt 2>&1
	check "no hook ran" test ! -e "$mark"
	sfc test rm lx
	sfc dev rm lx
fi

# S16: what only the package asks for
asking='.hooks = {prestart: [{path: "/bin/touch", args: ["touch", $mark]}], createRuntime: [{path: "/bin/touch", args: ["touch", $mark]}]}
	| .mounts = [{destination: "/host", type: "bind", source: "/", options: ["rbind", "rw"]},
		{destination: "/dev/kmsg", type: "bind", source: "/dev/kmsg", options: ["bind"]},
		{destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["mode=1777", "size=1m"]}]
	| .process.capabilities = (["bounding", "effective", "permitted", "inheritable", "ambient"]
		| map({key: ., value: ["CAP_SYS_ADMIN", "CAP_KILL"]}) | from_entries)
	| .process.rlimits = [{type: "RLIMIT_CORE", hard: 1, soft: 1}] | .process.apparmorProfile = "unconfined" | .process.oomScoreAdj = -1000
	| .linux = {namespaces: [{type: "mount", path: "/proc/1/ns/mnt"}], devices: [{path: "/dev/sda", type: "b", major: 8, minor: 0}],
		resources: {devices: [{allow: true, access: "rwm"}], memory: {limit: 50000000}}, sysctl: {"kernel.core_pattern": "|/x"},
		maskedPaths: [], readonlyPaths: [], rootfsPropagation: "shared", seccomp: {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/run/x"}}
	| .root.path = "/" | .annotations = {"run.oci.handler": "x", "run.oci.hooks.stderr": "/etc/x"}'
hostile asks.sfc "$asking" --arg mark "$mark"
check "a package that asks for everything is a package" tracepack config asks.sfc
tracepack config asks.sfc >asked
for word in hooks CAP_SYS_ADMIN "a mount of '/' (bind) on /host" "a mount on /dev/kmsg (bind)" process.rlimits process.apparmorProfile process.oomScoreAdj \
	linux.devices linux.sysctl linux.rootfsPropagation linux.seccomp "devices of the host" "a mount namespace that is not its own" \
	"a network namespace that is not its own" "the annotation run.oci.handler"; do
	check "it is said that it asks for: $word" sh -c 'jq -e --arg w "$0" ".asks | index(\$w)" asked >/dev/null' "$word"
done
tracepack export -q asks.sfc --to bundle -o bundle
tracepack export -q asks.sfc --to lxc -o lxc
cp -a "$tree" asdir
tracepack export -q asdir --to bundle -o bundle2
tracepack export -q asks.sfc --to oci-dir --name web -o oci
for out in bundle bundle2; do
	check_equal "$out: no hook, no device, nothing but what we know" "$(jq -c '[keys, (.process | keys), (.linux | keys)]' $out/config.json)" \
		'[["hostname","linux","mounts","ociVersion","process","root"],["args","capabilities","cwd","env","noNewPrivileges","terminal","user"],["maskedPaths","namespaces","readonlyPaths","resources"]]'
	check_equal "$out: no capability but the usual" "$(jq -c '[.process.capabilities[]] | add | unique' $out/config.json)" '["CAP_KILL"]'
	check_equal "$out: no mount of the host" "$(jq -c '[.mounts[] | select(.type == "bind" or (.source | startswith("/")))]' $out/config.json)" '[]'
	check_equal "$out: the tmpfs" "$(jq -c '.mounts[] | select(.destination == "/tmp").options' $out/config.json)" '["mode=1777","size=1m","nosuid","nodev"]'
	check_equal "$out: its own namespaces" "$(jq -c '.linux.namespaces | map(.type), map(.path)' $out/config.json | tr -d '\n')" \
		'["pid","ipc","uts","mount","network"][null,null,null,null,null]'
	check_equal "$out: the limit" "$(jq -c '.linux.resources' $out/config.json)" '{"devices":[{"allow":false,"access":"rwm"}],"memory":{"limit":50000000}}'
	check_equal "$out: its root" "$(jq -r .root.path $out/config.json)" rootfs
	if command -v runc >/dev/null; then
		jq 'del(.linux.resources)' $out/config.json >x && mv x $out/config.json
		check "$out: runc runs it" runc run -b $out "sfc-threat-$$" </dev/null
		check "$out: no hook ran" test ! -e "$mark"
	fi
done
check_equal "lxc keeps what is usual" "$(sed -n 's/^lxc.cap.keep = //p' lxc/config)" kill
check_equal "lxc mounts nothing of the host" "$(grep -c '^lxc.mount.entry = [^s]' lxc/config)" 0
check "an image says nothing of it" sh -c '! grep -rqaE "hooks|CAP_|seccomp|run\.oci" oci'
check_equal "what its user says goes on as it is" "$(jq '.hooks = {}' "$tree/config.json" >own.json
	tracepack export -q asks.sfc --to bundle --config own.json -o own && jq -r '.annotations["run.oci.handler"]' own/config.json)" x
tree_new
jq -n '{x: 1, config: {Cmd: ["/bin/true"], OnBuild: ["RUN x"], Foo: 1, Labels: {a: "b"}}}' >"$tree/sfc/image.json"
package_new bad.sfc
# S26
check_equal "of an image's configuration, what we know" "$(tracepack export -q bad.sfc --to oci --name web -o image.out &&
	tar -xOf image.out manifest.json | jq -r '.[0].Config' | xargs tar -xOf image.out | jq -cS '.config | keys')" '["Cmd","Env","Labels"]'
for bad in '.StopSignal = "x;y"' '.Volumes = 3' '.ExposedPorts = {"1; x": {}}'; do
	jq -n "{config: ({} | $bad)}" >"$tree/sfc/image.json"
	package_new bad.sfc
	check_fails "an image with $bad" 1 "tracepack: export: 'bad.sfc': sfc/image.json: *" \
		tracepack export -q bad.sfc --to oci --name web -o image.bad
	check_fails "nor is it started" 1 "tracepack: 'bad.sfc': sfc/image.json: *" tracepack config bad.sfc
done
check "nothing is left" nothing_is_left
finish
