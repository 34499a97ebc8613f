# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2016,SC2015,SC2231,SC2086 # shared names; jq and sh programs in quotes
# sfc prod list, stats, logs: looking changes nothing and takes no lock. Sourced by sfc-prod.

# look_records APP: one JSON object per instance on stdout, its record and what it is doing.
look_records() {
	for look in "$state_dir"/prod/${1:-*}/instances/*/instance.json; do
		[ -e "$look" ] || continue
		look=${look%/instance.json}
		look_state=$(instance_state "$look")
		look_problem=
		[ "$look_state" != running ] || look_problem=$(guard_problem "$look")
		[ -z "$look_problem" ] || look_state=unhealthy
		process_alive "$look/pid" && look_pid=$process_pid || look_pid=null
		jq -c --arg state "$look_state" --argjson pid "$look_pid" \
			--arg problem "$look_problem" \
			--arg exit "$(cat "$look/exit" 2>/dev/null)" --arg since "$(date -u -r "$look" +%Y-%m-%dT%H:%M:%SZ)" '
			. + {state: $state, pid: $pid, problem: (if $problem == "" then null else $problem end), status: ($exit | tonumber? // null), since: $since}' \
			"$look/instance.json"
	done
}

look_options() {
	app='' json='' follow='' name=
	for word; do
		case $word in
		--json) json=yes ;;
		-f | --follow) follow=yes ;;
		-*) misused "unknown option '$word'" ;;
		*) if [ -z "$app" ]; then app=$word; elif [ -z "$name" ]; then name=$word; else misused "too many names"; fi ;;
		esac
	done
	[ -z "$app" ] || app_must_exist "$app"
}

cmd_list() {
	look_options "$@"
	if [ -n "$json" ]; then
		look_apps=$(cat "$state_dir"/prod/${app:-*}/app.json 2>/dev/null)
		look_records "$app" | jq -s --argjson apps "$(printf '%s' "$look_apps" | jq -s .)" '
			. as $all | $apps | map(. as $app | . + {instances: ($all | map(select(.app == $app.name)))})'
		return
	fi
	{
		echo "NAME|STATE|PID|USER|MEMORY|CPUS|PIDS|NETWORK"
		for record in "$state_dir"/prod/${app:-*}/app.json; do
			[ -e "$record" ] || continue
			one=${record%/app.json}
			one=${one##*/}
			rows=$(look_records "$one" | jq -r '
				"\(.app)/\(.name)|\(.state)\(if .state == "failed" then " (\(.status))" else "" end)|\(.pid // "-")|\(.user)|\(
				if .memory then "\(.memory / 1048576 | floor) MiB" else "-" end)|\(.cpus // "-")|\(.pids // "-")|\(
				[.network] + .publish | join(" "))"')
			if [ -n "$rows" ]; then echo "$rows" | sort -V; else echo "$one|installed|-|-|-|-|-|-"; fi
		done
	} | plain | column -t -s '|'
}

cmd_stats() {
	look_options "$@"
	look_records "$app" | while IFS= read -r record; do
		look_id=$(printf '%s' "$record" | jq -r '"\(.app)/\(.name)"')
		at=$(instance_at "${look_id%/*}" "${look_id#*/}")
		group=$state_group${look_id%/*}-${look_id#*/}
		memory=$(cgroup_file "$group" memory memory.usage_in_bytes memory.current)
		cpu=$(cgroup_file "$group" cpuacct cpuacct.usage cpu.stat |
			awk 'NF == 1 { printf "%.3f", $1 / 1e9 } $1 == "usage_usec" { printf "%.3f", $2 / 1e6 }')
		processes=$(cgroup_file "$group" pids pids.current pids.current)
		written=$(du -s -B 1 "$at/upper" 2>/dev/null | cut -f 1)
		printf '%s' "$record" | jq -c --argjson memory "${memory:-null}" --argjson cpu "${cpu:-null}" \
			--argjson processes "${processes:-null}" --argjson written "${written:-0}" '
			{app, name, state, memory_bytes: $memory, memory_limit: .memory, cpu_s: $cpu,
			 processes: $processes, processes_limit: .pids, written_bytes: $written}'
	done | if [ -n "$json" ]; then jq -s .; else
		{
			echo "NAME|STATE|MEMORY|CPU|PROCESSES|WRITTEN"
			jq -r 'def mib: if . then "\(. / 104857.6 | floor | . / 10) MiB" else "-" end;
				"\(.app)/\(.name)|\(.state)|\(.memory_bytes | mib)|\(if .cpu_s then "\(.cpu_s) s" else "-" end)|\(
				.processes // "-")|\(.written_bytes | mib)"' | sort -V
		} | column -t -s '|'
	fi
}

# What programs print, for a terminal: colours stay, nothing else drives it. Who reads it otherwise gets the
# bytes.
colours_only() {
	sed -u 's/\x01/?/g; s/\x1b\(\[[0-9;]*m\)/\x01\1/g; s/[\x02-\x08\x0b-\x1f\x7f]/?/g; s/\xc2[\x80-\x9f]/?/g; s/\x01/\x1b/g'
}

cmd_logs() {
	look_options "$@"
	[ -n "$app" ] || misused "logs of which application?"
	[ -z "$name" ] || instance_must_exist "$app" "$name"
	set --
	for one in ${name:-$(instance_names "$app")}; do
		[ ! -e "$(instance_at "$app" "$one")/log" ] || set -- "$@" "$(instance_at "$app" "$one")/log"
	done
	[ $# -gt 0 ] || die "'$app' has printed nothing yet"
	if [ -t 1 ]; then
		if [ -n "$follow" ]; then tail -n +1 -F "$@"; else tail -n +1 "$@"; fi | colours_only
	elif [ -n "$follow" ]; then
		exec tail -n +1 -F "$@"
	elif [ $# = 1 ]; then
		cat "$1"
	else
		tail -n +1 "$@"
	fi
}
