# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2016,SC2015 # shared names; jq and sh programs in quotes
# What starts at boot: the unit sfc@.service, which calls sfc prod boot and sfc prod shutdown. Sourced by
# sfc-prod.

unit_dir=${SFC_UNIT_DIR:-/etc/systemd/system}

# The unit's own socket: only for what we say of it. A runtime that saw it would wait for the program to
# speak to systemd. Supervisors keep it, and say when an instance ended.
boot_notify=${NOTIFY_SOCKET:-${SFC_NOTIFY:-}}
unset NOTIFY_SOCKET
[ -z "$boot_notify" ] || export SFC_NOTIFY="$boot_notify"

# boot_status APP: what "systemctl status" shows.
boot_status() {
	[ -n "$boot_notify" ] || return 0
	boot_up='' boot_other=
	for boot_name in $(instance_names "$1"); do
		boot_state=$(instance_state "$(instance_at "$1" "$boot_name")")
		case $boot_state in
		running) boot_up="$boot_up $boot_name" ;;
		*) boot_other="$boot_other, $boot_name $boot_state" ;;
		esac
	done
	NOTIFY_SOCKET=$boot_notify systemd-notify --status="running:${boot_up:- none}$boot_other" 2>/dev/null
}

# What was up when the machine went down, or a first instance. One that does not come up is no reason to
# keep the others from it: the unit fails only when none is up that should be.
cmd_boot() {
	[ $# = 1 ] || misused "which application?"
	app=$1 boot_up='' boot_failed=
	app_must_exist "$app"
	[ -n "$(instance_names "$app")" ] || (cmd_start "$app") || boot_failed=1
	lock "prod-$app"
	for name in $(instance_names "$app"); do
		[ "$(json_get "$(instance_at "$app" "$name")/instance.json" .wanted)" = up ] || continue
		if (start_one "$app" "$name"); then boot_up=1; else boot_failed=1; fi
	done
	boot_status "$app"
	[ -n "$boot_up" ] || [ -z "$boot_failed" ]
}

# Everything stops, and comes back with the next boot.
cmd_shutdown() {
	select_instances "$@"
	each_at_once shutdown_one
}

shutdown_one() {
	instance_stop "$app" "$1" "$(stop_signal "$(json_get "$(instance_at "$app" "$1")/instance.json" .package)")" "$timeout"
}

cmd_enable() {
	[ $# = 1 ] || misused "enable which application?"
	app_must_exist "$1"
	wants=$unit_dir/multi-user.target.wants
	mkdir -p "$wants" || die "cannot write '$unit_dir'"
	case $(command -v sfc || echo "$here/sfc") in
	*[!A-Za-z0-9/._+@=-]*) die "a unit cannot hold the path of '$(command -v sfc || echo "$here/sfc")'" ;;
	esac
	# the state directory and the program may be elsewhere than the template says
	sed -e "s|@bindir@|$(dirname "$(command -v sfc || echo "$here/sfc")")|" -e "s|@state@|$state_dir|" \
		"$(unit_template)" >"$unit_dir/.sfc@.new" &&
		mv "$unit_dir/.sfc@.new" "$unit_dir/sfc@.service" &&
		ln -sf "$unit_dir/sfc@.service" "$wants/sfc@$1.service" ||
		die "cannot write '$unit_dir/sfc@.service'"
	if [ -d /run/systemd/system ]; then
		systemctl daemon-reload
		# what runs already is to be stopped in order when the machine goes down
		! any_runs "$1" || systemctl start "sfc@$1.service"
	fi
	echo "$1 starts at boot (sfc@$1.service)"
}

any_runs() {
	for any_name in $(instance_names "$1"); do
		! instance_runs "$(instance_at "$1" "$any_name")" || return 0
	done
	return 1
}

unit_template() {
	for template in "$here/sfc@.service" /usr/lib/systemd/system/sfc@.service /usr/local/lib/systemd/system/sfc@.service; do
		[ -f "$template" ] && { echo "$template"; return; }
	done
	die "the unit sfc@.service is not installed"
}

cmd_disable() {
	[ $# = 1 ] || misused "disable which application?"
	[ -L "$unit_dir/multi-user.target.wants/sfc@$1.service" ] || die "'$1' is not enabled"
	rm -f "$unit_dir/multi-user.target.wants/sfc@$1.service"
	[ ! -d /run/systemd/system ] || systemctl daemon-reload
	echo "$1 no longer starts at boot"
}
