#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# No path that a package records is ever opened: verify ran the package's command as root in a directory of
# the package's choice, or in one that any local user had made where a build machine once had a source.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/threats/lib.sh"
requires fuse
requires sqlite3 --version
mark=$dir/mark

tree_new
mkdir srcs
cp -a "$tree/rootfs" srcs/root
sfc slim -q --root srcs/root --keep-manifest m.db -o good.sfc -- /bin/cat /etc/passwd >/dev/null || fail "no package to begin with"

# what is in it names no place
sqfs() { unsquashfs -n -q -d "$1" "$2" >/dev/null 2>&1; }
sqfs good good.sfc
check_equal "package.json names the source" "$(jq -c '[.source.name, (.source | keys)]' good/sfc/package.json)" '["root",["digest","name","os"]]'
check "and its digest" sh -c 'jq -r .source.digest good/sfc/package.json | grep -qxE "sha256:[0-9a-f]{64}"'
check_equal "the manifest in it names it so, too" "$(sqlite3 good/sfc/manifest.db 'SELECT DISTINCT source FROM session')" \
	"root $(jq -r .source.digest good/sfc/package.json)"
check "no part of it holds the path" sh -c '! grep -rqaF "$0" good/config.json good/sfc' "$dir/srcs"
check "nor a temporary one" sh -c '! grep -rqaE "/sfc\.[A-Za-z0-9]{6}" good/config.json good/sfc'
check_equal "the manifest is whole" "$(sqlite3 good/sfc/manifest.db 'PRAGMA integrity_check')" ok

# two packs of one test, wherever the source is by then
cp -a srcs/root "srcs/elsewhere"
for n in 1 2; do
	from=srcs/root
	[ "$n" = 1 ] || from=srcs/elsewhere
	SOURCE_DATE_EPOCH=1700000000 tracepack build m.db -s "$from" -o "two$n.sfc" --package --name two --source-name root -q
done
check "two packs of one test are equal" cmp two1.sfc two2.sfc
sfc dev create web --from srcs/root >/dev/null
sfc test web -q -- /bin/cat /etc/passwd >/dev/null
for n in 1 2; do
	SOURCE_DATE_EPOCH=1700000000 sfc pack web -q -o "pack$n.sfc"
done
check "two of sfc pack, too" cmp pack1.sfc pack2.sfc
sqfs pack pack1.sfc
check_equal "it is called what it is called in dev" "$(jq -r .source.name pack/sfc/package.json)" web
check "and names no place" sh -c '! grep -rqaF "$0" pack/config.json pack/sfc' "$dir"
touch "srcs/elsewhere/data/more"
sfc slim -q --root srcs/elsewhere -o other.sfc -- /bin/cat /etc/passwd >/dev/null
check "another source has another digest" test "$(unsquashfs -cat other.sfc sfc/package.json | jq -r .source.digest)" != \
	"$(jq -r .source.digest good/sfc/package.json)"
rm srcs/elsewhere/data/more
chmod 0600 srcs/elsewhere/etc/passwd
sfc slim -q --root srcs/elsewhere -o modes.sfc -- /bin/cat /etc/passwd >/dev/null
check "and one with another mode" test "$(unsquashfs -cat modes.sfc sfc/package.json | jq -r .source.digest)" != \
	"$(jq -r .source.digest good/sfc/package.json)"
sfc dev rm web
sfc test rm web

# S9: a package that is all of one piece, and says that its source is /
evil() {
	rm -rf evil
	sqfs evil good.sfc
	sqlite3 evil/sfc/manifest.db "UPDATE session SET source = '$1', command = '[\"/bin/sh\"]'"
	jq --arg s "$1" '.source.path = $s | .source.name = $s | .parts["sfc/manifest.db"] = {size: $n, sha256: $h}
		| .parts["config.json"].sha256 = $c' \
		--arg h "$(sha256sum <evil/sfc/manifest.db | cut -c 1-64)" --argjson n "$(stat -c %s evil/sfc/manifest.db)" \
		--arg c "$(sha256sum <evil/config.json | cut -c 1-64)" evil/sfc/package.json >x && mv x evil/sfc/package.json
	mksquashfs evil evil.sfc -noappend -quiet -no-progress -comp zstd -Xcompression-level 1 >/dev/null
}
mkdir trap trap/bin
printf '#!/bin/busybox sh\ntouch %s\n' "$mark" >trap/bin/cat
chmod 755 trap/bin/cat
cp "$(command -v busybox)" trap/bin/busybox
for source in / "$dir/trap" /proc/self/root ../../.. ""; do
	evil "$source"
	sfc verify evil.sfc >out 2>err
	check_equal "verify, its source is said to be '$source': the parts are checked" "$? $(cat err)" "0 "
	check "and it is said that nothing was compared" grep -q "nothing was compared: say with --root where the source is" out
	check "nothing of it ran" test ! -e "$mark"
	for compare in output status none; do
		sfc verify -q --compare "$compare" evil.sfc -- /bin/cat /etc/shadow >out 2>&1
		check_equal "--compare $compare: says the digest alone" "$? $(cat out)" "0 sha256:$(sha256sum <evil.sfc | cut -d ' ' -f 1)"
	done
	if command -v strace >/dev/null; then
		for command in 'verify evil.sfc' 'why-not evil.sfc /etc/none' 'why evil.sfc /bin/cat' 'stat evil.sfc' 'ls evil.sfc' 'sbom evil.sfc' \
			'config evil.sfc' 'diff evil.sfc good.sfc'; do
			# shellcheck disable=SC2086 # words
			strace -f -qq -e trace=chdir,chroot,mount,execve,openat,openat2 -o calls tracepack $command >/dev/null 2>&1
			check "tracepack $command opens nothing there" sh -c '! grep -F "$0" calls' "$dir/trap"
		done
	fi
	check "nothing of it ran" test ! -e "$mark"
done
for place in manifest.db; do
	sqlite3 evil/sfc/$place "UPDATE session SET source = 'trap'"
	check_fails "a manifest of a package names no place to build from" 1 "tracepack: the manifest is that of a package*say with -s*'trap' is" \
		tracepack build evil/sfc/$place -o x.sqsh
	check "nothing was written" test ! -e x.sqsh
done

# S22: a directory that a stranger made where a package says its source was
gone=/tmp/sfc.$$.gone
on_exit rm -rf "$gone"
as_stranger mkdir -p "$gone/source/bin"
as_stranger cp trap/bin/cat trap/bin/busybox "$gone/source/bin"
evil "$gone/source"
sfc verify evil.sfc >/dev/null 2>&1
sfc verify evil.sfc -- /bin/cat /etc/passwd >/dev/null 2>&1
check "what a stranger put there did not run" test ! -e "$mark"

# with --root it compares, and says as whom
sfc verify --root srcs/root good.sfc >out 2>err
check_equal "with --root it compares" "$? $(grep -c 'same exit status, same output' out)" "0 1"
check_equal "and has nothing to warn of: both are confined" "$(cat err)" ""
sfc run good.sfc >out 2>err
check_equal "run does not: it is confined" "$(wc -l <err)" 0
sfc run -q good.sfc >out 2>err
check_equal "not when it is to be quiet" "$(wc -c <err)" 0
check "nothing is left" nothing_is_left
finish
