#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tracepack import and export where images are: a registry, podman's storage, a daemon, layouts and archives,
# spelled as skopeo(1) spells them. A registry with a password, podman and its service run beside the test.
# shellcheck disable=SC2317,SC2086,SC2094 # check calls the functions; no name here has spaces
. "${srcdir:-.}/tests/lib.sh"
requires root
requires skopeo --version
requires podman --version
requires jq --version
requires command -v nc
# shellcheck source=tests/registry.sh
. "$srcdir/tests/registry.sh"

# what is fetched waits here, so that what is left behind is seen
TMPDIR=$dir/tmp
CONTAINERS_STORAGE_CONF=$dir/storage.conf
export TMPDIR CONTAINERS_STORAGE_CONF
mkdir "$TMPDIR" "$dir/certs"
cat >storage.conf <<CONF
[storage]
driver = "vfs"
graphroot = "$dir/graph"
runroot = "$dir/run"
CONF
on_exit sh -c "umount -R '$dir/graph' '$dir/run' 2>/dev/null"
nothing_left() { [ -z "$(ls -A "$TMPDIR")" ]; }

# refused CLAIM STATUS PATTERN COMMAND…: one line, and nothing is left of it.
refused() {
	what=$1
	check_fails "$@"
	check "$what: nothing is left" nothing_left
	check "$what: nothing is written" test ! -e out -a ! -e out.tar
}

# --- an image with HEALTHCHECK, and one in OCI's kind for two machines ------------------------------
# what uname(2) says in the words of images
case $(uname -m) in x86_64) here=amd64 other=arm64 ;; aarch64) here=arm64 other=amd64 ;; *) skip "needs amd64 or arm64" ;; esac
mkdir -p root/bin docker
echo hello >root/bin/hello
tar -cf docker/layer.tar --owner=0 --group=0 -C root .
diff_id=$(sha256sum <docker/layer.tar | cut -d' ' -f1)
for arch in $here $other; do
	jq -n --arg id "sha256:$diff_id" --arg arch $arch '{architecture: $arch, os: "linux", created: "2024-05-06T07:08:09Z",
		config: {Cmd: ["/bin/hello", $arch], Env: ["PATH=/bin"], Healthcheck: {Test: ["CMD", "/bin/hello"]}, StopSignal: "SIGINT"},
		rootfs: {type: "layers", diff_ids: [$id]}, history: [{created_by: "x"}]}' >docker/config.json
	echo '[{"Config": "config.json", "RepoTags": ["api:1"], "Layers": ["layer.tar"]}]' >docker/manifest.json
	tar -cf $arch.tar -C docker manifest.json config.json layer.tar
	skopeo --override-arch $arch copy -q docker-archive:$arch.tar oci:two:$arch || exit 99
done
# one name for both
jq --arg here $here '[.manifests[] | .platform = {os: "linux", architecture: .annotations["org.opencontainers.image.ref.name"]} | del(.annotations)] as $all
	| {schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: $all}' two/index.json >list.json
list=$(sha256sum <list.json | cut -d' ' -f1)
mkdir multi && cp -r two/blobs two/oci-layout multi/ && cp list.json "multi/blobs/sha256/$list"
jq -n --arg d "sha256:$list" --argjson size "$(stat -c %s list.json)" '{schemaVersion: 2, manifests: [{mediaType: "application/vnd.oci.image.index.v1+json",
	digest: $d, size: $size, annotations: {"org.opencontainers.image.ref.name": "api"}}]}' >multi/index.json

same_root() { [ "$(cat out/bin/hello)" = hello ]; }

# --- layouts and archives ----------------------------------------------------------------------------
# command_of IMAGE…: what it starts, after an import
command_of() {
	rm -rf out out.json out.image
	tracepack import -q "$@" -o out --config out.json --image-config out.image && same_root && jq -c .process.args out.json
	rm -rf out
}
check_equal "a docker archive" "$(command_of docker-archive:$here.tar)" "[\"/bin/hello\",\"$here\"]"
check_equal "the image in it that is named" "$(command_of docker-archive:$here.tar:api:1)" "[\"/bin/hello\",\"$here\"]"
check_equal "or as podman has the name" "$(command_of docker-archive:$here.tar:docker.io/library/api:1)" "[\"/bin/hello\",\"$here\"]"
check_equal "a layout, by its tag" "$(command_of oci:two:$here)" "[\"/bin/hello\",\"$here\"]"
check_equal "the one of two for this machine" "$(command_of oci:multi:api)" "[\"/bin/hello\",\"$here\"]"
check_equal "and for another one, when asked" "$(command_of oci:multi:api --platform linux/$other)" "[\"/bin/hello\",\"$other\"]"
skopeo copy -q oci:two:$here oci-archive:oci.tar:api:1
check_equal "an archive of a layout" "$(command_of oci-archive:oci.tar:api:1)" "[\"/bin/hello\",\"$here\"]"
check_equal "a directory of skopeo's" "$(skopeo copy -q docker-archive:$here.tar dir:skopeo && command_of skopeo)" "[\"/bin/hello\",\"$here\"]"
check "a directory with all of a list" skopeo copy -q --all oci:multi:api dir:all
check_equal "the one of them for this machine" "$(command_of all)" "[\"/bin/hello\",\"$here\"]"
check_equal "and another" "$(command_of all --platform linux/$other)" "[\"/bin/hello\",\"$other\"]"
command_of skopeo >/dev/null
check_equal "it came in docker's kind" "$(jq -r .mediaType out.image)" application/vnd.docker.container.image.v1+json
check_equal "in which HEALTHCHECK is whole" "$(jq -c .config.Healthcheck out.image)" '{"Test":["CMD","/bin/hello"]}'
cp $here.tar ./a:b.tar
check_equal "a file with a colon in its name is a file" "$(command_of a:b.tar)" "[\"/bin/hello\",\"$here\"]"
refused "an image that is not in it" 1 "tracepack: import: 'oci:two:none': holds no image called 'none'" tracepack import oci:two:none -o out
refused "a layout that is not there" 1 "tracepack: import: cannot open 'none': No such file or directory" tracepack import oci:none:x -o out
refused "an image for another machine" 1 "tracepack: import: 'oci:two:$other': the image is for linux/$other, not linux/$here*--platform*" \
	tracepack import oci:two:$other -o out
refused "a platform there is not" 1 "tracepack: import: 'oci:multi:api': holds no image for linux/s390x*" \
	tracepack import oci:multi:api --platform linux/s390x -o out
refused "an archive as a layout" 1 "tracepack: import: '$here.tar' is not an OCI layout" tracepack import oci-archive:$here.tar -o out
refused "an unknown transport" 1 "tracepack: import: 'ftp:x': neither a file nor an image: there is no transport 'ftp', only docker://*" tracepack import ftp:x -o out
refused "docker without its slashes" 1 "tracepack: import: 'docker:x': *there is no transport 'docker'*" tracepack import docker:x -o out
refused "no name" 1 "tracepack: import: 'docker://': '' is no name for an image" tracepack import docker:// -o out
refused "an option for a name" 1 "tracepack: import: 'docker-daemon:--help': '--help' is no name for an image" tracepack import docker-daemon:--help -o out
refused "a name with a space" 1 "tracepack: import: 'docker://a b': 'a b' is no name for an image" tracepack import 'docker://a b' -o out

# --- a registry with a password ----------------------------------------------------------------------
registry_up
skopeo copy -q --authfile auth.json --dest-tls-verify=false docker-archive:$here.tar $at/api:1 || fail "cannot fill the registry"
skopeo copy -q --all --authfile auth.json --dest-tls-verify=false oci:multi:api $at/multi:1 || fail "cannot fill the registry"
access="--tls-verify=false --authfile auth.json"
{
	check_equal "an image of a registry" "$(command_of $at/api:1 $access)" "[\"/bin/hello\",\"$here\"]"
	check_equal "as it is there: nothing was converted" "$(jq -c '[.mediaType, .config.Healthcheck]' out.image)" \
		'["application/vnd.docker.container.image.v1+json",{"Test":["CMD","/bin/hello"]}]'
	check_equal "by its digest" "$(command_of "$at/api@$(skopeo inspect --tls-verify=false --authfile auth.json $at/api:1 | jq -r .Digest)" $access)" "[\"/bin/hello\",\"$here\"]"
	check_equal "of a list the one for this machine" "$(command_of $at/multi:1 $access)" "[\"/bin/hello\",\"$here\"]"
	check_equal "or for the one that is asked for" "$(command_of $at/multi:1 $access --platform linux/$other)" "[\"/bin/hello\",\"$other\"]"
	refused "a platform the list has not" 1 "tracepack: import: '$at/multi:1': skopeo: *s390x*" tracepack import $at/multi:1 $access --platform linux/s390x -o out
	refused "an image that is not there" 1 "tracepack: import: '$at/none:1': skopeo: *manifest unknown*" tracepack import $at/none:1 $access -o out
	refused "a registry without TLS that was not allowed" 1 "tracepack: import: '$at/api:1': skopeo: *http*" tracepack import $at/api:1 --authfile auth.json -o out
}
check_equal "the password comes on standard input" "$(command_of $at/api:1 --tls-verify=false --creds - <creds)" "[\"/bin/hello\",\"$here\"]"
check "which is nowhere afterwards" nothing_left
wrong() { printf 'user:wrong\n' | tracepack import $at/api:1 --tls-verify=false --creds - -o out; }
check_equal "a wrong one is refused in one line" "$(wrong 2>&1 | sed 's/skopeo: .*\(authentication required\|unauthorized\).*/skopeo: refused/')" \
	"tracepack: import: '$at/api:1': skopeo: refused"
check "and leaves nothing" nothing_left
refused "no credentials" 1 "tracepack: import: '$at/api:1': skopeo: *auth*" tracepack import $at/api:1 --tls-verify=false -o out
refused "credentials that are none" 1 "tracepack: import: standard input has no USER:PASSWORD*" tracepack import $at/api:1 --creds - -o out
refused "a password in words" 2 "tracepack: import: --creds: takes '-' only*" tracepack import $at/api:1 --creds user:secret -o out
# it is never in ps(1): a skopeo that waits for a registry that does not answer
printf 'user:%s\n' "$(printf 'se:cret')" >creds
nc -l 127.0.0.1 $((port + 1)) >/dev/null 2>&1 &
silent=$!
on_exit sh -c "kill $silent 2>/dev/null"
tracepack import docker://127.0.0.1:$((port + 1))/x:1 --tls-verify=false --creds - -o out <creds 2>said &
waiting=$!
runs() { pgrep -P $waiting skopeo; }
check "skopeo runs" wait_for 10 runs
check_equal "without the password among its words" "$(tr '\0' ' ' <"/proc/$(runs)/cmdline" | grep -c se:cret)" 0
check_equal "which is in a file that only its owner reads" "$(find "$TMPDIR" -name auth.json -printf '%m %h\n' | cut -d' ' -f1)" 600
kill -TERM $waiting
wait $waiting
check_equal "a signal ends it" "$?" 1
check "and leaves nothing" nothing_left
nc -l 127.0.0.1 $((port + 1)) >/dev/null 2>&1 &
silent=$!
on_exit sh -c "kill $silent 2>/dev/null"
tracepack import docker://127.0.0.1:$((port + 1))/x:1 --tls-verify=false --creds - -o out <creds 2>said &
waiting=$!
check "skopeo runs again" wait_for 10 runs
kill -KILL $waiting
wait $waiting 2>/dev/null
check "what is killed leaves its directory, with the password" test -e "$(find "$TMPDIR" -name auth.json)"
check_equal "which the next one removes" "$(command_of $at/api:1 $access; ls -A "$TMPDIR")" "[\"/bin/hello\",\"$here\"]"

# --- and out, in the kind that came in -----------------------------------------------------------------
for kind in docker oci; do
	mkdir -p $kind.b/sfc
	source=docker-archive:$here.tar
	[ $kind = docker ] || source=oci:two:$here
	tracepack import -q "$source" -o $kind.b/rootfs --config $kind.b/config.json --image-config $kind.b/sfc/image.json
		check "an image of $kind's kind goes to the registry" tracepack export -q $kind.b -o $at/$kind:slim $access
	skopeo inspect --raw --tls-verify=false --authfile auth.json $at/$kind:slim | jq -r .mediaType >$kind.type
	skopeo inspect --raw --config --tls-verify=false --authfile auth.json $at/$kind:slim | jq -cS '.config | del(.Labels)' >$kind.got
	check "$kind: nothing is left" nothing_left
done
check_equal "docker's kind stays docker's" "$(cat docker.type)" application/vnd.docker.distribution.manifest.v2+json
check_equal "with all its fields" "$(cat docker.got)" "$(tar -xOf $here.tar config.json | jq -cS .config)"
check_equal "OCI's stays OCI's" "$(cat oci.type)" application/vnd.oci.image.manifest.v1+json
refused "a registry that refuses" 1 "tracepack: export: '$at/x:1': skopeo: *auth*" tracepack export -q docker.b -o $at/x:1 --tls-verify=false
refused "a name registries do not take" 1 "tracepack: export: 'API' is no name for an image*" tracepack export -q docker.b -o docker-archive:out.tar:API
refused "a kind and an image" 2 "tracepack: export: OUT says what it is: --to does not go with it*" tracepack export -q docker.b --to tar -o oci:out:x
check "to a layout" tracepack export -q oci.b -o oci:layout:slim
check "another one beside it" tracepack export -q docker.b -o oci:layout:other
check_equal "its tags" "$(jq -c '[.manifests[].annotations["org.opencontainers.image.ref.name"]]' layout/index.json)" '["slim","other"]'
check "to archives" sh -c 'tracepack export -q oci.b -o oci-archive:o.tar:api:slim && tracepack export -q docker.b -o docker-archive:d.tar:api:slim'
check_equal "docker's is named as asked" "$(tar -xOf d.tar manifest.json | jq -r '.[0].RepoTags[0]')" api:slim
check_equal "podman's localhost" "$(podman load -q -i o.tar)" "Loaded image: localhost/api:slim"
check "nothing is left" nothing_left

# --- podman's storage ----------------------------------------------------------------------------------
check "to podman" tracepack export -q docker.b -o containers-storage:api:storage
check_equal "which has it as localhost's" "$(podman image ls --format '{{.Repository}}:{{.Tag}}' | grep storage)" localhost/api:storage
check_equal "with its HEALTHCHECK" "$(podman image inspect localhost/api:storage | jq -c '.[0].HealthCheck // .[0].Healthcheck | .Test')" '["CMD","/bin/hello"]'
check_equal "and back" "$(command_of containers-storage:api:storage)" "[\"/bin/hello\",\"$here\"]"
refused "an image podman has not" 1 "tracepack: import: 'containers-storage:none': skopeo: *" tracepack import containers-storage:none -o out

# --- a docker daemon: podman's service speaks for one -----------------------------------------------------
podman system service --time 0 "unix://$dir/docker.sock" >service.log 2>&1 &
service=$!
on_exit sh -c "kill $service 2>/dev/null"
DOCKER_HOST=unix://$dir/docker.sock
export DOCKER_HOST
check "a daemon runs" wait_for 20 curl -s -o /dev/null --unix-socket "$dir/docker.sock" http://d/_ping
check "to a daemon" tracepack export -q docker.b -o docker-daemon:api:daemon
check "it has it" sh -c 'podman image ls --format "{{.Repository}}:{{.Tag}}" | grep -q api:daemon'
check_equal "and back" "$(command_of docker-daemon:api:daemon)" "[\"/bin/hello\",\"$here\"]"
refused "an image the daemon has not" 1 "tracepack: import: 'docker-daemon:none:1': *" tracepack import docker-daemon:none:1 -o out
kill $service

# where skopeo cannot talk to it, docker(1) does: here it is podman, as in podman-docker
DOCKER_HOST=unix://$dir/nobody.sock
refused "no daemon and no docker" 1 "tracepack: import: 'docker-daemon:api:daemon': *" tracepack import docker-daemon:api:daemon -o out
mkdir programs
# shellcheck disable=SC2016 # for the program
printf '#!/bin/sh\nunset DOCKER_HOST\nexec podman "$@"\n' >programs/docker && chmod 755 programs/docker
PATH=$dir/programs:$PATH
check_equal "by docker save" "$(command_of docker-daemon:api:daemon)" "[\"/bin/hello\",\"$here\"]"
check "by docker load" tracepack export -q docker.b -o docker-daemon:api:loaded
check "it has it" sh -c 'podman image ls --format "{{.Repository}}:{{.Tag}}" | grep -q api:loaded'
refused "an image docker has not" 1 "tracepack: import: 'docker-daemon:none:1': docker: *" tracepack import docker-daemon:none:1 -o out

# --- no room, no skopeo ------------------------------------------------------------------------------------
mkdir small && mount -t tmpfs -o size=64k small small
on_exit umount "$dir/small"
head -c 1000000 /dev/urandom >docker.b/rootfs/large
check "an image of 1 MB" tracepack export -q docker.b -o $at/big:1 $access
check_fails "a full disk on the way in" 1 "tracepack: import: '$at/big:1': *o space left on device*" \
	env TMPDIR="$dir/small" tracepack import $at/big:1 --tls-verify=false --authfile auth.json -o out
check_fails "a full disk on the way out" 1 "tracepack: export: *o space left on device*" \
	env TMPDIR="$dir/small" tracepack export -q docker.b -o $at/big:1 --tls-verify=false --authfile auth.json
check_equal "nothing is left of either" "$(ls -A small)" ""
mkdir none
check_fails "no skopeo" 1 "tracepack: import: '$at/api:1': skopeo is not installed*" \
	env PATH="$dir/none" "$(command -v tracepack)" import $at/api:1 -o out
check "nothing is left" nothing_left
finish
