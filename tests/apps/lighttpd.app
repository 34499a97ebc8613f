# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=lighttpd
port=80
start='lighttpd -D -f /etc/lighttpd/lighttpd.conf'
prepare='cd /var/www/html && echo "<h1>hello</h1>" >index.html && echo ".a {}" >style.css && echo "{}" >data.json &&
	mkdir -p errors && echo "<h1>gone</h1>" >errors/404.html &&
	printf "server.error-handler-404 = \"/errors/404.html\"\nserver.modules += ( \"mod_status\" )\nstatus.status-url = \"/status\"\n" >/etc/lighttpd/conf-enabled/90-mine.conf'
features='page missing css json status head post'
ask() {
	case $1 in
	page) curl -sS http://127.0.0.1/ ;;
	missing) curl -sS -w '%{http_code}' http://127.0.0.1/nonesuch ;;
	css) curl -sS -o /dev/null -w '%{content_type}' http://127.0.0.1/style.css ;;
	json) curl -sS http://127.0.0.1/data.json ;;
	status) curl -sS http://127.0.0.1/status | grep -c '<title>Status' ;;
	head) curl -sSI http://127.0.0.1/ | grep -v '^Date\|^Last\|^ETag' ;;
	post) curl -sS -w '%{http_code}' -d x=y http://127.0.0.1/ ;;
	esac
}
