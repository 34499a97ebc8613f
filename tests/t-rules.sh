#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every rule and policy of tracepack build, seen in the image it makes.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/manifest.sh"
requires sqlite3 --version
requires command -v unsquashfs
requires jq --version
requires ldd /bin/true

# --- a root with two packages of dpkg and two of apk, and a program with its libraries ---
mkdir -p root/etc root/srv/data root/srv/list/sub root/usr/bin root/usr/share/doc/tool \
	root/var/lib/dpkg/info root/lib/apk/db root/var/spool/jobs/old root/opt/apk
echo main >root/srv/main
echo config >root/etc/config
printf 'looked at\n' >root/srv/data/stat
echo one >root/srv/list/one
echo two >root/srv/list/two
echo three >root/srv/list/sub/three
echo job >root/var/spool/jobs/old/job
echo tool >root/usr/bin/tool
echo doc >root/usr/share/doc/tool/copyright
echo extra >root/usr/share/doc/extra
echo a >root/opt/apk/a
echo b >root/opt/apk/b
printf '/.\n/usr\n/usr/bin\n/usr/bin/tool\n/usr/share/doc/tool/copyright\n/usr/share/gone\n' \
	>root/var/lib/dpkg/info/tool:amd64.list
printf '/.\n/usr/share/doc/extra\n' >root/var/lib/dpkg/info/tool-doc.list
printf 'P:apk-a\nV:1\nF:opt/apk\nR:a\n\nP:apk-b\nV:1\nF:opt/apk\nR:b\n' >root/lib/apk/db/installed
cp /bin/true root/usr/bin/really
for library in $(ldd /bin/true | grep -o '/[^ ]*'); do
	mkdir -p "root$(dirname "$library")"
	cp -L "$library" "root$library"
	libraries="${libraries:-} $library"
done
printf '#!/usr/bin/env really\n' >root/usr/bin/script
cp /bin/true root/usr/bin/env
chmod 755 root/usr/bin/script

# What the sessions did: read /srv/main, looked at /srv/data/stat, listed /srv/list.
manifest m.db "$dir/root" /srv/main
sqlite3 m.db "
	INSERT INTO entry (id, path, kind, size, mode, uid, gid, mtime_ns, nlink) VALUES
		(10, '/srv/data/stat', 'file', 10, 420, 0, 0, 0, 1), (11, '/srv/list', 'dir', 0, 493, 0, 0, 0, 2);
	INSERT INTO access (entry, session, op, errno, program, count, first_seq, first_ns, last_ns) VALUES
		(10, 1, 'stat', 0, 1, 1, 10, 1000000000000000000, 1000000000000000000),
		(11, 1, 'readdir', 0, 1, 1, 11, 1000000000000000000, 1000000000000000000);"

# build OPTION…: the image of the rules in the file of that name, its files in `got`
build() {
	rm -f x.sqsh
	tracepack build m.db -s root -o x.sqsh --level 1 --no-ecosystem all --rules rules "$@" \
		>build.out 2>build.err || cat build.err
	got=$(unsquashfs -lln x.sqsh 2>/dev/null | awk '$1 ~ /^-/ || $1 ~ /^l/ { sub("squashfs-root", "", $6); print $6 }' |
		sort | paste -sd' ' -)
}

# attributes PATH: mode, owner and size in the image
attributes() {
	unsquashfs -lln x.sqsh | awk -v p="squashfs-root$1" '$6 == p { print $1, $2, $3 }'
}

# files RULE…: what these rules pack
files() {
	printf '%s\n' "$@" >rules
	build
}

# sorted WORD…
sorted() {
	printf '%s\n' "$@" | sort | paste -sd' ' -
}

files '# nothing'
check_equal "without rules: what was used" "$got" "/srv/data/stat /srv/main"
check_equal "and nothing is said" "$(cat build.err)" ""

# --- include, exclude, include-dir ---
files 'include /etc/*'
check_equal "include: a glob" "$got" "/etc/config /srv/data/stat /srv/main"
files 'include-dir /srv/list'
check_equal "include-dir: with what is below" "$got" \
	"/srv/data/stat /srv/list/one /srv/list/sub/three /srv/list/two /srv/main"
files 'include-dir /srv/list' 'exclude two' 'exclude /srv/list/sub'
check_equal "exclude: at any depth, and with what is below" "$got" \
	"/srv/data/stat /srv/list/one /srv/main"
check_equal "and the directory is out, too" "$(attributes /srv/list/sub)" ""
files 'exclude /srv/list/sub' 'include-dir /srv/list'
check_equal "the last one wins" "$got" \
	"/srv/data/stat /srv/list/one /srv/list/sub/three /srv/list/two /srv/main"
files 'include **/three' 'exclude /srv/main'
check_equal "** is any number of directories" "$got" "/srv/data/stat /srv/list/sub/three"
printf 'exclude /srv/main\n' >rules
build --include /srv/main
check_equal "the command line comes after the file" "$got" "/srv/data/stat /srv/main"

# --- programs and packages ---
files 'include-bin script'
# shellcheck disable=SC2086 # libraries are words
check_equal "include-bin: a script, env, the program and its libraries" "$got" \
	"$(sorted /srv/data/stat /srv/main /usr/bin/env /usr/bin/really /usr/bin/script $libraries)"
files 'include-package tool'
check_equal "include-package: of dpkg" "$got" \
	"/srv/data/stat /srv/main /usr/bin/tool /usr/share/doc/tool/copyright"
check_equal "what the package has lost is nothing to warn of" "$(cat build.err)" ""
files 'include-package tool*'
check_equal "include-package: a glob" "$got" \
	"/srv/data/stat /srv/main /usr/bin/tool /usr/share/doc/extra /usr/share/doc/tool/copyright"
files 'include-package tool' 'exclude /usr/share/doc'
check_equal "include-package: without some of it" "$got" "/srv/data/stat /srv/main /usr/bin/tool"
files 'include-package apk-a'
check_equal "include-package: of apk" "$got" "/opt/apk/a /srv/data/stat /srv/main"

# --- keep-empty ---
files 'keep-empty /var/spool/jobs'
check_equal "keep-empty: nothing of what is in it" "$got" "/srv/data/stat /srv/main"
check_equal "but the directory" "$(attributes /var/spool/jobs | cut -c1)" d
check_equal "and nothing below" "$(attributes /var/spool/jobs/old)" ""
files 'include-dir /var/spool' 'keep-empty /var/spool/jobs'
check_equal "keep-empty: empties what an earlier rule put in" "$got" "/srv/data/stat /srv/main"
files 'keep-empty /srv'
check_equal "keep-empty: and what was used" "$got" ""

# --- replace, mode, owner ---
echo "replaced by a longer text" >new
files 'replace /srv/main WITH new'
check_equal "replace: the contents" "$(unsquashfs -cat x.sqsh srv/main)" "replaced by a longer text"
check_equal "and nothing in the source" "$(cat root/srv/main)" main
files 'replace /etc/config WITH "new"'
check_equal "replace: puts in what was not used" "$(unsquashfs -cat x.sqsh etc/config)" \
	"replaced by a longer text"
files 'mode 4750 /srv/main' 'owner 12:34 /srv/main' 'mode 0700 /srv/data' 'owner 70000:70001 /srv/data'
check_equal "mode and owner of a file" "$(attributes /srv/main)" "-rwsr-x--- 12/34 5"
check_equal "mode and owner of a directory" "$(attributes /srv/data | cut -d' ' -f1,2)" \
	"drwx------ 70000/70001"
files 'mode 0600 /srv/**' 'mode 0640 main'
check_equal "mode: of two the last" "$(attributes /srv/main | cut -d' ' -f1)" "-rw-r-----"
check_equal "mode: the other one elsewhere" "$(attributes /srv/data/stat | cut -d' ' -f1)" "-rw-------"

# --- what was only looked at ---
files '# nothing'
build --stat-only whole
check_equal "stat-only whole: with its contents" "$(unsquashfs -cat x.sqsh srv/data/stat)" "looked at"
build --stat-only hole
check_equal "stat-only hole: attributes and size" "$(attributes /srv/data/stat | awk '{ print $3 }')" 10
check_equal "and zeros" "$(unsquashfs -cat x.sqsh srv/data/stat | tr -d '\000' | wc -c)" 0
build --stat-only omit
check_equal "stat-only omit: not there" "$got" /srv/main
check_equal "and said so" "$(tracepack build m.db -s root -n --stat-only omit --json 2>/dev/null |
	jq -c '[.left_out[].path]')" '["/srv/data/stat"]'

# --- what was listed ---
build --listed none
check_equal "listed none: the directory is empty" "$got" "/srv/data/stat /srv/main"
check_equal "but there" "$(attributes /srv/list | cut -c1)" d
check_equal "and what it hides is said" "$(grep listed build.out)" \
	"        1 directory was listed; 3 names there are left out (--listed=stub keeps names)"
check_equal "also as JSON" "$(tracepack build m.db -s root -n --json | jq -c .listed)" '{"directories":1,"left_out":3}'
build --listed stub
check_equal "listed stub: nothing to be said" "$(grep listed build.out)" ""
check_equal "listed stub: its names" "$got" "/srv/data/stat /srv/list/one /srv/list/two /srv/main"
check_equal "and attributes" "$(attributes /srv/list/one | awk '{ print $3 }')" 4
check_equal "and directories" "$(attributes /srv/list/sub | cut -c1)" d
check_equal "with holes for contents" \
	"$(unsquashfs -cat x.sqsh srv/list/one | tr -d '\000' | wc -c)" 0
build --listed full
check_equal "listed full: with contents" "$(unsquashfs -cat x.sqsh srv/list/one)" one
check_equal "but no deeper than was listed" "$got" \
	"/srv/data/stat /srv/list/one /srv/list/two /srv/main"

# --- a rule that matches nothing is a warning that names it; any other says nothing ---
line=0
while IFS= read -r rule; do
	line=$((line + 1))
	printf '%s\n' 'include /etc/config' "$rule" >rules
	build
	check_equal "matches nothing: $rule" "$(cat build.err)" \
		"tracepack: warning: rules:2: the rule '$rule' matches nothing"
	check_equal "and the image is made all the same" "$got" "/etc/config /srv/data/stat /srv/main"
done <<'RULES'
include /none/*
include-dir /none
include-package none
include-bin none
exclude /none
keep-empty /none
mode 0600 /none
owner 0:0 /none
replace /none WITH new
RULES

# --- a wrong rule names its line ---
while IFS='|' read -r rule said; do
	printf '%s\n' '# one' "$rule" >rules
	check_fails "wrong: $rule" 1 "tracepack: rules:2: $said" \
		tracepack build m.db -s root -n --rules rules
done <<'RULES'
frobnicate /x|*'frobnicate'*
include|*include GLOB*
include a b|*include GLOB*
mode 9 /x|*mode MODE GLOB*
owner x:y /x|*owner UID:GID GLOB*
replace /srv/main BY new|*replace PATH WITH FILE*
include "open|*
RULES
printf 'replace /srv/main WITH nowhere\n' >rules
check_fails "replace: the file has to be there" 1 "tracepack: rules:1: *nowhere*" \
	tracepack build m.db -s root -o none.sqsh --rules rules
check "and no image is left" test ! -e none.sqsh
finish
