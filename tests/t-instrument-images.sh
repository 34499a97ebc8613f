#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc instrument and sfc slim --traces where images are: a registry with a password, podman's storage, a daemon,
# a layout with others in it; each in the kind that came in. What cannot be is one line, and nothing is left.
# shellcheck disable=SC2317,SC2086 # check calls the functions; no name here has spaces
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
requires root
requires skopeo --version
requires podman --version
requires sqlite3 --version
requires jq --version
requires busybox true
# shellcheck source=tests/registry.sh
. "$srcdir/tests/registry.sh"
[ -x "$builddir/fs/tracefs-static" ] || skip "tracefs is not linked statically in this build"

TMPDIR=$dir/tmp
CONTAINERS_STORAGE_CONF=$dir/storage.conf
export TMPDIR CONTAINERS_STORAGE_CONF
mkdir "$TMPDIR"
cat >storage.conf <<CONF
[storage]
driver = "vfs"
graphroot = "$dir/graph"
runroot = "$dir/run"
CONF
on_exit sh -c "umount -R '$dir/graph' '$dir/run' 2>/dev/null"
nothing_left() { [ -z "$(ls -A "$TMPDIR")" ]; }
storage() { podman image ls -a --format '{{.Repository}}:{{.Tag}}' | sort | paste -sd' '; }

# refused CLAIM PATTERN COMMAND…: one line, nothing is left of it, in podman's storage neither.
refused() {
	what=$1 pattern=$2
	shift 2
	before=$(storage)
	check_fails "$what" 1 "$pattern" "$@"
	check "$what: nothing is left" nothing_left
	check "$what: nothing is written" test ! -e x
	check_equal "$what: no image more" "$(storage)" "$before"
}

# --- an image of docker's kind, and the same of OCI's for two machines ---
case $(uname -m) in x86_64) here=amd64 other=arm64 ;; aarch64) here=arm64 other=amd64 ;; *) skip "needs amd64 or arm64" ;; esac
mkdir -p root/bin root/etc docker traces
cp "$(command -v busybox)" root/bin/busybox
ln -s busybox root/bin/cat
for file in used unused; do echo $file >root/etc/$file; done
find root -exec touch -h -d @1700000000 {} +
tar -cf docker/layer.tar --owner=0 --group=0 -C root .
diff_id=sha256:$(sha256sum <docker/layer.tar | cut -d' ' -f1)
identity=sha256:$(echo "$diff_id" | sha256sum | cut -d' ' -f1)
for arch in $here $other; do
	jq -n --arg id "$diff_id" --arg arch $arch '{architecture: $arch, os: "linux", created: "2024-05-06T07:08:09Z",
		config: {Cmd: ["/bin/cat", "/etc/used"], Healthcheck: {Test: ["CMD", "/bin/cat", "/etc/used"]}},
		rootfs: {type: "layers", diff_ids: [$id]}, history: [{created_by: "x"}]}' >docker/config.json
	echo '[{"Config": "config.json", "RepoTags": ["api:1"], "Layers": ["layer.tar"]}]' >docker/manifest.json
	tar -cf $arch.tar -C docker manifest.json config.json layer.tar
	skopeo --override-arch $arch copy -q docker-archive:$arch.tar oci:two:$arch || exit 99
done
jq '[.manifests[] | .platform = {os: "linux", architecture: .annotations["org.opencontainers.image.ref.name"]} | del(.annotations)] as $all
	| {schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: $all}' two/index.json >list.json
list=$(sha256sum <list.json | cut -d' ' -f1)
mkdir multi && cp -r two/blobs two/oci-layout multi/ && cp list.json "multi/blobs/sha256/$list"
jq -n --arg d "sha256:$list" --argjson size "$(stat -c %s list.json)" '{schemaVersion: 2, manifests: [{mediaType: "application/vnd.oci.image.index.v1+json",
	digest: $d, size: $size, annotations: {"org.opencontainers.image.ref.name": "api"}}]}' >multi/index.json

# --- a registry with a password ---
registry_up
access="--tls-verify=false --authfile auth.json"
skopeo copy -q --authfile auth.json --dest-tls-verify=false docker-archive:$here.tar $at/api:1 || fail "cannot fill the registry"
skopeo copy -q --all --authfile auth.json --dest-tls-verify=false oci:multi:api $at/multi:1 || fail "cannot fill the registry"
inspect() { skopeo inspect --tls-verify=false --authfile auth.json "$@"; }
# facts IMAGE: its layers, whether it starts traced, and of what image it says it is.
facts() { inspect --config "$1" | jq -r '[(.rootfs.diff_ids | length), .config.Entrypoint[0], .config.Labels["sfc.traced.source"]] | map(tostring) | join(" ")'; }
traced="2 /.sfc/tracefs $identity"

check_equal "from a registry to it" "$(sfc instrument -q $at/api:1 -o $at/api:traced $access 2>&1)" "127.0.0.1:$port/api:traced"
check_equal "with one layer more, and of which image it is" "$(facts $at/api:traced)" "$traced"
check_equal "docker's kind stays docker's, with its HEALTHCHECK" \
	"$(inspect --raw $at/api:traced | jq -r .mediaType) $(inspect --raw --config $at/api:traced | jq -c .config.Healthcheck.Test[-1])" \
	'application/vnd.docker.distribution.manifest.v2+json "/etc/used"'
check_equal "of a list the one for this machine, of OCI's kind" \
	"$(sfc instrument -q $at/multi:1 -o $at/multi:traced --tls-verify false --creds - <creds 2>said) $(facts $at/multi:traced)" \
	"127.0.0.1:$port/multi:traced $traced"
check_equal "which stays OCI's" "$(inspect --raw $at/multi:traced | jq -r .mediaType)" application/vnd.oci.image.manifest.v1+json
check "nothing is left" nothing_left

# --- podman's storage, a layout with others in it, archives ---
check_equal "from a registry to podman" "$(sfc instrument -q $at/api:1 -o containers-storage:api:traced $access 2>said)" api:traced
check_equal "which has it as localhost's" "$(storage)" localhost/api:traced
check_equal "and back, to a file of docker's kind" \
	"$(skopeo copy -q docker-archive:$here.tar containers-storage:localhost/api:1 && sfc instrument -q containers-storage:api:1 -o back.tar 2>said) $(tar -xOf back.tar manifest.json | jq -r '.[0].RepoTags[0]')" \
	'api:1-traced api:1-traced'
check "to a layout that is there" sfc instrument -q $here.tar -o oci:two:traced
check_equal "the others stay" "$(jq -r '[.manifests[].annotations["org.opencontainers.image.ref.name"]] | sort | join(" ")' two/index.json)" "amd64 arm64 traced"
check_equal "an archive for podman has podman's name" \
	"$(sfc instrument -q oci:two:$here -o oci-archive:o.tar:api:oci 2>said; podman load -q -i o.tar)" "api:oci
Loaded image: localhost/api:oci"

# --- a docker daemon: podman's service speaks for one ---
podman system service --time 0 "unix://$dir/docker.sock" >service.log 2>&1 &
service=$!
on_exit sh -c "kill $service 2>/dev/null"
check "a daemon runs" wait_for 20 curl -s -o /dev/null --unix-socket "$dir/docker.sock" http://d/_ping
export DOCKER_HOST="unix://$dir/docker.sock"
podman tag localhost/api:1 docker.io/library/api:1
check_equal "from a daemon to it" "$(sfc instrument -q docker-daemon:api:1 -o docker-daemon:api:both 2>&1)" api:both
check "it has it" sh -c 'podman image ls --format "{{.Repository}}:{{.Tag}}" | grep -q /api:both'

# --- the slim image goes the same ways ---
mkdir -p empty scratch
tracefs -o "manifest=$dir/traces/one.db,image=image $identity,catalog=no,scratch=tmpfs" root -- /bin/cat /etc/used >said 2>&1
check_equal "a trace of it" "$(grep -c '^used$' said)" 1
check_equal "from a registry to it" "$(sfc slim $at/api:1 --traces traces -o $at/api:slim $access -q 2>&1)" "127.0.0.1:$port/api:slim"
rm -rf got && skopeo copy -q --src-tls-verify=false --authfile auth.json $at/api:slim dir:got
tar -tf "got/$(jq -r '.layers[0].digest | ltrimstr("sha256:")' got/manifest.json)" >list
check_equal "what was used is in it" "$(grep -x 'etc/used\|etc/unused' list)" etc/used
check_equal "in docker's kind, with its HEALTHCHECK" "$(jq -r .mediaType got/manifest.json) $(inspect --raw --config $at/api:slim | jq -c '.config.Healthcheck.Test[-1]')" \
	'application/vnd.docker.distribution.manifest.v2+json "/etc/used"'
check_equal "of a daemon" "$(sfc slim docker-daemon:api:1 --traces traces -o docker-daemon:api:slim -q 2>&1)" api:slim
check_equal "of a list, to podman" "$(sfc slim $at/multi:1 --traces traces -o containers-storage:multi:slim $access -q 2>&1)" multi:slim
check "nothing is left" nothing_left

# --- what cannot be ---
refused "an unknown transport" "*: instrument: 'ftp:x': neither a file nor an image: there is no transport 'ftp'*" sfc instrument ftp:x -o x
refused "one to write to" "*: instrument: 'ftp:x': neither a file nor an image: there is no transport 'ftp'*" sfc instrument $here.tar -o ftp:x
refused "for slim" "*: slim: 'ftp:x': neither a file*" sfc slim ftp:x --traces traces -o x
refused "an image that is not there" "*: instrument: '$at/none:1': skopeo: *manifest unknown*" sfc instrument $at/none:1 -o x $access
refused "nor in the storage" "*: instrument: 'containers-storage:none': skopeo: *" sfc instrument containers-storage:none -o x
refused "nor in the daemon" "*: instrument: 'docker-daemon:none:1': *" sfc instrument docker-daemon:none:1 -o x
refused "a registry that is not there" "*: instrument: 'docker://127.0.0.1:1/x': skopeo: *refused*" sfc instrument docker://127.0.0.1:1/x -o x --tls-verify=false
refused "one that refuses" "*: instrument: '$at/x:1': skopeo: *auth*" sfc instrument $here.tar -o $at/x:1 --tls-verify=false
printf 'user:wrong\n' >wrong
with_wrong() { sfc "$@" --tls-verify=false --creds - <wrong; }
refused "credentials that fail" "*: instrument: '$at/api:1': skopeo: *auth*" with_wrong instrument $at/api:1 -o x
refused "for slim" "*: slim: '$at/api:1': skopeo: *auth*" with_wrong slim $at/api:1 --traces traces -o x
refused "credentials that are none" "*: instrument: standard input has no USER:PASSWORD*" sfc instrument $at/api:1 --creds - -o x
check_fails "a password in words" 2 "*--creds: takes '-' only*" sfc instrument $at/api:1 --creds user:secret -o x
check_fails "neither true nor false" 2 "*--tls-verify wants true|false, not 'maybe'*" sfc instrument $at/api:1 --tls-verify maybe -o x
refused "another machine's" "*the image is for linux/$other, not linux/$here*" sfc instrument oci:two:$other -o x
refused "of a list as well" "*the image is for linux/$other, not linux/$here*" sfc instrument $at/multi:1 --platform linux/$other -o x $access
refused "a name that is none" "*'API' is no name for an image*" sfc instrument $here.tar -o docker-archive:x:API
mkdir small && mount -t tmpfs -o size=2m small small
on_exit umount "$dir/small"
refused "a full disk on the way in" "*o space left on device*" env TMPDIR="$dir/small" sfc instrument $at/api:1 -o x $access
check_equal "where it was full, neither" "$(ls -A small)" ""
refused "on the way out" "*o space left on device*" sfc instrument $here.tar -o small/out.tar
check_equal "where it was to be, neither" "$(ls -A small)" ""
refused "to a registry" "*o space left on device*" env TMPDIR="$dir/small" sfc instrument $here.tar -o $at/full:1 $access
refused "a slim image" "*o space left on device*" env TMPDIR="$dir/small" sfc slim $here.tar --traces traces -o x
check_equal "nor there" "$(ls -A small)" ""
check_fails "no skopeo" 1 "*: instrument: '$at/api:1': skopeo is not installed*" env PATH="$dir/empty" "$(command -v sfc)" instrument $at/api:1 -o x
finish
