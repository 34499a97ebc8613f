# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=libmojolicious-perl
port=3000
start='perl /srv/shop/app.pl daemon -m production -l http://127.0.0.1:3000'
prepare='mkdir -p /srv/shop/templates /srv/shop/public /srv/shop/lib && cd /srv/shop && cat >app.pl <<"END"
use Mojolicious::Lite -signatures;
use FindBin;
use lib "$FindBin::Bin/lib";
app->secrets(["x"]);
get "/" => sub ($c) { $c->stash(items => ["nail", "saw"]); $c->render(template => "index") };
get "/json" => sub ($c) { $c->render(json => { a => 1 }) };
get "/report" => sub ($c) { require Report; $c->render(text => Report::make()) };
get "/time" => sub ($c) { require Time::Piece; $c->render(text => Time::Piece::gmtime(0)->datetime) };
get "/text" => sub ($c) { require Encode; $c->render(text => unpack("H*", Encode::encode("iso-8859-15", "\x{e4}")) . unpack("H*", Encode::encode("koi8-r", "\x{416}"))) };
get "/pack" => sub ($c) { require IO::Compress::Gzip; my $o; IO::Compress::Gzip::gzip(\("x" x 1000), \$o); $c->render(text => length $o) };
get "/digest" => sub ($c) { require Digest::SHA; $c->render(text => Digest::SHA::sha256_hex("x")) };
post "/echo" => sub ($c) { my $v = $c->validation; $v->required("a")->num(1, 5); $c->render(text => $v->has_error ? "bad" : $c->param("a")) };
get "/count" => sub ($c) { $c->session(n => ($c->session("n") // 0) + 1); $c->render(text => $c->session("n")) };
get "/broken" => sub ($c) { die "broken" };
websocket "/talk" => sub ($c) { $c->on(message => sub ($c, $m) { $c->send("got $m") }) };
app->start;
END
	printf "%% for my \$item (@\$items) {\n<li><%%= \$item %%></li>\n%% }\n" >templates/index.html.ep
	echo "<h1>gone</h1>" >templates/not_found.production.html.ep
	echo "<h1>broken</h1>" >templates/exception.production.html.ep
	echo "body {}" >public/style.css
	printf "package Report;\nuse Sum;\nuse POSIX qw(strftime);\nsub make { Sum::of(1, 2) . strftime(\"%%H\", gmtime 0) }\n1;\n" >lib/Report.pm
	printf "package Sum;\nsub of { \$_[0] + \$_[1] }\n1;\n" >lib/Sum.pm'
features='index missing style json report time text pack digest echo count broken invalid'
at=http://127.0.0.1:3000
ask() {
	case $1 in
	index) get $at/ ;;
	missing) get $at/nonesuch ;;
	style) get $at/style.css ;;
	echo) get -d a=3 $at/echo ;;
	invalid) get -d a=x $at/echo ;;
	count) client sh -c 'curl -sS -c /tmp/jar $0/count; curl -sS -b /tmp/jar $0/count' $at ;;
	*) get "$at/$1" ;;
	esac
}
