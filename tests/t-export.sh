#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tracepack export: what comes out is read, and run, by the tools it is meant for.
# shellcheck disable=SC2317 # check calls the functions
. "${srcdir:-.}/tests/lib.sh"
requires root
requires skopeo --version
requires umoci --version
requires jq --version

listing() {
	(cd "$1" && find . -printf '%p|%y|%m|%U:%G|%s|%Ts|%n|%l\n' |
		sed 's/^\([^|]*\)|d|\([^|]*\)|\([^|]*\)|[0-9]*|\([^|]*\)|[0-9]*/\1|d|\2|\3|\4/' | sort &&
		find . -type f -exec sha256sum {} + | sort -k2 && getfattr -Rhd -m - . 2>/dev/null | sort)
}

same() {
	listing "$1" >"$dir/same.1" && listing "$2" >"$dir/same.2" && diff "$dir/same.1" "$dir/same.2"
}

# --- a root that can run one program, with every kind of file ------------------------------------
r=root
mkdir -p $r/bin $r/etc $r/d/sub $r/proc $r/sys $r/dev $r/tmp
cat >hello.c <<'C'
#include <stdio.h>
#include <unistd.h>
extern char **environ;
int main(int argc, char **argv)
{
	char here[100];
	printf("%d:%d %s", (int)getuid(), (int)getgid(), getcwd(here, sizeof(here)));
	for (int i = 1; i < argc; i++)
		printf(" %s", argv[i]);
	for (char **e = environ; *e; e++)
		if (e[0][0] == 'A' && e[0][1] == '=')
			printf(" %s", *e);
	puts("");
	return 0;
}
C
gcc -static -o $r/bin/hello hello.c 2>/dev/null || skip "needs a static libc to link with"
echo text >$r/d/file
ln $r/d/file $r/d/sub/hard
ln -s ../d/file $r/etc/link
mkfifo $r/d/fifo
mknod $r/d/null c 1 3
chown -R 1000:70000 $r/d/sub
chmod 4711 $r/bin/hello
chmod 1777 $r/tmp
setfattr -n user.note -v value $r/d/file
setcap cap_net_raw+ep $r/d/sub/hard
long=$(printf '%0200d' 7)
echo x >"$r/d/$long"
ln -s "$long" "$r/d/$(printf 'l\303\251')"
truncate -s 5M $r/d/hole
find $r -exec touch -hd @1500000000 {} +
cat >start.json <<'JSON'
{"ociVersion": "1.0.2", "process": {"terminal": false, "user": {"uid": 1000, "gid": 1001},
 "args": ["/bin/hello", "one", "two"], "env": ["PATH=/bin", "A=b"], "cwd": "/d"},
 "root": {"path": "elsewhere", "readonly": true},
 "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"}]},
 "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
  {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"}],
 "annotations": {"org.opencontainers.image.stopSignal": "SIGQUIT"}}
JSON
hello='1000:1001 /d one two A=b'

# --- the combined archive -------------------------------------------------------------------------
check "a combined archive" tracepack export root --to docker --name web:1.2 --config start.json -o web.tar
check "once more, elsewhere" env -C / TZ=Asia/Tokyo LC_ALL=C.UTF-8 tracepack export "$dir/root" --to docker \
	--name web:1.2 --config "$dir/start.json" -o "$dir/again.tar"
check "has the same bytes" cmp web.tar again.tar
for what in oci-archive:web.tar oci-archive:web.tar:web:1.2 docker-archive:web.tar docker-archive:web.tar:web:1.2; do
	check_equal "skopeo reads it as $what" "$(skopeo inspect --config $what | jq -c .config)" \
		'{"User":"1000:1001","Env":["PATH=/bin","A=b"],"Entrypoint":["/bin/hello","one","two"],"WorkingDir":"/d"}'
done
check_equal "made when its newest file was" "$(skopeo inspect --config oci-archive:web.tar | jq -r .created)" 2017-07-14T02:40:00Z
skopeo copy -q oci-archive:web.tar oci:layout:x
umoci unpack --image layout:x unpacked >/dev/null
check "umoci unpacks what went in" same root unpacked/rootfs
for how in none gzip zstd; do
	tracepack export root --to oci-dir --name web --compress $how -q --config start.json -o out.dir
	check "an OCI layout, layers by $how" skopeo copy -q oci:out.dir oci-archive:checked.tar:x
	check "$how: and back" tracepack import -q checked.tar -o back
	check "$how: it is the same" same root back
	rm -rf back out.dir checked.tar
done
check "docker-archive and back" skopeo copy -q docker-archive:web.tar docker-archive:other.tar:web:2
check "imports" tracepack import -q other.tar -o back --config back.json
check "the same" same root back
check_equal "and starts the same" "$(jq -c '[.process.args,.process.cwd,.process.user.uid]' back.json)" '[["/bin/hello","one","two"],"/d",1000]'
check "by standard output" sh -c 'tracepack export root --to docker --name web:1.2 --config start.json -o - | cmp - web.tar'
check_equal "an earlier time" "$(SOURCE_DATE_EPOCH=1400000000 tracepack export root --to tar -o - | tar -tvf - --full-time --utc | awk '{ print $4 }' | sort -u)" 2014-05-13
if docker version >/dev/null 2>&1; then
	check "docker loads it" docker load -i web.tar
	on_exit docker rmi -f web:1.2
	check_equal "and runs it" "$(docker run --rm --network none web:1.2)" "$hello"
fi
if podman version >/dev/null 2>&1; then
	check "podman loads it" podman --root "$dir/pod" --storage-driver vfs load -q -i web.tar
	check_equal "by its name" "$(podman --root "$dir/pod" --storage-driver vfs images --format '{{.Repository}}:{{.Tag}}')" docker.io/library/web:1.2
fi

# --- a bundle -------------------------------------------------------------------------------------
check "a bundle" tracepack export root --to bundle --config start.json -o bundle
check "with the same root" same root bundle/rootfs
if command -v runc >/dev/null; then
	check_equal "that runc runs" "$(runc run -b bundle "sfc-test-$$" </dev/null)" "$hello"
fi
check "a bundle is exported as what it is" tracepack export bundle --to docker --name web:1.2 -o from-bundle.tar
check_equal "started the same" "$(skopeo inspect --config oci-archive:from-bundle.tar | jq -c .config.Entrypoint)" '["/bin/hello","one","two"]'
skopeo inspect --raw docker-archive:web.tar | jq -r '.layers[0].digest' >1.digest
skopeo inspect --raw docker-archive:from-bundle.tar | jq -r '.layers[0].digest' >2.digest
check "the same layer" cmp 1.digest 2.digest

# an image keeps what a config.json has no field for, there and back
umoci init --layout U && umoci new --image U:v && umoci config --image U:v --config.entrypoint /bin/hello \
	--config.cmd c1 --config.volume /data --config.exposedports 80/tcp --config.stopsignal SIGINT --config.label a=b
mkdir -p kept/sfc && tracepack import -q U -o kept/rootfs --config kept/config.json --image-config kept/sfc/image.json
tracepack export kept --to oci --name kept -o kept.tar
check_equal "an image there and back" \
	"$(skopeo inspect --config oci-archive:kept.tar | jq -cS '.config | del(.Labels["sfc.source.digest"])')" \
	"$(skopeo inspect --config oci:U:v | jq -cS '.config')"
check_equal "and podman's name" "$(tar -xOf kept.tar index.json | jq -r '.manifests[0].annotations["org.opencontainers.image.ref.name"]')" \
	localhost/kept:latest

# --- packages and images --------------------------------------------------------------------------
check "an image of a root" tracepack export root --to squashfs -o root.sqsh
check "once more" tracepack export root --to squashfs -o again.sqsh
check "has the same bytes" cmp root.sqsh again.sqsh
check "unsquashfs unpacks it" unsquashfs -n -q -d by-unsquashfs root.sqsh
check "the same" same root by-unsquashfs
tracepack export root --to tar -o root.tar
check "an image is a source" tracepack export root.sqsh --to tar -o from-image.tar
check "of the same tar" cmp root.tar from-image.tar
mkdir app app/sfc && cp start.json app/config.json && cp -a root app/rootfs && echo '{}' >app/sfc/package.json
tracepack image app -o app.sfc -q
check "a package is a source" tracepack export app.sfc --to docker --name web:1.2 -o from-package.tar
check "of the same image" cmp web.tar from-package.tar
check "of the same squashfs, without its wrapping" tracepack export app.sfc --to squashfs -o from-package.sqsh
check "which it is" cmp root.sqsh from-package.sqsh
head -c 3000 app.sfc >cut.sfc
check_fails "half a package" 1 "tracepack: export: *cut.sfc*" tracepack export cut.sfc --to tar -o cut.tar
check_fails "no package at all" 1 "tracepack: export: *hello.c*" tracepack export hello.c --to tar -o cut.tar
check "leaves nothing" test ! -e cut.tar

# --- LXC ------------------------------------------------------------------------------------------
check "for LXC" tracepack export root --to lxc --name web:1 --config start.json -o lxc
check "with the same root" same root lxc/rootfs
check_equal "its path is absolute" "$(sed -n 's/^lxc.rootfs.path = //p' lxc/config)" "dir:$dir/lxc/rootfs"
if command -v lxc-execute >/dev/null; then
	mkdir lxcs
	lxc-start -F -P "$dir/lxcs" -n "sfc-test-$$" -f lxc/config -L lxc.out </dev/null
	check_equal "that lxc-start starts" "$(tr -d '\r' <lxc.out)" "$hello"
fi
jq '.process.args = ["/bin/sh", "-c", "a b"]' start.json >spaces.json
check_fails "a command LXC cannot hold" 1 "tracepack: export: LXC cannot start a command with spaces*" \
	tracepack export root --to lxc --config spaces.json -o spaces
check "leaves nothing" test ! -e spaces

# --- facts ----------------------------------------------------------------------------------------
check_equal "what is known of it, and what is asked for" \
	"$(tracepack export root --to facts --name reg.example/web:1 --config start.json -p 80:8080 -m 1M -o - |
		jq -c '[.name, .image, .args, .uid, .gid, .stop_signal, .memory, .publish[0].port]')" \
	'["web","reg.example/web:1",["/bin/hello","one","two"],1000,1001,"SIGQUIT",1048576,8080]'
echo '{"memory": 1, "count": 3}' >asked.json
check_equal "from a file, options first" "$(tracepack export root --to facts --config start.json --asked asked.json -m 2 -o - | jq -c '[.memory, .replicas]')" '[2,3]'
check_fails "what an image cannot say" 1 "tracepack: export: docker cannot express --count 3" \
	tracepack export root --to docker --config start.json --count 3 -o refused
check_fails "a setting there is not" 1 "tracepack: export: no setting is called 'colour'" \
	sh -c 'echo "{\"colour\": 1}" >odd.json; tracepack export root --to facts --config start.json --asked odd.json -o refused'
check "leaves nothing" test ! -e refused

# --- tars -----------------------------------------------------------------------------------------
for out in r.tar r.tar.gz r.tar.zst; do
	mkdir x
	check "$out" tracepack export root --to tar -o $out
	check "$out: tar reads it" tar -xpf $out --xattrs --xattrs-include='*' --numeric-owner -C x
	check "$out: the same" same root x
	rm -rf x
done

# --- refused --------------------------------------------------------------------------------------
check_fails "no such source" 1 "tracepack: export: cannot open 'none': No such file or directory" tracepack export none --to tar -o x
check_fails "a name that is none" 2 "tracepack: export: --name does not take 'A B'*" tracepack export root --to oci --name 'A B' -o x
check_fails "a broken config.json" 1 "tracepack: export: 'hello.c' is not JSON: line 1*" tracepack export root --to oci --config hello.c -o x
check_fails "a full disk" 1 "tracepack: export: *No space left on device" \
	sh -c 'tracepack export root --to tar -o - >/dev/full'
check_fails "a directory in the way" 1 "tracepack: export: 'root' exists and is not empty" tracepack export root -q --to bundle -o root
check_equal "nothing is left" "$(find . -maxdepth 1 '(' -name '.*importing*' -o -name '.x.*' -o -name x ')')" ""
finish
