# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2016,SC2015 # shared names; jq and sh programs in quotes
# What one user may run in all: /etc/sfc/limits.conf, described in sfc-prod(1).
#
#	default   instances=20 memory=4G cpus=4 pids=2000
#	alice     instances=5  memory=1G
#	@webteam  cpus=1.5
#
# The line of the user wins, then the first of a group the user is in, then "default"; what a line
# does not name is unlimited. Sourced by sfc-prod after state.sh.

limits_file=${SFC_LIMITS:-/etc/sfc/limits.conf}

# limits_of USER: the words of the line that counts.
limits_of() {
	[ -f "$limits_file" ] || return 0
	awk -v user="$1" -v groups=" $(id -Gn -- "$1" 2>/dev/null) " '
		{ sub(/#.*/, "") }
		NF == 0 { next }
		{ who = $1; $1 = ""
		  if (who == user && own == "") own = $0
		  if (who ~ /^@/ && index(groups, " " substr(who, 2) " ") && group == "") group = $0
		  if (who == "default" && rest == "") rest = $0 }
		END { print own != "" ? own : group != "" ? group : rest }' "$limits_file"
}

# limits_used USER: what the running instances of USER hold, as variables used_instances and so on.
limits_used() {
	for limits_record in "$state_dir"/prod/*/instances/*/instance.json; do
		[ -e "$limits_record" ] || continue
		limits_at=${limits_record%/instance.json}
		instance_runs "$limits_at" && cat "$limits_record"
	done | jq -rs --arg user "$1" 'map(select(.user == $user)) | def sum(value): map(value // 0) | add // 0;
		@sh "used_instances=\(length) used_memory=\(sum(.memory)) used_cpus=\(sum(.cpus)) used_pids=\(sum(.pids))"'
}

# limits_check USER MEMORY CPUS PIDS: may one more instance of that size start? The caller holds the
# shared lock "limits" until the instance counts as running.
limits_check() {
	limits_user=$1 limits_memory=$2 limits_cpus=$3 limits_pids=$4
	limits_words=$(limits_of "$limits_user")
	[ -n "$limits_words" ] || return 0
	eval "$(limits_used "$limits_user")"
	for limits_word in $limits_words; do
		limits_max=${limits_word#*=}
		case $limits_word in
		instances=*) limits_wanted=1 ;;
		memory=*) limits_wanted=$limits_memory limits_max=$(bytes_of "$limits_file: memory" "$limits_max") || exit ;;
		cpus=*) limits_wanted=$limits_cpus ;;
		pids=*) limits_wanted=$limits_pids ;;
		*) die "$limits_file: '$limits_word' is not a limit; instances=, memory=, cpus= and pids= are" ;;
		esac
		limits_one "${limits_word%%=*}" "$limits_max" "$limits_wanted" "${limits_word#*=}"
	done
}

# limits_enforced: the kernel can hold the instance whose record is loaded to its own limits, or say which
# it cannot.
limits_enforced() {
	[ -z "$instance_memory" ] || cgroup_has memory memory.limit_in_bytes || limits_powerless memory
	[ -z "$instance_cpus" ] || cgroup_has cpu cpu.cfs_quota_us || limits_powerless cpus
	[ -z "$instance_pids" ] || cgroup_has pids cgroup.procs || limits_powerless pids
}

limits_powerless() {
	die "--$1 cannot be enforced on this machine: below /sys/fs/cgroup there is no controller for it; 'sfc doctor' shows which are there"
}

# cgroup_has CONTROLLER V1FILE: on whichever version is here.
cgroup_has() {
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		grep -qw "$1" /sys/fs/cgroup/cgroup.controllers
	else
		[ -e "/sys/fs/cgroup/$1/$2" ]
	fi
}

# limits_one WHAT MAX WANTED SHOWN
limits_one() {
	case $2 in
	'' | *[!0-9.]*) die "$limits_file: '$1=$4' is not a number" ;;
	esac
	[ -n "$3" ] ||
		die "user '$limits_user' is limited to $1=$4 in all ($limits_file): say how much this instance takes with --$1"
	eval "limits_have=\$used_$1"
	awk -v have="$limits_have" -v want="$3" -v max="$2" 'BEGIN { exit !(have + want <= max) }' ||
		die "user '$limits_user' is limited to $1=$4 in all ($limits_file): $limits_have in use, $3 more asked for"
}
