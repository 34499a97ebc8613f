#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Text of others drives no terminal: whatever a package, an image or a program says of itself, what is
# printed has no control characters, and an error is one line.
# shellcheck disable=SC2016 # programs in quotes
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/threats/lib.sh"
requires script --version

osc=$(printf '\033]0;owned\007\033[2J\233x\302\233x\177\r')
text=$(printf '\033]0;owned\007\033[2J\302\233x\177\r')	# the same, where it has to be UTF-8
# clean CLAIM COMMAND…: nothing it prints, on either stream, has a control character but line break and tab
clean() {
	clean_claim=$1
	shift
	timeout 60 "$@" >clean.out 2>clean.err </dev/null
	check_equal "$clean_claim" "$(cat clean.out clean.err | tr -cd '\001-\010\013-\037\177' | wc -c)$(cat clean.out clean.err |
		grep -cP '\xc2[\x80-\x9f]')" "00"
}
one_line() {
	clean "$@"
	check_equal "$1: in one line" "$(wc -l <clean.err)" 1
}

# S8: names in package.json and everywhere in config.json
tree_new
jq -n --arg n "a$osc
b" '{name: $n, version: $n}' >"$tree/sfc/package.json"
package_new bad.sfc
one_line "a name" sfc prod install bad.sfc
clean "a name: config" tracepack config bad.sfc
for field in '.process.env = ["\($v)"]' '.process.cwd = $v' '.hostname = $v' '.mounts = [{destination: $v}]' '.mounts = [{destination: "/x", type: "tmpfs", options: [$v]}]' \
	'.annotations["org.opencontainers.image.stopSignal"] = $v' '.process.capabilities[$v] = 1'; do
	hostile bad.sfc "$field" --arg v "x$osc
y"
	for command in 'run bad.sfc' 'prod install bad.sfc' 'verify bad.sfc' 'export bad.sfc --to lxc -o out'; do
		# shellcheck disable=SC2086 # words
		one_line "$field: $command" sfc $command
	done
done
hostile bad.sfc '.process.args = [$v]' --arg v "x$osc
y"
one_line "a command that is not there" sfc run -q bad.sfc
one_line "a command of the caller's" sfc run -q bad.sfc -- "$osc"
one_line "a command that LXC cannot start" sfc export bad.sfc --to lxc -o out
hostile bad.sfc '.mounts = [{destination: "/x\($v)", type: $v, source: $v}] | .linux[$v] = 1 | .annotations["run.oci.\($v)"] = "x"' --arg v "$osc"
clean "what it asks for" tracepack verify bad.sfc
clean "what it asks for, as JSON" tracepack config bad.sfc
cp bad.sfc "bad$osc.sfc"
one_line "a file's own name" sfc run -q "none$osc.sfc"
clean "a file's own name: verify" sfc verify "bad$osc.sfc"

# files inside
if [ -c /dev/fuse ]; then
	tree_new
	printf '#!/bin/sh\necho hello\n' >"$tree/rootfs/bin/run$text"
	chmod 755 "$tree/rootfs/bin/run$text"
	echo x >"$tree/rootfs/data/x$osc"
	clean "slim: paths and labels" sfc slim --label "l$osc" --root "$tree/rootfs" --keep-manifest m.db -o named.sfc -- "/bin/run$text"
	check "it was packed" test -s named.sfc
	for command in ls stat verify config 'why named.sfc /bin/sh' 'why-not named.sfc /data/none' 'diff named.sfc named.sfc' sbom; do
		case $command in
		ls | stat | verify | config | sbom) clean "tracepack $command" tracepack "$command" named.sfc ;;
		# shellcheck disable=SC2086 # words
		*) clean "tracepack $command" tracepack $command ;;
		esac
	done
	clean "tracepack why a path of that name" tracepack why named.sfc "/bin/run$text"
	clean "tracepack stat of a manifest" tracepack stat m.db
	clean "tracepack ls of a manifest" tracepack ls m.db
	clean "sfc verify: paths" sfc verify named.sfc
	clean "a difference" sfc verify --root "$tree/rootfs" named.sfc -- /bin/sh -c "printf '%s' \"\$\$$osc\""
	sfc dev create t --from "$tree/rootfs" >/dev/null
	one_line "a word that no configuration can hold" sfc dev exec t -- /bin/sh -c "touch '/data/new$osc'"
	check "it is named as such" grep -q 'is not UTF-8, and the configuration of a container cannot hold it' clean.err
	check "a name with control characters is made" sfc dev exec t -- /bin/sh -c "touch '/data/new$text'"
	clean "dev diff" sfc dev diff t
	check "and it shows the name" grep -q '^A /data/new.x1b' clean.out
	clean "dev log" sfc dev log t
	clean "dev list" sfc dev list
	clean "what a program said that failed its probe" sfc test t -q --network none --probe false --timeout 3 --label "l$osc" -- /bin/sh -c "printf '%s\n' '$osc' >&2; exec sleep 100"
	check "and it was said" grep -q . clean.err
	clean "status" sfc status
	clean "test report" sfc test report t
	sfc test rm t
	sfc dev rm t
fi

# what a service printed
if command -v runc >/dev/null; then
	hostile app.sfc '.process.args = ["/bin/sh", "-c", "printf \"%s\\n\" \"$W\"; exit 3"] | .process.env += ["W=\($v)"]' --arg v "$text"
	sfc prod install app.sfc --name app >/dev/null
	clean "a start that fails shows its last line" sfc prod start app --name 1 --ready tcp:1 --timeout 5
	hostile app2.sfc '.process.args = ["/bin/sh", "-c", "printf \"%s\\n\" \"$W\"; exec sleep 1000"] | .process.env += ["W=\($v)"]' --arg v "$(printf '\033[31mred\033[0m')$text"
	sfc prod rm app --all >/dev/null 2>&1
	sfc prod install app2.sfc --name app >/dev/null
	on_exit sh -c 'sfc prod rm app --all --timeout 0 >/dev/null 2>&1'
	sfc prod start app --name 1 >/dev/null
	clean "list" sfc prod list
	clean "health" sfc prod health app
	sfc prod start app --name 2 --env "X=$text" >/dev/null
	clean "inspect: what it was started with" sfc prod inspect app/2
	check_equal "which it has" "$(grep -c 'X=' clean.out)" 1
	check "logs are the bytes" sh -c 'sfc prod logs app/1 | grep -qaF "$0"' "$text"
	script -qec "sfc prod logs app/1" /dev/null </dev/null >log.out 2>/dev/null
	check_equal "on a terminal they keep their colours and drive nothing else" \
		"$(grep -c "$(printf '\033\[31mred\033\[0m')" log.out) $(sed "s/$(printf '\033')\[[0-9;]*m//g" log.out | tr -cd '\001-\010\013\014\016-\037\177' | wc -c)" "1 0"
	sfc prod rm app --all --timeout 0
fi
check "nothing is left" nothing_is_left
finish
