# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2016 # names of lib.sh and state.sh, or for those who source this
# Bases and the layers over them. Sourced after state.sh by sfc-dev, sfc-test and sfc-pack.
#
#	$state_dir/base/ID/base.json    {id, from, parent, created}; never changed once it is there
#	$state_dir/base/ID/tree         a root file system, or, with a parent, the layer over that
#	$state_dir/base/ID/config.json  how to start it, when the image said so
#	$state_dir/dev/NAME/dev.json    {name, base, from, created, history}
#	$state_dir/dev/NAME/{upper,work,root}   the layer of NAME, and where it is mounted while in use

base_at() { echo "$state_dir/base/$1"; }
dev_at() { echo "$state_dir/dev/$1"; }

dev_must_exist() {
	[ -n "${1:-}" ] || misused "which name? 'sfc dev list' shows them"
	[ -f "$(dev_at "$1")/dev.json" ] || die "there is no '$1'; 'sfc dev list' shows what there is"
}

# base_lowers ID: its layers, topmost first, as overlayfs wants them.
base_lowers() {
	lowers='' lowers_id=$1
	while [ -n "$lowers_id" ]; do
		lowers=$lowers${lowers:+:}$(base_at "$lowers_id")/tree
		lowers_id=$(json_get "$(base_at "$lowers_id")/base.json" .parent)
	done
	printf '%s\n' "$lowers"
}

# base_config ID: the start configuration nearest to the top; nothing when none has one.
base_config() {
	config_id=$1
	while [ -n "$config_id" ]; do
		[ ! -f "$(base_at "$config_id")/config.json" ] || {
			echo "$(base_at "$config_id")/config.json"
			return
		}
		config_id=$(json_get "$(base_at "$config_id")/base.json" .parent)
	done
}

# dev_lowers NAME: everything NAME is, for a view that nobody can write.
dev_lowers() {
	echo "$(dev_at "$1")/upper:$(base_lowers "$(json_get "$(dev_at "$1")/dev.json" .base)")"
}

# dev_view NAME DIR: mount that view.
dev_view() {
	view_error=$(mount -t overlay -o "ro,lowerdir=$(dev_lowers "$1"),index=off,metacopy=off,redirect_dir=off" sfc "$2" 2>&1) ||
		die "cannot mount '$1': ${view_error##*: }"
}

# dev_note NAME TEXT: one line of its log.
dev_note() {
	json_put "$(dev_at "$1")/dev.json" --arg now "$(stamp)" --arg text "$2" --arg user "${SUDO_USER:-$(id -un)}" \
		'.history += [{at: $now, by: $user, what: $text}]'
}
