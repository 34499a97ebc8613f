# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=postfix
port=25
start='postfix start-fg'
prepare='useradd -m ann && echo mail.example >/etc/mailname && postconf -e "myhostname=mail.example" "mydestination=mail.example" "inet_interfaces=127.0.0.1" "maillog_file=/dev/stdout" "mynetworks=127.0.0.0/8" "smtpd_recipient_restrictions=permit_mynetworks,reject" "relayhost=[127.0.0.1]:9" "virtual_alias_maps=hash:/etc/postfix/virtual" "header_checks=regexp:/etc/postfix/headers" &&
	printf "boss: ann\nprogram: |/bin/cat >/tmp/piped\nghost: |/bin/false\n" >>/etc/aliases && newaliases &&
	echo "shop@mail.example ann" >/etc/postfix/virtual && postmap /etc/postfix/virtual &&
	echo "/^Subject: refuse/ REJECT no" >/etc/postfix/headers'
features='greeting local alias virtual unknown refused bounce verify bad pipe'
mail() { client swaks --server 127.0.0.1 --helo client.example --from ann@mail.example --hide-all --body text "$@"; sleep 2; }
box() { wait_file master /var/mail/ann | sed -n 's/^\(X-Original-To\|Delivered-To\|Subject: Und\)/&/p; /^text/p' | sort -u; }
ask() {
	case $1 in
	greeting) talk 25 'EHLO client.example' QUIT ;;
	local) mail --to ann@mail.example; box ;;
	alias) mail --to boss@mail.example; box ;;
	virtual) mail --to shop@mail.example; box ;;
	unknown) talk 25 'HELO client.example' 'MAIL FROM:<bob@mail.example>' 'RCPT TO:<none@mail.example>' QUIT ;;
	refused) client swaks --server 127.0.0.1 --helo client.example --from ann@mail.example --to ann@mail.example --header 'Subject: refuse' | grep -c '550 5.7.1' ;;
	bounce) mail --to ghost@mail.example; sleep 1; wait_file master /var/mail/ann | sed -n '/^Subject: Und/p; /^Final-Recipient/p; /^Action/p' ;;
	verify) talk 25 'HELO client.example' 'VRFY ann' 'VRFY none' QUIT ;;
	bad) talk 25 NONESUCH 'MAIL FROM:<' QUIT ;;
	pipe) mail --to program@mail.example; wait_file master /tmp/piped | grep -c '^text' ;;
	esac
}
