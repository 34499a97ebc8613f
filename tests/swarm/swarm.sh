# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2016,SC2317 # dir is of tests/lib.sh; for the shell inside; check calls the functions
# A project of three services, a web application, a database and a cache, from images to a Swarm of two nodes: traced
# under compose, slim by what a client saw used, pushed to a registry, started from --to stack, updated under load.
# Sourced after lib.sh by the long form of t-export-stack.sh.
requires command -v docker-registry
requires command -v nsenter
requires ip netns

swarm_dir=$dir/swarm
mkdir -p "$swarm_dir/n1" "$swarm_dir/n2"
cd "$swarm_dir" || exit 99
net=sfc$$

# --- the two nodes, and a registry that both reach ------------------------------------------------
swarm_down() {
	for node in n1 n2; do
		pid=$(cat "$swarm_dir/$node/pid" 2>/dev/null) || continue
		docker -H "unix://$swarm_dir/$node/sock" ps -aq 2>/dev/null | xargs -r docker -H "unix://$swarm_dir/$node/sock" rm -f >/dev/null 2>&1
		docker -H "unix://$swarm_dir/$node/sock" swarm leave --force >/dev/null 2>&1
		kill "$pid" 2>/dev/null
		wait_for 20 ended "$pid"
	done
	kill "$swarm_registry" 2>/dev/null
	ip link del "$net" 2>/dev/null
	ip netns del "$net" 2>/dev/null
	awk -v below="$swarm_dir/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n 1 umount -l 2>/dev/null
}
on_exit swarm_down
ip netns add "$net" && ip link add "$net" type veth peer name eth0 netns "$net" && ip addr add 10.77.0.1/24 dev "$net" &&
	ip link set "$net" up && ip -n "$net" addr add 10.77.0.2/24 dev eth0 && ip -n "$net" link set eth0 up &&
	ip -n "$net" link set lo up || fail "no network between two nodes"

node_up() {
	node=$1
	shift
	"$@" dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver=overlay2 --insecure-registry 10.77.0.0/24 \
		--data-root "$swarm_dir/$node/data" --exec-root "$swarm_dir/$node/exec" -H "unix://$swarm_dir/$node/sock" \
		--pidfile "$swarm_dir/$node/pid" >"$swarm_dir/$node/log" 2>&1 &
	wait_for 60 docker -H "unix://$swarm_dir/$node/sock" version || fail "$node does not come up: $(tail -n 1 "$swarm_dir/$node/log")"
}
node_up n1
node_up n2 nsenter --net="/run/netns/$net"
n1() { docker -H "unix://$swarm_dir/n1/sock" "$@"; }
n2() { docker -H "unix://$swarm_dir/n2/sock" "$@"; }
export DOCKER_HOST="unix://$swarm_dir/n1/sock"
free_ports 1
registry=10.77.0.1:$port
printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s/registry}}\nhttp: {addr: "%s"}\n' "$swarm_dir" "$registry" >registry.yml
docker-registry serve registry.yml >registry.log 2>&1 &
swarm_registry=$!
check "a registry that both nodes reach" wait_for 20 curl -s -o /dev/null "http://$registry/v2/"

# --- three images ---------------------------------------------------------------------------------
base() { "$srcdir/tests/minbase.sh" "$1" || skip "no root with $1"; }
mkdir -p web/app db
cp "$srcdir/tests/swarm/app.py" "$srcdir/tests/swarm/client.py" web/app/
cat >db/entry <<'END'
#!/bin/sh
set -e
PATH=/usr/lib/postgresql/15/bin:$PATH
initdb -D /data -A trust --locale=C >/dev/null
echo 'host all all all trust' >>/data/pg_hba.conf
printf "CREATE TABLE item (id int PRIMARY KEY, value text);\nINSERT INTO item SELECT i, 'value ' || i FROM generate_series(1, 100) i;\n" |
	postgres --single -D /data postgres >/dev/null
exec postgres -D /data -c listen_addresses='*' -c unix_socket_directories= -c shared_buffers=8MB -c max_connections=50
END
chmod 755 db/entry
import() { # NAME ROOT MORE WORDS…
	name=$1 root=$2 more=$3
	shift 3
	tar -C "$root" -cf layer.tar . || fail "no root for $name"
	# shellcheck disable=SC2046 # names without a blank; a second "." would be one too many for docker
	[ -z "$more" ] || tar -C "$more" -rf layer.tar $(cd "$more" && echo ./*) || fail "no layer for $name"
	docker import "$@" layer.tar "$name" >/dev/null || fail "no image $name"
	rm layer.tar
}
import web:1 "$(base python3)" web -c 'CMD ["python3", "/app/app.py"]' -c 'EXPOSE 8080' -c 'USER 33:33' \
	-c 'HEALTHCHECK --interval=2s --timeout=10s --retries=10 CMD ["python3", "/app/app.py", "check"]'
mkdir db/data && pgroot=$(base postgresql-15)
chown "$(stat -c %u:%g "$pgroot/var/lib/postgresql")" db/data && chmod 700 db/data
import db:1 "$pgroot" db -c 'CMD ["/entry"]' -c 'USER postgres' -c 'EXPOSE 5432' -c 'ENV PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin'
import cache:1 "$(base redis-server)" '' -c 'CMD ["redis-server", "--save", "", "--protected-mode", "no"]' -c 'EXPOSE 6379' -c 'USER 65534:65534'
cat >project.yml <<'END'
version: "3.7"
services:
  web: {image: "web:1"}
  db: {image: "db:1"}
  cache: {image: "cache:1"}
END

# --- traced under compose, by what a client asks --------------------------------------------------
compose() { docker-compose -p p "$@" </dev/null; }
ask() { docker run --rm --network p_default --user 0 --no-healthcheck web:1 python3 /app/client.py "$@" 2>&1 | tail -n 1; }
answers() { ask 5 1 | jq -e '.versions["1"] > 0' >/dev/null; }
compose -f project.yml up -d >said 2>&1 || { fail "compose does not start: $(tail -n 1 said)"; finish; }
check "the project answers, as it is" wait_for 90 answers
compose -f project.yml down -t 10 >/dev/null 2>&1
for image in web db cache; do
	sfc instrument -q docker-daemon:$image:1 -o docker-daemon:$image:1-traced >said 2>&1 || fail "$image: $(cat said)"
done
sfc instrument --compose project.yml -o trace.yml || fail "no override"
compose -f project.yml -f trace.yml up -d >said 2>&1 || fail "compose does not start it traced: $(cat said)"
check "traced it answers, too" wait_for 180 answers
check_equal "right, all the time" "$(ask 10 none | jq -c '[.wrong, .lost, (.versions | keys[])]')" '[0,0,"1"]'
compose -f project.yml stop -t 60 >/dev/null 2>&1
for service in web db cache; do
	mkdir -p traces/$service
	cp "$swarm_dir/n1/data/volumes/p_sfc-trace/_data/$(docker inspect -f '{{.Config.Hostname}}' p_${service}_1)"-*.db traces/$service/ || fail "$service left no trace"
done
compose -f project.yml -f trace.yml down -t 0 -v >/dev/null 2>&1

# --- slim, and in the registry --------------------------------------------------------------------
# to_registry SERVICE VERSION WORDS…: an image of its slim root.
to_registry() {
	what=$1:$2 bundle=$1
	shift 2
	sfc export "bundle/$bundle" -q --to docker "$@" -o "docker://$registry/$what" --tls-verify=false >said 2>&1 || fail "$what cannot be pushed: $(cat said)"
}
for service in web db cache; do
	mkdir -p bundle/$service/sfc
	sfc slim docker-daemon:$service:1 --traces traces/$service -q -o $service.tar >said 2>&1 || fail "$service cannot be slimmed: $(cat said)"
	tracepack import -q $service.tar -o bundle/$service/rootfs --config bundle/$service/config.json --image-config bundle/$service/sfc/image.json ||
		fail "the slim image of $service cannot be read"
	echo "$service: $(docker inspect -f '{{.Size}}' $service:1) → $(stat -c %s $service.tar) bytes"
	to_registry $service 1
done
to_registry web 2 -c 'ENV VERSION=2'
digest_of() { skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$registry/$1"; }
for service in web db cache; do
	count=1
	[ $service != web ] || count=4
	sfc export bundle/$service --to stack --name $service --image "$registry/$service@$(digest_of $service:1)" --count $count --memory 256M \
		-e 'TEXT=a $b {{.Node.ID}}' -o $service.yml 2>said || fail "no stack file for $service: $(cat said)"
	# here names have to resolve to the tasks: there is no IP_VS in this kernel
	printf 'version: "3.9"\nservices: {%s: {deploy: {endpoint_mode: dnsrr}}}\n' $service >$service-dns.yml
done
printf 'version: "3.9"\nnetworks: {default: {attachable: true}}\n' >network.yml

# --- a Swarm of two nodes -------------------------------------------------------------------------
n1 swarm init --advertise-addr 10.77.0.1 >/dev/null || fail "no swarm"
n2 swarm join --advertise-addr 10.77.0.2 --token "$(n1 swarm join-token -q worker)" 10.77.0.1:2377 >/dev/null || fail "node 2 does not join"
check_equal "two nodes" "$(n1 node ls --format '{{.Status}}' | sort | uniq -c | tr -s ' ')" ' 2 Ready'
n1 stack deploy -c web.yml -c web-dns.yml -c db.yml -c db-dns.yml -c cache.yml -c cache-dns.yml -c network.yml s >said 2>&1 || fail "no stack: $(cat said)"
all_up() { [ "$(n1 service ls --format '{{.Replicas}}' | sort | paste -sd' ')" = '1/1 1/1 4/4' ]; }
check "all of it comes up" wait_for 240 all_up
n1 service ls
check_equal "the web's tasks are on both" "$(n1 service ps s_web --filter desired-state=running --format '{{.Node}} {{.ID}}' | wc -l) $(n1 ps -q --filter name=s_web | grep -c .) $(n2 ps -q --filter name=s_web | grep -c .)" '4 2 2'
check_equal "a variable is what it was asked to be" "$(n1 inspect -f '{{json .Config.Env}}' "$(n1 ps -q --filter name=s_web | head -n 1)" | jq -r '.[] | select(startswith("TEXT="))')" 'TEXT=a $b {{.Node.ID}}'
client() { n1 run --rm --network s_default --user 0 --no-healthcheck --name "client-$1-$2" web:1 python3 /app/client.py "$1" "$2" 2>&1 | tail -n 1; }
client 10 none >before.json
check_equal "it answers, always right" "$(jq -c '[.wrong, .lost, (.versions | keys[])]' before.json)" '[0,0,"1"]'

# --- replaced start-first, under load -------------------------------------------------------------
client 400 2 >during.json &
load=$!
sleep 5
n1 service update --detach --image "$registry/web@$(digest_of web:2)" --update-delay 2s s_web >/dev/null 2>said || fail "no update: $(cat said)"
wait $load
cat during.json
updated() { [ "$(n1 service inspect -f '{{.UpdateStatus.State}}' s_web)" = completed ]; }
check "the update is completed" wait_for 120 updated
check_equal "no answer was wrong, no request was lost" "$(jq -c '[.wrong, .lost]' during.json)" '[0,0]'
check_equal "both versions answered" "$(jq -c '.versions | keys' during.json)" '["1","2"]'
check_equal "in the end only the new one" "$(client 10 none | jq -c '[.wrong, .lost, (.versions | keys[])]')" '[0,0,"2"]'
cd "$dir" || exit 99
