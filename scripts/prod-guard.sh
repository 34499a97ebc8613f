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
# What the package's catalog does not know never existed, and is no miss: the guard is given the
# catalog, and does not record it. In a directory that is folded there any name may have been one: it
# is recorded, and said to be unknown.
#
#	instances/I/misses/HEX.db       what was asked for and is not in the package HEX, a manifest
#	instances/I/guard/{tree,mount}  what the guard shows, and where it is mounted

# guard_up DIR HEX: sets guard_lower, ":" and the layer, or nothing when there is no guard.
guard_up() {
	guard_lower=
	guard_mode=$(json_get "$1/instance.json" .guard)
	[ -n "$guard_mode" ] || return 0
	needs_program tracefs
	needs_fuse
	guard_at=$1/guard
	mkdir -p "$guard_at/tree" "$guard_at/mount" "$1/misses"
	guard_lower=:$guard_at/mount
	! is_mounted "$guard_at/mount" || return 0
	guard_show "$1" "$2" || die "cannot write '$guard_at'"
	guard_package=$state_dir/mounts/$2
	tracefs -o "manifest=$1/misses/$2.db,label=$(json_get "$1/instance.json" '"\(.app)/\(.name)"')" \
		-o "kind=prod,known=$guard_package/sfc/manifest.db,except=$guard_package/rootfs,ro,catalog=no" \
		"$guard_at/tree" "$guard_at/mount" >"$guard_at/log" 2>&1 </dev/null 9>&- 8>&- 7>&- || {
		guard_problem=$(sed -n '1s/^tracefs: //p' "$guard_at/log")
		guard_down "$1"
		die "the guard: $guard_problem"
	}
}

# guard_show DIR HEX: fill guard/tree.
guard_show() {
	if [ "$guard_mode" != heal ]; then
		(cd "$state_dir/mounts/$2/rootfs" && find . -xdev -type d -exec sh -c '
			cd "$1" && shift && mkdir -p -- "$@"' sh "$guard_at/tree" {} +)
		return
	fi
	guard_source=$(json_get "$1/instance.json" .guard_source)
	if dev_known "$guard_source"; then
		dev_view "$guard_source" "$guard_at/tree"
	else
		mount --bind "$guard_source" "$guard_at/tree" || die "cannot use '$guard_source' as the full source"
	fi
}

# guard_down DIR: the session is ended when this returns; a manifest without a miss goes.
guard_down() {
	[ -d "$1/guard" ] || return 0
	timeout -k 5 60 tracefs --unmount "$1/guard/mount" >/dev/null 2>&1
	unmount "$1/guard/mount"
	unmount "$1/guard/tree"
	rm -rf --one-file-system "$1/guard"
	for guard_manifest in "$1"/misses/*.db; do
		[ "$(guard_count "$guard_manifest" 2>/dev/null)" != 0 ] || rm -f "$guard_manifest" "$guard_manifest"-*
	done
}

guard_count() {
	sqlite3 -readonly "$1" "SELECT count(*) FROM access"
}

# guard_rows DIR: what its package was found to lack, a JSON array in the order of the first time. A
# directory stands for itself only where it is not known what was wanted below it. known: the source
# had it.
guard_rows() {
	guard_package=$(json_get "$1/instance.json" .package)
	guard_manifest=$1/misses/$guard_package.db
	guard_known=$state_dir/mounts/$guard_package/sfc/manifest.db
	if [ -f "$guard_manifest" ]; then
		timeout -k 5 10 tracefs --flush "$1/guard/mount" 2>/dev/null
		if [ -f "$guard_known" ]; then
			guard_attach="ATTACH '$(printf '%s' "$guard_known" | sed "s/'/''/g")' AS packed"
			guard_is_known='EXISTS (SELECT 1 FROM packed.catalog c WHERE c.path = e.path)'
		else
			guard_attach='' guard_is_known=NULL
		fi
		sqlite3 -readonly -json "$guard_manifest" "$guard_attach;
			SELECT e.path, $guard_is_known AS known, sum(a.count) AS count, json_group_array(DISTINCT p.exe) AS programs,
				min(a.first_ns) / 1000000000 AS first, max(a.last_ns) / 1000000000 AS last
			FROM access a JOIN entry e ON e.id = a.entry JOIN program p ON p.id = a.program
			WHERE NOT (a.errno = 2 AND EXISTS (SELECT 1 FROM entry b
				WHERE substr(b.path, 1, length(e.path) + 1) = e.path || '/'))
			GROUP BY e.path ORDER BY min(a.first_ns), e.path"
	fi | jq -cs --arg app "$app" --arg instance "$(json_get "$1/instance.json" .name)" '(.[0] // [])
		| map({instance: $instance, path, known: (if .known == null then null else .known == 1 end), count, by: (.programs | fromjson | map(select(. != ""))),
			first: (.first | todate), last: (.last | todate)})'
}

# guard_problem DIR: why an instance that runs is not healthy, in words; nothing when it is.
guard_problem() {
	guard_mode=$(json_get "$1/instance.json" .guard)
	[ -n "$guard_mode" ] || return 0
	is_mounted "$1/guard/mount" || {
		echo "its guard died: restart it"
		return
	}
	[ "$guard_mode" = deny ] || return 0
	guard_rows "$1" | jq -r 'if length == 0 then empty elif length == 1 then "1 file was missed"
		else "\(length) files were missed" end'
}

cmd_misses() {
	look_options "$@"
	[ -n "$app" ] || misused "misses of which application?"
	[ -z "$name" ] || instance_must_exist "$app" "$name"
	needs sqlite3 sqlite3
	missed=$(for one in ${name:-$(instance_names "$app")}; do
		guard_rows "$(instance_at "$app" "$one")"
	done | jq -s 'add // []')
	if [ -n "$json" ]; then
		printf '%s\n' "$missed"
	elif [ "$missed" != '[]' ]; then
		{
			printf 'INSTANCE\tPATH\tTIMES\tBY\tLAST\n'
			printf '%s' "$missed" | jq -r --arg app "$app" '
				def plain: if test("[[:cntrl:]]") then @json else . end;
				.[] | [$app + "/" + .instance,
					(.path | plain) + (if .known == false then " (unknown)" else "" end), .count, (.by | map(plain) | join(", ")),
					(.last | sub("T"; " ") | sub("Z"; ""))] | map(tostring) | join("\t")'
		} | plain | column -t -s "$(printf '\t')"
	fi
}

# sfc prod health: for a monitor. A line for each instance; fails unless all that should run do, and well.
cmd_health() {
	look_options "$@"
	[ -n "$app" ] || misused "health of which application?"
	[ -z "$name" ] || instance_must_exist "$app" "$name"
	health=$(look_records "$app" | jq -cs --arg name "$name" 'map(select($name == "" or .name == $name)
		| {app, name, state, problem,
			healthy: (.state == "running" or (.state == "stopped" and .wanted != "up"))})')
	if [ -n "$json" ]; then
		printf '%s\n' "$health" | jq .
	else
		printf '%s\n' "$health" | jq -r '.[] | "\(.app)/\(.name)  \(.state)" + if .problem then ": " + .problem else "" end' | plain | sort -V
	fi
	[ "$(printf '%s' "$health" | jq 'all(.healthy)')" = true ]
}

# _missed APP: the manifests of what its instances missed, one a line; what is in them is ended.
cmd__missed() {
	app_must_exist "$1"
	for one in $(instance_names "$1"); do
		at=$(instance_at "$1" "$one")
		timeout -k 5 60 tracefs --flush "$at/guard/mount" 2>/dev/null
		for guard_manifest in "$at"/misses/*.db; do
			[ ! -f "$guard_manifest" ] || [ "$(guard_count "$guard_manifest")" = 0 ] || echo "$guard_manifest"
		done
		! is_mounted "$at/guard/mount" || timeout -k 5 60 tracefs --mark "$1/$one" "$at/guard/mount" ||
			die "the guard of $1/$one does not answer; restart it"
	done
}
