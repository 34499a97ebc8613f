#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Plain users among each other: what one runs another neither sees, reads, enters, stops nor holds up, whatever he lays
# in the way.
# shellcheck disable=SC2016,SC2317 # programs in quotes; called by names
# shellcheck disable=SC2034 # for tests/prod.sh
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
prod_by_user=1
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
requires gcc --version
requires strace -V
requires setfacl --version

other=sfco$$
user_make "$other" "$dir/other"
as_other() { user_run "$other" "$dir/other" "$@"; }
theirs() { as_other env SFC_STATE="$SFC_STATE" "$@"; }
other_words="setpriv --reuid $other --regid $(id -g "$other") --init-groups env -i HOME=$dir/other PATH=$dir/bin:/usr/bin:/bin:/usr/sbin:/sbin"
# shellcheck disable=SC2086 # words
by_other() { $other_words "$@"; }
# no CLAIM COMMAND…: the other cannot
no() {
	claim=$1
	shift
	# shellcheck disable=SC2086 # words
	check "$claim" sh -c '! "$@" >/dev/null 2>&1' sh $other_words "$@"
}

# --- one has an instance, with a secret, a set-id file in its layer and in its package, and processes of his range
printf '#include <stdio.h>\n#include <unistd.h>\nint main(void) { printf("%%d\\n", (int)geteuid()); return 0; }\n' >setuid.c
gcc -static -o setuid setuid.c 2>/dev/null || skip "needs a static libc to link with"
chmod 4755 setuid
busybox_package none.sfc app 'trap "exit 0" TERM; echo "up $SECRET"; while :; do sleep 0.1; done'
cp -p setuid tree.app/rootfs/bin/setuid
chmod 777 tree.app/rootfs/data
mksquashfs tree.app app.sfc -noappend -quiet -no-progress -comp zstd >/dev/null
sfc prod install app.sfc >/dev/null 2>&1
echo SECRET=s3cret$$ >"$home/secrets"
chown "$user" "$home/secrets"
chmod 600 "$home/secrets"
check "start" sfc prod start app --env-file "$home/secrets"
check "start as one of his range" sfc prod start app --name www --user 33:33 --env SECRET=s3cret$$
sfc prod exec app/1 -- sh -c 'cat /bin/setuid >/data/setuid && busybox chmod 4755 /data/setuid' || fail "no set-id file in the layer"
pid=$(instance_pid app/1) www=$(instance_pid app/www) conmon=$(about app/1 .conmon)
digest=$(about app/1 .package)
as_other sfc prod list >/dev/null 2>&1

# --- sees, reads (S7, S10)
check_equal "another does not see it" "$(as_other sfc ps -q)" ""
check_equal "even where he looks" "$(theirs sfc ps 2>&1)" "sfc: ps: cannot open the state directory '$SFC_STATE': Permission denied"
check_equal "the state is shut" "$(stat -c %a "$SFC_STATE")" 700
chmod 755 "$home"
for file in state.db namespace "store/kept/$digest/rootfs/bin/setuid" app/app/1/log app/app/1/layer/upper/data/setuid mounts cache; do
	check "there is $file" test -e "$SFC_STATE/$file"
	no "he does not find it" test -e "$SFC_STATE/$file"
done
for process in "$pid" "$www" "$conmon"; do
	for file in environ root/. cwd/. fd maps mem ns/user ns/mnt; do
		no "of a process of it he opens no $file" head -c 1 "/proc/$process/$file"
	done
	no "nor traces it" timeout 5 strace -qq -o /dev/null -p "$process"
	no "nor enters its namespaces" nsenter --user --target "$process" true
done
check_equal "a set-id file of a package makes him nobody" "$(by_other "/proc/$pid/root/bin/setuid" 2>/dev/null)" ""
check_equal "nor one of a layer" "$(by_other "/proc/$conmon/root$SFC_STATE/mounts/root/data/setuid" 2>/dev/null)" ""
check_equal "inside it counts" "$(sfc prod exec app/1 -- /data/setuid)" 0
check_equal "no command line says the secret" "$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' | grep -c "[s]3cret$$")" 0
check_equal "no file that others could open has it" "$(find "$SFC_STATE" -type f -perm /044 -exec grep -l s3cret$$ {} + | grep -v /layer/ | grep -cv "/log$")" 0

# --- stops (S7)
for process in "$pid" "$www" "$conmon"; do
	no "he cannot stop a process of it" kill -9 "$process"
done
no "nor by sfc" env SFC_STATE="$SFC_STATE" sfc prod stop app
check "it runs" sfc prod health app

# --- locks (S23)
for file in . store/lock namespace app/app/1/layer; do
	no "he cannot lock $file" flock -n "$SFC_STATE/$file" true
done
chmod 700 "$home"

# --- what he lays in the way (S12, S22)
mkdir -m 1777 open
by_other mkdir "$dir/open/state"
check_fails "a state of another is refused" 1 "*the state directory '$dir/open/state' belongs to user*" \
	user_run "$user" "$home" env SFC_STATE="$dir/open/state" sfc ps
by_other ln -s "$dir/other/.local/share/sfc" "$dir/open/link"
check_fails "behind a link, too" 1 "sfc: ps: cannot open the state directory*" user_run "$user" "$home" env SFC_STATE="$dir/open/link" sfc ps
# an export is written beside itself, under a name that nobody knows before
as_user sh -c 'echo mine >victim'
chmod 755 "$home"
for name in out.tar.new .out.tar.new out.tar.tmp .out.tar out.tar~; do by_other ln -sf "$home/victim" "$dir/open/$name"; done
as_user sfc export "$dir/app.sfc" --to oci -o "$dir/open/out.tar" || fail "no export"
check "what is written where others write is there" test -s "$dir/open/out.tar"
check_equal "and links under names that could be guessed lead nowhere" "$(cat "$home/victim")" mine
chmod 700 "$home"
# his process under a number that is noted in the list of whom to join
# shellcheck disable=SC2086 # words
$other_words unshare --user --map-root-user sleep 1000 &
stranger=$!
on_exit sh -c "kill -9 $stranger 2>/dev/null"
joined() { [ "$(readlink "/proc/$stranger/ns/user")" != "$(readlink /proc/self/ns/user)" ]; }
check "another has a namespace of his own" wait_for 10 joined
{
	printf '%-10d %-20d %-20d %-36s\n' "$stranger" "$(sed 's/.*) //' "/proc/$stranger/stat" | cut -d' ' -f20)" \
		"$(stat -L -c %i /proc/self/ns/pid)" "$(cat /proc/sys/kernel/random/boot_id)"
	cat "$SFC_STATE/namespace"
} >list
cat list >"$SFC_STATE/namespace"
check_equal "nobody is led into it" "$(sfc prod exec app/1 -- cat /proc/self/uid_map | awk 'NR == 1 { print $2 }')" "$uid"

# --- whose limits (S11)
mkdir conf
printf 'default instances=1 memory=1M\n' >conf/limits.conf
mkdir -p /etc/sfc
on_exit rmdir --ignore-fail-on-non-empty /etc/sfc
# shellcheck disable=SC2016
check "limits.conf is for what root runs for others" unshare -m --propagation private sh -c 'mount --bind "$1" /etc/sfc && shift && exec "$@"' sh "$dir/conf" \
	setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups env -i HOME="$home" PATH="$dir/bin:/usr/bin:/bin" SFC_STATE="$SFC_STATE" sfc prod start app --name limited
check_fails "nobody starts for another" 1 "sfc: prod: only root may start instances for another user ('$other')" sfc prod start app --name x --for "$other"

# --- what an access control list keeps from somebody his traces do not show him (S13)
cp -a tree.app/rootfs acl
for file in other www; do echo "in $file" >acl/etc/$file; done
setfacl -m "u:$other:---" acl/etc/other
setfacl -m "u:$((range + 32)):---" acl/etc/www
# ends COMMAND…: how its trace ended
ends() { "$@" 2>&1 | sed -n 's/^test *cat ended with status \([0-9]*\) .*/\1/p'; }
check_equal "in a root of others, who is denied" "$(ends as_other sfc slim --root "$dir/acl" -o "$dir/other/acl.sfc" -- cat /etc/other)" 1
tar -C acl -cf - . | as_user sh -c 'mkdir acl && tar -C acl -xf -'
setfacl -m "u:$((range + 32)):---" "$home/acl/etc/www"
check_equal "in a root of his, one of his range who is denied" "$(ends sfc slim --root "$home/acl" -o "$home/www.sfc" -u 33:33 -- cat /etc/www)" 1
check_equal "who is on no list reads what has none" "$(ends sfc slim --root "$home/acl" -o "$home/www.sfc" -u 33:33 -- cat /etc/other)" 0

# --- and both at once
as_other env SFC_STATE= sfc prod install "$dir/app.sfc" >/dev/null 2>&1
check "another has the same, by its name" as_other sfc prod start app
check_equal "each lists his own" "$(as_other sfc ps -q) $(sfc ps -q | tr '\n' ' ')" "app/1 app/1 app/limited app/www "
check "one stops" as_other sfc prod rm app --all
check "the other runs on" sfc prod health app
check "rm" sfc prod rm app --all --grace 1
finish
