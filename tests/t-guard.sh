#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The miss guard: what a package lacks is reported or served, and comes back into the next package.
# shellcheck disable=SC2016,SC2094,SC2317 # programs in quotes
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
requires fuse
requires sqlite3 --version
requires strace -V

mkdir -p full/bin full/etc full/opt/deep
for place in proc sys dev run tmp; do mkdir "full/$place"; done
cp "$(command -v busybox)" full/bin/busybox
for tool in sh cat sleep ls; do ln -s busybox "full/bin/$tool"; done
echo used >full/etc/used
echo unused >full/etc/unused
echo deep >full/opt/deep/file
mkdir full/opt/other
echo other >full/opt/other/file
check "dev" sfc dev create app --from full
check_equal "test" "$(sfc test app -q -- sh -c 'cat /etc/used; ls /nothing 2>/dev/null; exec cat /etc/used')" "used
used"
check "pack" sfc pack app -o one.sfc --quiet --arg sh --arg -c --arg 'trap "exit 0" TERM; while :; do sleep 0.1; done' --include /bin/sleep --include /bin/cat
check "install" sfc prod install one.sfc

misses() { sfc prod misses "app/$1" --json | jq -r '[.[].path] | join(" ")'; }
look='cat /etc/unused /opt/deep/file /etc/never; [ -d /opt/other ]'
for guard in report heal deny; do
	# it finds tracefs beside itself
	check "$guard: start" env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$builddir/stage/sfc" prod start "app/$guard" --guard $guard
	check_equal "$guard: a file of the package" "$(sfc prod exec "app/$guard" -- cat /etc/used)" used
	check_equal "$guard: no miss yet" "$(sfc prod misses app/$guard)" ""
	check_equal "$guard: healthy" "$(sfc prod health app/$guard)" "app/$guard  running"
	wanted=
	[ $guard != heal ] || wanted="unused deep"
	check_equal "$guard: what was left out" "$(sfc prod exec "app/$guard" -- sh -c "$look" 2>/dev/null | tr '\n' ' ' | sed 's/ $//')" "$wanted"
	wanted="/etc/unused /opt/deep/file" # that there is no /opt is known to the kernel by then
	[ $guard != heal ] || wanted="/etc/unused /opt /opt/deep /opt/deep/file /opt/other"
	check_equal "$guard: only what was left out is missed" "$(misses $guard | tr ' ' '\n' | sort | tr '\n' ' ')" "$wanted "
	check_equal "$guard: by whom" "$(sfc prod misses app/$guard --json | jq -r '[.[].by[]] | unique[]')" /bin/busybox
	check_equal "$guard: of kind prod" "$(sqlite3 "$SFC_STATE/app/app/$guard/misses"/*.db 'SELECT DISTINCT kind, label FROM session')" "prod|app/$guard"
done
check "a table for people" sh -c 'sfc prod misses app/report | grep -q "^app/report  /etc/unused  *1  */bin/busybox  *20[0-9-]* [0-9:]*$"'
check "deny: unhealthy" instance_is app/deny unhealthy
check_equal "health says why and fails" "$(sfc prod health app/deny; echo $?)" "app/deny  unhealthy: 2 files were missed
1"
check "status says so" expr "$(sfc status | grep '^app  *prod')" : '.* 3 up .*, 1 unhealthy'
check_equal "report and heal: healthy" "$(sfc prod health app/report app/heal)" "app/report  running
app/heal  running"
check "the misses outlive the guard" sfc prod stop app/deny --grace 1
check "it starts again without" sfc prod start app/deny --guard off
check_equal "and is healthy" "$(sfc prod health app/deny)" "app/deny  running"
check_equal "they are still there" "$(misses deny | wc -w)" 2

pack() { sfc pack app -o "$1" --quiet --arg sh --arg -c --arg 'trap "exit 0" TERM; while :; do sleep 0.1; done' --include /bin/sleep --include /bin/cat "$2" "$3"; }
check "the next package" pack two.sfc --with-misses app
check "has what was missed" sh -c 'unsquashfs -ll two.sfc rootfs/opt | grep -q rootfs/opt/deep/file'
check_equal "and only that" "$(unsquashfs -ll two.sfc | grep -c 'rootfs/opt/other/file')" 0
tracepack why two.sfc /etc/unused >why
check "why says by whom, and in which instance" grep -q "app/report.*/bin/busybox\|/bin/busybox.*app/report" why
check "the command is still that of the test" sh -c 'unsquashfs -cat two.sfc config.json | jq -e ".process.args[0] == \"sh\""'
check "update" sfc prod update app two.sfc
check_equal "report: now it is there" "$(sfc prod exec app/report -- cat /etc/unused /opt/deep/file | tr '\n' ' ')" "unused deep "
check_equal "report: no miss any more" "$(misses report)" ""
check "the misses stay in the evidence" pack three.sfc --level 3
check_equal "so the package after has them too" "$(unsquashfs -ll three.sfc | grep -c 'rootfs/etc/unused\|deep/file')" 2

# --- a guard that dies, an instance that does
guard_of() { sqlite3 "$SFC_STATE/state.db" "SELECT guard FROM run WHERE instance = '$1' ORDER BY id DESC LIMIT 1"; }
killed=$(guard_of report)
kill -9 "$killed"
check "a guard that was killed is seen" wait_for 30 instance_is app/report unhealthy
check_equal "health says what to do" "$(sfc prod health app/report)" "app/report  unhealthy: its guard died: restart it"
check "a restart mends it" sfc prod restart app/report --grace 1
check_equal "and it is healthy" "$(sfc prod health app/report)" "app/report  running"
sfc prod exec app/report -- cat /opt/other/file 2>/dev/null
guard=$(guard_of report)
kill -9 "$(instance_pid app/report)"
check "the guard ends with its instance" wait_for 30 sh -c "! kill -0 $guard"
check_equal "and its session is whole" "$(sqlite3 "$(ls -t "$SFC_STATE/app/app/report/misses"/*.db | head -n 1)" "SELECT DISTINCT state FROM session ORDER BY id DESC LIMIT 1")" complete
check_equal "with what was missed" "$(misses report)" /opt/other/file
check_fails "a source that is none is named" 1 "*there is no directory and no name of sfc dev '$dir/none'*" \
	sfc prod start app --guard heal --guard-source "$dir/none"
check_fails "a guard that is none is a wrong usage" 2 "*--guard is report, heal, deny or off, not 'maybe'*" sfc prod start app --guard maybe
check "rm" sfc prod rm app --all --grace 1
check_equal "nothing is left" "$(prod_leftovers)" ""
check_equal "nor a guard" "$(pgrep -af "tracefs.*$SFC_STATE")" ""

# --- sfc takes the guard's mount from its place as soon as it is seen: tracefs is asked by its device, which is that
# of the mount and not of what is at the place by then
mkdir taken
strace -f -qq -o trace.out -e trace=move_mount -e inject=move_mount:delay_exit=500000 \
	tracefs -f -o manifest=taken.db,kind=prod,ro,catalog=no full taken >/dev/null 2>&1 &
taker=$!
check "it is seen" wait_for 20 mountpoint -q taken
device=$(findmnt -no MAJ:MIN taken | tr -d ' ')
exec 5<taken
umount -l taken
check "a mount that was taken away is asked by its device" wait_for 20 tracefs --status "$device"
exec 5<&-
wait "$taker"
check_equal "and it ends with the last who has it" "$(sqlite3 taken.db 'SELECT state FROM session')" complete
finish
