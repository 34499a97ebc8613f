# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # names of tests/lib.sh
# For the t-*.sh here: packages that mean harm, made by mksquashfs and jq. Sourced after tests/lib.sh.

requires root
requires mksquashfs -version
requires jq --version
requires busybox true
requires setpriv --version

# where sfc puts its mount points and its state, so that what it leaves is seen
TMPDIR=$dir/tmp
SFC_STATE=$dir/state
export TMPDIR SFC_STATE
mkdir -m 755 "$TMPDIR"
chmod 755 "$dir"

# Whoever is not root, and has a home nowhere. setpriv has its rights until its own execve(2) is done, which
# opens whatever it is: hence the shell.
# shellcheck disable=SC2034 # for the tests
stranger=64123
as_stranger() {
	setpriv --reuid "$stranger" --regid "$stranger" --clear-groups -- sh -c 'exec "$@"' sh "$@"
}

# tree_new: a root that starts, and what a package has around it, in $tree.
tree_new() {
	tree=$dir/tree
	rm -rf "$tree"
	mkdir -p "$tree/sfc" "$tree/rootfs/bin" "$tree/rootfs/etc"
	for tree_place in proc sys dev run tmp data; do mkdir "$tree/rootfs/$tree_place"; done
	cp "$(command -v busybox)" "$tree/rootfs/bin/busybox"
	for tool in sh cat ls true sleep env id touch mount; do ln -s busybox "$tree/rootfs/bin/$tool"; done
	echo 'root:x:0:0:root:/:/bin/sh' >"$tree/rootfs/etc/passwd"
	echo '{"name": "evil"}' >"$tree/sfc/package.json"
	config '.'
}

# config FILTER [JQ-OPTION…]: what a package that means no harm says, changed.
config() {
	config_filter=$1
	shift
	jq -n "$@" '{ociVersion: "1.0.2", root: {path: "rootfs"}, process: {terminal: false, cwd: "/",
		user: {uid: 0, gid: 0}, args: ["/bin/true"], env: ["PATH=/bin"]},
		linux: {namespaces: ["pid", "ipc", "uts", "mount", "network"] | map({type: .})}} | '"$config_filter" >"$tree/config.json"
}

# package_new FILE: of $tree. They are many, and how small they are matters to nobody.
package_new() {
	mksquashfs "$tree" "$1" -noappend -quiet -no-progress -comp zstd -Xcompression-level 1 -no-xattrs >/dev/null
}

# hostile FILE FILTER [JQ-OPTION…]: a package whose config.json was changed so.
hostile() {
	hostile_file=$1
	shift
	tree_new
	config "$@"
	package_new "$hostile_file"
}

# light FILTER [JQ-OPTION…]: the same as a directory in $tree, which the same reader reads, made in no time.
light() {
	rm -rf "$dir/tree"
	tree=$dir/tree
	mkdir -p "$tree/rootfs/bin"
	config "$@"
}

# Nothing is mounted and nothing is left, but an empty state.
nothing_is_left() {
	# the store keeps what was run for a while
	umount -l "$SFC_STATE/store/ns" "$SFC_STATE/store" 2>/dev/null
	wait_for 10 sh -c '! losetup -l -n -O BACK-FILE | grep -F "$1/"' sh "$dir"
	! grep -F "$dir/" /proc/self/mountinfo && [ -z "$(ls -A "$TMPDIR")" ] &&
		[ -z "$(ls -A "$SFC_STATE/store/kept" "$SFC_STATE/app" "$SFC_STATE/run" 2>/dev/null | grep -v ':$' | grep .)" ] &&
		! losetup -l -n -O BACK-FILE | grep -F "$dir/"
}

# refused CLAIM FILE WHAT: every command that takes a package and looks at how it starts says one line with
# the package's name and WHAT (a case pattern), fails, and leaves nothing.
refused() {
	refused_claim=$1 refused_file=$2 refused_what=$3
	check_fails "$refused_claim: tracepack config" 1 "*$refused_file*$refused_what" tracepack config "$refused_file"
	check_fails "$refused_claim: run" 125 "sfc: run: *$refused_file*$refused_what" sfc run "$refused_file"
	check_fails "$refused_claim: run with a command of one's own" 125 "sfc: run: *$refused_file*$refused_what" \
		sfc run --user 65534:65534 "$refused_file" -- /bin/true
	check_fails "$refused_claim: install" 1 "sfc: prod: *$refused_file*$refused_what" sfc prod install "$refused_file"
	check_fails "$refused_claim: verify" 1 "sfc: verify: *" sfc verify "$refused_file"
	check_fails "$refused_claim: verify --root" 1 "sfc: verify: *" sfc verify --root / "$refused_file"
	for refused_kind in bundle lxc oci oci-dir; do
		check_fails "$refused_claim: export to $refused_kind" 1 "tracepack: export: *$refused_file*$refused_what" \
			sfc export "$refused_file" --to "$refused_kind" -o out
		check "$refused_claim: export wrote nothing" test ! -e out
	done
	check "$refused_claim: nothing is left" nothing_is_left
}
