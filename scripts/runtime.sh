# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2016,SC2015 # shared names; jq and sh programs in quotes
# The OCI runtimes, behind one word: runtime NAME ARG… is crun or runc with our own --root.
# Sourced after state.sh by sfc-prod.
#
# crun refuses cgroup v1 machines that also mount a cgroup2 tree beside it ("hybrid mode"): it is
# then started in a private mount namespace without that tree. runc takes both as they are.

# runtime_pick [NAME]: the one asked for, else crun, else runc.
runtime_pick() {
	case ${1:-} in
	'')
		for runtime_name in crun runc; do
			command -v "$runtime_name" >/dev/null && { echo "$runtime_name"; return; }
		done
		die "no container runtime is installed; install the package crun or runc" ;;
	crun | runc)
		command -v "$1" >/dev/null || die "'$1' is not installed; install the package $1"
		echo "$1" ;;
	*) misused "unknown runtime '$1'; crun and runc are known" ;;
	esac
}

runtime_is_hybrid() {
	[ "$(stat -f -c %T /sys/fs/cgroup 2>/dev/null)" = tmpfs ] && is_mounted /sys/fs/cgroup/unified
}

# In the private namespace: drop the cgroup2 tree, and what other instances have mounted, or their
# mounts would stay busy for as long as this container runs. $1 the state directory, $2 the one root
# of ours to keep.
# shellcheck disable=SC2016 # for the inner shell
runtime_alone='
	state_dir=$1 keep=$2; shift 2
	umount /sys/fs/cgroup/unified
	[ -z "$keep" ] || awk -v s="$state_dir/" -v k="$keep" \
		"index(\$5, s) == 1 && \$5 != k { print \$5 }" /proc/self/mountinfo |
		while IFS= read -r m; do umount -l "$m"; done
	exec "$@"'

# runtime_in_place NAME ROOT COMMAND…: run COMMAND (runtime NAME …) where that runtime can work.
runtime_in_place() {
	runtime_place=$1 runtime_keep=$2
	shift 2
	if [ "$runtime_place" = crun ] && runtime_is_hybrid; then
		unshare -m --propagation private sh -c "$runtime_alone" sh "$state_dir" "$runtime_keep" "$@"
	else
		"$@"
	fi
}

# runtime_delete NAME CONTAINER: whatever state it is in; a runtime that does not answer is left behind.
runtime_delete() {
	runtime_in_place "$1" "" timeout -k 5 30 "$1" --root "$state_dir/run/$1" delete --force "$2" >/dev/null 2>&1
}

# runtime NAME ARG…
runtime() {
	runtime_which=$1
	shift
	runtime_in_place "$runtime_which" "" "$runtime_which" --root "$state_dir/run/$runtime_which" "$@"
}
