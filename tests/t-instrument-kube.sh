#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A Deployment of two replicas as podman kube play runs it: as it is, and with the patch of sfc instrument
# --kubernetes, merged as kustomize does (which is not there): it does the same, and each pod leaves a trace.
# shellcheck disable=SC2016,SC2317 # of the files that it writes; check calls the functions
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse
requires sqlite3 --version
requires jq --version
requires podman --version
requires runc --version
requires busybox true
requires python3 -c 'import yaml'
[ -x "$builddir/fs/tracefs-static" ] || skip "tracefs is not linked statically in this build"

CONTAINERS_STORAGE_CONF=$dir/storage.conf CONTAINERS_CONF=$dir/containers.conf
export CONTAINERS_STORAGE_CONF CONTAINERS_CONF
cat >storage.conf <<CONF
[storage]
driver = "overlay"
graphroot = "$dir/graph"
runroot = "$dir/run"
CONF
cat >containers.conf <<'CONF'
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=30000:30000"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
infra_image = "localhost/infra:1"
CONF
on_exit sh -c "podman pod rm -fa -t 0 >/dev/null 2>&1; umount -l '$dir/graph/overlay' 2>/dev/null; true"

mkdir -p root/bin root/etc root/srv
cp "$(command -v busybox)" root/bin/busybox
for applet in sh cat id sleep kill touch; do ln -s busybox "root/bin/$applet"; done
for file in used unused health; do echo $file >root/etc/$file; done
cat >root/entry <<'END'
#!/bin/sh
# podman gives a number a name
id -u
id -g
cat /etc/used "$@"
touch /srv/x 2>&1
echo up
trap 'kill $!; echo ended; exit 5' TERM
sleep 1000 &
wait
END
printf '#!/bin/sh\ncat /etc/health\n[ "$(id -u)" = 33 ]\n' >root/probe
chmod 755 root/entry root/probe
find root -exec touch -h -d @1700000000 {} +
tar -C root -c . | podman import -q -c 'CMD ["/bin/sh", "-c", "trap \"exit 0\" TERM; sleep 100000 & wait"]' - localhost/infra:1 >/dev/null
echo web >root/etc/web
tar -C root -c . | podman import -q -c 'ENTRYPOINT ["/bin/false"]' -c 'ENV PATH=/bin' - localhost/web:1 >/dev/null 2>&1
cat >web.yml <<'END'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      securityContext: {runAsNonRoot: true, runAsUser: 33, runAsGroup: 44}
      containers:
      - name: web
        image: localhost/web:1
        imagePullPolicy: Never
        command: [/entry]
        args: [/etc/web]
        livenessProbe: {exec: {command: [/probe]}}
        securityContext: {readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
END

# merged FILE PATCH: as a strategic merge patch is applied.
cat >merge.py <<'END'
import json, sys, yaml
KEYS = {"containers": "name", "initContainers": "name", "volumes": "name", "env": "name", "volumeMounts": "mountPath"}
def merge(old, new):
    for key, value in new.items():
        if value is None:
            old.pop(key, None)
        elif isinstance(value, dict) and isinstance(old.get(key), dict):
            merge(old[key], value)
        elif key in KEYS:
            items = old.setdefault(key, [])
            for item in value:
                same = [i for i in items if i[KEYS[key]] == item[KEYS[key]]]
                merge(same[0], item) if same else items.append(item)
        else:
            old[key] = value
    return old
print(json.dumps(merge(yaml.safe_load(open(sys.argv[1])), yaml.safe_load(open(sys.argv[2])))))
END

play() { podman kube play --network none "$1" >said 2>&1 || fail "kube play does not start: $(cat said)"; }
is_up() { podman logs "web-pod-$1-web" 2>&1 | grep -q '^up$'; }
observed() {
	for i in 0 1; do
		wait_for 20 is_up $i || return
		podman healthcheck run "web-pod-$i-web" 2>&1 && echo "pod $i is well"
		podman stop -t 20 "web-pod-$i-web" >/dev/null 2>&1
		echo "pod $i $(podman wait "web-pod-$i-web"): $(podman logs "web-pod-$i-web" 2>&1 | paste -sd' ')"
	done
	# an emptyDir goes with its pods
	cp -r "$dir/graph/volumes/sfc-trace/_data/." traces 2>/dev/null
	podman pod rm -fa -t 5 >/dev/null 2>&1
}
mkdir traces
play web.yml
observed >as-it-is
check_equal "it runs, as it is" "$(head -n 2 as-it-is | paste -sd' ')" "pod 0 is well pod 0 5: 33 44 used web touch: /srv/x: Read-only file system up ended"

sfc instrument --kubernetes web.yml -o patch.yml >said 2>&1
check_equal "a patch is written" "$? $(cat said)" '0 '
sfc instrument -q containers-storage:web:1 -o containers-storage:web:1-traced >said 2>&1 || fail "it cannot be instrumented: $(cat said)"
python3 merge.py web.yml patch.yml >traced.yml
podman kube play --network none --start=false traced.yml >said 2>&1
check_equal "with what it takes, and else as it was" \
	"$(podman inspect web-pod-0-web | jq -c '.[0] | [.HostConfig.Privileged, .HostConfig.ReadonlyRootfs, .Config.User, ([.Config.Entrypoint] | flatten | join(" ") | split(" ")[0]), .Config.Cmd[-1]]')" \
	'[true,true,"0:0","/.sfc/tracefs","/etc/web"]'
podman pod rm -fa -t 0 >/dev/null 2>&1
play traced.yml
wait_for 20 is_up 0
check_equal "it is traced" "$(podman exec web-pod-0-web cat /proc/mounts | grep -c '^[^ ]* / fuse.tracefs')" 1
observed >traced
check_equal "traced it does the same" "$(cat traced)" "$(cat as-it-is)"
check_equal "each pod leaves a trace, as whom it ran" \
	"$(for db in traces/*.db; do sqlite3 -readonly "$db" 'SELECT label, uid, gid, state FROM session'; done | sort | paste -sd' ')" \
	'web-pod-0|33|44|complete web-pod-1|33|44|complete'
check_equal "what its probe used is there" \
	"$(sqlite3 -readonly "$(echo traces/web-pod-0-*.db)" "SELECT count(*) > 0 FROM accesses WHERE path = '/etc/health' AND op = 'open' AND errno = 0")" 1
check_equal "of both the slim image is made" "$(sfc slim containers-storage:web:1 --traces traces -o containers-storage:web:slim -q 2>&1)" web:slim
sed 's/web:1$/web:slim/' web.yml >slim.yml
play slim.yml
observed >slim
check_equal "slim it does the same" "$(cat slim)" "$(cat as-it-is)"
check_equal "without what nobody used" "$(podman run --rm --pull never --network none --entrypoint /bin/cat localhost/web:slim /etc/unused 2>&1)" "cat: can't open '/etc/unused': No such file or directory"
finish
