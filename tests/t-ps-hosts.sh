#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc ps --host: what several hosts run is one table; who does not answer is one line, and the others are shown. By an
# ssh that stands in PATH, whose answers are as bad as they can be, and by a real one where there is a server.
# shellcheck disable=SC2016 # for the shell inside
. "${srcdir:-.}/tests/lib.sh"
requires jq --version

mkdir bin
cat >bin/ssh <<END
#!/bin/sh
# what a host answers is in a file of its name
printf '%s\n' "\$*" >>'$dir/asked'
[ "\$1 \$2 \$3" = '-oBatchMode=yes -oConnectTimeout=5 --' ] && [ "\$5 \$6 \$7" = 'sfc ps --json' ] || exit 99
. '$dir/hosts/'"\$4"
END
chmod 755 bin/ssh
mkdir hosts
instance() { printf '{"app":"%s","name":"1","state":"%s","pid":%s,"status":null,"problem":null,"user":"root","memory_bytes":%s,"restarts":2,"network":"private","publish":["8080:80"]}' "$1" "$2" "$3" "$4"; }
printf "echo '[{\"name\": \"web\", \"instances\": [%s]}, {\"name\": \"idle\", \"instances\": []}]'\n" "$(instance web up 12 3145728)" >hosts/a.example
printf "sleep 0.3; echo '[{\"name\": \"db\", \"instances\": [%s]}]'\n" "$(instance db unhealthy 7 0)" >hosts/user@b
echo 'echo "ssh: connect to host gone port 22: No route to host" >&2; exit 255' >hosts/gone
cat >evil.json <<'END'
[{"name": "x\u001b]0;t\u0007", "instances": [{"name": "\u0085\n\u001b[1m", "state": 5, "pid": "7", "network": {}, "publish": 1}]}]
END
echo "cat '$dir/evil.json'" >hosts/evil
printf '%s\n' 'printf "\033[2Jbad\n" >&2; exit 3' >hosts/rude
echo 'yes | head -c 3000000' >hosts/large
echo 'sleep 60' >hosts/late
echo "echo '{\"a\": 1}'" >hosts/other
echo "echo '[{\"name\": \"web\", \"instances\": []}] trailing'" >hosts/trailing
: >hosts/silent
PATH=$dir/bin:$PATH

check_equal "two hosts are one table, in their order" "$(sfc ps --host a.example --host user@b | sed 's/  *$//; s/   */|/g')" \
	'HOST|NAME|STATE|PID|USER|MEMORY|RESTARTS|NETWORK
a.example|web/1|up|12|root|3.0 MiB|2|private 8080:80
a.example|idle|installed|-|-|-|-|-
user@b|db/1|unhealthy|7|root|-|2|private 8080:80'
check_equal "each is asked once, as it should be" "$(sort asked)" '-oBatchMode=yes -oConnectTimeout=5 -- a.example sfc ps --json
-oBatchMode=yes -oConnectTimeout=5 -- user@b sfc ps --json'
check_equal "only the names" "$(sfc ps -q --host a.example --host user@b)" 'a.example web/1
user@b db/1'
check_equal "also with --json, as without --host" "$(sfc ps -q --json --host a.example)" 'a.example web/1'
check_equal "as JSON" "$(sfc ps --json --host a.example --host gone 2>/dev/null | jq -c '.[] | [.host, (.apps | length), .error]')" \
	'["a.example",2,null]
["gone",0,"ssh: connect to host gone port 22: No route to host"]'
sfc ps --host gone --host a.example >out 2>err
check_equal "who does not answer is one line, the others are shown" "$? $(grep -c 'web/1' out) $(cat err)" "1 1 sfc: ps: host 'gone': ssh: connect to host gone port 22: No route to host"
check_fails "more than a MiB is too much" 1 "sfc: ps: host 'large': it answers more than 1 MiB" sfc ps -q --host large
check_fails "an answer of another kind" 1 "sfc: ps: host 'other': what it answers is not*" sfc ps -q --host other
check_fails "something behind it" 1 "sfc: ps: host 'trailing': what it answers is not*" sfc ps -q --host trailing
check_fails "nothing at all" 1 "sfc: ps: host 'silent': what it answers is not*" sfc ps -q --host silent
check_fails "what it complains of drives no terminal" 1 "sfc: ps: host 'rude': \\\\x1b\[2Jbad" sfc ps -q --host rude
sfc ps --host evil >out 2>&1
check_equal "nor does what it answers" "$(LC_ALL=C grep -c "$(printf '[\001-\010\013-\037\177]')" out) $(grep -c 'x\\x1b' out)" '0 1'
began=$(date +%s)
check_fails "one that is late is given up" 1 "sfc: ps: host 'late': no answer within 10 s" sfc ps -q --host late
check "after ten seconds" test $(($(date +%s) - began)) -lt 50
check_equal "and ended" "$(ps -eo args | grep -c "^sleep 60$")" 0
for name in -oProxyCommand=x 'a b' "$(printf 'a\tb')" "$(printf 'a\nb')" "$(printf 'a\177')"; do
	: >asked
	check_fails "no name: '$name'" 2 "sfc: ps: --host wants the name of a host, not *" sfc ps --host "$name"
	check_equal "and nobody is asked" "$(cat asked)" ''
done
check_fails "an application of another host" 2 "sfc: ps: --host shows all*" sfc ps web --host a.example

# --- a real one, on the loopback of a network of its own ------------------------------------------
if [ "$(id -u)" = 0 ] && command -v sshd >/dev/null && unshare -n true; then
	rm bin/ssh
	mkdir -p ssh/empty home/.ssh real
	ssh-keygen -q -t ed25519 -N '' -f ssh/host && ssh-keygen -q -t ed25519 -N '' -f ssh/key
	cp ssh/key.pub ssh/authorized
	printf '#!/bin/sh\ncase "$SSH_ORIGINAL_COMMAND" in "sfc ps --json") . %s/hosts/a.example ;; *) exit 9 ;; esac\n' "$dir" >real/answer
	chmod 755 real/answer
	chmod 755 "$dir"
	cat >ssh/sshd <<-END
		Port 2222
		ListenAddress 127.0.0.1
		HostKey $dir/ssh/host
		AuthorizedKeysFile $dir/ssh/authorized
		ForceCommand $dir/real/answer
		StrictModes no
		UsePAM no
		PermitRootLogin prohibit-password
		PidFile $dir/ssh/pid
	END
	printf 'Host there\n HostName 127.0.0.1\n Port 2222\n User root\n IdentityFile %s/ssh/key\n UserKnownHostsFile /dev/null\n StrictHostKeyChecking no\n LogLevel ERROR\n' "$dir" >ssh/config
	printf '#!/bin/sh\nexec %s -F %s/ssh/config "$@"\n' "$(command -v ssh)" "$dir" >bin/ssh
	chmod 755 bin/ssh
	[ -d /run/sshd ] || { mkdir /run/sshd && on_exit rmdir /run/sshd; }
	# shellcheck disable=SC2016
	unshare -n sh -c 'ip link set lo up; "$1" -f "$2/ssh/sshd" -E "$2/ssh/log" && sleep 0.5; sfc ps -q --host there --host nowhere.invalid >real/out 2>real/err; echo $? >>real/out; kill $(cat ssh/pid)' sh "$(command -v sshd)" "$dir"
	cat ssh/log real/err
	check_equal "over a real ssh" "$(paste -sd' ' real/out)" 'there web/1 1'
	check_equal "and one that is nowhere" "$(grep -c "^sfc: ps: host 'nowhere.invalid': ssh: " real/err) $(wc -l <real/err)" '1 1'
fi
finish
