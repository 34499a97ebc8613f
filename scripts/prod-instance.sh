# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2016,SC2015 # shared names; jq and sh programs in quotes
# One running copy of a package. Sourced by sfc-prod after state.sh, runtime.sh, prod-package.sh.
#
#	$state_dir/prod/APP/app.json              {name, package, previous, history}
#	$state_dir/prod/APP/instances/I/
#		instance.json    how it is to be run, whose it is, whether it is wanted up
#		upper, work      its writable layer, kept from run to run unless ephemeral
#		bundle/          config.json and rootfs, the mounted root
#		log              what it printed
#		supervisor, pid  the processes, as process_note() writes them
#		exit             status of the last run; absent while it runs
#
# The life of an instance: the starter mounts the root and leaves a supervisor behind, which runs
# the runtime in the foreground, and when that ends writes `exit` and takes down what was put up.
# Should the supervisor be killed, the next command that looks does the same.

app_at() { echo "$state_dir/prod/$1"; }
instance_at() { echo "$state_dir/prod/$1/instances/$2"; }
container_id() { echo "sfc-$1-$2"; }

app_must_exist() {
	[ -n "${1:-}" ] || misused "which application? 'sfc prod list' shows them"
	[ -f "$(app_at "$1")/app.json" ] || die "no application '$1' is installed; 'sfc prod list' shows them"
}

instance_must_exist() {
	[ -f "$(instance_at "$1" "$2")/instance.json" ] || die "'$1' has no instance '$2'; 'sfc prod list $1' shows them"
}

# instance_names APP: one a line, in order.
instance_names() {
	for instance_record in "$state_dir/prod/$1"/instances/*/instance.json; do
		[ -e "$instance_record" ] || continue
		instance_record=${instance_record%/instance.json}
		echo "${instance_record##*/}"
	done | sort -V
}

# instance_runs DIR: is the program up, or on its way up or down?
instance_runs() { process_alive "$1/supervisor" || process_alive "$1/pid"; }

# instance_state DIR: running, stopped, failed (ended by itself with an error), lost (nobody saw it end).
instance_state() {
	if instance_runs "$1"; then
		echo running
	elif [ ! -e "$1/exit" ]; then
		[ -e "$1/pid" ] && echo lost || echo stopped
	elif [ "$(json_get "$1/instance.json" .wanted)" = up ] && [ "$(cat "$1/exit")" != 0 ]; then
		echo failed
	else
		echo stopped
	fi
}

# instance_up APP I: mount the root and write the configuration. The caller holds the lock.
instance_up() {
	up_app=$1 up_name=$2 up_at=$(instance_at "$1" "$2")
	up_hex=$(json_get "$up_at/instance.json" .package)
	package_mount "$up_hex"
	mkdir -p "$up_at/upper" "$up_at/work" "$up_at/bundle/rootfs"
	guard_up "$up_at" "$up_hex"
	is_mounted "$up_at/bundle/rootfs" ||
		overlay_mount "$state_dir/mounts/$up_hex/rootfs$guard_lower" "$up_at/upper" "$up_at/work" "$up_at/bundle/rootfs"
	up_swap=false
	[ ! -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ] || up_swap=true
	[ ! -e /sys/fs/cgroup/cgroup.controllers ] || up_swap=true
	jq --arg root "$up_at/bundle/rootfs" --arg host "$up_app-$up_name" --argjson swap "$up_swap" '{
		root: $root, hostname: $host, cgroup: "/sfc/\($host)", network, memory, cpus, pids,
		volumes: (.volumes // []), swap: $swap,
		env: (["SFC_APP=\(.app)", "SFC_INSTANCE=\(.name)"] + .env)}' \
		"$up_at/instance.json" >"$up_at/bundle/options.json" &&
		jq --slurpfile all "$up_at/bundle/options.json" "\$all[0] as \$o | $(cat "$here/instance.jq")" \
			"$state_dir/mounts/$up_hex/config.json" >"$up_at/bundle/config.json" ||
		die "cannot write the configuration of $up_app/$up_name"
}

# instance_down DIR: take down what is left of a run that is over; may be called at any time.
instance_down() {
	down_runtime=$(json_get "$1/instance.json" .runtime)
	down_id=$(container_id "$(json_get "$1/instance.json" .app)" "$(json_get "$1/instance.json" .name)")
	for down_port in "$1"/port.*; do
		! process_alive "$down_port" || kill "$process_pid" 2>/dev/null
		rm -f "$down_port"
	done
	[ ! -e "$state_dir/run/$down_runtime/$down_id" ] || runtime "$down_runtime" delete --force "$down_id" 2>/dev/null
	cgroup_remove "/sfc/${down_id#sfc-}"
	unmount "$1/bundle/rootfs"
	guard_down "$1"
	[ "$(json_get "$1/instance.json" .ephemeral)" != true ] || rm -rf --one-file-system "$1/upper" "$1/work"
	[ -e "$1/exit" ] || [ ! -e "$1/pid" ] || echo 255 >"$1/exit"
	rm -f "$1/supervisor" "$1/pid" "$1/pid.raw"
}

# cgroup_remove PATH: on every hierarchy; runtimes that were killed leave theirs.
cgroup_remove() {
	for cgroup_root in /sys/fs/cgroup /sys/fs/cgroup/*; do
		[ ! -d "$cgroup_root$1" ] || rmdir "$cgroup_root$1" 2>/dev/null
	done
}

# cgroup_file I V1CONTROLLER V1FILE V2FILE: the file of that cgroup, on whichever version is here.
cgroup_file() {
	if [ -e "/sys/fs/cgroup/$2$1/$3" ]; then
		cat "/sys/fs/cgroup/$2$1/$3"
	elif [ -e "/sys/fs/cgroup$1/$4" ]; then
		cat "/sys/fs/cgroup$1/$4"
	fi
}

# supervise APP I: runs for as long as the instance does. What it prints goes to the log.
supervise() {
	exec 9>&- 8>&-
	trap '' HUP INT
	at=$(instance_at "$1" "$2")
	process_note "$at/supervisor" $$
	supervise_runtime=$(json_get "$at/instance.json" .runtime)
	# a job of a shell ignores SIGINT and SIGQUIT; the program is to start with them as usual
	runtime_in_place "$supervise_runtime" "$at/bundle/rootfs" \
		env --default-signal "$supervise_runtime" --root "$state_dir/run/$supervise_runtime" \
		run --bundle "$at/bundle" --pid-file "$at/pid.raw" "$(container_id "$1" "$2")" </dev/null &
	supervise_child=$!
	while [ ! -s "$at/pid.raw" ] && kill -0 "$supervise_child" 2>/dev/null; do
		sleep 0.01
	done
	[ ! -s "$at/pid.raw" ] || process_note "$at/pid" "$(cat "$at/pid.raw")"
	wait "$supervise_child"
	echo $? >"$at/exit"
	instance_down "$at"
}

# adopt APP I: the supervisor was killed, its instance lives: watch that instead of the runtime.
adopt() {
	exec 9>&- 8>&-
	trap '' HUP INT
	at=$(instance_at "$1" "$2")
	process_alive "$at/pid" || exit 0
	adopt_pid=$process_pid
	process_note "$at/supervisor" $$
	tail --pid="$adopt_pid" -f /dev/null
	echo 255 >"$at/exit"	# its status went to a process that is gone
	instance_down "$at"
}

# instance_start APP I: mounted, running, ready; or dies, having taken everything down again. Nothing
# of an earlier run is left: instance_down was called.
instance_start() {
	start_at=$(instance_at "$1" "$2")
	log_rotate "$start_at/log"
	instance_up "$1" "$2"
	rm -f "$start_at/exit"
	setsid "$here/sfc-prod" _supervise "$1" "$2" >>"$start_at/log" 2>&1 </dev/null 9>&- 8>&- &
	start_child=$!
	process_note "$start_at/supervisor" "$start_child"
	while [ ! -e "$start_at/pid" ] && [ ! -e "$start_at/exit" ] && kill -0 "$start_child" 2>/dev/null; do
		sleep 0.02
	done
	start_publish "$1" "$2" && start_ready "$1" "$2" && return
	start_why=$start_problem
	instance_stop "$1" "$2" KILL 0
	die "$1/$2 $start_why"
}

# start_ready APP I: wait for it as instance.json says; sets start_problem when it fails.
start_ready() {
	start_ready=$(json_get "$start_at/instance.json" .ready)
	start_deadline=$(($(date +%s) + $(json_get "$start_at/instance.json" '.timeout // 30')))
	start_looks=0
	while :; do
		if ! instance_runs "$start_at" || [ -e "$start_at/exit" ]; then
			wait_gone "$start_at"
			start_problem="ended with status $(cat "$start_at/exit" 2>/dev/null || echo unknown)$(log_last "$start_at/log")"
			# a program that is done at once and well is not a failure, unless it was to become ready
			[ "$(cat "$start_at/exit" 2>/dev/null)" = 0 ] && [ -z "$start_ready" ]
			return
		fi
		if [ -n "$start_ready" ]; then
			process_alive "$start_at/pid" && is_ready "$start_ready" "$process_pid" "$1" "$2" && return
		elif [ "$start_looks" -ge 3 ]; then
			return 0
		fi
		if [ "$(date +%s)" -ge "$start_deadline" ]; then
			start_problem="did not become ready ('$start_ready') in time$(log_last "$start_at/log")"
			return 1
		fi
		start_looks=$((start_looks + 1))
		sleep 0.05
	done
}

# is_ready SPEC PID APP I: a port it must listen on, or a command that must succeed on the host.
is_ready() {
	case $1 in
	tcp:*) listens "$2" "${1#tcp:}" ;;
	*[!0-9]*) SFC_APP=$3 SFC_INSTANCE=$4 SFC_PID=$2 sh -c "$1" >/dev/null 2>&1 </dev/null 9>&- 8>&- ;;
	*) listens "$2" "$1" ;;
	esac
}

# listens PID PORT: some process of that container has a listening socket there. The table is that
# of the network namespace, so on the host's network the socket must also be one of theirs.
listens() {
	listens_inodes=$(cat "/proc/$1/net/tcp" "/proc/$1/net/tcp6" 2>/dev/null |
		awk -v p="$(printf ':%04X' "$2")" '$4 == "0A" && substr($2, length($2) - 4) == p { print "socket:[" $10 "]" }')
	[ -n "$listens_inodes" ] || return 1
	for listens_pid in $(container_pids "$1"); do
		find "/proc/$listens_pid/fd" -maxdepth 1 -printf '%l\n' 2>/dev/null |
			grep -qxF "$listens_inodes" && return
	done
	return 1
}

# container_pids PID: all processes in the cgroup of PID, or its children where that is not known.
container_pids() {
	awk -F: '$2 == "pids" || $2 == "memory" { print "/sys/fs/cgroup/" $2 $3 "/cgroup.procs" }
	         $1 == "0" { print "/sys/fs/cgroup" $3 "/cgroup.procs" }' "/proc/$1/cgroup" 2>/dev/null |
		while IFS= read -r pids_file; do
			case $pids_file in */sfc/*) [ ! -e "$pids_file" ] || { cat "$pids_file"; break; } ;; esac
		done
}

log_rotate() {
	[ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -lt 16777216 ] || mv -f "$1" "$1.1"
}

# log_last LOG: ": its last line", or nothing.
log_last() {
	log_line=$(tail -n 1 "$1" 2>/dev/null | tr -d '\000-\010\013-\037' | cut -c 1-300)
	[ -z "$log_line" ] || printf ': %s' "$log_line"
}

# wait_gone DIR: until the supervisor has put everything down, and do it for one that cannot.
wait_gone() {
	while process_alive "$1/supervisor"; do
		sleep 0.02
	done
	process_alive "$1/pid" || instance_down "$1"
}

# instance_stop APP I SIGNAL SECONDS: ask, wait, kill; everything is down when this returns.
instance_stop() {
	stop_at=$(instance_at "$1" "$2")
	stop_ticks=$(($4 * 20))
	if process_alive "$stop_at/pid"; then
		stop_pid=$process_pid
		kill -s "$3" "$stop_pid" 2>/dev/null
		while [ "$stop_ticks" -gt 0 ] && process_alive "$stop_at/pid"; do
			sleep 0.05
			stop_ticks=$((stop_ticks - 1))
		done
		! process_alive "$stop_at/pid" || kill -s KILL "$stop_pid" 2>/dev/null
		while process_alive "$stop_at/pid"; do sleep 0.02; done
	elif process_alive "$stop_at/supervisor" && [ ! -e "$stop_at/exit" ]; then
		# the runtime has not got as far as a process, or never will
		stop_runtime=$(json_get "$stop_at/instance.json" .runtime)
		runtime "$stop_runtime" delete --force "$(container_id "$1" "$2")" >/dev/null 2>&1
	fi
	wait_gone "$stop_at"
}

# stop_signal HEX: what the image asked to be stopped with.
stop_signal() {
	stop_signal=$(json_get "$state_dir/mounts/$1/config.json" '.annotations["org.opencontainers.image.stopSignal"]' 2>/dev/null)
	stop_signal=${stop_signal#SIG}
	kill -l | grep -qwE "${stop_signal:-x}" && echo "$stop_signal" || echo TERM
}
