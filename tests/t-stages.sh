#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The whole way: nginx and redis from dev through test and pack to prod.
# shellcheck disable=SC2016,SC2317,SC2086,SC2010 # programs in quotes; on_exit calls down
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse
requires runc --version
requires jq --version
requires curl --version
requires unshare --net true
root=$("$srcdir/tests/minbase.sh" nginx-light,redis-server) || skip "no minbase root"

export SFC_STATE="$dir/state"
down() {
	for app in web kv; do sfc prod rm $app --all --timeout 1; done >/dev/null 2>&1
}
on_exit down

# --- nginx
check "dev: from a root" sfc dev create web --from "$root"
check "dev: a page of our own" sfc dev exec web sh -c 'echo "hello from dev" >/var/www/html/index.html'
ask='curl -fsS http://127.0.0.1/'
page=$(sfc test web --label start --network none --ready tcp:80 --probe "$ask >$dir/page" -- nginx -g 'daemon off;' 2>report; cat page)
check_equal "test: the page" "$page" "hello from dev"
check "test: the report says so" grep -q "probe passed" report
check "test: again adds a session" sfc test web -q --label notfound --network none --ready tcp:80 --probe 'curl -sS http://127.0.0.1/nothing' -- nginx -g 'daemon off;'
check_equal "test: both are in the manifest" "$(sqlite3 "$SFC_STATE/test/web/manifest.db" "SELECT group_concat(label, ' ') FROM session WHERE state = 'complete' AND dropped = 0")" "start notfound"
check_equal "test: with when the service was started, ready, asked and stopped" \
	"$(sqlite3 "$SFC_STATE/test/web/manifest.db" "SELECT group_concat(name, ' ') FROM
	(SELECT phase.name FROM phase JOIN session ON id = session WHERE label = 'start' ORDER BY ns)")" \
	"started ready probe stopping"
check_equal "test: what put the container up is not needed" \
	"$(sqlite3 "$SFC_STATE/test/web/manifest.db" "SELECT count(*) FROM needed WHERE path = '/proc'")" 0
check "test: the report by label" sh -c 'sfc test report web | grep -q "^notfound"'
check "test: as a page" sfc test report web -o web.html
in_page() { sed -n 's/.*id="data">\(.*\)<\/script>.*/\1/p' web.html | jq -r "$1"; }
check_equal "with the name on top" "$(in_page .title)" web
check_equal "and what these files need" "$(in_page .closure)" true
check "and the packages" expr "$(in_page '[.packages.rows[][0]] | join(" ")')" : '.*nginx'
check_fails "a page that is there stays" 1 "*is there already*" sfc test report web -o web.html
check "unless it may go" sfc test report web -o web.html --force
check_equal "test: what it wrote is not in dev" "$(sfc dev diff web | grep -c log)" 0
sfc test web -q --label failing -- sh -c 'exit 4'
check_equal "test: the status of the command" $? 4
sfc test web -q -- /no/such/program 2>missing
status=$?
check "test: a command that is not there fails and is named" sh -c "[ $status != 0 ] && grep -q /no/such/program missing"
check "test: a service" sfc test start web --network none --ready tcp:80 --label service -- nginx -g 'daemon off;'
check_fails "test: one at a time" 125 "*under test already*" sfc test web -- true
check_equal "test: exec is inside" "$(sfc test exec web cat /var/www/html/index.html)" "hello from dev"
check "test: stop" sfc test stop web
mounted=$(sfc test mount web --label mount)
check_equal "test: mount prints where" "$(cat "$mounted/var/www/html/index.html")" "hello from dev"
check "test: umount" sfc test umount web
check_equal "test: nothing of it is left" "$(grep -c "$SFC_STATE" /proc/self/mountinfo)$(ls -A "$SFC_STATE/test/web" | grep -c scratch)" 00
check "pack" sfc pack web -o web1.sfc --only start --only notfound --quiet
check_fails "pack: not over another file" 1 "*there already*" sfc pack web -o web1.sfc
check "pack: a tenth of the size" test "$(stat -c %s web1.sfc)" -lt 10000000
check "dev: another page" sfc dev exec web sh -c 'echo "hello again" >/var/www/html/index.html'
check_fails "pack: what changed since it was traced" 1 "*'/var/www/html/index.html' has *since it was traced*" \
	sfc pack web -o web2.sfc --only start --only notfound --quiet
check "test: the next version" sfc test web -q --label start --network none --ready tcp:80 --probe "$ask >/dev/null" -- nginx -g 'daemon off;'
check "pack: the next version" sfc pack web -o web2.sfc --only start --only notfound --quiet
check "prod: install" sfc prod install web1.sfc
free_ports 3
ports="$port $((port + 1)) $((port + 2))"
check "prod: three instances" sfc prod start web --count 3 --publish 127.0.0.1:$port-$((port + 2)):80 --ready tcp:80 --memory 64M
check_equal "status: every stage of it" "$(sfc status --json | jq -r '[.[] | select(.name == "web") | .stage, .up // 0] | join(" ")')" \
	"dev 0 test 0 prod 3"
check "status: for people" sh -c 'sfc status | grep -q "^web  *prod .* 3 up  *installed"'
check_equal "prod: all answer the same" "$(for at in $ports; do curl -fsS http://127.0.0.1:$at/; done | uniq -c | tr -s ' ')" " 3 hello from dev"
sfc prod exec web/2 sh -c 'echo mine >/var/log/nginx/note' 2>/dev/null ||
	echo mine >"/proc/$(sfc prod list web --json | jq '.[0].instances[1].pid')/root/var/log/nginx/note"
check "prod: update" sfc prod update web web2.sfc
check_equal "prod: all answer the new page" "$(for at in $ports; do curl -fsS http://127.0.0.1:$at/; done | uniq -c | tr -s ' ')" " 3 hello again"
check_equal "prod: what an instance wrote is kept" "$(cat "$SFC_STATE/app/web/2/layer/upper/var/log/nginx/note")" mine
check "prod: rollback" sfc prod rollback web
check_equal "prod: the old page" "$(curl -fsS http://127.0.0.1:$port/)" "hello from dev"

# --- redis: state in the writable layer, a client from inside
check "redis: dev" sfc dev create kv --from "$root"
check "redis: test" sfc test kv -q --network none --ready tcp:6379 --probe 'printf "SET k v\r\nSAVE\r\nGET k\r\nQUIT\r\n" | nc -w 2 127.0.0.1 6379' -- redis-server --bind 0.0.0.0 --protected-mode no --dir /var/lib/redis
check "redis: pack" sfc pack kv -o kv.sfc --quiet
check "redis: install" sfc prod install kv.sfc
free_ports 2
check "redis: start" sfc prod start kv --count 2 --publish 127.0.0.1:$port-$((port + 1)):6379 --ready tcp:6379
talk() { printf '%s\r\nQUIT\r\n' "$2" | nc -w 2 127.0.0.1 "$1" | head -n "$3" | tail -n 1 | tr -d '\r'; }
check_equal "redis: set" "$(talk $port 'SET name one' 1)" +OK
check_equal "redis: save" "$(talk $port SAVE 1)" +OK
check_equal "redis: the other has its own data" "$(talk $((port + 1)) 'GET name' 1)" '$-1'
check "redis: restart" sfc prod restart kv/1
check_equal "redis: the data is kept" "$(talk $port 'GET name' 2)" one
finish
