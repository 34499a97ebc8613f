# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=dns-root-data,unbound
port=53
start='unbound -d -p'
prepare='cp -n /usr/share/dns/root.key /var/lib/unbound/root.key; chown unbound /var/lib/unbound/root.key
	cat >/etc/unbound/unbound.conf.d/mine.conf <<"END"
server:
	interface: 127.0.0.1
	local-zone: "example." static
	local-data: "www.example. IN A 192.0.2.1"
	local-data: "www.example. IN AAAA 2001:db8::1"
	local-data-ptr: "192.0.2.1 www.example"
	hide-version: no
auth-zone:
	name: "auth.example."
	zonefile: /etc/unbound/auth.zone
	for-upstream: no
END
	printf "\$ORIGIN auth.example.\n@ 60 IN SOA a. b. 1 2 3 4 5\n@ 60 IN NS a.\nx 60 IN TXT \"from a file\"\n" >/etc/unbound/auth.zone'
features='address ptr nonesuch tcp version zone unreachable reload bad'
dig() { client dig @127.0.0.1 +tries=1 +time=4 +noall +comments +answer "$@" | sed 's/, id: [0-9]*//; s/^; EDE.*//; s/	[0-9]*	IN/ IN/; /^; COOKIE/d'; }
ask() {
	case $1 in
	address) dig www.example A; dig www.example AAAA ;;
	ptr) dig -x 192.0.2.1 ;;
	nonesuch) dig none.example ;;
	tcp) dig +tcp www.example ;;
	version) dig version.bind CH TXT ;;
	zone) dig x.auth.example TXT ;;
	unreachable) dig +time=2 www.debian.org | head -n 0; echo asked ;;
	reload) signal HUP unbound && dig www.example ;;
	bad) dig . ANY +opcode=15 ;;
	esac
}
