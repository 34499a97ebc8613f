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
	{"httpd", "/usr/sbin/lighttpd",
	 "/etc/lighttpd/conf-enabled/90-x.conf /usr/lib/lighttpd/mod_status.so /usr/sbin/lighttpd "
	 "/usr/share/lighttpd/use-ipv6.pl", NULL,
	 {"/usr/sbin/lighttpd", "/usr/lib/lighttpd/mod_status.so", "/etc/lighttpd/conf-enabled/90-x.conf",
	  "/etc/lighttpd/conf-available/10-cgi.conf", "/usr/share/lighttpd/use-ipv6.pl"}},
	{"proxies", "/usr/sbin/privoxy",
	 "/etc/privoxy/default.action /etc/privoxy/templates/blocked /usr/sbin/privoxy", NULL,
	 {"/usr/sbin/privoxy", "/etc/privoxy/templates/blocked", "/etc/privoxy/default.action",
	  "/etc/privoxy/trust"}},
	{"proxies", "/usr/sbin/squid", "/usr/sbin/squid /usr/share/squid-langpack/de/ERR_X", NULL,
	 {"/usr/sbin/squid", "/usr/share/squid-langpack/de/ERR_X", "/usr/share/squid-langpack/TRANSLATORS"}},
	{"names", "/usr/sbin/named",
	 "/etc/bind/db.local /etc/bind/named.conf.options /usr/lib/arch/bind/filter-a.so /usr/sbin/named "
	 "/usr/share/dns/root.hints", NULL,
	 {"/usr/sbin/named", "/etc/bind/db.local", "/etc/bind/named.conf.options", "/etc/bind/rndc.key",
	  "/usr/lib/arch/bind/filter-a.so", "/usr/share/dns/root.hints"}},
	{"names", "/usr/sbin/unbound", "/etc/unbound/unbound.conf.d/a.conf /usr/sbin/unbound /usr/share/dns/root.key",
	 NULL,
	 {"/usr/sbin/unbound", "/etc/unbound/unbound.conf.d/a.conf", "/etc/unbound/unbound_server.key",
	  "/usr/share/dns/root.key"}},
	{"names", "/usr/sbin/dnsmasq", "/etc/dnsmasq.d/a /usr/sbin/dnsmasq /usr/share/dnsmasq-base/trust-anchors.conf",
	 NULL,
	 {"/usr/sbin/dnsmasq", "/etc/dnsmasq.d/a", "/usr/share/dnsmasq-base/trust-anchors.conf",
	  "/usr/share/dnsmasq-base/other"}},
	{"brokers", "/usr/sbin/mosquitto", "/usr/lib/arch/mosquitto_dynamic_security.so /usr/sbin/mosquitto", NULL,
	 {"/usr/sbin/mosquitto", "/usr/lib/arch/mosquitto_dynamic_security.so", "/etc/mosquitto/aclfile.example"}},
	{"brokers", "/usr/bin/redis-server", "/usr/bin/redis-server /usr/lib/redis/modules/bloom.so", NULL,
	 {"/usr/bin/redis-server", "/usr/lib/redis/modules/bloom.so", "/usr/bin/redis-benchmark"}},
	{"brokers", "/usr/bin/sqlite3", "/usr/bin/sqlite3 /usr/lib/arch/libsqlite3_mod_csvtable.so", NULL,
	 {"/usr/bin/sqlite3", "/usr/lib/arch/libsqlite3_mod_csvtable.so", "/usr/lib/arch/libodbc.so"}},
	{"compilers", "/usr/lib/gcc/arch/12/cc1",
	 "/usr/bin/as /usr/include/stdio.h /usr/lib/arch/crt1.o /usr/lib/gcc/arch/12/cc1 "
	 "/usr/lib/gcc/arch/12/collect2 /usr/lib/gcc/arch/12/include/stddef.h", NULL,
	 {"/usr/lib/gcc/arch/12/cc1", "/usr/lib/gcc/arch/12/lto1", "/usr/lib/gcc/arch/12/collect2", "/usr/bin/as",
	  "/usr/lib/gcc/arch/12/include/stddef.h", "/usr/include/stdio.h", "/usr/include/X11/Xlib.h",
	  "/usr/lib/arch/crt1.o", "/usr/lib/arch/libc.a"}},
	{"media", "/usr/lib/arch/libMagickCore-6.Q16.so.6",
	 "/etc/ImageMagick-6/policy.xml /usr/lib/arch/ImageMagick-6.9/modules-Q16/coders/dpx.la "
	 "/usr/lib/arch/ImageMagick-6.9/modules-Q16/coders/gif.so /usr/lib/arch/libMagickCore-6.Q16.so.6", NULL,
	 {"/usr/lib/arch/libMagickCore-6.Q16.so.6", "/etc/ImageMagick-6/policy.xml",
	  "/usr/lib/arch/ImageMagick-6.9/modules-Q16/coders/gif.so",
	  "/usr/lib/arch/ImageMagick-6.9/modules-Q16/coders/dpx.la",
	  "/usr/lib/arch/ImageMagick-6.9/modules-Q16/coders/dpx.so"}},
	{"media", "/usr/bin/ffmpeg", "/usr/bin/ffmpeg /usr/bin/ffprobe /usr/share/ffmpeg/a.ffpreset", NULL,
	 {"/usr/bin/ffmpeg", "/usr/bin/ffprobe", "/usr/bin/ffplay", "/usr/share/ffmpeg/a.ffpreset"}},
	{"media", "/usr/lib/arch/libfontconfig.so.1",
	 "/usr/lib/arch/libfontconfig.so.1 /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", NULL,
	 {"/usr/lib/arch/libfontconfig.so.1", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
	  "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"}},
	{"mariadb", "/usr/sbin/mariadbd",
	 "/usr/lib/mysql/plugin/auth_pam.so /usr/sbin/mariadbd /usr/share/mysql/german/errmsg.sys", NULL,
	 {"/usr/sbin/mariadbd", "/usr/lib/mysql/plugin/auth_pam.so", "/usr/lib/mysql/plugin/ha_sphinx.so",
	  "/usr/share/mysql/german/errmsg.sys"}},
	{"jvm", "/usr/lib/jvm/17/lib/server/libjvm.so",
	 "/usr/lib/jvm/17/lib/libawt.so /usr/lib/jvm/17/lib/server/libjvm.so", "/usr/lib/jvm/17/lib/server/libjvm.so",
	 {"/usr/lib/jvm/17/lib/server/libjvm.so", "/usr/lib/jvm/17/lib/libawt.so", "/usr/lib/jvm/17/lib/src.zip"}},
	{"jvm", "/usr/share/tomcat10/bin/bootstrap.jar",
	 "/etc/tomcat10/web.xml /usr/share/tomcat10/bin/bootstrap.jar /usr/share/tomcat10/etc/server.xml "
	 "/usr/share/tomcat10/lib/jasper.jar", NULL,
	 {"/usr/share/tomcat10/bin/bootstrap.jar", "/etc/tomcat10/web.xml", "/usr/share/tomcat10/lib/jasper.jar",
	  "/usr/share/tomcat10/etc/server.xml", "/usr/share/tomcat10/logrotate.template"}},
	{"perl", "/usr/lib/arch/perl/5.36/Time/Piece.pm",
	 "/usr/lib/arch/perl/5.36/Time/Piece.pm /usr/lib/arch/perl/5.36/auto/Time/Piece/Piece.so", NULL,
	 {"/usr/lib/arch/perl/5.36/Time/Piece.pm", "/usr/lib/arch/perl/5.36/auto/Time/Piece/Piece.so",
	  "/usr/lib/arch/perl/5.36/auto/Time/HiRes/HiRes.so"}},
	{"perl", "/usr/lib/arch/perl-base/POSIX.pm",
	 "/usr/lib/arch/perl-base/POSIX.pm /usr/lib/arch/perl-base/auto/POSIX/POSIX.so", NULL,
	 {"/usr/lib/arch/perl-base/POSIX.pm", "/usr/lib/arch/perl-base/auto/POSIX/POSIX.so",
	  "/usr/lib/arch/perl-base/auto/Fcntl/Fcntl.so"}},
	{"perl", "/usr/lib/arch/perl/5.36/Encode.pm",
	 "/usr/lib/arch/perl/5.36/Encode.pm /usr/lib/arch/perl/5.36/Encode/Byte.pm "
	 "/usr/lib/arch/perl/5.36/auto/Encode/Byte/Byte.so", NULL,
	 {"/usr/lib/arch/perl/5.36/Encode.pm", "/usr/lib/arch/perl/5.36/Encode/Byte.pm",
	  "/usr/lib/arch/perl/5.36/Encode/JP.pm", "/usr/lib/arch/perl/5.36/auto/Encode/Byte/Byte.so"}},
	{"perl", "/usr/share/perl5/Mojolicious.pm",
	 "/usr/share/perl5/Mojo/Util.pm /usr/share/perl5/Mojolicious.pm "
	 "/usr/share/perl5/Mojolicious/resources/templates/mojo/exception.html.ep", NULL,
	 {"/usr/share/perl5/Mojolicious.pm", "/usr/share/perl5/Mojo/Util.pm", "/usr/share/perl5/Moo.pm",
	  "/usr/share/perl5/Mojolicious/resources/templates/mojo/exception.html.ep"}},
	{"django", "/usr/lib/python3/dist-packages/django/__init__.py",
	 "/usr/lib/python3/dist-packages/django/__init__.py "
	 "/usr/lib/python3/dist-packages/django/views/templates/technical_500.txt", NULL,
	 {"/usr/lib/python3/dist-packages/django/__init__.py",
	  "/usr/lib/python3/dist-packages/django/views/templates/technical_500.txt",
	  "/usr/lib/python3/dist-packages/django/test/html.py"}},
	{"django", "/usr/lib/python3/dist-packages/django/contrib/admin/apps.py",
	 "/usr/lib/python3/dist-packages/django/contrib/admin/apps.py "
	 "/usr/lib/python3/dist-packages/django/contrib/admin/templates/admin/login.html", NULL,
	 {"/usr/lib/python3/dist-packages/django/contrib/admin/apps.py",
	  "/usr/lib/python3/dist-packages/django/contrib/admin/templates/admin/login.html",
	  "/usr/lib/python3/dist-packages/django/contrib/gis/templates/gis/x.html"}},
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
