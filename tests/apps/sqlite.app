# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=sqlite3
prepare='mkdir -p /srv/data && cd /srv/data && sqlite3 shop.db "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price REAL); INSERT INTO item VALUES (1, \"nail\", 0.1), (2, \"saw\", 12)" &&
	printf "3,drill,80\n4,glue,3\n" >more.csv && printf "SELECT name FROM item WHERE price > 1;\n" >dear.sql'
features='select import script dump json search zone error shell check'
command() {
	case $1 in
	select) set -- sqlite3 -readonly /srv/data/shop.db 'SELECT count(*) FROM item' ;;
	import) set -- sqlite3 /srv/data/shop.db '.import --csv /srv/data/more.csv item' 'SELECT sum(price) FROM item' ;;
	script) set -- sqlite3 /srv/data/shop.db '.read /srv/data/dear.sql' ;;
	dump) set -- sqlite3 /srv/data/shop.db .dump ;;
	json) set -- sqlite3 -json /srv/data/shop.db 'SELECT json_object(1, 2) AS a' ;;
	search) set -- sqlite3 :memory: 'CREATE VIRTUAL TABLE t USING fts5(a); INSERT INTO t VALUES (1)' "SELECT * FROM t('1')" ;;
	zone) set -- sqlite3 :memory: "SELECT datetime(0, 'unixepoch', 'localtime')" ;;
	error) set -- sqlite3 /srv/data/shop.db 'SELECT nonesuch' ;;
	shell) set -- sqlite3 :memory: '.shell echo hello' ;;
	check) set -- sqlite3 /srv/data/shop.db 'PRAGMA integrity_check; VACUUM' .tables ;;
	esac
	run "$@"
}
options() { [ "$1" != zone ] || echo '--env TZ=Asia/Tokyo'; }
