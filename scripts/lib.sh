# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What every sfc-* script shares: how it speaks, where its programs are, and the private namespaces in
# which everything it mounts and starts lives and dies.
#
# A script opens with its help, lines that begin with "#/"; the second of them is its summary in
# "sfc --help". It sets `here` to its own directory before it sources this file.

set -u
: "${here:?}"

# The program that is traced gets the caller's language; the scripts themselves speak plain C.
caller_lang=${LANG:-} caller_lc_all=${LC_ALL:-} caller_tz=${TZ:-} caller_term=${TERM:-}
LC_ALL=C
export LC_ALL

command_name=$(basename "$0")
command_name=${command_name#sfc-}

# --- how it speaks ---

# plain: text with what is not ours in it, as it may stand on a terminal: no control characters but line
# breaks and tabs. one_line: without those, too.
plain() {
	sed -u 's/[\x01-\x08\x0b-\x1f\x7f]/?/g; s/\xc2[\x80-\x9f]/?/g'
}
one_line() {
	tr '\n\t' '  ' | plain
}

say_error() {
	printf 'sfc: %s: %s\n' "$command_name" "$(printf %s "$*" | one_line)" >&2
}

# die MESSAGE: one line, exit 1.
die() {
	say_error "$@"
	exit 1
}

# misused MESSAGE: the command line makes no sense, exit 2.
misused() {
	say_error "$*; see 'sfc $command_name --help'"
	exit 2
}

show_help() {
	sed -n 's|^#/ \{0,1\}||p' "$0"
	exit 0
}

# options SHORT LONG "$@": what getopt(1) makes of the command line, to be eval'ed by "set --". Options
# end at the first argument that is none.
options() {
	short=$1 long=$2
	shift 2
	set -- -n "sfc: $command_name" -o "+$short" -l "$long" -- "$@"
	getopt -q "$@" && return
	getopt "$@" 2>&1 >/dev/null | sed "1s/\$/; see 'sfc $command_name --help'/; 1q" >&2
	return 2
}

# quoted WORD…: the words as the shell would read them again. Lists of anything are kept this way.
quoted() {
	for word; do
		printf " '%s'" "$(printf '%sx' "$word" | sed "s/'/'\\\\''/g; \$s/x\$//")"
	done
}

# report WHAT TEXT [SECONDS]: one line of the report a person reads.
report() {
	[ -n "${quiet:-}" ] && return
	set -- "$1" "$(printf %s "$2" | one_line)" "${3:-}"
	if [ -n "${3:-}" ]; then
		# printf pads by bytes: those that continue a character take no room
		width=$((66 + $(printf %s "$2" | tr -cd '\200-\277' | wc -c)))
		printf "%-7s %-${width}s %7s s\n" "$1" "$2" "$3"
	else
		printf '%-7s %s\n' "$1" "${2:-}"
	fi
}

# mount_option WORD: a value as it stands in a list of mount options, where commas part them.
mount_option() {
	printf '%s\n' "$1" | sed 's/[\\,]/\\&/g'
}

# 61204 → 61,204
grouped() {
	printf '%s\n' "$1" | sed -e :a -e 's/\([0-9]\)\([0-9]\{3\}\)\($\|,\)/\1,\2\3/' -e ta
}

# bytes → "1.9 GB", as people count: thousands, not 1024s.
human() {
	awk -v n="$1" 'BEGIN {
		split("B kB MB GB TB PB", unit)
		for (i = 1; n >= 999.5 && i < 6; i++) n /= 1000
		printf(i == 1 || n >= 99.5 ? "%.0f %s" : "%.1f %s", n, unit[i])
	}'
}

# Seconds since some start, with hundredths; since THEN: the seconds that have passed, with tenths.
now() {
	read -r uptime _ </proc/uptime
	printf '%s\n' "$uptime"
}
since() {
	awk -v then="$1" '{ printf "%.1f", $1 - then; exit }' /proc/uptime
}

# A point in time SECONDS from now, and whether it has passed.
deadline() {
	awk -v s="$1" '{ printf "%.2f\n", $1 + s; exit }' /proc/uptime
}
passed() {
	read -r uptime _ </proc/uptime
	[ "${uptime%.*}${uptime#*.}" -ge "${1%.*}${1#*.}" ]
}

# wait_while SECONDS COMMAND…: until it fails; fails itself when that takes longer.
wait_while() {
	wait_until=$(deadline "$1")
	shift
	while "$@"; do
		! passed "$wait_until" || return 1
		sleep 0.02
	done
}

# --- where its programs are ---

# From the source tree: the build directory's programs. Installed: those beside sfc.
if [ -f "$here/Makemodule.am" ]; then
	for build in "${builddir:-}" "$here/.." "$here/../build" "$here/../build-check"; do
		if [ -x "$build/fs/tracefs" ] && [ -x "$build/pack/tracepack" ]; then
			PATH=$(cd "$build" && pwd)/fs:$(cd "$build" && pwd)/pack:$PATH
			break
		fi
	done
fi
PATH=$PATH:/usr/sbin:/sbin
export PATH

# needs PROGRAM PACKAGE: one line saying what to install.
needs() {
	command -v "$1" >/dev/null || die "needs $1, which is not here; install it (Debian: apt-get install $2)"
}
needs_program() {
	command -v "$1" >/dev/null || die "needs $1, which is not built; run make, or make install"
}

# needs_root WHAT: mounting and namespaces want it.
needs_root() {
	[ "$(id -u)" = 0 ] ||
		die "$1 needs root: run it through sudo"
}

needs_fuse() {
	[ -c /dev/fuse ] || die "needs /dev/fuse, which is not here: run 'modprobe fuse', or pass the device into this container"
	# opening is the only honest test: a device cgroup may forbid what the mode allows
	(exec 4<>/dev/fuse) 2>/dev/null || die "cannot open /dev/fuse: permission denied; run as root, or chmod 666 /dev/fuse"
}

# --- private namespaces ---
#
# The script runs itself again as process 1 of a new pid namespace, in a mount namespace of its own.
# Whatever ends the outer one, a kill -9 included, ends process 1; with it goes every process of the
# namespace, and with the last process every mount. So nothing has to be undone step by step.

# namespaces_run kill|leave UNSHARE-OPTIONS -- SCRIPT ARG…
# Sets namespaces_status. "kill": any signal ends it all. "leave": an interrupt from the keyboard is the
# program's own business, and a termination is passed on to the script inside. namespaces_then, when
# set, is called as soon as that has been started.
namespaces_run() {
	on_interrupt=$1
	shift
	unshare_options=
	while [ "$1" != -- ]; do
		unshare_options="$unshare_options $1"
		shift
	done
	shift
	exec 3<&0
	namespaces_pid=
	if [ "$on_interrupt" = kill ]; then
		trap 'namespaces_end 129' HUP
		trap 'namespaces_end 130' INT
		trap 'namespaces_end 131' QUIT
		trap 'namespaces_end 143' TERM
	else
		trap interrupted=1 INT QUIT
		trap 'interrupted=1; namespaces_ask' HUP TERM
	fi
	# what runs beside a shell has interrupts ignored and no input, unless it is told
	# shellcheck disable=SC2086 # words
	SFC_INSIDE=1 env --default-signal=INT,QUIT setpriv --pdeathsig KILL \
		unshare --mount --pid --fork --kill-child=KILL --mount-proc --propagation private \
		$unshare_options -- "$@" <&3 3<&- &
	namespaces_pid=$!
	${namespaces_then:-:}
	wait_child "$namespaces_pid"
	namespaces_status=$child_status
	exit_on_signals
	exec 3<&-
}

# An ordinary exit, so that what is to be done on it is done.
exit_on_signals() {
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 131' QUIT
	trap 'exit 143' TERM
}

# wait_child PID: until it has ended; sets child_status. A trap that sets "interrupted" ends no waiting.
wait_child() {
	while :; do
		interrupted=
		wait "$1"
		child_status=$?
		[ -n "$interrupted" ] || return 0
	done
}

# The script inside: the only child of unshare.
namespaces_first() {
	cat "/proc/$namespaces_pid/task/$namespaces_pid/children" 2>/dev/null
}

namespaces_ask() {
	# shellcheck disable=SC2046 # at most one word
	kill -TERM $(namespaces_first) 2>/dev/null
}

# End everything inside, and wait until it is gone: process 1 dies after all the others.
namespaces_end() {
	trap '' HUP INT QUIT TERM
	# the signal may have come before we knew whom we started; stopped, it cannot start another
	namespaces_pid=${namespaces_pid:-${!:-}}
	if [ -n "$namespaces_pid" ]; then
		kill -STOP "$namespaces_pid" 2>/dev/null
		kill_together "$namespaces_pid" "$(namespaces_first)"
	fi
	exit "$1"
}

# kill_together UNSHARE FIRST: unshare goes first, it would say that it does not like this end.
kill_together() {
	# shellcheck disable=SC2086 # the second may be nothing
	kill -KILL "$1" $2 2>/dev/null
	wait "$1" 2>/dev/null
	[ -z "$2" ] || wait_while 60 runs "$2"
}

# A process that is there and not merely unburied.
runs() {
	read -r state 2>/dev/null <"/proc/$1/stat" || return 1
	case ${state##*) } in
	[ZX]*) return 1 ;;
	esac
}
