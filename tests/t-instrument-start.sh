#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc instrument --compose and --kubernetes: what a project and a cluster are told, field by field, and what
# is refused. What docker-compose makes of both files together is looked at where it is.
# shellcheck disable=SC2016 # of the files that it writes
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
requires jq --version
requires docker-compose version

cat >project.yml <<'END'
version: "3.7"
x-common: &common
  restart: always
  cap_drop: [ALL]
  security_opt: ["no-new-privileges:true"]
services:
  web:
    <<: *common
    image: registry.example:5000/web:${TAG}
    user: "33:44"
    entrypoint: ["/entry", "--a b"]
    command: ["serve"]
    read_only: true
    init: true
    volumes: ["data:/data"]
  plain:
    image: plain
  built:
    build: .
  joined:
    image: x:1
    pid: host
volumes:
  data: {}
END

# --- what docker-compose says of the project ---
TAG=7 sfc instrument --compose project.yml -o trace.yml >said 2>&1
check_equal "an override is written" $? 0
check "a service that is built is named" grep -q "warning: service 'built' is not traced: it has no image: name" said
check "so is one that is not its container's first process" grep -q "warning: service 'joined' is not traced: with pid:" said
of() {
	jq -c ".services.web.$1" trace.yml
}
check_equal "image" "$(of image)" '"registry.example:5000/web:7-traced"'
check_equal "entrypoint: tracefs before the service's own" "$(of entrypoint)" \
	'["/.sfc/tracefs","-o","traces=/sfc-trace,image=/.sfc/image,catalog=no,ignore=/.sfc,ignore=/.sfc/**,ignore=/sfc-trace,ignore=/sfc-trace/**","/","--","/entry","--a b"]'
check_equal "command: stays in the project's file" "$(of command)" null
check_equal "user: root, and the one to change to" "$(of user) $(of environment)" '"0:0" {"SFC_TRACE_USER":"33:44"}'
check_equal "cap_drop: what tracing needs comes back" "$(of cap_add)" \
	'["SYS_ADMIN","SYS_PTRACE","CHOWN","DAC_OVERRIDE","FOWNER","FSETID","KILL","SETFCAP","SETGID","SETPCAP","SETUID","SYS_CHROOT"]'
check_equal "security_opt, devices, volumes, init" "$(of security_opt) $(of devices) $(of volumes) $(of init)" \
	'["apparmor:unconfined","label:disable"] ["/dev/fuse:/dev/fuse"] ["sfc-trace:/sfc-trace"] false'
check_equal "a service that asks for nothing is told nothing more" "$(jq -c '.services.plain | keys' trace.yml)" \
	'["cap_add","devices","image","security_opt","volumes"]'
check_equal "its image without a tag" "$(jq -r .services.plain.image trace.yml)" plain:traced

# --- both files together, as docker-compose has them ---
TAG=7 docker-compose -f project.yml -f trace.yml config >both.yml 2>said
check_equal "docker-compose takes both" $? 0
both() {
	python3 -c 'import sys, json, yaml; print(json.dumps(yaml.safe_load(open("both.yml"))["services"]["web"][sys.argv[1]]))' "$1" | jq -c .
}
check_equal "read_only stays" "$(both read_only)" true
check_equal "the command stays" "$(both command)" '["serve"]'
check_equal "the volumes are both" "$(both volumes | jq -c 'map(tostring | split(":")[1]) | sort')" '["/data","/sfc-trace"]'
check_equal "what was dropped still is, and what is needed is there" "$(both cap_drop) $(both cap_add | jq 'index("SYS_ADMIN") != null')" '["ALL"] true'
check_equal "its restart, which a merge key brought" "$(both restart)" '"always"'

# --- without docker-compose: libyaml, within bounds ---
alone() {
	mkdir -p bin
	for program in docker docker-compose; do printf '#!/bin/sh\nexit 1\n' >"bin/$program" && chmod +x "bin/$program"; done
	PATH=$dir/bin:$PATH sfc instrument "$@" </dev/null
}
printf 'services:\n  a:\n    image: "x:%s"\n' '${TAG}' >variable.yml
alone --compose variable.yml -o x >said 2>&1
check_equal "a variable is no image then" "$? $(tail -n 1 said)" "1 sfc: instrument: 'variable.yml': it has no service that can be traced"
check "and that is said of the service" grep -q "service 'a' is not traced: its image is a variable" said
sed 's/\${TAG}/7/' project.yml >values.yml
alone --compose values.yml -o again.yml >said 2>&1
check_equal "the file itself says the same" "$(jq -S . again.yml)" "$(jq -S . trace.yml)"

# what docker compose has is JSON
cat >bin/docker <<'END'
#!/bin/sh
[ "$*" != "compose -f values.yml config --format json" ] || echo '{"services": {"a": {"image": "of-compose:1"}}}'
[ "$1" = compose ]
END
PATH=$dir/bin:$PATH sfc instrument --compose values.yml -o - >said 2>&1
check_equal "docker compose is asked where there is one" "$(jq -r .services.a.image said)" of-compose:1-traced

# refused CLAIM PATTERN: of bad.yml.
refused() {
	check_fails "$1" 1 "$2" alone --compose bad.yml -o x
}
printf 'services:\n  a: {image: x}\n  a: {image: y}\n' >bad.yml
refused "a key that comes twice" "*'bad.yml': line 3: the key 'a' comes twice"
{
	printf 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n'
	for i in 1 2 3 4 5 6 7 8 9; do
		printf 'a%s: &a%s [' $i $i
		for _ in 1 2 3 4 5 6 7 8 9; do printf '*a%s, ' $((i - 1)); done
		printf '*a%s]\n' $((i - 1))
	done
} >bad.yml
refused "aliases without end" "*'bad.yml': line *: its aliases stand for too much"
printf 'a: &a [*a]\n' >bad.yml
refused "one that holds itself" "*'bad.yml': line 1: it*"
head -c 1100000 /dev/zero | tr '\0' '#' >bad.yml
refused "more than a MiB" "*bad.yml*"
printf 'a: [1, 2\nb: }' >bad.yml
refused "no YAML" "*'bad.yml': line *"
printf '%0100d' 0 | sed 's/0/[/g' >bad.yml
refused "what is nested too deeply" "*'bad.yml': line *"
echo 'text: 1' >bad.yml
refused "no project" "*'bad.yml': it has no services"
check "nothing is written then" sh -c '[ ! -e x ]'
check_fails "an output that is there" 1 "*'trace.yml' exists; use --force*" alone --compose values.yml -o trace.yml
check_fails "no output" 2 '*no output given*' sfc instrument --compose values.yml
for option in "--name web:2" "--user 33"; do
	check_fails "what is only for an image: ${option% *}" 2 '*--name and --user are for an image*' sfc instrument --compose values.yml -o x $option
done
check_equal "a disk that is full" "$(sfc instrument --compose values.yml -o - 2>&1 >/dev/full | tail -n 1)" \
	"sfc: instrument: cannot write the output: No space left on device"
check_fails "both at once" 2 '*one at a time*' sfc instrument --compose values.yml --kubernetes values.yml -o x

# --- Kubernetes ---
cat >objects.yml <<'END'
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      securityContext: {runAsNonRoot: true, runAsUser: 33, runAsGroup: 44}
      containers:
      - name: web
        image: web:1
        command: [/entry]
        args: [serve]
        securityContext: {capabilities: {drop: [ALL]}, readOnlyRootFilesystem: true}
      - name: side
        image: side@sha256:0123
END
sfc instrument --kubernetes objects.yml -o patch.yml >said 2>&1
check_equal "a patch is written" $? 0
check "a container whose image is a digest is named" grep -q "warning: container 'side' is not traced: its image is a digest" said
check_equal "for the Deployment alone" "$(jq -c '[.apiVersion, .kind, .metadata]' patch.yml)" '["apps/v1","Deployment",{"name":"web","namespace":"shop"}]'
spec() {
	jq -c ".spec.template.spec$1" patch.yml
}
check_equal "image and command" "$(spec '.containers[0] | [.image, .command[0], .command[-1]]')" '["web:1-traced","/.sfc/tracefs","/entry"]'
check_equal "args stay where they are" "$(spec '.containers[0].args')" null
check_equal "runAsUser becomes the one to change to" "$(spec '.containers[0].env')" '[{"name":"SFC_TRACE_USER","value":"33:44"}]'
check_equal "root, privileged, and nothing against it" "$(spec '.containers[0].securityContext')" \
	'{"privileged":true,"allowPrivilegeEscalation":true,"runAsUser":0,"runAsGroup":0,"runAsNonRoot":false,"capabilities":null}'
check_equal "runAsNonRoot of the pod, too" "$(spec .securityContext)" '{"runAsNonRoot":false}'
check_equal "a volume for the traces" "$(spec .volumes) $(spec '.containers[0].volumeMounts')" \
	'[{"name":"sfc-trace","emptyDir":{}}] [{"name":"sfc-trace","mountPath":"/sfc-trace"}]'
cat >more.yml <<'END'
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  jobTemplate:
    spec:
      template:
        spec:
          initContainers: [{name: first, image: first:1}]
          containers:
          - name: job
            image: job
            livenessProbe: {exec: {command: [cat, /etc/health]}, periodSeconds: 5}
            readinessProbe: {httpGet: {port: 80}}
            lifecycle: {preStop: {exec: {command: [stop]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: shared}
spec:
  shareProcessNamespace: true
  containers: [{name: one, image: one:1}]
---
apiVersion: v1
kind: Pod
metadata: {name: alone}
spec:
  containers: [{name: alone, image: "host:5000/alone"}]
END
sfc instrument --kubernetes more.yml -o more.json >said 2>&1
check_equal "a patch for each that can be traced" "$(jq -s -r 'map(.kind + " " + .metadata.name) | join(", ")' <<JSON
$(sed '/^---$/d' more.json)
JSON
)" 'CronJob nightly, Pod alone'
check "who is not its first process is named" grep -q "container 'one' is not traced: with shareProcessNamespace" said
nightly() {
	sed '/^---$/,$d' more.json | jq -c ".spec.jobTemplate.spec.template.spec$1"
}
check_equal "what runs first is traced, too" "$(nightly '.initContainers[0].image') $(nightly '.containers[0].image')" '"first:1-traced" "job:traced"'
check_equal "probes and hooks that are commands are the container's user" "$(nightly '.containers[0] | [.livenessProbe.exec.command, .lifecycle.preStop.exec.command[-1], .readinessProbe]')" \
	'[["/.sfc/tracefs","-o","image=/.sfc/image,join","/","--","cat","/etc/health"],"stop",null]'
echo 'kind: Service' >bad.yml
check_fails "where there is nothing to trace" 1 "*'bad.yml': it has no Deployment*" sfc instrument --kubernetes bad.yml -o x
finish
