# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2016 # shared names; programs in quotes
# The miss guard: a second lower layer under the packed one, a tracefs that is asked only for what the
# package does not have. Hits stay in the package, at its own speed. Sourced by sfc-prod.
#
#	report  the guard shows the package's directories, empty: a lookup that reaches it fails as
#	        before and is recorded
#	heal    the guard shows the full source: the file is served and recorded
#	deny    report, and the instance counts as unhealthy once there is a miss
#
# What the package's catalog does not know never existed, and is no miss.
#
#	instances/I/misses.db           what was asked for, a manifest
#	instances/I/guard/{tree,mount}  what the guard shows, and where it is mounted

# guard_up DIR HEX: sets guard_lower, ":" and the layer, or nothing when there is no guard.
guard_up() {
	guard_lower=
	guard_mode=$(json_get "$1/instance.json" .guard)
	[ -n "$guard_mode" ] || return 0
	needs_program tracefs
	guard_at=$1/guard
	mkdir -p "$guard_at/tree" "$guard_at/mount"
	guard_lower=:$guard_at/mount
	! is_mounted "$guard_at/mount" || return 0
	if [ "$guard_mode" = heal ]; then
		guard_source=$(json_get "$1/instance.json" .guard_source)
		if [ -f "$(dev_at "$guard_source")/dev.json" ]; then
			dev_view "$guard_source" "$guard_at/tree"
		else
			mount --bind "$guard_source" "$guard_at/tree" || die "cannot use '$guard_source' as the full source"
		fi
	else
		(cd "$state_dir/mounts/$2/rootfs" && find . -xdev -type d -exec sh -c '
			cd "$1" && shift && mkdir -p -- "$@"' sh "$guard_at/tree" {} +) || die "cannot write '$guard_at'"
	fi
	# without passthrough: with it an overlay on top would be stacked too deep
	tracefs -o "manifest=$1/misses.db,label=$(json_get "$1/instance.json" '"\(.app)/\(.name)"'),ro,catalog=no,passthrough=off" \
		"$guard_at/tree" "$guard_at/mount" >"$guard_at/log" 2>&1 </dev/null 9>&- 8>&- 7>&- ||
		die "the guard: $(sed -n '1s/^tracefs: //p' "$guard_at/log")"
}

guard_down() {
	[ -d "$1/guard" ] || return 0
	unmount "$1/guard/mount"
	unmount "$1/guard/tree"
	rm -rf --one-file-system "$1/guard"
}

# guard_misses DIR: path, how often, by which program; tab-separated.
guard_misses() {
	[ -f "$1/misses.db" ] || return 0
	misses_hex=$(json_get "$1/instance.json" .package)
	package_mount "$misses_hex"
	sqlite3 -readonly -separator "$(printf '\t')" "$1/misses.db" "
		ATTACH 'file:$state_dir/mounts/$misses_hex/sfc/manifest.db?immutable=1' AS packed;
		SELECT e.path, sum(a.count), group_concat(DISTINCT p.exe)
		FROM access a JOIN entry e ON e.id = a.entry JOIN program p ON p.id = a.program
		WHERE (a.errno = 2 OR e.kind <> 'dir') AND e.path IN (SELECT path FROM packed.catalog)
		GROUP BY e.path ORDER BY min(a.first_ns)"
}

cmd_misses() {
	look_options "$@"
	[ -n "$app" ] || misused "misses of which application?"
	for one in ${name:-$(instance_names "$app")}; do
		guard_misses "$(instance_at "$app" "$one")" | while IFS=$(printf '\t') read -r path count programs; do
			if [ -n "$json" ]; then
				jq -cn --arg i "$one" --arg path "$path" --argjson count "$count" --arg by "$programs" \
					'{instance: $i, path: $path, count: $count, by: ($by | split(","))}'
			else
				printf '%s/%s  %s  %s times  by %s\n' "$app" "$one" "$path" "$count" "$programs"
			fi
		done
	done | if [ -n "$json" ]; then jq -s .; else cat; fi
}
