#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A package's variables are its program's alone: the loader of a host's program that saw them loaded the
# package's library, or wrote where they said, as root of the host.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/threats/lib.sh"
requires gcc --version

cat >mark.c <<'C'
#include <fcntl.h>
#include <unistd.h>
__attribute__((constructor)) static void mark(void)
{
	close(open(MARK, O_CREAT | O_WRONLY, 0644));
}
C
gcc -shared -fPIC -DMARK="\"$dir/mark\"" -o mark.so mark.c
chmod 755 mark.so
mkdir lib && cp mark.so lib/libc.so.6
unharmed() {
	check "$1: no program of the host took it" test ! -e "$dir/mark" -a -z "$(find "$dir" -maxdepth 1 -name 'debug.*')"
	rm -f "$dir/mark" "$dir"/debug.*
}

# S14
for variable in "LD_PRELOAD=$dir/mark.so" "LD_AUDIT=$dir/mark.so" "LD_LIBRARY_PATH=$dir/lib" "LD_DEBUG_OUTPUT=$dir/debug" \
	"GCONV_PATH=$dir" "BASH_ENV=$dir/mark.sh" "ENV=$dir/mark.sh" "GLIBC_TUNABLES=glibc.malloc.check=3" "LOCPATH=$dir" "TMPDIR=$dir"; do
	echo "touch $dir/mark" >mark.sh
	hostile bad.sfc '.process.env += [$v, "LD_DEBUG=all"] | .process.args = ["/bin/env"]' --arg v "$variable"
	sfc run -q bad.sfc >out 2>err
	check_equal "$variable: it runs" $? 0
	check "$variable: the program has it" grep -qxF "$variable" out
	unharmed "$variable"
	sfc run -q --network none bad.sfc >/dev/null 2>&1
	unharmed "$variable, without a network"
	sfc verify -q --root "$tree/rootfs" --compare status bad.sfc >/dev/null 2>&1
	unharmed "$variable, verify"
done
hostile bad.sfc '.process.env += ["LD_PRELOAD=\($d)/mark.so"]' --arg d "$dir"
sfc run -q --env "LD_AUDIT=$dir/mark.so" bad.sfc -- /bin/true
unharmed "the caller's own --env"
if [ -c /dev/fuse ]; then
	timeout 120 sfc slim -q --root "$tree/rootfs" --env "LD_PRELOAD=$dir/mark.so" --env "LD_DEBUG_OUTPUT=$dir/debug" --env LD_DEBUG=all \
		-o slim.sfc -- /bin/true >/dev/null 2>err
	unharmed "slim"
fi
sfc prod install bad.sfc --name bad >/dev/null
on_exit sfc prod rm bad --all --grace 0
if command -v runc >/dev/null; then
	sfc prod start bad --runtime runc >/dev/null 2>&1
	unharmed "prod, runc"
fi
if command -v crun >/dev/null; then
	sfc prod start bad --name c --runtime crun >/dev/null 2>&1
	unharmed "prod, crun"
fi
sfc prod rm bad --all --grace 0 >/dev/null 2>&1

# names the shell would not have, order, and values that are awkward
hostile odd.sfc '.process.env = ["PATH=/bin", "a.b-c=1", "--x=2", "E=", "Q=\u0027\"$HOME`id`", "N=one\ntwo", "S= x "]
	| .process.args = ["/bin/env"]'
sfc run -q odd.sfc | grep -v '^HOME=' >out
check_equal "every variable arrives as it is" "$(cat out)" "PATH=/bin
a.b-c=1
--x=2
E=
Q='\"\$HOME\`id\`
N=one
two
S= x "
hostile odd.sfc '.process.args = ["-c", "id"]'
check_fails "a command that looks like an option" 127 "sfc: run: *" sfc run -q odd.sfc
hostile odd.sfc '.process.args = ["--help"]'
check_fails "and another" 127 "sfc: run: *" sfc run -q odd.sfc
check "nothing is left" nothing_is_left
finish
