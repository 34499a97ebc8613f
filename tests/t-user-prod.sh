#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod by a plain user: a package is extracted once with its owners, instances share it, whatever ends one way or the
# other leaves no process and no mount, and what only root can do is one line.
# shellcheck disable=SC2016,SC2317 # programs in quotes; called by names
# shellcheck disable=SC2034 # for tests/prod.sh
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
prod_by_user=1
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
requires setcap -h

# his PATTERN: what runs of his, by name
his() { ps -e -o uid=,pid=,stat=,comm= | awk -v u="$uid" -v f="$range" '($1 == u || ($1 >= f && $1 < f + 65536)) && $3 !~ /Z/ { print $4 }' | grep -c "${1:-.}"; }
run() { word=$1; shift; sfc prod exec "$word" -- "$@"; }

# --- taking in
server='trap "echo asked; exit 0" TERM; echo "started $SFC_APP/$SFC_INSTANCE"; while :; do sleep 0.1; done'
busybox_package none.sfc app "$server"
mkdir -p tree.app/rootfs/own tree.app/rootfs/dir
echo first >tree.app/rootfs/version
echo www >tree.app/rootfs/own/www
echo closed >tree.app/rootfs/own/closed
cp "$(command -v busybox)" tree.app/rootfs/bin/capable
chown 33:33 tree.app/rootfs/own/www
chown 999:999 tree.app/rootfs/own/closed tree.app/rootfs/dir
chmod 600 tree.app/rootfs/own/closed
chmod 700 tree.app/rootfs/dir
chmod 4755 tree.app/rootfs/bin/capable
mknod tree.app/rootfs/own/device c 1 3
setfattr -n user.overlay.opaque -v y tree.app/rootfs/etc
squash() { mksquashfs tree.app "$1" -noappend -quiet -no-progress -comp zstd >/dev/null; }
squash one.sfc
echo second >tree.app/rootfs/version
rm tree.app/rootfs/own/device
squash two.sfc
chown -R 0:0 tree.app/rootfs/own
echo 'exit 3' >tree.app/rootfs/etc/main.sh
squash bad.sfc

check_fails "another digest is refused" 1 "*is not what was asked for: it is sha256:*" sfc prod install one.sfc --digest "sha256:$(printf %064d 0)"
check_equal "and nothing of it is kept" "$(find "$SFC_STATE/store/kept" -mindepth 1)" ""
sfc prod install one.sfc >said 2>errors
check_equal "install" $? 0
digest=$(sha256sum one.sfc | cut -d' ' -f1)
check "says the size on disk" grep -qx "app  [0-9.]* [kM]B, extracted [0-9.]* MB  sha256:$digest" said
check "and that device nodes are left out" grep -qx "sfc: prod: warning: 1 device node of 'one.sfc' left out: only root may make them" errors
kept=$SFC_STATE/store/kept/$digest/rootfs
check_equal "owners are numbers of his range" "$(stat -c %u:%g "$kept/own/www" "$kept/own/closed" "$kept/version" | tr '\n' ' ')" \
	"$((range + 32)):$((range + 32)) $((range + 998)):$((range + 998)) $uid:$(id -g "$user") "
check_equal "modes are what they were" "$(stat -c %a "$kept/own/closed" "$kept/dir" "$kept/bin/capable" | tr '\n' ' ')" "600 700 4755 "
check_equal "nothing steers the layers above" "$(getfattr -R -h -d -m '.*overlay.*' "$kept" 2>/dev/null)" ""
check_equal "nobody else enters" "$(stat -c %a:%u "$SFC_STATE")" "700:$uid"
sfc prod install one.sfc >said 2>/dev/null
check "it is extracted once" grep -qx "app  [0-9.]* [kM]B  sha256:$digest" said
check_equal "no copy of the file stays" "$(find "$SFC_STATE/store/files" -mindepth 1)" ""
check_equal "nothing runs for it" "$(his)" 0

# --- up and down
check "start" sfc prod start app --count 3 --restart on-failure
check_equal "list" "$(sfc ps | awk 'NR > 1 { print $1, $2, $4 }' | sort | tr '\n' ' ')" "app/1 running $user app/2 running $user app/3 running $user "
check_equal "one conmon each, and nothing else of ours" "$(his conmon) $(his sfc) $(his squashfuse)" "3 0 0"
check_equal "nothing is mounted where others see it" "$(grep -c "$SFC_STATE" /proc/self/mountinfo)" 0
check_equal "exec: whose files are whose" "$(run app/1 busybox stat -c %u /own/www /own/closed /version | tr '\n' ' ')" "33 999 0 "
check "what is closed to others is not to root inside" run app/1 busybox grep -q closed /own/closed
check "an owner can be changed" run app/1 sh -c 'echo x >/data/x && busybox chown 33 /data/x'
check_equal "and a directory of the base removed and made again" "$(run app/1 sh -c 'rm -rf /own && mkdir /own && ls /own' | wc -l)" 0
check_equal "which the others have" "$(run app/2 cat /own/www)" www
check_equal "his set-id files count inside" "$(run app/2 busybox stat -c %a /bin/capable)" 4755
check_equal "logs" "$(sfc prod logs app | grep -c 'started app/')" 3
pid=$(instance_pid app/2)
kill -9 "$pid"
again() { [ -n "$(instance_pid app/2)" ] && [ "$(instance_pid app/2)" != "$pid" ] && instance_is app/2 running; }
check "what failed comes up again" wait_for 20 again
check_equal "where his other commands find it" "$(run app/2 cat /version)" first
pid=$(instance_pid app/2)
kill -9 "$pid"
check "and again" wait_for 20 again
conmon=$(about app/3 .conmon)
kill -9 "$conmon"
check "who lost his conmon is named" wait_for 5 instance_is app/3 unwatched
check "and a restart mends it" sfc prod restart app/3
check "all are well" sfc prod health app
check "stop" sfc prod stop app
check_equal "nothing runs" "$(his)" 0
check_equal "it was asked" "$(sfc prod logs app/1 | grep -c asked)" 1
check "and up again" sfc prod start app
check_equal "with what it wrote" "$(run app/1 busybox stat -c %u /data/x)" 33

# --- as another user inside, whom nobody outside may kill but he
check "as www-data" sfc prod start app --name www --user 33:33
check_equal "it is one of his range" "$(ps -o uid= -p "$(instance_pid app/www)" | tr -d ' ')" $((range + 32))
check "stops" sfc prod stop app/www
check_equal "by itself" "$(about app/www .status)" 0
check "rm" sfc prod rm app/www

# --- ready, health
check "ready by a command on the host" sfc prod start app --name r --ready 'test "$SFC_INSTANCE" = r && test -d /proc/$SFC_PID' --health 'test -e /data/ill && exit 1 || exit 0'
check "healthy" sfc prod health app/r
check_fails "what is not ready is taken down" 1 "sfc: prod: app/never did not become ready*" sfc prod start app --name never --ready false --timeout 1
check_fails "and is no instance" 1 "sfc: prod: 'app' has no instance 'never'*" sfc prod stop app/never
check "rm" sfc prod rm app/r

# --- another base
check "update" sfc prod update app two.sfc
check_equal "below each" "$(for i in 1 2 3; do run app/$i cat /version; done | tr '\n' ' ')" "second second second "
check_equal "what was written stays" "$(run app/1 busybox stat -c %u /data/x) $(run app/1 ls /own | wc -l)" "33 0"
sfc prod update app bad.sfc >/dev/null 2>errors
check_equal "a base on which they do not live" $? 1
check "is taken back, and said" grep -q "every instance of 'app' is back on" errors
check_equal "everywhere" "$(for i in 1 2 3; do run app/$i cat /version; done | tr '\n' ' ')" "second second second "
check "rollback" sfc prod rollback app
check_equal "to the first" "$(run app/2 cat /version)" first
check_equal "two bases are kept, and no part of a third" "$(find "$SFC_STATE/store/kept" -mindepth 1 -maxdepth 1 | wc -l)" 2

# --- what is killed
for signal in 1 2 3; do
	sfc prod start app --name "k$signal" --restart always >/dev/null 2>&1 &
	sleep "0.0$((signal * 3))"
	for pid in $(ps -e -o uid=,pid=,args= | awk -v u="$uid" '$1 == u && $3 ~ /sfc$/ && $5 == "start" { print $2 }'); do kill -9 "$pid" 2>/dev/null; done
	wait $!
done
check "the next command mends it" sfc prod start app --name after
check "repair" sfc doctor --repair >/dev/null
(setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups env -i HOME="$home" PATH="$dir/bin:/usr/bin:/bin" SFC_STATE="$SFC_STATE" \
	strace -f -qq -o /dev/null -e trace=renameat,rename -e inject=renameat,rename:signal=KILL:when=1 sfc prod install two.sfc --name other) >/dev/null 2>&1
sfc prod install two.sfc --name other >/dev/null 2>&1
check_equal "a killed install leaves nothing once there was another" "$(find "$SFC_STATE/store/kept" -mindepth 1 -maxdepth 1 -name '.*')" ""
check "rm" sfc prod rm other --all

# --- the guard
mkdir -p traced/bin traced/etc traced/proc traced/sys traced/dev traced/tmp
cp "$(command -v busybox)" traced/bin/busybox
for tool in sh cat sleep; do ln -s busybox "traced/bin/$tool"; done
echo used >traced/etc/used
echo unused >traced/etc/unused
env SFC_STATE="$dir/root-state" "$builddir/stage/sfc" slim -q --root traced -o guarded.sfc --compare none -- sh -c 'cat /etc/used; sleep 0' >/dev/null || fail "no package to guard"
sfc prod install guarded.sfc --name guarded >/dev/null
check "start with a guard" sfc prod start guarded --name report --guard report -- sh -c 'cat /etc/unused; while :; do sleep 1; done'
check "what is missed is reported" wait_for 20 sh -c "$(command -v setpriv) --reuid $user --regid $(id -g "$user") --init-groups env -i HOME=$home PATH=$dir/bin:/usr/bin:/bin SFC_STATE=$SFC_STATE sfc prod misses guarded | grep -q /etc/unused"
check "and healed from a root he may read" sfc prod start guarded --name heal --guard heal --guard-source "$dir/traced" -- sh -c 'cat /etc/unused; while :; do sleep 1; done'
healed() { sfc prod logs guarded/heal | grep -q unused; }
check "is there" wait_for 20 healed
check "rm" sfc prod rm guarded --all --grace 1
check_equal "no guard is left" "$(his tracefs)" 0

# --- at boot
user_environment="SFC_UNIT_DIR=$home/units"
check_equal "enable" "$(sfc prod enable app)" "app starts when you log in (sfc-app.service, of yours); at boot after 'loginctl enable-linger'"
unit=$home/units/sfc-app.service
check_equal "its unit is wanted" "$(readlink -f "$home/units/default.target.wants/sfc-app.service")" "$unit"
check "and one that systemd understands" grep -qx "ExecStart=\"$dir/bin/sfc\" prod _boot-up app" "$unit"
if command -v systemd-analyze >/dev/null; then
	check_equal "all of it" "$(cd "$home/units" && SYSTEMD_LOG_LEVEL=warning systemd-analyze --user verify ./sfc-app.service 2>&1 | grep -i sfc-app)" ""
fi
sfc prod start app --name boot1 --restart always >/dev/null && sfc prod start app --name boot2 >/dev/null && sfc prod stop app/boot2 >/dev/null
# unit_does KEY: what its line says, as his manager would
unit_does() {
	setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups env -i HOME="$home" PATH=/usr/bin:/bin "SFC_STATE=$SFC_STATE" \
		sh -c "exec $(sed -n "s/^$1=//p" "$unit")"
}
check "down" unit_does ExecStop
check_equal "nothing runs" "$(his)" 0
check "up" unit_does ExecStart
check_equal "what was up, and nothing else" "$(instance_is app/boot1 running && instance_is app/boot2 stopped; echo $?)" 0
check "another time changes nothing" unit_does ExecStart
check_equal "it is the same" "$(sfc prod inspect app/boot1 --json | jq '.[0].restarts')" 0
check "disable" sfc prod disable app
check_equal "no unit is left" "$(find "$home/units" -name '*.service')" ""
check_fails "once" 1 "sfc: prod: 'app' is not enabled" sfc prod disable app
sfc prod rm app/boot1 app/boot2 --grace 1

# --- one line each
check_fails "a layer's size is root's" 1 "*: --layer-size is root's alone*" sfc prod start app --layer-size 16M
check_fails "so is a limit where he has no groups" 1 "*memory*" sfc prod start app --memory 64M
check_fails "and a port below 1024" 1 "*80*" sfc prod start app -p 80:80

# --- after a boot it is looked whether a package is what was installed
kept=$SFC_STATE/store/kept/$digest
noted() { getfattr --only-values -n user.sfc.sum "$kept" 2>/dev/null; }
another_boot() { setfattr -n user.sfc.sum -v "$(noted | cut -d' ' -f1) 00000000-0000-0000-0000-000000000000" "$kept"; }
sfc prod rm app --all --grace 0
sfc prod install one.sfc >/dev/null 2>&1
boot=$(cat /proc/sys/kernel/random/boot_id)
check_equal "what was installed is noted with the boot" "$(noted | cut -d' ' -f2)" "$boot"
another_boot
check "the first start after another one reads all of it" sfc prod start app/b
check_equal "and notes that" "$(noted | cut -d' ' -f2)" "$boot"
sfc prod stop app/b --grace 0
was=$(stat -c %y "$kept/rootfs/version")
echo fIrst >"$kept/rootfs/version"
touch -d "$was" "$kept/rootfs/version"
another_boot
check_fails "a file that is another is not started from" 1 "*the package '$kept' was altered after it was installed; install it again" sfc prod start app/b
check "installing it again" sfc prod install one.sfc --name again
check "mends that" sfc prod start app/b
check_equal "it is as it was" "$(run app/b cat /version)" first

check "rm --all" sfc prod rm app --all --grace 0
check "of the other, too" sfc prod rm again --all
check_equal "no process is left" "$(his)" 0
check_equal "no package, no instance" "$(find "$SFC_STATE/store/kept" "$SFC_STATE/app" "$SFC_STATE/run" -mindepth 1)" ""
finish
