// SPDX-License-Identifier: BSD-2-Clause
/*
 * What comes along by custom, one small root for each ecosystem: a file is asked for, and what is in
 * is compared with the ecosystem and without it. Every root also has something that must stay out.
 */
#include "tests/unit/pack/need/ecosystem.h"

static const struct example examples[] = {
	{"nss", "/etc/nsswitch.conf",
	 "/etc/group /etc/hosts /etc/nsswitch.conf /etc/passwd /usr/lib/arch/libnss_dns.so.2 "
	 "/usr/lib/arch/libnss_files.so.2 /usr/lib/arch/libnss_sss.so.2", NULL,
	 {"/etc/nsswitch.conf=passwd: files sss\nhosts: files [NOTFOUND=return] dns\n", "/etc/passwd",
	  "/etc/group", "/etc/hosts", "/etc/networks", "/usr/lib/arch/libnss_files.so.2",
	  "/usr/lib/arch/libnss_dns.so.2", "/usr/lib/arch/libnss_sss.so.2",
	  "/usr/lib/arch/libnss_nis.so.2"}},

	{"gconv", "/usr/lib/arch/gconv/EUC-KR.so",
	 "/usr/lib/arch/gconv/EUC-KR.so /usr/lib/arch/gconv/gconv-modules "
	 "/usr/lib/arch/gconv/gconv-modules.cache /usr/lib/arch/gconv/gconv-modules.d/extra.conf",
	 NULL,
	 {"/usr/lib/arch/gconv/EUC-KR.so", "/usr/lib/arch/gconv/KOI8-R.so",
	  "/usr/lib/arch/gconv/gconv-modules", "/usr/lib/arch/gconv/gconv-modules.cache",
	  "/usr/lib/arch/gconv/gconv-modules.d/extra.conf"}},

	{"locale", "/usr/lib/locale/de_DE.utf8/LC_CTYPE",
	 "/usr/lib/locale/C.utf8/LC_CTYPE /usr/lib/locale/de_DE.utf8/LC_CTYPE "
	 "/usr/lib/locale/de_DE.utf8/LC_MESSAGES/SYS_LC_MESSAGES "
	 "/usr/lib/locale/de_DE.utf8/LC_TIME", NULL,
	 {"/usr/lib/locale/C.utf8/LC_CTYPE", "/usr/lib/locale/de_DE.utf8/LC_CTYPE",
	  "/usr/lib/locale/de_DE.utf8/LC_TIME",
	  "/usr/lib/locale/de_DE.utf8/LC_MESSAGES/SYS_LC_MESSAGES",
	  "/usr/lib/locale/fr_FR.utf8/LC_CTYPE"}},

	{"zoneinfo", "/usr/share/zoneinfo/Asia/Tokyo",
	 "/usr/share/zoneinfo/Asia/Tokyo /usr/share/zoneinfo/Etc/UTC /usr/share/zoneinfo/UTC", NULL,
	 {"/usr/share/zoneinfo/Asia/Tokyo", "/usr/share/zoneinfo/Asia/Seoul",
	  "/usr/share/zoneinfo/Etc/UTC", "/usr/share/zoneinfo/UTC>Etc/UTC"}},

	/* one that is looked up by its hash: the next one may be another */
	{"ca", "/etc/ssl/certs/0123abcd.0",
	 "/etc/ssl/certs/0123abcd.0 /etc/ssl/certs/4567cdef.0 /etc/ssl/certs/One.pem "
	 "/etc/ssl/certs/ca-certificates.crt /usr/share/ca-certificates/One.crt "
	 "/usr/share/ca-certificates/Two.crt",
	 "/etc/ssl/certs/0123abcd.0 /etc/ssl/certs/One.pem /usr/share/ca-certificates/One.crt",
	 {"/etc/ssl/certs/0123abcd.0>One.pem", "/etc/ssl/certs/One.pem>/usr/share/ca-certificates/One.crt",
	  "/etc/ssl/certs/4567cdef.0>/usr/share/ca-certificates/Two.crt",
	  "/usr/share/ca-certificates/One.crt", "/usr/share/ca-certificates/Two.crt",
	  "/usr/share/ca-certificates/Distrusted.crt", "/etc/ssl/certs/ca-certificates.crt"}},
	{"ca", "/etc/pki/tls/certs/mine.pem",
	 "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem /etc/pki/tls/certs/ca-bundle.crt "
	 "/etc/pki/tls/certs/mine.pem", NULL,
	 {"/etc/pki/tls/certs/mine.pem", "/etc/pki/tls/certs/other.pem",
	  "/etc/pki/tls/certs/ca-bundle.crt>/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"}},

	{"python", "/v/site-packages/pkg/sub/mod.py",
	 "/v/site-packages/pkg-1.0.dist-info/METADATA /v/site-packages/pkg/sub/__init__.py "
	 "/v/site-packages/pkg/sub/__pycache__/mod.cpython-311.pyc /v/site-packages/pkg/sub/mod.py",
	 NULL,
	 {"/v/site-packages/pkg/sub/mod.py", "/v/site-packages/pkg/sub/__init__.py",
	  "/v/site-packages/pkg/sub/other.py", "/v/site-packages/pkg-1.0.dist-info/METADATA",
	  "/v/site-packages/pkgs-1.0.dist-info/METADATA",
	  "/v/site-packages/pkg/sub/__pycache__/mod.cpython-311.pyc",
	  "/v/site-packages/pkg/sub/__pycache__/model.cpython-311.pyc"}},
	{"python", "/usr/lib/python3/dist-packages/six.py",
	 "/usr/lib/python3/dist-packages/six-1.16.egg-info/PKG-INFO "
	 "/usr/lib/python3/dist-packages/six.py", NULL,
	 {"/usr/lib/python3/dist-packages/six.py", "/usr/lib/python3/dist-packages/sixty.py",
	  "/usr/lib/python3/dist-packages/six-1.16.egg-info/PKG-INFO"}},

	/* distributions that are not called as what they install: by RECORD, and by top_level.txt */
	{"python", "/v/site-packages/yaml/loader.py",
	 "/v/site-packages/PyYAML-6.0.dist-info/METADATA /v/site-packages/PyYAML-6.0.dist-info/RECORD "
	 "/v/site-packages/yaml/loader.py", NULL,
	 {"/v/site-packages/yaml/loader.py",
	  "/v/site-packages/PyYAML-6.0.dist-info/RECORD=PyYAML-6.0.dist-info/METADATA,,\n"
	  "yaml/loader.py,sha256=x,4\n", "/v/site-packages/PyYAML-6.0.dist-info/METADATA",
	  "/v/site-packages/ruamel-1.dist-info/RECORD=ruamel/yaml/loader.py,,\nyamls/x.py,,\n"}},
	{"python", "/usr/lib/python3/dist-packages/dateutil.py",
	 "/usr/lib/python3/dist-packages/dateutil.py "
	 "/usr/lib/python3/dist-packages/python_dateutil-2.8.egg-info/PKG-INFO "
	 "/usr/lib/python3/dist-packages/python_dateutil-2.8.egg-info/top_level.txt", NULL,
	 {"/usr/lib/python3/dist-packages/dateutil.py",
	  "/usr/lib/python3/dist-packages/python_dateutil-2.8.egg-info/PKG-INFO",
	  "/usr/lib/python3/dist-packages/python_dateutil-2.8.egg-info/top_level.txt=dateutil\n",
	  "/usr/lib/python3/dist-packages/other-2.8.egg-info/top_level.txt=other\ndateutils\n"}},

	/* the innermost package, not the one it is bundled in */
	{"node", "/app/node_modules/a/node_modules/b/lib/deep/x.bin",
	 "/app/node_modules/a/node_modules/b/lib/deep/x.bin "
	 "/app/node_modules/a/node_modules/b/package.json", NULL,
	 {"/app/node_modules/a/package.json", "/app/node_modules/a/node_modules/b/package.json",
	  "/app/node_modules/a/node_modules/b/lib/deep/x.bin",
	  "/app/node_modules/a/node_modules/c/package.json"}},
	{"node", "/app/node_modules/@scope/b/lib/x.js",
	 "/app/node_modules/@scope/b/lib/x.js /app/node_modules/@scope/b/package.json", NULL,
	 {"/app/node_modules/@scope/b/lib/x.js", "/app/node_modules/@scope/b/package.json",
	  "/app/node_modules/@scope/c/package.json"}},
	{"node", "/app/main.mjs", "/app/main.mjs /app/package.json", NULL,
	 {"/app/main.mjs", "/app/package.json", "/app/package-lock.json"}},

	{"ruby", "/var/lib/gems/3.1.0/gems/rack-2.2/lib/rack.rb",
	 "/var/lib/gems/3.1.0/extensions/arch/3.1.0/rack-2.2/gem.build_complete "
	 "/var/lib/gems/3.1.0/gems/rack-2.2/lib/rack.rb "
	 "/var/lib/gems/3.1.0/specifications/rack-2.2.gemspec", NULL,
	 {"/var/lib/gems/3.1.0/gems/rack-2.2/lib/rack.rb",
	  "/var/lib/gems/3.1.0/gems/rack-2.2/README",
	  "/var/lib/gems/3.1.0/extensions/arch/3.1.0/rack-2.2/gem.build_complete",
	  "/var/lib/gems/3.1.0/specifications/rack-2.2.gemspec",
	  "/var/lib/gems/3.1.0/specifications/rack-2.2.1.gemspec"}},

	{"perl", "/usr/lib/arch/perl-base/Config.pm",
	 "/usr/lib/arch/perl-base/Config.pm /usr/lib/arch/perl-base/Config_heavy.pl", NULL,
	 {"/usr/lib/arch/perl-base/Config.pm", "/usr/lib/arch/perl-base/Config_heavy.pl",
	  "/usr/lib/arch/perl-base/strict.pm"}},
	{"perl", "/usr/lib/perl5/core_perl/Config.pm",
	 "/usr/lib/perl5/core_perl/Config.pm /usr/lib/perl5/core_perl/Config_git.pl", NULL,
	 {"/usr/lib/perl5/core_perl/Config.pm", "/usr/lib/perl5/core_perl/Config_git.pl"}},
	{"perl", "/usr/lib/arch/perl-base/utf8.pm",
	 "/usr/lib/arch/perl-base/unicore/To/Upper.pl /usr/lib/arch/perl-base/unicore/UCD.pl "
	 "/usr/lib/arch/perl-base/utf8.pm", NULL,
	 {"/usr/lib/arch/perl-base/utf8.pm", "/usr/lib/arch/perl-base/unicore/UCD.pl",
	  "/usr/lib/arch/perl-base/unicore/To/Upper.pl", "/usr/lib/arch/perl-base/strict.pm"}},

	{"jvm", "/opt/jdk/lib/server/libjvm.so",
	 "/opt/jdk/conf/net.properties /opt/jdk/lib/jvm.cfg /opt/jdk/lib/libjava.so "
	 "/opt/jdk/lib/modules /opt/jdk/lib/security/cacerts /opt/jdk/lib/server/libjvm.so "
	 "/opt/jdk/lib/tzdb.dat", NULL,
	 {"/opt/jdk/lib/server/libjvm.so", "/opt/jdk/lib/modules", "/opt/jdk/lib/jvm.cfg",
	  "/opt/jdk/lib/tzdb.dat", "/opt/jdk/lib/security/cacerts", "/opt/jdk/conf/net.properties",
	  "/opt/jdk/lib/libjava.so", "/opt/jdk/lib/src.zip", "/opt/jdk/bin/javac"}},

	{"jvm", "/opt/jre/lib/amd64/server/libjvm.so",
	 "/opt/jre/lib/amd64/jvm.cfg /opt/jre/lib/amd64/libjava.so "
	 "/opt/jre/lib/amd64/server/libjvm.so /opt/jre/lib/ext/sunec.jar /opt/jre/lib/rt.jar "
	 "/opt/jre/lib/security/java.security", NULL,
	 {"/opt/jre/lib/amd64/server/libjvm.so", "/opt/jre/lib/amd64/jvm.cfg",
	  "/opt/jre/lib/amd64/libjava.so", "/opt/jre/lib/amd64/libawt.so", "/opt/jre/lib/rt.jar",
	  "/opt/jre/lib/ext/sunec.jar", "/opt/jre/lib/security/java.security",
	  "/opt/jre/bin/java"}},

	{"terminfo", "/usr/share/terminfo/s/screen",
	 "/usr/share/terminfo/d/dumb /usr/share/terminfo/s/screen /usr/share/terminfo/x/xterm", NULL,
	 {"/usr/share/terminfo/s/screen", "/usr/share/terminfo/d/dumb",
	  "/usr/share/terminfo/x/xterm", "/usr/share/terminfo/a/ansi"}},

	{"pam", "/etc/pam.d/login",
	 "/etc/pam.d/common-auth /etc/pam.d/login /etc/pam.d/other /etc/pam.d/system-auth "
	 "/usr/lib/arch/security/pam_deny.so /usr/lib/arch/security/pam_env.so "
	 "/usr/lib/arch/security/pam_unix.so", NULL,
	 {"/etc/pam.d/login=@include common-auth\n-session optional pam_env.so readenv=1\n"
	  "auth substack system-auth\n",
	  "/etc/pam.d/common-auth=auth [success=1 default=ignore] pam_unix.so nullok\n",
	  "/etc/pam.d/system-auth=", "/etc/pam.d/other=auth required pam_deny.so\n",
	  "/etc/pam.d/sudo=auth required pam_wheel.so\n", "/usr/lib/arch/security/pam_unix.so",
	  "/usr/lib/arch/security/pam_env.so", "/usr/lib/arch/security/pam_deny.so",
	  "/usr/lib/arch/security/pam_wheel.so"}},
	/* by an absolute path, behind any name of a file that is included, and not in comments */
	{"pam", "/etc/pam.d/vsftpd",
	 "/etc/pam.d/mine /etc/pam.d/vsftpd /opt/own/check.so /usr/lib/security/pam_unix.so", NULL,
	 {"/etc/pam.d/vsftpd=#auth required pam_old.so\nauth include mine # or include other.mine\n"
	  "auth required /opt/own/check.so login\n",
	  "/etc/pam.d/mine=auth required pam_unix.so\nauth include # m", "/etc/pam.d/other.mine=", "/etc/pam.d/m=",
	  "/etc/pam.d/login=", "/opt/own/check.so", "/usr/lib/security/pam_unix.so",
	  "/usr/lib/security/pam_old.so"}},
	/* nothing can be read there, and that is no reason to give up */
	{"pam", "/etc/pam.d/loop", NULL, NULL, {"/etc/pam.d/loop>loop", "/etc/pam.d/sudo"}},
	{"pam", "/etc/pam.d/file", "/etc/pam.d/file /etc/plain", "/etc/pam.d/file /etc/plain",
	 {"/etc/pam.d/file>/etc/plain", "/etc/plain="}},
	{"pam", "/etc/pam.d/dir", NULL, NULL, {"/etc/pam.d/dir>/etc", "/etc/plain"}},
	{"pam", "/etc/pam.d/none", NULL, NULL, {"/etc/pam.d/none>/etc/plain/x", "/etc/plain"}},

	{"httpd", "/usr/sbin/nginx",
	 "/etc/nginx/modules-enabled/50-geo.conf /usr/lib/nginx/modules/geo.so /usr/sbin/nginx "
	 "/usr/share/nginx/modules /usr/share/nginx/modules-available/geo.conf", NULL,
	 {"/usr/sbin/nginx",
	  "/etc/nginx/modules-enabled/50-geo.conf>/usr/share/nginx/modules-available/geo.conf",
	  "/usr/share/nginx/modules-available/geo.conf=load_module modules/geo.so;\n",
	  "/usr/share/nginx/modules-available/xslt.conf=load_module modules/xslt.so;\n",
	  "/usr/share/nginx/modules>/usr/lib/nginx/modules", "/usr/lib/nginx/modules/geo.so",
	  "/usr/lib/nginx/modules/xslt.so"}},
	{"httpd", "/usr/sbin/apache2",
	 "/etc/apache2/mods-available/dir.load /etc/apache2/mods-enabled/dir.load "
	 "/usr/lib/apache2/modules/mod_dir.so /usr/sbin/apache2", NULL,
	 {"/usr/sbin/apache2", "/etc/apache2/mods-enabled/dir.load>../mods-available/dir.load",
	  "/etc/apache2/mods-available/dir.load=LoadModule dir_module "
	  "/usr/lib/apache2/modules/mod_dir.so\n",
	  "/etc/apache2/mods-available/cgi.load=LoadModule cgi_module "
	  "/usr/lib/apache2/modules/mod_cgi.so\n",
	  "/usr/lib/apache2/modules/mod_dir.so", "/usr/lib/apache2/modules/mod_cgi.so"}},
	{"httpd", "/usr/sbin/httpd",
	 "/etc/httpd/conf.modules.d/00.conf /etc/httpd/modules /usr/lib64/httpd/modules/mod_dir.so "
	 "/usr/sbin/httpd", NULL,
	 {"/usr/sbin/httpd", "/etc/httpd/conf.modules.d/00.conf=LoadModule dir_module "
	  "modules/mod_dir.so\n", "/etc/httpd/modules>/usr/lib64/httpd/modules",
	  "/usr/lib64/httpd/modules/mod_dir.so", "/usr/lib64/httpd/modules/mod_cgi.so"}},
	/* Alpine: below the ServerRoot */
	{"httpd", "/etc/apache2/httpd.conf",
	 "/etc/apache2/conf.d/ssl.conf /etc/apache2/httpd.conf /usr/lib/apache2/mod_dir.so "
	 "/usr/lib/apache2/mod_ssl.so /var/www/modules", NULL,
	 {"/etc/apache2/httpd.conf=ServerRoot /var/www\nLoadModule dir_module modules/mod_dir.so\n"
	  "#LoadModule cgi_module modules/mod_cgi.so\n",
	  "/etc/apache2/conf.d/ssl.conf=LoadModule ssl_module modules/mod_ssl.so\n",
	  "/var/www/modules>/usr/lib/apache2", "/usr/lib/apache2/mod_dir.so",
	  "/usr/lib/apache2/mod_ssl.so", "/usr/lib/apache2/mod_cgi.so"}},

	/* ---- by what a program imports, or holds ---- */
	{"nss", "/bin/x", "/bin/x /etc/group /etc/hosts /etc/nsswitch.conf /etc/passwd "
			  "/usr/lib/arch/libnss_sss.so.2", NULL,
	 {"/bin/x!getpwnam", "/etc/nsswitch.conf=passwd: files sss\n", "/etc/passwd", "/etc/group",
	  "/etc/hosts", "/usr/lib/arch/libnss_sss.so.2", "/usr/lib/arch/libnss_nis.so.2", "/etc/services"}},
	{"nss", "/lib/libc.so.6", NULL, NULL, {"/lib/libc.so.6!getpwnam", "/etc/nsswitch.conf"}},
	{"unwind", "/bin/x", "/bin/x /usr/lib/arch/libgcc_s.so.1", NULL,
	 {"/bin/x!pthread_cancel", "/usr/lib/arch/libgcc_s.so.1", "/usr/lib/arch/libother.so.1"}},
	{"unwind", "/bin/y", NULL, NULL, {"/bin/y!pthread_create", "/usr/lib/arch/libgcc_s.so.1"}},
	{"zoneinfo", "/bin/x", NULL, NULL, {"/bin/x!localtime", "/usr/share/zoneinfo/Asia/Tokyo"}},
	{"openssl", "/bin/x", "/bin/x /usr/lib/arch/ossl-modules/legacy.so", NULL,
	 {"/bin/x!OSSL_PROVIDER_load", "/usr/lib/arch/ossl-modules/legacy.so",
	  "/usr/lib/arch/ossl-modules/fips.so"}},
	{"openssl", "/usr/lib/arch/libcrypto.so.3", "/etc/ssl/openssl.cnf /usr/lib/arch/libcrypto.so.3", NULL,
	 {"/usr/lib/arch/libcrypto.so.3", "/etc/ssl/openssl.cnf=activate = 1\n",
	  "/usr/lib/arch/ossl-modules/legacy.so"}},
	{"desktop", "/usr/lib/arch/libgio-2.0.so.0.7200.1",
	 "/usr/lib/arch/gio/modules/giomodule.cache /usr/lib/arch/gio/modules/libgiognutls.so "
	 "/usr/lib/arch/libgio-2.0.so.0.7200.1", NULL,
	 {"/usr/lib/arch/libgio-2.0.so.0.7200.1", "/usr/lib/arch/gio/modules/giomodule.cache",
	  "/usr/lib/arch/gio/modules/libgiognutls.so", "/usr/lib/arch/libother.so"}},
	{"authentication", "/usr/lib/arch/libsasl2.so.2",
	 "/usr/lib/arch/libsasl2.so.2 /usr/lib/arch/sasl2/libplain.so", NULL,
	 {"/usr/lib/arch/libsasl2.so.2", "/usr/lib/arch/sasl2/libplain.so",
	  "/usr/lib/arch/krb5/plugins/preauth/pkinit.so"}},
};

static void each_brings_what_it_says_unless_it_is_off(void)
{
	check_examples(examples, sizeof(examples) / sizeof(*examples), MARGIN_NONE);
}

static void each_has_an_example(void)
{
	struct customs customs = {0};

	check_all_are_there(examples, sizeof(examples) / sizeof(*examples), MARGIN_NONE);
	read_customs(&customs);
	CHECK(!customs_turn_off(&customs, "cobol"));
	CHECK(customs_turn_off(&customs, "all"));
	CHECK(customs_ecosystem(&customs, "nss")->off);
	customs_release(&customs);
}

int main(void)
{
	RUN(each_brings_what_it_says_unless_it_is_off);
	RUN(each_has_an_example);
	return test_end();
}
