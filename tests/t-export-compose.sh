#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# --to compose: docker-compose reads what was asked for out of it and starts it, two of them, confined as they were
# to be. What it cannot say is refused.
# shellcheck disable=SC2016,SC2317 # for the shell inside; check calls the functions
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/docker.sh"
requires root
requires fuse
requires jq --version
requires docker-compose version
requires dockerd --version
requires python3 -c 'import yaml'

json() { python3 -c 'import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))' "$1" | jq -c "$2"; }

mkdir tmp && TMPDIR=$dir/tmp && export TMPDIR
docker_root sh cat id sleep touch
mkdir -p root/srv/data root/keep
chmod 777 root/srv/data
chmod 1777 root/tmp
cat >root/entry <<'END'
#!/bin/sh
id -u
echo "$VALUE"
touch /srv/data/x && echo data
touch /tmp/x && echo tmp
[ "$1" != once ] || exit 0
touch /keep/x 2>/dev/null || echo read-only
trap 'exit 5' INT
sleep 1000 &
wait
END
chmod 755 root/entry
check "a package of what a run used" sfc slim -q --root root -u 33:44 --compare none -o app.sfc -- /entry once
to() { kind=$1; shift; tracepack export app.sfc --to "$kind" --image web:1 --name web "$@"; }
value='a $b ${c}: "#'
all="-p 127.0.0.1:8080:80 -p 53:53/udp -m 64M --cpus 0.5 --pids 50 --count 2 --cap-add NET_RAW -v /srv/x:/mnt:ro --tmpfs /cache:2M --restart on-failure:3 --read-only --hostname h1"

# --- its words ------------------------------------------------------------------------------------
# shellcheck disable=SC2086 # options
check "for compose" to compose $all -e "VALUE=$value" --exec-probe 'touch /tmp/x' --memory-reservation 32M --grace 2.5 -o compose.yml
check "docker-compose takes it" docker-compose -f compose.yml config -q
check_equal "the program" "$(json compose.yml '.services.web | [.image, .entrypoint, .command, .user, .working_dir, .stop_signal, .hostname]')" \
	'["web:1",["/entry","once"],[],"33:44","/","SIGTERM","h1"]'
check_equal "a variable is no variable of compose's" "$(docker-compose -f compose.yml config | python3 -c 'import sys, yaml; print(yaml.safe_load(sys.stdin)["services"]["web"]["environment"]["VALUE"])' | sed 's/\$\$/$/g')" "$value"
check_equal "the rights" "$(json compose.yml '.services.web | [.cap_drop, .cap_add, .security_opt, .read_only]')" '[["ALL"],["NET_RAW"],["no-new-privileges:true"],true]'
check_equal "the limits" "$(json compose.yml '.services.web | [.mem_limit, .mem_reservation, .cpus, .pids_limit, .restart, .stop_grace_period, .deploy.replicas]')" \
	'["67108864b","33554432b","0.500",50,"on-failure:3","2500ms",2]'
check_equal "the network" "$(json compose.yml .services.web.ports)" '["127.0.0.1:8080:80/tcp","53:53/udp"]'
check_equal "the places: of the host, in memory, and where the run wrote" "$(json compose.yml '[.services.web.volumes[] | [.type, .source, .target, .read_only, .tmpfs.size]]')" \
	'[["bind","/srv/x","/mnt",true,null],["tmpfs",null,"/run",null,null],["tmpfs",null,"/tmp",null,null],["tmpfs",null,"/cache",null,2097152],["tmpfs",null,"/srv/data",null,null]]'
check_equal "the check" "$(json compose.yml .services.web.healthcheck.test)" '["CMD","/bin/sh","-c","touch /tmp/x"]'
to compose --tmpfs /run:1M -v /srv/x:/tmp -o again.yml
check "docker-compose takes it where a place of the package is asked for" docker-compose -f again.yml config -q
check_equal "which is there once" "$(json again.yml '[.services.web.volumes[] | [.type, .target, .tmpfs.size]]')" \
	'[["bind","/tmp",null],["tmpfs","/run",1048576]]'

# --- what it cannot say -------------------------------------------------------------------------
cannot() {
	what=$1
	shift
	check_fails "compose cannot express $what" 1 "tracepack: export: compose cannot express --$what*" to compose -o refused "$@"
}
cannot 'publish 8081-8083:80: *' -p 8081-8083:80
cannot 'userns keep-id' --userns keep-id
cannot ephemeral --ephemeral
cannot 'ready tcp:80' --ready tcp:80
cannot 'health http://x/' --health http://x/
check "leaves nothing" test ! -e refused

# --- run ------------------------------------------------------------------------------------------
docker_up
check "the image" sh -c 'sfc export app.sfc -q -o docker-daemon:web:1 2>said || { cat said; false; }'
# shellcheck disable=SC2086
to compose -f --read-only -m 64M --pids 50 --count 2 --network none --cap-add NET_RAW -e "VALUE=$value" -o run.yml \
	--asked /dev/stdin <<'END'
{"command": ["/bin/sh", "/entry"]}
END
docker-compose -p t -f run.yml up -d >said 2>&1 || fail "compose does not start it: $(cat said)"
said_by() { docker logs "$1" 2>&1 | paste -sd,; }
settled() { said_by "$1" | grep -q 'read-only$'; }
check_equal "two of them are up" "$(docker ps -q | wc -l)" 2
for container in $(docker ps -q); do
	check "one says all that it has to" wait_for 20 settled "$container"
	check_equal "it does what the traced run did, and can write nowhere else" "$(said_by "$container")" "33,$value,data,tmp,read-only"
	check_equal "with the rights and limits" "$(docker inspect "$container" | jq -c '.[0].HostConfig | [.CapAdd, .CapDrop, .SecurityOpt, .ReadonlyRootfs, .Memory, .PidsLimit, .NetworkMode]')" \
		'[["NET_RAW"],["ALL"],["no-new-privileges:true"],true,67108864,50,"none"]'
done
docker-compose -p t -f run.yml down -t 0 >/dev/null 2>&1
finish
