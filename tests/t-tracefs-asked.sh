#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the kernel asked for is not what the program used: programs that use files at random run under
# strace, and the manifest has exactly what their calls named, though the overlay above looked up all
# that is in the directories they listed. SFC_TEST_STEPS is how many calls each makes, SFC_TEST_SEEDS
# with which seeds.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires strace --version
requires sqlite3 --version

mnt=$dir/mnt
steps=${SFC_TEST_STEPS:-400}
seeds=${SFC_TEST_SEEDS:-1 2}
calls='%file,getcwd,chroot,chdir,fchdir,clone,clone3,fork,vfork'

mkdir source
gcc -D_GNU_SOURCE -O1 -static -pthread -o source/wander "$srcdir/tests/fs/wander.c" || {
	fail "wander does not build"
	finish
}
source/wander prepare "$dir/source"
if [ "$(uname -m)" = x86_64 ]; then
	check "a 32-bit program builds" gcc -m32 -D_GNU_SOURCE -O1 -static -pthread -o source/wander32 "$srcdir/tests/fs/wander.c"
fi

# compare NAME MODE: what strace saw against what the manifest has, both ways. What nobody named is in the
# first list, what nobody saw in the second.
compare() {
	mkdir -p merged plain-work
	mount -t overlay -o "lowerdir=$dir/source,upperdir=$dir/scratch/upper,workdir=$dir/plain-work" overlay merged ||
		fail "cannot put the layers together again"
	"$builddir/tests/fs/witness" log "$mnt" "$dir/source" "$dir/merged" "$dir/scratch/upper" |
		sort -u | tr ' ' '|' >used
	umount merged
	rm -rf plain-work
	sqlite3 -readonly -cmd '.timeout 10000' -cmd ".parameter set :mode $2" "$manifest" >different <<-'SQL'
		.separator |
		CREATE TEMP TABLE used (op, hex);
		.import used used
		-- strace looks by itself whether "/x (deleted)" is the name of a file
		CREATE TEMP TABLE seen AS SELECT DISTINCT path, hex(path) AS hex, op, errno FROM accesses
			WHERE comm <> 'strace'
			  AND uuid = (SELECT uuid FROM session ORDER BY id DESC LIMIT 1);
		SELECT 'not named', path, group_concat(op || ' ' || errno) FROM seen
			WHERE path <> '/' AND hex NOT IN (SELECT hex FROM used) GROUP BY path;
		SELECT 'not seen', op, ifnull((SELECT path FROM entry WHERE hex(path) = hex), hex) FROM used
			WHERE NOT EXISTS (SELECT 1 FROM seen WHERE seen.hex = used.hex AND
				CASE WHEN :mode = 'every' THEN used.op = 'any' OR (seen.errno = 0
					AND (seen.op = used.op OR (used.op = 'open' AND seen.op = 'exec')))
				ELSE 1 END);
	SQL
	check_equal "$1: the manifest has the $(grep -c '^any' used) paths that were named and no other" \
		"$(head -n 20 different)" ""
	session_whole "$1: the session is whole"
}

# wander PROGRAM MODE THREADS SEED
wander() {
	rm -rf scratch
	mount_tracefs "scratch=$dir/scratch,mode=$2,catalog=no,label=wander" "$dir/source" "$mnt"
	strace -f -y -s 4096 -o log -e "trace=$calls" chroot "$mnt" "/$1" run '' "$4" "$steps" "$3" ||
		fail "$1 does not run"
	unmount_tracefs "$mnt"
	compare "$1, mode=$2, $3 threads, seed $4" "$2"
}

for program in wander wander32; do
	[ -x "source/$program" ] || continue
	for mode in every first; do
		for seed in $seeds; do
			wander $program $mode 1 "$seed"
			wander $program $mode 8 "$seed"
		done
	done
done
check_equal "a name that is only listed is nowhere in the manifest" \
	"$(query "SELECT count(*) FROM entry WHERE path LIKE '%/never-%'")" 0
finish
