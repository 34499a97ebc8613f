# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=squid
port=3128
start='squid --foreground -YC -f /etc/squid/squid.conf'
prepare='printf "acl bad dstdomain bad.example\nhttp_access deny bad\nvisible_hostname proxy.example\nshutdown_lifetime 1 seconds\n" >/etc/squid/conf.d/mine.conf; sed -i "s,^http_access allow localhost$,include /etc/squid/conf.d/mine.conf\n&," /etc/squid/squid.conf; mkdir -p /run/squid; chown proxy /run/squid'
features='page refused unreachable unknown german manager icon invalid scheme reload'
by() { curl -sS -m 60 -w '\n%{http_code}\n' -x http://127.0.0.1:3128 "$@" 2>&1 | sed '/Generated/d; /Erzeugt am/d; /mailto/d'; }
origin() {
	{ printf 'HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n' | timeout 10 nc -l 127.0.0.1 8088 >/dev/null; } &
	sleep 0.3
}
ask() {
	case $1 in
	page) origin; by http://127.0.0.1:8088/ ;;
	refused) by http://bad.example/ ;;
	unreachable) by http://127.0.0.1:9/ ;;
	unknown) by http://192.0.2.1:80/ ;;
	german) by -H 'Accept-Language: de' http://127.0.0.1:9/ ;;
	manager) by http://127.0.0.1:3128/squid-internal-mgr/info | grep -c 'Squid Object Cache' ;;
	icon) curl -sS http://127.0.0.1:3128/squid-internal-static/icons/silk/image.png | md5sum ;;
	invalid) talk 3128 'NONSENSE /' '' | sed '/Date:/d; /Generated/d; /mailto/d' ;;
	scheme) by ftp://127.0.0.1:9/x ;;
	reload) signal HUP squid && sleep 2 && origin; by http://127.0.0.1:8088/ ;;
	esac
}
