#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What can be asked wrongly of sfc, and what can go wrong under it: one line that says so, the right
# status, and nothing left behind.
# shellcheck disable=SC2016 # for the inner shell
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/slim.sh"
requires ip -Version

# A root of our own to spoil: a shell, and what it needs, as the host has it.
make_root() {
	mkdir -p "$1/bin" "$1/etc" "$1/tmp"
	cp /bin/dash "$1/bin/sh"
	cp /bin/cat /bin/sleep "$1/bin/"
	ldd /bin/dash /bin/cat /bin/sleep | grep -o '/[^ :]*\.so[^ :]*' | sort -u | while read -r library; do
		mkdir -p "$1$(dirname "$library")"
		cp -L "$library" "$1$library"
	done
	echo contents >"$1/etc/file"
	echo 'not a program' >"$1/bin/plain"
	printf '#!/bin/nonesuch\n' >"$1/bin/orphan"
	chmod 755 "$1/bin/orphan"
}
make_root "$dir/root"
mkdir "$dir/out"
out=$dir/out/x.sfc

slim() {
	sfc slim --root "$dir/root" -o "$out" "$@"
}
slim -- sh -c 'cat /etc/file; exit 7' >"$dir/report" 2>"$dir/said"
check_equal "a command that fails is told by the status" $? 4
cat "$dir/said"
check_equal "its own is said" "$(cat "$dir/said")" "sfc: slim: sh ended with status 7; the package does the same"
check "and its package is there" test -s "$out"
mv "$out" "$dir/good.sfc"

# a root as systemd-resolved leaves it: its resolver is in /run, which is not on disk
make_root "$dir/resolved"
ln -s ../run/systemd/resolve/stub-resolv.conf "$dir/resolved/etc/resolv.conf"
if [ -s /etc/resolv.conf ]; then
	check "it can be asked for all the same" sfc slim -q --root "$dir/resolved" -o "$out" -- cat /etc/resolv.conf
	check_equal "and names are looked up where the host does" "$(sfc run "$out")" "$(cat /etc/resolv.conf)"
	check "nothing of it is in the root" test ! -e "$dir/resolved/run"
	check_equal "nor in the package" "$(unsquashfs -ll "$out" | grep -c stub-resolv.conf$)" 1
	rm "$out"
fi

# an archive as the root
tar -C "$dir/root" -czf "$dir/root.tar.gz" .
sfc slim -q --root "$dir/root.tar.gz" -o "$out" -- cat /etc/file >"$dir/said" 2>&1
check_equal "a tar does for a root, and only the digest is said" "$? $(cat "$dir/said")" "0 sha256:$(sha256sum <"$out" | cut -d " " -f 1)"
check_equal "and the package works without it" "$(rm "$dir/root.tar.gz"; sfc run "$out")" "$(cat "$dir/root/etc/file")"
check_equal "what was unpacked is gone" "$(ls -A "$SFC_STATE/scratch")" ""
check "for other engines, too" sfc export "$out" --to oci -q -o "$dir/app.tar"
check "as tracepack does it" sh -c 'tar -tf "$1" | grep -qx oci-layout' sh "$dir/app.tar"
check_fails "an engine that is none" 2 "tracepack: export: *" sfc export "$out" --to nothing -o "$dir/app.x"
mv "$out" "$dir/app.sfc"
sfc export "$dir/app.sfc" --to oci-dir -q -o "$dir/layout"
check "an OCI layout does, too" sfc slim -q --root "$dir/layout" -o "$out" -- cat /etc/file
check_equal "and its package works" "$(sfc run "$out")" contents
rm "$out"

# asked wrongly
check_fails "no command at all" 2 "sfc: no command given; see 'sfc --help'" sfc
check_fails "an unknown command" 2 "sfc: unknown command 'slmi'; did you mean 'slim'?" sfc slmi
check_fails "nothing to run" 2 "sfc: slim: no command given; see *" slim
check_fails "no output" 2 "sfc: slim: no output given*" sfc slim -- true
check_fails "an unknown option" 2 "sfc: slim: *--bogus*; see *" slim --bogus -- sh
check_fails "an option without its value" 2 "sfc: slim: --output wants FILE|IMAGE; see *" sfc slim --output
check_fails "a time that is none" 2 "sfc: slim: --timeout wants SECONDS, not 'soon'*" slim --timeout soon -- sh
check_fails "a port that is none" 2 "sfc: slim: --ready*tcp*" slim --ready tcp:http -- sh
check_fails "an unknown network" 2 "sfc: slim: --network wants host|none|*" slim --network lan -- sh
check_fails "a bad option for the packer" 2 "sfc: slim: '99' is no level*" slim --level 99 -- sh -c true
check_fails "a bad option for tracefs" 1 "sfc: slim: *bogus*" slim --trace bogus=1 -- sh -c true

# not there, not usable
check_fails "a root that is not there" 1 "sfc: slim: the root '*none' is not a directory, an archive, *" \
	sfc slim --root "$dir/none" -o "$out" -- sh
check_fails "a root that is a file" 1 "sfc: slim: the root '*file': *" \
	sfc slim --root "$dir/root/etc/file" -o "$out" -- sh
check_fails "a command that is not in the root" 4 "sfc: slim: 'cta' not found*did you mean 'cat'?" slim -- cta
check_fails "a command that is not executable" 4 "sfc: slim: *plain*not *executable*" slim -- plain
check_fails "a script whose interpreter is missing" 4 "sfc: slim: cannot execute 'orphan': *" slim -- orphan
check_fails "a user that is not in the root" 1 "sfc: slim: user 'nobody' is not in*" slim --user nobody -- sh
check_fails "an output directory that is not there" 1 "sfc: slim: no directory '*'*" \
	sfc slim --root "$dir/root" -o "$dir/none/x.sfc" -- sh -c true
check_fails "a manifest that cannot be kept" 1 "sfc: slim: cannot write the manifest to *" \
	slim --keep-manifest "$dir/none/x.db" -- sh -c true
echo mine >"$out"
check_fails "an output that is there" 1 "sfc: slim: '*x.sfc' is there already; --force replaces it" slim -- sh -c true
check_equal "and stays what it was" "$(cat "$out")" mine
check "unless forced" slim -q --force -- sh -c true
rm -f "$out"

# the machine
plain_user() {
	setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"
}
chmod 755 "$dir"
chmod 777 "$dir/out" "$TMPDIR"
if plain_user test -x "$builddir/stage/sfc"; then
	check_fails "a user, with the state of root" 1 "sfc: slim: cannot open the state directory *: Permission denied" plain_user "$builddir/stage/sfc" slim \
		--root "$dir/root" -o "$out" -- sh -c true
fi
check_fails "no /dev/fuse" 1 "sfc: slim: needs /dev/fuse, which is not here: *" unshare --mount sh -c \
	'mount -t tmpfs tmpfs /dev && mknod /dev/null c 1 3 && exec "$@"' sh "$builddir/stage/sfc" slim \
	--root "$dir/root" -o "$out" -- sh -c true
free_ports 2
free=$((port + 1))
check_fails "traces of another image, and none" 2 "sfc: slim: --other-image goes with --traces*" \
	sfc slim web.tar --other-image -o x.tar
nc -l 127.0.0.1 "$port" >/dev/null &
listener=$!
on_exit kill "$listener"
wait_for 5 grep -q ":$(printf %04X "$port") 00000000:0000 0A" /proc/net/tcp
check_fails "a port that is taken" 1 "sfc: slim: something on this machine listens on port $port*" \
	slim --ready tcp:"$port" -- sh -c true
mkdir "$dir/full"
mount -t tmpfs -o size=64k tmpfs "$dir/full"
check_fails "a full disk" 1 "sfc: slim: *No space left*" \
	sfc slim --root "$dir/root" -o "$dir/full/x.sfc" -- sh -c true
check_equal "with no part of the package on it" "$(ls -A "$dir/full")" ""
umount "$dir/full"

# the run
check_fails "a server that ends before it is ready" 4 "sfc: slim: sh ended with status 3 before it was ready" \
	slim --ready tcp:"$free" -- sh -c 'exit 3'
slim --ready tcp:"$free" -- sh -c 'echo to errors >&2; echo to its input >&0; exit 3' 2>said
check_equal "its last lines are shown, wherever it wrote them" "$(grep '^  |' said)" "  | to errors
  | to its input"
mkdir -p "$dir/root/var/log/own" "$dir/root/var/lib/x"
slim --ready tcp:"$free" -- sh -c 'echo told >/var/lib/x/data; printf "%s\n" 1 2 3 96 97 98 99 100 >/var/lib/x/own.err
	sleep 0.1; printf "one\ntwo" >/var/log/own/error; exit 3' 2>said
rm -r "$dir/root/var/log" "$dir/root/var/lib/x"
check_equal "also of its log files, the newest last" "$(grep '^  |' said | paste -sd' ')" \
	"  | /var/lib/x/own.err:   | 96   | 97   | 98   | 99   | 100   | /var/log/own/error:   | one   | two"
check_fails "a server that is never ready" 4 "sfc: slim: sleep was not ready within 1 s" \
	slim --ready tcp:"$free" --timeout 1 --grace 1 -- sleep 1000
check_fails "a probe that fails" 4 "sfc: slim: sleep: the probe failed with status 4" \
	slim --ready true --probe 'exit 4' -- sleep 1000
check_fails "a command that does not end" 4 "sfc: slim: sleep did not end within 1 s" \
	slim --timeout 1 --grace 1 -- sleep 1000

# the packed program does something else
slim -- cat /proc/sys/kernel/random/uuid >"$dir/report" 2>"$dir/said"
check_equal "output that is another each time is refused" $? 5
check "and both are shown" test "$(grep -cE '^  \| [-+][0-9a-f-]{36}$' "$dir/said")" = 2
check_equal "the last line says what is the matter" "$(tail -n 1 "$dir/said")" \
	"sfc: slim: the package does not behave like the source: its output is another; nothing was written to '$out'"
sfc slim --root "$dir/root" -o "$out" --exclude /etc/file -- cat /etc/file >"$dir/report" 2>"$dir/said"
check_equal "a package without a file it needs is refused" $? 5
cat "$dir/said"
check "and the file is named" grep -q '^  looked for in vain: /etc/file$' "$dir/said"
check "unless nobody looks" slim -q --verify none --exclude /etc/file -- cat /etc/file
rm -f "$out"
check_fails "a source file that vanished meanwhile" 1 "sfc: slim: *etc/file*" \
	slim --ready 'test -e "$SFC_ROOT/tmp/up"' --probe "test -e \"\$SFC_ROOT/tmp/up\" && rm -f $dir/root/etc/file" -- \
	sh -c 'cat /etc/file; : >/tmp/up; sleep 1000'
check "no failure left an output" test -z "$(ls -A "$dir/out")"

# packages
head -c 20000 "$dir/good.sfc" >"$dir/short.sfc"
echo 'no image' >"$dir/text.sfc"
: >"$dir/empty.sfc"
check_fails "a package that is not there" 125 "sfc: run: no package '*'" sfc run "$dir/none.sfc"
check_fails "a package that is none" 125 "sfc: run: '*' is not a package: *" sfc run "$dir/text.sfc"
check_fails "an empty package" 125 "sfc: run: '*' is not a package: *" sfc run "$dir/empty.sfc"
check_fails "a package that is cut short" 125 "sfc: run: '*' is cut short: *" sfc run "$dir/short.sfc"
check_fails "no package given" 125 "sfc: run: no package given*" sfc run
check_fails "a layer that is not there" 125 "sfc: run: the layer '*' is not a directory" \
	sfc run --layer "$dir/none" "$dir/good.sfc"

# verify
make_root "$dir/root"
sfc verify --root "$dir/root" "$dir/good.sfc" >"$dir/report" 2>&1
check_equal "a package that does what its source does, which is to fail" $? 4
check "it is said how" grep -q "^sfc: verify: sh ended with status 7, in the source and from the package$" "$dir/report"
check "another command does well in both" sfc verify -q --root "$dir/root" "$dir/good.sfc" -- sh -c 'cat /etc/file'
check_equal "and is told apart as JSON" \
	"$(sfc verify --json --root "$dir/root" "$dir/good.sfc" 2>/dev/null | jq -c '[.status, .compared]')" '[7,"same exit status, same output"]'
echo other >"$dir/root/etc/file"
sfc verify --root "$dir/root" "$dir/good.sfc" >"$dir/report" 2>&1
check_equal "a source that has changed is seen" $? 5
check "and said" grep -q "^sfc: verify: the package does not behave like the source: its output is another$" "$dir/report"
sfc verify "$dir/good.sfc" >"$dir/report"
check_equal "its parts are whole all the same" $? 0
check "and it is said that nothing was compared" grep -q "nothing was compared" "$dir/report"
check "nor for --compare none" sfc verify -q --compare none "$dir/good.sfc"
cp "$dir/good.sfc" "$dir/altered.sfc"
printf XX | dd of="$dir/altered.sfc" bs=1 seek=5000 conv=notrunc 2>/dev/null
check_fails "a file that is no package" 1 "sfc: verify: '*' is no SquashFS image" sfc verify "$dir/report"
check_fails "a package that was altered" 1 "sfc: verify: *" sfc verify "$dir/altered.sfc"
check_fails "a source that is not there" 1 "sfc: verify: the root '*' is not a directory, *" \
	sfc verify --root "$dir/none" "$dir/good.sfc"
check "nothing is left" nothing_is_left
finish
