# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Paths in a root that others wrote. A link there, followed from here, leads into the host.

# is_straight DIR PATH: no part of PATH below DIR is a link, as far as it is there; nor "..".
is_straight() {
	straight_at=$1 straight_rest=$2
	while [ -n "$straight_rest" ]; do
		straight_part=${straight_rest%%/*}
		case $straight_rest in
		*/*) straight_rest=${straight_rest#*/} ;;
		*) straight_rest= ;;
		esac
		case $straight_part in
		'' | .) continue ;;
		..) return 1 ;;
		esac
		straight_at=$straight_at/$straight_part
		[ ! -L "$straight_at" ] || return 1
	done
}

# is_straight_file DIR PATH: a regular file, so that opening it waits for nobody.
is_straight_file() {
	is_straight "$1" "$2" && [ -f "$1/$2" ]
}
