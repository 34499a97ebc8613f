# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=php-fpm,php-sqlite3,php-mbstring,php-xml
port=9000
start='php-fpm8.2 -F'
prepare='sed -i "s,^listen = .*,listen = 127.0.0.1:9000,; s,^;ping.path.*,ping.path = /ping,; s,^;pm.status_path.*,pm.status_path = /status," /etc/php/8.2/fpm/pool.d/www.conf && mkdir -p /run/php /srv/shop/lib /srv/shop/templates && cd /srv/shop &&
	cat >index.php <<"END"
<?php
spl_autoload_register(fn ($name) => require __DIR__ . "/lib/" . strtolower($name) . ".php");
set_exception_handler(function ($e) { http_response_code(500); include __DIR__ . "/templates/broken.php"; });
switch ($_GET["page"] ?? "index") {
case "index": $items = ["nail", "saw"]; include "templates/index.php"; break;
case "report": echo (new Report)->make(); break;
case "data": $db = new PDO("sqlite::memory:"); echo $db->query("SELECT 6 * 7")->fetchColumn(); break;
case "text": echo mb_strtoupper("\u{e4}"), bin2hex(mb_convert_encoding("\u{e4}", "ISO-8859-15", "UTF-8")), bin2hex(iconv("UTF-8", "CP1251//TRANSLIT", "\u{416}")); break;
case "xml": echo (new SimpleXMLElement("<a><b>x</b></a>"))->b; break;
case "zone": date_default_timezone_set("Asia/Tokyo"); echo date("H:i T", 0); break;
case "session": session_start(); $_SESSION["n"] = 1; echo session_status(); break;
case "broken": throw new Exception("broken");
case "hash": echo hash("sha256", "x"), " ", strlen(openssl_encrypt("x", "aes-128-cbc", str_repeat("k", 16), 0, str_repeat("i", 16))); break;
case "mail": echo var_export(@mail("a@b.example", "s", "t"), true); break;
default: http_response_code(404); readfile(__DIR__ . "/templates/missing.html");
}
END
	echo "<?php foreach (\$items as \$item) echo \"<li>\$item</li>\";" >templates/index.php
	echo "<h1>broken</h1>" >templates/broken.php
	echo "<h1>gone</h1>" >templates/missing.html
	echo "<?php class Report { function make() { return (new Sum)->of(1, 2); } }" >lib/report.php
	echo "<?php class Sum { function of(\$a, \$b) { return \$a + \$b; } }" >lib/sum.php'
features='index report data text xml zone session broken hash missing none status'
fcgi() {
	client env SCRIPT_FILENAME="$1" SCRIPT_NAME="${3:-/index.php}" QUERY_STRING="$2" REQUEST_METHOD=GET cgi-fcgi -bind -connect 127.0.0.1:9000 |
		tr -d '\r' | sed '/^Set-Cookie/d; /^Expires/d'
}
ask() {
	case $1 in
	none) fcgi /srv/shop/none.php '' ;;
	status) fcgi /status '' /status | grep -c ':' ; fcgi /ping '' /ping ;;
	missing) fcgi /srv/shop/index.php page=nonesuch ;;
	*) fcgi /srv/shop/index.php "page=$1" ;;
	esac
}
