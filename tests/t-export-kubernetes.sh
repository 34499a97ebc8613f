#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# --to kubernetes: each field is one that its reference documents, with a value that it may have, and says what was
# asked for; podman kube play starts two replicas of it, which write where the traced run wrote and nowhere else.
# shellcheck disable=SC2016,SC2317 # for the shell inside; check calls the functions
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/podman.sh"
requires fuse
requires busybox true
requires jq --version
requires python3 -c 'import yaml'

fields() { python3 "$srcdir/tests/kube_fields.py" "$1"; }
# of FILE FILTER: what the Deployment says, by jq
of() {
	python3 -c 'import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))' "$1" | jq -c "$2"
}

mkdir -p root/bin root/etc root/srv/data root/keep root/tmp
cp "$(command -v busybox)" root/bin/busybox
for applet in sh cat id sleep touch kill; do ln -s busybox "root/bin/$applet"; done
echo used >root/etc/used
echo kept >root/keep/file
cat >root/entry <<'END'
#!/bin/sh
cat /etc/used
id -u
echo "$VALUE"
touch /srv/data/x && echo data
touch /tmp/x && echo tmp
[ "$1" != once ] || exit 0
trap 'kill $!; echo ended; exit 5' TERM
sleep 1000 &
wait
END
chmod 755 root/entry
chmod 777 root/srv/data
chmod 1777 root/tmp
cat >image.json <<'JSON'
{"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []},
 "config": {"ExposedPorts": {"8080/tcp": {}, "53/udp": {}}, "Volumes": {"/data": {}}, "StopSignal": "SIGTERM",
 "Healthcheck": {"Test": ["CMD", "/bin/cat", "/etc/used"], "Interval": 2000000000, "Timeout": 1500000000, "Retries": 4}}}
JSON
check "a package of what a run used" sfc slim -q --root root -u 33:44 --compare none -o app.sfc -- /entry once
digest=sha256:$(printf %064d 7)

# --- each field -----------------------------------------------------------------------------------
to() { tracepack export app.sfc --to kubernetes "$@"; }
check "with nothing asked for" to --image "reg.example:5000/a/web@$digest" -o plain.yml
check_equal "its fields are right" "$(fields plain.yml)" ok
check_equal "one, and no Service where nothing listens" "$(of plain.yml '[length, .[0].spec.replicas]')" '[1,1]'
to --image "web@$digest" --name web -f -o full.yml -p 80:8080 -p 53:53/udp --ready tcp:8080 --http-probe /up --health http://x:81/well \
	-m 64M --cpus 1.25 --count 3 --cap-add NET_RAW --cap-drop CHOWN -v /srv/x:/mnt:ro --tmpfs /cache:2M --network host \
	--hostname h1 -e 'A=$(B) "x": é	y' --restart always
check_equal "with all of it, its fields are right" "$(fields full.yml)" ok
c='.[0].spec.template.spec.containers[0]'
check_equal "the image by its digest" "$(of full.yml "$c.image")" "\"web@$digest\""
check_equal "the command, as whom, where" "$(of full.yml "[$c.command, $c.securityContext.runAsUser, $c.securityContext.runAsGroup, $c.workingDir]")" '[["/entry","once"],33,44,"/"]'
check_equal "a variable that looks like one of Kubernetes" "$(of full.yml "$c.env[] | select(.name == \"A\").value")" '"$$(B) \"x\": é\ty"'
check_equal "the probes" "$(of full.yml "[$c.startupProbe.tcpSocket.port, $c.readinessProbe.httpGet, $c.livenessProbe.httpGet]")" \
	'[8080,{"port":8080,"path":"/up"},{"port":81,"path":"/well"}]'
check_equal "the limits" "$(of full.yml "$c.resources")" '{"limits":{"memory":"67108864","cpu":"1250m"}}'
check_equal "the rights: of a user, what was asked for" "$(of full.yml "$c.securityContext | [.capabilities, .allowPrivilegeEscalation, .runAsNonRoot, .seccompProfile.type]")" \
	'[{"drop":["ALL"],"add":["NET_RAW"]},false,true,"RuntimeDefault"]'
check_equal "the root is read-only, but where the run wrote" "$(of full.yml "[$c.securityContext.readOnlyRootFilesystem, [$c.volumeMounts[] | [.name, .mountPath]]]")" \
	'[true,[["written-1","/srv/data"],["memory-1","/run"],["memory-2","/tmp"],["memory-3","/cache"],["host-1","/mnt"]]]'
check_equal "the Service" "$(of full.yml '.[1].spec.ports')" '[{"name":"tcp-80","protocol":"TCP","port":80,"targetPort":8080},{"name":"udp-53","protocol":"UDP","port":53,"targetPort":53}]'
check_equal "the pod" "$(of full.yml '[.[0].spec.replicas, (.[0].spec.template.spec | .hostname, .hostNetwork)]')" '[3,"h1",true]'
mkdir -p bundle/sfc && cp image.json bundle/sfc/ && cp -r root bundle/rootfs && tracepack config app.sfc | jq .config >bundle/config.json
tracepack export bundle --to kubernetes --image "web@$digest" -o image.yml 2>said
check_equal "of an image, its fields are right" "$(fields image.yml)" ok
check_equal "HEALTHCHECK, and what it exposes" "$(of image.yml "[$c.livenessProbe, .[1].spec.ports[].port]")" \
	'[{"exec":{"command":["/bin/cat","/etc/used"]},"periodSeconds":2,"timeoutSeconds":2,"failureThreshold":4},8080,53]'
check "VOLUME is said to go with its pod" grep -q 'VOLUME /data is an emptyDir' said
tracepack export bundle --to kubernetes --image "web@$digest" -v /srv/x:/data -o mounted.yml 2>said
check_equal "unless something else is mounted there" "$(fields mounted.yml)" ok
check_equal "once" "$(of mounted.yml "[$c.volumeMounts[] | select(.mountPath == \"/data\").name]")" '["host-1"]'
check "and nothing is said of it" sh -c '! grep -q VOLUME said'

# the table is one that refuses
for change in 's/containerPort: 8080/containerPort: "8080"/' 's/replicas: 3/replicas: three/' '/^    app.kubernetes.io.name: web/d' \
	's/- name: written-1/- name: Written_1/' 's/readinessProbe:/readyProbe:/' 's/ image: .*/ image: web:1/'; do
	sed "$change" full.yml >wrong.yml
	check "wrong fields are found: $change" sh -c '! python3 "$1" wrong.yml >/dev/null' sh "$srcdir/tests/kube_fields.py"
done

# --- what it cannot say ---------------------------------------------------------------------------
cannot() {
	what=$1
	shift
	check_fails "cannot express $what" 1 "tracepack: export: kubernetes cannot express --$what*" to --image "web@$digest" -o refused "$@"
}
cannot 'publish 8081-8083:80: *' -p 8081-8083:80
cannot 'publish 127.0.0.1:80:80: *' -p 127.0.0.1:80:80
cannot 'userns keep-id' --userns keep-id
cannot ephemeral --ephemeral
cannot 'pids 5' --pids 5
cannot 'device /dev/fuse' --device /dev/fuse
cannot 'restart on-failure: *' --restart on-failure
cannot 'network none: *' --network none
check_fails "an image without a digest" 1 "tracepack: export: kubernetes: which image, by its digest?*" to --image web:1 -o refused
check_fails "a name that is none" 1 "tracepack: export: kubernetes has no name 'a_b'*" to --image "a_b@$digest" -o refused
check "leaves nothing" test ! -e refused

# --- run ------------------------------------------------------------------------------------------
mkdir infra infra/bin && cp root/bin/busybox infra/bin/ && for applet in sh sleep; do ln -s busybox infra/bin/$applet; done
tar -C infra -c . | podman import -q -c 'CMD ["/bin/sh", "-c", "trap \"exit 0\" TERM; sleep 100000 & wait"]' - localhost/infra:1 >/dev/null
# the same, but that it lives on, and tries to write where no run wrote
sfc export app.sfc -q -o containers-storage:localhost/web:1 >/dev/null 2>&1 || fail "no image"
digest=$(podman image inspect --format '{{.Digest}}' localhost/web:1)
to --image "localhost/web@$digest" --name web -f -o run.yml --count 2 -e VALUE='a $b: #' --asked /dev/stdin <<'END'
{"command": ["/bin/sh", "-c", "/entry once; touch /keep/x 2>/dev/null || echo read-only; trap 'exit 5' TERM; sleep 1000 & wait"]}
END
check_equal "what is run is right, too" "$(fields run.yml)" ok
podman kube play --network none run.yml >said 2>&1 || fail "kube play does not start it: $(cat said)"
is_up() { podman logs "web-pod-$1-web" 2>&1 | grep -q read-only; }
for i in 0 1; do
	check "replica $i is up" wait_for 30 is_up $i
	check_equal "replica $i does what the traced run did, and can write nowhere else" \
		"$(podman logs web-pod-$i-web 2>&1 | paste -sd,)" 'used,33,a $b: #,data,tmp,read-only'
	check_equal "replica $i has no rights" "$(podman exec web-pod-$i-web /bin/sh -c 'cat /proc/1/status' | sed -n 's/^\(CapBnd\|NoNewPrivs\|Seccomp\):\t//p' | paste -sd' ')" '0000000000000000 1 2'
	check_equal "replica $i is the image of that digest" "$(podman inspect --format '{{.ImageDigest}}' web-pod-$i-web)" "$digest"
done
check_equal "and goes" "$(podman kube down run.yml >/dev/null 2>&1; podman ps -aq | wc -l)" 0
finish
