# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2016,SC2015 # shared names; jq and sh programs in quotes
# One running copy of a package: its record, its state, its root. Sourced by sfc-prod after state.sh,
# runtime.sh, prod-store.sh.
#
#	$state_dir/prod/APP/app.json              {name, package, previous, installed, updated}
#	$state_dir/prod/APP/instances/I/
#		instance.json    how it is to be run, whose it is, whether it is wanted up
#		upper, work      its writable layer, kept from run to run unless ephemeral
#		bundle/          config.json and rootfs, the mounted root
#		log              what it printed
#		supervisor, keeper, pid   the processes, as process_note() writes them (prod-run.sh)
#		pid.raw          the pid as the runtime wrote it
#		adopted          there when the supervisor is not the first
#		exit             status of the last run, or "lost"; absent while it runs

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

# instance_load DIR: the record as variables instance_*, by one jq: each costs more than all else of a
# start that is not the kernel's.
instance_load() {
	eval "$(jq -r '@sh "instance_app=\(.app) instance_name=\(.name) instance_user=\(.user)
		instance_package=\(.package) instance_runtime=\(.runtime) instance_wanted=\(.wanted)
		instance_memory=\(.memory // "") instance_cpus=\(.cpus // "") instance_pids=\(.pids // "")
		instance_ready=\(.ready // "") instance_timeout=\(.timeout // 30)
		instance_ephemeral=\(.ephemeral // false) instance_guard=\(.guard // "")
		instance_ports=\(.publish // [] | join(" "))"' "$1/instance.json" || echo false)" ||
		die "'$1/instance.json' cannot be read"
}

# instance_runs DIR: is the program up, or on its way up or down?
instance_runs() { process_alive "$1/supervisor" || process_alive "$1/pid" || process_alive "$1/keeper"; }

# instance_stays_up DIR: it runs, and is not on its way down; who is, is down when this returns. The
# caller holds the lock.
instance_stays_up() {
	wait_while 60 instance_goes_down "$1" || supervisor_kill "$1"
	instance_runs "$1"
}

# instance_goes_down DIR: its supervisor has something to take down.
instance_goes_down() {
	process_alive "$1/supervisor" || return
	{ [ -e "$1/pid" ] && ! process_alive "$1/pid"; } ||
		{ [ -e "$1/keeper" ] && [ ! -e "$1/adopted" ] && ! process_alive "$1/keeper"; }
}

# supervisor_alive DIR: and is not this command, which notes itself before it starts one.
supervisor_alive() {
	process_alive "$1/supervisor" && [ "$process_pid" != $$ ]
}

# supervisor_kill DIR: the program has ended and its supervisor does not: it waits for something that
# never comes. It leads a process group of its own, unless it is a command that was about to start one.
supervisor_kill() {
	supervisor_alive "$1" || return 0
	kill -KILL "-$process_pid" 2>/dev/null || kill -KILL "$process_pid" 2>/dev/null
	wait_while 10 supervisor_alive "$1"
}

# instance_pid DIR: sets process_pid to the first process, also when the supervisor was killed before it
# could note it: what the runtime wrote is true for as long as that is there.
instance_pid() {
	process_alive "$1/pid" || {
		process_alive "$1/keeper" && [ -s "$1/pid.raw" ] &&
			process_note "$1/pid" "$(cat "$1/pid.raw")" && process_alive "$1/pid"
	}
}

# instance_state DIR: running; orphaned (up, but nobody supervises it); stopped (as it was told); exited
# (by itself, with status 0); failed (by itself, with another); lost (nobody saw how it ended).
instance_state() {
	if process_alive "$1/supervisor"; then
		instance_now=running
	elif instance_runs "$1"; then
		instance_now=orphaned
	elif [ ! -e "$1/exit" ]; then
		[ -e "$1/pid" ] && instance_now=lost || instance_now=stopped
	elif [ "$(json_get "$1/instance.json" .wanted)" != up ]; then
		instance_now=stopped
	else
		case $(cat "$1/exit") in
		0) instance_now=exited ;;
		lost) instance_now=lost ;;
		*) instance_now=failed ;;
		esac
	fi
	# who asked may have been killed meanwhile; that is no word for the log
	echo "$instance_now" 2>/dev/null
}

# instance_up DIR: mount the root and write the configuration. The caller holds the lock, and has
# loaded the record.
instance_up() {
	up_host=$instance_app-$instance_name guard_lower=
	store_mount "$instance_package"
	up_start=$(store_start "$instance_package") || exit
	mkdir -p "$1/upper" "$1/work" "$1/bundle/rootfs"
	[ -z "$instance_guard" ] || guard_up "$1" "$instance_package"
	is_mounted "$1/bundle/rootfs" ||
		overlay_mount "$state_dir/mounts/$instance_package/rootfs$guard_lower" "$1/upper" "$1/work" "$1/bundle/rootfs"
	up_swap=false
	[ ! -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ] || up_swap=true
	[ ! -e /sys/fs/cgroup/cgroup.controllers ] || up_swap=true
	jq --slurpfile record "$1/instance.json" --arg root "$1/bundle/rootfs" --arg host "$up_host" \
		--arg group "$state_group" --argjson swap "$up_swap" "(\$record[0] | {
			root: \$root, hostname: \$host, cgroup: (\$group + \$host), network, memory, cpus, pids,
			volumes: (.volumes // []), swap: \$swap,
			env: ([\"SFC_APP=\\(.app)\", \"SFC_INSTANCE=\\(.name)\"] + .env)}) as \$o | .config | $(cat "$here/instance.jq")" \
		"$up_start" | owner_only "$1/bundle/config.json" ||
		die "cannot write the configuration of $instance_app/$instance_name"
}

# instance_down DIR: take down what is left of a run that is over; may be called at any time.
instance_down() {
	instance_load "$1"
	down_id=$(container_id "$instance_app" "$instance_name")
	for down_port in "$1"/port.*; do
		! process_alive "$down_port" || kill "$process_pid" 2>/dev/null
		rm -f "$down_port"
	done
	[ ! -e "$state_dir/run/$instance_runtime/$down_id" ] || runtime_delete "$instance_runtime" "$down_id"
	keeper_wait "$1"
	cgroup_remove "$state_group${down_id#sfc-}"
	unmount "$1/bundle/rootfs"
	guard_down "$1"
	[ "$instance_ephemeral" != true ] || rm -rf --one-file-system "$1/upper" "$1/work"
	[ -e "$1/exit" ] || [ ! -e "$1/pid" ] || exit_note "$1" lost
	rm -f "$1/supervisor" "$1/keeper" "$1/pid" "$1/pid.raw" "$1/adopted"
}

# exit_note DIR STATUS
exit_note() {
	echo "$2" >"$1/exit.new" && mv -f "$1/exit.new" "$1/exit"
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

# stop_signal HEX: what the image asked to be stopped with.
stop_signal() {
	stop_signal=$(json_get "$(store_start "$1")" '.config.annotations["org.opencontainers.image.stopSignal"]' 2>/dev/null)
	stop_signal=${stop_signal#SIG}
	kill -l | grep -qwE "${stop_signal:-x}" && echo "$stop_signal" || echo TERM
}
