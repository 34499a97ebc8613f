# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=redis-server
port=6379
start="redis-server --dir /var/lib/redis --save ''"
prepare=
features='ping list script save config info stream bad'
say() { { printf '%s\r\n' "$@"; sleep 0.3; } | nc -q 1 127.0.0.1 6379; }
ask() {
	case $1 in
	ping) say PING ;;
	list) say 'LPUSH l a b' 'LRANGE l 0 -1' 'SORT l ALPHA' ;;
	script) say 'EVAL "return cjson.encode({1,2})" 0' ;;
	save) say 'SET k v' 'SAVE' 'DBSIZE' ;;
	config) say 'CONFIG GET maxmemory' 'CONFIG REWRITE' ;;
	info) say 'INFO server' | grep -c redis_version ;;
	stream) say 'XADD s 1-1 a b' 'XRANGE s - +' ;;
	bad) say 'NONESUCH' ;;
	esac
}
