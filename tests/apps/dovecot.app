# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=dovecot-imapd,dovecot-pop3d
port=143
start='dovecot -F'
prepare='useradd -m -u 2000 vmail && echo "ann:{PLAIN}secret:2000:2000::/srv/mail/ann" >/etc/dovecot/users && chmod 644 /etc/dovecot/users &&
	mkdir -p /srv/mail/ann/Maildir/cur /srv/mail/ann/Maildir/new /srv/mail/ann/Maildir/tmp && printf "From: bob@mail.example\nTo: ann@mail.example\nSubject: first\n\nhello\n" >/srv/mail/ann/Maildir/new/1.a.b && chown -R vmail /srv/mail &&
	printf "log_path = /dev/stderr\nlisten = 127.0.0.1\nmail_location = maildir:~/Maildir\ndisable_plaintext_auth = no\n" >/etc/dovecot/local.conf &&
	sed -i "s/^!include auth-system/#&/; s/^#!include auth-passwdfile/!include auth-passwdfile/" /etc/dovecot/conf.d/10-auth.conf'
pause=1
features='login list fetch append search refused pop3 tls bad sort'
imap() { client curl -sS -m 10 -k --url "imap://127.0.0.1/$1" -u ann:secret ${2:+-X "$2"} | tr -d '\r' | sed 's/UIDVALIDITY [0-9]*//'; }
ask() {
	case $1 in
	login) talk 143 'a login ann secret' 'b logout' | sed 's/ OK.*/ OK/' ;;
	list) imap '' 'LIST "" "*"' ;;
	fetch) client curl -sS -m 10 --url 'imap://127.0.0.1/INBOX;MAILINDEX=1' -u ann:secret ;;
	append) talk 143 'a login ann secret' 'b create Sent' 'c append Sent {6+}' hello 'd status Sent (messages)' 'e logout' | grep '^. STATUS' ;;
	search) imap INBOX 'SEARCH BODY hello' ;;
	refused) client curl -sS -m 10 --url imap://127.0.0.1/ -u ann:wrong ;;
	pop3) client curl -sS -m 10 --url pop3://127.0.0.1/1 -u ann:secret ;;
	tls) client curl -sS -m 10 -k --url 'imaps://127.0.0.1/INBOX;MAILINDEX=1' -u ann:secret ;;
	bad) talk 143 'a nonesuch' 'b logout' | tail -n 2 | sed 's/([^)]*)//' ;;
	sort) imap INBOX 'SORT (SUBJECT) UTF-8 ALL' ;;
	esac
}
