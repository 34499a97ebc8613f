#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tracepack build, why and verify: from a traced run in a Debian root to an image and a package.
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse
requires sqlite3 --version
requires command -v unsquashfs
requires command -v mksquashfs
requires jq --version

base=$(sh "$srcdir/tests/minbase.sh") || skip "needs a Debian root (tests/minbase.sh)"

# A root of our own over the shared one: sources must not change while others use them.
mkdir root upper work mnt stop
mount -t overlay overlay -o "lowerdir=$base,upperdir=$dir/upper,workdir=$dir/work" root ||
	skip "needs overlayfs"
on_exit umount -l "$dir/root"
mkdir -p root/opt/app
cat >root/opt/app/run <<'SH'
#!/usr/bin/env -S perl -w
use POSIX;
print "perl says ", POSIX::floor(2.5), "\n";
open(F, ">", "/opt/app/made"); print F "x"; close(F);
open(F, ">>", "/opt/app/log"); print F "x"; close(F);
unlink("/opt/app/gone");
open(F, "<", "/opt/app/key.pem");
SH
chmod 755 root/opt/app/run
echo before >root/opt/app/log
echo here >root/opt/app/gone
printf -- '-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n' >root/opt/app/key.pem

# trace LABEL COMMAND…: one session in m.db
trace() {
	label=$1
	shift
	tracefs -o "manifest=$dir/m.db,label=$label,scratch=tmpfs" root mnt 2>/dev/null || exit 99
	chroot mnt "$@" >"$label.out" 2>&1
	umount mnt
}

trace run /opt/app/run
tracepack describe m.db --session run --cwd /opt --user 0:0 --env PATH=/usr/bin:/bin -- /opt/app/run
check_equal "the program ran under trace" "$(cat run.out)" "perl says 2"

# --- an image ---
tracepack build m.db -s root -o x.sqsh --level 1 --check >build.out 2>build.err
check_equal "build succeeds" "$? $(cat build.err)" "0 "
check "the result line tells files, bytes and image" \
	grep -Eq '^[0-9,]+ → [0-9]+ files   .* → .*   image ' build.out
check "the secret is named" grep -q 'left out: /opt/app/key.pem (private key' build.out
unsquashfs -q -n -d out x.sqsh >/dev/null
check_equal "the packed program says the same" "$(chroot out /opt/app/run)" "perl says 2"
check "what the run created is not packed" test ! -e out/opt/app/made.orig -a ! -e upper/opt/app/made
unsquashfs -q -n -d again x.sqsh >/dev/null
check "a created file is left out" test ! -e again/opt/app/made
check_equal "a changed file is as it was" "$(cat again/opt/app/log)" before
check_equal "a deleted file is there" "$(cat again/opt/app/gone)" here
check "what nobody touched is left out" test ! -e again/usr/bin/apt-get
check_equal "mount points are there" "$(stat -c '%a %F' again/tmp again/proc | tr '\n' ' ')" "1777 directory 755 directory "

tracepack build m.db -s root -o y.sqsh --level 1 -q 2>/dev/null
check "the same input gives the same bytes" cmp x.sqsh y.sqsh
tracepack build m.db -s root -o y.sqsh --level 1 -q --threads 1 2>/dev/null
check "whatever the number of threads" cmp x.sqsh y.sqsh
# some other image of the same name: it is replaced whole
check "nothing else is left behind" test -z "$(find . -maxdepth 1 -name '.*' -type f ! -name '.std*')"

# --- a package ---
SOURCE_DATE_EPOCH=1700000000 tracepack build m.db -s root -o app.sfc --package --level 1 -q 2>/dev/null
SOURCE_DATE_EPOCH=1700000000 tracepack build m.db -s root -o app2.sfc --package --level 1 -q --name app 2>/dev/null
check "a package is the same bytes again" cmp app.sfc app2.sfc
unsquashfs -q -n -d bundle app.sfc >/dev/null
check_equal "config.json starts what was traced" \
	"$(jq -c '[.process.args, .process.cwd, .process.env, .process.user, .root.path]' bundle/config.json)" \
	'[["/opt/app/run"],"/opt",["PATH=/usr/bin:/bin"],{"uid":0,"gid":0},"rootfs"]'
# its manual names every key there is
{
	jq -r 'keys[], (.source | keys[]), (.sessions[] | keys[]), (.before | keys[]), (.after | keys[]),
		(.parts | keys[]), (.parts[] | keys[])' bundle/sfc/package.json
	jq -r 'keys[], (.entries[] | keys[], (.reasons[] | keys[], .why))' bundle/sfc/closure.json
} | sort -u >keys
check "package.json and closure.json have keys" test "$(wc -l <keys)" -gt 30
while read -r key; do
	sed -n 's/^\.\(It \)\{0,1\}\(Li\|Pa\|Pq Li\) //p' "$srcdir/pack/package/package.5" | tr -s ' ,' '\n' | grep -qxF "$key" ||
		fail "package(5) does not name $key"
done <keys
check_equal "package.json names it" "$(jq -r '.name, .created' bundle/sfc/package.json | tr '\n' ' ')" \
	"app 2023-11-14T22:13:20Z "
check_equal "the manifest is in it" "$(sqlite3 bundle/sfc/manifest.db 'SELECT label FROM session')" run
check_equal "digests are those of the files" \
	"$(jq -r '.entries[] | select(.path == "/opt/app/run").sha256' bundle/sfc/closure.json)" \
	"$(sha256sum <root/opt/app/run | cut -d' ' -f1)"
tracepack build m.db -s root -o other.sfc --package --level 1 -q --name web --version 1.2 \
	--user 33:33 --env A=b --env PATH -- /bin/sh -c id 2>/dev/null
unsquashfs -q -n -d other other.sfc >/dev/null
check_equal "the command line overrides the session" \
	"$(jq -c '[.process.args, .process.user.uid]' other/config.json)$(jq -r .version other/sfc/package.json)" \
	'[["/bin/sh","-c","id"],33]1.2'
echo '{"process": {"cwd": "/tmp"}, "annotations": {"a": "b"}}' >over.json
tracepack build m.db -s root -f -o other.sfc --package --level 1 -q --config over.json 2>/dev/null
check_equal "--config is merged in" \
	"$(unsquashfs -cat other.sfc config.json | jq -c '[.process.cwd, .annotations.a, .process.args[0]]')" \
	'["/tmp","b","/opt/app/run"]'

# --- why ---
check_equal "why: a script's interpreter, through env" \
	"$(tracepack why app.sfc /usr/bin/perl | sed 's/ at [0-9.]* s//; /^also/,$d')" \
	"/usr/bin/perl
  executed in          session \"run\", first, by /usr/bin/env"
check_equal "why: a library, to what was executed" \
	"$(tracepack why m.db -s root /usr/lib/x86_64-linux-gnu/libcrypt.so.1.1.0 | sed -n 's/   */ /g; 2,3p')" \
	" target of the link /usr/lib/x86_64-linux-gnu/libcrypt.so.1
 needed by /usr/bin/perl (DT_NEEDED libcrypt.so.1)"
for path in /opt/app/run /usr/bin/perl /usr/bin /lib64; do
	check_equal "package and manifest give the same reason for $path" "$(tracepack why app.sfc $path)" \
		"$(tracepack why m.db -s root $path)"
done
check_equal "why-not: what keeps a secret out" "$(tracepack why-not app.sfc /opt/app/key.pem | head -n 1)" \
	"/opt/app/key.pem is not in the package: it is a secret: private key (58 bytes)."
check "why-not: what was never touched, and its cost" \
	sh -c "tracepack why-not m.db -s root /usr/bin/apt-get | grep -q 'no session touched it (.* with what it needs)'"
check_equal "why-not: what never was" "$(tracepack why-not app.sfc /no/such)" \
	"/no/such is not in the package: it was not in the source when that was traced."
tracepack why app.sfc /usr/bin/apt-get >/dev/null
check_equal "why exits 1 for what is not in" "$?" 1

check "why: records made for the package" \
	sh -c "tracepack why app.sfc /var/lib/dpkg/status | grep -q 'made for the package'"

# --- verify ---
check "verify: a whole package" tracepack verify app.sfc
check_equal "verify says so in JSON" "$(tracepack verify --json app.sfc | jq -r .ok)" true
head -c 100000 app.sfc >cut.sfc
check_fails "verify: a package cut short" 1 "tracepack: *cut.sfc*" tracepack verify cut.sfc
check_fails "verify: another digest" 1 "tracepack: *app.sfc*sha256*" \
	tracepack verify --digest sha256:0000000000000000000000000000000000000000000000000000000000000000 app.sfc
cp -a bundle broken
echo changed >>broken/rootfs/opt/app/run
mksquashfs broken broken.sfc -comp zstd -noappend -quiet -no-progress >/dev/null 2>&1
check_fails "verify: a file that is not as it was packed" 1 "*/opt/app/run*" tracepack verify -q broken.sfc
rm -rf broken
cp -a bundle broken
rm broken/rootfs/usr/lib/x86_64-linux-gnu/libcrypt.so.1*
mksquashfs broken broken2.sfc -comp zstd -noappend -quiet -no-progress >/dev/null 2>&1
check_equal "verify: a library that is missing" \
	"$(tracepack verify -q broken2.sfc 2>&1 | grep -c 'libcrypt.so.1')" 3
check_fails "verify: an image that is no package" 1 "*no sfc/package.json*" tracepack verify x.sqsh

# --- rules ---
printf '# mine\ninclude-dir /usr/share/perl-openssl-defaults\ninclude /opt/app/key.pem\nexclude /opt/app/log\n' >rules
printf 'mode 0600 /opt/app/run\nowner 7:8 /opt/app/run\nreplace /opt/app/gone WITH new\ninclude /none/*\n' >>rules
echo new >new
tracepack build m.db -s root -o r.sqsh --level 1 --rules rules >rules.out 2>rules.err
unsquashfs -q -n -d ruled r.sqsh >/dev/null
check_equal "rules change mode, owner and contents, put in and leave out" \
	"$(stat -c '%a %u:%g' ruled/opt/app/run) $(cat ruled/opt/app/gone) $(find ruled/opt/app -type f | sort | sed 's/.*\///' | tr '\n' ' ')" \
	"600 7:8 new gone key.pem run "
check "a rule that matches nothing is a warning" grep -q "rules:8: the rule 'include /none/\*' matches nothing" rules.err
tracepack build m.db -s root -n --rules rules --stat-only omit --json 2>/dev/null >dry.json
check_equal "JSON: left out, by whom" "$(jq -r '.left_out[] | select(.path == "/opt/app/log").detail' dry.json)" \
	"exclude /opt/app/log"
check "dry run: an image size without an image" test "$(jq .image_bytes dry.json)" -gt 100000

# --- gates ---
tracepack build m.db -s root -o gated.sqsh --level 1 --rules rules -q 2>/dev/null
size=$(stat -c %s gated.sqsh)
gated() {
	claim=$1 wanted=$2 pattern=$3
	shift 3
	said=$(tracepack build m.db -s root -o gate.sqsh --level 1 --rules rules -q "$@" 2>&1)
	check_equal "$claim: the status" "$?" "$wanted"
	# shellcheck disable=SC2254 # it is a pattern
	case $(echo "$said" | grep -v warning:) in $pattern) ;; *) fail "$claim: said '$said'" ;; esac
	check "$claim: $([ "$wanted" = 0 ] && echo it is there || echo nothing is written)" test "$wanted" = 0 -a -e gate.sqsh -o "$wanted" != 0 -a ! -e gate.sqsh
	rm -f gate.sqsh
}
gated "as large as it may be" 0 "" --max-size "$size"
gated "a byte more" 3 "tracepack: * ($size bytes) is more than --max-size *: nothing is written" --max-size $((size - 1))
gated "as large as the last one" 0 "" --max-growth gated.sqsh
head -c $((size - 1)) gated.sqsh >previous.sqsh
gated "larger than the last one" 3 "tracepack: * ($size bytes) is more than 'previous.sqsh' allows, which is * ($((size - 1)) bytes): nothing is written" \
	--max-growth previous.sqsh
gated "within a margin in percent" 0 "" --max-growth previous.sqsh:1%
gated "within a margin in bytes" 0 "" --max-growth previous.sqsh:1
gated "beyond it" 3 "tracepack: *previous.sqsh:0%*" --max-growth previous.sqsh:0%
gated "a last one that is not there" 1 "tracepack: --max-growth: cannot open 'none.sqsh': No such file or directory" --max-growth none.sqsh
gated "no size" 2 "tracepack: build: --max-size does not take 'x'*" --max-size x
check_equal "JSON says which gate" "$(tracepack build m.db -s root -o gate.sqsh --level 1 --rules rules --json --max-size 1K 2>/dev/null | jq -r '[.output, .image_bytes, (.gate | contains("--max-size"))] | tojson')" \
	"[null,$size,true]"
check "a dry run has them, too" sh -c '! tracepack build m.db -s root -n --level 1 --rules rules -q --max-size 1K 2>/dev/null'

# --- what can go wrong: one line, nothing left ---
fails() {
	what=$1 pattern=$2
	shift 2
	check_fails "$what" 1 "tracepack: $pattern" tracepack build "$@" -o fail.sqsh
	check "$what: no output" test ! -e fail.sqsh
}
rm -rf again
cp -a root/opt/app/run run.was
touch -d 2001-01-01 root/opt/app/run
fails "a file that changed" "'/opt/app/run' has changed in root since it was traced*" m.db -s root
: >root/opt/app/run
fails "a file that shrank" "'/opt/app/run' has shrunk in root*" m.db -s root
rm root/opt/app/run
fails "a file that vanished" "'/opt/app/run' has vanished in root*" m.db -s root
cp -a run.was root/opt/app/run
check "and whole again" tracepack build m.db -s root -f -o x.sqsh --level 1 -q
cp x.sqsh old.sqsh
sqlite3 m.db "UPDATE session SET state = 'interrupted'"
check_fails "an interrupted session" 1 'tracepack: session "run" of m.db was interrupted*--allow-interrupted' \
	tracepack build m.db -s root -f -o x.sqsh
check "the old image stays" cmp x.sqsh old.sqsh
check "unless told otherwise" tracepack build m.db -s root -f -o x.sqsh --level 1 -q --allow-interrupted
sqlite3 m.db "UPDATE session SET state = 'complete', dropped = 3"
fails "a session that lost accesses" 'session "run" of m.db lost 3 accesses*' m.db -s root
sqlite3 m.db "UPDATE session SET dropped = 0"
fails "no such source" "cannot open the source directory 'none'*" m.db -s none
fails "no such manifest" "*none.db*" none.db -s root
fails "not a manifest" "*rules*" rules -s root
fails "no such label" "no session is called 'nobody'" m.db -s root --only nobody
fails "a bad rule" "new:1: unknown rule 'new'" m.db -s root --rules new
check_fails "an unknown option" 2 "tracepack: build: *--frob*" tracepack build m.db --frob
check_fails "no output" 2 "tracepack: build: no output given*" tracepack build m.db -s root
check_fails "a full disk" 1 "tracepack: *" tracepack build m.db -s root -o /dev/full
mkdir small
mount -t tmpfs -o size=64k tmpfs small
check_fails "an output that does not fit" 1 "tracepack: cannot write 'small/x.sqsh': No space left on device" tracepack build m.db -s root -o small/x.sqsh
check_equal "and leaves nothing" "$(ls -A small)" ""
umount small

# whenever it is stopped, nothing is left but perhaps the whole image
for pause in 0 0.05 0.2 1; do
	tracepack build m.db -s root -o stop/x.sqsh --level 22 --threads 1 -q 2>/dev/null &
	pid=$!
	sleep "$pause"
	kill -INT "$pid" 2>/dev/null
	wait "$pid"
	check_equal "stopped after $pause s: nothing half-written" \
		"$(find stop -type f ! -name x.sqsh)" ""
	[ ! -e stop/x.sqsh ] || check "and whole" unsquashfs -s stop/x.sqsh >/dev/null
	rm -f stop/x.sqsh
done

# --- commands in the root ---
check_equal "which finds it through links" "$(tracepack which -s root sh)" /usr/bin/sh
check_fails "which: not there" 127 "*'perll' not found in the root's PATH; did you mean 'perl'?" \
	tracepack which -s root perll
check_fails "which: not executable" 126 "*" tracepack which -s root /etc/passwd

# --- a warning is about what runs ---
mkdir w && printf '#!/no/interpreter\n' >w/module && chmod 755 w/module
cp root/opt/app/key.pem w/key.pem
# shellcheck source=tests/manifest.sh
. "$srcdir/tests/manifest.sh"
manifest w.db "$dir/w" /module /key.pem
# said OP: what is said when that is all that was done to both
said() {
	sqlite3 w.db "UPDATE access SET op = '$1', reading = '$1' = 'open'"
	tracepack build -f w.db -s w -o w.sqsh 2>&1 | grep -E 'interpreter|key' | sed 's/^ *//; s/ (.*//; s/tracepack: warning: //'
}
check_equal "of what is only imported no interpreter is missed" "$(said open)" "left out: /key.pem"
check_equal "a key that was only looked at is not named" "$(said stat)" ""
check_equal "what runs misses it" "$(said exec)" "/module: its interpreter /no/interpreter is not in the source
left out: /key.pem"
finish
