# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Run a command in a root of its own, once to its end or as a server that is asked something; behind
# namespaces_run (lib.sh). Sourced after it. chroot and namespaces keep runs apart and clean; they are no
# wall against a hostile program, that is what crun and runc are for.
#
# What to run, set by the caller: run_args and run_env (quoted words), run_cwd, run_uid, run_gid, and for
# a server run_probe and run_ready ("tcp:PORT", a command, or nothing), run_timeout, run_grace; run_input,
# a file, or - for what the script itself reads.

# shellcheck source=scripts/package.sh
. "$here/package.sh"
# shellcheck source=scripts/ports.sh
. "$here/ports.sh"
# shellcheck source=scripts/straight.sh
. "$here/straight.sh"

run_args='' run_env='' run_cwd=/ run_uid=0 run_gid=0
run_probe='' run_ready='' run_timeout='' run_grace=10 run_input=/dev/null

default_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

is_server() {
	[ -n "$run_probe$run_ready" ]
}

# --- what to run ---

# run_user USER[:GROUP] SOURCE: names as the source knows them, or numbers. Sets run_uid, run_gid, run_home.
run_user() {
	run_user=${1%%:*} run_group=
	case $1 in
	*:*) run_group=${1#*:} ;;
	esac
	line=$(! is_straight_file "$2" etc/passwd ||
		awk -F: -v who="$run_user" '$1 == who || $3 == who { print; exit }' "$2/etc/passwd" 2>/dev/null)
	case $run_user in
	*[!0-9]* | '')
		[ -n "$line" ] || die "user '$run_user' is not in the root's /etc/passwd"
		run_uid=$(printf '%s' "$line" | cut -d: -f3)
		;;
	*) run_uid=$run_user ;;
	esac
	run_gid=$(printf '%s' "$line" | cut -d: -f4)
	run_home=$(printf '%s' "$line" | cut -d: -f6)
	case $run_group in
	'') ;;
	*[!0-9]*)
		run_gid=$(! is_straight_file "$2" etc/group ||
			awk -F: -v who="$run_group" '$1 == who { print $3; exit }' "$2/etc/group" 2>/dev/null)
		[ -n "$run_gid" ] || die "group '$run_group' is not in the root's /etc/group"
		;;
	*) run_gid=$run_group ;;
	esac
	: "${run_gid:=0}" "${run_home:=/}"
}

# run_environment [NAME=VALUE | NAME]…: a plain environment, then what was asked for; a bare NAME takes
# the caller's value. The caller's own variables stay out: they would be part of what is traced.
run_environment() {
	set -- "PATH=$default_path" "HOME=$run_home" ${caller_lang:+"LANG=$caller_lang"} \
		${caller_lc_all:+"LC_ALL=$caller_lc_all"} ${caller_tz:+"TZ=$caller_tz"} "$@"
	run_env=
	for pair; do
		case $pair in
		=*) misused "--env wants NAME=VALUE, not '$pair'" ;;
		*=*) ;;
		*) pair=$pair=$(printenv "$pair") ;;
		esac
		run_env="$run_env$(quoted "$pair")"
	done
}

# The PATH a command is looked up in: the last one given.
run_path() {
	eval "set -- $run_env"
	found=$default_path
	for pair; do
		case $pair in
		PATH=*) found=${pair#PATH=} ;;
		esac
	done
	printf '%s\n' "$found"
}

# run_from_package FILE: what it says about its start, as tracepack has checked it.
run_from_package() {
	needs jq jq
	needs_program tracepack
	package_start "$1" "$work/start.json"
	jq .config "$work/start.json" >"$work/start-config.json" || die "'$1': its start cannot be read"
	run_from_config "$work/start-config.json"
}

# run_from_config FILE: a config.json that is ours.
run_from_config() {
	run_args=$(jq -r '.process.args | @sh' "$1") &&
		run_env=$(jq -r '.process.env | @sh' "$1") &&
		run_cwd=$(jq -r '.process.cwd' "$1") &&
		run_uid=$(jq -r '.process.user.uid' "$1") &&
		run_gid=$(jq -r '.process.user.gid' "$1") && return
	die "'$1' cannot be read"
}

# say_as_root PACKAGE: until it is a container, people have to know.
say_as_root() {
	[ -n "${quiet:-}" ] || say_error "'$1' runs as root of this host, in a chroot that is no wall: run what you trust"
}

# --- start, wait, stop ---

# container_start ROOT: in the background; its output goes where ours goes. Sets container_pid. It is
# test-inside.sh's.

container_running() {
	runs "$container_pid"
}

# Sets container_status, 128 + N when signal N ended it.
container_wait() {
	wait_child "$container_pid"
	container_status=$child_status
}

# Ask it to end. Sets first, the number of its process 1.
container_ask() {
	first=$(cat "$container_pidfile" 2>/dev/null) || first=
	[ -z "$first" ] || kill -TERM "$first" 2>/dev/null
}

# Ask it to end, and after run_grace seconds make it. Sets container_status as container_wait() does, and
# container_killed when it did not listen.
container_stop() {
	container_killed=
	container_ask
	patience=$(deadline "$run_grace")
	while container_running && ! passed "$patience"; do
		sleep 0.02
	done
	if container_running; then
		container_killed=1 container_status=137
		kill_together "$container_pid" "$first"
	else
		container_wait
	fi
}

# --- servers ---

ready_port() {
	case $run_ready in
	tcp:*) printf '%s\n' "${run_ready#tcp:}" ;;
	esac
}

# ask SECONDS COMMAND: the host's tools ask, the root's programs answer: nothing the probe uses gets into
# the package. 0 seconds are as many as it takes.
ask() {
	SFC_ROOT=$container_root timeout -k 5 "$1" sh -c "$2" </dev/null
}

is_ready() {
	case $run_ready in
	tcp:*) port_listens "${run_ready#tcp:}" ;;
	'') true ;;
	*) ask "${run_timeout:-60}" "$run_ready" >/dev/null 2>&1 ;;
	esac
}

# Until ready, and until the probe passes once when nothing else says when that is.
wait_ready() {
	until is_ready; do
		container_running || return 1
		! passed "$until" || return 2
		sleep 0.02
	done
}

probe_passes() {
	while :; do
		ask "${run_timeout:-0}" "$run_probe" >"$out/probe" 2>"$out/probe.err" &
		probe_pid=$!
		# who is asked may be gone, and the probe not notice
		while runs "$probe_pid"; do
			container_running || wait_while "$run_grace" runs "$probe_pid" || kill "$probe_pid" 2>/dev/null
			sleep 0.02
		done
		wait "$probe_pid"
		probe_status=$?
		[ "$probe_status" != 0 ] || return 0
		# who said when it is ready meant the first answer
		[ -z "$run_ready" ] && container_running && ! passed "$until" || return 1
		sleep 0.05
	done
}

# mount_appears DIR PID: until PID has mounted something there; fails when it has ended, or takes a minute.
mount_appears() {
	wait_while 60 mount_awaited "$1" "$2" && mountpoint -q "$1"
}

mount_awaited() {
	! mountpoint -q "$1" && kill -0 "$2" 2>/dev/null
}

# mount_ends DIR PID: unmounted, and PID, who serves it, has ended: its status.
mount_ends() {
	umount "$1" 2>/dev/null || umount -l "$1" 2>/dev/null
	wait_while 240 runs "$2" || kill -KILL "$2" 2>/dev/null
	wait "$2"
}

# --- one run ---

# run_once ROOT OUT: run the command in ROOT; OUT gets the files stdout, stderr, status, of a probe also
# probe and probe.err, and said, a sentence about how it went. Fails when a server did not come up, or
# its probe did not pass, with the reason in said.
run_once() {
	container_root=$1 out=$2
	mkdir -p "$out"
	begun=$(now)
	container_start "$container_root" >"$out/stdout" 2>"$out/stderr"
	if is_server; then
		run_server
	else
		run_batch
	fi
	result=$?
	printf '%s\n' "$container_status" >"$out/status"
	return "$result"
}

run_batch() {
	if [ -n "$run_timeout" ]; then
		until=$(deadline "$run_timeout")
		while container_running; do
			if passed "$until"; then
				container_stop
				echo "$run_name did not end within $run_timeout s" >"$out/said"
				return 1
			fi
			sleep 0.02
		done
	fi
	container_wait
	echo "$run_name ended with status $container_status" >"$out/said"
}

run_server() {
	until=$(deadline "${run_timeout:-60}")
	wait_ready
	case $? in
	1)
		container_wait
		echo "$run_name ended with status $container_status before it was ready" >"$out/said"
		return 1
		;;
	2)
		container_stop
		echo "$run_name was not ready within ${run_timeout:-60} s" >"$out/said"
		return 1
		;;
	esac
	said="$run_name ready"
	[ -z "$(ready_port)" ] || said="$said on :$(ready_port)"
	[ -z "$run_ready" ] || said="$said after $(since "$begun") s"
	if [ -n "$run_probe" ] && ! probe_passes; then
		container_stop
		echo "$run_name: the probe failed with status $probe_status" >"$out/said"
		return 1
	fi
	[ -z "$run_probe" ] || said="$said, probe passed"
	if ! container_running; then
		container_wait
		[ "$container_status" = 0 ] || {
			echo "$run_name ended with status $container_status during the probe" >"$out/said"
			return 1
		}
	else
		container_stop
	fi
	[ -z "$container_killed" ] || said="$said, killed after $run_grace s"
	[ -n "$container_killed" ] || said="$said, stopped"
	printf '%s\n' "$said" >"$out/said"
}

# compare_runs A B output|status: sets same, in words; or fails and sets difference.
compare_runs() {
	wanted=$(cat "$1/status")
	status=$(cat "$2/status")
	if [ "$status" != "$wanted" ]; then
		difference="exit status $status instead of $wanted"
		return 1
	fi
	same="same exit status"
	[ "$3" = output ] || return 0
	if [ -n "$run_probe" ]; then
		difference="the probe's output is another"
		same="$same, same probe output"
		cmp -s "$1/probe" "$2/probe"
	elif ! is_server; then
		difference="its output is another"
		same="$same, same output"
		cmp -s "$1/stdout" "$2/stdout"
	fi
}

show_difference() {
	is_server || diff -u --label source --label package "$1/stdout" "$2/stdout" | head -n 12 | shown >&2
}

# The last words of a run that failed; without them nobody finds out why.
show_output() {
	for file in stdout stderr probe probe.err; do
		[ ! -s "$1/$file" ] || shown <"$1/$file" >&2
	done
}

# The last lines of what may be anything but text.
shown() {
	tail -c 2000 | tr -d '\000' | plain | tail -n 10 | awk '{ print "  | " $0 }'
}

# --- packages ---

# package_root DIR LAYER ROOT: the root file system of the package mounted at DIR, or of a bare image,
# with the writable directory LAYER above it.
package_root() {
	lower=$1
	if ! package_is_bare "$1"; then
		[ -d "$1/rootfs" ] && [ ! -L "$1/rootfs" ] || die "'$package': rootfs is not a directory"
		lower=$1/rootfs
	fi
	mkdir -p "$2/upper" "$2/work" "$3"
	mount -t overlay -o "lowerdir=$lower,upperdir=$2/upper,workdir=$2/work" overlay "$3" ||
		die "cannot put a writable layer above the package"
	for name in dev proc sys; do
		[ ! -L "$3/$name" ] || die "'${package:-$1}': /$name in its root is a link to '$(readlink "$3/$name")'"
	done
}
