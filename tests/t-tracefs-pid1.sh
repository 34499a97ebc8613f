#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tracefs as PID 1 of a container, by runc and by podman: who joins the container later is traced too, the
# command has what it would have had, and cannot reach the daemon.
# shellcheck disable=SC2016,SC2317 # what is in single quotes is for the shells inside, and functions are called by name
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version
requires runc --version
requires podman --version
requires jq --version
base=$("$srcdir/tests/minbase.sh") || skip "no minbase root"

# What an image is given: tracefs, its libraries and their loader.
mkdir inject out
cp "$builddir/fs/tracefs" inject
ldd "$builddir/fs/tracefs" | grep -o '/[^ ]*' | while IFS= read -r library; do cp -L "$library" inject; done
loader=$(basename "$(ls inject/ld-linux*)")

# new_root NAME: a root of its own, over the shared one.
new_root() {
	mkdir -p "$1/up" "$1/work" "$1/rootfs"
	mount -t overlay overlay -o "lowerdir=$base,upperdir=$dir/$1/up,workdir=$dir/$1/work" "$1/rootfs" &&
		on_exit umount -l "$dir/$1/rootfs"
}

# ask SQL: one value, from the manifest of the newest container.
ask() {
	sqlite3 -readonly "$out" "$1"
}

# whole CLAIM: its session is, in one file.
whole() {
	check_equal "$1: its manifest is one file" "$(echo "$out"*)" "$out"
	check_equal "$1: its session is whole" "$(ask "SELECT state, dropped, ifnull(problem, '') FROM session")" 'complete|0|'
}

# opened PATH: by whom.
opened() {
	ask "SELECT group_concat(DISTINCT comm) FROM accesses WHERE path = '$1' AND op = 'open' AND errno = 0"
}

# runc. The bundle is what an engine would give, by its defaults and what tracing needs.
new_root bundle
usual='"CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FOWNER","CAP_FSETID","CAP_KILL","CAP_NET_BIND_SERVICE","CAP_SETFCAP","CAP_SETGID","CAP_SETPCAP","CAP_SETUID","CAP_SYS_CHROOT"'

# bundle OPTIONS CAPABILITIES COMMAND…
bundle() {
	out=$dir/out/$(basename "$(mktemp -u)").db
	options=$1
	capabilities=$2
	shift 2
	rm -f bundle/config.json
	runc spec -b bundle
	words=$(for word in "/.sfc/$loader" --library-path /.sfc /.sfc/tracefs \
		-o "manifest=/out/${out##*/},catalog=no,flush_ms=100${options:+,$options}" "$@"; do
		printf '%s' "$word" | jq -Rs .
	done | jq -s .)
	jq --arg dir "$dir" --argjson all "[$usual$capabilities]" --argjson words "$words" '
		.process.terminal = false | .root.readonly = false | .process.args = $words
		| .process.rlimits = [] | .linux.resources.devices += [{allow: true, type: "c", major: 10, minor: 229, access: "rwm"}]
		| .process.capabilities = {bounding: $all, effective: $all, permitted: $all}
		| .mounts += [{destination: "/.sfc", type: "bind", source: ($dir + "/inject"), options: ["rbind", "ro"]},
			{destination: "/out", type: "bind", source: ($dir + "/out"), options: ["rbind", "rw"]},
			{destination: "/dev/fuse", type: "bind", source: "/dev/fuse", options: ["rbind", "rw"]}]' \
		<bundle/config.json >bundle/new && mv bundle/new bundle/config.json
}

name=sfc-test-$$
on_exit sh -c "runc delete -f $name 2>/dev/null"
both=',"CAP_SYS_ADMIN","CAP_SYS_PTRACE"'

bundle '' "$both" / -- sh -c 'echo $$ $PPID; cat /etc/debian_version >/dev/null; cat /proc/1/root/etc/issue; cat /proc/mounts
	grep CapBnd /proc/self/status; echo written >/srv/file; until [ -e /out/go ]; do sleep 0.1; done; exit 9'
runc run -b bundle $name >said 2>&1 </dev/null &
running=$!
wait_for 30 test -s "$dir/bundle/up/srv/file"
inside='cat /etc/os-release >/dev/null; ls /proc/1 /sys/kernel /dev/pts >/dev/null && cat /proc/mounts'
runc exec $name sh -c "$inside" >joined 2>&1
check_equal "exec into it works" $? 0
check "and comes into the traced root" grep -q '^/ / fuse.tracefs' joined
pid=$(runc state $name | jq .pid)
check_equal "so does who enters its namespaces" \
	"$(nsenter -t "$pid" -m -p sh -c 'cat /etc/host.conf >/dev/null; stat -f -c %T /' 2>&1)" fuseblk
touch out/go
wait $running
check_equal "the command's status is the container's" $? 9
rm out/go
whole runc
check "the command is a child of it, among the same pids" grep -qx '[0-9]* 1' said
check "what it wrote is in the container's layer" grep -qx written bundle/up/srv/file
check "the container's own mounts are there" grep -q '^proc /proc/sys proc ro' said
check "without SYS_ADMIN the daemon's root cannot be reached" grep -q '/proc/1/root/etc/issue: Permission denied' said
check_equal "its own files, those of exec, and those of who entered are recorded" \
	"$(opened /etc/debian_version) $(opened /usr/lib/os-release) $(opened /etc/host.conf)" "cat cat cat"
check_equal "nothing of tracefs is left in the container" "$(ls bundle/up/run bundle/up/tmp 2>/dev/null)" ""
bounding=$(printf '%d' "0x$(sed -n 's/^CapBnd:[[:space:]]*//p' said)")
check_equal "what only tracing needed is taken from the bounding set" $((bounding >> 21 & 1))$((bounding >> 19 & 1))$((bounding & 1)) 001

bundle privileged "$both" / -- sh -c 'cat /proc/1/root/etc/issue; grep CapBnd /proc/self/status'
runc run -b bundle $name >said 2>&1 </dev/null
check "with privileged, it can" grep -q '^Debian' said
check_equal "and none of that is recorded" "$(opened /etc/issue)" ""

bundle '' "$both" -u www-data / -- sh -c 'id; echo $HOME; ls /proc/1/root'
runc run -b bundle $name >said 2>&1 </dev/null
check "another user and his groups" grep -q '^uid=33(www-data) gid=33(www-data) groups=33(www-data)$' said
check "he has his home" grep -qx /var/www said
check "nor can he reach the daemon" grep -q 'Permission denied' said
whole "as another user"
check_equal "his programs have names" "$(ask "SELECT DISTINCT exe FROM accesses WHERE comm = 'id'")" /usr/bin/id

bundle pid1 "$both" / -- sh -c 'echo $$; cat /proc/1/comm; cat /etc/debian_version >/dev/null; cat /proc/mounts; exit 3'
runc run -b bundle $name >said 2>&1 </dev/null
check_equal "pid1: its status" $? 3
whole pid1
check_equal "pid1: it is the first process, in its own /proc too" "$(head -n 2 said | paste -sd' ')" "1 sh"
check_equal "pid1: what the engine covers in /proc is covered in the new one" \
	"$(awk '$2 == "/proc" { n = 0 } $2 == "/proc/sys" && $4 ~ /^ro/ { n++ } END { print n }' said)" 1
check_equal "pid1: it is traced" "$(opened /etc/debian_version)" cat

bundle scratch=tmpfs "$both" / -- sh -c 'echo gone >/srv/scratch; cat /srv/scratch; rm -r /usr/share/doc; ls -d /out/. /proc/1'
runc run -b bundle $name >said 2>&1 </dev/null
check_equal "with scratch, what it writes is not in the container's layer" \
	"$(paste -sd' ' said) $(find bundle/up/srv bundle/up/usr -type f -o -type c 2>/dev/null)" "gone /out/. /proc/1 bundle/up/srv/file"

# A read-only container; one whose pids are not its own, as with --pid=host or an --init before us.
bundle '' "$both" / -- sh -c 'echo x >/srv/no; grep "^/ / " /proc/mounts; echo ok >/out/volume; cat /etc/debian_version >/dev/null'
jq '.root.readonly = true' bundle/config.json >new && mv new bundle/config.json
runc run -b bundle $name >said 2>&1 </dev/null
check "read-only: it is" sh -c "grep -q 'Read-only file system' said && grep -q '^/ / fuse.tracefs ro' said"
check_equal "read-only: volumes are not" "$(cat out/volume)" ok
whole read-only
check_equal "read-only: it is traced" "$(opened /etc/debian_version)" cat

rm -f bundle/up/srv/ready0
bundle container=yes "$both" / -- sh -c 'echo >/srv/ready0; until [ -e /out/go ]; do sleep 0.1; done; exit 6'
jq '.linux.namespaces |= map(select(.type != "pid"))' bundle/config.json >new && mv new bundle/config.json
runc run -b bundle $name >said 2>&1 </dev/null &
running=$!
wait_for 30 test -e "$dir/bundle/up/srv/ready0"
check_equal "container=yes: exec comes into the traced root" \
	"$(runc exec $name sh -c 'cat /etc/os-release >/dev/null; stat -f -c %T /' 2>&1)" fuseblk
touch out/go
wait $running
check_equal "container=yes: its status" $? 6
rm out/go
whole "container=yes"
check_equal "container=yes: exec is recorded" "$(opened /usr/lib/os-release)" cat

# The end: signals, who is left, a catalog that would take too long.
bundle '' "$both" / -- sh -c 'trap "echo term; exit 5" TERM; setsid sleep 1000 & echo >/srv/ready; sleep 1000 & wait'
rm -f bundle/up/srv/ready
runc run -b bundle $name >said 2>&1 </dev/null &
running=$!
wait_for 30 test -e "$dir/bundle/up/srv/ready"
runc kill $name TERM
wait $running
check_equal "stopped as an engine does: it ends as the command wants" "$? $(cat said)" "5 term"
whole "stopped"

bundle '' "$both" / -- sh -c 'cat /etc/issue >/dev/null; echo >/srv/ready2; sleep 1000'
runc run -b bundle $name >said 2>&1 </dev/null &
running=$!
wait_for 30 sh -c "sqlite3 -readonly '$out' \"SELECT path FROM accesses WHERE op = 'exec'\" | grep -q sleep"
runc kill $name KILL
wait $running 2>/dev/null
sqlite3 "$out" 'PRAGMA integrity_check' >said
check_equal "killed: the manifest is sound, and its rows are there" "$(cat said) $(opened /etc/issue)" "ok cat"
check_equal "killed: the session is open, and its writer is not" "$(ask 'SELECT state FROM session')" open
check_fails "killed: who would build from it is told" 1 "*interrupted*" tracepack build "$out" -s "$base" -o x.sqfs

# What is missing is named.
bundle '' ',"CAP_SYS_PTRACE"' / -- true
check_fails "without SYS_ADMIN" 125 "*nothing may be mounted here; *--cap-add SYS_ADMIN --cap-add SYS_PTRACE --device /dev/fuse --security-opt apparmor=unconfined*" \
	runc run -b bundle $name
bundle '' ',"CAP_SYS_ADMIN"' -u www-data / -- true
runc run -b bundle $name >said 2>&1 </dev/null
check "without SYS_PTRACE it goes on, and says so" grep -q 'warning: without SYS_PTRACE the programs of other users have no names' said
jq '.mounts |= map(select(.destination != "/dev/fuse"))' bundle/config.json >new && mv new bundle/config.json
check_fails "without /dev/fuse" 125 "*there is no /dev/fuse; *--device /dev/fuse*" runc run -b bundle $name
usual='"CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_SETPCAP"'
bundle '' "$both" / -- true
check_fails "without what engines give by themselves" 125 "*it takes the capability SYS_CHROOT, which was taken away here: --cap-add SYS_CHROOT*" \
	runc run -b bundle $name

# podman: its defaults, what the page says to add, and exec, stop and --init.
new_root pod
engine() {
	podman --cgroup-manager=cgroupfs --runtime runc --log-level error --root "$dir/store" --runroot "$dir/run" "$@"
}
on_exit sh -c "podman --cgroup-manager=cgroupfs --runtime runc --root '$dir/store' --runroot '$dir/run' rm -fa -t 0 >/dev/null 2>&1
	umount -l '$dir/store/overlay' 2>/dev/null; true"

# pod PODMAN-OPTIONS OPTIONS COMMAND…
pod() {
	out=$dir/out/pod$(basename "$(mktemp -u)").db
	given=$1
	options=$2
	shift 2
	# shellcheck disable=SC2086 # several words
	engine run --rm --name $name --network=none --ulimit nofile=20000:20000 --ulimit nproc=30000:30000 $given \
		-v "$dir/inject:/.sfc:ro" -v "$dir/out:/out" --rootfs "$dir/pod/rootfs" "/.sfc/$loader" --library-path /.sfc \
		/.sfc/tracefs -o "manifest=/out/${out##*/},catalog=no,flush_ms=100${options:+,$options}" "$@" >said 2>&1 </dev/null
}
allowed="--cap-add SYS_ADMIN --cap-add SYS_PTRACE --device /dev/fuse --security-opt apparmor=unconfined"

# joined_and_stopped CLAIM PODMAN-OPTIONS OPTIONS
joined_and_stopped() {
	claim=$1
	shift
	rm -f out/ready
	pod "$@" -u www-data / -- sh -c 'trap "exit 4" TERM; echo hello >/tmp/file; cat /etc/debian_version >/dev/null; echo >/out/ready; sleep 1000 & wait' &
	running=$!
	wait_for 30 test -e out/ready
	# shellcheck disable=SC2012 # the names are ours
	out=$(ls -t out/pod*.db | head -n 1)
	check_equal "$claim: exec comes into the traced root" \
		"$(engine exec $name sh -c 'cat /etc/os-release >/dev/null; ls -d /proc/1 >/dev/null; stat -f -c %T /' 2>&1)" fuseblk
	engine stop -t 9 $name >stopped 2>&1
	wait $running
	check_equal "$claim: it ends as it would" $? 4
	whole "$claim"
	check_equal "$claim: both are recorded" "$(opened /etc/debian_version) $(opened /usr/lib/os-release)" "cat cat"
}
chmod 777 out
joined_and_stopped podman "$allowed" ''
joined_and_stopped "podman, pid1" "$allowed" pid1
check "podman: what the service wrote is in its layer" grep -q hello pod/up/tmp/file
pod "" '' / -- true
check_equal "podman: without being allowed it cannot" $? 125
check "podman: and says what to allow, in its words" grep -q "there is no /dev/fuse; allow it with podman run $allowed --security-opt label=disable$" said
finish
