# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2016,SC2015 # shared names; jq and sh programs in quotes
# sfc prod start: new instances from options, or stopped ones again. Sourced by sfc-prod.

# The user whose limits count: who called sudo, else who we are; root may say another.
start_user() {
	start_caller=${SUDO_USER:-$(id -un)}
	if [ -n "$1" ] && [ "$1" != "$start_caller" ]; then
		[ "$start_caller" = root ] || die "only root may start instances for another user ('$1')"
		id -u -- "$1" >/dev/null 2>&1 || die "there is no user '$1'"
		start_caller=$1
	fi
	echo "$start_caller"
}

cmd_start() {
	app='' name='' count='' memory=null cpus=null pids=null network='' env='' volumes=''
	publish='' ready='' timeout='' ephemeral='' runtime='' for='' guard='' guard_source='' given=
	while [ $# -gt 0 ]; do
		case $1 in
		--ephemeral) ephemeral=yes given=yes ;;
		--name | --count | --memory | --cpus | --pids | --network | --publish | --env | --volume | --ready | --timeout | --runtime | --for | --guard | --guard-source)
			need_value "$@"
			start_option "$1" "$2"
			shift ;;
		-*) misused "unknown option '$1'" ;;
		*) [ -z "$app" ] || misused "one application at a time"; app=$1 ;;
		esac
		shift
	done
	app_must_exist "$app"
	env=$(eval "json_list $env") volumes=$(eval "json_list $volumes")
	[ -z "$name" ] || [ -z "$count" ] || misused "--name is for one instance, --count for new ones"
	lock "prod-$app"
	if [ -n "$name" ] && [ -f "$(instance_at "$app" "$name")/instance.json" ]; then
		start_again "$name"
	elif [ -n "$name" ]; then
		start_check 1
		start_new "$name" 0
	elif [ -z "$count$given" ] && [ -n "$(instance_names "$app")" ]; then
		for name in $(instance_names "$app"); do
			start_one "$app" "$name"
		done
	else
		start_count
	fi
}

# start_option NAME VALUE: checked as far as it can be alone.
start_option() {
	case $1 in
	--name) name_check "an instance" "$2"; name=$2; return ;;
	--count) whole_number "$1" "$2"; count=$2; return ;;
	--memory) memory=$(bytes_of "$1" "$2") || exit; [ "$memory" -ge 1048576 ] || misused "--memory $2 is too little to start anything" ;;
	--cpus) case $2 in '' | *[!0-9.]* | *.*.* | .) misused "--cpus '$2' is not a number of CPUs such as 0.5" ;; esac
		cpus=$(awk -v c="$2" 'BEGIN { print c + 0 }')
		awk -v c="$cpus" 'BEGIN { exit !(c >= 0.01) }' || misused "--cpus $2 is too little to start anything" ;;
	--pids) whole_number "$1" "$2"; pids=$2 ;;
	--network) case $2 in host | private) ;; /*) [ -e "$2" ] || die "--network: no network namespace '$2'" ;;
		*) misused "--network is host, private or the path of a network namespace, not '$2'" ;; esac
		network=$2 ;;
	--publish) publish_parse "$2"; publish="$publish $2" ;;
	--env) case $2 in [A-Za-z_]*=*) ;; *) misused "--env '$2' is not NAME=VALUE" ;; esac
		env="$env$(quoted "$2")" ;;
	--volume) case $2 in /*:/*) [ -e "${2%%:*}" ] || die "--volume: there is no '${2%%:*}'" ;;
		*) misused "--volume '$2' is not /SOURCE:/PLACE or /SOURCE:/PLACE:ro" ;; esac
		volumes="$volumes$(quoted "$2")" ;;
	--ready) ready=$2 ;;
	--timeout) whole_number "$1" "$2"; timeout=$2 ;;
	--runtime) runtime=$(runtime_pick "$2") || exit ;;
	--for) for=$2 ;;
	--guard) case $2 in report | heal | deny | off) guard=$2 ;; *) misused "--guard is report, heal, deny or off, not '$2'" ;; esac ;;
	--guard-source) dev_known "$2" || [ -d "$2" ] || die "--guard-source: no directory and no name of sfc dev '$2'"
		guard_source=$2 ;;
	esac
	given=yes
}

whole_number() {
	case $2 in '' | 0 | *[!0-9]* | ????????*) misused "$1 takes a whole number above 0, not '$2'" ;; esac
}

# start_count: as many new ones as asked for, under the first numbers that are free.
start_count() {
	count=${count:-1} made=0 number=0
	start_check "$count"
	while [ "$made" -lt "$count" ]; do
		number=$((number + 1))
		[ ! -e "$(instance_at "$app" "$number")" ] || continue
		start_new "$number" "$made"
		made=$((made + 1))
	done
}

# start_check COUNT: that many new instances can be started like this, as far as one can tell before.
start_check() {
	for spec in $publish; do
		publish_check "$spec" "$1"
	done
	network=${network:-$([ -z "$publish" ] && echo host || echo private)}
	[ -z "$publish" ] || [ "$network" != host ] ||
		die "--publish needs --network private: on the host's network the program itself takes the port it wants"
	guard_check
	runtime=${runtime:-$(runtime_pick)} && user=$(start_user "$for") || exit
	package=$(json_get "$(app_at "$app")/app.json" .package)
}

# start_new I NTH: write its record and start it; what cannot start leaves no record.
start_new() {
	# shellcheck disable=SC2046 # a word each
	ports=$(json_list $(start_ports "$2"))
	new=$(instance_at "$app" "$1")
	mkdir -p "${new%/*}/.new.$1"
	json_put "${new%/*}/.new.$1/instance.json" --arg app "$app" --arg name "$1" --arg user "$user" \
		--arg hex "$package" --arg runtime "$runtime" \
		--arg network "$network" --arg ready "$ready" --arg timeout "${timeout:-30}" --arg now "$(stamp)" \
		--argjson memory "$memory" --argjson cpus "$cpus" --argjson pids "$pids" --argjson env "$env" \
		--argjson volumes "$volumes" --argjson publish "$ports" --arg ephemeral "$ephemeral" \
		--arg guard "$guard" --arg source "$guard_source" '{
			guard: (if $guard == "" or $guard == "off" then null else $guard end), guard_source: $source,
			app: $app, name: $name, user: $user, package: $hex, runtime: $runtime,
			network: $network, publish: $publish, memory: $memory, cpus: $cpus, pids: $pids,
			env: $env, volumes: $volumes, ready: (if $ready == "" then null else $ready end),
			timeout: ($timeout | tonumber), ephemeral: ($ephemeral == "yes"), wanted: "up",
			created: $now}'
	mv "${new%/*}/.new.$1" "$new"
	(start_one "$app" "$1") && return
	# keep the log of what went wrong, not the instance
	[ ! -s "$new/log" ] || mv -f "$new/log" "$(app_at "$app")/last-failure.log"
	instance_stop "$app" "$1" KILL 0
	tree_remove "$new"
	exit 1
}

# Healing needs the full tree: what was said, else the name of sfc dev that is called like the application.
guard_check() {
	[ "$guard" = heal ] && [ -z "$guard_source" ] || return 0
	dev_known "$app" || misused "--guard heal needs --guard-source, the full tree"
	guard_source=$app
}

# start_ports NTH: the --publish of the nth of several, as they are recorded.
start_ports() {
	for spec in $publish; do
		publish_parse "$spec"
		echo "$publish_address:$((publish_first + $1)):$publish_port"
	done
}

# json_list WORD…: as a JSON array.
json_list() {
	if [ $# = 0 ]; then echo '[]'; else jq -cn '$ARGS.positional' --args -- "$@"; fi
}

# start_again I: with what was asked for then, but for what is said now.
start_again() {
	again=$(instance_at "$app" "$1")
	! instance_stays_up "$again" || { [ -z "$given" ] && return 0; die "$app/$1 is running; stop it before changing how it runs"; }
	[ -z "$publish" ] || die "the ports of an instance are set when it is made; remove $app/$1 and start it anew"
	guard_check
	json_put "$again/instance.json" --arg guard "$guard" --arg source "$guard_source" --argjson memory "$memory" --argjson cpus "$cpus" --argjson pids "$pids" \
		--argjson env "$env" --argjson volumes "$volumes" --arg ready "$ready" --arg timeout "$timeout" \
		--arg runtime "$runtime" --arg network "$network" --arg ephemeral "$ephemeral" '
		if $memory then .memory = $memory else . end | if $cpus then .cpus = $cpus else . end
		| if $pids then .pids = $pids else . end | if $env != [] then .env = $env else . end
		| if $volumes != [] then .volumes = $volumes else . end
		| if $ready != "" then .ready = $ready else . end
		| if $timeout != "" then .timeout = ($timeout | tonumber) else . end
		| if $runtime != "" then .runtime = $runtime else . end
		| if $network != "" then .network = $network else . end
		| if $ephemeral != "" then .ephemeral = true else . end
		| if $guard == "off" then .guard = null elif $guard != "" then .guard = $guard else . end
		| if $source != "" then .guard_source = $source else . end'
	start_one "$app" "$1"
}

# start_one APP I: within the limits of its user. The lock (descriptor 7) covers the sum and the mark
# that makes this one count, so two starts at once cannot both take the last place.
start_one() {
	one=$(instance_at "$1" "$2")
	! instance_stays_up "$one" || return 0
	instance_down "$one"
	limits_enforced
	lock_file limits
	exec 7>>"$state_dir/locks/limits"
	lock_wait 7 limits
	limits_check "$instance_user" "$instance_memory" "$instance_cpus" "$instance_pids"
	process_note "$one/supervisor" $$
	exec 7>&-
	[ "$instance_wanted" = up ] || json_put "$one/instance.json" '.wanted = "up"'
	instance_start "$1" "$2"
	echo "$1/$2 ${start_said:-started}"
}
