#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tracepack impact: what in a package, and in a manifest, a newer source has changed.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/manifest.sh"
requires root
requires sqlite3 --version
requires jq --version

mkdir -p old/usr/bin old/etc old/usr/lib old/var/lib/dpkg/info
for f in usr/bin/tool usr/bin/other usr/lib/data etc/conf etc/unused; do
	echo "$f" >old/$f
done
ln -s ../lib/data old/usr/bin/link
chmod 755 old/usr/bin/*
printf 'Package: tool\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n' >old/var/lib/dpkg/status
printf '/usr\n/usr/bin\n/usr/bin/tool\n' >old/var/lib/dpkg/info/tool.list
manifest m.db "$dir/old" /usr/bin/tool /usr/bin/other /usr/lib/data /etc/conf
sqlite3 m.db "INSERT INTO entry (id, path) VALUES (50, '/etc/tool.d/extra'), (51, '/etc/never');
	INSERT INTO access (entry, session, op, errno, program, count, first_seq, first_ns, last_ns)
	VALUES (50, 1, 'open', 2, 1, 1, 50, 1, 1), (51, 1, 'open', 2, 1, 1, 51, 1, 1);"
tracepack build m.db -s old --package --include /usr/bin/link -o app.sfc -q || fail "no package"
tracepack build m.db -s old --package --stat-only=hole -o hole.sfc -q || fail "no package with holes"

cp -a old new
echo changed >new/etc/unused
sed -i 's/: 1/: 2/' new/var/lib/dpkg/status
check_equal "what is not kept changed: not needed" "$(tracepack impact app.sfc -s new)" \
	"0 of 5 kept files changed: not needed"
check_equal "nor of a directory against itself" "$(tracepack impact old -s old | tail -1)" \
	"0 of 6 kept files changed: not needed"
check_equal "the manifest says the same" "$(tracepack impact m.db -s new)" \
	"0 of 4 kept files changed: not needed"
tracepack impact --exit-code app.sfc -s new >/dev/null
check_equal "exit 0" $? 0

printf 'usr/bin/tooL\n' >new/usr/bin/tool # the same size
touch -r old/usr/bin/tool new/usr/bin/tool
rm new/etc/conf
ln -sfn ../lib/other new/usr/bin/link
check_equal "contents, targets and what is gone" "$(tracepack impact app.sfc -s new)" \
"-  /etc/conf
~  /usr/bin/link  (target ../lib/data → ../lib/other)
~  /usr/bin/tool  (content)
3 of 5 kept files changed: rebuild"
tracepack impact --exit-code -q app.sfc -s new >/dev/null
check_equal "exit 3 when asked" $? 3
tracepack impact app.sfc -s new >/dev/null
check_equal "and 0 when not" $? 0
check_equal "JSON" "$(tracepack impact --json app.sfc -s new | jq -c '[.rebuild, .files, .gone, .changed[].what]')" \
	'[true,5,["/etc/conf"],["target"],["content"]]'
check_equal "a manifest has only size and time" "$(tracepack impact -q m.db -s new)" \
	"1 of 4 kept files changed: rebuild"
touch -d @1000000000 new/usr/bin/tool # not within the second it was made in
mkdir new/etc/tool.d
echo x >new/etc/tool.d/extra
check_equal "and knows what was looked for in vain" "$(tracepack impact m.db -s new)" \
"-  /etc/conf
~  /usr/bin/tool  (time)
+  /etc/tool.d/extra
2 of 4 kept files changed, 1 that had been looked for in vain appeared: rebuild"
cp -a old/. new/
check_equal "a hole is no change" "$(tracepack impact hole.sfc -s new)" "0 of 4 kept files changed: not needed"
mv new/usr/lib new/usr/lib64
ln -s lib64 new/usr/lib
check_equal "a directory that became a link: its files are elsewhere" "$(tracepack impact app.sfc -s new)" \
"-  /usr/lib/data
1 of 5 kept files changed: rebuild"

check_fails "without a source" 2 "tracepack: impact: of which newer source*" tracepack impact app.sfc
check_fails "the source is not there" 1 "tracepack: impact: *nowhere*" tracepack impact app.sfc -s nowhere
check_fails "the package is not there" 1 "tracepack: impact: *nothing.sfc*" tracepack impact nothing.sfc -s new
! command -v mandoc >/dev/null ||
	check_equal "tracepack-impact(1) is clean" "$(mandoc -Tlint -W warning "$srcdir/pack/cmd/tracepack-impact.1" 2>&1)" ""
finish
