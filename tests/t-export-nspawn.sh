#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# --to nspawn: systemd-nspawn starts what it wrote, word by word as it was asked for, with no more rights. What it
# cannot say is refused.
# shellcheck disable=SC2016,SC2317 # for the shell inside; check calls the functions
. "${srcdir:-.}/tests/lib.sh"
requires root
requires busybox true
requires jq --version
requires systemd-nspawn --version

mkdir -p root/bin root/etc root/usr/bin root/srv root/keep root/tmp root/mnt host
chmod 1777 root/tmp
cp "$(command -v busybox)" root/bin/busybox
for applet in sh cat id sleep touch grep hostname; do ln -s busybox "root/bin/$applet"; done
echo kept >root/keep/file
echo host >host/file
cat >root/entry <<'END2'
#!/bin/sh
for word; do echo "<$word>"; done
echo "$VALUE|$SECOND"
pwd; hostname
touch /tmp/x /cache/x && echo tmp
cat /mnt/file
touch /mnt/x 2>/dev/null || echo mnt is read-only
touch /keep/x 2>/dev/null || echo read-only
END2
chmod 755 root/entry
cat >start.json <<'JSON'
{"ociVersion": "1.0.2", "process": {"user": {"uid": 0, "gid": 0}, "args": ["/entry"], "env": ["PATH=/bin"], "cwd": "/srv",
 "capabilities": {"bounding": ["CAP_CHOWN", "CAP_NET_RAW", "CAP_SETUID", "CAP_SYS_ADMIN"]}},
 "mounts": [{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=1777"]}],
 "annotations": {"org.opencontainers.image.stopSignal": "SIGUSR1"}}
JSON
to() { tracepack export root --to nspawn --config start.json --name web -q "$@"; }
started() { # DIR [OPTION…]
	place=$1
	shift
	systemd-nspawn -q --register=no --keep-unit --settings=trusted "--machine=sfc$$" "--directory=$place/rootfs" --pipe "$@" </dev/null 2>>"$dir/nspawn.log"
}
# what it makes there it only removes where that is in memory
on_exit sh -c "rmdir '/run/systemd/nspawn/propagate/sfc$$' 2>/dev/null; true"

# the machine's name is what its file is called by
named() { mv "$1/web.nspawn" "$1/sfc$$.nspawn"; }

# --- started --------------------------------------------------------------------------------------
jq '.process.args = ["/entry", "a  b", "", "it'"'"'s \"c\"\\", "%h $x \\n;#", "é"]' start.json >words.json
check "with all that it has words for" to --config words.json --read-only -e 'VALUE=$b "c" '"'d' \\t e=f %i " -e SECOND= \
	-v "$dir/host:/mnt:ro" --tmpfs /cache:2M --hostname h1 --cap-add NET_RAW -o out
check_equal "is a file beside a root" "$(ls out)" "rootfs
web.nspawn"
named out
check_equal "systemd-nspawn starts it: its words, variables, places" "$(started out)" '<a  b>
<>
<it'"'"'s "c"\>
<%h $x \n;#>
<é>
$b "c" '"'d' \\t e=f %i |"'
/srv
h1
tmp
host
mnt is read-only
read-only'

rights='{"command": ["/bin/grep", "-E", "^(CapBnd|CapEff|NoNewPrivs|Groups)", "/proc/self/status"]}'
echo "$rights" | to --asked /dev/stdin --cap-add NET_RAW -o rights && named rights
check_equal "its rights: of what it says those of the default confinement, and what was asked for" \
	"$(started rights | tr -d '\t ' | paste -sd' ')" "Groups: CapEff:0000000000002081 CapBnd:0000000000002081 NoNewPrivs:1"
echo '{"command": ["/bin/cat", "/proc/net/dev"]}' >net.json
to --asked net.json -o net && named net
check_equal "without the host's network there is the loopback" "$(started net | sed -n 's/^ *\([^ ]*\):.*/\1/p')" lo
to --asked net.json --network host -o host.net && named host.net
check_equal "with it, the host's" "$(started host.net | sed -n 's/^ *\([^ ]*\):.*/\1/p' | sort)" "$(sed -n 's/^ *\([^ ]*\):.*/\1/p' /proc/net/dev | sort)"
to -o status --asked /dev/stdin <<'JSON' && named status
{"command": ["/bin/sh", "-c", "trap 'echo asked; exit 7' USR1; echo up; while :; do sleep 0.1; done"]}
JSON
started status >said &
nspawn=$!
check "one that lives" wait_for 20 grep -q up said
kill "$(cat /proc/$nspawn/task/$nspawn/children)"
wait $nspawn
check_equal "is asked by its own signal to end, and its status comes back" "$? $(paste -sd, said)" "7 up,asked"

# --- another user ---------------------------------------------------------------------------------
check_fails "a user whom nobody there knows" 1 \
	"tracepack: export: nspawn cannot express --user 33:44: it asks the root's getent *" to -u 33:44 -o refused
cp "$(command -v getent)" root/usr/bin/getent
ldd root/usr/bin/getent | grep -o '/[^ ]*' | while read -r library; do
	mkdir -p "root${library%/*}" && cp "$library" "root$library"
done
echo 'web:x:33:44::/srv:/bin/sh' >root/etc/passwd
printf 'passwd: files\ngroup: files\n' >root/etc/nsswitch.conf
: >root/etc/group
echo '{"command": ["/bin/id"]}' >id.json
to --asked id.json -u 33:44 -o user && named user
check_equal "one whom the root knows" "$(started user | sed 's/ groups.*//')" 'uid=33(web) gid=44'
check_fails "whose group the root says otherwise" 1 "*cannot express --user 33:55: the root's files say otherwise*" to -u 33:55 -o refused

# --- what it cannot say ---------------------------------------------------------------------------
cannot() {
	what=$1
	shift
	check_fails "it cannot express $what" 1 "tracepack: export: nspawn cannot express --$what*" to -o refused "$@"
}
cannot 'publish 80:80' -p 80:80
cannot 'memory 64M' -m 64M
cannot 'count' --count 3
cannot 'restart always' --restart always
cannot 'ready tcp:80' --ready tcp:80
cannot 'userns keep-id' --userns keep-id
cannot ephemeral --ephemeral
cannot 'device /dev/fuse' --device /dev/fuse
cannot 'network private: *' --network private
check_fails "a place of the host's that a read-only root has not" 1 "*cannot express --volume /none: the root has no such place*" \
	to --read-only -v /srv:/none -o refused
jq '.linux.resources.memory.limit = 1000000' start.json >limits.json
check_fails "nor limits of config.json" 1 "tracepack: export: nspawn cannot express the limits *" to --config limits.json -o refused
check_fails "a line break" 1 "*cannot hold the control character*" to -e 'A=b
c' -o refused
check_fails "a program by its name" 1 "*wants the program by its whole path, not 'entry'" sh -c \
	'echo "{\"command\": [\"entry\"]}" | tracepack export root --to nspawn -q --config start.json --asked /dev/stdin -o refused'
check "leaves nothing" test ! -e refused
[ "$failures" = 0 ] || cat nspawn.log
finish
