# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=tomcat10,tomcat10-examples
port=8080
start='env CATALINA_HOME=/usr/share/tomcat10 CATALINA_BASE=/var/lib/tomcat10 JAVA_HOME=/usr/lib/jvm/java-17-openjdk-amd64 sh /usr/share/tomcat10/bin/catalina.sh run'
prepare='mkdir -p /var/lib/tomcat10/webapps/ROOT && cd /var/lib/tomcat10/webapps/ROOT && rm -rf index.html META-INF && echo "<h1>hello</h1>" >index.html &&
	echo "<%@ page import=\"java.util.*, java.text.*\" %><% Calendar c = new GregorianCalendar(TimeZone.getTimeZone(\"UTC\")); c.setTimeInMillis(0); DateFormat f = DateFormat.getDateInstance(DateFormat.LONG, request.getLocale()); f.setTimeZone(TimeZone.getTimeZone(\"UTC\")); %><%= f.format(c.getTime()) %>" >date.jsp &&
	echo "<% if (true) throw new RuntimeException(\"broken\"); %>" >broken.jsp &&
	echo "<%= new String(\"\u00e4\".getBytes(\"KOI8-R\"), \"IBM850\").length() %><%= java.security.MessageDigest.getInstance(\"SHA-256\").getDigestLength() %>" >text.jsp'
features='page missing date german broken text servlet session static bad'
at=http://127.0.0.1:8080
ask() {
	case $1 in
	page) get $at/ ;;
	missing) get $at/nonesuch ;;
	date) get -H 'Accept-Language: en' $at/date.jsp ;;
	german) get -H 'Accept-Language: de' $at/date.jsp ;;
	broken) get $at/broken.jsp | grep -c '<title>\|500' ;;
	text) get $at/text.jsp ;;
	servlet) get $at/examples/servlets/servlet/HelloWorldExample ;;
	session) get $at/examples/servlets/servlet/SessionExample | grep -c 'SessionExample\|<form' ;;
	static) get $at/examples/index.html | md5sum ;;
	bad) talk 8080 'NONSENSE / HTTP/9.9' '' | sed '/^Date/d' ;;
	esac
}
