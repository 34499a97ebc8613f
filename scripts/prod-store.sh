# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2016,SC2015 # shared names; jq and sh programs in quotes
# Installed packages: kept once by content, mounted once, shared by every instance that stands on
# them. Sourced by sfc-prod after state.sh and package.sh.

store_digest() {
	package_sum=$(sha256sum <"$1") || return 1
	echo "${package_sum%% *}"
}

# store_hold: what this command takes in stays until a record names it, for which a shared lock
# (descriptor 7) is held. store_alone: nobody else is about to name one; so what no record names may go.
store_hold() {
	lock_file store
	exec 7>>"$state_dir/locks/store"
	flock -s -w "${SFC_LOCK_TIMEOUT:-120}" 7 || die "the store is being cleaned by another sfc command; try again when it is done"
}
store_alone() {
	lock_file store
	exec 7>>"$state_dir/locks/store"
	flock -n 7
}
store_release() { exec 7>&-; }

# store_add FILE DIGEST: take a copy into the store; sets package_hex. DIGEST may be empty.
store_add() {
	package_check "$1"
	package_new=$state_dir/packages/.new.$$
	store_hold
	lock_shared packages
	rm -f "$state_dir"/packages/.new.* "$state_dir"/packages/*.json.new.*	# of a command that died: we hold the lock
	(umask 077 && cp --reflink=auto "$1" "$package_new") 2>/dev/null || {
		rm -f "$package_new"
		die "cannot copy '$1' to '$state_dir/packages': is the disk full?"
	}
	package_hex=$(store_digest "$package_new")
	case $2 in
	'' | "$package_hex" | "sha256:$package_hex") ;;
	*)
		rm -f "$package_new"
		die "'$1' is not what was asked for: it is sha256:$package_hex" ;;
	esac
	store_check "$1" "$package_new"
	[ -e "$state_dir/packages/$package_hex.sfc" ] && package_had=yes || package_had=
	sync "$package_new"
	mv -f "$package_new.json" "$state_dir/packages/$package_hex.json"
	mv -f "$package_new" "$state_dir/packages/$package_hex.sfc"
	package_problem=$( (store_mount_held "$package_hex") 2>&1)
	if [ -n "$package_problem" ] || ! is_mounted "$state_dir/mounts/$package_hex"; then
		[ -n "$package_had" ] || store_drop "$package_hex"
		die "'$1' is not a package: ${package_problem#sfc: prod: }"
	fi
	unlock_shared
}

# store_check FILE COPY: what it says of itself is as it has to be, before anything of it is kept.
store_check() {
	package_problem=$( (package_start "$2" "$2.json") 2>&1) && return
	rm -f "$2"
	package_problem=${package_problem#sfc: prod: }
	case $package_problem in
	"'$2'"*) package_problem="'$1'${package_problem#"'$2'"}" ;;
	esac
	die "$package_problem"
}

# store_start HEX: the path of what package_start() found in it, once for all.
store_start() {
	package_json=$state_dir/packages/$1.json
	[ -f "$package_json" ] || {
		package_start "$state_dir/packages/$1.sfc" "$package_json.new.$$"
		mv -f "$package_json.new.$$" "$package_json"
	}
	echo "$package_json"
}

# store_mount HEX: mounted when this returns. The first mount after a boot reads the file once to
# see that it is still what was installed.
store_mount() {
	if ! is_mounted "$state_dir/mounts/$1"; then
		lock_shared packages
		[ -f "$state_dir/packages/$1.sfc" ] || die "the package sha256:$1 is gone from '$state_dir/packages'; install it again"
		[ "$(store_digest "$state_dir/packages/$1.sfc")" = "$1" ] ||
			die "the package '$state_dir/packages/$1.sfc' was altered after it was installed; remove the file and install it again"
		store_mount_held "$1"
		unlock_shared
	fi
	[ ! -L "$state_dir/mounts/$1/rootfs" ] || die "the package sha256:$1: rootfs is not a directory"
}

store_mount_held() {
	mkdir -p "$state_dir/mounts/$1"
	is_mounted "$state_dir/mounts/$1" || package_mount "$state_dir/packages/$1.sfc" "$state_dir/mounts/$1"
}

store_drop() {
	unmount "$state_dir/mounts/$1"
	rmdir "$state_dir/mounts/$1" 2>/dev/null
	rm -f "$state_dir/packages/$1.json" "$state_dir/packages/$1.sfc"
}

# store_users HEX: the applications that stand on it, now or as what they could go back to.
store_users() {
	for package_app in "$state_dir"/prod/*/app.json; do
		[ -e "$package_app" ] || continue
		jq -r --arg hex "$1" 'select([.package, .previous, .updating] | index($hex)) | .name' "$package_app"
	done
	for package_app in "$state_dir"/prod/*/instances/*/instance.json; do
		[ -e "$package_app" ] || continue
		jq -r --arg hex "$1" 'select(.package == $hex) | .name' "$package_app"
	done
}

# store_forget HEX: unless somebody stands on it, or is about to; then repair forgets it.
store_forget() {
	lock_shared packages
	! store_alone || [ -n "$(store_users "$1")" ] || store_drop "$1"
	store_release
	unlock_shared
}

# store_info HEX FILTER: of what it says of itself.
store_info() {
	json_get "$(store_start "$1")" "$2"
}
