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

# --- 100,000 paths: only the rows in sight are in the document ---
sqlite3 m.db <<SQL
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
INSERT INTO catalog (path, kind, size) SELECT printf('/srv/%d/%d/file-%d', i / 10000, i / 100, i), 'file', i FROM n;
SQL
check "a report of 100,000 paths" tracepack report m.db -s root -o large.html
cat >drive.html <<'HTML'
<script>
const seen = {}, began = performance.now();
seen.paths = COUNT > 100000;
seen.drawn = document.querySelectorAll(".row").length < 100;
$("search").value = "file-98765"; $("search").dispatchEvent(new Event("input"));
seen.found = [...document.querySelectorAll(".row .name")].map(e => e.textContent).join(",");
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
check_equal "all of them are in it" "$(saw paths)" true
check_equal "and few rows drawn" "$(saw drawn)" true
check_equal "search finds one of them" "$(saw found)" /srv/9/987/file-98765
check_equal "the last row can be reached" "$(saw last)" true
check_equal "no message on the console" "$(grep -c 'CONSOLE' chromium.log)" 0
echo "two searches, six sorts, a scroll and a redraw took $(saw took)"
finish
