#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Links in a root lead nowhere outside it: nothing is made, opened or mounted on the host through one, and
# a FIFO or a device keeps nobody waiting.
# shellcheck disable=SC2317 # on_exit calls
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/threats/lib.sh"
mkdir victim victim/dir
victim=$dir/victim
untouched() { check "$1: nothing was made on the host" test "$(find "$victim" | wc -l)" = 2; }
go() {
	package_new bad.sfc
	timeout -k 1 30 sfc run -q "$@" bad.sfc -- /bin/sh -c 'echo ran' >out 2>err </dev/null
	status=$?
}

# S3: what was made for the resolver
for link in "/run/x/resolv.conf" "../run/x/resolv.conf" "/run/x/y/../z" "/run/../$victim/new" "../run/../../..$victim/new"; do
	tree_new
	rmdir "$tree/rootfs/run"
	ln -s "$victim" "$tree/rootfs/run"
	ln -s "$link" "$tree/rootfs/etc/resolv.conf"
	go
	check_equal "run leads out, resolv.conf is $link: it runs" "$status $(cat out)" "0 ran"
	untouched "$link"
	tree_new
	ln -s "$victim" "$tree/rootfs/run/x"
	ln -s "$link" "$tree/rootfs/etc/resolv.conf"
	go
	check_equal "run/x leads out, resolv.conf is $link: it runs" "$status $(cat out)" "0 ran"
	untouched "$link"
done
tree_new
ln -s "$victim/file" "$tree/rootfs/run/resolv.conf"
ln -s /run/resolv.conf "$tree/rootfs/etc/resolv.conf"
go
untouched "the last part leads out"
tree_new
mkfifo "$tree/rootfs/run/fifo"
ln -s /run/fifo "$tree/rootfs/etc/resolv.conf"
go
check_equal "a FIFO behind resolv.conf: it runs" "$status $(cat out)" "0 ran"
tree_new
mkdir "$tree/rootfs/run/systemd"
ln -s ../run/systemd/resolve/stub "$tree/rootfs/etc/resolv.conf"
package_new bad.sfc
[ ! -s /etc/resolv.conf ] || check_equal "what systemd-resolved makes still resolves" \
	"$(sfc run -q bad.sfc -- /bin/cat /etc/resolv.conf)" "$(cat /etc/resolv.conf)"

# the mount points, and what is below them
for place in dev proc sys; do
	for target in "$victim" "$victim/dir" "../../..$victim" "/run"; do
		tree_new
		rmdir "$tree/rootfs/$place"
		ln -s "$target" "$tree/rootfs/$place"
		package_new bad.sfc
		check_fails "/$place leads to $target" 125 "sfc: run: 'bad.sfc': /$place in its root is a link to '$target'" sfc run bad.sfc
		untouched "/$place"
	done
done
tree_new
rm -rf "$tree/rootfs/etc"
ln -s "$victim" "$tree/rootfs/etc"
go
check_equal "etc leads out: it runs" "$status $(cat out)" "0 ran"
untouched etc

# who is looked up in the root is not looked up on the host, nor for ever
mkdir work
for kind in fifo link; do
	tree_new
	rm "$tree/rootfs/etc/passwd"
	if [ "$kind" = fifo ]; then mkfifo "$tree/rootfs/etc/passwd"; else ln -s /etc/passwd "$tree/rootfs/etc/passwd"; fi
	go --user 1:1
	check_equal "etc/passwd is a $kind: it runs" "$status $(cat out)" "0 ran"
	if [ -c /dev/fuse ]; then
		check_fails "etc/passwd is a $kind: no user is known" 1 "sfc: slim: user 'daemon' is not in the root's /etc/passwd" \
			timeout -k 1 30 sfc slim -q --root "$tree/rootfs" --user daemon -o work/x.sfc -- /bin/true
	fi
done

# a layer that an earlier run wrote
tree_new
ln -s /run/a/b "$tree/rootfs/etc/resolv.conf"
package_new bad.sfc
mkdir layer
sfc run -q --layer layer bad.sfc -- /bin/sh -c 'rm -rf /run; ln -s '"$victim"' /run' 2>/dev/null
busybox rm -rf layer/upper/run
ln -s "$victim" layer/upper/run
check_equal "a layer whose run leads out: it runs" "$(timeout -k 1 30 sfc run -q --layer layer bad.sfc -- /bin/sh -c 'echo ran')" ran
untouched "a layer"
busybox rm -rf layer/upper/dev
ln -s "$victim" layer/upper/dev
check_fails "a layer whose dev leads out" 125 "sfc: run: 'bad.sfc': /dev in its root is a link*" sfc run -q --layer layer bad.sfc
untouched "a layer's dev"

# and a root to work in
cp -a "$tree/rootfs" root
rmdir root/run
ln -s "$victim" root/run
rm -f root/etc/resolv.conf
ln -s /run/new root/etc/resolv.conf
sfc dev create out --from root >/dev/null
check_equal "dev exec in one that leads out" "$(sfc dev exec out /bin/sh -c 'echo ran')" ran
untouched "dev"
sfc dev rm out
check "nothing is left" nothing_is_left
finish
