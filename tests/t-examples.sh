#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# scripts/examples do what they say, each from beginning to end.
# shellcheck disable=SC2154,SC2016 # lib.sh's names; for inner shells
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/stage.sh"
requires fuse
requires sqlite3 --version
requires runc --version
examples=$srcdir/scripts/examples

busybox_root "$dir/root" sh cat ls grep
echo one >root/etc/one
echo two >root/etc/two
# as installed: mount(8) looks for its helpers in the system's directory alone
mkdir helper
ln -s "$(command -v tracefs)" helper/mount.fuse.tracefs
installed() {
	unshare --mount sh -ec 'mount -t overlay -o "lowerdir=$0/helper:/usr/sbin" overlay /usr/sbin; exec "$@"' "$dir" "$@"
}

# --- the whole way
check "the whole way" installed "$examples/whole-way" root way.sqsh /bin/sh -c 'cat /etc/one /etc/none; echo gone >/etc/one; cat /etc/one' >way.out 2>way.err
cat way.err
check_equal "the command runs in the traced root, and from the image" "$(grep -cx 'one\|gone' way.out)" 4
check "what it used is told" grep -q '^[0-9]* files used, [0-9,]* bytes$' way.out
check "and what it looked for in vain" grep -qx 'looked up in vain: [1-9][0-9]*' way.out
check_equal "the source stays as it was" "$(cat root/etc/one)" one
check_equal "the image has what was used, and no more" "$(unsquashfs -ll way.sqsh | grep -c '/etc/one$\|/etc/two$')" 1
installed "$examples/whole-way" root way.sqsh /bin/sh -c 'exit 7' >way.out 2>&1
check_equal "a command that fails stops it" $? 7
check_equal "nothing stays mounted" "$(grep -c whole-way /proc/self/mountinfo)" 0

# --- what came in by whom
check "two sessions" "$examples/what-came-in" root two.db 'cat /etc/one' 'cat /etc/one; grep . /etc/two' >two.out 2>two.err
cat two.err
check_equal "each is told of" "$(grep -c '^first \|^second ' two.out)" 2
check_equal "what only the second used" "$(sed -n '/only the second/,/^--- why/p' two.out | grep -x /etc/two)" /etc/two
check "why is said" grep -q 'opened in .*session "second"' two.out
check "and what an image would hold" grep -q 'image' two.out

# --- a bundle for runc
check "a package is a bundle" env RUNTIME=runc "$examples/bundle" root app.sfc /bin/sh -c 'cat /etc/one' >bundle.out 2>bundle.err
cat bundle.err
check_equal "that runc starts" "$(grep -cx one bundle.out)" 2
check "with its configuration and its root" grep -qx config.json bundle.out
check_equal "nothing stays mounted" "$(grep -c 'bundle[.]' /proc/self/mountinfo)" 0

# --- what a cluster costs
cp app.sfc same.sfc
check "two packages are weighed" "$examples/cluster-cost" -n 100 -l 8 -p 30 -m 1000 app.sfc same.sfc >cost.out 2>cost.err
cat cost.err cost.out
# bytes: of the two files, and of two layers; alike, they are half of that together
size=$(stat -c %s app.sfc)
check_equal "as files they are what they are" "$(sed -n 's/.*SquashFS, zstd) *//p' cost.out)" "$(awk -v s="$size" 'BEGIN { printf "%.1f MB", 2 * s / 1e6 }')"
check_equal "what is alike is there once" "$(awk '/a layer each/ { each = $(NF - 1) } /that share a layer/ { print (2 * $(NF - 1) - each) ^ 2 <= 0.041 }' cost.out)" 1
check_equal "100 hosts, 30 at a time, 1,000 bytes from each" "$(awk '/steps of/ { print $NF } /from the guards/ { print $(NF - 1) }' cost.out | paste -sd' ')" '4 0.1'
for example in whole-way what-came-in bundle cluster-cost; do
	check_fails "$example says what it wants" 2 "usage: $example *" "$examples/$example"
done
finish
