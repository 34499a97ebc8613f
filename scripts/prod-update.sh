# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2016,SC2015 # shared names; jq and sh programs in quotes
# sfc prod update and rollback: another base under the same writable layers. Sourced by sfc-prod.
#
# While it lasts app.json says where to (.updating), so that after a crash `update` or `rollback`
# can finish it; every instance says itself which package it stands on.

cmd_update() {
	app='' file='' digest='' ready='' timeout='' dry=
	while [ $# -gt 0 ]; do
		case $1 in
		--ready) need_value "$@"; ready=$2; shift ;;
		--digest) need_value "$@"; digest=$2; shift ;;
		--timeout) need_value "$@"; whole_number "$1" "$2"; timeout=$2; shift ;;
		--dry-run) dry=yes ;;
		-*) misused "unknown option '$1'" ;;
		*) if [ -z "$app" ]; then app=$1; elif [ -z "$file" ]; then file=$1; else misused "one package at a time"; fi ;;
		esac
		shift
	done
	app_must_exist "$app"
	[ -n "$file" ] || misused "update $app to which package?"
	lock "prod-$app"
	store_add "$file" "$digest"
	old=$(json_get "$(app_at "$app")/app.json" .package) new=$package_hex
	[ "$old" != "$new" ] || [ -n "$(json_get "$(app_at "$app")/app.json" .updating)" ] || {
		echo "$app stands on sha256:$new already"
		return
	}
	store_mount "$old"
	shadows "$old" "$new"
	[ -z "$dry" ] || { store_forget "$new"; return; }
	update_settings
	base_swap "$new" "$old"
	echo "$app updated to sha256:$new"
}

cmd_rollback() {
	[ $# = 1 ] || misused "roll back which application?"
	app=$1
	app_must_exist "$app"
	lock "prod-$app"
	record=$(app_at "$app")/app.json
	old=$(json_get "$record" .package) ready='' timeout=
	new=$(json_get "$record" .updating)
	if [ -n "$new" ]; then
		base_back "$old"
		store_forget "$new"
		echo "$app is back on sha256:$old; the update that was interrupted is undone"
		return
	fi
	new=$(json_get "$record" .previous)
	[ -n "$new" ] || die "'$app' has not been updated: there is nothing to roll back to"
	store_mount "$new"
	store_mount "$old"
	shadows "$old" "$new"
	base_swap "$new" "$old"
	echo "$app rolled back to sha256:$new"
}

# A --ready given with the update is kept with it: it is how these instances say that they work. Until
# it has succeeded each remembers (.before) what it had.
update_settings() {
	[ -n "$ready$timeout" ] || return 0
	instances_put --arg ready "$ready" --arg timeout "$timeout" '
		.before //= {ready, timeout}
		| if $ready != "" then .ready = $ready else . end
		| if $timeout != "" then .timeout = ($timeout | tonumber) else . end'
}

# instances_put JQ-ARGUMENT…: in the record of each.
instances_put() {
	for name in $(instance_names "$app"); do
		json_put "$(instance_at "$app" "$name")/instance.json" "$@"
	done
}

# base_swap NEW OLD: one instance at a time; all back on OLD as soon as one does not come up.
base_swap() {
	record=$(app_at "$app")/app.json
	json_put "$record" --arg hex "$1" '.updating = $hex'
	store_release
	base_moved "$1" || {
		swap_problem=$rebase_problem
		base_back "$2"
		store_forget "$1"
		die "$swap_problem; every instance of '$app' is back on sha256:$2"
	}
	instances_put 'del(.before)'
	before=$(json_get "$record" .previous)
	json_put "$record" --arg new "$1" --arg old "$2" --arg now "$(stamp)" \
		'.package = $new | .previous = $old | .updated = $now | del(.updating)'
	[ -z "$before" ] || [ "$before" = "$1" ] || store_forget "$before"
}

# base_moved NEW: every instance stands on it, and those that ran run still when the last one is done;
# or rebase_problem says which does not. A readiness that looks at data an instance had kept from
# before is true at once, hence the longer start_patience and the second look.
base_moved() {
	moved_ran='' start_patience=100
	for name in $(instance_names "$app"); do
		instance_rebase "$name" "$1" || return
		[ -z "$rebase_ran" ] || moved_ran="$moved_ran $name"
	done
	for name in $moved_ran; do
		rebase_at=$(instance_at "$app" "$name")
		instance_runs "$rebase_at" && continue
		rebase_problem="$app/$name ended with status $(cat "$rebase_at/exit" 2>/dev/null || echo unknown) on the new base"
		return 1
	done
}

# base_back OLD: every instance that is not on it.
base_back() {
	instances_put 'if .before then . + .before | del(.before) else . end'
	for name in $(instance_names "$app"); do
		back_at=$(instance_at "$app" "$name")
		if [ "$(json_get "$back_at/instance.json" .package)" != "$1" ] ||
			{ [ "$(json_get "$back_at/instance.json" .wanted)" = up ] && ! instance_runs "$back_at"; }; then
			instance_rebase "$name" "$1" || say_error "$rebase_problem"
		fi
	done
	json_put "$(app_at "$app")/app.json" 'del(.updating)'
}

# instance_rebase I HEX: stop it, change what is under it, start it if it is wanted up. One that ran is
# to run again: to be done at once is a failure here.
instance_rebase() {
	rebase_at=$(instance_at "$app" "$1")
	! instance_runs "$rebase_at" && rebase_ran='' || rebase_ran=yes
	instance_load "$rebase_at"
	instance_stop "$app" "$1" "$(stop_signal "$instance_package")" 10
	json_put "$rebase_at/instance.json" --arg hex "$2" '.package = $hex'
	[ "$instance_wanted" = up ] || return 0
	rebase_problem=$( (instance_start "$app" "$1") 2>&1) && {
		[ -n "$rebase_ran" ] && ! instance_runs "$rebase_at" || return 0
		rebase_problem="$app/$1 ended at once with status $(cat "$rebase_at/exit")"
	}
	rebase_problem=${rebase_problem#sfc: prod: }
	return 1
}

# shadows OLD NEW: what the update changes and writable layers hide.
shadows() {
	for name in $(instance_names "$app"); do
		shadow_upper=$(instance_at "$app" "$name")/upper
		[ -d "$shadow_upper" ] || continue
		# shellcheck disable=SC2016 # for the inner shell
		(cd "$shadow_upper" && find . -mindepth 1 ! -type d -exec sh -c '
			. "$1/straight.sh"
			name=$2 old=$3 new=$4; shift 4
			for path; do
				a=$old/${path#./} b=$new/${path#./}
				# what lies behind a link of a package is not in it
				is_straight "$old" "${path%/*}" || a=/dev/null/none
				is_straight "$new" "${path%/*}" || b=/dev/null/none
				if [ -L "$a" ] || [ -L "$b" ]; then
					[ "$(readlink "$a")" != "$(readlink "$b")" ] || continue
				elif [ -f "$a" ] && [ -f "$b" ]; then
					! cmp -s "$a" "$b" || continue
				elif [ -e "$a" ] || [ -e "$b" ]; then
					:
				else
					continue
				fi
				what="its own copy hides"
				[ ! -c "$path" ] || what="it deleted the file, which hides"
				printf "%s: %s: %s the change\n" "$name" "/${path#./}" "$what" | tr "\001-\011\013-\037" "?"
			done' sh "$here" "$app/$name" "$state_dir/mounts/$1/rootfs" "$state_dir/mounts/$2/rootfs" {} +) | plain
	done
}
