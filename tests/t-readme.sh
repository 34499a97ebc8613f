#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# README's queries and its "Tracing anything", taken from its text and run.
# shellcheck disable=SC2016 # for the inner shell
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/slim.sh"
minbase nginx-light
requires curl --version
requires ip -Version

# section TITLE: its indented lines.
section() {
	awk -v title="$1" '/^---/ { inside = last == title } { last = $0 } inside && /^    /' "$srcdir/README" |
		sed 's/^    //'
}

check_equal "README is plain text of 80 columns, but for what programs print" \
	"$(grep -v '^    ' "$srcdir/README" | awk 'length > 80')" ""
grep -oE '(scripts|tests|stage|fs|pack|db)/[a-z_-]+(\.[a-z]+)?' "$srcdir/README" | sort -u >"$dir/named"
while read -r file; do
	check "$file, which it names, is there" test -e "$srcdir/$file"
done <"$dir/named"

# Tracing anything: the commands as they stand, with other places for its files.
mkdir "$dir/traced"
section 'Tracing anything' | sed "s|/mnt/traced|$dir/traced|g; s|/var/tmp/web.db|$dir/web.db|g; s|/var/tmp/perl.db|$dir/perl.db|g; s|/srv/web|$root|g" |
	grep -v '^mkdir ' | sed 's|^chroot .*|& \|\| :|' >"$dir/walk"
check "it is some commands" test "$(wc -l <"$dir/walk")" -ge 5
# as installed: mount(8) looks for its helpers in the system's directory alone
mkdir "$dir/helper"
ln -s "$(command -v tracefs)" "$dir/helper/mount.fuse.tracefs"
unshare --mount sh -ec 'mount -t overlay -o "lowerdir=$1/helper:/usr/sbin" overlay /usr/sbin; exec sh -ex "$1/walk"' \
	sh "$dir" >"$dir/walk.out" 2>"$dir/walk.err"
check_equal "they run" $? 0
cat "$dir/walk.err"
check "what was read is among what was needed" grep -q '^/etc/passwd|1$' "$dir/walk.out"
check "what was not there is among what was missing" grep -q '^/etc/nonesuch|' "$dir/walk.out"

# What the record can answer: each query, on a manifest of nginx, gives rows.
sfc slim -q --root "$root" -o "$dir/nginx.sfc" --keep-manifest "$dir/nginx.db" --network none \
	--ready tcp:80 --probe 'curl -fsS http://localhost/' -- nginx -g 'daemon off;'
check_equal "nginx is traced" $? 0
section 'What the record can answer' | tr '\n' ' ' | sed 's/; */;\n/g' >"$dir/queries"
check_equal "there are eight queries" "$(grep -c '^SELECT .*;$' "$dir/queries")" 8
while read -r query; do
	rows=$(sqlite3 nginx.db "$query" 2>&1 | tee rows | wc -l)
	check "it has rows, and no error: $query" test "$rows" -gt 0 -a -z "$(grep -i '^error\|^parse error' rows)"
done <"$dir/queries"
# Questions that come up: each command, in the order it has there.
cp nginx.sfc web.sfc
section 'Questions that come up' >questions
check "it has commands" test "$(wc -l <questions)" -ge 6
while IFS= read -r command; do
	check "it does what it says: $command" env root="$root" sh -c "$command" </dev/null
done <questions
# What is typed behind a prompt in its walks: in the order it has there, in one directory, with one state. In a network
# of its own, where port 80 is nobody's.
mkdir walks
ln -s "$srcdir/tests" walks/tests
: >walks/script
for title in 'Two minutes' 'What no run used' 'Three stages'; do
	section "$title" | awk -f "$srcdir/tests/readme_commands.awk" >>walks/script
done
check "there are many" test "$(grep -c '^;;$' walks/script)" -ge 25
# shellcheck source=tests/web_image.sh
. "$srcdir/tests/web_image.sh"
web_root && web_image page && mv page.tar walks/
cat >walks/run <<'RUN'
# one command after the other, from ../commands/N; a status that is not 0 is what README means by it
ip link set lo up
cd walks || exit 1
# another machine is a state of its own, in which somebody has taken in the same root
other=$SFC_STATE.other
ssh() {
	shift
	SFC_STATE=$other sfc dev create same --from "$first" && SFC_STATE=$other "$@"
}
for file in ../commands/*; do
	wanted=0
	case $(cat "$file") in *"-- sh") wanted=127 ;; *"strace -f"*) wanted=124 ;; esac
	# what the tests did not touch is asked for, as README tells it
	case $(cat "$file") in *--with-misses*) sfc prod exec web/1 -- nginx -t -c /etc/debian_version >said 2>&1 ;; esac
	if [ $wanted = 124 ]; then
		timeout 5 sh "$file" >said 2>&1 </dev/null
	else
		. "$file" >said 2>&1 </dev/null
	fi
	got=$?
	first=${first:-${root:-}}
	[ $got = $wanted ] || { echo "exit $got, wanted $wanted: $(cat "$file")"; cat said; } >&3
done
sfc prod rm --all --grace 1 >said 2>&1 || cat said >&3
RUN
mkdir commands
awk -v RS='\n;;\n' '{ file = sprintf("commands/%03d", NR); print > file; close(file) }' walks/script
sed -i "s|/var/lib/sfc/|$SFC_STATE/|g; s/podman run --rm /podman run --network=none --rm /" commands/*
on_exit sfc prod rm --all --grace 0
# shellcheck source=tests/podman.sh
. "$srcdir/tests/podman.sh"
requires strace -V
unshare --net sh walks/run 3>unlike
check_equal "$(find commands -type f | wc -l) commands do what README says" "$(cat unlike)" ""
check_equal "the session is whole" "$(sqlite3 nginx.db 'SELECT state, dropped FROM session')" "complete|0"
check_equal "the package holds the same record" \
	"$(unsquashfs -cat nginx.sfc sfc/manifest.db >in.db && sqlite3 in.db 'SELECT path, opens FROM needed')" \
	"$(sqlite3 nginx.db 'SELECT path, opens FROM needed')"
finish
