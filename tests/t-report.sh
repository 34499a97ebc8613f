#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The report in a real browser: renders, finds, explains, shows hostile names as text.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3 --version

mkdir -p root/usr/bin root/etc "root/odd/<script>window.broken=1<"
printf '#!/bin/sh\n' >root/usr/bin/tool
echo kept >root/etc/kept.conf
echo out >root/etc/left-out.conf
echo x >"root/odd/<script>window.broken=1</x"
sqlite3 m.db <"$srcdir/db/schema.sql" || fail "schema"
sqlite3 m.db <<SQL
INSERT INTO session (id, uuid, label, kind, mode, source, host, kernel, tool, started_ns, ended_ns, state, events)
VALUES (1, '11111111-1111-1111-1111-111111111111', 'start', 'test', 'every', '$dir/root', 'h', 'k', 't', 1000000000, 3000000000, 'complete', 5),
       (2, '21111111-1111-1111-1111-111111111111', 'reload', 'test', 'every', '$dir/root', 'h', 'k', 't', 5000000000, 6000000000, 'complete', 2);
INSERT INTO program (id, exe, comm) VALUES (1, '/usr/bin/tool', 'tool');
INSERT INTO entry (id, path, kind, size, mtime_ns) VALUES
	(1, '/etc/kept.conf', 'file', 5, NULL), (2, '/etc/nothing', NULL, NULL, NULL),
	(3, '/odd/<script>window.broken=1</x', 'file', 2, NULL), (4, '/etc', 'dir', 0, NULL),
	(5, cast(x'2f6e6f2fff22273c623e26616d703b' AS text), NULL, NULL, NULL);
INSERT INTO access (session, entry, op, errno, program, count, reading, first_seq, first_ns, last_ns) VALUES
	(1, 1, 'open', 0, 1, 3, 1, 1, 1500000000, 1600000000),
	(1, 2, 'open', 2, 1, 7, 1, 2, 1500000000, 1600000000),
	(1, 5, 'open', 2, 1, 1, 1, 5, 1800000000, 1800000000),
	(1, 4, 'readdir', 0, 1, 1, 0, 4, 1800000000, 1800000000),
	(1, 3, 'open', 0, 1, 1, 1, 3, 1700000000, 1700000000),
	(2, 1, 'open', 0, 1, 1, 1, 1, 5500000000, 5600000000);
INSERT INTO catalog (path, kind, size) VALUES ('/', 'dir', 0), ('/etc', 'dir', 0), ('/etc/kept.conf', 'file', 5),
	('/etc/left-out.conf', 'file', 4), ('/odd', 'dir', 0), ('/odd/<script>window.broken=1<', 'dir', 0),
	('/odd/<script>window.broken=1</x', 'file', 2), ('/usr', 'dir', 0), ('/usr/bin', 'dir', 0), ('/usr/bin/tool', 'file', 10);
SQL

check "a report is written" tracepack report m.db -o r.html
check "it needs no network" sh -c '! grep -qE "https?://|src=|@import" r.html'
check_equal "no path can end the script element" "$(grep -c '</script>' r.html)" 2
check "the embedded data is JSON" sh -c \
	"sed -n 's/.*id=\"data\">\\(.*\\)<\\/script>.*/\\1/p' r.html | jq -e '.paths.name | length == 10'"
check_fails "a missing manifest" 1 "tracepack: report: *'none.db'*No such file*" tracepack report none.db -o x.html
check_fails "no output named" 2 "tracepack: report: -o FILE is needed*" tracepack report m.db
check_fails "an unwritable place" 1 "tracepack: report: cannot create '/nowhere/x'*" tracepack report m.db -o /nowhere/x
check "nothing half-written stays" sh -c '[ -z "$(find . -name "x.html" -o -name ".r.html.*")" ]'

requires chromium --version
# The page is driven by a script put at its end, which leaves what it saw in the document.
cat >drive.html <<'HTML'
<script>
const seen = {};
addEventListener("error", e => { seen.error = String(e.message); });
seen.title = document.title;
seen.rows = document.querySelectorAll(".row").length;
seen.map = boxes.map(b => P.name[b.i]).sort().join(",");
$("search").value = "kept.conf"; $("search").dispatchEvent(new Event("input"));
seen.found = [...document.querySelectorAll(".row .name")].map(e => e.textContent).join(",");
document.querySelector(".row").click();
seen.why = $("why").textContent;
$("search").value = "script"; $("search").dispatchEvent(new Event("input"));
seen.hostile = document.querySelector(".row .name").textContent;
$("state").value = "out"; $("search").value = ""; $("state").dispatchEvent(new Event("change"));
seen.out = [...document.querySelectorAll(".row .name")].map(e => e.textContent).join(",");
map.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight"}));
map.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter"}));
seen.descended = full[here];
map.dispatchEvent(new KeyboardEvent("keydown", {key: "Backspace"}));
seen.back = full[here];
seen.listed = $("listed").textContent;
seen.missing = $("missing").textContent;
seen.confidence = $("confidence").textContent;
seen.broken = window.broken === 1;
document.body.insertAdjacentHTML("beforeend", "<pre id=seen></pre>");
$("seen").textContent = Object.entries(seen).map(([k, v]) => k + "=" + v).join("\n");
</script>
HTML
# browse FILE: load it, and leave the document it becomes in dom.html
browse() {
	timeout 120 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$dir/profile" --enable-logging=stderr \
		--virtual-time-budget=2000 --dump-dom "file://$dir/$1" >dom.html 2>chromium.log
}
cat r.html drive.html >driven.html
browse driven.html
saw() {
	sed -n "/<pre id=\"seen\">/,/<\/pre>/p" dom.html | sed 's/<[^>]*>//g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' | sed -n "s/^$1=//p"
}
check_equal "no message on the console" "$(grep -c 'CONSOLE' chromium.log)" 0
check_equal "no script error" "$(saw error)" ""
check_equal "the title is the manifest" "$(saw title)" "m.db – tracepack report"
check_equal "the table shows every path" "$(saw rows)" 10
check_equal "the treemap shows the top" "$(saw map)" "etc,odd,usr"
check_equal "search finds" "$(saw found)" "/etc/kept.conf"
check "why says who used it" sh -c "sed -n '/id=\"seen\"/,/<\/pre>/p' dom.html | grep -q 'first used by         /usr/bin/tool at 0.500 s'"
check_equal "a hostile name is text" "$(saw hostile)" "/odd/<script>window.broken=1<"
check_equal "and does not run" "$(saw broken)" false
check "what was left out is found" sh -c "sed -n '/^out=/p' dom.html | grep -q /etc/left-out.conf"
check "Enter descends" test "$(saw descended)" != /
check_equal "Backspace comes back" "$(saw back)" /
check "misses are listed" sh -c "grep -q '^missing=.*/etc/nothing.*ENOENT.*7' dom.html"
check_equal "bytes that are no text are shown as such" "$(saw missing | grep -o "/no/.*;")" "/no/\\xff\"'<b>&amp;"
check_equal "confidence is one sentence" "$(saw confidence)" \
	"still unseen, estimated: 0 to 5 files (Chao2, 95 %), from two runs only: a rough guess"
check_equal "what listing directories would miss" "$(saw listed)" \
	"1 directory was listed; 1 name there is left out, and a program that lists it again will not see it: build with --listed=stub to keep names."

# --- a package, and what changed since another ---
mkdir -p d/usr/bin d/etc d/var/lib/dpkg/status.d
printf 'ID=debian\nVERSION_ID="12"\n' >d/etc/os-release
for n in one two; do
	echo $n >d/usr/bin/$n
	printf 'Package: %s\nVersion: 1\nArchitecture: all\n' $n >d/var/lib/dpkg/status.d/$n
	(cd d && md5sum usr/bin/$n) >d/var/lib/dpkg/status.d/$n.md5sums
done
. "$srcdir/tests/manifest.sh"
manifest d.db "$dir/d" /usr/bin/one
check "a package" tracepack build -q d.db -s d --package --name app -o one.sfc -- /usr/bin/one --serve 'a b'
echo more >>d/usr/bin/one
check "and a newer one" tracepack build -q d.db -s d --package --allow-changed --name app -o two.sfc -- /usr/bin/one
check "a report of a package" tracepack report two.sfc --compare one.sfc -o package.html
sqlite3 d.db "INSERT INTO phase SELECT id, 'ready', started_ns + 500000000 FROM session"
check "and one of a manifest with phases" tracepack report d.db -s d -o phases.html
check_fails "a package has no other source" 1 "*-s does not go with it" tracepack report two.sfc -s d -o x.html
cat >drive.html <<'HTML'
<script>
const seen = {};
addEventListener("error", e => { seen.error = String(e.message); });
seen.title = $("title").textContent;
seen.command = $("command").textContent;
seen.digest = $("digest").textContent;
seen.size = data.image_bytes;
seen.packages = [...$("packages").rows].slice(1).map(r => r.cells[0].textContent + " " + r.cells[2].textContent).join(",");
seen.others = $("packages-said").textContent;
seen.compared = $("compared-said").textContent;
seen.changes = [...$("compared").rows].slice(1).map(r => r.cells[0].textContent + r.cells[1].textContent).filter(c => c.includes("bin")).join(",");
seen.next = [...$("next").rows].slice(1).map(r => [...r.cells].slice(0, 3).map(c => c.textContent).join(" ")).join(",");
const whole = boxes.reduce((sum, b) => sum + sizeOf(b.i), 0);
$("after").click();
seen.after = boxes.reduce((sum, b) => sum + sizeOf(b.i), 0) === totalKept[0] && whole === total[0] && totalKept[0] < total[0];
seen.levels = LEVELS;
$("time").dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight"}));
seen.use = $("time-at").textContent;
seen.phases = $("time-said").textContent.replace(/.*start\./, "");
seen.margins = $("margins-section").hidden ? "none" : [...$("margins").rows].slice(1).map(r => [...r.cells].slice(0, 3).map(c => c.textContent).join(" ")).join(",");
seen.guess = $("margins-said").textContent.split(":")[0];
document.body.insertAdjacentHTML("beforeend", "<pre id=seen></pre>");
$("seen").textContent = Object.entries(seen).map(([k, v]) => k + "=" + v).join("\n");
</script>
HTML
cat package.html drive.html >driven.html
browse driven.html
check_equal "no message on the console" "$(grep -c 'CONSOLE' chromium.log)" 0
check_equal "no script error in it" "$(saw error)" ""
check_equal "its name" "$(saw title)" app
check_equal "how it is started" "$(saw command)" /usr/bin/one
check_equal "its digest" "$(saw digest)" "sha256:$(sha256sum two.sfc | cut -d' ' -f1)"
check_equal "its size" "$(saw size)" "$(stat -c %s two.sfc)"
check_equal "the packages that are needed" "$(saw packages)" "one 1 of 1"
check_equal "and the others" "$(saw others)" "1 package is needed; 1 other, 4 bytes, is not."
check "what changed" expr "$(saw compared)" : '.* changed (+5 bytes), .*'
check_equal "by name" "$(saw changes)" "~/usr/bin/one"
check_equal "of a package nobody can tell margins" "$(saw margins)" none
check_equal "what the next run should exercise" "$(saw next)" "/usr/bin 1 1"
check_equal "before and after are one treemap each" "$(saw after)" true
check "a use has a time, a program and a name" expr "$(saw use)" : '[0-9.]* s  .*  /.*'
cat phases.html drive.html >driven.html
browse driven.html
check_equal "margins are told as stat tells them" "$(saw margins)" \
	"$(tracepack stat d.db -s d --margins --json | jq -r '[.levels[] | "\(.level) \(.files) \(.bytes) bytes"] | join(",")')"
check_equal "from one run as a guess" "$(saw guess)" "From one run"
check_equal "phases are in the timeline" "$(saw phases)" " ready at 0.50 s."

# --- 1,000,000 paths: those that nobody used are counted, and only the rows in sight are in the document ---
sqlite3 m.db <<SQL
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999999)
INSERT INTO catalog (path, kind, size) SELECT printf('/srv/%d/%d/file-%d', i / 100000, i / 1000, i), 'file', i FROM n;
INSERT INTO entry (path, kind, size) SELECT path, kind, size FROM catalog WHERE path LIKE '/srv/%' AND size % 200 = 0;
INSERT INTO access (session, entry, op, errno, program, count, reading, first_seq, first_ns, last_ns)
	SELECT 1, id, 'open', 0, 1, 1, 1, 100 + id, 1000000000, 1000000000 FROM entry WHERE path LIKE '/srv/%';
SQL
sqlite3 m.db "UPDATE session SET source = '/gone'"
# measured NAME MANIFEST: its report is large.html, of 5 MB at most; spent: seconds of a processor
measured() {
	rm -f large.html
	sh -c "tracepack report -q $2 -o large.html; times" >times 2>said
	check "$1" test -s large.html
	check "has at most 5 MB" test "$(stat -c %s large.html)" -le 5000000
	spent=$(awk '{ for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); spent += t[1] * 60 + t[2] } } END { print spent }' times)
}
cp m.db all.db
sqlite3 all.db "INSERT OR IGNORE INTO entry (path, kind, size) SELECT path, kind, size FROM catalog;
	INSERT OR IGNORE INTO access (session, entry, op, errno, program, count, reading, first_seq, first_ns, last_ns)
	SELECT 1, id, 'open', 0, 1, 1, 1, 100 + id, 1000000000, 1000000000 FROM entry"
measured "a report of 1,000,000 paths that were used" all.db
all=$spent
rm all.db
measured "a report of 1,000,000 paths" m.db
check "takes at most 5 s of a processor" awk -v spent="$spent" 'BEGIN { exit spent > 5 }'
# in turns: a machine that has much else to do is slower at both
check "and where all were used, $all s, ten times that, $spent s" awk -v a="$all" -v b="$spent" 'BEGIN { exit a > 10 * b }'
cat >drive.html <<'HTML'
<script>
const seen = {}, began = performance.now();
seen.paths = COUNT > 5000 && COUNT < 30000;
seen.files = filesBelow[0];
seen.drawn = document.querySelectorAll(".row").length < 100;
$("search").value = "file-98600"; $("search").dispatchEvent(new Event("input"));
seen.found = [...document.querySelectorAll(".row .name")].map(e => e.textContent).join(",");
$("search").value = "/srv/9/987/("; $("search").dispatchEvent(new Event("input"));
seen.counted = [...document.querySelectorAll(".row .name")].map(e => e.textContent).join(",");
document.querySelector(".row").click();
seen.why = $("why").textContent.split("\n").pop();
$("search").value = ""; $("search").dispatchEvent(new Event("input"));
columns.forEach((c, k) => $("head").children[k].click());
list.scrollTop = list.scrollHeight; list.dispatchEvent(new Event("scroll"));
list.dispatchEvent(new KeyboardEvent("keydown", {key: "End"}));
seen.last = rows.length === COUNT && current === COUNT - 1 && document.querySelectorAll(".row").length < 100;
drawAll();
seen.took = Math.round(performance.now() - began) + " ms";
document.body.insertAdjacentHTML("beforeend", "<pre id=seen></pre>");
$("seen").textContent = Object.entries(seen).map(([k, v]) => k + "=" + v).join("\n");
</script>
HTML
cat large.html drive.html >driven.html
browse driven.html
check_equal "those that were used are in it" "$(saw paths)" true
check_equal "all of them are counted" "$(saw files)" 1000004
check_equal "what nobody used is one row a directory" "$(saw counted)" "/srv/9/987/(995 files never used)"
check "that says who knows each" sh -c "grep -q 'tracepack why-not says it of each' dom.html"
check_equal "and few rows drawn" "$(saw drawn)" true
check_equal "search finds one of them" "$(saw found)" "/srv/0/98/file-98600,/srv/9/986/file-986000"
check_equal "the last row can be reached" "$(saw last)" true
check_equal "no message on the console" "$(grep -c 'CONSOLE' chromium.log)" 0
echo "two searches, six sorts, a scroll and a redraw took $(saw took)"

# --- a manifest from somebody else ---
sqlite3 m.db "INSERT INTO catalog (path, kind, size) VALUES ('nowhere', 'file', 1)"
tracepack report -q m.db -o bad.html 2>said
check_equal "a catalog of no paths is refused" "$?" 1
check "and it is said why" grep -q "the catalog has 'nowhere', which is no absolute path" said
finish
