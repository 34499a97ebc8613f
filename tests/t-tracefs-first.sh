#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# mode=first: the first open of a file is seen and who made it, later ones send no request where the kernel
# can do without; whatever the source is made of, files are read, executed, written and counted as before.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version
requires jq --version
requires perl -e 1

# The layers for data came with Linux 6.5, and without metacopy=on with 6.16.
release=$(uname -r)
once=$(awk -v r="$release" 'BEGIN { split(r, v, "[.-]"); print (v[1] > 6 || (v[1] == 6 && v[2] >= 16)) ? "yes" : "no" }')

mkdir -p source/dir source/disk source/bin lower upper work mnt
for file in plain dir/deep linked other; do echo "in $file" >"source/$file"; done
ln source/linked source/also
cp /bin/cat /bin/sh /bin/true source/bin/
truncate -s 8M disk.img
mkfs.ext4 -q disk.img && mount -o loop disk.img source/disk && on_exit umount -l "$dir/source/disk"
echo "in disk" >source/disk/file

mkdir source/bound elsewhere
echo "below" >source/bound/file
echo "bound" >elsewhere/file
mount --bind elsewhere source/bound && on_exit umount -l "$dir/source/bound"

# requests KIND: so many of them since the mount.
requests() {
	tracefs --status --json "$dir/mnt" | jq ".requests.$1 // 0"
}

# opens PATH: what is recorded of them, in the last session.
opens() {
	query "SELECT op || ' ' || sum(count) || ' ' || comm FROM accesses WHERE path = '$1' AND op IN ('open', 'exec')
		AND uuid = (SELECT uuid FROM session ORDER BY id DESC LIMIT 1) GROUP BY op, comm" | paste -sd,
}

again() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do "$@"; done
}

mount_tracefs "mode=first,scratch=$dir/scratch,catalog=no" "$dir/source" "$dir/mnt"
check_equal "where this kernel can ($release: $once), opens are for the layers below" \
	"$(grep " $dir/mnt .*lowerdir=[^,]*/tree::" /proc/self/mountinfo | wc -l | sed 's/^0$//')" "$([ "$once" = no ] || echo 1)"
check_equal "a file is what it is" "$(cat mnt/plain mnt/dir/deep mnt/linked mnt/also)" "in plain
in dir/deep
in linked
in linked"
check_equal "the one on another disk too" "$(cat mnt/disk/file)" "in disk"
check_equal "and one of the same, mounted elsewhere" "$(cat mnt/bound/file mnt/bound/file | paste -sd' ')" "bound bound"
before=$(requests open)
again cat mnt/plain mnt/dir/deep mnt/linked >/dev/null
[ "$once" = no ] || check_equal "no later open asks us" "$(($(requests open) - before))" 0
again cat mnt/disk/file >/dev/null
check_equal "but those on another disk do" "$(($(requests open) - before >= 10))" 1
again mnt/bin/true
before=$(tracefs --status --json mnt | jq '[.requests[]] | add')
again cmp mnt/other source/other
again cmp mnt/other source/other
again mnt/bin/sh -c :
after=$(tracefs --status --json mnt | jq '[.requests[]] | add')
[ "$once" = no ] || check "20 opens and 10 runs: a request for each run, and a few for what was new ($((after - before)))" \
	test $((after - before)) -lt 30

# Who it is after an exec that nobody saw.
mnt/bin/cat mnt/plain >/dev/null
mnt/bin/sh -c "mnt/bin/cat mnt/plain; mnt/bin/sh -c 'exec mnt/bin/cat mnt/dir/new 2>/dev/null'; exec mnt/bin/cat mnt/also" >/dev/null

# Copied up it is a whole file, and its own.
chmod 600 mnt/linked
echo more >>mnt/other
check_equal "written to, it is what it was and more" "$(cat mnt/other)" "in other
more"
check_equal "what is in the upper layer is whole" "$(cat scratch/upper/other scratch/upper/linked)" "in other
more
in linked"
check_equal "and has no mark of another place" \
	"$(getfattr -d -m 'overlay.(metacopy|redirect)' scratch/upper/other scratch/upper/linked 2>&1)" ""
check_equal "the source is as it was" "$(cat source/other)$(stat -c %a source/linked)" "in other644"
echo 2 >/proc/sys/vm/drop_caches
check_equal "all is there when the kernel has forgotten it" "$(cat mnt/plain mnt/dir/deep mnt/disk/file | wc -l)" 3
unmount_tracefs "$dir/mnt"
session_whole "the session is whole"
check_equal "the first open is recorded, by its name" "$(opens /also)" "open 1 cat"
# shellcheck disable=SC2016 # the inner shell expands it
check "a run is one" sh -c 'case $1 in "exec "*) ;; *) false ;; esac' sh "$(opens /bin/true)"
check_equal "who looked after an exec that was not seen" \
	"$(query "SELECT DISTINCT exe FROM accesses WHERE path = '/dir/new'")" /bin/cat

# A path that is too long for the other layers.
# far DIRECTORY MODE: open a file 5000 bytes below it, twice.
far() {
	perl -e 'my ($top, $mode) = @ARGV;
		chdir $top or die; my $name = "0" x 200;
		for (1 .. 25) { mkdir $name; chdir $name or die "$!" }
		for (1 .. 2) { open my $f, $mode, "file" or die "$!"; $mode eq ">" ? print $f "far\n" : print <$f> }' "$@"
}
far source '>'
mount_tracefs "mode=first,scratch=tmpfs,catalog=no" "$dir/source" "$dir/mnt"
check_equal "a very long path" "$(far mnt '<')" "far
far"
unmount_tracefs "$dir/mnt"
session_whole "a very long path: the session is whole"

# The source is an overlay, as a stage that is being developed.
echo base >lower/base
echo base >lower/changed
mkdir merged
mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged && on_exit umount -l "$dir/merged"
echo new >merged/changed
mount_tracefs "mode=first,scratch=tmpfs,catalog=no" "$dir/merged" "$dir/mnt"
check_equal "over an overlay" "$(cat mnt/base mnt/changed mnt/base mnt/changed | paste -sd' ')" "base new base new"
head -c 1000000 /dev/zero >mnt/big && check_equal "over an overlay it can be written" "$(wc -c <mnt/big)" 1000000
unmount_tracefs "$dir/mnt"
session_whole "over an overlay: the session is whole"
check_equal "over an overlay: opens are seen" "$(query "SELECT count(DISTINCT path) FROM accesses
	WHERE path IN ('/base', '/changed') AND op = 'open' AND errno = 0
	AND uuid = (SELECT uuid FROM session ORDER BY id DESC LIMIT 1)")" 2

# A source that is stacked too deep for a layer of ours: opens are seen each, by way of us.
mkdir lower2 upper2 work2 merged2
mount -t overlay -o lowerdir=merged,upperdir=upper2,workdir=work2 overlay merged2 && on_exit umount -l "$dir/merged2"
mount_tracefs "mode=first,scratch=tmpfs,catalog=no" "$dir/merged2" "$dir/mnt"
check_equal "over an overlay over an overlay there are no layers for opens" \
	"$(grep " $dir/mnt " /proc/self/mountinfo | grep -c '::')" 0
check_equal "but all is there" "$(cat mnt/base mnt/changed mnt/base mnt/changed | paste -sd' ')" "base new base new"
unmount_tracefs "$dir/mnt"
check_equal "and each open is seen" "$(opens /base)" "open 2 cat"

# Who looks at everything and opens nothing pays for the first thousand names.
mkdir source/walked
(cd source/walked && seq 1 4000 | split -l 1 -a 4 - x) # overlayfs asks more of empty files
mount_tracefs "mode=first,scratch=tmpfs,catalog=no" "$dir/source" "$dir/mnt"
find mnt/walked -size +1 >/dev/null
asked=$(requests getxattr)
check "a walk over 4,000 files asks for little more than one attribute each ($asked)" test "$asked" -lt 8000
before=$(requests open)
mnt/bin/sh -c "cat mnt/walked/xaffa mnt/walked/xaffb mnt/walked/xaffc" >/dev/null
check "what was passed over is opened all the same" test "$(($(requests open) - before))" -le 3
unmount_tracefs "$dir/mnt"
check_equal "and is seen" "$(query "SELECT count(*) FROM accesses WHERE path IN ('/walked/xaffa', '/walked/xaffb', '/walked/xaffc') AND op = 'open'")" 3

# Eight threads' worth of programs at once, opening the same for the first time.
mkdir source/many
i=0
while [ $i -lt 200 ]; do
	echo $i >source/many/$i
	i=$((i + 1))
done
mount_tracefs "mode=first,scratch=tmpfs,catalog=no" "$dir/source" "$dir/mnt"
for _ in 1 2 3 4 5 6 7 8; do
	cat mnt/many/* >/dev/null &
done
wait
unmount_tracefs "$dir/mnt"
check_equal "many at once: each file is opened" "$(query "SELECT count(DISTINCT path) FROM accesses
	WHERE path LIKE '/many/%' AND op = 'open' AND uuid = (SELECT uuid FROM session ORDER BY id DESC LIMIT 1)")" 200
session_whole "many at once: the session is whole"
finish
