# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=apache2,openssl
port=80
start="sh -c '. /etc/apache2/envvars; exec apache2 -D FOREGROUND'"
prepare='mkdir -p /var/run/apache2 /var/lock/apache2 && cd /var/www/html && echo "<h1>hello</h1>" >index.html && head -c 100000 /dev/zero >large.bin && mkdir -p list docs no cgi &&
	echo x >list/one && echo english >docs/page.html.en && echo deutsch >docs/page.html.de &&
	printf "<!--#include virtual=\"/list/one\" --><!--#echo var=\"DOCUMENT_NAME\" -->\n" >parts.shtml &&
	echo "<h1>gone</h1>" >gone.html && echo "body {}" >style.css &&
	a2enmod -q ssl include headers rewrite cgid status >/dev/null && a2ensite -q default-ssl >/dev/null &&
	openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=localhost -keyout /etc/ssl/private/site.key \
		-out /etc/ssl/certs/site.pem 2>/dev/null &&
	sed -i "s,/etc/ssl/certs/ssl-cert-snakeoil.pem,/etc/ssl/certs/site.pem,; s,/etc/ssl/private/ssl-cert-snakeoil.key,/etc/ssl/private/site.key," \
		/etc/apache2/sites-available/default-ssl.conf &&
	printf "ServerName localhost\nErrorDocument 404 /gone.html\n<Directory /var/www/html>\nOptions +Indexes +Includes +MultiViews\nAddOutputFilter INCLUDES .shtml\n</Directory>\n<Location /no>\nRequire all denied\n</Location>\nRewriteEngine on\nAlias /icons2 /usr/share/apache2/icons\n" >/etc/apache2/conf-enabled/mine.conf'
features='page missing list denied status range tls language parts icon post reload cgi'
ask() {
	case $1 in
	page) get http://127.0.0.1/ ;;
	missing) get http://127.0.0.1/nonesuch ;;
	list) curl -sS http://127.0.0.1/list/ | sed 's/[0-9-]* [0-9:]* //' ;;
	denied) get http://127.0.0.1/no/ ;;
	status) curl -sS 'http://127.0.0.1/server-status' | grep -c '<title>Apache Status' ;;
	range) curl -sS -r 10-19 http://127.0.0.1/large.bin | od -c ;;
	tls) get -k https://127.0.0.1/style.css ;;
	language) get -H 'Accept-Language: de' http://127.0.0.1/docs/page.html ;;
	parts) get http://127.0.0.1/parts.shtml ;;
	icon) curl -sS http://127.0.0.1/icons/folder.gif | md5sum ;;
	post) get -d x=y http://127.0.0.1/style.css ;;
	reload) signal USR1 apache2 && get http://127.0.0.1/style.css ;;
	cgi) get http://127.0.0.1/cgi-bin/nonesuch ;;
	esac
}
