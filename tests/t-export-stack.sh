#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# --to stack: what was asked for in the words of a Swarm's stack, and what it cannot say is refused. The long form
# rolls three services out over a Swarm of two nodes, from these files.
# shellcheck disable=SC2016 # no variable of ours
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/docker.sh
. "$srcdir/tests/docker.sh"
requires root
requires fuse
requires jq --version
requires python3 -c 'import yaml'

json() { python3 -c 'import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))' "$1" | jq -c "$2"; }

mkdir tmp && TMPDIR=$dir/tmp && export TMPDIR
docker_root sh touch
mkdir -p root/srv/data
chmod 777 root/srv/data
chmod 1777 root/tmp
printf '#!/bin/sh\ntouch /srv/data/x /tmp/x\n' >root/entry
chmod 755 root/entry
check "a package of what a run used" sfc slim -q --root root -u 33:44 --compare none -o app.sfc -- /entry
to() { tracepack export app.sfc --to stack --image web:1 --name web "$@"; }

# --- its words ------------------------------------------------------------------------------------
check "with what was asked for" to -p 8080:80 -p 53:53/udp -m 64M --memory-reservation 32M --cpus 0.5 --pids 50 --count 3 \
	--restart on-failure:3 --grace 2.5 --read-only --hostname '{{.Node.Hostname}}' -e 'VALUE=a $b {{.Node.ID}} {x}' \
	-v /srv/x:/mnt:ro --tmpfs /cache:2M --cap-add NET_RAW --exec-probe 'touch /tmp/x' -o web.yml 2>said
check "no_new_privs is said to be missing" grep -q 'no words for no_new_privs' said
check_equal "the program" "$(json web.yml '.services.web | [.image, .entrypoint, .command, .user, .working_dir, .stop_signal, .stop_grace_period]')" \
	'["web:1",["/entry"],[],"33:44","/","SIGTERM","2500ms"]'
check_equal "text that is a template of Swarm's or a variable stays text" "$(json web.yml '.services.web | [.hostname, .environment.VALUE]')" \
	'["{{\"{{\"}}.Node.Hostname}}","a $$b {{\"{{\"}}.Node.ID}} {x}"]'
check_equal "the rights" "$(json web.yml '.services.web | [.cap_drop, .cap_add, .read_only, .security_opt]')" '[["ALL"],["NET_RAW"],true,null]'
check_equal "the places" "$(json web.yml '[.services.web.volumes[] | [.type, .source, .target, .read_only, .tmpfs.size]]')" \
	'[["bind","/srv/x","/mnt",true,null],["tmpfs",null,"/run",null,null],["tmpfs",null,"/tmp",null,null],["tmpfs",null,"/cache",null,2097152],["tmpfs",null,"/srv/data",null,null]]'
check_equal "the check" "$(json web.yml .services.web.healthcheck.test)" '["CMD","/bin/sh","-c","touch /tmp/x"]'
check_equal "in a stack's words" "$(json web.yml '[.version, (.services.web | .ports, .deploy)]')" \
	'["3.9",[{"target":80,"published":8080,"protocol":"tcp"},{"target":53,"published":53,"protocol":"udp"}],{"replicas":3,"update_config":{"order":"start-first","failure_action":"rollback"},"restart_policy":{"condition":"on-failure","max_attempts":3},"resources":{"limits":{"memory":"67108864b","cpus":"0.500","pids":50},"reservations":{"memory":"33554432b"}}}]'
to -o plain.yml 2>/dev/null
check_equal "with nothing asked for: one, that always comes back" "$(json plain.yml '.services.web.deploy | [.replicas, .restart_policy]')" '[1,{"condition":"any"}]'

# --- what it cannot say ---------------------------------------------------------------------------
cannot() {
	what=$1
	shift
	check_fails "it cannot express $what" 1 "tracepack: export: stack cannot express --$what*" to -o refused "$@"
}
cannot 'publish 8081-8083:80: *' -p 8081-8083:80
cannot 'publish 127.0.0.1:80:80: *' -p 127.0.0.1:80:80
cannot 'network host' --network host
cannot 'device /dev/fuse' --device /dev/fuse
cannot 'userns keep-id' --userns keep-id
cannot ephemeral --ephemeral
cannot 'ready tcp:80' --ready tcp:80
cannot 'health http://x/' --health http://x/
check "leaves nothing" test ! -e refused

# --- started --------------------------------------------------------------------------------------
if [ -n "${SFC_TEST_LONG:-}" ]; then
	# shellcheck source=tests/swarm/swarm.sh
	. "$srcdir/tests/swarm/swarm.sh"
fi
finish
