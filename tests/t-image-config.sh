#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The configuration of an image on its way through import, build and export, field by field, in both kinds of
# manifest; and what is refused of it.
# shellcheck disable=SC2317 # check calls the functions
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/manifest.sh"
requires skopeo --version
requires jq --version
requires sqlite3 --version

# --- an image with every field, in docker's kind and in OCI's --------------------------------------
mkdir -p layer/bin layer/etc layer/srv docker
printf '#!/bin/app\n' >layer/bin/app && chmod 755 layer/bin/app
printf 'root:x:0:0::/:/bin/sh\nweb:x:33:34::/:/bin/sh\n' >layer/etc/passwd
printf 'root:x:0:\nweb:x:34:\n' >layer/etc/group
tar -cf docker/layer.tar --owner=0 --group=0 --numeric-owner -C layer .
diff_id=$(sha256sum docker/layer.tar | cut -d' ' -f1)
cat >docker/config.json <<JSON
{"architecture": "arm64", "variant": "v8", "os": "linux", "author": "A. U. Thor <a@example.org>",
 "created": "2024-05-06T07:08:09.123456789Z", "docker_version": "24", "container_config": {"Image": "x"},
 "config": {"User": "web", "WorkingDir": "/srv", "Env": ["PATH=/bin", "Z=1", "A=2"],
  "Entrypoint": ["/bin/app", "-v"], "Cmd": ["one", "two words"], "Shell": ["/bin/app", "-c"],
  "ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "Volumes": {"/data": {}, "/srv/up": {}},
  "StopSignal": "SIGINT", "Labels": {"org.example.k": "v w", "empty": ""}, "OnBuild": ["RUN make"],
  "Healthcheck": {"Test": ["CMD", "/bin/app", "-h"], "Interval": 30000000000, "Timeout": 5000000000, "Retries": 3},
  "AttachStdin": false, "Hostname": "abc"},
 "rootfs": {"type": "layers", "diff_ids": ["sha256:$diff_id"]},
 "history": [{"created": "2024-05-06T07:08:09Z", "created_by": "ADD file", "comment": "c"},
  {"created": "2024-05-06T07:08:10Z", "created_by": "CMD [\"one\"]", "empty_layer": true}]}
JSON
echo '[{"Config": "config.json", "RepoTags": ["api:1"], "Layers": ["layer.tar"]}]' >docker/manifest.json
tar -cf docker.tar -C docker manifest.json config.json layer.tar
skopeo copy -q docker-archive:docker.tar oci-archive:oci.tar:api:1 2>/dev/null ||
	skopeo --override-arch arm64 copy -q docker-archive:docker.tar oci-archive:oci.tar:api:1
# skopeo takes HEALTHCHECK out on the way to OCI, and ONBUILD
config_of() { skopeo inspect --config --raw "$@"; }

# through IMAGE WORKDIR: import, a session that was started as sfc starts one, build.
through() {
	tracepack import -q --platform linux/arm64 "$1" -o "$2/root" --config "$2/config.json" --image-config "$2/image.json" || return
	manifest "$2/m.db" "$2/root" /bin/app
	tracepack describe "$2/m.db" --session l --cwd /srv --user 33:34 --env PATH=/bin --env A=2 --env Z=1 \
		--env HOME=/root --env LANG=C.UTF-8 --env LC_ALL=C -- /bin/app -v one 'two words' || return
	tracepack build "$2/m.db" -s "$2/root" --package -q -o "$2/app.sfc" --source-name api --image-config "$2/image.json"
}

# What has to be the same: all but ours.
same_fields='del(.config.Labels["sfc.source.digest","sfc.package.uuid","sfc.manifest.uuid"], .config.OnBuild, .config.AttachStdin,
	.config.Hostname, .docker_version, .container_config, .rootfs, .mediaType) |
	.history |= map(select(.created_by != "tracepack export") | del(.empty_layer))'
fields() { jq -S "$same_fields"; }

mkdir d o
check "an image of docker's kind goes through import and build" through docker.tar d 2>d.err
check "and one of OCI's" through oci.tar o 2>o.err
check_equal "the package has the image's configuration, whole" \
	"$(sqfscat d/app.sfc sfc/image.json 2>/dev/null | jq -cS 'del(.mediaType)')" "$(jq -cS . docker/config.json)"
check_equal "in the kind that it came in" "$(sqfscat d/app.sfc sfc/image.json 2>/dev/null | jq -r .mediaType)" \
	application/vnd.docker.container.image.v1+json
check_equal "and OCI's in its own" "$(sqfscat o/app.sfc sfc/image.json 2>/dev/null | jq -r .mediaType)" \
	application/vnd.oci.image.config.v1+json
check_equal "it is a part of the package" "$(sqfscat d/app.sfc sfc/package.json 2>/dev/null | jq -r '.parts["sfc/image.json"].sha256')" \
	"$(sha256sum <d/image.json | cut -d' ' -f1)"
check_equal "nothing of it is an annotation" "$(sqfscat d/app.sfc config.json 2>/dev/null | jq -c .annotations)" null
check_equal "HOME, LANG and LC_ALL are not added" "$(sqfscat d/app.sfc config.json 2>/dev/null | jq -c .process.env)" '["A=2","PATH=/bin","Z=1"]'
check_equal "the signal to stop it is known where it is started" \
	"$(tracepack config d/app.sfc | jq -r '.config.annotations["org.opencontainers.image.stopSignal"]')" SIGINT
check "the package verifies" tracepack verify d/app.sfc

# --- and out again ---------------------------------------------------------------------------------
check "to docker's kind" tracepack export d/app.sfc --to docker -q --name api:slim -o d.tar
config_of docker-archive:d.tar | fields >d.got
fields <docker/config.json >d.want
check "docker: every field is as it was" diff d.want d.got
check "to OCI's kind" tracepack export o/app.sfc --to oci -q --name api:slim -o o.tar
config_of oci-archive:o.tar | fields >o.got
config_of oci-archive:oci.tar | fields >o.want
check "OCI: every field is as it was" diff o.want o.got
check_equal "there is one layer and one step that made it" \
	"$(config_of docker-archive:d.tar | jq -c '[(.rootfs.diff_ids | length), ([.history[] | select(.empty_layer | not)] | length)]')" '[1,1]'
source=$(printf 'sha256:%s\n' "$diff_id" | sha256sum | cut -d' ' -f1)
check_equal "labels name the source, the package and the sessions" \
	"$(config_of docker-archive:d.tar | jq -c '.config.Labels | [.["sfc.source.digest"], .["sfc.package.uuid"], .["sfc.manifest.uuid"]]')" \
	"$(sqfscat d/app.sfc sfc/package.json 2>/dev/null | jq -c "[\"sha256:$source\", .uuid, ([.sessions[].uuid] | join(\" \"))]")"
check_equal "the source is the same whatever its kind" \
	"$(config_of oci-archive:o.tar | jq -r '.config.Labels["sfc.source.digest"]')" "sha256:$source"
tracepack export d/app.sfc --to oci --name api:slim -o do.tar 2>said
check "an OCI image keeps HEALTHCHECK as a label, and that is said" grep -q 'HEALTHCHECK: it is in the label sfc.healthcheck' said
check_equal "as JSON" "$(config_of oci-archive:do.tar | jq -cS '.config | [.Healthcheck, (.Labels["sfc.healthcheck"] | fromjson)]')" \
	"$(jq -cS '.config | [null, .Healthcheck]' docker/config.json)"
mkdir back && through do.tar back 2>/dev/null && tracepack export back/app.sfc --to docker -q --name api:slim -o back.tar
check_equal "which is the field again in docker's kind" "$(config_of docker-archive:back.tar | jq -cS .config.Healthcheck)" \
	"$(jq -cS .config.Healthcheck docker/config.json)"
check "ONBUILD is named" grep -q 'ONBUILD of the image' d.err
tracepack export d/app.sfc --to docker --name api:slim -o d2.tar 2>said
check "there too" grep -q 'ONBUILD of the image is dropped' said
check "a bundle has it beside" sh -c 'tracepack export d/app.sfc --to bundle -q -o bundle 2>/dev/null && tracepack export bundle --to docker -q --name api:slim -o b.tar'
config_of docker-archive:b.tar | fields >b.got
check "and makes the same image" diff d.want b.got

# --- names -----------------------------------------------------------------------------------------
ref() { tar -xOf "$1" index.json | jq -r '.manifests[0].annotations["org.opencontainers.image.ref.name"]'; }
check_equal "docker reads api:slim" "$(tar -xOf d.tar manifest.json | jq -r '.[0].RepoTags[0]')" api:slim
check_equal "podman reads localhost/api:slim" "$(ref o.tar)" localhost/api:slim
tracepack export o/app.sfc --to oci -q --name registry.example:5000/a/api:2 -o r.tar
check_equal "a registry's name stays" "$(ref r.tar)" registry.example:5000/a/api:2
tracepack export o/app.sfc --to oci-dir -q --name api:slim -o layout
check_equal "the tag of a layout is the tag" "$(skopeo inspect --config oci:layout:slim | jq -r .architecture)" arm64

# --- what is asked for otherwise -------------------------------------------------------------------
tracepack build d/m.db -s d/root --package -q -o other.sfc --image-config d/image.json --user 7:8 --cwd /etc -e A=3 -e N=4 -e Z -- /bin/app 2>/dev/null
tracepack export other.sfc --to docker --name api:slim -o other.tar 2>said
check_equal "where they differ, config.json starts" \
	"$(config_of docker-archive:other.tar | jq -c '.config | [.User, .WorkingDir, .Env, .Entrypoint, .Cmd, .StopSignal]')" \
	'["7:8","/etc",["PATH=/bin","A=3","N=4"],["/bin/app"],null,"SIGINT"]'
check "a user that has no name there is a number, and that is said" grep -q 'USER is a number now' said
check "changes as podman-commit(1) has them" tracepack export d/app.sfc --to docker -q --name api:slim -o c.tar \
	--change 'CMD=["three"]' --change 'ENV B="4 5"' -c 'EXPOSE 8080/tcp' -c 'LABEL a=b' -c STOPSIGNAL=QUIT -c 'USER web' -c WORKDIR=/etc -c 'VOLUME /v'
check_equal "are in" "$(config_of docker-archive:c.tar | jq -cS '.config | [.Cmd, .Env[-1], .ExposedPorts["8080/tcp"], .Labels.a, .StopSignal, .User, .WorkingDir, .Volumes["/v"]]')" \
	'[["three"],"B=4 5",{},"b","QUIT","web","/etc",{}]'
check_fails "an instruction there is not" 2 "tracepack: export: --change does not take 'ONBUILD RUN x'*" \
	tracepack export d/app.sfc --to docker -o x.tar -c 'ONBUILD RUN x'
check_fails "a value that cannot be" 1 "tracepack: export: *config.StopSignal is 'never', which is no signal" \
	tracepack export d/app.sfc --to docker -q -o x.tar -c STOPSIGNAL=never
check_fails "an image's configuration for a bare image" 2 "*--image-config goes into a package*" \
	tracepack build d/m.db -s d/root -o x.sqsh --image-config d/image.json

# --- refused, in one line, and nothing is written --------------------------------------------------
# hostile CLAIM JQ PATTERN: an image so changed, at import, at build and in a package.
hostile() {
	what=$1 filter=$2 because=$3
	jq "$filter" docker/config.json >bad/config.json
	tar -cf bad.tar -C bad manifest.json config.json layer.tar
	check_fails "import: $what" 1 "tracepack: import: 'bad.tar': *$because*" \
		tracepack import -q --platform linux/arm64 bad.tar -o x --config x.json --image-config x.image
	check_fails "build: $what" 1 "tracepack: *'bad/config.json': *$because*" \
		tracepack build d/m.db -s d/root --package -q -o x.sfc --image-config bad/config.json
	cp bad/config.json bundle/sfc/image.json
	check_fails "export: $what" 1 "tracepack: export: 'bundle': sfc/image.json: *$because*" \
		tracepack export bundle --to docker -q -o x.tar
	check "$what: nothing is left" test -z "$(find . -maxdepth 1 -name 'x*' -o -maxdepth 1 -name '.x*')"
}
rm -f x x.*
cp -r docker bad
hostile "a signal that is none" '.config.StopSignal = "TERM; id"' "config.StopSignal is 'TERM; id', which is no signal"
hostile "a port that is none" '.config.ExposedPorts = {"80/tcp; id": {}}' "which is no port"
hostile "a volume that is relative" '.config.Volumes = {"data": {}}' "which is no absolute path"
hostile "a volume that leads out" '.config.Volumes = {"/a/../../b": {}}' "which is no absolute path"
hostile "labels that are no text" '.config.Labels.a = {}' "config.Labels: 'a' is not a string"
hostile "a command that is no list" '.config.Cmd = "sh"' "config.Cmd is not a list"
hostile "a check that is none" '.config.Healthcheck.Test = ["/bin/app"]' "not with CMD, CMD-SHELL or NONE"
hostile "a history that is none" '.history = {}' "history is not a list"
# refused_file CLAIM PATTERN: what stands in bad/config.json now, of the file readers
refused_file() {
	check_fails "$1" 1 "tracepack: *'bad/config.json'*$2*" \
		tracepack build d/m.db -s d/root --package -q -o x.sfc --image-config bad/config.json
}
{ cat docker/config.json; echo '{}'; } >bad/config.json
refused_file "two documents" "not one JSON document"
echo '{"config": {"User": "a", "User": "b"}}' >bad/config.json
refused_file "a key twice" "duplicate"
echo '[]' >bad/config.json
refused_file "no object" "not a JSON object"
jq '.x = ("y" * 1100000)' docker/config.json >bad/config.json
tar -cf bad.tar -C bad manifest.json config.json layer.tar
check_fails "import: more than 1 MiB" 1 "tracepack: import: 'bad.tar': the image's configuration is larger than 1048576 bytes" \
	tracepack import -q --platform linux/arm64 bad.tar -o x --image-config x.image
check "nothing is left" test ! -e x -a ! -e x.image
refused_file "more than 1 MiB" "larger than 1048576 bytes"
check_fails "a file that is not there" 1 "tracepack: *none.json*" \
	tracepack build d/m.db -s d/root --package -q -o x.sfc --image-config none.json
finish
