# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=privoxy
port=8118
start='privoxy --no-daemon --user privoxy /etc/privoxy/config'
prepare='sed -i "s/^listen-address.*\[::1\].*//" /etc/privoxy/config'
features='page refused unknown blocked info status style toggle actions'
by() { curl -sS -m 60 -w '\n%{http_code}\n' -x http://127.0.0.1:8118 "$@" 2>&1; }
origin() {
	{ printf 'HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body>hello</body></html>\n' | timeout 10 nc -q 1 -l 127.0.0.1 8088 >/dev/null; } &
	sleep 0.3
}
ask() {
	case $1 in
	page) origin; by http://127.0.0.1:8088/ ;;
	refused) by http://127.0.0.1:9/ | grep -ci '<title>\|503\|<h' ;;
	unknown) by http://none.invalid/ | grep -ci '<title>\|404\|<h' ;;
	blocked) by http://ads.example.com/banner.gif | md5sum ;;
	info) by http://p.p/ | grep -c '<li>\|<title>' ;;
	status) by http://p.p/show-status | grep -c '<h2>\|<title>' ;;
	style) by http://p.p/send-stylesheet ;;
	toggle) by http://p.p/toggle | grep -i '<title>' ;;
	actions) by 'http://p.p/show-url-info?url=ads.example.com' | grep -c 'default.action\|user.action\|<title>' ;;
	esac
}
