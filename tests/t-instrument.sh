#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc instrument: what starts from the traced image is what started from the image, and leaves a manifest.
# Images are without glibc, without a shell, of thirty layers, of a user, of a first process that insists.
# shellcheck disable=SC2016,SC2317 # what is in single quotes is for the shells inside, and functions are called by name
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse
requires sqlite3 --version
requires runc --version
requires podman --version
requires skopeo --version
requires jq --version
requires busybox true
requires command -v musl-gcc
[ -x "$builddir/fs/tracefs-static" ] || skip "tracefs is not linked statically in this build"

allowed="--cap-add SYS_ADMIN --cap-add SYS_PTRACE --device /dev/fuse --security-opt apparmor=unconfined"
engine() {
	podman --cgroup-manager=cgroupfs --runtime runc --log-level panic --root "$dir/store" --runroot "$dir/run" "$@"
}
on_exit sh -c "podman --cgroup-manager=cgroupfs --runtime runc --root '$dir/store' --runroot '$dir/run' rm -fa -t 0 >/dev/null 2>&1
	umount -l '$dir/store/overlay' 2>/dev/null; true"

# started IMAGE OPTIONS [WORD…]: what podman run does with it.
started() {
	image=$1
	options=$2
	shift 2
	# shellcheck disable=SC2086 # several words
	engine run --network=none --ulimit nofile=20000:20000 --ulimit nproc=30000:30000 $options "$image" "$@"
}

# traced IMAGE OPTIONS [WORD…]: the same, allowed to trace, with its traces in ./traces.
traced() {
	image=$1
	options=$2
	shift 2
	started "$image" "$allowed -v $dir/traces:/sfc-trace $options" "$@"
}

# ask SQL: from the newest trace.
ask() {
	# shellcheck disable=SC2012 # the names are ours
	sqlite3 -readonly "$(ls -t traces/*.db | head -n 1)" "$1"
}

# opened PATH: it was, in the newest trace.
opened() {
	[ "$(ask "SELECT count(*) FROM accesses WHERE path = '$1' AND op = 'open' AND errno = 0")" != 0 ]
}

# image NAME CONFIG ROOT…: NAME.tar, a docker archive with a layer of each ROOT, loaded.
image() {
	name=$1
	config=$2
	shift 2
	rm -rf archive && mkdir archive
	number=0
	for root; do
		number=$((number + 1))
		tar -C "$root" -cf "archive/$number.tar" .
		sha256sum "archive/$number.tar" | cut -d' ' -f1
	done | jq -R '"sha256:" + .' | jq -s . >ids
	jq -n --argjson config "$config" --slurpfile ids ids '{architecture: "amd64", os: "linux", created: "2026-01-01T00:00:00Z",
		author: "me", config: $config, rootfs: {type: "layers", diff_ids: $ids[0]}, history: [$ids[0][] | {created_by: "test"}]}' >archive/config.json
	case $(uname -m) in aarch64) sed -i 's/amd64/arm64/' archive/config.json ;; esac
	jq -n --arg name "$name:1" --slurpfile ids ids '[{Config: "config.json", RepoTags: [$name], Layers: [range($ids[0] | length) | "\(. + 1).tar"]}]' >archive/manifest.json
	(cd archive && tar -cf "../$name.tar" -- *)
	engine load -q -i "$name.tar" >/dev/null 2>&1
}

# instrumented NAME [OPTION…]: NAME-traced.tar, loaded.
instrumented() {
	name=$1
	shift
	sfc instrument "$@" "$name.tar" -o "$name-traced.tar" >said 2>&1 || fail "$name cannot be instrumented: $(cat said)"
	engine load -q -i "$name-traced.tar" >/dev/null 2>&1
}

# A root without glibc: busybox alone; another of nothing.
mkdir -p glibc-free/etc
mkdir -p root/bin root/etc root/srv root/tmp traces
chmod 1777 root/tmp traces
cp "$(command -v busybox)" root/bin/busybox
for applet in sh cat ls id sleep echo touch stat kill grep; do ln -s busybox "root/bin/$applet"; done
printf 'root:x:0:0::/root:/bin/sh\nweb:x:33:33::/srv:/bin/sh\n' >root/etc/passwd
printf 'root:x:0:\nweb:x:33:\nmore:x:44:web\n' >root/etc/group
for file in used unused health exec; do echo $file >root/etc/$file; done
mkdir -m 750 root/data && echo first >root/data/first
chown -R 33:33 root/srv root/data
printf '#!/bin/sh\n[ $$ = 1 ] || exit 99\ncat /etc/used\nexit 3\n' >root/init
chmod 755 root/init

config='{"User": "web", "Env": ["PATH=/bin", "A=b c"], "Entrypoint": ["/bin/sh", "-c"], "Cmd": ["id; echo $A $HOME $PWD; cat /etc/used; echo x >/srv/f; stat -c \"%n %u %g %a %s\" f; exit 7"],
	"WorkingDir": "/srv", "ExposedPorts": {"80/tcp": {}}, "StopSignal": "SIGINT", "Shell": ["/bin/sh", "-c"], "Volumes": {"/data": {}},
	"Healthcheck": {"Test": ["CMD-SHELL", "cat /etc/health; id -u >>/data/health-user"], "Interval": 3600000000000}, "Labels": {"x": "y"}}'
image web "$config" root

# What is written.
sfc instrument web.tar -o web-traced.tar >said
check_equal "it is written" $? 0
check "how to start it is said for each engine" sh -c 'grep -q "docker run --cap-add SYS_ADMIN .* web:1-traced" said &&
	grep -q "podman run .*label=disable.* web:1-traced" said && grep -q compose said && grep -q Kubernetes said'
mkdir old new
tar -C old -xf web.tar && tar -C new -xf web-traced.tar
config_of() {
	jq -S "$2" "$1/$(jq -r '.[0].Config' "$1/manifest.json")"
}
same='del(.config.Entrypoint, .config.User, .config.Healthcheck.Test, .config.Volumes."/sfc-trace", .config.Labels."sfc.traced.source", .config.Labels."sfc.traced.user",
	.rootfs.diff_ids[1], .history[1])'
check_equal "nothing else of the configuration is changed" "$(config_of new "$same")" "$(config_of old "$same")"
check_equal "its user is in a label, and root starts it" \
	"$(config_of new '.config.User, .config.Labels."sfc.traced.user"' | paste -sd' ')" '"0" "web"'
check_equal "its HEALTHCHECK is told to tracefs, which makes it its user" "$(config_of new .config.Healthcheck.Test | jq -c .)" \
	'["CMD","/.sfc/tracefs","-o","image=/.sfc/image,join","/","--","/bin/sh","-c","cat /etc/health; id -u >>/data/health-user"]'
check_equal "the layer is the one that was there" "$(sha256sum <"new/$(jq -r '.[0].Layers[0]' new/manifest.json)")" "$(sha256sum <old/1.tar)"
check_equal "one is added" "$(jq '.[0].Layers | length' new/manifest.json)" 2
identity=sha256:$(printf '%s\n' "$(config_of old '.rootfs.diff_ids[]' | tr -d '"')" | sha256sum | cut -d' ' -f1)
check_equal "the label is the digest over its diff_ids" "$(config_of new '.config.Labels."sfc.traced.source"')" "\"$identity\""
top=new/$(jq -r '.[0].Layers[1]' new/manifest.json)
check_equal "in the new layer there are tracefs, what it has to know and the place for traces" "$(tar -tf "$top" | paste -sd' ')" './ .sfc/ .sfc/image .sfc/tracefs sfc-trace/'
check "it has at most 5 MB" test "$(tar -xOf "$top" .sfc/tracefs | wc -c)" -le 5000000
sfc instrument web.tar -o again.tar -q >said
check_equal "-q says its name" "$(cat said)" web:1-traced
check "twice is the same, byte for byte" cmp again.tar web-traced.tar

# Other kinds: layers stay compressed as they were, what is found is what skopeo reads.
skopeo copy -q docker-archive:web.tar oci:layout:1 && skopeo copy -q oci:layout:1 oci-archive:web.oci:web:1
sfc instrument oci:layout:1 -o oci:layout-traced:2 >/dev/null 2>said
check_equal "an OCI layout becomes one" $? 0
check_equal "its layer is the compressed one that was there" "$(skopeo inspect oci:layout-traced:2 | jq '.Layers[0]')" "$(skopeo inspect oci:layout:1 | jq '.Layers[0]')"
sfc instrument oci-archive:web.oci -o docker-archive:cross.tar:web:cross -q >said 2>&1
check_equal "an OCI archive becomes a docker archive where that is asked for" "$(cat said) $(skopeo inspect docker-archive:cross.tar | jq '.Layers | length')" 'web:cross 2'

sfc instrument web.tar -o oci-archive:cross.oci >/dev/null 2>said
check "that podman finds no HEALTHCHECK in an OCI image is said" grep -q 'podman reads no HEALTHCHECK' said

# What starts from it.
engine load -q -i web-traced.tar >/dev/null 2>&1
started web:1 --rm >plain 2>&1
status=$?
traced web:1-traced --rm >said 2>&1
check_equal "the same status" "$? $status" '7 7'
check_equal "the same words: its user, groups, variables, home and directory" "$(cat said)" "$(cat plain)"
check "what it uses is recorded" opened /etc/used
check_equal "what it does not is not" "$(ask "SELECT count(*) FROM accesses WHERE path = '/etc/unused'")" 0
check_equal "of what image it is, of which host, and as whom" "$(ask 'SELECT source, label = host, uid, state FROM session')" "image $identity|1|33|complete"
check_equal "nothing of tracing itself is recorded" "$(ask "SELECT count(*) FROM entry WHERE path GLOB '/.sfc*' OR path GLOB '/sfc-trace*'")" 0
traced web:1-traced --rm 'echo "$0" "$@"; exit 4' one two >said 2>&1
check_equal "other words for it" "$? $(cat said)" '4 one two'
check_fails "docker run -u is refused by name" 125 '*user 33 cannot be asked of a traced image*-u*SFC_TRACE_USER*' traced web:1-traced '--rm -u 33' true
check_fails "without what it takes, that is said" 125 '*there is no /dev/fuse; allow it with podman run*' started web:1-traced --rm true
instrumented web --user 0 --name web:root --force
traced web:root --rm id >said 2>&1
check "another user can be named" grep -q uid=0 said
traced web:1-traced '--rm -e SFC_TRACE_USER=44:44' 'id -u; id -g; echo "[$SFC_TRACE_USER]"' >said 2>&1
check_equal "and another when it is started, which the command does not see" "$(paste -sd' ' said)" '44 44 []'

# While it is up: exec, HEALTHCHECK, stop, replicas, a read-only container.
serve='trap "echo int; exit 5" INT; cat /etc/used; echo >/data/ready-$HOSTNAME; while :; do sleep 1; done'
# up NAME OPTIONS: a container that serves.
up() {
	traced web:1-traced "-d --name $1 --hostname $1 -v $dir/data:/data $2" "$serve" >/dev/null 2>said || fail "$1 does not start: $(cat said)"
	wait_for 30 test -e "data/ready-$1"
}
mkdir data && chmod 777 data
up one "--read-only"
up two ""
check_equal "exec sees the traced root" "$(engine exec one /bin/sh -c 'cat /etc/exec; grep -o "^/ / fuse.tracefs" /proc/mounts' 2>&1 | paste -sd' ')" 'exec / / fuse.tracefs'
check "its HEALTHCHECK is well" engine healthcheck run one
check_equal "it was run as the image's user" "$(sort -u data/health-user)" 33
check_equal "exec is root, or whom it names" "$(engine exec one id -u) $(engine exec -u web one id -u)" '0 33'
check_equal "or who the command is, without what tracing needs" \
	"$(engine exec one /.sfc/tracefs -o image=/.sfc/image,join / -- /bin/sh -c 'id; echo $HOME; grep CapEff /proc/self/status' | paste -sd' ')" \
	"uid=33(web) gid=33(web) groups=33(web),44(more) /srv CapEff:	0000000000000000"
check_fails "a command that is not there" 127 '*cannot run /nothing: No such file*' engine exec one /.sfc/tracefs -o image=/.sfc/image,join / -- /nothing
engine stop -t 9 one >/dev/null 2>&1
check_equal "stopped by the image's own signal, it ends as it wants" "$(engine wait one) $(engine logs one 2>/dev/null | tail -n 1)" '5 int'
out=$(echo traces/one-*.db)
for file in exec health; do
	check_equal "what $file used is recorded" "$(sqlite3 -readonly "$out" "SELECT count(*) > 0 FROM accesses WHERE path = '/etc/$file' AND op = 'open' AND errno = 0")" 1
done
up bare "--cap-drop ALL --cap-add CHOWN,DAC_OVERRIDE,FOWNER,FSETID,KILL,SETFCAP,SETGID,SETPCAP,SETUID,SYS_CHROOT"
engine stop -t 9 bare >/dev/null 2>&1
check_equal "where all rights were dropped, and what tracing needs came back, it ends so, too" "$(engine wait bare)" 5
check_fails "without KILL no signal would reach it" 125 '*it takes the capability KILL, which was taken away here: --cap-add KILL*' \
	traced web:1-traced "--rm --cap-drop KILL" true
engine kill two >/dev/null 2>&1
engine wait two >/dev/null
check_equal "two replicas have a trace each, by their hosts" "$(for db in traces/one-*.db traces/two-*.db; do sqlite3 -readonly "$db" 'SELECT label, state FROM session'; done | paste -sd' ')" 'one|complete two|open'
check "killed, its rows are there" sh -c "sqlite3 -readonly traces/two-*.db \"SELECT op FROM accesses WHERE path = '/etc/used'\" | grep -q open"
engine rm -fa -t 0 >/dev/null 2>&1

# The slim image of all that they saw.
mkdir empty
check_fails "a trace of a container that was killed is not taken silently" 1 '*interrupted*' \
	sfc slim web.tar --traces traces -o web-slim.tar
sfc slim web.tar --traces traces -o web-slim.tar --allow-interrupted --keep-manifest all.db >said 2>&1
check_equal "it is taken when that is asked for" $? 0
check_equal "all traces are in one manifest" "$(sqlite3 -readonly all.db 'SELECT count(*) FROM session')" "$(find traces -name '*.db' | wc -l)"
rm -rf slim && mkdir slim && tar -C slim -xf web-slim.tar
same='del(.config.Labels."sfc.slim.source", .rootfs.diff_ids, .history)'
check_equal "the image says of itself what it said" "$(config_of slim "$same")" "$(config_of old "$same")"
tar -tf "slim/$(jq -r '.[0].Layers[0]' slim/manifest.json)" | grep '^etc/' >said
check_equal "what was used is in it, by whomever: the service, exec, HEALTHCHECK" \
	"$(grep -x 'etc/used\|etc/unused\|etc/exec\|etc/health' said | sort | paste -sd' ')" 'etc/exec etc/health etc/used'
engine load -q -i web-slim.tar >/dev/null 2>&1
started web:1-slim --rm >said 2>&1
check_equal "and it does the same" "$? $(cat said)" "$status $(cat plain)"
check_equal "what new volumes begin with is in it, as it was" "$(started web:1-slim '--rm -v fresh:/data' 'cat /data/first; stat -c "%u %a" /data' 2>&1 | paste -sd' ')" 'first 33 750'
sfc slim oci:layout:1 --traces traces --allow-interrupted -o oci:layout-slim:3 -q >said 2>&1
check_equal "another transport of the image is the same image" "$(cat said) $(skopeo inspect oci:layout-slim:3 | jq '.Layers | length')" 'layout:3 1'
# compared: the image and its slim one are run, and only what does the same is written
# what is there but not in the image, is its engine's: no trace of another image
image short '{"Cmd": ["sh", "-c", "[ -e /run/.containerenv ]; cat /etc/used"], "Env": ["PATH=/bin"]}' root
instrumented short
mkdir one && traced short:1-traced "--rm -e SFC_TRACE=/one -v $dir/one:/one" >said 2>&1
check_equal "SFC_TRACE names another place for the trace" "$(find one -name '*.db' | wc -l)" 1
sfc slim short.tar --traces one --compare output -o short-slim.tar >said 2>&1
check_equal "with --compare both are run" "$? $(grep -c '^source \|^package .*same exit status, same output' said)" '0 2'
check "and it is written" test -e short-slim.tar
check_fails "one that may not be as large is not written" 3 'sfc: slim: *is more than --max-size 1.0 kB: nothing is written' \
	sfc slim short.tar --traces one -o too-large.tar --max-size 1000
check_equal "nor is anything of it" "$(ls too-large.tar 2>/dev/null)" ""
sfc slim short.tar --traces one --compare output -o x --exclude /etc/used >/dev/null 2>said
check_equal "what does otherwise is not" "$? $(tail -n 1 said)" '5 sfc: slim: the package does not behave like the source: exit status 1 instead of 0'
sfc slim short.tar --traces one -o changed.tar --change 'LABEL a=b' --change 'USER 33' --no-healthcheck >said 2>&1
mkdir changed && tar -C changed -xf changed.tar
check_equal "what it says of itself can be changed" "$? $(config_of changed '.config.Labels.a, .config.User, .config.Healthcheck' | paste -sd' ')" '0 "b" "33" null'
check_fails "but not into what is none" 1 "sfc: slim: *StopSignal is 'x', which is no signal*" sfc slim short.tar --traces one -o x --change 'STOPSIGNAL x'
check_fails "what is asked of a start is for --compare" 2 '*with --traces nothing is started, but for --compare*' sfc slim short.tar --traces one -o x --read-only
check_fails "what is for tracing here is not taken" 2 '*not for --traces*' sfc slim short.tar --traces one -o x --label l
check_equal "but where that is not asked" "$(sfc slim short.tar --traces one -o short-blind.tar -q --exclude /etc/used 2>&1)" short:1-slim
check_equal "what a script wants" "$(sfc slim short.tar --traces one -o short-blind.tar --force --json 2>&1 | jq -r '[.name, .traces, .sessions, (.bytes > 0)] | map(tostring) | join(" ")')" 'short:1-slim 1 1 true'
image other '{"Cmd": ["id"]}' glibc-free
check_fails "traces of another image are refused" 1 "*is of image $identity, and not of this image, sha256:*--other-image*" \
	sfc slim other.tar --traces traces -o x
check_fails "the traced image is not the one to be made slim" 1 '*is the traced image; name the one it was made from' \
	sfc slim web-traced.tar --traces traces -o x
check_fails "where there is no trace" 1 "sfc: slim: there is no trace (\*.db) in 'empty'" sfc slim web.tar --traces empty -o x
check_fails "what is no trace" 1 "*trace 'web.tar'*" sfc slim web.tar --traces web.tar -o x
check_fails "a command beside traces" 2 'sfc: slim: with --traces the image says what is run*sfc slim --help*' sfc slim web.tar --traces traces -o x -- id
check_equal "nothing is left behind" "$(find "${TMPDIR:-/var/tmp}" -maxdepth 1 -name 'sfc-traces.*' -newer empty)" ''

# One that insists on being the first process; one without a shell, by glibc; one of thirty layers.
image first '{"Entrypoint": ["/init"], "Env": ["PATH=/bin"]}' root
instrumented first
traced first:1-traced --rm >said 2>&1
check_equal "who insists on it is PID 1" "$? $(cat said)" '3 used'

mkdir -p glibc/bin glibc/etc
cp "$(command -v cat)" glibc/bin/cat
ldd "$(command -v cat)" | grep -o '/[^ ]*' | while IFS= read -r library; do mkdir -p "glibc$(dirname "$library")" && cp -L "$library" "glibc$library"; done
echo used >glibc/etc/used
image distroless '{"Entrypoint": ["/bin/cat"], "Cmd": ["/etc/used"], "Env": ["LD_PRELOAD=/nothing.so"]}' glibc
instrumented distroless
started distroless:1 --rm >plain 2>plain.errors
traced distroless:1-traced --rm >said 2>said.errors
check_equal "without a shell, and with its own LD_PRELOAD" "$? $(cat said said.errors)" "0 $(cat plain plain.errors)"
check "its libraries are recorded" sh -c "[ '$(ask "SELECT count(*) > 0 FROM accesses WHERE path GLOB '*libc.so*' AND op = 'open'")' = 1 ]"

# As Alpine is: programs of musl, with its loader; and an image of nothing but one program.
mkdir -p musl/bin musl/lib musl/etc scratch
cat >cat.c <<'END'
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char line[256];
	int fd = open(argv[argc - 1], O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line));
	if (n < 0) {
		perror(argv[argc - 1]);
		return 2;
	}
	printf("%d %.*s", (int)getuid(), (int)n, line);
	return 6;
}
END
musl-gcc -o musl/bin/cat cat.c && musl-gcc -static -o scratch/cat cat.c || fail "musl-gcc does not compile"
loader=$(readlink -f /lib/ld-musl-*.so.1)
cp "$loader" "musl/lib/$(basename /lib/ld-musl-*.so.1)"
echo used >musl/etc/used
image alpine '{"Entrypoint": ["/bin/cat"], "Cmd": ["/etc/used"], "User": "44:45"}' musl
instrumented alpine
traced alpine:1-traced --rm >said 2>&1
check_equal "where musl is the C library" "$? $(cat said)" '6 44 used'
check "its loader is recorded" sh -c "[ '$(ask "SELECT count(*) > 0 FROM accesses WHERE path GLOB '/lib/ld-musl-*' AND op IN ('open', 'exec')")' = 1 ]"
image scratch '{"Entrypoint": ["/cat"], "Cmd": ["/cat"]}' scratch
instrumented scratch
started scratch:1 --rm /none >plain 2>&1
status=$?
traced scratch:1-traced --rm /none >said 2>&1
check_equal "of nothing but one program" "$? $(cat said)" "$status $(cat plain)"
check_equal "which is all that is recorded of it" "$(ask "SELECT DISTINCT path FROM accesses WHERE errno = 0 AND path != '/'" | paste -sd' ')" /cat

layers=
for i in $(seq 29); do
	mkdir -p "layer$i/etc" && echo "$i" >"layer$i/etc/used" && echo "$i" >"layer$i/etc/of$i"
	layers="$layers layer$i"
done
# shellcheck disable=SC2086 # several words
image thirty '{"Cmd": ["cat", "/etc/used", "/etc/of1", "/etc/of29"], "Env": ["PATH=/bin"]}' root $layers
instrumented thirty
traced thirty:1-traced --rm >said 2>&1
check_equal "of thirty layers and without an entrypoint" "$? $(paste -sd' ' said)" '0 29 1 29'

# What cannot be.
echo text >text
tar -cf not.tar text
check_fails "what is no image" 1 "*'not.tar' is not a container image" sfc instrument not.tar -o x
check_fails "what is not there" 1 "*cannot open 'none.tar': No such file*" sfc instrument none.tar -o x
check_fails "a transport there is not" 1 "*'ftp:web:1': neither a file nor an image: there is no transport 'ftp'*" sfc instrument ftp:web:1 -o x
check_fails "what is traced already" 1 '*the image is a traced one already' sfc instrument web-traced.tar -o x
check_fails "what exists" 1 "*'again.tar' exists; use --force*" sfc instrument web.tar -o again.tar
check_fails "no output" 2 '*no output given*' sfc instrument web.tar
rm -rf archive && mkdir archive && tar -C archive -xf web.tar
sed -i 's/amd64\|arm64/s390x/' archive/config.json
(cd archive && tar -cf ../foreign.tar -- *)
check_fails "another architecture" 1 '*the image is for linux/s390x, not linux/*' sfc instrument foreign.tar -o x
check "nothing is left of what failed" sh -c '[ ! -e x ]'
finish
