# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=mariadb-server
port=3306
user=mysql
start='mariadbd --bind-address=127.0.0.1'
prepare='mkdir -p /run/mysqld && chown mysql /run/mysqld && (setpriv --reuid=mysql --regid=mysql --clear-groups mariadbd --skip-networking >/dev/null 2>&1 &
	for i in $(seq 200); do [ ! -S /run/mysqld/mysqld.sock ] || break; sleep 0.1; done
	mariadb -e "CREATE DATABASE app; CREATE USER ann@localhost IDENTIFIED BY \"secret\"; GRANT ALL ON app.* TO ann@localhost;
		CREATE TABLE app.people (id INT PRIMARY KEY, name VARCHAR(40)); INSERT INTO app.people VALUES (1, \"one\"), (2, \"two\")" &&
	mariadb-admin shutdown; sleep 1)'
features='select insert create charset error zone function refused engine'
query() { client mariadb --skip-ssl --default-character-set=utf8mb4 -h 127.0.0.1 -u ann -psecret -N app -e "$1"; }
ask() {
	case $1 in
	select) query 'SELECT name FROM people ORDER BY id' ;;
	insert) query 'INSERT INTO people VALUES (3, "three"); SELECT COUNT(*) FROM people' ;;
	create) query 'CREATE TABLE more (a INT, b TEXT, FULLTEXT (b)); INSERT INTO more VALUES (1, "running dogs"); SELECT a FROM more; SHOW TABLES' ;;
	charset) query "SELECT HEX(CONVERT('ä' USING latin2)), HEX(CONVERT('ä' USING cp1251)), 'a' COLLATE utf8mb4_german2_ci = 'A'" ;;
	error) query "SET lc_messages = 'de_DE'; SELECT nonesuch" ;;
	zone) query "SET time_zone = '+09:00'; SELECT FROM_UNIXTIME(0)" ;;
	function) query 'CREATE FUNCTION f() RETURNS INT RETURN 3; SELECT f(), JSON_VALUE("{\"a\": 1}", "$.a"), REGEXP_REPLACE("abc", "b", "x")' ;;
	refused) client mariadb --skip-ssl -h 127.0.0.1 -u ann -pwrong app -e 'SELECT 1' ;;
	engine) query 'CREATE TABLE isam (a INT) ENGINE=MyISAM; INSERT INTO isam VALUES (7); SELECT a FROM isam; CREATE TABLE aria (a INT) ENGINE=Aria; DROP TABLE isam' ;;
	esac
}
