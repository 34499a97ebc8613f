#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What --margin takes along, seen in the image; what why and why-not say of it; customs of one's own.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/manifest.sh"
requires sqlite3 --version
requires command -v unsquashfs
requires jq --version

# --- a mail server: its configuration names a file, its queue is empty, its operator has a tree ---
mkdir -p root/etc/mail root/usr/sbin root/var/spool/mail/new root/srv/web/img root/usr/share/mail/text \
	root/var/lib/dpkg/info root/usr/lib/helper
echo x >root/usr/sbin/mail
printf 'aliases = /etc/mail/aliases\ntexts = /usr/share/mail/text/*.txt\n' >root/etc/mail/main.cf
echo 'all: root' >root/etc/mail/aliases
echo 'never named' >root/etc/mail/other
echo en >root/usr/share/mail/text/bounce.txt
echo helper >root/usr/lib/helper/one
echo page >root/srv/web/index.html
echo error >root/srv/web/404.html
printf -- '-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n' >root/srv/web/key.pem
printf 'Package: mail\nStatus: install ok installed\nVersion: 1\nArchitecture: all\nDepends: helper\n\n' >root/var/lib/dpkg/status
printf 'Package: helper\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n' >>root/var/lib/dpkg/status
printf '/.\n/usr/sbin/mail\n/etc/mail/other\n/usr/share/mail/text/bounce.txt\n' >root/var/lib/dpkg/info/mail.list
printf '/.\n/usr/lib/helper/one\n' >root/var/lib/dpkg/info/helper.list
manifest m.db "$dir/root" /usr/sbin/mail
sqlite3 m.db "
	INSERT INTO entry (id, path, kind, size, mode, uid, gid, mtime_ns, nlink) VALUES
		(10, '/etc/mail/main.cf', 'file', $(stat -c %s root/etc/mail/main.cf), 420, 0, 0, 0, 1),
		(11, '/srv/web/index.html', 'file', 5, 420, 0, 0, 0, 1);
	INSERT INTO access (entry, session, op, errno, program, count, first_seq, first_ns, last_ns) VALUES
		(10, 1, 'open', 0, 1, 1, 10, 1000000000000000000, 1000000000000000000),
		(11, 1, 'open', 0, 1, 1, 11, 1000000000000000000, 1000000000000000000);"

# pack OPTION…: the image; `got` are its files, `dirs` its empty directories below /var
pack() {
	rm -f x.sqsh
	tracepack build m.db -s root -o x.sqsh --level 1 "$@" >build.out 2>build.err || cat build.err
	unsquashfs -lln x.sqsh 2>/dev/null | awk '{ sub("squashfs-root", "", $6); print substr($1, 1, 1), $6 }' >list
	got=$(sed -n 's/^- //p' list | sort | paste -sd' ' -)
	dirs=$(sed -n 's/^d \(\/var.*\)/\1/p' list | sort | paste -sd' ' -)
}

touched="/etc/mail/main.cf /srv/web/index.html /usr/sbin/mail"
pack
check_equal "without a margin: what was used" "$got:$dirs" "$touched:"
pack --margin none
check_equal "none is the same" "$got:$dirs" "$touched:"
pack --margin own
check_equal "own: what is named, the operator's tree, no secret" "$got" \
	"/etc/mail/aliases /etc/mail/main.cf /srv/web/404.html /srv/web/index.html /usr/sbin/mail"
check_equal "own: the empty queue" "$dirs" "/var /var/spool /var/spool/mail /var/spool/mail/new"
check "own: the secret is named" grep -q 'left out: /srv/web/key.pem (private key' build.out
check "how many came so is said" grep -q ' by margin' build.out
pack --margin near
check_equal "near: what lies in a directory that is named" "$got" \
	"/etc/mail/aliases /etc/mail/main.cf /srv/web/404.html /srv/web/index.html /usr/sbin/mail /usr/share/mail/text/bounce.txt"
pack --margin package
check_equal "package: all of its files" "$got" \
	"/etc/mail/aliases /etc/mail/main.cf /etc/mail/other /srv/web/404.html /srv/web/index.html /usr/sbin/mail /usr/share/mail/text/bounce.txt"
pack --margin depends
check_equal "depends: those it depends on" "$(echo "$got" | tr ' ' '\n' | grep helper)" /usr/lib/helper/one
pack --margin own --exclude /srv/web
check_equal "a rule has the last word" "$got" "/etc/mail/aliases /etc/mail/main.cf /usr/sbin/mail"
pack --margin own
mv x.sqsh first.sqsh
pack --margin own
check "twice the same bytes" cmp x.sqsh first.sqsh
check_fails "no such margin" 2 "*'wide' is no margin: none, own, near, module, package or depends*" \
	tracepack build m.db -s root -o y.sqsh --margin wide

# --- why, why-not ---
check_equal "why: named" "$(tracepack why m.db -s root --margin own /etc/mail/aliases | sed -n 2p)" \
	"  by margin            own: named in /etc/mail/main.cf"
check_equal "why: the tree" "$(tracepack why m.db -s root --margin own /srv/web/404.html | sed -n 2p)" \
	"  by margin            own: the operator's own tree /srv/web"
check_equal "why-not: the level, its reason and its price" "$(tracepack why-not m.db -s root /etc/mail/aliases)" \
	"/etc/mail/aliases is not in the selection: no session touched it (10 bytes with what it needs); --margin own takes it in, named in /etc/mail/main.cf (and 16 bytes in all)."
check_equal "why-not --json" "$(tracepack why-not m.db -s root --json /usr/lib/helper/one | jq -c .margin)" \
	'{"level":"depends","why":"of the package helper, on which mail depends","bytes":38}'
check_equal "why-not --levels of many" \
	"$(tracepack why-not --levels m.db -s root /etc/mail/aliases /usr/sbin/mail /usr/lib/helper/one /etc/mail/other /var/lib/dpkg/status /none | paste -sd,)" \
	"own	/etc/mail/aliases,none	/usr/sbin/mail,depends	/usr/lib/helper/one,package	/etc/mail/other,-	/var/lib/dpkg/status,-	/none"
check_equal "why-not: what no margin takes" "$(tracepack why-not m.db -s root --margin depends /var/lib/dpkg/status |
	grep -c margin)" 0
tracepack build m.db -s root --package -o p.sfc --margin own --level 1 -q -- /usr/sbin/mail 2>/dev/null
check_equal "a package tells it too" "$(tracepack why p.sfc /etc/mail/aliases | sed -n 2p)" \
	"  by margin            own: named in /etc/mail/main.cf"

check_equal "why-not --levels of a package" "$(tracepack why-not --levels p.sfc -s root /usr/share/mail/text/bounce.txt)" \
	"near	/usr/share/mail/text/bounce.txt"

# --- what each level costs, and what a feature would miss ---
check_equal "one run is a guess" "$(tracepack stat m.db -s root --margins | tail -n 1 | cut -d: -f1-2)" \
	"from one run: these chances are a guess, from other services; trace another feature with another label"
check_equal "files and bytes of each level" \
	"$(tracepack stat m.db -s root --margins --json | jq -r '.levels[] | "\(.level) \(.files) \(.bytes)"' | paste -sd,)" \
	"none 3 70,own 5 86,near 6 89,module 6 89,package 7 101,depends 8 108"
cp m.db two.db
sqlite3 two.db "
	INSERT INTO session (id, uuid, label, kind, mode, source, host, kernel, tool, started_ns, ended_ns, state)
	SELECT 2, 'a1a2a3a4-94a5-4a3e-9d6c-000000000002', 'bounce', kind, mode, source, host, kernel, tool,
		started_ns + 1000000000, ended_ns + 1000000000, state FROM session WHERE id = 1;
	INSERT INTO access (entry, session, op, errno, program, count, first_seq, first_ns, last_ns)
	SELECT entry, 2, op, errno, program, count, first_seq, first_ns, last_ns FROM access WHERE session = 1;
	INSERT INTO entry (id, path, kind, size, mode, uid, gid, mtime_ns, nlink) VALUES
		(20, '/usr/share/mail/text/bounce.txt', 'file', 3, 420, 0, 0, 0, 1);
	INSERT INTO access (entry, session, op, errno, program, count, first_seq, first_ns, last_ns) VALUES
		(20, 2, 'open', 0, 1, 1, 30, 1000000000000000000, 1000000000000000000);"
check_equal "each label left out: what it misses, level by level" \
	"$(tracepack stat two.db -s root --margins --json | jq -r '.labels, (.levels[] | "\(.level) \(.labels_missing) \(.paths_missing)")' | paste -sd,)" \
	"2,none 1 1,own 1 1,near 0 0,module 0 0,package 0 0,depends 0 0"
check_equal "and which paths that were, label by label" \
	"$(tracepack stat two.db -s root --margins --json | jq -c '.left_out[] | [.label, (.levels[1, 2] | .level, .missing)]' | sort | paste -sd' ')" \
	'["bounce","own",["/usr/share/mail/text/bounce.txt"],"near",[]] ["l","own",[],"near",[]]'
check_equal "what the others bring has the bytes and the paths of what is packed of them" \
	"$(tracepack stat two.db -s root --margins --json | jq -r '.left_out[] | select(.label == "bounce").levels[] | .bytes' | paste -sd' ')" \
	"$(tracepack stat m.db -s root --margins --json | jq -r '.levels[].bytes' | paste -sd' ')"
check_equal "paths that are the same have one digest" \
	"$(tracepack stat two.db -s root --margins --json | jq -r '.left_out[].levels[2, 3].paths' | sort -u | wc -l)" 1
check "what was seen counts beside the guess" sh -c 'tracepack stat two.db -s root --margins --json |
	jq -e "(.guess | not) and .levels[0].chance > .levels[2].chance * 5 and .levels[2].low == 0 and .levels[2].high < 0.4" >/dev/null'
check_fails "--source alone" 2 "*--source is for --margins*" tracepack stat m.db -s root

# --- a plain user: what he may not list is said, and no reason to stop ---
if setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$builddir/pack/tracepack"; then
	chmod 755 "$dir"
	mkdir -m 700 root/srv/web/closed
	echo x >root/srv/web/closed/file
	mkdir -m 777 his
	setpriv --reuid 65534 --regid 65534 --clear-groups tracepack build m.db -s root -o his/x.sqsh --level 1 \
		--margin own >said 2>&1
	check_equal "a user packs what he may" $? 0
	check "and is told what he may not list" grep -q "^tracepack: warning: '/srv/web/closed' may not be listed by this user; *" said
	check_equal "of which nothing is in" "$(unsquashfs -l his/x.sqsh | grep -c closed)" 0
	check "all else of the operator's tree is" sh -c 'unsquashfs -l his/x.sqsh | grep -q /srv/web/404.html'
	rm -r root/srv/web/closed
fi

# --- customs of one's own ---
mkdir customs
printf '# helper is opened by mail\nwhen /usr/sbin/mail\nadd /usr/lib/helper/*\n' >customs/mail.custom
pack --customs customs
check_equal "a custom of one's own" "$got" "/etc/mail/main.cf /srv/web/index.html /usr/lib/helper/one /usr/sbin/mail"
check_equal "why: by custom" "$(tracepack why m.db -s root --customs customs /usr/lib/helper/one | sed -n 2p)" \
	"  goes with            /usr/sbin/mail (mail)"
pack --customs customs --no-ecosystem mail
check_equal "it can be switched off" "$got" "$touched"
check_fails "what is no ecosystem" 2 "*there is no ecosystem 'cobol'*" \
	tracepack build m.db -s root -o y.sqsh --no-ecosystem cobol
check_equal "customs --check of a file" "$(tracepack customs --check customs/mail.custom)" "1 custom of 1 ecosystem"
check_equal "customs lists it among ours" "$(tracepack customs --customs customs | awk '$1 == "mail" { print $2, $3 }')" \
	"1 customs/mail.custom"
check "all of ours can be read" tracepack customs --check
echo 'if /x' >customs/bad.custom
check_fails "customs --check of what is none" 1 "tracepack: customs: customs/bad.custom:1: a line begins with when, *not with 'if'" \
	tracepack customs --check customs/bad.custom
check_fails "build with what is none" 1 "*customs/bad.custom:1: *" \
	tracepack build m.db -s root -o y.sqsh --customs customs
check_fails "a directory that is not there" 1 "*cannot list the customs in 'nonesuch': No such file*" \
	tracepack build m.db -s root -o y.sqsh --customs nonesuch
finish
