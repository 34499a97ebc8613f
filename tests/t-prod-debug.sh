#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod debug: tools from another root look into an instance that has none, and change nothing; sfc test debug.
# shellcheck disable=SC2317 # check calls the functions
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/stage.sh"
. "$srcdir/tests/prod.sh"
requires gdb --version
requires strace -V
cd "$dir" || exit 99

# --- a package that is one program, without a shell; what it was made of still has its symbols ---
mkdir full
cat >full/service.c <<'C'
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
__attribute__((noinline)) int wait_for_a_client(int fd)
{
	int client = accept(fd, 0, 0), page = open("/data/page", O_RDONLY);
	char text[64];
	long n = read(page, text, sizeof(text));

	if (n > 0)
		(void)!write(client, text, n);
	close(page);
	return close(client);
}
int main(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(80)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (void *)&in, sizeof(in)) < 0 || listen(fd, 5) < 0)
		return 1;
	while (1)
		wait_for_a_client(fd);
}
C
gcc -g -static -o full/service full/service.c || skip "needs a static libc to link with"
mkdir -p bare/sfc bare/rootfs/bin bare/rootfs/etc bare/rootfs/data
for place in proc sys dev run tmp; do mkdir bare/rootfs/$place; done
strip -o bare/rootfs/bin/service full/service
echo 'the page' >bare/rootfs/data/page
runc spec -b bare
jq '.process.args = ["/bin/service"] | .process.terminal = false | del(.process.capabilities)' bare/config.json >x &&
	mv x bare/config.json
echo '{"name": "web"}' >bare/sfc/package.json
squash bare web.sfc
busybox_root tools sh ps cat ls id ip nc kill touch echo hostname sleep
mkdir tools/own

check "it is installed" sfc prod install -q web.sfc
check "and up, in a network of its own" sfc prod start web --network none --ready tcp:80
pid=$(instance_pid web/1)

# --- what is not in it ---
check_fails "a shell that is not there is named, and what to do" 127 \
	"sfc: prod: exec: 'sh' is not in web/1: 'sfc prod debug web/1 --with ROOT' *" sfc prod exec web/1 -- sh
check_fails "so is a program by its path" 127 "*'/bin/ls' is not in web/1*" sfc prod exec web/1 -- /bin/ls -l
check_fails "tools have to be named" 125 "*with which tools? --with ROOT*" sfc prod debug web/1
check_fails "and be there" 125 "*'none' is not a directory*" sfc prod debug web/1 --with none -- sh
check_fails "an instance, not an application" 125 '*in which instance?*' sfc prod debug web --with tools -- sh
check_fails "a second word without --" 125 "*COMMAND follows*" sfc prod debug web/1 sh

# --- looking ---
debug() { sfc prod debug web/1 --with tools -- "$@"; }
check_equal "its processes" "$(debug ps | grep -c '^ *1 .*/bin/service')" 1
check_equal "its files" "$(debug cat /.instance/data/page) $(debug ls /.instance/bin)" 'the page service'
check_equal "its memory file systems" "$(debug ls /.instance/proc/1/comm)" /.instance/proc/1/comm
check_equal "its network: it answers there" "$(debug nc 127.0.0.1 80 </dev/null)" 'the page'
check_equal "and only its network" "$(debug ip link | grep -c '^[0-9]')" "$(nsenter --net="/proc/$pid/ns/net" ip link | grep -c '^[0-9]')"
check_equal "the status is the command's" "$(debug sh -c 'exit 7'; echo $?)" 7
check_equal "of one that the tools lack too" "$(debug nothing 2>/dev/null; echo $?)" 127
check_equal "its input is ours" "$(echo words | debug cat)" words
check_equal "a signal reaches its processes" "$(debug kill -0 1 && echo yes)" yes
check "the first process is the same" test "$(instance_pid web/1)" = "$pid"

# --- changing nothing ---
check_equal "its files cannot be written" "$(debug touch /.instance/data/page 2>&1; echo $?)" \
	"$(printf 'touch: /.instance/data/page: Read-only file system\n1')"
check_equal "nor what is mounted in it" "$(debug touch /.instance/dev/shm/x >/dev/null 2>&1; echo $?)" 1
check_equal "what the tools write is theirs" "$(debug sh -c 'echo x >/own/x && cat /own/x')" x
check "and thrown away" test ! -e tools/own/x
check_equal "nothing was written to its layer" "$(find "/proc/$pid/root" -xdev -newer web.sfc -type f ! -path '*/etc/*' | wc -l)" 0
check_equal "they may trace, and nothing else that instances may not" \
	"$(debug cat /proc/self/status | sed -n 's/CapEff:.//p')" \
	"$(printf '%016x' $((0x$(sed -n 's/CapEff:.//p' "/proc/$pid/status") | 1 << 19)))"
check_equal "by the same filter of system calls" "$(debug cat /proc/self/status | sed -n 's/Seccomp:.//p')" 2

# --- tracing, with the host's own tools ---
check_equal "gdb attaches, with the symbols of the full source" \
	"$(sfc prod debug web/1 --with / -- gdb -batch -nx -p 1 -ex bt "$dir/full/service" 2>/dev/null | grep -o 'wait_for_a_client (fd=[0-9])')" \
	'wait_for_a_client (fd=3)'
sfc prod debug web/1 --with / -- timeout 20 strace -q -p 1 -e trace=openat -o '|cat >&2' 2>strace.said &
strace=$!
asked() { debug nc 127.0.0.1 80 </dev/null >/dev/null; grep -q '/data/page' strace.said; }
check "strace sees what it opens" wait_for 15 asked
kill "$strace"
wait "$strace"
check "it goes on" test "$(debug nc 127.0.0.1 80 </dev/null)" = 'the page'

# --- the root that is called as it is ---
check "a root to work in, called as the application" sfc dev create web --from tools -q
check_equal "is taken by itself" "$(sfc prod debug web/1 -- ls /own /.instance/data)" "$(printf '/.instance/data:\npage\n\n/own:')"

# --- what is left ---
left() { prod_leftovers | grep -v "conmon.*web-1\|web-1-"; pgrep -f "sfc-debug-[0-9]"; ls -d /sys/fs/cgroup/*/sfc/sfc-debug-* /sys/fs/cgroup/sfc/sfc-debug-* 2>/dev/null; ls "$SFC_STATE/scratch" 2>/dev/null; }
check_equal "nothing is left" "$(left)" ''
sfc prod debug web/1 --with tools -- sleep 100 &
killed=$!
wait_for 10 pgrep -P "$killed"
kill -KILL "$killed"
gone() { ! pgrep -fx 'sleep 100' >/dev/null; }
check "who is killed leaves no process behind" wait_for 10 gone
check "nor is the instance touched" instance_is web/1 running
check "it is stopped" sfc prod stop web/1 --grace 1
check_fails "one that is stopped" 125 '*is not running*' sfc prod debug web/1 --with tools -- sh

# --- a service under test ---
check "a service is up under trace" sfc test start web -q -- sh -c 'exec sleep 77'
check_equal "its processes are seen" "$(sfc test debug web --with tools -- cat /proc/2/cmdline | tr '\0' ' ')" 'sleep 77 '
check_equal "and its files" "$(sfc test debug web --with tools -- ls /.instance/bin/busybox)" /.instance/bin/busybox
check "it is stopped" sfc test stop web -q
finish
