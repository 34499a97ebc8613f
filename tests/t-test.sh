#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc test: an image as "docker save" writes it, all options with every runtime, and podman.
# shellcheck disable=SC2016,SC2046,SC2086,SC2317 # programs in quotes; called by wait_for and on_exit
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse
requires busybox true
requires jq --version
requires curl --version
requires umoci --version
requires skopeo --version
requires unshare --net true
requires slirp4netns --version

export SFC_STATE="$dir/state"
down() { sfc prod rm page --all --timeout 1 >/dev/null 2>&1; }
on_exit down

# --- an image of two layers, as docker save writes it
mkdir -p one/bin one/etc one/srv one/tmp volume
for place in proc sys dev run; do mkdir one/$place; done
cp "$(command -v busybox)" one/bin/busybox
for tool in sh cat echo id pwd ls httpd sleep; do ln -s busybox one/bin/$tool; done
printf 'root:x:0:0::/:/bin/sh\nweb:x:123:45::/srv:/bin/sh\n' >one/etc/passwd
echo 'web:x:45:' >one/etc/group
echo old >one/etc/gone
echo unused >one/etc/unused
# a process 1 that ends when it is asked to
echo 'trap "exit 0" TERM; httpd -f -p 8080 & wait' >one/etc/start
chmod 1777 one/tmp
{
	umoci init --layout image && umoci new --image image:v1 && umoci unpack --image image:v1 bundle &&
		cp -a one/. bundle/rootfs && umoci repack --refresh-bundle --image image:v1 bundle &&
		rm bundle/rootfs/etc/gone && echo "the page" >bundle/rootfs/srv/index.html && umoci repack --image image:v1 bundle &&
	umoci config --image image:v1 --config.cmd sh --config.cmd /etc/start \
		--config.user web --config.workingdir /srv --config.env PLACE=image &&
	skopeo copy oci:image:v1 docker-archive:page.tar:page:1
} >image.log 2>&1 || fail "the image: $(tail -n 1 image.log)"
check "from what docker save wrote" sfc dev create page --from page.tar
check_equal "the layers are applied" "$(sfc dev exec page -- sh -c 'cat /srv/index.html; [ -e /etc/gone ] || echo gone')" "the page
gone"
check "it starts as the image says" sfc test page -q --network none --ready tcp:8080 --probe "curl -fsS http://127.0.0.1:8080/ >$dir/full"
check "pack" sfc pack page -o page.sfc --quiet
check_equal "what was not used is not in it" "$(unsquashfs -ll page.sfc | grep -c 'etc/unused')" 0
check_equal "the image's own configuration goes along" \
	"$(unsquashfs -cat page.sfc sfc/image.json | jq -c .config)" "$(skopeo inspect --config --raw docker-archive:page.tar | jq -c .config)"
check "install" sfc prod install page.sfc
check "start" sfc prod start page --network private --ready 8080
pid=$(sfc prod list page --json | jq -r '.[0].instances[0].pid')
nsenter --net --target "$pid" curl -fsS http://127.0.0.1:8080/ >packed
check "the same bytes from prod" cmp full packed
for command in "test page -q" "test start page -q" "run page.sfc"; do
	ours=$(sfc $command --network app:page/1 -- sh -c 'busybox readlink /proc/self/ns/net; busybox sleep 0.4')
	case $command in *start*) ours=$(cat state/test/page/log); sfc test stop page -q >/dev/null ;; esac
	check_equal "${command%% -q}: the network of an instance" "$ours" "$(readlink "/proc/$pid/ns/net")"
done
check_fails "of one that is not running" 125 "*'page/9', whose network it is to share, is not running" sfc test page -q --network app:page/9 -- sh -c true
check_equal "user and directory are the image's" "$(awk '$1 == "Uid:" { print $2 }' "/proc/$pid/status") $(readlink "/proc/$pid/cwd")" "123 /srv"
check "its environment too" sh -c "tr '\\0' '\\n' </proc/$pid/environ | grep -qx PLACE=image"

# --- options
echo outside >volume/file
free_ports 1
look='id -u; id -g; pwd; echo "$PLACE $MORE"; cat /vol/file; echo x 2>/dev/null >/vol/new && echo wrote; echo y >/tmp/y && echo scratch; ls /sys/class/net'
for runtime in runc crun; do
	requires "$runtime" --version
	check_equal "$runtime: user, directory, environment, volume, network" \
		"$(sfc test page -q --label $runtime --runtime $runtime --user web --cwd /srv --env MORE=more --volume "$dir/volume:/vol:ro" \
			--network none -- sh -c "$look" 2>/dev/null | tr '\n' ' ')" "123 45 /srv image more outside scratch lo "
	check_equal "$runtime: a volume to write in, a group, the host's network" \
		"$(sfc test page -q --label $runtime --runtime $runtime --user 7:45 --volume "$dir/volume:/vol" --network host \
			-- sh -c 'id -g; echo written >/vol/made; busybox readlink /proc/self/ns/net' 2>/dev/null | tr '\n' ' ')" \
		"45 $(readlink /proc/self/ns/net) "
	sfc test page -q --label $runtime --runtime $runtime -- sh -c 'exit 5'
	check_equal "$runtime: the status of the command" $? 5
	sfc test page -q --label $runtime --runtime $runtime --timeout 1 -- sh -c 'trap "exit 3" TERM; while :; do sleep 0.1; done' 2>said
	check_equal "$runtime: too long" "$? $(cat said)" "1 sfc: test: sh did not end within 1 s"
	check "$runtime: a service" sfc test start page --label $runtime --runtime $runtime --publish 127.0.0.1:$port:8080 --ready tcp:8080
	check_equal "$runtime: its port is published" "$(curl -fsS http://127.0.0.1:$port/)" "the page"
	check_equal "$runtime: exec" "$(sfc test exec page cat /srv/index.html)" "the page"
	check "$runtime: stop" sfc test stop page
	check_fails "$runtime: the port is free again" 7 "curl: (7)*" curl -sS http://127.0.0.1:$port/
done
check_equal "the runtime is named" "$(sqlite3 state/test/page/manifest.db "SELECT DISTINCT exe FROM program WHERE comm = 'crun'")" "$(command -v crun)"
check_equal "nobody is called /" "$(sqlite3 state/test/page/manifest.db "SELECT count(*) FROM program WHERE exe = '/'")" 0
sfc test page --json -- sh -c 'echo out; exit 3' >json 2>said
check_equal "as JSON, the command's output apart" "$? $(head -n 1 said) $(jq -c '[.name, .label, .said, .passed, .status, .lost]' json)" \
	'3 out ["page","sh","sh ended with status 3",false,3,0]'
check "seconds are in thousandths" grep -Eq '^    "test": [0-9]+(\.[0-9]{1,3})?$' json
echo typed >input
check_equal "it reads what is ours" "$(sfc test page -q -- cat <input)" typed
check_equal "or what is said" "$(sfc test page -q --input input -- cat </dev/null)" typed
check_equal "every session is complete" "$(sqlite3 state/test/page/manifest.db "SELECT group_concat(DISTINCT state) FROM session")" complete
check_fails "no port of the host's network" 125 "*--publish wants a network of its own*" sfc test page --publish 1:1 --network host -- true
check_fails "no such volume" 125 "*'/nowhere'*" sfc test page --volume /nowhere:/x -- sh -c true
check_fails "no such user" 125 "*user 'nosuch' is not in the root's /etc/passwd" sfc test page --user nosuch -- sh -c true
check_fails "no such runtime" 125 "*--runtime wants crun|runc|PATH, not 'docker'*" sfc test page --runtime docker -- true
check_fails "LXC is none" 125 "*lxc is no OCI runtime; 'sfc test mount'*" sfc test page --runtime lxc -- true
check_fails "a probe that hangs" 1 "*the probe failed*" sfc test page -q --network none --ready tcp:8080 --timeout 2 --probe 'sleep 1000'

# --- killed
check "a service" sfc test start page -q --network none --ready tcp:8080
service=$(sqlite3 state/state.db "SELECT pid FROM test WHERE name = 'page' AND kind = 'service' AND state = 'up'")
kill -9 "-$service"
wait_for 30 ended "$service"
check_fails "it is gone" 1 "*no service of 'page' is up*" sfc test stop page
# what it had started ends with it, but not at once
repaired() { sfc doctor --repair | grep -q '^page: removed what was left of a test that was killed'; }
check "repair takes down what was left" wait_for 30 repaired
sfc test mount page >/dev/null
kill -9 $(pgrep -f "tracefs .*$SFC_STATE/test/page/root")
unmounted() { sfc doctor --repair >/dev/null; ! grep -q "$SFC_STATE/test" /proc/self/mountinfo; }
check "of a mount, too" wait_for 30 unmounted
check_equal "a second repair finds nothing" "$(sfc doctor --repair | grep -c '^page:')" 0
check "a service again" sfc test start page -q --network none --ready tcp:8080
check "stop" sfc test stop page

# --- LXC, with our root
requires lxc-execute --version
root=$(sfc test mount page --label lxc)
mkdir lxc
cat >lxc.conf <<END
lxc.uts.name = page
lxc.rootfs.path = dir:$root
lxc.net.0.type = none
lxc.mount.auto = proc:mixed sys:ro
lxc.autodev = 1
lxc.console.path = none
END
check_equal "lxc-execute runs in the traced root" "$(lxc-execute -n "page-$$" -P "$dir/lxc" -f lxc.conf -- /bin/cat /etc/unused </dev/null 2>lxc.err)" unused || cat lxc.err
check "umount" sfc test umount page
check_equal "what it used is known" "$(sqlite3 state/test/page/manifest.db "SELECT count(DISTINCT e.id) FROM access a JOIN entry e ON e.id = a.entry
	JOIN session s ON s.id = a.session WHERE s.label = 'lxc' AND s.state = 'complete' AND e.path = '/etc/unused'")" 1
check_fails "umount again" 1 "*'page' is not mounted*" sfc test umount page

# --- podman, with our root
requires podman --version
engine() {
	# the limits are for a machine where even root may not raise them
	podman --root "$dir/podman" --runroot "$dir/podman.run" --tmpdir "$dir/podman.tmp" --cgroup-manager cgroupfs --runtime runc \
		run --rm --network none --cgroups enabled --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 "$@"
}
root=$(sfc test mount page --label podman)
check_equal "podman runs in the traced root" "$(engine --rootfs "$root" cat /etc/unused 2>podman.err)" unused || cat podman.err
check "umount" sfc test umount page
check_equal "what it used is known" "$(sqlite3 state/test/page/manifest.db "SELECT count(DISTINCT e.id) FROM access a JOIN entry e ON e.id = a.entry
	JOIN session s ON s.id = a.session WHERE s.label = 'podman' AND s.state = 'complete' AND e.path = '/etc/unused'")" 1
check "pack what podman ran" sfc pack page -o podman.sfc --quiet --only podman --arg cat --arg /etc/unused
check_equal "it is in the package" "$(unsquashfs -cat podman.sfc rootfs/etc/unused)" unused
check "rm" sfc prod rm page --all --timeout 1
check_equal "nothing is left mounted" "$(grep -F "$SFC_STATE/" /proc/self/mountinfo | grep -cvF " $SFC_STATE/store")" 0
finish
