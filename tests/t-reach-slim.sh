#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc slim IMAGE -o IMAGE in one go, and dev, test and pack of an image: from and to archives, layouts, a registry,
# podman's storage and a docker daemon, with all that the image says of itself; and what is refused, leaving nothing.
# shellcheck disable=SC2016,SC2086,SC2317 # what is in single quotes is for the shells inside; no name here has spaces; check calls the functions
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse
requires skopeo --version
requires podman --version
requires sqlite3 --version
requires command -v nc
. "$srcdir/tests/web_image.sh"
. "$srcdir/tests/registry.sh"
. "$srcdir/tests/docker.sh"

TMPDIR=$dir/tmp
CONTAINERS_STORAGE_CONF=$dir/storage.conf
export TMPDIR CONTAINERS_STORAGE_CONF
mkdir "$TMPDIR"
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s/graph"\nrunroot = "%s/run"\n' "$dir" "$dir" >storage.conf
on_exit sh -c "umount -R '$dir/graph' '$dir/run' 2>/dev/null"

nothing_left() { ! find "$TMPDIR" "$SFC_STATE/scratch" -mindepth 1 2>/dev/null | grep .; }
# refused CLAIM STATUS PATTERN COMMAND…: one line, nothing written, nothing left.
refused() {
	what=$1
	check_fails "$@"
	check "$what: nothing is left" nothing_left
	check "$what: nothing is written" test ! -e x.tar -a ! -e x.sfc -a ! -e x
}
config_of() { skopeo inspect --config --raw "$@"; }
# files_of IMAGE: of the one layer that it has.
files_of() {
	rm -rf unpacked && tracepack import -q "$1" -o unpacked && (cd unpacked && find . -type f -o -type l | sort | paste -sd' ')
}
slim() { sfc slim --network none "$@"; }

web_root
web_image web
skopeo copy -q docker-archive:web.tar oci:layout:web
config_of docker-archive:web.tar | fields >docker.want
config_of oci:layout:web | fields >oci.want
served='./bin/busybox ./bin/cat ./bin/httpd ./bin/sh ./etc/group ./etc/health ./etc/hostname ./etc/hosts ./etc/machine-id ./etc/mtab ./etc/passwd ./etc/resolv.conf'

# --- the image by itself: its own command, its port, its HEALTHCHECK, its signal -------------------------------
slim docker-archive:web.tar -o docker-archive:web-slim.tar:web:slim >said
check_equal "it is made in one go" "$?" 0
check "ready is the first port that it exposes and that listens, and it is healthy" grep -q '^test  *httpd ready on :8080 after [0-9.]* s, healthy, stopped' said
check "what ends it is its own signal: nobody had to be killed" sh -c '! grep -q killed said'
check_equal "what it used, what HEALTHCHECK used and places for what engines mount are in it, and nothing else" "$(files_of docker-archive:web-slim.tar)" "$(echo $served | sed 's,./bin/cat ,,')"
config_of docker-archive:web-slim.tar | fields >docker.got
check "all that it says of itself it said before" diff docker.want docker.got
check_equal "docker reads the name as asked" "$(tar -xOf web-slim.tar manifest.json | jq -r '.[0].RepoTags[0]')" web:slim
source=$(printf 'sha256:%s\n' "$(sha256sum <archive/layer.tar | cut -d' ' -f1)" | sha256sum | cut -d' ' -f1)
check_equal "labels name its source, and the sessions" "$(config_of docker-archive:web-slim.tar | jq -r '.config.Labels | .["sfc.source.digest"], (.["sfc.manifest.uuid"] | length)' | paste -sd' ')" "sha256:$source 36"
LANG=de_DE.UTF-8 slim oci:layout:web -o oci:layout:slim --keep-package web.sfc --keep-manifest web.db >said 2>errors
config_of oci:layout:slim | fields >oci.got
check "OCI: all that it says of itself it said before" diff oci.want oci.got
check_equal "the other image of the layout is there" "$(skopeo inspect oci:layout:web | jq '.Layers | length')" 1
check_equal "the manifest knows which session that was" "$(sqlite3 web.db 'SELECT uuid FROM session')" "$(config_of oci:layout:slim | jq -r '.config.Labels["sfc.manifest.uuid"]')"
check "the package it was made of is kept, too" tracepack verify web.sfc
check_equal "nothing of the caller's is in it" "$(tracepack config web.sfc | jq -c .config.process.env)" '["A=b c","PATH=/bin"]'
slim docker-archive:web.tar -o oci-archive:other.tar -q >said 2>errors
check "an OCI image keeps a HEALTHCHECK of docker's as a label, and that is said" grep -q 'HEALTHCHECK: it is in the label sfc.healthcheck' errors
slim oci-archive:other.tar -o docker-archive:back.tar:web:slim -q
config_of docker-archive:back.tar | fields >docker.got
check "which is asked, traced and the field again" diff docker.want docker.got
check "nothing is left" nothing_left

# --- asked from outside and from inside ------------------------------------------------------------------------------
slim docker-archive:web.tar -o docker-archive:asked.tar -f --http-probe --exec-probe 'cat /etc/used' --probe 'test -e "$SFC_ROOT/www" && curl -fsS localhost:8080' >said
check "all of them are asked" grep -q 'healthy, probe passed, stopped' said
check "and answer alike" grep -q '^verify  *same exit status, same probe output' said
files_of docker-archive:asked.tar >asked.files
check_equal "the pages are in that it found, of the same host" "$(tr ' ' '\n' <asked.files | grep www | paste -sd' ')" './www/index.html ./www/pic.png ./www/sub/three.html ./www/sub/two.html'
check "what was run inside is traced, and nothing of the host's probe" sh -c 'grep -q ./etc/used asked.files && ! grep -q curl asked.files'
check_fails "a page that is not there" 4 "*httpd: the probe by HTTP failed with status 1" sh -c "sfc slim --network none docker-archive:web.tar -o x.sfc -q --http-probe=/none 2>&1 >/dev/null | tail -n 1 >&2; exit 4"
slim docker-archive:web.tar -o docker-archive:asked.tar -f -q --no-healthcheck >said
check_equal "-q says the image" "$(cat said)" docker-archive:asked.tar
check_equal "HEALTHCHECK is neither run nor kept, when that is asked for" "$(files_of docker-archive:asked.tar | grep -c health) $(config_of docker-archive:asked.tar | jq -c .config.Healthcheck)" '0 null'
check_equal "what is in an archive is called as that is, where nobody says a name" "$(tar -xOf asked.tar manifest.json | jq -r '.[0].RepoTags[0]')" asked:latest
slim docker-archive:web.tar -o docker-archive:asked.tar:web:1 -f -q -c 'ENV B=1' --change 'CMD ["-p", "80"]' >/dev/null
check_equal "what it says of itself can be changed" "$(config_of docker-archive:asked.tar | jq -c '.config | [.Env[-1], .Cmd]')" '["B=1",["-p","80"]]'

# --- what is no server, what is none in time, what is not well ---------------------------------------------------------
web_image ends '.config.Entrypoint = ["/bin/cat", "/etc/used"] | .config.Cmd = null'
slim docker-archive:ends.tar -o x.sfc --no-healthcheck >said
check_equal "a command that ends well before it listens was a run" "$? $(grep -c 'cat ended with status 0 before it listened on 8080/tcp: a run, no server' said)" '0 1'
check "and its output is compared" grep -q 'same exit status, same output' said
slim docker-archive:ends.tar -o x.sfc -f >/dev/null 2>said
check "a HEALTHCHECK that could not be run is said" grep -q "warning: the image's HEALTHCHECK was not run, and may lack files; --no-healthcheck" said
rm x.sfc
web_image short '.config.Entrypoint = ["/bin/sh", "-c", "sleep 0.05; cat /etc/used"] | .config.Cmd = null | del(.config.ExposedPorts)'
slim docker-archive:short.tar -o x.sfc >said 2>&1
check_equal "and so was one that had no port to listen on, though its HEALTHCHECK could be answered meanwhile" \
	"$? $(grep -c 'sh ended with status 0 before it was ready: a run, no server' said) $(grep -c 'same exit status, same output' said)" '0 1 1'
rm -f x.sfc
web_image fails '.config.Entrypoint = ["/bin/sh", "-c", "exit 3"] | .config.Cmd = null'
refused "a server that fails" 4 "sfc: slim: sh ended with status 3 before it was ready" sfc slim --network none docker-archive:fails.tar -o x.sfc -q
web_image silent '.config.Entrypoint = ["/bin/sleep", "100"] | .config.Cmd = null | .config.ExposedPorts["443"] = {}'
refused "one that never listens" 4 "sfc: slim: sleep listened on none of the ports that its image exposes (8080/tcp, 443/tcp) within 1 s*" sfc slim --network none docker-archive:silent.tar -o x.sfc -q --timeout 1 --grace 0
web_image ill '.config.Healthcheck.Test = ["CMD", "/bin/cat", "/none"]'
refused "one that is not well" 4 "*httpd: HEALTHCHECK failed with status 1" sh -c "sfc slim --network none docker-archive:ill.tar -o x.sfc -q --timeout 1 2>&1 >/dev/null | tail -n 1 >&2; exit 4"
free_ports 1
web_image taken ".config.ExposedPorts = {\"$port/tcp\": {}}"
nc -l 127.0.0.1 "$port" >/dev/null 2>&1 &
listens=$!
on_exit sh -c "kill $listens 2>/dev/null"
check "somebody listens" wait_for 10 grep -q ":$(printf %04X "$port") " /proc/net/tcp
refused "a port that is taken on the host's network" 1 "sfc: slim: something on this machine listens on port $port already, which the image exposes;*" sfc slim docker-archive:taken.tar -o x.sfc -q
kill $listens

# --- a result for others: facts, gates, what would be kept ---------------------------------------------------------------
slim docker-archive:web.tar -o docker-archive:json.tar --json >facts
check_equal "facts" "$(jq -c '[.result, .image, .package, .test.status, .gate, (.bytes > 1000), (.packed.files < .source.files), (.digest | startswith("sha256:"))]' facts)" '["written","docker-archive:json.tar",null,130,null,true,true,true]'
head -c 10000 web.sfc >previous
refused "a gate" 3 "sfc: slim: *is more than --max-size 1.0 kB: nothing is written" sfc slim --network none docker-archive:web.tar -o docker-archive:x.tar -q --max-size 1000
check_equal "which is a fact, too" "$(slim docker-archive:web.tar -o docker-archive:x.tar --max-growth previous:10% --json 2>/dev/null | jq -c '[.result, .package, (.gate | contains("previous")), .problem == .gate]')" '["too large",null,true,true]'
slim docker-archive:web.tar -n >said
check "without an output what would be kept is said" sh -c 'grep -qx /etc/health said && ! grep -qx /etc/unused said && grep -q "^pack  *" said'
check_equal "as facts" "$(slim docker-archive:web.tar -n -o docker-archive:x.tar --json | jq -c '[.result, .package, (.files | index("/etc/health") != null)]')" '["dry run",null,true]'
check "and nothing is written" test ! -e x.tar -a ! -e slim.sfc
check "nothing is left" nothing_left

# --- a registry with a password, in the kind that came in -------------------------------------------------------------------
registry_up
access="--tls-verify=false --authfile auth.json"
skopeo copy -q --authfile auth.json --dest-tls-verify=false docker-archive:web.tar $at/web:1 || fail "cannot fill the registry"
skopeo copy -q --authfile auth.json --dest-tls-verify=false oci:layout:web $at/web:oci || fail "cannot fill the registry"
kind_of() { skopeo inspect --raw $access "$1" | jq -r .mediaType; }
check "from a registry to it" slim $at/web:1 -o $at/web:slim $access -q
check_equal "docker's kind stays docker's" "$(kind_of $at/web:slim)" application/vnd.docker.distribution.manifest.v2+json
skopeo inspect --config --raw $access $at/web:slim | fields >docker.got
check "with all its fields" diff docker.want docker.got
slim $at/web:oci -o $at/web:oci-slim --tls-verify=false --creds - -q <creds >said 2>errors
check_equal "the password comes on standard input, for both" "$(cat said)" "$at/web:oci-slim"
check_equal "OCI's stays OCI's" "$(kind_of $at/web:oci-slim)" application/vnd.oci.image.manifest.v1+json
check "nothing is left" nothing_left
refused "an image that is not there" 1 "sfc: slim: '$at/none:1': skopeo: *manifest unknown*" sfc slim $at/none:1 -o x.sfc $access
refused "a registry that refuses" 1 "sfc: slim: '$at/web:1': skopeo: *auth*" sfc slim $at/web:1 -o x.sfc --tls-verify=false
refused "a registry that refuses what was made" 1 "sfc: slim: '$at/web:x': skopeo: *auth*" sfc slim --network none docker-archive:web.tar -o $at/web:x --tls-verify=false -q
wrong() { printf 'user:wrong\n' | sfc slim $at/web:1 --tls-verify=false --creds - -o x.sfc 2>&1 | sed 's/skopeo: .*\(authentication required\|unauthorized\).*/skopeo: refused/'; }
check_equal "a wrong password is refused in one line" "$(wrong)" "sfc: slim: '$at/web:1': skopeo: refused"
check "which leaves nothing" nothing_left
refused "a password for two registries" 2 "sfc: slim: --creds is for one registry, and here are two; use --authfile; see*" sfc slim $at/web:1 -o docker://other.example/x --creds -
refused "one input for two" 2 "sfc: slim: --creds - and --input - both want standard input; see*" sfc slim $at/web:1 -o x.sfc --creds - --input -
free_ports 1
silent=$port
nc -l 127.0.0.1 $silent >/dev/null 2>&1 &
on_exit sh -c "kill $! 2>/dev/null"
sfc slim docker://127.0.0.1:$silent/x:1 --tls-verify=false --creds - -o x.sfc <creds >said 2>&1 &
waiting=$!
fetches() { pgrep -f "skopeo .*127.0.0.1:$silent/x:1"; }
check "it waits for a registry that does not answer" wait_for 10 fetches
check_equal "the password is not among anybody's words" "$(tr '\0' ' ' <"/proc/$(fetches)/cmdline" | grep -c se:cret)" 0
kill -TERM $waiting
wait $waiting
check_equal "a signal ends it" "$?" 143
check_equal "and whom it asked" "$(fetches)" ""
check "and leaves nothing" nothing_left
nc -l 127.0.0.1 $silent >/dev/null 2>&1 &
on_exit sh -c "kill $! 2>/dev/null"
sfc slim --network none docker-archive:web.tar -o docker://127.0.0.1:$silent/x:1 --tls-verify=false -q >said 2>&1 &
waiting=$!
check "it waits for one that does not take it" wait_for 30 fetches
kill -TERM $waiting
wait $waiting
check_equal "a signal ends that, too" "$? $(fetches)" "143 "
check "and leaves nothing, either" nothing_left

# --- podman's storage, with nothing of ours in it but what was asked for -------------------------------------------------------
check "into podman" slim docker-archive:web.tar -o containers-storage:web:podman -q
check_equal "podman has it as localhost's" "$(podman image ls --format '{{.Repository}}:{{.Tag}}')" localhost/web:podman
check "and back, slim again" slim containers-storage:web:podman -o docker-archive:again.tar:web:slim -q
config_of docker-archive:again.tar | fields >docker.got
check "nothing was lost" diff docker.want docker.got
refused "an image podman has not" 1 "sfc: slim: 'containers-storage:none': skopeo: *" sfc slim containers-storage:none -o x.sfc
refused "a probe that fails" 4 "sfc: slim: httpd: the probe failed with status 7" sfc slim --network none docker-archive:web.tar -o containers-storage:web:bad -q --probe 'exit 7'
check_equal "no other image is in the storage" "$(podman image ls -a --format '{{.Repository}}:{{.Tag}}')" localhost/web:podman

# --- a docker daemon ------------------------------------------------------------------------------------------------------------------
if command -v dockerd >/dev/null && command -v docker >/dev/null; then
	# what it puts aside is none of ours
	unset TMPDIR
	docker_up
	TMPDIR=$dir/tmp
	export TMPDIR
	docker load -q -i web.tar >/dev/null
	slim docker-daemon:web:1 -o docker-daemon:web:slim -q >said 2>errors
	check_equal "from docker to docker" "$(cat said errors)" docker-daemon:web:slim
	started() { docker run -d --network none --name "$1" "$2" >/dev/null; }
	check "it starts" started slim web:slim
	healthy() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$1")" = healthy ]; }
	check "and is healthy: what HEALTHCHECK needs is there" wait_for 30 healthy slim
	check_equal "its pages are not: nobody asked for them" "$(docker exec slim /bin/sh -c 'echo /www/*')" '/www/*'
	same='.[0].Config | {User, Env, Entrypoint, Cmd, WorkingDir, ExposedPorts, Volumes, StopSignal, Healthcheck, Shell}'
	check_equal "docker knows the same of both" "$(docker image inspect web:slim | jq -cS "$same")" "$(docker image inspect web:1 | jq -cS "$same")"
	mkdir programs && printf '#!/bin/sh\necho "this skopeo speaks another API" >&2\nexit 1\n' >programs/skopeo && chmod 755 programs/skopeo
	PATH=$dir/programs:$PATH slim docker-daemon:web:1 -o docker-daemon:web:loaded -q >said 2>errors
	check_equal "where skopeo cannot talk to it, docker save and load do" "$(cat said errors; docker image ls -q web:loaded | wc -l)" "docker-daemon:web:loaded
1"
	refused "an image docker has not" 1 "sfc: slim: 'docker-daemon:none:1': *" sfc slim docker-daemon:none:1 -o x.sfc
	check_equal "no other image is in docker" "$(docker image ls --format '{{.Repository}}:{{.Tag}}' | sort | paste -sd' ')" 'web:1 web:loaded web:slim'
	check "nothing is left" nothing_left
fi

# --- dev, test, pack, export: the same, stage by stage ----------------------------------------------------------------------------------
for kind in docker oci; do
	[ $kind = docker ] && source=docker-archive:web.tar target=docker-archive:$kind-packed.tar:web:packed || source=oci:layout:web target=oci-archive:$kind-packed.tar:web:packed
	check "$kind: dev create" sfc dev create web$kind --from $source -q
	sfc test web$kind --label page --network none --http-probe >said 2>&1
	check_equal "$kind: test knows as much" "$? $(grep -c 'httpd ready on :8080 after [0-9.]* s\(, healthy\)\{0,1\}, probe passed, stopped' said)" '0 1'
	check "$kind: pack" sh -c "sfc pack web$kind -o $target -q 2>errors"
	config_of ${target%:web:packed} | fields >$kind.got
	check "$kind: all that it says of itself it said before" diff $kind.want $kind.got
	check_equal "$kind: as a fact" "$(sfc pack web$kind -o $target -f --json 2>/dev/null | jq -r .output)" "$target"
	sfc pack web$kind -o web$kind.sfc -q
	check "$kind: export" sh -c "sfc export web$kind.sfc -o $target -f -q"
	config_of ${target%:web:packed} | fields >$kind.got
	check "$kind: again" diff $kind.want $kind.got
done
check "a server that stays up is well first" sh -c 'sfc test start webdocker --label up --network none -q >/dev/null && sfc test stop webdocker >said 2>&1'
check_equal "which its session saw" "$(sqlite3 "$SFC_STATE/test/webdocker/manifest.db" "SELECT count(*) > 0 FROM accesses
	WHERE label = 'up' AND path = '/etc/health' AND op = 'open'")" 1
refused "a gate of pack" 3 "sfc: pack: *is more than --max-size *: nothing is written" sfc pack webdocker -o docker-archive:x.tar -q --max-size 1000
check_equal "what podman reads is localhost's" "$(tar -xOf oci-packed.tar index.json | jq -r '.manifests[0].annotations["org.opencontainers.image.ref.name"]')" localhost/web:packed
sfc dev create again --from docker-archive:web.tar -q
check_equal "the same image is the same base" "$(sfc dev list --json | jq -c '[.names[]? // .[] | select(.base) | .base] | unique | length')" 2
check_equal "a package does the same as its image" "$(sfc verify webdocker.sfc --root docker-archive:web.tar --network none --http-probe --json | jq -r .compared)" 'same exit status, same probe output'
refused "a name there is" 1 "*there is a 'again' already*" sfc dev create again --from docker-archive:web.tar
refused "an image that cannot be had" 1 "sfc: dev: '$at/none:1': skopeo: *" sfc dev create none --from $at/none:1 $access
check_equal "leaves no name" "$(sfc dev list | grep -c none)" 0

# --- asked wrongly ---------------------------------------------------------------------------------------------------------------------------
refused "an unknown transport" 2 "sfc: slim: 'ftp:x': neither a file nor an image: there is no transport 'ftp', only docker://*" sfc slim ftp:x -o x.sfc
refused "an unknown transport for what is written" 2 "sfc: slim: 'ftp:x': neither a file nor an image:*" sfc slim docker-archive:web.tar -o ftp:x
refused "a name that is none" 2 "sfc: slim: 'docker://': '' is no name for an image*" sfc slim docker:// -o x.sfc
refused "an option as a name" 2 "sfc: slim: 'docker-daemon:--x': '--x' is no name for an image*" sfc slim docker-daemon:--x -o x.sfc
refused "two sources" 2 "sfc: slim: the root is 'oci:layout:web' or '/'?*" sfc slim oci:layout:web --root / -o x.sfc
refused "a tar that would be a package" 2 "sfc: slim: a package is no tar; docker-archive:x.tar and oci-archive:x.tar are images; see*" sfc slim oci:layout:web -o x.tar
refused "a change to a package" 2 "sfc: slim: --change goes with an image: -o IMAGE; see*" sfc slim oci:layout:web -o x.sfc -c CMD=x
refused "a change there is not" 2 "sfc: slim: *--change does not take 'ONBUILD x'*" sfc slim --network none oci:layout:web -o docker-archive:x.tar -q -c 'ONBUILD x'
refused "an image that is not in it" 1 "sfc: slim: 'oci:layout:none': holds no image called 'none'" sfc slim oci:layout:none -o x.sfc
refused "an archive that is not there" 1 "sfc: slim: cannot open 'none.tar': No such file or directory" sfc slim docker-archive:none.tar -o x.sfc
web_image foreign ".architecture = \"$other\""
refused "an image for another machine" 1 "sfc: slim: *the image is for linux/$other, not linux/$here*--platform*" sfc slim docker-archive:foreign.tar -o x.sfc
refused "an output that is there" 1 "sfc: slim: 'again.tar' is there already; --force replaces it" sfc slim oci:layout:web -o docker-archive:again.tar
refused "a directory that is not there" 1 "sfc: slim: no directory 'none' for the output" sfc slim oci:layout:web -o docker-archive:none/x.tar
mkdir empty && ln -s "$(command -v sh)" empty/sh
refused "no skopeo" 1 "sfc: slim: '$at/x:1': skopeo is not installed, which fetches and delivers images" env PATH="$dir/empty" "$(command -v sfc)" slim docker-archive:web.tar -o $at/x:1

# --- a full disk half-way ------------------------------------------------------------------------------------------------------------------------
mkdir small && mount -t tmpfs -o size=1m small small
on_exit umount "$dir/small"
check_fails "on the way in" 1 "sfc: slim: *o space left on device*" env SFC_STATE="$dir/small/state" sfc slim $at/web:1 -o x.sfc $access
check_fails "on the way out" 1 "sfc: slim: *o space left on device*" sfc slim --network none docker-archive:web.tar -q -o docker-archive:small/x.tar
check_equal "nothing is left of either" "$(ls small; ls -A small/state/scratch 2>/dev/null)" state
check "nothing is left" nothing_left
finish
