#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc dev export and import: a name moves as an OCI layer over a base that is known by its digest.
# shellcheck disable=SC2016 # a script for inside
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
requires root
requires jq --version
requires busybox true
requires tar --version

here=$dir/here there=$dir/there
here() { SFC_STATE=$here sfc dev "$@"; }
there() { SFC_STATE=$there sfc dev "$@"; }
mkdir -p src/bin src/etc src/gone src/whole/deep src/plain
cp "$(command -v busybox)" src/bin/busybox
for tool in sh cat rm mkdir mv echo chmod chown ln ls stat touch find sort test; do ln -s busybox "src/bin/$tool"; done
echo one >src/etc/one
echo two >src/etc/two
echo deep >src/whole/deep/file
echo gone >src/gone/file
head -c 4000000 /dev/urandom >src/large
tar -C src -cf src.tar .

# What a name is, from inside: every path with kind, mode, owner, time and contents.
look='find / -xdev ! -path "/proc*" ! -path "/sys*" ! -path "/dev*" ! -path "/etc/hosts" ! -path "/etc/resolv.conf" |
	sort | while read -r name; do stat -c "%n %f %u %g %h" "$name"; test ! -f "$name" || cat "$name"; done'
# What a container is mounted over is made in its layer, as other engines make it.
made=' /(dev|proc|sys|etc/hosts|etc/resolv.conf)$'

check "a name" here create web --from src.tar
here exec web sh -c 'echo new >/etc/new; ln /etc/new /etc/same; echo more >>/etc/one; rm /etc/two; rm -r /gone
	rm -r /whole; mkdir /whole; echo fresh >/whole/other; mkdir -m 2750 /mine; touch /mine/set; chown 33:44 /mine/set
	chmod 4711 /mine/set; ln -s /etc/one /mine/link; chmod 700 /plain; touch -d "2001-02-03 04:05:06" /etc/new'
here diff web | grep -vE "$made" >here.diff
here exec web sh -c "$look" >here.look

# --- out
check "export" here export web -o web.layer
check_equal "which is for nobody else to read" "$(stat -c %a web.layer)" 600
check_equal "the base is not in it" "$(test "$(stat -c %s web.layer)" -lt 100000 && echo small)" small
check_fails "a file that is there" 1 "*'web.layer' exists*" here export web -o web.layer
check "the same again is the same, byte for byte" here export web -o again.layer
check "…" cmp web.layer again.layer
check_fails "a name that is not" 1 "*there is no 'nobody'*" here export nobody
check_equal "nothing of that is left" "$(find . -maxdepth 1 -name "nobody*")" ""
mkdir layout
tar -C layout -xf web.layer
manifest=layout/blobs/sha256/$(jq -r '.manifests[0].digest | ltrimstr("sha256:")' layout/index.json)
layer=layout/blobs/sha256/$(jq -r '.layers[0].digest | ltrimstr("sha256:")' "$manifest")
check_equal "an OCI image of one layer" "$(jq -r '(.layers | length | tostring) + " " + .layers[0].mediaType' "$manifest")" \
	"1 application/vnd.oci.image.layer.v1.tar+zstd"
check_equal "whose whiteouts are those of OCI" "$(zstd -dc "$layer" | tar -t | grep '[.]wh[.]' | LC_ALL=C sort | tr '\n' ' ')" \
	".wh.gone etc/.wh.two whole/.wh..wh..opq "
base=$(jq -r '.annotations["sfc.dev.base"]' "$manifest")
check_equal "and that says its base" "$(here export web -o third.layer --json | jq -r '.["base-digest"]')" "$base"
check_equal "which is the digest of the root's tar" "${base%%:*}" sha256

# --- in
check_fails "where its base is not" 1 "*stands on the base 'src.tar-*sha256:*which is not here*" there import web web.layer
check_equal "nothing of it is left" "$(there list --json | jq '.names | length') $(ls -A "$there/dev" 2>/dev/null)" "0 "
# unpacked by somebody else, it is another base by name
mkdir copy
tar -C copy -xpf src.tar
check "the base, made of a directory there" there create other --from copy
check "import" there import web web.layer
check_equal "the same layer" "$(there diff web | grep -vE "$made")" "$(cat here.diff)"
there exec web sh -c "$look" >there.look
check "the same root, name by name" cmp here.look there.look
check_equal "names of one file are" "$(there exec web stat -c %h /etc/same)" 2
check_equal "its base" "$(there list --json | jq -r '.names[] | select(.name == "web").base')" \
	"$(there list --json | jq -r '.names[] | select(.name == "other").base')"
check_equal "what was done is known" "$(there log web --json | jq -r '.[0].what')" "imported from web.layer"
check_fails "a name that is taken" 1 "*'web' already*" there import web web.layer
check_fails "a bad name" 2 "*no good as the name*" there import ../x web.layer
there exec web sh -c 'echo there >/etc/there'
check "and back, through a pipe" sh -c "SFC_STATE=$there sfc dev export web -o - | SFC_STATE=$here sfc dev import back -"
check_equal "with what was done there" "$(here exec back cat /etc/there /etc/new)" "there
new"

# --- a base over a base is known by both
here commit web v1
here exec web sh -c 'rm /etc/new; echo v2 >/etc/v2'
check "export over a committed base" here export web -o v2.layer
check_fails "which is not there yet" 1 "*'v1'*which is not here*" there import v2 v2.layer
there rm web
there import web web.layer
there commit web first
check "the same commit there, under another name" there import v2 v2.layer
check_equal "has it" "$(there exec v2 sh -c 'cat /etc/v2 /etc/same; ls /etc/new 2>/dev/null')" "v2
new"

# --- what is refused
# differential FILE BASE [TAR OPTION]… : one layer of what is in the directory layer/
differential() {
	made_file=$1 made_base=$2
	shift 2
	rm -rf oci && mkdir -p oci/blobs/sha256
	tar "$@" -C layer -cf oci/layer .
	put() { sum=$(sha256sum <"$1") && sum=${sum%% *} && size=$(stat -c %s "$1") && mv "$1" "oci/blobs/sha256/$sum"; }
	put oci/layer
	jq -n --arg base "$made_base" --arg diff "sha256:$sum" '{os: "linux", architecture: "amd64",
		config: {Labels: {"sfc.dev.base": $base}}, rootfs: {type: "layers", diff_ids: [$diff]}}' >oci/config
	layer_at=$(jq -n --arg d "sha256:$sum" --argjson s "$size" '{mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $d, size: $s}')
	put oci/config
	jq -n --arg d "sha256:$sum" --argjson s "$size" --argjson layer "$layer_at" '{schemaVersion: 2,
		config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $d, size: $s}, layers: [$layer]}' >oci/manifest
	put oci/manifest
	jq -n --arg d "sha256:$sum" --argjson s "$size" '{schemaVersion: 2, manifests:
		[{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $d, size: $s}]}' >oci/index.json
	echo '{"imageLayoutVersion": "1.0.0"}' >oci/oci-layout
	tar -C oci -cf "$made_file" .
}
# refused CLAIM PATTERN: x is not there afterwards, nor anything of it
refused() {
	check_fails "$1" 1 "$2" there import x bad.layer
	check_equal "nothing of it is left" "$(there list --json | jq '[.names[] | select(.name == "x")] | length') $(find "$there/dev" -mindepth 1 -maxdepth 1 -name x)" "0 "
}
mkdir -p layer/etc
echo mine >layer/etc/mine
touch layer/etc/.wh.two
setfattr -n trusted.overlay.redirect -v /etc layer/etc
differential bad.layer "$base" --xattrs --xattrs-include='*'
check "one of other hands" there import x bad.layer
check_equal "means what OCI says" "$(there diff x)" "A /etc/mine
D /etc/two"
check_equal "and steers no overlay" "$(getfattr -m trusted.overlay -R --absolute-names "$there/dev/x")" ""
there rm x
differential bad.layer sha256:12
refused "a base that is no digest" "*bad.layer*its base*"
differential bad.layer ""
refused "a base that is nothing" "*bad.layer*its base*"
touch layer/.wh..wh..opq
differential bad.layer "$base"
refused "one that deletes all" "*would delete the whole base*"
rm layer/.wh..wh..opq
touch layer/etc/.wh...
differential bad.layer "$base"
refused "one that deletes .." "*deletes nothing that can be*"
rm layer/etc/.wh...
mkdir layer/.wh.etc
differential bad.layer "$base"
refused "a whiteout that is a directory" "*deletes nothing that can be*"
head -c 2000 web.layer >bad.layer
refused "half a file" "*bad.layer*"
tar -C layout -cf bad.layer .
printf X | dd of="$layer" bs=1 seek=30 conv=notrunc 2>/dev/null
tar -C layout -cf bad.layer .
refused "a layer that is not what its digest says" "*bad.layer*"
check_fails "a file that is none" 1 "*src.tar*not*image*" there import x src.tar
here exec web sh -c 'touch /etc/.wh.hidden'
check_fails "a name that would delete" 1 "*'/etc/.wh.hidden' cannot go into a layer*" here export web -o none.layer
here exec back sh -c 'echo in; exec sleep 60' >in &
visit=$!
wait_for 20 grep -q in in
check_fails "somebody is in it" 1 "*'back' is in use*" here export back -o none.layer
kill $visit
wait $visit 2>/dev/null
check_equal "neither wrote anything" "$(find . -name none.layer)" ""
finish
