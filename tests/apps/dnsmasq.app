# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=dnsmasq-base
port=53
start='dnsmasq -k --conf-file=/etc/dnsmasq.conf'
prepare='mkdir -p /etc/dnsmasq.d /etc/hosts.d && printf "no-resolv\nlisten-address=127.0.0.1\nbind-interfaces\naddress=/mine.example/192.0.2.2\ncname=alias.example,www.example\ntxt-record=txt.example,text\naddn-hosts=/etc/hosts.d/more\nconf-dir=/etc/dnsmasq.d\nlocal=/example/\nmx-host=example,mail.example,5\n" >/etc/dnsmasq.conf
	echo "192.0.2.1 www.example" >/etc/hosts.d/more'
features='host address alias text ptr nonesuch tcp reload version'
dig() { client dig @127.0.0.1 +tries=2 +time=4 +noall +comments +answer "$@" | sed 's/, id: [0-9]*//; /^; COOKIE/d; /EDE/d'; }
ask() {
	case $1 in
	host) dig www.example ;;
	address) dig a.mine.example ;;
	alias) dig alias.example ;;
	text) dig txt.example TXT; dig example MX ;;
	ptr) dig -x 192.0.2.1 ;;
	nonesuch) dig none.example ;;
	tcp) dig +tcp www.example ;;
	reload) signal HUP dnsmasq && dig www.example ;;
	version) dig version.bind CH TXT ;;
	esac
}
