# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2015,SC2016,SC2119,SC2120 # names that the parts share; jq programs in quotes
# What 'sfc test' does inside: in a mount and a pid namespace of its own, so that whatever happens nothing
# stays. A view of the base is mounted and traced, and a runtime starts the command on it. Sourced by
# sfc-test, behind container.sh.

inside() {
	at=$(test_at "$name") work=$SFC_WORK
	mount -t tmpfs -o mode=755 sfc "$work" || die "cannot mount a tmpfs at '$work'"
	[ "$network" = host ] || ip link set lo up || die "cannot bring up the loopback"
	export TMPDIR="$work"
	mkdir -p "$work/source" "$work/bundle/rootfs" "$work/run"
	dev_view "$name" "$work/source"
	what_to_run
	trace_begin "$work/source" "$work/bundle/rootfs"
	if [ -n "$serve" ]; then run_served; elif is_server; then run_probed; else run_through; fi
	trace_end
	note_start
	[ -n "$quiet" ] || summary >&2
	exit "$verdict"
}

what_to_run() {
	config=$(dev_info "$name" .config)
	eval "set -- $arguments"
	args=null
	[ $# = 0 ] || args=$(jq -cn '$ARGS.positional' --args -- "$@")
	who=null
	[ -z "$user" ] || { run_user "$user" "$work/source"; who="{\"uid\": $run_uid, \"gid\": $run_gid}"; }
	jq -n --arg root "$work/bundle/rootfs" --arg host "$name" --arg group "$state_group" --argjson args "$args" --argjson user "$who" \
		--arg cwd "$cwd" --argjson env "$env_json" --argjson volumes "$volumes" '{
		root: $root, hostname: $host, cgroup: "\($group)test-\($host)", network: "host", args: $args,
		user: $user, cwd: (if $cwd == "" then null else $cwd end), env: $env, volumes: $volumes}' >"$work/options.json"
	if [ -n "$config" ]; then
		package_start "$config" "$work/start.json"
	else
		jq -n --arg path "$default_path" '{config: {process: {env: ["PATH=\($path)", "HOME=/root"]}}}' >"$work/start.json"
	fi
	jq --slurpfile all "$work/options.json" "\$all[0] as \$o | .config | $(cat "$here/instance.jq")" "$work/start.json" >"$work/bundle/config.json" ||
		die "cannot write the configuration"
	[ "$(jq '.process.args | length' "$work/bundle/config.json")" != 0 ] || die "'$name' does not say what it starts; give a command after --"
	run_from_config "$work/bundle/config.json"
	eval "set -- $run_args"
	run_name=${1##*/}
	label=${label:-$run_name}
}

trace_begin() {
	scratch=$at/scratch
	rm -rf --one-file-system "$scratch"
	mkdir "$scratch" || die "cannot write '$at'"
	tracefs -f -o "manifest=$(manifest_of "$name"),label=$(mount_option "$label"),scratch=$scratch$trace" "$1" "$2" \
		>"$work/tracefs.log" 2>&1 9>&- 8>&- &
	tracefs_pid=$!
	mount_appears "$2" "$tracefs_pid" || die "$(sed -n '1s/^tracefs: //p' "$work/tracefs.log")"
}

trace_end() {
	mount_ends "$work/bundle/rootfs" "$tracefs_pid" || die "tracing failed: $(tail -n 1 "$work/tracefs.log" | sed 's/^tracefs: //')"
	chmod 600 "$(manifest_of "$name")"
	rm -rf --one-file-system "$at/scratch"
	rmdir "/sys/fs/cgroup${state_group}test-$name" /sys/fs/cgroup/*"${state_group}test-$name" 2>/dev/null
}

# So that the packer knows how to start it.
note_start() {
	eval "set -- $run_env"
	words=
	for pair; do words="$words$(quoted --env "$pair")"; done
	eval "tracepack describe \"\$(manifest_of \"\$name\")\" --cwd \"\$run_cwd\" --user \"\$run_uid:\$run_gid\" \
		$words -- $run_args" 2>"$work/describe.log" || die "$(sed 's/^tracepack: describe: //' "$work/describe.log")"
}

# In the place of container.sh's: a runtime instead of namespaces.
container_start() {
	container_pidfile=$work/pid
	rm -f "$container_pidfile"
	if [ "$runtime" = lxc ]; then
		container_lxc
		return
	fi
	runtime_in_place "$runtime" "" env --default-signal "$runtime" --root "$work/run" \
		run --bundle "$work/bundle" --pid-file "$container_pidfile" "sfc-test-$name" <"$run_input" &
	container_pid=$!
}

# lxc_line KEY VALUE: one line, or it would be the next one. LXC takes blanks off both ends of a value, and
# a pair of quotes around it.
lxc_line() {
	[ "$(printf %s "$2" | tr -d '\001-\037\177')" = "$2" ] ||
		die "an LXC configuration cannot hold the line break or control character in $1 '$2' of '$name'"
	case $2 in
	[' "'\']* | *[' "'\']) echo "$1 = \"$2\"" ;;
	*) echo "$1 = $2" ;;
	esac
}

container_lxc() {
	mkdir -p "$work/lxc"
	{
		echo "lxc.uts.name = $name"
		echo "lxc.rootfs.path = dir:$work/bundle/rootfs"
		echo "lxc.net.0.type = none"
		echo "lxc.mount.auto = proc:mixed sys:ro"
		echo "lxc.autodev = 1"
		echo "lxc.console.path = none"	# its output is ours
		lxc_line lxc.init.cwd "$run_cwd"
		echo "lxc.init.uid = $run_uid"
		echo "lxc.init.gid = $run_gid"
		eval "set -- $run_env"
		for pair; do lxc_line lxc.environment "$pair"; done
		printf '%s' "$volumes" | jq -r '.[] | split(":")
			| "lxc.mount.entry = \(.[0]) \(.[1][1:]) none bind,create=dir\(if .[2] == "ro" then ",ro" else "" end) 0 0"'
	} >"$work/lxc/config"
	eval "set -- $run_args"
	env --default-signal lxc-execute -n "$name" -P "$work/lxc" -f "$work/lxc/config" -o "$work/lxc/log" -- "$@" <"$run_input" &
	container_pid=$!
	echo "$container_pid" >"$container_pidfile"	# it hands signals on
}

# A program that ends by itself has our input and output.
run_through() {
	run_input=/dev/stdin
	begun=$(now)
	container_start
	trap 'container_stop; trace_end' TERM HUP
	if [ -n "$run_timeout" ]; then
		until=$(deadline "$run_timeout")
		while container_running; do
			! passed "$until" || { container_stop; trace_end; die "'$run_name' did not end within $run_timeout s"; }
			sleep 0.02
		done
	fi
	container_wait
	verdict=$container_status
	said="$run_name ended with status $verdict"
}

run_probed() {
	begun=$(now)
	if run_once "$work/bundle/rootfs" "$work/out"; then
		verdict=0
	else
		verdict=1
		for file in stderr probe.err; do
			[ ! -s "$work/out/$file" ] || shown <"$work/out/$file" >&2
		done
		say_error "$(cat "$work/out/said")"
	fi
	said=$(cat "$work/out/said")
}

# A service that is there until 'sfc test stop' leaves the file "stop".
run_served() {
	container_root=$work/bundle/rootfs begun=$(now)
	until=$(deadline "${run_timeout:-60}")
	container_start
	until [ -s "$container_pidfile" ] && is_ready; do
		if ! container_running || passed "$until"; then
			container_stop
			verdict=1 said="$run_name did not become ready"
			return
		fi
		sleep 0.02
	done
	: >"$at/ready"
	while [ ! -e "$at/stop" ] && container_running; do
		sleep 0.1
	done
	container_stop
	verdict=0 said="$run_name served"
}

summary() {
	report test "$label: $said" "$(since "$begun")"
	report '' "$(sqlite3 -readonly "$(manifest_of "$name")" "SELECT printf('%,d accesses to %,d files, %,d of them new, %,d lost',
		(SELECT coalesce(sum(count), 0) FROM access WHERE session = s.id),
		(SELECT count(DISTINCT a.entry) FROM access a JOIN entry e ON e.id = a.entry AND e.kind = 'file' WHERE a.session = s.id AND a.errno = 0),
		(SELECT count(DISTINCT a.entry) FROM access a JOIN entry e ON e.id = a.entry AND e.kind = 'file' WHERE a.session = s.id AND a.errno = 0
			AND NOT EXISTS (SELECT 1 FROM access b WHERE b.entry = a.entry AND b.session < s.id AND b.errno = 0)),
		s.dropped) FROM session s ORDER BY s.id DESC LIMIT 1")"
}
