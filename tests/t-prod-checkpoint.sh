#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod checkpoint and restore: an instance becomes a file and goes on from it, with the confinement it had.
# shellcheck disable=SC2015,SC2016,SC2119,SC2317 # skips; a script for inside; no arguments; called by wait_for
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"

busybox_package count.sfc count 'i=0; rm -f /etc/group; while :; do i=$((i + 1)); echo $i >/data/n; sleep 0.1; done'
n() { cat "$SFC_STATE/app/count/$1/layer/upper/data/n"; }
beyond() { [ "$(n "$1")" -gt "$2" ] 2>/dev/null; }
# confined APP/I: what the kernel says its process may
confined() { grep -E '^(Cap...|NoNewPrivs|Seccomp):' "/proc/$(instance_pid "$1")/status" | tr -s '\n\t' '  '; }
sfc prod install count.sfc 2>/dev/null >said

# --- what cannot be
check "a runtime without CRIU" sfc prod start count --name 7 --runtime crun
check_fails "says so" 1 "*crun cannot checkpoint it*" sfc prod checkpoint count/7 -o none
check "and it runs on" instance_is count/7 running
check_equal "and nothing is written" "$(find . -maxdepth 1 -name none)" ""
check_fails "nor to a place that cannot be written" 1 "*none/file*" sfc prod checkpoint count/7 -o none/file
check "nor then is it down" instance_is count/7 running
sfc prod stop count/7 --grace 0 >/dev/null
check_fails "one that does not run" 1 "*count/7 is not running*" sfc prod checkpoint count/7
echo text >text
check_fails "what nobody made here" 1 "*'text' was not made here*--digest*" sfc prod restore text
check_fails "what is none at all" 1 "*'text'*" sfc prod restore text --digest "sha256:$(sha256sum <text | cut -d' ' -f1)"
check_fails "what is not there" 1 "*'nothing'*" sfc prod restore nothing
check_equal "nothing of these is left" "$(sqlite3 "$SFC_STATE/state.db" "SELECT group_concat(name, ' ') FROM instance")$(find "$SFC_STATE/app" -name 'images' -o -name 'layer.*')" "7"
prod_down

# --- with a CRIU that works: SFC_TEST_LONG, for it comes from Debian's next
[ -n "${SFC_TEST_LONG:-}" ] || finish
sfc prod install count.sfc >/dev/null 2>&1
requires mmdebstrap --version
requires gcc --version
# A CRIU that knows this kernel: Debian's next, by its own loader. Kernels from 6.16 on refuse what it asks of TCP
# sockets; that is what the few lines in front of it are for.
SFC_TEST_SUITE=trixie
export SFC_TEST_SUITE
suite=$("$srcdir/tests/minbase.sh" criu) || skip "no CRIU to be had"
unset SFC_TEST_SUITE
cat >front.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
int getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	int (*next)(int, int, int, void *, socklen_t *) = (int (*)(int, int, int, void *, socklen_t *))dlsym(RTLD_NEXT, "getsockopt");
	int r = next(fd, level, name, value, size);

	if (r < 0 && errno == EOPNOTSUPP && level == SOL_SOCKET) {
		memset(value, 0, *size);
		return 0;
	}
	return r;
}
END
gcc -shared -fPIC -o front.so front.c -ldl || skip "nothing to build with"
lib=$suite/usr/lib/$(gcc -print-multiarch)
cat >criu <<END
#!/bin/sh
exec $(find "$suite/usr/lib" -name 'ld-linux*.so.*' | head -1) --library-path $lib --preload $dir/front.so $suite/usr/sbin/criu "\$@"
END
chmod 755 criu . && ./criu check >/dev/null 2>&1 || skip "CRIU does not work with this kernel: $(./criu check 2>&1 | head -1)"
with="--runtime runc --runtime-arg=--criu=$dir/criu"

# shellcheck disable=SC2086 # words
check "a service" sfc prod start count --name 1 $with
wait_for 10 beyond 1 5
was=$(confined count/1)
check "checkpoint" sfc prod checkpoint count/1 -o one
at=$(n 1)
check "it is down" instance_is count/1 stopped
check_equal "the file is nobody else's" "$(stat -c %a one)" 600
check_equal "nothing is left of it" "$(prod_leftovers)$(find "$SFC_STATE/app" -name images)" ""
check "its digest stands in state.db" test -n "$(sqlite3 "$SFC_STATE/state.db" \
	"SELECT 1 FROM event WHERE object = 'checkpoint/sha256:$(sha256sum <one | cut -d' ' -f1)'")"
check "restore" sfc prod restore one
check_fails "a file that is there is not replaced" 1 "*'one' exists*" sfc prod checkpoint count/1 -o one
check "it goes on, and does not begin anew" wait_for 10 beyond 1 "$at"
check_equal "what it deleted is deleted" "$(sfc prod exec count/1 -- ls /etc | grep -c group)" 0
check_equal "with capabilities, no_new_privs and a filter as before" "$(confined count/1)" "$was"
check "two more of the same file" sh -c 'sfc prod restore one count/2 && sfc prod restore one count/3'
for i in 2 3; do
	check "number $i goes on by itself" wait_for 10 beyond "$i" "$at"
	check_equal "as confined" "$(confined "count/$i")" "$was"
done
check_fails "one that runs" 1 "*count/2 is running; stop it first*" sfc prod restore one count/2
# masked files are not the host's /dev/null
mode=$(stat -c '%a %u' /dev/null)
sfc prod exec count/2 -- busybox chmod 600 /proc/keys 2>said
check_equal "what is masked is not to be changed" "$(grep -c 'Read-only' said) $(stat -c '%a %u' /dev/null)" "1 $mode"

# --- whom to believe
cp one other
printf x >>other
check_fails "one that was not made here" 1 "*'other' was not made here*--digest*" sfc prod restore other count/4
check_fails "another than that" 1 "*'one' is sha256:*not sha256:12*" sfc prod restore one count/4 --digest sha256:12
check_fails "what is none" 1 "*count.sfc*" sfc prod restore count.sfc count/4 --digest "sha256:$(sha256sum <count.sfc | cut -d' ' -f1)"
check_equal "nothing of these is left" "$(sqlite3 "$SFC_STATE/state.db" "SELECT group_concat(name, ' ') FROM (SELECT name FROM instance ORDER BY name)")" "1 2 3"
# shellcheck disable=SC2086
check "one with more" sfc prod start count --name 5 --cap-add SYS_ADMIN $with
check "…" sfc prod checkpoint count/5 -o more
# shellcheck disable=SC2086
check "one with less, stopped" sfc prod start count --name 6 $with
sfc prod stop count/6 --grace 0
check_fails "is not to have what the other had" 1 "*capabilities that it is not to have*" sfc prod restore more count/6
check_equal "and does not run" "$(instance_pid count/6)" ""
here=$SFC_STATE SFC_STATE=$dir/elsewhere
sfc prod install count.sfc >/dev/null 2>&1
check_fails "another state does not know it" 1 "*was not made here*" sfc prod restore one
check_fails "nor take from it what is beyond the default" 1 "*not made here and asks for --runtime-arg*" \
	sfc prod restore one --digest "sha256:$(sha256sum <one | cut -d' ' -f1)"
# shellcheck disable=SC2086
sfc prod start count --name 1 $with >/dev/null && sfc prod stop count/1 --grace 0
check "but with its digest, into one that has it" sfc prod restore one --digest "sha256:$(sha256sum <one | cut -d' ' -f1)"
check "it goes on there" wait_for 10 beyond 1 "$at"
prod_down
SFC_STATE=$here

# --- a restore that fails loses nothing of what was there
# shellcheck disable=SC2086
check "one that has written something else" sfc prod start count --name 8 $with
wait_for 10 beyond 8 3
sfc prod stop count/8 --grace 0 >/dev/null
kept=$(n 8)
printf '#!/bin/sh\ncase " $* " in *" restore "*) exit 1 ;; esac\nexec runc "$@"\n' >unable
chmod 755 unable
check "started by who cannot restore" sh -c "sfc prod start count/8 --runtime $dir/unable && sfc prod stop count/8 --grace 0"
kept=$(n 8)
check_fails "a restore that fails" 1 "*count/8*" sfc prod restore one count/8
check_equal "what it had written is there" "$(n 8)" "$kept"
check_equal "and nothing beside it" "$(find "$SFC_STATE/app/count/8" -name 'images' -o -name 'layer.*')" ""
prod_down
check_equal "nothing is left" "$(prod_leftovers)" ""
finish
