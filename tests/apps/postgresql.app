# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=postgresql-15
port=5432
user=postgres
start='/usr/lib/postgresql/15/bin/postgres -D /var/lib/postgresql/data'
prepare='install -d -o postgres /var/lib/postgresql/data && su postgres -c "/usr/lib/postgresql/15/bin/initdb -A trust -D /var/lib/postgresql/data" >/dev/null'
features='select create function text zone error explain'
query() {
	i=0
	until client pg_isready -q -h 127.0.0.1 || [ $((i += 1)) -gt 50 ]; do sleep 0.1; done
	for sql; do
		client psql -h 127.0.0.1 -U postgres -At -c "$sql"
	done
}
ask() {
	case $1 in
	select) query 'SELECT 6 * 7' ;;
	create) query 'CREATE TABLE t (a int PRIMARY KEY, b text)' 'INSERT INTO t SELECT 1, 2' 'SELECT * FROM t' ;;
	function) query "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 3; END'" 'SELECT f()' ;;
	text) query "SELECT to_tsvector('english', 'running dogs')" "SELECT convert_to('ä', 'LATIN1')" ;;
	zone) query "SET timezone = 'Asia/Tokyo'; SELECT timestamptz 'epoch'" ;;
	error) query 'SELECT nonesuch' ;;
	explain) query 'EXPLAIN (COSTS off) SELECT * FROM pg_class WHERE oid = 1' ;;
	esac
}
