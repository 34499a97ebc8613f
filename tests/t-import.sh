#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tracepack import: what umoci and skopeo make of an image is what we make of it; what is hostile is
# refused with one line and leaves nothing.
# shellcheck disable=SC2317 # check calls the functions
. "${srcdir:-.}/tests/lib.sh"
requires root
requires umoci --version
requires skopeo --version
requires jq --version

# Every name with all that is kept of it; contents by digest.
listing() {
	(cd "$1" && find . -printf '%p|%y|%m|%U:%G|%s|%Ts|%n|%l\n' | sed 's/^\([^|]*\)|d|\([^|]*\)|\([^|]*\)|[0-9]*|\([^|]*\)|[0-9]*/\1|d|\2|\3|\4/' | sort &&
		find . -type f -exec sha256sum {} + | sort -k2 && getfattr -Rhd -m - . 2>/dev/null | sort)
}

same() {
	listing "$1" >"$dir/same.1" && listing "$2" >"$dir/same.2" && diff "$dir/same.1" "$dir/same.2"
}

# Nothing but what was there before: no output, no hidden directory beside it.
nothing_left() {
	[ ! -e "$dir/out" ] && [ -z "$(find "$dir" -maxdepth 1 -name '.*importing*')" ]
}

# refused CLAIM PATTERN ARGUMENT…
refused() {
	what=$1 pattern=$2
	shift 2
	check_fails "$what" 1 "tracepack: import: $pattern" tracepack import -o "$dir/out" "$@"
	check "$what: nothing is left" nothing_left
}

# --- a small image of two layers, made by umoci ---------------------------------------------------
if ! { umoci init --layout L && umoci new --image L:v1 && umoci unpack --image L:v1 b >/dev/null; }; then
	skip "umoci cannot make an image here"
fi
r=b/rootfs
mkdir -p $r/etc $r/d/sub $r/usr/lib $r/tmp $r/opaque/x
echo root:x:0:0:root:/root:/bin/sh >$r/etc/passwd
echo app:x:1000:1001::/:/bin/sh >>$r/etc/passwd
printf 'app:x:1001:\nextra:x:50:app\n' >$r/etc/group
echo old >$r/d/old
ln $r/d/old $r/d/hard
echo deep >$r/d/sub/deep
ln -s usr/lib $r/lib
mkfifo $r/fifo
mknod $r/null c 1 3
chown -h 1000:4000000000 $r/lib
chmod 4755 $r/d/hard
chmod 1777 $r/tmp
setfattr -n user.note -v value $r/d/old
setcap cap_net_raw+ep $r/d/sub/deep
printf 'odd\n' >"$r/d/$(printf 'l\303\251 \n\001name')"
touch -d @1000000000 $r/d/old
head -c 3000000 /dev/zero >$r/zeros
umoci repack --image L:v1 b >/dev/null
rm -rf b
umoci unpack --image L:v1 b >/dev/null
rm -rf $r/d/sub $r/d/old $r/opaque
mkdir $r/d/sub $r/opaque
echo x >$r/d/sub/x
echo new >$r/usr/lib/new
umoci repack --image L:v1 b >/dev/null
umoci config --image L:v1 --config.entrypoint /bb --config.cmd sh --config.cmd -c --config.user app \
	--config.workingdir /d --config.exposedports 80/tcp --config.volume /data \
	--config.stopsignal SIGQUIT --config.env A=b --config.label k=v
rm -rf b
umoci unpack --image L:v1 want >/dev/null

check "an OCI layout" tracepack import -q L -o oci --config config.json --image-config image.json
check "is what umoci makes of it" same want/rootfs oci
check_equal "arguments" "$(jq -c .process.args config.json)" '["/bb","sh","-c"]'
check_equal "user, by the root's own passwd" "$(jq -c .process.user config.json)" \
	'{"uid":1000,"gid":1001,"additionalGids":[50]}'
check_equal "working directory" "$(jq -r .process.cwd config.json)" /d
check_equal "environment" "$(jq -r '.process.env[0]' config.json)" A=b
check_equal "no member of the image in annotations" "$(jq -c .annotations config.json)" null
check_equal "signal, ports and volumes are in its own configuration" \
	"$(jq -c '.config | [.StopSignal, .ExposedPorts, .Volumes]' image.json)" '["SIGQUIT",{"80/tcp":{}},{"/data":{}}]'
check_equal "with the kind it came in" "$(jq -r .mediaType image.json)" application/vnd.oci.image.config.v1+json
check_equal "image configuration" "$(jq -r .config.User image.json)" app

# --- the same image in every wrapping -------------------------------------------------------------
skopeo copy -q oci:L:v1 docker-archive:docker.tar:some/name:v1
skopeo copy -q oci:L:v1 oci-archive:oci.tar:v1
skopeo copy -q --dest-compress-format zstd oci:L:v1 oci:Z:v1
gzip -k docker.tar
mkdir unpacked && tar -xf docker.tar -C unpacked
for source in docker.tar docker.tar.gz oci.tar unpacked; do
	check "from $source" tracepack import -q $source -o from
	check "from $source it is the same" same want/rootfs from
	rm -rf from
done
check "layers of zstd" tracepack import -q Z -o from
check "are the same" same want/rootfs from
rm -rf from
check "from standard input" sh -c 'cat docker.tar.gz | tracepack import -q - -o from'
check "it is the same" same want/rootfs from
check_equal "what it was, as JSON" \
	"$(rm -rf from; tracepack import --json docker.tar -o from | jq -c '[.kind,.ref,.layers]')" \
	'["docker","docker.io/some/name:v1",2]'
rm -rf from

# the old form: a directory for each layer, some of them links to others
mkdir old old/aaa old/bbb
one=$(jq -r '.[0].Layers[0]' unpacked/manifest.json) two=$(jq -r '.[0].Layers[1]' unpacked/manifest.json)
config=$(jq -r '.[0].Config' unpacked/manifest.json)
cp "unpacked/$config" old/
cp -L "unpacked/$one" old/one.tar && ln -s ../one.tar old/aaa/layer.tar
cp -L "unpacked/$two" old/bbb/layer.tar
jq -c '.[0].Layers = ["aaa/layer.tar", "bbb/layer.tar"]' unpacked/manifest.json >old/manifest.json
tar -cf old.tar -C old .
check "an archive as old docker wrote them" tracepack import -q old.tar -o from
check "it is the same" same want/rootfs from
rm -rf from

# --- to an image ----------------------------------------------------------------------------------
check "to a SquashFS image" tracepack import -q docker.tar -o image.sqsh --config config2.json
check "unsquashfs finds the same" unsquashfs -n -q -d from image.sqsh
check "in it" same want/rootfs from
check_equal "and how to start it" "$(jq -c .process.args config2.json)" '["/bb","sh","-c"]'
check "whatever it is called" tracepack import -q oci.tar -o image --image
check "the same bytes" cmp image image.sqsh
rm -rf from

# --- several images ------------------------------------------------------------------------------
umoci tag --image L:v1 v2
refused "which of two images?" "'L': holds 2 images (v1, v2): choose one with --ref or --platform" L
check "the one that was named" tracepack import -q L --ref v2 -o from
refused "a name that is not there" "'L': holds no image called 'v3'" L --ref v3
refused "a platform that is not there" "'L': the image is for linux/*, not linux/vax" L --ref v2 --platform linux/vax
rm -rf from

# --- plain tars, as tar makes them ----------------------------------------------------------------
for format in gnu posix ustar; do
	tar -cf plain.tar --format=$format --numeric-owner --exclude='l?*name' --exclude=lib -C want/rootfs . || fail "tar $format"
	mkdir from-tar && tar -xpf plain.tar --numeric-owner -C from-tar
	check "a $format tar" tracepack import -q --no-xattrs plain.tar -o from
	listing from-tar | grep -v = >by-tar
	listing from | grep -v = >by-import
	check "$format: as tar unpacks it" diff by-tar by-import
	rm -rf from from-tar
done
tar -cf x.tar --xattrs --xattrs-include='*' -C want/rootfs . && tracepack import -q x.tar -o from
check "xattrs and capabilities" same want/rootfs from
rm -rf from
truncate -s 1G sparse && printf x | dd of=sparse bs=1 seek=500000000 conv=notrunc 2>/dev/null
tar -Scf sparse.tar sparse && tracepack import -q sparse.tar -o from
check "a sparse file has its contents" cmp sparse from/sparse
check "and its holes" test "$(stat -c %b from/sparse)" -lt 1000
rm -rf from sparse
check "a directory" tracepack import -q want/rootfs -o from
check "is copied whole" same want/rootfs from
refused "a directory that is not empty" "'$dir/old' exists and is not empty" want/rootfs -o "$dir/old"
rm -rf from

# --- an image for several machines ---------------------------------------------------------------
# blob FILE: into L, its descriptor on standard output
blob() {
	jq -c . "$1" >"$1.blob" && digest=$(sha256sum "$1.blob" | cut -d' ' -f1) && size=$(stat -c %s "$1.blob") &&
		mv "$1.blob" "M/blobs/sha256/$digest" &&
		jq -nc --arg d "sha256:$digest" --argjson s "$size" '{digest: $d, size: $s}'
}
# for_platform OS ARCHITECTURE VARIANT: an image that is only for that, as an index names it
for_platform() {
	jq -c --arg o "$1" --arg a "$2" --arg v "$3" \
		'.os = $o | .architecture = $a | .variant = $v | .config.Env = ["IS=" + $a + $v]' c.json >own.json
	jq -c --argjson c "$(blob own.json)" '.config += $c' m.json >manifest.own
	blob manifest.own | jq -c --arg o "$1" --arg a "$2" --arg v "$3" \
		'. + {platform: ({os: $o, architecture: $a} + if $v == "" then {} else {variant: $v} end)}'
}
cp -a L M
cp "M/blobs/sha256/$(jq -r '.manifests[0].digest' M/index.json | cut -d: -f2)" m.json
cp "M/blobs/sha256/$(jq -r .config.digest m.json | cut -d: -f2)" c.json
here=$(jq -r .architecture c.json) other=riscv64
{
	for_platform linux $other ""
	for_platform linux "$here" v3
	for_platform linux "$here" ""
	for_platform windows "$here" ""
	for_platform unknown unknown "" | jq -c '.annotations = {"vnd.docker.reference.type": "attestation-manifest"}'
} | jq -sc '{schemaVersion: 2, manifests: .}' >index.own
jq -nc --argjson i "$(blob index.own)" '{schemaVersion: 2, manifests: [$i + {annotations:
	{"org.opencontainers.image.ref.name": "all"}}]}' >M/index.json
is() {
	rm -rf from is.json && tracepack import -q M -o from --config is.json "$@" && jq -r .process.env[0] is.json
}
check_equal "this machine's, the plain one" "$(is)" "IS=$here"
check_equal "by name, too" "$(is --ref all)" "IS=$here"
check_equal "another's" "$(is --platform linux/$other)" IS=$other
check_equal "a variant" "$(is --platform "linux/$here/v3")" "IS=${here}v3"
refused "a machine that it is not for" "'M': holds no image for linux/vax: choose one with --platform" M \
	--platform linux/vax
rm -rf from c.json m.json

# --- hostile --------------------------------------------------------------------------------------
cp -a L bad
layer=$(jq -r '.layers[1].digest' "bad/blobs/sha256/$(jq -r '.manifests[0].digest' bad/index.json | cut -d: -f2)" | cut -d: -f2)
printf x | dd of="bad/blobs/sha256/$layer" bs=1 seek=100 conv=notrunc 2>/dev/null
refused "a layer that was altered" "'bad': layer 2 of 2: *" bad --ref v1
cp "L/blobs/sha256/$layer" "bad/blobs/sha256/$layer"
printf ' ' >>"bad/blobs/sha256/$(jq -r '.manifests[0].digest' bad/index.json | cut -d: -f2)"
refused "a manifest that was altered" "'bad': 'bad': digest of 'blobs/*' does not match: *" bad --ref v1
head -c $(($(stat -c %s docker.tar.gz) / 2)) docker.tar.gz >cut.gz
refused "a stream that ends early" "'cut.gz': *truncated*" cut.gz
refused "more than was allowed" "*does not fit the limit of 1048576 bytes of contents (--max-size)" docker.tar --max-size 1M
python3 - <<'PYTHON'
import io, tarfile
def make(name, *members):
    with tarfile.open(name, "w") as tar:
        for name, kind, link, data in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, link, len(data)
            tar.addfile(info, io.BytesIO(data))
FILE, LINK, HARD, BLOCK = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.BLKTYPE
make("taken.tar", ("/", tarfile.DIRTYPE, "", b""), ("/etc/in", FILE, "", b"x"), ("/h", HARD, "/etc/in", b""),
     ("s", LINK, "/tmp/x", b""), ("s/in", FILE, "", b"y"), ("a", FILE, "", b"1"), ("./a", FILE, "", b"2"))
make("dots.tar", ("a/../../out", FILE, "", b"x"))
make("link.tar", ("s", LINK, "../tmp", b""), ("s/out", FILE, "", b"x"))
make("hard.tar", ("h", HARD, "../../../etc/passwd", b""))
make("twice.tar", ("a", FILE, "", b"x"), ("a", FILE, "", b"y"))
make("below.tar", ("a", FILE, "", b"x"), ("a/b", FILE, "", b"y"))
make("device.tar", ("sda", BLOCK, "", b""))
deep = "/".join("d" * 1 for _ in range(2000))
make("deep.tar", (deep + "/f", FILE, "", b"x"), ("a", FILE, "", b"x"), ("a/b", FILE, "", b"y"))
make("deeper.tar", (deep + "/f", FILE, "", b"x"))
with tarfile.open("bomb.tar.bz2", "w:bz2") as tar:
    info = tarfile.TarInfo("zeros")
    info.size = 300 << 20
    tar.addfile(info, open("/dev/zero", "rb"))
PYTHON
check "what umoci and containerd take" tracepack import -q taken.tar -o taken
check_equal "lies inside" "$(cd taken && find . -type f -o -type l | sort | xargs)" "./a ./etc/in ./h ./s ./tmp/x/in"
check_equal "a hard link with a slash" "$(stat -c %h taken/h)" 2
check_equal "the last of a name" "$(cat taken/a)" 2
rm -rf taken
refused "a name with .." "'dots.tar': entry name 'a/../../out' leads out of the root" dots.tar
refused "a way out through a link" "'link.tar': entry 's/out': leads out of the root through the symbolic link 's'" link.tar
refused "a hard link to outside" "'hard.tar': entry 'h': hard link target *" hard.tar
refused "a name below a file" "'below.tar': entry 'a/b': is below a file, not a directory" below.tar
refused "a bomb" "'bomb.tar.bz2': *decompression bomb*" bomb.tar.bz2
refused "something else" "'config.json': not a tar archive" config.json
refused "the wrong type" "'plain.tar' is not an OCI layout" plain.tar -t oci
refused "how to start a plain tar" "'plain.tar' is a plain tar and says nothing*" plain.tar --config c.json
refused "no place for the configuration" "cannot create 'none/c.json'*" L --ref v1 --config none/c.json
refused "no place for contents" "cannot create a temporary file in '/proc'*" deeper.tar --tmpdir /proc
check "a very deep tree" tracepack import -q deeper.tar -o from
rm -rf from
mkdir left && cd left || exit 99
check_fails "a very deep tree that ends badly" 1 "*is below a file*" tracepack import ../deep.tar -o x
check_equal "leaves nothing" "$(ls -A)" ""
cd ..
if command -v setpriv >/dev/null; then
	mkdir -m 777 anyone && chmod 755 "$dir"
	check_fails "a device, when not root" 1 "tracepack: import: 'device.tar': entry 'sda': is a device node*" \
		setpriv --reuid=65534 --regid=65534 --clear-groups tracepack import device.tar -o anyone/x
	check "an ordinary user gets the files" setpriv --reuid=65534 --regid=65534 --clear-groups \
		tracepack import -q twice.tar -o anyone/y
	check_equal "the last of two" "$(cat anyone/y/a)" y
	check_equal "nothing beside them" "$(ls -A anyone)" y
fi

# --- killed ---------------------------------------------------------------------------------------
mkdir k && mkfifo k.pipe
(cat plain.tar; sleep 20) >k.pipe & feeder=$!
tracepack import -q - -o k/out <k.pipe & pid=$!
# its spool is open, so it is reading
spools() { find "/proc/$pid/fd" -lname '*deleted*' | grep -q .; }
check "it waits for the rest of a stream" wait_for 10 spools
kill -TERM $pid
kill $feeder
wait $pid
check_equal "a signal is an ordinary failure" "$?" 1
check_equal "which leaves nothing" "$(ls -A k)" ""
mkdir k/.out.importing.abcdef && echo x >k/.out.importing.abcdef/left
check "after a kill -9" tracepack import -q plain.tar -o k/out
check_equal "the next one clears up" "$(ls -A k)" out
finish
