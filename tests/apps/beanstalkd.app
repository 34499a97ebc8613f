# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=beanstalkd
port=11300
start='beanstalkd -l 127.0.0.1 -p 11300 -b /var/lib/beanstalkd -u beanstalkd'
prepare='install -d -o beanstalkd /var/lib/beanstalkd'
features='put reserve tubes stats bury bad drain'
ask() {
	case $1 in
	put) talk 11300 'put 1 0 10 5' hello quit ;;
	reserve) talk 11300 'put 1 0 10 5' hello 'reserve-with-timeout 1' 'delete 1' quit ;;
	tubes) talk 11300 'use mail' 'watch mail' list-tubes list-tubes-watched quit ;;
	stats) talk 11300 stats quit | grep -c '^cmd-' ;;
	bury) talk 11300 'put 1 0 10 1' x 'reserve-with-timeout 1' 'bury 1 5' peek-buried 'kick 1' quit ;;
	bad) talk 11300 nonesuch 'put x' quit ;;
	drain) signal USR1 beanstalkd; talk 11300 'put 1 0 10 1' x quit ;;
	esac
}
