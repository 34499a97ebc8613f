#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What threats.md does not list: descriptors as places, programs that are others' files, device nodes, files that
# never end, names that are taken, links below volumes, pages that lead elsewhere, /dev/null.
# shellcheck disable=SC2016,SC2317 # programs in quotes; on_exit calls
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/threats/lib.sh"
requires crun --version
requires conmon --version
requires gcc --version
requires fuse
on_exit sh -c 'sfc prod rm --all --grace 0 >/dev/null 2>&1'
mkdir victim vol
echo host >victim/host

# 1: a descriptor that the runtime has open as the place to begin in leads to the host
hostile cwd.sfc '.process.cwd = "/proc/self/fd/3"'
for number in 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
	sfc run -q --cwd "/proc/self/fd/$number" cwd.sfc -- /bin/sh -c 'cat ../../../../../../etc/passwd ../victim/host' >>out 2>/dev/null
done
sfc run -q cwd.sfc -- /bin/sh -c 'cat ../../../../../etc/passwd' >>out 2>/dev/null
check_equal "1: no descriptor is a way to begin outside" "$(sort -u out | grep -vx 'root:x:0:0::/:/bin/sh\|root:x:0:0:root:/:/bin/sh')" ""
tree_new
package_new plain.sfc
for command in "sfc run -q plain.sfc --" "sfc dev exec d"; do
	sfc dev create d --from "$tree/rootfs" -q >/dev/null 2>&1
	check_equal "1: nor does one of ours get in: $command" "$($command /bin/sh -c 'for f in /proc/self/fd/*; do echo "${f##*/}"; done' | grep -vx '[012]' |
		while read -r number; do [ "$number" -lt 10 ] && [ "$number" != 3 ] && echo "$number"; done)" ""
done
sfc dev rm d

# 2: a program that is the runtime's, or ours: what is process 1 is read or written as a file
cat >over.c <<'C'
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(void)
{
	char path[64], link[256];
	for (int pid = 1; pid < 64; pid++) {
		snprintf(path, sizeof(path), "/proc/%d/exe", pid);
		ssize_t n = readlink(path, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		if (open(path, O_WRONLY) >= 0 || (n > 0 && !strstr(link, "/bin/over") && open(path, O_RDONLY) >= 0))
			printf("%s is %s\n", path, link);
	}
	return 0;
}
C
gcc -static -O1 -o over over.c 2>/dev/null || skip "needs a static libc to link with"
programs() { sha256sum "$(command -v crun)" "$(command -v conmon)" "$(command -v sfc)" "$(command -v tracefs)"; }
programs >before
tree_new
cp over "$tree/rootfs/bin/over"
ln -s /proc/self/exe "$tree/rootfs/bin/self"
printf '#!/proc/self/exe\n' >"$tree/rootfs/bin/script"
chmod 755 "$tree/rootfs/bin/script"
package_new over.sfc
sfc dev create over --from "$tree/rootfs" -q >/dev/null
check_equal "2: no program of the host can be opened: run" "$(sfc run -q over.sfc -- /bin/over 2>&1)" ""
check_equal "2: dev exec" "$(sfc dev exec over /bin/over 2>&1)" ""
check_equal "2: test" "$(sfc test over -q -- /bin/over 2>&1)" ""
for program in self script; do
	sfc run -q over.sfc -- "/bin/$program" --version >out 2>&1
	check "2: /proc/self/exe is no runtime: $program" sh -c '! grep -qi "crun\|sfc-tools" out'
done
check_equal "2: they are as they were" "$(programs)" "$(cat before)"
sfc test rm over
sfc dev rm over

# 3: device nodes in a package, in a root to work in, and what becomes of them in a layer
tree_new
disk=$(awk '$3 > 0 && $4 !~ /loop|ram/ { print $1, $2; exit }' /proc/partitions)
mknod "$tree/rootfs/data/mem" c 1 1
# shellcheck disable=SC2086 # two numbers
mknod "$tree/rootfs/data/disk" b ${disk:-8 0}
mknod "$tree/rootfs/data/full" c 1 7
chmod 666 "$tree"/rootfs/data/*
package_new nodes.sfc
sfc dev create nodes --from "$tree/rootfs" -q >/dev/null
for node in mem disk; do
	check "3: /data/$node is not opened: run" sh -c '! sfc run -q nodes.sfc -- /bin/sh -c "exec 3<$0" 2>/dev/null' "/data/$node"
	check "3: /data/$node is not opened: dev" sh -c '! sfc dev exec nodes /bin/sh -c "exec 3<$0" 2>/dev/null' "/data/$node"
	check "3: /data/$node is not opened: test" sh -c '! sfc test nodes -q -- /bin/sh -c "exec 3<$0" 2>/dev/null' "/data/$node"
done
sfc test rm nodes
sfc dev rm nodes

# 4: users and groups of 4 GB in a package of 1 MB
tree_new
truncate -s 4G "$tree/rootfs/etc/passwd" "$tree/rootfs/etc/group"
package_new huge.sfc
check_fails "4: a table of users that is huge" 125 "sfc: run: *" sh -c 'ulimit -v 1000000; exec timeout 20 sfc run -q --user www huge.sfc -- /bin/true'
check "4: and nobody looks there for a number" timeout 20 sfc run -q --user 33:33 huge.sfc -- /bin/true

# 5: terabytes behind an image, which ours would digest and copy; a file that is none
cp plain.sfc big.sfc
truncate -s 4T big.sfc 2>/dev/null || truncate -s 500G big.sfc
as_stranger true
chown "$stranger" big.sfc
for command in run 'prod install'; do
	code=1
	[ "$command" != run ] || code=125
	# shellcheck disable=SC2086 # words
	check_fails "5: terabytes behind an image: $command" $code "sfc: *big.sfc' has * bytes behind its image of *" timeout 20 sfc $command big.sfc
done
mkfifo fifo.sfc
check_fails "5: a FIFO as a package" 125 "sfc: run: 'fifo.sfc' is no package" timeout 20 sfc run fifo.sfc
check_fails "5: and a device" 125 "sfc: run: '/dev/zero' is no package" timeout 20 sfc run /dev/zero
rm -f big.sfc

# 6: the name of an application that is another's
config '.process.args = ["/bin/sleep", "1000"]'
echo '{"name": "web"}' >"$tree/sfc/package.json"
rm "$tree/rootfs/etc/passwd" "$tree/rootfs/etc/group"
package_new first.sfc
touch "$tree/rootfs/data/evil"
package_new second.sfc
sfc prod install first.sfc >/dev/null 2>&1
check_fails "6: a package does not take the name of another" 1 "sfc: prod: 'web' is installed already with another package*" sfc prod install second.sfc
check_equal "6: which is what it was" "$(sfc prod list --json | jq -r '.[0].package')" "$(sha256sum <first.sfc | cut -c 1-64)"

# 7: a program that writes for ever, and one that forks for ever
hostile loud.sfc '.process.args = ["/bin/sh", "-c", "while :; do cat /bin/busybox; done"]'
sfc prod install loud.sfc --name loud >/dev/null
sfc prod start loud --name 1 >/dev/null
check "7: the log of one that never ends begins anew" wait_for 60 sh -c '
	[ "$(stat -c %s "$0")" -gt 2000000 ] && echo seen >>grown; [ -s grown ] && [ "$(stat -c %s "$0")" -lt 2000000 ]' "$SFC_STATE/app/loud/1/log"
check "7: it takes what one log may" test "$(du -sk "$SFC_STATE/app/loud/1" | cut -f 1)" -lt 40000
check_equal "7: and has no more processes than others" "$(cat "/sys/fs/cgroup/pids$(sfc prod inspect loud/1 --json | jq -r '.[0].cgroup')/pids.max" \
	"/sys/fs/cgroup$(sfc prod inspect loud/1 --json | jq -r '.[0].cgroup')/pids.max" 2>/dev/null)" 2048
sfc prod rm loud --all --grace 0

# 8: a volume or a tmpfs at a link that leads out
tree_new
rmdir "$tree/rootfs/data"
ln -s "../../../../../../..$dir/victim" "$tree/rootfs/data"
ln -s /proc/self "$tree/rootfs/self"
package_new links.sfc
for how in "-v $dir/vol:/data" "-v $dir/vol:/data/x" "--tmpfs /data/y" "-v $dir/vol:/self/cwd"; do
	# shellcheck disable=SC2086 # words
	sfc run -q $how links.sfc -- /bin/touch /data/new >/dev/null 2>&1
done
check_equal "8: nothing is made, nor mounted, behind a link" "$(find victim | sort | tr '\n' ' ')$(grep -c "$dir/victim" /proc/self/mountinfo)" "victim victim/host 0"

# 9: pages that lead to another server of the host
free_ports 2
tree_new
ln -s busybox "$tree/rootfs/bin/nc"
cat >"$tree/rootfs/bin/serve" <<-END
	#!/bin/sh
	while :; do
		printf 'HTTP/1.0 302 F\r\nLocation: http://127.0.0.1:$((port + 1))/a\r\nContent-Type: text/html\r\n\r\n<a href="http://127.0.0.1:$((port + 1))/b">x</a><a href="//127.0.0.1:$((port + 1))/c">x</a><a href="file:///etc/passwd">x</a><a href="/again">x</a>' |
			nc -l -p $port
	done
END
chmod 755 "$tree/rootfs/bin/serve"
busybox nc -ll -p $((port + 1)) -e touch "$dir/asked" & listener=$!
on_exit kill $listener
timeout 60 sfc slim -q --root "$tree/rootfs" --ready "tcp:$port" "--http-probe=http://127.0.0.1:$port/" -o pages.sfc -- /bin/serve >out 2>&1
check "9: a probe by HTTP goes to nobody else" test ! -e asked
busybox nc 127.0.0.1 $((port + 1)) </dev/null >/dev/null 2>&1
check "9: who would have noticed" wait_for 5 test -e asked

# 10: a package's variables and the commands that the operator has run on the host
printf '#include <fcntl.h>\n#include <unistd.h>\n__attribute__((constructor)) static void mark(void) { close(open("%s/mark", O_CREAT | O_WRONLY, 0644)); }\n' "$dir" >mark.c
gcc -shared -fPIC -o mark.so mark.c
chmod 755 mark.so
hostile vars.sfc '.process.args = ["/bin/sleep", "1000"] | .process.env += ["LD_PRELOAD=\($d)/mark.so", "PATH=\($d)/evil:/bin", "BASH_ENV=\($d)/x"]' --arg d "$dir"
sfc prod install vars.sfc --name vars >/dev/null
check "10: a start that waits for a command" sfc prod start vars --name 1 --ready "env >$dir/ready" --health "env >$dir/health"
sfc prod health vars/1 >/dev/null
check_equal "10: no variable of a package is in it" "$(grep -hE "evil|mark.so|BASH_ENV" ready health; [ -s health ] || echo none)" ""
check "10: and no library of it was loaded" test ! -e mark
sfc prod rm vars --all --grace 0

# 11: a root that its owner changes while it is taken in
mkdir -p src/etc src/d
echo mine >src/d/hostname
printf '#define _GNU_SOURCE\n#include <fcntl.h>\n#include <stdio.h>\n#include <unistd.h>\nint main(int n, char **v) { (void)n; (void)!symlink("/etc", v[2]);\nfor (;;) renameat2(AT_FDCWD, v[1], AT_FDCWD, v[2], RENAME_EXCHANGE); }\n' >race.c
gcc -O1 -o race race.c
./race src/d src/link & racer=$!
on_exit kill $racer
# most are refused, for what changed; of those that are not all is looked at
n=0 taken=0
while [ $n -lt 8 ] || { [ $taken = 0 ] && [ $n -lt 200 ]; }; do
	n=$((n + 1))
	sfc dev create "race$n" --from "$dir/src" -q >/dev/null 2>&1 && taken=$((taken + 1))
done
kill $racer
check "11: some of it was" test -n "$(find "$SFC_STATE"/base/src-* -name hostname)"
check_equal "11: what is behind a link that was a directory is not taken in" "$(find "$SFC_STATE"/base/src-* -name passwd -o -name shadow 2>/dev/null)" ""
check_equal "11: nor is a file of it" "$(find "$SFC_STATE"/base/src-* -name hostname -exec cat {} + 2>/dev/null | sort -u | grep -vx mine)" ""
# 12: the host's /dev/null as the input or output of a program inside: a runtime makes it its user's, who then closes it
# to everybody. One of its own stands for it here.
cat >null.sh <<'END'
mknod -m 666 null c 1 3
mount --bind null /dev/null
"$@" </dev/null >/dev/null 2>/dev/null
echo "$? $(stat -c '%u %a' /dev/null)"
END
apart() { unshare --mount --propagation private sh null.sh "$@"; }
tree_new
ln -s busybox "$tree/rootfs/bin/chmod"
echo 'w:x:33:33::/:/bin/sh' >>"$tree/rootfs/etc/passwd"
package_new null.sfc
close='for i in 0 1 2; do chmod 600 /proc/self/fd/$i; done; exit 0'
for user in 0 33; do
	check_equal "12: a command of $user" "$(apart sfc run -q -u $user null.sfc -- /bin/sh -c "$close")" "0 0 666"
	check_equal "12: a probe inside of $user" "$(apart timeout 60 sfc slim -q -f --root "$tree/rootfs" -u $user --ready 'sleep 0.2' --exec-probe "$close" \
		--compare none -o null2.sfc -- /bin/sleep 1000)" "0 0 666"
done

# and each hole that was found once has a test that says its name
check_equal "every row of the table of holes has its test" "$(for row in S1 S1b S2 S3 S4 S5 S6 S7 S8 S9 S10 S11 S12 S13 S14 S15 S16 S17 S18 S19 S20 \
	S21 S22 S23 S24 S25 S26; do grep -rqw "$row" "$srcdir/tests" --include='t-*.sh' --include='test-*.c' --exclude=t-ideas.sh || echo "$row"; done)" ""
finish
