#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Layers over a base that is replaced: every byte is the new base's or the instance's own, whatever inode numbers the
# files of the two bases have.
# shellcheck disable=SC2016,SC2317 # programs in quotes; called by names
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
requires python3 --version

# base FILE WORD ORDER: a package of 60 files, whose contents say which base they are of; mksquashfs numbers inodes
# in the order of names, so a few more names in front move every number onto another file.
base() {
	rm -rf tree.app
	busybox_package none.sfc app 'trap "exit 0" TERM; while :; do sleep 0.1; done'
	mkdir -p tree.app/rootfs/srv/d tree.app/rootfs/srv/moved tree.app/rootfs/opt
	for i in $(seq 10 39); do
		echo "$2 srv/$i" >"tree.app/rootfs/srv/$i"
		echo "$2 srv/d/$i" >"tree.app/rootfs/srv/d/$i"
	done
	ln tree.app/rootfs/srv/10 tree.app/rootfs/srv/10.link
	for extra in $3; do echo "$2 extra $extra" >"tree.app/rootfs/$extra"; done
	mksquashfs tree.app "$1" -noappend -quiet -no-progress -comp zstd -all-root >/dev/null
	find tree.app/rootfs -type f -printf '%P\n' | grep '^srv' | sort >"$1.names"
}
base one.sfc first ""
base two.sfc second "0a 0b 0c srv/00 srv/01 srv/d/00 opt/a opt/b opt/c opt/d"
# numbers FILE: inode numbers and names of what is below /srv
numbers() { unsquashfs -lln "$1" >/dev/null && mkdir -p m && mount -o loop,ro "$1" m && (cd m/rootfs && find srv -type f -printf '%i %p\n' | sort); umount m; }
numbers one.sfc >one.numbers
numbers two.sfc >two.numbers
check "most inode numbers are another file's on the other base" \
	test "$(join one.numbers two.numbers | awk '$2 != $3' | wc -l)" -ge 40

run() { sfc prod exec app/1 -- sh -c "$1"; }
all() { run 'cd /; busybox find srv -type f | busybox sort | while read -r f; do echo "$f: $(cat "$f")"; done'; }

# --- what an instance does to its layer
sfc prod install one.sfc >/dev/null 2>&1
check "start" sfc prod start app
run 'cd /srv
	echo mine >11; echo more >>12; : >13
	rm 14; rm d/14; echo back >d/14
	mv 15 15.moved; mv d/16 d/16.moved; mv d/17 /srv/17.from-d
	ln 18 18.link; echo linked >>18.link
	ln d/19 d/19.link
	mkdir new; echo own >new/file; ln new/file new/link
	busybox chmod 600 20; busybox chown 7:8 d/20; busybox touch -d "2001-02-03 04:05:06" 21
	rm -rf moved; mkdir moved; echo own >moved/x
	busybox setfattr -n user.x -v y 22 2>/dev/null; true' || fail "the changes"
# who is in no number of it is told so before
inside=${prod_by_user:+nsenter --user --setuid 0 --setgid 0 --target $(instance_pid app/1)}
# shellcheck disable=SC2086 # words
check_equal "a directory of the base cannot be renamed" "$($inside python3 -c '
import os, sys
root = "/proc/" + sys.argv[1] + "/root/srv/"
try:
    os.rename(root + "d", root + "e")
except OSError as e:
    print(e.strerror)' "$(instance_pid app/1)")" "Invalid cross-device link"
check_equal "a link of a file of the base shows what is written by its new name" "$(run 'cat /srv/18.link | busybox tail -n 1')" linked

# --- what it has to be: the base's word, or its own
# wanted WORD: every file and what is in it
wanted() {
	while read -r name; do
		case $name in
		srv/11) echo "$name: mine" ;;
		srv/12) printf '%s: first %s\nmore\n' "$name" "$name" ;;
		srv/13) echo "$name: " ;;
		srv/14 | srv/15 | srv/d/16 | srv/d/17) ;;
		srv/d/14) echo "$name: back" ;;
		srv/18) printf '%s: first %s\nlinked\n' "$name" "$name" ;;
		srv/20 | srv/21 | srv/d/19 | srv/d/20) echo "$name: first $name" ;; # copied up by what was done to them
		srv/00 | srv/01 | srv/d/00) echo "$name: $1 extra $name" ;;
		srv/10.link) echo "$name: $1 srv/10" ;;
		*) echo "$name: $1 $name" ;;
		esac
	done <"$2.names"
	echo "srv/15.moved: first srv/15"
	echo "srv/17.from-d: first srv/d/17"
	printf 'srv/18.link: first srv/18\nlinked\n'
	echo "srv/d/16.moved: first srv/d/16"
	echo "srv/d/19.link: first srv/d/19"
	echo "srv/moved/x: own"
	echo "srv/new/file: own"
	echo "srv/new/link: own"
}
same() { all >got; wanted "$1" "$2" >want; LC_ALL=C sort got >got.sorted; LC_ALL=C sort want >want.sorted; diff want.sorted got.sorted; }
check "every byte on the first base" same first one.sfc
sfc prod stop app/1 >/dev/null && sfc prod start app/1 >/dev/null
check "every byte after a restart" same first one.sfc
check "another base" sfc prod update app two.sfc
check "every byte is the second base's or the instance's own" same second two.sfc
check_equal "owner and mode are kept" "$(run 'busybox stat -c "%a %u:%g" /srv/20 /srv/d/20' | tr '\n' ' ')" "600 0:0 644 7:8 "
check_equal "and times" "$(run 'busybox stat -c %Y /srv/21')" "$(date -u -d '2001-02-03 04:05:06' +%s)"
check_equal "links of its own are one file" "$(run 'busybox stat -c %h /srv/new/file')" 2
run 'cd /srv; echo again >>30; rm 31; mv d/32 d/32.moved; echo x >00' || fail "more changes"
check "back to the first" sfc prod rollback app
check_equal "what was written there is kept" "$(run 'cat /srv/30 /srv/00 /srv/d/32.moved; busybox test -e /srv/31 || echo gone')" "second srv/30
again
x
second srv/d/32
gone"
check_equal "and the rest is the first base's" "$(all | grep -c ': first ')" "$(all | grep -v 'srv/30\|32.moved' | grep -c ': first ')"
check_equal "nothing is of the second but what was written there" "$(all | grep ': second ' | sort)" "srv/30: second srv/30
srv/d/32.moved: second srv/d/32"

# --- how the layer is mounted
conmon=$(about app/1 .conmon)
work=${prod_by_user:+$SFC_STATE/mounts}
overlay=$(grep " ${work:-/run/sfc}/root " "/proc/$conmon/mountinfo" | sed 's/.* - overlay //')
for option in xino index redirect_dir metacopy; do
	# the kernel shows what differs from its own default
	default=$(cat "/sys/module/overlay/parameters/$option" 2>/dev/null || cat "/sys/module/overlay/parameters/${option}_auto" 2>/dev/null)
	case ,$overlay, in
	*"$option=on"* | *"$option=auto"*) fail "the layer is mounted with $option: $overlay" ;;
	*) check "$option is off" test -n "$overlay" -a "${default:-N}" = N -o -n "$(echo "$overlay" | grep "$option=")" ;;
	esac
done
check_equal "no trace of them is in the layer" "$(getfattr -R -h -d -m '^\(trusted\|user\).overlay.\(redirect\|metacopy\|nlink\)' "$SFC_STATE/app/app/1/layer/upper" 2>/dev/null)" ""
check "rm" sfc prod rm app --all --grace 1
check_equal "nothing is left" "$(prod_leftovers)" ""
finish
