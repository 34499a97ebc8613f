# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=haproxy
port=8080
start='haproxy -db -f /etc/haproxy/haproxy.cfg'
prepare='cd /etc/haproxy && echo "/old /new" >moved.map && echo "<h1>from a file</h1>" >page.html &&
	printf "HTTP/1.0 404 Not Found\r\nContent-Type: text/html\r\n\r\n<h1>mine</h1>\n" >errors/404.http &&
	cat >haproxy.cfg <<"END"
global
	user haproxy
	group haproxy
defaults
	mode http
	timeout connect 2s
	timeout client 10s
	timeout server 10s
	errorfile 400 /etc/haproxy/errors/400.http
	errorfile 403 /etc/haproxy/errors/403.http
	errorfile 404 /etc/haproxy/errors/404.http
	errorfile 503 /etc/haproxy/errors/503.http
frontend web
	bind :8080
	stats enable
	stats uri /stats
	http-request redirect location %[path,map(/etc/haproxy/moved.map)] if { path,map(/etc/haproxy/moved.map) -m found }
	http-request deny if { path_beg /no }
	http-request return status 200 content-type text/html file /etc/haproxy/page.html if { path /page }
	http-request return status 404 default-errorfiles if { path /missing }
	default_backend nowhere
backend nowhere
	server one 127.0.0.1:9
END'
features='page missing denied unavailable moved stats bad reload'
ask() {
	case $1 in
	page) get http://127.0.0.1:8080/page ;;
	missing) get http://127.0.0.1:8080/missing ;;
	denied) get http://127.0.0.1:8080/no ;;
	unavailable) get http://127.0.0.1:8080/else ;;
	moved) get -o /dev/null -w '%{redirect_url} %{http_code}' http://127.0.0.1:8080/old ;;
	stats) curl -sS 'http://127.0.0.1:8080/stats;csv' | cut -d, -f1-2 ;;
	bad) talk 8080 'NONSENSE' '' ;;
	reload) signal USR1 haproxy; get -o /dev/null http://127.0.0.1:8080/page ;;
	esac
}
