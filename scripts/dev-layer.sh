# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034 # names of lib.sh and state.sh, or for those who source this
# What `sfc dev` knows of a name, for the commands that are scripts. Sourced after state.sh by
# sfc-prod.

# dev_info NAME FILTER: one fact of it; fails when there is no such name, with dev_problem saying so.
dev_info() {
	dev_problem=
	dev_said=$(SFC_STATE="$state_dir" sfc _dev-info -- "$1" 2>&1) || {
		dev_problem=${dev_said#sfc: _dev-info: }
		return 1
	}
	printf '%s' "$dev_said" | jq -r "$2 // empty"
}

dev_known() { [ -n "$1" ] && dev_info "$1" .name >/dev/null; }

dev_must_exist() {
	[ -n "${1:-}" ] || misused "which name? 'sfc dev list' shows them"
	dev_info "$1" .name >/dev/null || die "$dev_problem"
}

# dev_view NAME DIR: mount everything NAME is there, for nobody to write.
dev_view() {
	view_lowers=$(dev_info "$1" .lowers) || die "there is no '$1'; 'sfc dev list' shows what there is"
	view_error=$(mount -t overlay -o "ro,lowerdir=$view_lowers,index=off,metacopy=off,redirect_dir=off" sfc "$2" 2>&1) ||
		die "cannot mount '$1': ${view_error##*: }"
}
