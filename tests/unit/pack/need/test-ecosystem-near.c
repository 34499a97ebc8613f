// SPDX-License-Identifier: BSD-2-Clause
/* What comes along by custom with --margin near: a root each, in which something must stay out. */
#include "tests/unit/pack/need/ecosystem.h"

static const struct example near[] = {
	{"nss", "/bin/x", "/bin/x /etc/protocols", NULL,
	 {"/bin/x!getprotobyname_r", "/etc/protocols", "/etc/rpc"}},

	{"openssl", "/etc/ssl/openssl.cnf", "/etc/ssl/openssl.cnf /usr/lib/arch/ossl-modules/legacy.so", NULL,
	 {"/etc/ssl/openssl.cnf=default = x\nlegacy = legacy_sect\n# fips = y\n",
	  "/usr/lib/arch/ossl-modules/legacy.so", "/usr/lib/arch/ossl-modules/fips.so"}},

	{"terminfo", "/bin/x", "/bin/x /lib/terminfo/d/dumb /usr/share/terminfo/x/xterm", NULL,
	 {"/bin/x!setupterm", "/lib/terminfo/d/dumb", "/usr/share/terminfo/x/xterm",
	  "/usr/share/terminfo/a/ansi"}},

	{"zoneinfo", "/bin/x",
	 "/bin/x /usr/share/zoneinfo/Asia/Tokyo /usr/share/zoneinfo/Etc/UTC /usr/share/zoneinfo/UTC "
	 "/usr/share/zoneinfo/zone.tab", NULL,
	 {"/bin/x!localtime", "/usr/share/zoneinfo/Asia/Tokyo", "/usr/share/zoneinfo/Etc/UTC",
	  "/usr/share/zoneinfo/UTC>Etc/UTC", "/usr/share/zoneinfo/posix/Asia/Tokyo",
	  "/usr/share/zoneinfo/right/UTC", "/usr/share/zoneinfo/zone.tab"}},
	{"locale", "/bin/x", "/bin/x /usr/lib/locale/C.utf8/LC_CTYPE", NULL,
	 {"/bin/x!setlocale", "/usr/lib/locale/C.utf8/LC_CTYPE", "/usr/lib/locale/de_DE.utf8/LC_CTYPE"}},
	{"gconv", "/bin/x",
	 "/bin/x /usr/lib/arch/gconv/CP1252.so /usr/lib/arch/gconv/ISO8859-15.so "
	 "/usr/lib/arch/gconv/gconv-modules", NULL,
	 {"/bin/x!iconv_open", "/usr/lib/arch/gconv/CP1252.so", "/usr/lib/arch/gconv/ISO8859-15.so",
	  "/usr/lib/arch/gconv/EUC-KR.so", "/usr/lib/arch/gconv/gconv-modules"}},
	{"pam", "/usr/sbin/vsftpd", "/etc/pam.d/other /etc/pam.d/vsftpd /usr/lib/arch/security/pam_unix.so "
				    "/usr/sbin/vsftpd", NULL,
	 {"/usr/sbin/vsftpd!pam_start", "/etc/pam.d/vsftpd=auth required pam_unix.so\n", "/etc/pam.d/other=",
	  "/etc/pam.d/sudo=", "/usr/lib/arch/security/pam_unix.so", "/usr/lib/arch/security/pam_env.so"}},
	{"python", "/usr/lib/python3.11/encodings/__init__.py",
	 "/usr/lib/python3.11/encodings/__init__.py /usr/lib/python3.11/encodings/iso8859_15.py "
	 "/usr/lib/python3.11/encodings/utf_16.py /usr/lib/python3.11/stringprep.py", NULL,
	 {"/usr/lib/python3.11/encodings/__init__.py", "/usr/lib/python3.11/encodings/iso8859_15.py",
	  "/usr/lib/python3.11/encodings/utf_16.py", "/usr/lib/python3.11/encodings/big5.py",
	  "/usr/lib/python3.11/stringprep.py"}},

	{"shell", "/bin/x", "/bin/dash /bin/sh /bin/x", NULL,
	 {"/bin/x!system", "/bin/sh>dash", "/bin/dash", "/bin/bash"}},
	{"shell", "/bin/x", "/bin/dash /bin/sh /bin/x", NULL,
	 {"/bin/x=#!/bin/awk -f\nBEGIN { print | \"/bin/sh -c x\" }\n", "/bin/sh>dash", "/bin/dash"}},
	{"shell", "/bin/x", NULL, NULL, {"/bin/x=/bin/sh", "/bin/sh"}},

	/* ---- applications ---- */

	{"postgresql", "/usr/lib/postgresql/15/bin/postgres",
	 "/usr/lib/postgresql/15/bin/postgres /usr/lib/postgresql/15/lib/plpgsql.so "
	 "/usr/lib/postgresql/15/lib/utf8_and_win.so /usr/share/postgresql/15/timezonesets/Default", NULL,
	 {"/usr/lib/postgresql/15/bin/postgres", "/usr/lib/postgresql/15/lib/plpgsql.so",
	  "/usr/lib/postgresql/15/lib/utf8_and_win.so", "/usr/lib/postgresql/15/lib/llvmjit.so",
	  "/usr/share/postgresql/15/timezonesets/Default", "/usr/share/postgresql/14/timezonesets/Default"}},
	{"mariadb", "/usr/sbin/mariadbd",
	 "/usr/sbin/mariadbd /usr/share/mysql/charsets/Index.xml /usr/share/mysql/english/errmsg.sys", NULL,
	 {"/usr/sbin/mariadbd", "/usr/share/mysql/charsets/Index.xml", "/usr/share/mysql/english/errmsg.sys",
	  "/usr/share/mysql/fill_help_tables.sql"}},
	{"mail", "/usr/lib/postfix/sbin/master",
	 "/etc/postfix/master.cf /usr/lib/postfix/sbin/bounce /usr/lib/postfix/sbin/master", NULL,
	 {"/usr/lib/postfix/sbin/master", "/usr/lib/postfix/sbin/bounce", "/etc/postfix/master.cf",
	  "/usr/lib/postfix/configure-instance.sh"}},
	{"mail", "/usr/sbin/dovecot",
	 "/etc/dovecot/conf.d/10-auth.conf /usr/lib/dovecot/auth /usr/lib/dovecot/modules/auth/x.so "
	 "/usr/sbin/dovecot", NULL,
	 {"/usr/sbin/dovecot", "/usr/lib/dovecot/auth", "/usr/lib/dovecot/modules/auth/x.so",
	  "/etc/dovecot/conf.d/10-auth.conf", "/etc/dovecot/private/key"}},
	{"openssh", "/usr/sbin/sshd", "/etc/ssh/moduli /usr/lib/openssh/sftp-server /usr/sbin/sshd", NULL,
	 {"/usr/sbin/sshd", "/usr/lib/openssh/sftp-server", "/etc/ssh/moduli", "/etc/ssh/ssh_config"}},
	{"proxies", "/usr/sbin/haproxy", "/etc/haproxy/errors/503.http /usr/sbin/haproxy", NULL,
	 {"/usr/sbin/haproxy", "/etc/haproxy/errors/503.http", "/etc/haproxy/other.cfg"}},
	{"proxies", "/usr/sbin/squid", "/usr/sbin/squid /usr/share/squid/errors/templates/ERR_X", NULL,
	 {"/usr/sbin/squid", "/usr/share/squid/errors/templates/ERR_X", "/usr/share/squid/errors/fr/ERR_X"}},
	{"rsyslog", "/usr/sbin/rsyslogd", "/usr/lib/arch/rsyslog/lmnet.so /usr/sbin/rsyslogd", NULL,
	 {"/usr/sbin/rsyslogd", "/usr/lib/arch/rsyslog/lmnet.so", "/usr/lib/arch/rsyslog/pmsnare.so"}},
	{"ldap", "/usr/sbin/slapd", "/etc/ldap/schema/core.ldif /usr/lib/ldap/back_mdb.so /usr/sbin/slapd", NULL,
	 {"/usr/sbin/slapd", "/usr/lib/ldap/back_mdb.so", "/etc/ldap/schema/core.ldif", "/etc/ldap/ldap.conf"}},
	{"php", "/usr/bin/php8.2",
	 "/etc/php/8.2/cli/conf.d/10-a.ini /usr/bin/php8.2 /usr/lib/php/20220829/ftp.so", NULL,
	 {"/usr/bin/php8.2", "/etc/php/8.2/cli/conf.d/10-a.ini", "/usr/lib/php/20220829/ftp.so",
	  "/usr/lib/php/8.2/php.ini-production"}},
	{"git", "/usr/bin/git",
	 "/usr/bin/git /usr/lib/git-core/git-remote-http /usr/share/git-core/templates/hooks/x", NULL,
	 {"/usr/bin/git", "/usr/lib/git-core/git-remote-http", "/usr/share/git-core/templates/hooks/x",
	  "/usr/share/git-core/contrib/x"}},
	{"httpd", "/usr/sbin/apache2",
	 "/usr/sbin/apache2 /usr/share/apache2/error/HTTP_GONE.html.var /usr/share/apache2/icons/a.gif",
	 "/usr/sbin/apache2",
	 {"/usr/sbin/apache2", "/usr/lib/apache2/modules/mod_cgi.so",
	  "/usr/share/apache2/error/HTTP_GONE.html.var", "/usr/share/apache2/icons/a.gif",
	  "/usr/share/apache2/icons/README"}},
};

static void each_brings_what_it_says_with_the_margin_only(void)
{
	check_examples(near, sizeof(near) / sizeof(*near), MARGIN_NEAR);
}

static void each_has_an_example(void)
{
	check_all_are_there(near, sizeof(near) / sizeof(*near), MARGIN_NEAR);
}

int main(void)
{
	RUN(each_brings_what_it_says_with_the_margin_only);
	RUN(each_has_an_example);
	return test_end();
}
