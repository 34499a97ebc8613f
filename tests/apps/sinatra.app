# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=ruby-sinatra,puma
port=4567
start='ruby /srv/shop/app.rb -e production -o 127.0.0.1'
prepare='mkdir -p /srv/shop/views /srv/shop/public /srv/shop/lib && cd /srv/shop && cat >app.rb <<"END"
require "sinatra"
set :server, "puma"
set :sessions, true
set :session_secret, "x" * 64
get("/") { @items = ["nail", "saw"]; erb :index }
get("/json") { require "json"; content_type :json; JSON.generate({ a: 1 }) }
get("/table") { require "csv"; CSV.generate { |c| c << ["a", 1] } }
get("/report") { require_relative "lib/report"; Report.make }
get("/time") { require "time"; Time.at(0).utc.iso8601 }
get("/encode") { "\u00e4".encode("ISO-8859-15").bytes.inspect + "x".encode("UTF-16").bytes.inspect }
get("/pack") { require "zlib"; require "digest"; Digest::SHA256.hexdigest(Zlib::Deflate.deflate("x" * 100)) }
get("/count") { session[:n] = session[:n].to_i + 1; session[:n].to_s }
post("/echo") { params.inspect }
get("/broken") { raise "broken" }
not_found { erb :missing }
error { erb :broken }
END
	echo "<% @items.each do |i| %><li><%= i %></li><% end %>" >views/index.erb
	echo "<h1>gone</h1>" >views/missing.erb
	echo "<h1>broken</h1>" >views/broken.erb
	echo "body {}" >public/style.css
	printf "require \"set\"\nrequire \"bigdecimal\"\nrequire_relative \"sum\"\nmodule Report\n  def self.make\n    sum(BigDecimal(\"1.5\"), Set[1, 2].size).to_s\n  end\nend\n" >lib/report.rb
	printf "def sum(a, b) = a + b\n" >lib/sum.rb'
features='index missing style json table report time encode pack count echo broken'
at=http://127.0.0.1:4567
ask() {
	case $1 in
	index) get $at/ ;;
	missing) get $at/nonesuch ;;
	style) get $at/style.css ;;
	count) client sh -c 'curl -sS -c /tmp/jar $0/count; curl -sS -b /tmp/jar $0/count' $at ;;
	echo) get -d 'a=1&b[]=2' $at/echo ;;
	*) get "$at/$1" ;;
	esac
}
