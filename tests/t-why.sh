#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tracepack why, word for word, for nginx, python3 and a script through env; why-not where there is
# no source to look at.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/manifest.sh"
requires root
requires sqlite3 --version
requires jq --version
# the words name libraries of Debian 12
requires test "$(uname -m)" = x86_64
requires test "${SFC_TEST_SUITE:-bookworm}" = bookworm

nginx=$(sh "$srcdir/tests/minbase.sh" nginx-light) || skip "needs a Debian root with nginx"
python=$(sh "$srcdir/tests/minbase.sh" python3) || skip "needs a Debian root with python3"
base=$(sh "$srcdir/tests/minbase.sh") || skip "needs a Debian root (tests/minbase.sh)"
lib=/usr/lib/x86_64-linux-gnu

# golden CLAIM MANIFEST SOURCE PATH…: why each of them, against standard input
golden() {
	claim=$1 file=$2 source=$3
	shift 3
	for path; do
		tracepack why "$file" -s "$source" "$path"
	done >got 2>&1
	cat >wanted
	check_equal "why: $claim" "$(cat got)" "$(cat wanted)"
}

manifest nginx.db "$nginx" /usr/sbin/nginx
golden "nginx" nginx.db "$nginx" /usr/sbin/nginx /usr/sbin $lib/libpcre2-8.so.0.11.2 $lib/libcrypto.so.3 \
	$lib/ld-linux-x86-64.so.2 /lib64 /usr/lib/nginx/modules <<'WANTED'
/usr/sbin/nginx
  opened in            session "l", first at 0.000 s, by /bin/sh
/usr/sbin
  directory of         /usr/sbin/nginx
  opened in            session "l", first at 0.000 s, by /bin/sh
/usr/lib/x86_64-linux-gnu/libpcre2-8.so.0.11.2
  target of the link   /usr/lib/x86_64-linux-gnu/libpcre2-8.so.0
  needed by            /usr/sbin/nginx (DT_NEEDED libpcre2-8.so.0)
  opened in            session "l", first at 0.000 s, by /bin/sh
/usr/lib/x86_64-linux-gnu/libcrypto.so.3
  needed by            /usr/sbin/nginx (DT_NEEDED libcrypto.so.3)
  opened in            session "l", first at 0.000 s, by /bin/sh
also
  needed by            /usr/lib/x86_64-linux-gnu/libssl.so.3 (DT_NEEDED libcrypto.so.3)
/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
  target of the link   /usr/lib64/ld-linux-x86-64.so.2
  interpreter of       /usr/sbin/nginx (/lib64/ld-linux-x86-64.so.2)
  opened in            session "l", first at 0.000 s, by /bin/sh
also
  needed by            /usr/lib/x86_64-linux-gnu/libc.so.6 (DT_NEEDED ld-linux-x86-64.so.2)
/lib64
  on the way to        /usr/sbin/nginx (/lib64/ld-linux-x86-64.so.2)
  opened in            session "l", first at 0.000 s, by /bin/sh
/usr/lib/nginx/modules
  target of the link   /usr/share/nginx/modules
  on the way to        /etc/nginx/modules-enabled/50-mod-http-echo.conf (/usr/share/nginx/modules/ngx_http_echo_module.so)
  goes with            /usr/sbin/nginx (httpd)
  opened in            session "l", first at 0.000 s, by /bin/sh
also
  directory of         /usr/lib/nginx/modules/ngx_http_echo_module.so
WANTED

manifest python.db "$python" /usr/bin/python3.11 /usr/lib/python3.11/json/decoder.py
golden "python3" python.db "$python" $lib/libexpat.so.1.8.10 $lib/libz.so.1.2.13 \
	/usr/lib/python3.11/json/__init__.py /usr/lib/python3.11/json <<'WANTED'
/usr/lib/x86_64-linux-gnu/libexpat.so.1.8.10
  target of the link   /usr/lib/x86_64-linux-gnu/libexpat.so.1
  needed by            /usr/bin/python3.11 (DT_NEEDED libexpat.so.1)
  opened in            session "l", first at 0.000 s, by /bin/sh
/usr/lib/x86_64-linux-gnu/libz.so.1.2.13
  target of the link   /usr/lib/x86_64-linux-gnu/libz.so.1
  needed by            /usr/bin/python3.11 (DT_NEEDED libz.so.1)
  opened in            session "l", first at 0.000 s, by /bin/sh
/usr/lib/python3.11/json/__init__.py
  goes with            /usr/lib/python3.11/json/decoder.py (python)
  opened in            session "l", first at 0.000 s, by /bin/sh
also
  goes with            /usr/lib/python3.11/json/__pycache__/decoder.cpython-311.pyc (python)
  goes with            /usr/lib/python3.11/json/__pycache__/__init__.cpython-311.pyc (python)
/usr/lib/python3.11/json
  directory of         /usr/lib/python3.11/json/decoder.py
  opened in            session "l", first at 0.000 s, by /bin/sh
WANTED

mkdir root upper work
mount -t overlay overlay -o "lowerdir=$base,upperdir=$dir/upper,workdir=$dir/work" root ||
	skip "needs overlayfs"
mkdir root/opt/app
printf '#!/usr/bin/env -S sh -e\ntrue\n' >root/opt/app/go
chmod 755 root/opt/app/go
echo never >root/opt/app/never
echo twelve bytes >root/opt/app/stays
manifest script.db "$dir/root" /opt/app/go
golden "a script through env" script.db root /usr/bin/env /usr/bin/dash /usr/bin/sh $lib/libc.so.6 <<'WANTED'
/usr/bin/env
  runs the script      /opt/app/go (#!/usr/bin/env)
  opened in            session "l", first at 0.000 s, by /bin/sh
/usr/bin/dash
  target of the link   /usr/bin/sh
  runs the script      /opt/app/go (#!env sh)
  opened in            session "l", first at 0.000 s, by /bin/sh
/usr/bin/sh
  runs the script      /opt/app/go (#!env sh)
  opened in            session "l", first at 0.000 s, by /bin/sh
/usr/lib/x86_64-linux-gnu/libc.so.6
  needed by            /usr/bin/env (DT_NEEDED libc.so.6)
  runs the script      /opt/app/go (#!/usr/bin/env)
  opened in            session "l", first at 0.000 s, by /bin/sh
also
  needed by            /usr/bin/dash (DT_NEEDED libc.so.6)
  needed by            /usr/lib/x86_64-linux-gnu/libnss_files.so.2 (DT_NEEDED libc.so.6)
  needed by            /usr/lib/x86_64-linux-gnu/libnss_dns.so.2 (DT_NEEDED libc.so.6)
WANTED

# --- what production missed, as a guard that reports and one that heals record it ---
{
	cat "$srcdir/db/schema.sql"
	echo "INSERT INTO program VALUES (1, '/usr/bin/cat', 'cat');
	INSERT INTO session (id, uuid, label, kind, mode, source, host, kernel, tool, started_ns, ended_ns, state)
	VALUES (1, '0b0e7c5c-94a5-4a3e-9d6c-000000000002', 'app/one', 'prod', 'every', '/var/lib/sfc/guard',
		'h', 'k', 't', 1700000000000000000, 1700000001000000000, 'complete');
	INSERT INTO entry (id, path) VALUES (1, '/opt/app/never'), (2, '/opt/app/gone');
	INSERT INTO entry (id, path, kind, size, mode, uid, gid, mtime_ns, nlink)
	VALUES (3, '/opt/app/stays', 'file', 13, 420, 0, 0, 0, 1);
	INSERT INTO access (session, entry, op, errno, program, count, reading, first_seq, first_ns, last_ns)
	VALUES (1, 1, 'lookup', 2, 1, 2, 0, 1, 1700000000000000000, 1700000000000000000),
	       (1, 1, 'stat', 2, 1, 1, 0, 2, 1700000000000000001, 1700000000000000001),
	       (1, 2, 'lookup', 2, 1, 1, 0, 3, 1700000000000000001, 1700000000000000001),
	       (1, 3, 'open', 0, 1, 1, 1, 4, 1700000000500000000, 1700000000500000000);"
} | sqlite3 misses.db
cp script.db healed.db
check "misses merge" tracepack merge -q healed.db misses.db
TZ=UTC golden "missed in production" healed.db root /opt/app/never /opt/app/stays <<'WANTED'
/opt/app/never
  missed in prod       by /usr/bin/cat at 2023-11-14 22:13:20, 3 times (app/one)
/opt/app/stays
  missed in prod       by /usr/bin/cat at 2023-11-14 22:13:20, 1 time (app/one)
WANTED
check "a package has them, from the source that was tested" tracepack build healed.db --package -o healed.sfc --level 1 -q
check_equal "and says so itself" "$(TZ=UTC tracepack why healed.sfc /opt/app/never | tail -n 1)" \
	"  missed in prod       by /usr/bin/cat at 2023-11-14 22:13:20, 3 times (app/one)"
check_equal "why --json: how often" "$(tracepack why --json healed.sfc /opt/app/never | jq -c '.reasons[0] | [.session, .missed]')" \
	'["app/one",3]'
check_equal "it is started as it was tested" "$(tracepack ls healed.sfc >/dev/null && sqfscat healed.sfc config.json | jq -c .process.args)" '["/bin/sh"]'
check "without that session they are out again" \
	sh -c '! tracepack why healed.db --without app/one /opt/app/never >/dev/null'

# --- why-not, with a package alone ---
sqlite3 script.db "INSERT INTO catalog (path, kind, size) SELECT path, kind, size FROM entry WHERE path = '/opt/app/go';
	INSERT INTO catalog (path, kind, size) VALUES ('/opt/app/never', 'file', 6), ('/opt/app', 'dir', 0), ('/opt/empty', 'dir', 0);"
check "a package" tracepack build script.db -s root -o app.sfc --package --level 1 -q \
	--exclude /usr/bin/dash -- /opt/app/go
check "why-not with the source: what it would cost" \
	sh -c "tracepack why-not script.db -s root /opt/app/never | grep -q 'no session touched it (6 bytes with what it needs)'"
check_equal "why-not with a package and its source: the same of what a rule keeps out" \
	"$(tracepack why-not app.sfc -s root --exclude /usr/bin/dash /usr/bin/dash | head -n 1 | sed 's/([0-9.]* kB /(N /')" \
	"/usr/bin/dash is not in the package: the rule 'exclude /usr/bin/dash' leaves it out (N with what it needs)."
check "stat of the manifest in a package is stat of the manifest" \
	sh -c 'tracepack stat script.db >a && tracepack stat app.sfc >b && cmp a b'
check_equal "ls --untouched of it" "$(tracepack ls --untouched app.sfc | tr '\n' ' ')" "/opt/app /opt/app/never /opt/empty "
check "merge of it" sh -c 'tracepack merge -q merged.db app.sfc && test "$(tracepack stat merged.db)" = "$(cat a)"'
umount root
mv root away

# why_not PATH: its words
why_not() {
	tracepack why-not app.sfc "$1" 2>&1
	echo "exit $?"
}

check_equal "why-not: never touched, and its size" "$(why_not /opt/app/never)" \
	"/opt/app/never is not in the package: no session touched it (6 bytes).
exit 0"
check_equal "why-not: a directory has no size" "$(why_not /opt/empty)" \
	"/opt/empty is not in the package: no session touched it.
exit 0"
check_equal "why-not: it was not there" "$(why_not /opt/app/none)" \
	"/opt/app/none is not in the package: it was not in the source when that was traced.
exit 0"
check_equal "why-not: the rule, and what would need it" "$(why_not /usr/bin/dash | sed 's/ ([0-9.]* kB)//')" \
	"/usr/bin/dash is not in the package: the rule 'exclude /usr/bin/dash' leaves it out.
it would be in, being
  target of the link   /usr/bin/sh
exit 0"
check_equal "why-not: of what is in, says why and exits 1" "$(why_not /opt/app/go | sed 's/ at [0-9.]* s//')" \
	"/opt/app/go
  opened in            session \"l\", first, by /bin/sh
exit 1"
check_equal "why-not --json: the same" \
	"$(tracepack why-not --json app.sfc /opt/app/never | jq -c '[.path, .in, .because]')" \
	'["/opt/app/never",false,"/opt/app/never is not in the package: no session touched it (6 bytes)"]'

mkdir unpacked && echo x >unpacked/x
manifest unpacked.db "$dir/unpacked" /x
rm -r unpacked
check_fails "why: a source that was unpacked and is gone: who else knows" 1 \
	"tracepack: the source '$dir/unpacked' is gone, *: say with -s where it is, or ask the package" tracepack why unpacked.db /x
finish
