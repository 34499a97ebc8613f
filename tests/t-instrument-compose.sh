#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A compose project as it is, traced, and slim: it does the same, field by field of what tracing takes up, with two
# replicas, of which one is killed. What they saw makes all its images slim by one command.
# shellcheck disable=SC2016,SC2317 # of the files that it writes; check calls the functions
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/docker.sh
. "$srcdir/tests/docker.sh"
requires curl --version
docker_traced

# --- two images ---
docker_root sh cat id sleep httpd wget kill touch
mkdir root/data
for file in used unused health job; do echo $file >root/etc/$file; done
echo page >root/srv/page
chown -R 33:33 root/data root/srv
cat >root/entry <<'END'
#!/bin/sh
cat /etc/used
httpd -f -h /srv "$@" &
trap 'kill $!; echo ended; exit 5' TERM
echo "$GREETING" >/data/up-$HOSTNAME
wait
END
chmod 755 root/entry
# an image holds whole seconds
find root -exec touch -h -d @1700000000 {} +
tar -C root -cf root.tar .
docker import -c 'USER web' -c 'ENTRYPOINT ["/entry"]' -c 'CMD ["-p", "8080"]' -c 'EXPOSE 8080' -c 'ENV PATH=/bin' \
	-c 'HEALTHCHECK --interval=1s CMD cat /etc/health && id -u >/data/image-health' root.tar web:1 >/dev/null
# what an image is known by are its layers
echo job >root/job && tar -C root -cf - . | docker import -c 'ENV PATH=/bin' - job:1 >/dev/null
echo idle >root/idle && tar -C root -cf - . | docker import - idle:1 >/dev/null
cat >project.yml <<'END'
version: "3.7"
services:
  web:
    image: web:1
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    environment: {GREETING: hello}
    ports: ["127.0.0.1::8080"]
    volumes: ["data:/data"]
    healthcheck: {test: ["CMD-SHELL", "cat /etc/health && id -u >/data/health"], interval: 1s}
  job:
    image: job:1
    user: "44:45"
    entrypoint: [/bin/sh, -c]
    command: ["id; cat /etc/job; touch /nothing 2>/dev/null; exit 3"]
  plain:
    image: web:1
    volumes: ["plain:/data"]
  idle:
    image: idle:1
volumes: {data: {}, plain: {}}
END

# compose FILE… -- WORDS: a project of the test's own.
compose() {
	files=
	while [ "$1" != -- ]; do files="$files -f $1" && shift; done
	shift
	# shellcheck disable=SC2086 # several words
	docker-compose -p project $files "$@" </dev/null
}
container() { docker ps -aq --filter "name=project_$1_${2:-1}\$"; }
fetched() { curl -s "http://$(docker port "$(container "$1")" 8080)/page"; }
healthy() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$(container "$1")")" = healthy ]; }
status() { docker wait "$(container "$1" "${2:-1}")"; }
volume() { cat "$dir/daemon/data/volumes/project_$1/_data/$2"; }

# observed: all that can be seen of the project, which is up.
observed() {
	web=$(container web)
	wait_for 20 fetched web
	echo "page $(fetched web)"
	echo "by the other's name $(docker exec "$(container plain)" wget -q -O - http://web:8080/page 2>&1)"
	wait_for 60 healthy web || docker inspect "$web" | jq -c '.[0].State.Health.Log[-1]'
	wait_for 60 healthy plain || docker inspect "$(container plain)" | jq -c '.[0].State.Health.Log[-1]'
	echo "healthy as user $(volume data health) $(volume plain image-health)"
	echo "said at its start $(cat "$dir"/daemon/data/volumes/project_data/_data/up-* | sort -u)"
	echo "exec $(docker exec -u web "$web" id) $(docker exec "$web" cat /etc/used /srv/page | paste -sd' ')"
	echo "written $(docker exec -u web "$web" touch /etc/x 2>&1 | sed 's/.*: //')"
	echo "plain's root $(docker exec -u web "$(container plain)" sh -c 'echo w >/srv/written; cat /srv/written')"
	echo "and from outside $(docker diff "$(container plain)" | grep -x 'A /srv/written')"
	echo "job $(status job) $(docker logs "$(container job)" 2>&1 | paste -sd' ')"
	docker stop "$web" >/dev/null
	echo "stopped $(status web) $(docker logs "$web" 2>&1 | paste -sd' ')"
}

down() {
	compose project.yml -- down --timeout 20 >/dev/null 2>&1
	docker volume rm project_data project_plain >/dev/null 2>&1
}

compose project.yml -- up -d web job plain >said 2>&1 || fail "compose does not start: $(cat said)"
observed >as-it-is
check_equal "the project runs, as it is" "$(grep -c . as-it-is) $(grep ^page as-it-is) $(grep ^healthy as-it-is)" "10 page page healthy as user 33 33"
down

# --- traced: two replicas ---
sfc instrument --compose project.yml -o trace.yml >said 2>&1
check_equal "an override is written" "$? $(cat said)" '0 '
for image in web job; do
	sfc instrument -q docker-daemon:$image:1 -o docker-daemon:$image:1-traced >said 2>&1 || fail "$image cannot be instrumented: $(cat said)"
done
compose project.yml trace.yml -- up -d --scale web=2 web job plain >said 2>&1 || fail "compose does not start: $(cat said)"
check_equal "what it takes is allowed, and the rest as the project has it" \
	"$(docker inspect "$(container web)" | jq -c '.[0].HostConfig | [(.CapAdd | index("SYS_ADMIN") != null), .CapDrop, .ReadonlyRootfs, (.SecurityOpt | index("no-new-privileges:true") != null)]')" \
	'[true,["ALL"],true,true]'
check_equal "web is traced" "$(docker exec "$(container web)" cat /proc/mounts | grep -c '^[^ ]* / fuse.tracefs')" 1
observed >traced
check_equal "traced it does the same" "$(cat traced)" "$(cat as-it-is)"
# the second one was asked nothing; it is killed
docker kill "$(container web 2)" >/dev/null
docker wait "$(container web 2)" >/dev/null
second=$(docker inspect -f '{{.Config.Hostname}}' "$(container web 2)")
compose project.yml -- stop --timeout 20 >/dev/null 2>&1
traces=$dir/daemon/data/volumes/project_sfc-trace/_data
check_equal "a trace of each container, by host" "$(find "$traces" -name '*.db' | wc -l) $(find "$traces" -name "$second-*.db" | wc -l)" '4 1'
check_equal "of what was killed the rows are there" "$(sqlite3 -readonly "$traces/$second"-*.db "SELECT count(*) > 0 FROM accesses WHERE path = '/etc/used' AND op = 'open'")" 1
check_equal "the others are complete" "$(for db in "$traces"/*.db; do sqlite3 -readonly "$db" 'SELECT state FROM session'; done | sort | paste -sd' ')" 'complete complete complete open'
check_equal "as whom" "$(for db in "$traces"/*.db; do sqlite3 -readonly "$db" 'SELECT uid || ":" || gid FROM session'; done | sort -u | paste -sd' ')" '33:33 44:45'
cp -r "$traces" traces
down

# a user asked of a traced image, by who does not know the override's way
cat >user.yml <<'END'
version: "3.7"
services: {web: {user: "44"}}
END
compose project.yml trace.yml user.yml -- up web >said 2>&1
check "compose's user is refused by name" grep -q 'user 44 cannot be asked of a traced image.*compose: user' said
check_equal "and the container ends with 125" "$(status web)" 125
down

# --- slim: all of its images ---
sfc slim --compose project.yml --traces traces -o slim.yml >said 2>errors
check_equal "without what was killed, unless that is asked for" \
	"$? $(tail -n 1 errors | sed "s/ session.* was interrupted/ it was interrupted/; s/;.*--/ --/")" \
	"1 sfc: slim: 'project.yml': service 'plain': it was interrupted and may lack its last second --allow-interrupted"
check "nothing is written" test ! -e slim.yml
sfc slim --compose project.yml --traces traces --allow-interrupted -o slim.yml >said 2>errors
check_equal "an override is written" $? 0
check_equal "each image once, and each that has no traces is named" \
	"$(sed 's/,.*//' said | sort | paste -sd' ') $(cat errors)" \
	"job:1: job:1-slim of 1 session in 1 trace web:1: web:1-slim of 3 sessions in 3 traces sfc: slim: warning: service 'idle' stays as it is: there are no traces of its image"
check_equal "it says no more than the images" "$(jq -c .services slim.yml)" '{"job":{"image":"job:1-slim"},"plain":{"image":"web:1-slim"},"web":{"image":"web:1-slim"}}'
compose project.yml slim.yml -- up -d web job plain >said 2>&1 || fail "compose does not start: $(cat said)"
observed >slim
check_equal "slim it does the same" "$(cat slim)" "$(cat as-it-is)"
check_equal "without what nobody used" "$(docker export "$(container plain)" | tar -t | grep -x 'etc/used\|etc/unused\|etc/health\|entry')" 'entry
etc/health
etc/used'
check "it is no larger for it" test "$(docker inspect -f '{{.Size}}' web:1-slim)" -le "$(docker inspect -f '{{.Size}}' web:1)"
down

# --- what cannot be ---
mkdir empty
check_fails "no traces" 1 "sfc: slim: 'project.yml': *there is no trace (\*.db) in 'empty'" sfc slim --compose project.yml --traces empty -o x
printf 'services:\n  a: {image: idle:1}\n' >idle.yml
sfc slim --compose idle.yml --traces traces -o x >said 2>&1
check_equal "none of these images" "$? $(tail -n 1 said)" "1 sfc: slim: 'idle.yml': there are no traces of any of its images"
check_fails "an image that is not there" 1 "sfc: slim: 'none.yml': service 'a': 'docker-daemon:none:1': *" sh -c 'printf "services:\n  a: {image: none:1}\n" >none.yml && sfc slim --compose none.yml --traces traces -o x'
check_fails "a project and an image" 2 '*the images are those that the file names*' sfc slim web.tar --compose project.yml --traces traces -o x
check_fails "a project without traces" 2 '*--compose goes with --traces*' sfc slim --compose project.yml -o x
check_fails "an output that is there" 1 "*'slim.yml' exists; use --force*" sfc slim --compose project.yml --traces traces -o slim.yml
check "nothing is left" sh -c '[ ! -e x ] && [ -z "$(ls -A "$TMPDIR")" ]'
finish
