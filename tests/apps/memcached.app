# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=memcached
port=11211
user=memcache
start='memcached -m 64 -l 127.0.0.1'
prepare=
features='set get incr stats flush bad large slabs'
ask() {
	case $1 in
	set) talk 11211 'set a 0 0 1' x 'get a' quit ;;
	get) talk 11211 'get none' 'gets none' quit ;;
	incr) talk 11211 'set n 0 0 1' 5 'incr n 3' 'decr n 1' quit ;;
	stats) talk 11211 'stats settings' quit | grep -c '^STAT' ;;
	flush) talk 11211 'set a 0 0 1' x flush_all 'get a' quit ;;
	bad) talk 11211 'nonesuch' 'set a b c' quit ;;
	large) client memcping --servers=127.0.0.1; client memccapable -h 127.0.0.1 -a -v 2>&1 | tail -n 1 ;;
	slabs) talk 11211 'slabs automove 1' 'lru mode flat' 'verbosity 1' quit ;;
	esac
}
