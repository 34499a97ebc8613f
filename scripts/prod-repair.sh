# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2016,SC2015 # shared names; jq and sh programs in quotes
# sfc prod repair (and sfc doctor --repair): what a crash left. Sourced
# by sfc-prod. Says what it repaired, one line each; nothing when all was well.

cmd_repair() {
	[ $# = 0 ] || misused "repair takes no argument"
	lock_shared packages
	for left in "$state_dir"/packages/.new.* "$state_dir"/prod/.gone.*; do
		[ -e "$left" ] || continue
		tree_remove "$left" && echo "removed what was left of '${left##*/}'"
	done
	repair_loops
	unlock_shared
	for record in "$state_dir"/prod/*; do
		[ -d "$record" ] || continue
		app=${record##*/}
		lock "prod-$app"
		if [ -f "$record/app.json" ]; then repair_app; else
			tree_remove "$record" && echo "$app: removed, it was never wholly installed"
		fi
		unlock
	done
	repair_mounts
}

# Packages that were just being mounted. A device that goes with its last user (AUTOCLEAR) is about to
# go: one that was just unmounted is still listed for a moment.
repair_loops() {
	losetup --list --noheadings --output NAME,AUTOCLEAR,BACK-FILE 2>/dev/null | while read -r left goes file; do
		[ "$goes" = 0 ] || continue
		case $file in "$state_dir"/packages/*) ;; *) continue ;; esac
		grep -qF " $left " /proc/self/mountinfo || { losetup -d "$left" && echo "detached $left, which nobody had mounted"; }
	done
}

repair_app() {
	for left in "$state_dir/prod/$app"/instances/.new.* "$state_dir/prod/$app"/instances/*; do
		[ -d "$left" ] && [ ! -f "$left/instance.json" ] || case ${left##*/} in .new.*) [ -d "$left" ] ;; *) false ;; esac || continue
		tree_remove "$left" && echo "$app: removed the half-made instance '${left##*/}'"
	done
	records_clean "$state_dir/prod/$app"
	for name in $(instance_names "$app"); do
		records_clean "$(instance_at "$app" "$name")"
		repair_instance "$name"
	done
	[ -z "$(json_get "$state_dir/prod/$app/app.json" .updating)" ] ||
		echo "$app: an update was interrupted; 'sfc prod rollback $app' undoes it, 'sfc prod update' finishes it"
}

repair_instance() {
	at=$(instance_at "$app" "$1")
	if instance_stays_up "$at" && process_alive "$at/supervisor"; then
		repair_ports "$1"
	elif instance_pid "$at"; then
		setsid "$here/sfc-prod" _adopt "$app" "$1" >>"$at/log" 2>&1 </dev/null 9>&- 8>&- 7>&- &
		process_note "$at/supervisor" $!
		echo "$app/$1: runs, but its supervisor was gone; it has one again"
		repair_ports "$1"
	elif [ -e "$at/pid" ] || [ -e "$at/supervisor" ] || [ -e "$at/keeper" ] || is_mounted "$at/bundle/rootfs"; then
		instance_down "$at"
		echo "$app/$1: had died; taken down ('sfc prod start $app --name $1' starts it)"
	fi
}

repair_ports() {
	process_alive "$at/pid" || return 0
	for spec in $(json_get "$at/instance.json" '.publish // [] | .[]'); do
		publish_parse "$spec"
		! process_alive "$at/port.$publish_first" || continue
		process_alive "$at/pid" && publish_at=$at && publish_one "$process_pid" "$spec" &&
			echo "$app/$1: port $publish_first is published again"
	done
}

# Mounts and packages that nothing stands on any more.
repair_mounts() {
	store_alone || return 0
	lock_shared packages
	for left in "$state_dir"/packages/*.sfc "$state_dir"/mounts/*; do
		[ -e "$left" ] || continue
		hex=${left##*/}
		hex=${hex%.sfc}
		[ -e "$left" ] && [ -z "$(store_users "$hex")" ] || continue
		store_drop "$hex"
		echo "removed the package sha256:$hex, which no application uses"
	done
	unlock_shared
	store_release
}
