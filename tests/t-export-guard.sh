#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc export --guard: the slim image with the guard inside, as canary replicas of a compose project. report records
# what the image was made without, heal serves it from a volume, or an image that is mounted; and what they missed
# goes into the next slim image.
# shellcheck disable=SC2016,SC2317 # of the files that it writes; check calls the functions
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/docker.sh
. "$srcdir/tests/docker.sh"
requires podman --version
requires runc --version
docker_traced

# --- the image, and a package of what its test used ---
docker_root sh cat ls id touch sleep
mkdir -p root/opt/deep/down
for file in etc/used etc/rare etc/never opt/deep/down/file; do echo "${file##*/}" >"root/$file"; done
chown 33:33 root/srv
find root -exec touch -h -d @1700000000 {} +
tar -C root -cf root.tar .
docker import -c 'USER web' -c 'WORKDIR /srv' -c 'ENTRYPOINT ["/bin/sh", "-c"]' -c "CMD [\"trap 'exit 0' TERM; cat /etc/used; ls /opt >/dev/null; sleep 1000 & wait\"]" -c 'ENV PATH=/bin' \
	-c 'HEALTHCHECK --interval=1s CMD cat /etc/used' root.tar web:1 >/dev/null
# it may be well before its trap is set: how it ends is of no interest here
sfc slim docker-daemon:web:1 -o web.sfc --keep-manifest test.db --compare none >said 2>&1 || fail "no package: $(cat said)"

sfc export web.sfc --guard report -o docker-daemon:web:report >said 2>&1
check_equal "an image with a guard" $? 0
check "how it is started is said" grep -q 'the guard takes --cap-add SYS_ADMIN .* -v sfc-trace:/sfc-trace$' said
check "and for one that heals" sh -c 'sfc export web.sfc --guard heal -o docker-daemon:web:heal 2>&1 | grep -q "and the full root at /sfc-full"'
identity=$(docker inspect web:1 | jq -r '.[0].RootFS.Layers[]' | sha256sum | cut -d' ' -f1)
check_equal "of which image it is, as whom, and its HEALTHCHECK" \
	"$(docker inspect web:report | jq -r '.[0].Config | [.Labels["sfc.traced.source"], .Labels["sfc.traced.user"], .User, .Entrypoint[-2], .Entrypoint[-1], .Healthcheck.Test[-1]] | join(" ")')" \
	"sha256:$identity web 0 /bin/sh -c cat /etc/used"
check_equal "it holds the slim root, tracefs and what the package knows" \
	"$(docker create web:report x >id; docker export "$(cat id)" | tar -t | grep '^.sfc\|^etc/' | grep -v '/$' | sort | paste -sd' ')" \
	'.sfc/image .sfc/manifest.db .sfc/tracefs etc/group etc/hostname etc/hosts etc/machine-id etc/mtab etc/passwd etc/resolv.conf etc/used'

# --- canaries ---
mkdir traces full
cp -a root/. full/
cat >project.yml <<END
version: "3.7"
x-guard: &guard
  cap_add: [SYS_ADMIN, SYS_PTRACE]
  devices: [/dev/fuse]
  security_opt: ["apparmor:unconfined"]
services:
  report:
    <<: *guard
    image: web:report
    hostname: report
    command: ["exec 2>&1; id -u; pwd; cat /etc/used /etc/rare; cat /opt/deep/down/file; cat /etc/foreign; echo w >written; cat written; exit 4"]
    volumes: ["$dir/traces:/sfc-trace"]
  heal:
    <<: *guard
    image: web:heal
    hostname: heal
    command: ["exec 2>&1; id -u; pwd; cat /etc/used /etc/rare; cat /opt/deep/down/file; cat /etc/foreign; ls /etc/never; echo w >written; cat written; exit 4"]
    volumes: ["$dir/traces:/sfc-trace", "$dir/full:/sfc-full:ro"]
END
docker-compose -p guard -f project.yml up -d >said 2>&1 </dev/null || fail "compose does not start: $(cat said)"
said_by() {
	container=$(docker ps -aq --filter "name=guard_$1_1\$")
	docker wait "$container"
	docker logs "$container" 2>&1
}
check_equal "report: what is missing is missing" "$(said_by report | paste -sd' ')" \
	"4 33 /srv used cat: can't open '/etc/rare': No such file or directory cat: can't open '/opt/deep/down/file': No such file or directory cat: can't open '/etc/foreign': No such file or directory w"
check_equal "heal: it is served" "$(said_by heal | paste -sd' ')" \
	"4 33 /srv used rare file cat: can't open '/etc/foreign': No such file or directory /etc/never w"
docker-compose -p guard -f project.yml down >/dev/null 2>&1 </dev/null
check_equal "the full root is as it was" "$(cd full && find . | sort | sha256sum)" "$(cd root && find . | sort | sha256sum)"
# missed HOST: what its manifest has.
missed() { sqlite3 -readonly "$(echo "$dir/traces/$1"-*.db)" "SELECT DISTINCT path FROM accesses WHERE path NOT IN (SELECT path FROM entry WHERE kind = 'dir') ORDER BY path" | paste -sd' '; }
check_equal "misses are recorded, of what the source had and the way there, and nothing else" "$(missed report)" '/etc/rare /opt/deep/down /opt/deep/down/file'
check_equal "what was served, too" "$(missed heal)" '/etc/never /etc/rare /opt/deep/down/file'
check_equal "a session each, of the full image, in production" \
	"$(for db in traces/*.db; do sqlite3 -readonly "$db" 'SELECT label, kind, source, state FROM session'; done | sort | paste -sd' ')" \
	"heal|prod|image sha256:$identity|complete report|prod|image sha256:$identity|complete"

# --- what else starts it ---
engine() {
	podman --cgroup-manager=cgroupfs --runtime runc --log-level panic --root "$dir/store" --runroot "$dir/run" "$@"
}
on_exit sh -c "podman --cgroup-manager=cgroupfs --runtime runc --root '$dir/store' --runroot '$dir/run' rm -fa -t 0 >/dev/null 2>&1
	umount -l '$dir/store/overlay' 2>/dev/null; true"
guarded() {
	engine run --rm --network=none --ulimit nofile=20000:20000 --ulimit nproc=30000:30000 --cap-add SYS_ADMIN --cap-add SYS_PTRACE --device /dev/fuse \
		--security-opt apparmor=unconfined "$@"
}
mkdir podman
for tag in 1 heal; do docker save -o "web-$tag.tar" "web:$tag" && engine load -q -i "web-$tag.tar" >said 2>&1 || fail "podman does not load: $(cat said)"; done
check_equal "heal takes the full root from an image, too" \
	"$(guarded -v "$dir/podman:/sfc-trace" --mount type=image,source=web:1,destination=/sfc-full web:heal 'cat /etc/rare' 2>&1)" rare
check_equal "in a container that cannot be written" \
	"$(guarded --read-only -v "$dir/podman:/sfc-trace" --mount type=image,source=web:1,destination=/sfc-full web:heal 'cat /etc/rare; touch /srv/x' 2>&1 | paste -sd' ')" \
	'rare touch: /srv/x: Read-only file system'
check_fails "without one it says what is missing" 125 '*there is no full root at /sfc-full, for what is missing here; mount it there*' guarded web:heal true

# --- the next slim image ---
mkdir -p tests && sqlite3 test.db '.backup tests/test.db' && sqlite3 tests/test.db "UPDATE session SET source = 'image sha256:$identity'"
check_equal "misses are traces" "$(sfc slim docker-daemon:web:1 --traces tests --traces traces -o docker-daemon:web:next -q 2>&1)" web:next
check_equal "and what was missed is in it" "$(docker run --rm --network none web:next 'cat /etc/used /etc/rare /opt/deep/down/file' 2>&1 | paste -sd' ')" 'used rare file'

# --- what cannot be ---
check_fails "a guard of another kind" 2 "*--guard does not take 'deny'*" sfc export web.sfc --guard deny -o docker-archive:x
check_fails "in what is no image" 2 '*--guard does not go with that --to*' sfc export web.sfc --guard report --to lxc -o x
check_fails "of what is no package" 1 "*'root' is no package*" sfc export root --guard report --to docker -o x
check_fails "of an image" 1 "*'web-1.tar' is no package*" sfc export web-1.tar --guard report --to docker -o x
check_fails "tracepack alone has no tracefs for it" 2 '*which tracefs does the guard run?*' tracepack export web.sfc --guard report -o docker-archive:x
check "nothing is left" sh -c '[ ! -e x ] && [ -z "$(ls -A "$TMPDIR")" ]'
finish
