# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=exim4-daemon-light
port=25
start='exim4 -bdf -q30m'
prepare='echo mail.example >/etc/mailname && echo "MAIN_HARDCODE_PRIMARY_HOSTNAME = mail.example" >/etc/exim4/exim4.conf.localmacros && sed -i "s/^dc_eximconfig_configtype=.*/dc_eximconfig_configtype=local/; s/^dc_other_hostnames=.*/dc_other_hostnames=mail.example/" /etc/exim4/update-exim4.conf.conf &&
	useradd -m ann && printf "boss: ann\nlist: :include:/etc/exim4/list\n" >>/etc/aliases && echo ann >/etc/exim4/list && update-exim4.conf &&
	install -d -o Debian-exim -g Debian-exim /run/exim4'
pause=1
features='greeting local alias list unknown relay verify bad size'
mail() { client swaks --server 127.0.0.1 --helo client.example --from bob@mail.example --hide-all --body text "$@"; sleep 1; }
box() { wait_file exim4 /var/mail/ann | sed -n 's/^Subject:.*/subject/p; /^text/p; s/^\(Delivered-To\|To\): /&/p' | sort -u; }
ask() {
	case $1 in
	greeting) talk 25 'EHLO client.example' QUIT | sed 's/ESMTP.*//; s/Hello.*//' ;;
	local) mail --to ann@mail.example; box ;;
	alias) mail --to boss@mail.example; box ;;
	list) mail --to list@mail.example; box ;;
	unknown) talk 25 'HELO client.example' 'MAIL FROM:<bob@mail.example>' 'RCPT TO:<none@mail.example>' QUIT | grep '^[45]' ;;
	relay) talk 25 'EHLO client.example' 'MAIL FROM:<bob@else.example>' 'RCPT TO:<ann@else.example>' QUIT | grep '^[45]' ;;
	verify) talk 25 'HELO client.example' 'VRFY ann' 'EXPN list' QUIT | tail -n 3 | sed 's/closing.*//' ;;
	bad) talk 25 NONESUCH 'MAIL FROM:<' QUIT | grep '^5' ;;
	size) talk 25 'EHLO client.example' 'MAIL FROM:<bob@mail.example> SIZE=999999999' QUIT | grep '^5' ;;
	esac
}
