#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod list --all-users: root asks each user with a range of ids, as that user; whatever one of them answers, or
# leaves lying where he is asked, the others are listed, and root opens nothing below his directories.
# shellcheck disable=SC2016,SC2317 # sqlite's words; called by names

# Users whom nobody else sees.
[ -n "${PROD_USERS_INSIDE:-}" ] || ! unshare -m true 2>/dev/null ||
	exec env PROD_USERS_INSIDE=1 unshare -m --propagation private sh "$0"
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
requires root
[ -n "${PROD_USERS_INSIDE:-}" ] || skip "no mount namespaces here"
requires sqlite3 --version
requires jq --version
requires strace -V
export SFC_STATE="$dir/state"

# with numbers that nobody else has
mkdir etc
for file in passwd group subuid subgid; do
	[ -e /etc/$file ] || touch /etc/$file
	cp /etc/$file etc/
done
chmod 755 "$dir"
uid=54330
user() {
	uid=$((uid + 1))
	echo "$1:x:$uid:$uid::$dir/$1:/bin/sh" >>etc/passwd
	echo "$1:x:$uid:" >>etc/group
	[ -n "${2:-}" ] || echo "$1:$((uid * 65536)):65536" >>etc/subuid
	mkdir -p "$1/.local/share/sfc"
	chmod -R go= "$1"
	chown -R "$uid:$uid" "$1"
}
: >etc/subuid
for name in anna bert cora dora emil fred; do user "$name"; done
user none no-range
for file in passwd group subuid subgid; do mount --bind etc/$file /etc/$file; done
as() { who=$1; shift; setpriv --reuid "$who" --regid "$who" --init-groups env -i PATH="$PATH" HOME="$dir/$who" "$@"; }
# gives USER SQL: a state with an application, as his own sfc would have noted it
gives() {
	as "$1" sqlite3 "$dir/$1/.local/share/sfc/state.db" "PRAGMA journal_mode = WAL" ".read $srcdir/stage/state/schema.sql" \
		"INSERT INTO state VALUES (1, '12345678-0000-0000-0000-000000000000', 1)" \
		"INSERT INTO package VALUES ('d1', 'web', 10, 0, 1, 'ready')" "$2" >/dev/null
}
web="INSERT INTO app VALUES ('web', 'd1', NULL, NULL, 1, 1);
INSERT INTO instance VALUES ('web', '1', 'd1', '{\"memory\": \"64M\"}', NULL, 'anna', 0, NULL, NULL, 'down', 1, 'ready')"
gives anna "$web"
gives none "$web"

sfc prod list --all-users >said 2>errors
check_equal "everybody is asked" "$? $(cat errors)" "0 "
check_equal "what a user has stands behind his name" "$(awk '$1 != "OWNER" { print $1, $2, $3 }' said)" "anna web/1 stopped"
check_equal "-q" "$(sfc prod list --all-users -q)" "anna web/1"
check_equal "-q comes before --json, as without --all-users" "$(sfc prod list --all-users -q --json)" "anna web/1"
check_equal "--json" "$(sfc prod list --all-users --json | jq -c '.[] | [.owner, .name, .instances[0].name]')" '["anna","web","1"]'
check_equal "nobody is given a state for being asked" "$(ls -A "$dir"/*/.local/share/sfc | grep -c state.db\$)" 2

# --- wholly him
strace -f -qq -o trace -e trace=openat,execve,execveat,setresuid,setresgid,setgroups,prctl,capset,stat,newfstatat,access,faccessat2 \
	sfc prod list --all-users >/dev/null 2>&1
check_equal "root opens nothing below a user's directories" "$(awk -v d="$dir/" '
	/setresuid\(/ { his[$1] = 1 }
	index($0, d "anna") && !his[$1] { print }' trace)" ""
check "his own process does" grep -q "$dir/anna/.local/share/sfc/state.db" trace
check "which gains nothing" grep -q 'PR_SET_NO_NEW_PRIVS, 1' trace

# --- whatever he leaves there
gives cora "$web; UPDATE instance SET user = 'x' || char(27) || ']0;gotcha' || char(7) || char(10) || 'y'"
as bert mkfifo "$dir/bert/.local/share/sfc/state.db"
gives dora "$web"
as dora flock "$dir/dora/.local/share/sfc" sleep 300 &
on_exit kill $!
as emil ln -s /etc/shadow "$dir/emil/.local/share/sfc/state.db"
gives fred "$web; WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
	INSERT INTO instance SELECT 'web', i, 'd1', '{\"hostname\": \"' || printf('%.*c', 60, 'x') || '\"}', NULL, printf('%.*c', 900, 'u'), 0, NULL, NULL, 'down', 1, 'ready' FROM n"
begun=$(date +%s)
timeout 60 sfc prod list --all-users >said 2>errors
check_equal "who does not answer is named, and the others listed" "$? $(awk '$1 != "OWNER" { print $1 }' said | sort -u | tr '\n' ' ')" "1 anna cora "
check "soon" test $(($(date +%s) - begun)) -lt 30
check "one who hangs" grep -qx "sfc: prod: user 'dora' did not answer within 2 seconds" errors
check "one who has a pipe there" grep -qx "sfc: prod: user 'bert' cannot be asked, or answers what is no list" errors
check "one who leads elsewhere" grep -qx "sfc: prod: user 'emil' cannot be asked, or answers what is no list" errors
check "one who says too much" grep -qx "sfc: prod: user 'fred' answered with more than 1 MiB" errors
check_equal "no answer drives a terminal" "$(tr -d '\n -~' <said | wc -c)" 0
check_equal "or makes a line" "$(grep -c gotcha said)" 1
check_equal "nobody else is in it" "$(grep -c none said)" 0
check_equal "all of it as JSON" "$(sfc prod list --all-users --json 2>/dev/null | jq -r '.[].owner' | tr '\n' ' ')" "anna cora "

check_fails "names are refused" 2 "sfc: prod: --all-users lists all there are, not 'web'; see*" sfc prod list --all-users web
as anna test -x "$builddir/stage/sfc" &&
	check_fails "nobody but root asks" 1 "sfc: prod: --all-users is for root: only he may ask the others" \
		as anna "$builddir/stage/sfc" prod list --all-users
finish
