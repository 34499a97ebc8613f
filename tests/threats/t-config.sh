#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A config.json that means harm is refused by every command that reads it, by name, and nothing of it runs.
# shellcheck disable=SC2016 # programs in quotes
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/threats/lib.sh"
mark=$dir/mark
unharmed() { check "$1: nothing of it ran" test ! -e "$mark"; }

# S1: words without '=' were env(1)'s command line, outside the root
hostile bad.sfc '.process.env = ["/bin/sh", "-c", "touch \($mark)"]' --arg mark "$mark"
refused "a command in the environment" bad.sfc "*process.env\[0\] is '/bin/sh', not NAME=VALUE"
unharmed "a command in the environment"
for entry in '""' '"="' '"=x"' '"A"' '"-i"' '"--chdir=/"' '5' 'null' '["A=b"]' '{"A": "b"}'; do
	hostile bad.sfc ".process.env += [$entry]"
	case $entry in
	'"--chdir=/"') check "a variable may be called --chdir" tracepack config bad.sfc ;;
	*) check_fails "env: $entry" 1 "tracepack: *bad.sfc*process.env\[1\] is *" tracepack config bad.sfc ;;
	esac
	sfc run bad.sfc >/dev/null 2>&1
done
hostile bad.sfc '.process.env = ["PATH=/bin", "--unset=PATH", "A;touch \($mark)=b", "B=$(touch \($mark))", "C=\u0027; touch \($mark)"]' --arg mark "$mark"
check "what looks like shell is a value" sfc run -q bad.sfc
unharmed "what looks like shell"

# S1b: the second document became a command
second() {
	tree_new
	printf '%s\n' "$1" >>"$tree/config.json"
	package_new bad.sfc
}
for more in "\"; touch $mark; \"" '{"process": {"args": ["/bin/sh"]}}' x '{' "';touch $mark;'"; do
	second "$more"
	check_fails "two documents: run ($more)" 125 "sfc: run: *bad.sfc*config.json: not one JSON document*" sfc run bad.sfc
	unharmed "two documents"
done
refused "two documents" bad.sfc "*config.json: *not one JSON document*"
second 'null'
refused "a null behind it" bad.sfc "*config.json: *not one JSON document*"

# keys twice, and what is no JSON at all
raw() {
	tree_new
	printf "$1" >"$tree/config.json"
	package_new bad.sfc
}
raw '{"ociVersion": "1.0.2", "process": {"args": ["/bin/true"], "args": ["/bin/sh"]}}'
refused "a key twice" bad.sfc "*config.json: *duplicate*"
for text in '' '[]' '"x"' '1' '{}' '{"process": []}' 'null' '\000' '{"ociVersion": "1.0.2", "process": {"args": ["/bin/tr\\u0000ue"]}}' '\377\376'; do
	raw "$text"
	check_fails "no configuration: $text" 1 "tracepack: *bad.sfc*config.json: *" tracepack config bad.sfc
	check_fails "nor for run: $text" 125 "sfc: run: *bad.sfc*config.json: *" sfc run bad.sfc
done

# S21: 400 MB in a package of 1 MB
tree_new
{ printf '{"ociVersion": "1.0.2", "x": "'; head -c 400000000 /dev/zero | tr '\0' ' '; printf '"}'; } >"$tree/config.json"
package_new bad.sfc
check "it is small outside" test "$(stat -c %s bad.sfc)" -lt 3000000
refused "a huge configuration" bad.sfc "*config.json*larger than 1048576 bytes*"
tree_new
{ printf '{"name": "evil", "x": "'; head -c 400000000 /dev/zero | tr '\0' ' '; printf '"}'; } >"$tree/sfc/package.json"
package_new bad.sfc
check_fails "a huge package.json: install" 1 "sfc: prod: *bad.sfc*package.json*larger than 1048576 bytes*" sfc prod install bad.sfc
check_fails "a huge package.json: verify" 1 "sfc: verify: *" sfc verify bad.sfc
check "nothing is left" nothing_is_left

# the other fields of the same file
field() {
	hostile bad.sfc "$1"
	check_fails "$1" 1 "tracepack: *bad.sfc*config.json: *$2*" tracepack config bad.sfc
	check_fails "$1: run" 125 "sfc: run: *bad.sfc*config.json: *$2*" sfc run bad.sfc
	check_fails "$1: install" 1 "sfc: prod: *bad.sfc*config.json: *$2*" sfc prod install bad.sfc
}
field '.process.args = []' process.args
field '.process.args = "x"' process.args
field '.process.args = [""]' process.args
field '.process.args = [["/bin/sh"]]' 'process.args\[0\]'
field '.process.args = ["/bin/true", 1]' 'process.args\[1\]'
field '.process.cwd = "x"' process.cwd
field '.process.cwd = {}' process.cwd
field '.process.user.uid = -1' process.user.uid
field '.process.user.uid = 4294967295' process.user.uid
field '.process.user.uid = "0; id"' process.user.uid
field '.process.user.gid = 1.5' process.user.gid
field '.process.user.additionalGids = ["x"]' additionalGids
field '.process.user = "root"' process.user
field '.process.noNewPrivileges = "no"' noNewPrivileges
field '.process.capabilities.bounding = "CAP_SYS_ADMIN"' process.capabilities.bounding
field '.process.capabilities.ambient = ["CAP_KILL\nx"]' process.capabilities.ambient
field '.hostname = "a\nb"' hostname
field '.hostname = "a b"' hostname
field '.root = "rootfs"' root
field '.mounts = {}' mounts
field '.mounts = ["/x"]' 'mounts\[0\]'
field '.linux = []' linux
field '.linux.resources.memory.limit = "1"' linux.resources.memory.limit
field '.annotations = []' annotations
field '.annotations["org.opencontainers.image.stopSignal"] = "TERM; id"' "stop signal"
field '.annotations["org.opencontainers.image.stopSignal"] = ".*"' "stop signal"
check "nothing is left of all that" nothing_is_left

# package.json
described() {
	tree_new
	printf '%s' "$1" >"$tree/sfc/package.json"
	package_new bad.sfc
	check_fails "package.json $1: config" 1 "tracepack: *bad.sfc*package.json: *" tracepack config bad.sfc
	check_fails "package.json $1: install" 1 "sfc: prod: *bad.sfc*package.json: *" sfc prod install bad.sfc
	check_fails "package.json $1: verify" 1 "sfc: verify: *" sfc verify bad.sfc
}
described '{"name": "a"}{"name": "b"}'
described '{"name": "a", "name": "b"}'
described '{"name": ["a"]}'
described '{"name": "a", "parts": []}'
described '{"name": "a", "parts": {"x": 1}}'
described '{"name": "a", "parts": {"x": {"size": 1, "sha256": "x"}}}'
tree_new
echo '{"name": "../../etc"}' >"$tree/sfc/package.json"
package_new bad.sfc
check_fails "a name that is a path" 2 "sfc: prod: '../../etc' is no good*" sfc prod install bad.sfc

# an image's configuration is read the same way
mkdir image
printf '{"architecture": "amd64", "os": "linux", "config": {"Env": ["/bin/sh", "-c"], "Cmd": ["/bin/true"]}, "rootfs": {"type": "layers", "diff_ids": []}}' >image/config.json
tar -cf image/layer.tar -C "$tree/rootfs" .
sum=$(sha256sum <image/layer.tar | cut -c 1-64)
jq --arg d "sha256:$sum" '.rootfs.diff_ids = [$d]' image/config.json >image/c && mv image/c image/config.json
echo '[{"Config": "config.json", "RepoTags": null, "Layers": ["layer.tar"]}]' >image/manifest.json
tar -cf image.tar -C image manifest.json config.json layer.tar
check_fails "an image with a command in its environment" 1 "tracepack: import: *image.tar*config.Env\[0\]*" \
	tracepack import -q image.tar -o imported --config imported.json
check "leaves nothing" test ! -e imported -a ! -e imported.json
check_fails "nor is it a root to work in" 1 "sfc: dev: *config.Env\[0\]*" sfc dev create x --from image.tar
finish
