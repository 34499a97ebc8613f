# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=mosquitto
port=1883
start='mosquitto -c /etc/mosquitto/mosquitto.conf'
prepare='mosquitto_passwd -b -c /etc/mosquitto/passwd ann secret && chown mosquitto /etc/mosquitto/passwd && echo "topic readwrite open/#
topic read \$SYS/#
user ann
topic readwrite closed/#" >/etc/mosquitto/acl && mkdir -p /run/mosquitto && chown mosquitto /run/mosquitto &&
	printf "listener 1883 127.0.0.1\nallow_anonymous true\npassword_file /etc/mosquitto/passwd\nacl_file /etc/mosquitto/acl\nlistener 9001 127.0.0.1\nprotocol websockets\n" >/etc/mosquitto/conf.d/mine.conf'
features='retained user refused acl later system websocket reload save'
heard() { client timeout 3 mosquitto_sub -h 127.0.0.1 "$@"; }
said() { client mosquitto_pub -h 127.0.0.1 "$@"; }
ask() {
	case $1 in
	retained) said -r -t open/a -m one; heard -C 1 -t 'open/#' ;;
	user) said -r -u ann -P secret -t closed/a -m two; heard -u ann -P secret -C 1 -t closed/a ;;
	refused) said -u ann -P wrong -t closed/a -m three ;;
	acl) said -r -t closed/b -m four; heard -W 1 -t closed/b ;;
	later) said -V 5 -q 2 -r -t open/v -m six -D publish content-type text/plain; heard -V 5 -C 1 -t open/v -F '%p %C' ;;
	system) heard -C 1 -t '$SYS/broker/version' -W 3 ;;
	websocket) curl -sS -m 2 -o /dev/null -w '%{http_code}' -H 'Upgrade: websocket' -H 'Connection: Upgrade' -H 'Sec-WebSocket-Version: 13' \
		-H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' -H 'Sec-WebSocket-Protocol: mqtt' http://127.0.0.1:9001/mqtt 2>/dev/null ;;
	reload) signal HUP mosquitto && said -r -t open/b -m five && heard -C 1 -t open/b ;;
	save) said -r -t open/c -m six && signal USR1 mosquitto && wait_file mosquitto /var/lib/mosquitto/mosquitto.db | grep -ac six ;;
	esac
}
