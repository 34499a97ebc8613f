# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=nginx-light
port=80
start='nginx -g "daemon off;"'
prepare='cd /var/www/html && echo "<h1>hello</h1>" >index.html && echo "<h1>gone</h1>" >gone.html &&
	head -c 100000 /dev/zero >large && mkdir list && echo x >list/one &&
	printf "server {\n listen 80;\n root /var/www/html;\n error_page 404 /gone.html;\n location /list { autoindex on; }\n location /no/ { deny all; }\n}\n" >/etc/nginx/sites-available/default'
features='page missing head range denied list post gzip'
ask() {
	case $1 in
	page) curl -sS http://127.0.0.1/ ;;
	missing) curl -sS -w '%{http_code}' http://127.0.0.1/nonesuch ;;
	head) curl -sSI http://127.0.0.1/ | grep -v '^Date\|^Last\|^ETag' ;;
	range) curl -sS -r 10-19 http://127.0.0.1/large | od -c ;;
	denied) curl -sS -w '%{http_code}' http://127.0.0.1/no/ ;;
	list) curl -sS http://127.0.0.1/list/ | sed 's/[0-9][0-9]-[A-Z].*//' ;;
	post) curl -sS -w '%{http_code}' -d x=y http://127.0.0.1/ ;;
	gzip) curl -sS --compressed http://127.0.0.1/large | wc -c ;;
	esac
}
