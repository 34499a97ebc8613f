# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2016,SC2015 # shared names; jq and sh programs in quotes
# The life of an instance. Sourced by sfc-prod after prod-instance.sh.
#
# The starter mounts the root and leaves a supervisor behind. That leaves a keeper, which runs the
# runtime in the foreground and writes down how it ended; then the supervisor takes down what was put
# up. Should the supervisor be killed, the keeper still knows the status, and the next command that
# looks takes the instance down. Only when both are killed, nobody can know it: the state is "lost".

# supervise APP I: runs for as long as the instance does. What it prints goes to the log.
supervise() {
	exec 9>&- 8>&- 7>&-
	trap '' HUP INT
	trap 'interrupted=1; supervise_stop' TERM	# of a session or a unit that is ended
	at=$(instance_at "$1" "$2")
	process_note "$at/supervisor" $$ || exit	# whoever wanted it has taken it back
	instance_load "$at"
	keeper "$at" &
	supervise_keeper=$!
	process_note "$at/keeper" "$supervise_keeper"
	while [ ! -s "$at/pid.raw" ] && kill -0 "$supervise_keeper" 2>/dev/null; do
		sleep 0.01
	done
	[ ! -s "$at/pid.raw" ] || process_note "$at/pid" "$(cat "$at/pid.raw")"
	wait_child "$supervise_keeper"
	instance_down "$at"
	boot_status "$1"
}

supervise_stop() {
	! process_alive "$at/pid" || kill -s "$(stop_signal "$instance_package")" "$process_pid" 2>/dev/null
}

# keeper DIR. A job of a shell ignores SIGINT and SIGQUIT; the program is to start with them as usual.
keeper() {
	trap '' TERM
	runtime_in_place "$instance_runtime" "$1/bundle/rootfs" \
		env --default-signal "$instance_runtime" --root "$state_dir/run/$instance_runtime" \
		run --bundle "$1/bundle" --pid-file "$1/pid.raw" "$(container_id "$instance_app" "$instance_name")" </dev/null
	exit_note "$1" $?
}

# keeper_wait DIR: the program is gone; what is left of its keeper is about to say how.
keeper_wait() {
	wait_while 5 process_alive "$1/keeper" || kill -KILL "$process_pid" 2>/dev/null
}

# adopt APP I: the supervisor was killed, its instance lives: watch that instead of the keeper.
adopt() {
	exec 9>&- 8>&- 7>&-
	trap '' HUP INT
	trap 'supervise_stop' TERM
	at=$(instance_at "$1" "$2")
	instance_pid "$at" || exit 0
	adopt_pid=$process_pid
	: >"$at/adopted"	# whoever looks: the end of the keeper is not the end of the instance any more
	process_note "$at/supervisor" $$
	instance_load "$at"
	while process_alive "$at/pid"; do
		tail --pid="$adopt_pid" -f /dev/null &
		wait $!
	done
	instance_down "$at"
	boot_status "$1"
}

# instance_start APP I: mounted, running, ready; or dies, having taken everything down again. Nothing
# of an earlier run is left: instance_down was called.
instance_start() {
	start_at=$(instance_at "$1" "$2")
	instance_load "$start_at"
	log_rotate "$start_at/log"
	start_log=$(stat -c %s "$start_at/log" 2>/dev/null || echo 0)
	(instance_up "$start_at") || {
		instance_down "$start_at"
		exit 1
	}
	rm -f "$start_at/exit"
	[ -e "$start_at/log" ] || (umask 077 && : >"$start_at/log")
	setsid "$here/sfc-prod" _supervise "$1" "$2" >>"$start_at/log" 2>&1 </dev/null 9>&- 8>&- 7>&- &
	start_child=$!
	# or what is noted is this command, which would wait for its own end
	process_note "$start_at/supervisor" "$start_child" || rm -f "$start_at/supervisor"
	wait_while "$instance_timeout" start_begins "$start_at"
	start_publish "$start_at" && start_ready "$start_at" && return
	start_why=$start_problem
	instance_stop "$1" "$2" KILL 0
	die "$1/$2 $start_why"
}

# start_begins DIR: the supervisor has neither a program to show nor given up.
start_begins() {
	[ ! -e "$1/pid" ] && [ ! -e "$1/exit" ] && kill -0 "$start_child" 2>/dev/null
}

# start_ready DIR: wait for it as its record says, and until it has lived for start_patience hundredths
# of a second (by itself: 20 where nothing says how to see that it is ready); sets start_problem when it
# fails. start_said is more than "started", or nothing.
start_patience=
start_ready() {
	start_said='' start_until=$(deadline "$instance_timeout") start_begun=$(hundredths)
	start_life=${start_patience:-$([ -n "$instance_ready" ] || echo 20)}
	while :; do
		if ! instance_runs "$1" || [ -e "$1/exit" ]; then
			start_ended "$1"
			return
		fi
		if [ ! -s "$1/pid" ]; then
			start_begun=$(hundredths)
		elif [ "$(($(hundredths) - start_begun))" -ge "${start_life:-0}" ] && start_looks_ready "$1"; then
			return
		fi
		if passed "$start_until"; then
			start_problem="did not become ready ('$instance_ready') within $instance_timeout s$(log_last "$1/log")"
			return 1
		fi
		sleep 0.02
	done
}

start_looks_ready() {
	[ -n "$instance_ready" ] || return 0
	process_alive "$1/pid" && instance_is_ready "$process_pid"
}

# start_ended DIR: it is over already. To be done at once and well is no failure, unless it was to
# become ready.
start_ended() {
	wait_gone "$1"
	start_exit=$(cat "$1/exit" 2>/dev/null || echo unknown)
	start_problem="ended with status $start_exit$(log_last "$1/log")"
	start_said="ended at once with status 0; 'sfc prod logs $instance_app $instance_name' shows what it printed"
	[ "$start_exit" = 0 ] && [ -z "$instance_ready" ]
}

# Hundredths of a second since some start.
hundredths() {
	read -r uptime _ </proc/uptime
	echo "${uptime%.*}${uptime#*.}"
}

# instance_is_ready PID: a port it must listen on, or a command that must succeed on the host.
instance_is_ready() {
	case $instance_ready in
	tcp:*) instance_listens "$1" "${instance_ready#tcp:}" ;;
	*[!0-9]*) SFC_APP=$instance_app SFC_INSTANCE=$instance_name SFC_PID=$1 \
		timeout -k 5 "$instance_timeout" sh -c "$instance_ready" >/dev/null 2>&1 </dev/null 9>&- 8>&- 7>&- ;;
	*) instance_listens "$1" "$instance_ready" ;;
	esac
}

# instance_listens PID PORT: on the host's network the socket must also be one of theirs.
instance_listens() {
	# shellcheck disable=SC2046 # one pid per word
	port_held "$2" $(container_pids "$1")
}

# container_pids PID: all processes in the cgroup of PID, or PID alone where that is not known.
container_pids() {
	awk -F: '$2 == "pids" || $2 == "memory" { print "/sys/fs/cgroup/" $2 $3 "/cgroup.procs" }
	         $1 == "0" { print "/sys/fs/cgroup" $3 "/cgroup.procs" }' "/proc/$1/cgroup" 2>/dev/null |
		while IFS= read -r pids_file; do
			case $pids_file in */sfc/*) [ ! -e "$pids_file" ] || { cat "$pids_file"; break; } ;; esac
		done | grep . || echo "$1"
}

log_rotate() {
	[ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -lt 16777216 ] || mv -f "$1" "$1.1"
}

# wait_gone DIR: until the supervisor has put everything down, and do it for one that cannot.
wait_gone() {
	wait_while 60 supervisor_alive "$1" || supervisor_kill "$1"
	instance_down "$1"
}

# stop_too_early DIR: it is on its way up, and has no program yet.
stop_too_early() {
	[ ! -e "$1/exit" ] && ! instance_pid "$1" && supervisor_alive "$1"
}

# instance_stop APP I SIGNAL SECONDS: ask, wait, kill; everything is down when this returns.
instance_stop() {
	stop_at=$(instance_at "$1" "$2")
	# one that a killed command had only begun to start: there is nothing to signal yet
	wait_while 30 stop_too_early "$stop_at"
	if instance_pid "$stop_at"; then
		kill -s "$3" "$process_pid" 2>/dev/null
		wait_while "$4" process_alive "$stop_at/pid" || kill -s KILL "$process_pid" 2>/dev/null
		wait_while 60 process_alive "$stop_at/pid" ||
			die "$1/$2 does not end even when it is killed: process $process_pid hangs in the kernel"
	elif instance_runs "$stop_at" && [ ! -e "$stop_at/exit" ]; then
		# the runtime has not got as far as a process, or never will
		runtime_delete "$(json_get "$stop_at/instance.json" .runtime)" "$(container_id "$1" "$2")"
	fi
	wait_gone "$stop_at"
}
