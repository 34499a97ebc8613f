#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a package is made of has to be what it looks like: a rootfs that is a link was the host's root, a
# configuration that is one was the host's file, and a FIFO never ended.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/threats/lib.sh"
requires runc --version
requires sqlite3 --version

# S2
rootfs() {
	tree_new
	rm -rf "$tree/rootfs"
	"$@" "$tree/rootfs"
	package_new bad.sfc
}
for target in / /etc .. ../../.. /proc/self/root; do
	rootfs ln -s "$target"
	check_fails "rootfs is a link to $target: run" 125 "sfc: run: *bad.sfc*rootfs is not a directory" sfc run bad.sfc -- /bin/true
done
refused "rootfs is a link" bad.sfc "*rootfs is not a directory"
rootfs touch
refused "rootfs is a file" bad.sfc "*rootfs is not a directory"
rootfs mkfifo
refused "rootfs is a FIFO" bad.sfc "*rootfs is not a directory"

# one that was installed before it was looked at
tree_new
package_new good.sfc
sfc prod install good.sfc --name old >/dev/null
good=$(sha256sum <good.sfc | cut -c 1-64)
rootfs ln -s /
hex=$(sha256sum <bad.sfc | cut -c 1-64)
cp bad.sfc "$SFC_STATE/store/kept/$hex"
sqlite3 "$SFC_STATE/state.db" "INSERT INTO package SELECT '$hex', name, bytes, set_id, installed_ns, state FROM package; UPDATE app SET package = '$hex'"
check_fails "one that is installed already does not start" 1 "sfc: prod: *rootfs is not a directory" timeout 60 sfc prod start old
sfc prod rm old --all >/dev/null 2>&1
check "the package of nobody is let go" test ! -e "$SFC_STATE/store/kept/$hex"
rm -f "$SFC_STATE/store/kept/$good"
check "nothing is left of it" nothing_is_left

for file in config.json sfc/package.json; do
	tree_new
	rm "$tree/$file"
	ln -s /etc/shadow "$tree/$file"
	package_new bad.sfc
	# sfc run does not look at what a package says of itself
	[ "$file" != config.json ] || check_fails "$file is a link: run" 125 "sfc: run: *bad.sfc*$file*" sfc run bad.sfc
	check_fails "$file is a link: install" 1 "sfc: prod: *bad.sfc*$file*" sfc prod install bad.sfc
	check_fails "$file is a link: verify" 1 "sfc: verify: *" sfc verify bad.sfc
	tree_new
	rm "$tree/$file"
	mkfifo "$tree/$file"
	package_new bad.sfc
	for command in 'run bad.sfc' 'prod install bad.sfc' 'verify bad.sfc' 'verify --root / bad.sfc' 'export bad.sfc --to bundle -o out'; do
		# shellcheck disable=SC2086 # words
		case "$file $command" in *package.json*export*) continue ;; esac
		# shellcheck disable=SC2086 # words
		case $command in
		run*) failed=125; [ "$file" = config.json ] || continue ;;
		*) failed=1 ;;
		esac
		check_fails "$file is a FIFO: $command" "$failed" "*" timeout -k 1 20 sfc $command
	done
done
check "nothing is left" nothing_is_left

# a bundle that is a directory
tree_new
mv "$tree" bundle
rm -rf bundle/rootfs
ln -s / bundle/rootfs
check_fails "a bundle whose rootfs is a link" 1 "tracepack: export: 'bundle': rootfs is not a directory" \
	tracepack export bundle --to tar -o out.tar
rm bundle/rootfs
mkdir bundle/rootfs
rm bundle/config.json
mkfifo bundle/config.json
check_fails "a bundle whose configuration is a FIFO" 1 "tracepack: export: 'bundle': config.json is not a file" \
	timeout -k 1 20 tracepack export bundle --to tar -o out.tar
check "no file was written" test ! -e out.tar
finish
