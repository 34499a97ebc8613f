# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=bind9
port=53
start='named -f -u bind'
prepare='cat >/etc/bind/named.conf.local <<"END"
zone "example" { type primary; file "/etc/bind/db.example"; allow-transfer { any; }; };
zone "2.0.192.in-addr.arpa" { type primary; file "/etc/bind/db.reverse"; };
zone "dynamic.example" { type primary; file "/var/lib/bind/db.dynamic"; allow-update { any; }; };
END
	printf "\$TTL 60\n@ IN SOA ns root 1 2 3 4 5\n@ IN NS ns\nns IN A 192.0.2.53\nwww IN A 192.0.2.1\nwww IN TXT \"text\"\nalias IN CNAME www\n" >/etc/bind/db.example
	printf "\$TTL 60\n@ IN SOA ns.example. root.example. 1 2 3 4 5\n@ IN NS ns.example.\n1 IN PTR www.example.\n" >/etc/bind/db.reverse
	printf "\$TTL 60\n@ IN SOA ns.example. root.example. 1 2 3 4 5\n@ IN NS ns.example.\n" >/var/lib/bind/db.dynamic
	chown bind /var/lib/bind/db.dynamic
	mkdir -p /run/named && chown bind /run/named'
features='address alias ptr nonesuch tcp transfer version update local reload'
dig() { client dig @127.0.0.1 +tries=2 +time=4 +noall +comments +answer "$@" | sed 's/, id: [0-9]*//; /^; COOKIE/d; /EDE/d'; }
ask() {
	for i in 1 2 3 4 5 6 7 8 9; do dig example SOA | grep -q NOERROR && break; sleep 0.5; done
	case $1 in
	address) dig www.example A ;;
	alias) dig alias.example TXT ;;
	ptr) dig -x 192.0.2.1 ;;
	nonesuch) dig none.example ;;
	tcp) dig +tcp www.example ;;
	transfer) client dig @127.0.0.1 example AXFR +noall +answer ;;
	version) dig version.bind CH TXT ;;
	update) client sh -c 'printf "server 127.0.0.1\nzone dynamic.example\nupdate add new.dynamic.example 60 A 192.0.2.9\nsend\n" | nsupdate'
		dig new.dynamic.example ;;
	local) dig localhost A; dig -x 127.0.0.1 ;;
	reload) signal HUP named && dig www.example ;;
	esac
}
