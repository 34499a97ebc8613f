#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What tracing costs: `make bench-trace`, as root, in some seven minutes. The same work in this machine's
# own root: bare, below overlayfs, below tracefs in each mode and transport, and under the programs people
# use for tracing today. Rounds are interleaved; each figure is a median over all of them, divided by that
# of the bare root: 1.00 is what it takes without any of it. Cold is the first run after the mount, when
# the kernel does not know the mount's files yet; warm are the later ones. The disk is never cold.
# every-user and first-user are a plain user's, by /dev/fuse in a user namespace of his own, where there is
# no passthrough.
#
#	BENCH_FLAGS=--json		one JSON object in place of the table
#	BENCH_ROUNDS=5			how many rounds; what takes long takes part in some of them only, peers
#					in the first
#	BENCH_CONFIGS="native every-dev …"	only these		BENCH_WORKLOADS="python gcc …"	only these
#	BENCH_URING=1			also through io_uring: sets enable_uring of the fuse module, which is
#					for the whole system, and puts it back
#	BENCH_MIB=1024			size of the file that is read
#	BENCH_FIND=/usr/share		what find lists
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse

json=no
[ "${1:-}" != --json ] || json=yes
rounds=${BENCH_ROUNDS:-5}
mib=${BENCH_MIB:-1024}
found=${BENCH_FIND:-/usr/share}
uring=/sys/module/fuse/parameters/enable_uring
run=$builddir/tests/bench/bench-trace-run
mnt=$dir/mnt
export mnt
port=$((20000 + $$ % 10000))
initdb=$(find /usr/lib/postgresql -name initdb 2>/dev/null | sort -V | tail -n 1)
chmod 755 "$dir"
mkdir "$mnt" bare
user=65534
mkdir -m 755 out
written=/tmp/sfc-bench-$$ # who is traced may write here and to names that begin so, also where root has no number
on_exit sh -c "rm -rf $written*"
chown $user:$user out
mount --bind / bare # the root file system alone: without $mnt, in which some would find themselves
: >results

say() {
	echo "bench-trace: $*" >&2
}

# What is here to be measured; each says what it lacks.

# here CONFIG|WORKLOAD COMMAND…: it can be run.
here() {
	what=$1
	shift
	for tool; do
		command -v "$tool" >/dev/null || {
			say "$what is left out: $tool is not installed"
			return 1
		}
	done
	echo "$what"
}

as_user() {
	setpriv --reuid $user --regid $user --clear-groups -- "$@"
}

all_configs() {
	echo native overlay every-dev first-dev
	if [ "${BENCH_URING:-0}" = 0 ]; then
		say "io_uring is left out: BENCH_URING=1 is not set"
	else
		echo every-uring first-uring
	fi
	if as_user test -x "$builddir/fs/tracefs" && as_user unshare -Urm true 2>/dev/null; then
		echo every-user first-user
	else
		say "a plain user is left out: he can make no user namespace, or cannot reach $builddir"
	fi
	here fuse-overlayfs fuse-overlayfs
	here strace strace
	here strace-bpf strace
	here loggedfs loggedfs
	here proot proot
	here reprozip reprozip
}

all_workloads() {
	here python python3
	here gcc gcc
	here execs perl
	echo tar find sequential random
	here nginx nginx wrk nc
	here redis redis-server redis-benchmark nc
	here pgbench "${initdb:-initdb}" pgbench setpriv nc
}

configs=${BENCH_CONFIGS:-$(all_configs)}
workloads=${BENCH_WORKLOADS:-$(all_workloads)}

# A process keeps the namespaces; the mount is in them. It is started as it is, for its number to be the keeper's.
mounted_by_user() {
	rm -f out/manifest.db*
	# shellcheck disable=SC2016 # another shell expands it
	setpriv --reuid $user --regid $user --clear-groups -- unshare -Urm env XDG_RUNTIME_DIR="$dir/out" sh -c 'tracefs "$@" / "$mnt" &&
		mount --rbind /proc "$mnt/proc" && mount --rbind /dev "$mnt/dev" && touch out/mounted && exec sleep 100000' sh \
		-o "manifest=$dir/out/manifest.db,catalog=no,scratch=tmpfs,mode=$1,transport=dev" 2>>tracefs.said &
	keeper=$!
	enter="nsenter -t $keeper -U -m"
	wait_for 20 test -e out/mounted || say "tracefs for a plain user: $(cat tracefs.said)"
}

# mounted CONFIG: makes $root, $prefix and $enter of it; unmounted takes it away.
mounted() {
	root=$mnt prefix='' enter='' keeper=''
	rm -rf layer
	mkdir layer
	case $1 in
	native) root=/ ;;
	overlay)
		mkdir layer/upper layer/work
		mount -t overlay -o "lowerdir=$dir/bare,upperdir=$dir/layer/upper,workdir=$dir/layer/work" overlay "$mnt"
		;;
	fuse-overlayfs)
		mkdir layer/upper layer/work
		fuse-overlayfs -o "lowerdir=$dir/bare,upperdir=$dir/layer/upper,workdir=$dir/layer/work" "$mnt" 2>said
		;;
	loggedfs)
		mount --bind bare "$mnt"
		loggedfs -p -l /dev/null "$mnt" >/dev/null 2>&1
		;;
	strace) root=/ prefix="strace -f -o /dev/null -e trace=%file" ;;
	strace-bpf) root=/ prefix="strace -f --seccomp-bpf -o /dev/null -e trace=%file" ;;
	proot) root=/ prefix="proot -r /" ;;
	reprozip) root=/ prefix="env REPROZIP_USAGE_STATS=off reprozip trace --dont-identify-packages -w -d $dir/layer/trace" ;;
	*-user)
		mounted_by_user "${1%-*}"
		return
		;;
	*-*)
		rm -f manifest.db*
		tracefs -o "manifest=$dir/manifest.db,catalog=no,scratch=$dir/layer,mode=${1%-*},transport=${1#*-}" \
			/ "$mnt" 2>>tracefs.said || say "tracefs for $1: $(cat tracefs.said)"
		;;
	esac
	[ "$root" = / ] || {
		wait_for 10 mountpoint -q "$mnt" || return 1
		mount -t proc proc "$mnt/proc" && mount --bind /dev "$mnt/dev"
	}
}

unmounted() {
	[ "$root" != / ] || {
		rm -rf "$written"*
		return
	}
	[ -z "$keeper" ] || {
		kill "$keeper" # and all that was mounted in its namespace
		wait "$keeper" 2>/dev/null
		rm -f out/mounted
		wait_for 20 sh -c '[ "$(sqlite3 -readonly out/manifest.db "SELECT count(*) FROM session WHERE state = '"'open'"'")" = 0 ]'
		return
	}
	umount "$mnt/proc" "$mnt/dev"
	umount "$mnt" || umount -l "$mnt"
	# below what some of them mount there is the bare root again
	! mountpoint -q "$mnt" || umount -l "$mnt"
}

# timed COMMAND…: nanoseconds it takes in $root.
timed() {
	# shellcheck disable=SC2086 # the prefix is words
	$enter "$run" command "$root" $prefix "$@"
}

# per_request REQUESTS-PER-SECOND: in nanoseconds.
per_request() {
	awk -v rate="$1" 'BEGIN { if (rate > 0) printf "%.0f\n", 1e9 / rate }'
}

listening() {
	: | nc -w 1 127.0.0.1 "$port"
}

# serve READY STOP COMMAND…: in $root, until what is measured ends.
serve() {
	# shellcheck disable=SC2086
	$enter chroot "$root" $prefix "$@" >served 2>&1 &
	server=$!
	wait_for 15 listening || {
		say "$1 does not start: $(tail -n 1 served)"
		return 1
	}
}

stopped() {
	# strace passes no signal on: its children are what listens
	pkill -TERM -P "$server" 2>/dev/null
	kill -TERM "$server" 2>/dev/null
	wait "$server" 2>/dev/null
}

nginx_conf() {
	mkdir -p www
	for i in 0 1 2 3 4 5 6 7 8 9; do
		head -c 2000 /dev/urandom >"www/$i"
	done
	cat <<-CONF
		daemon off; pid $written.pid; error_log /dev/null; worker_processes 1; user root;
		events { worker_connections 256; }
		http { access_log off; client_body_temp_path $written-1; proxy_temp_path $written-2;
			fastcgi_temp_path $written-3; uwsgi_temp_path $written-4; scgi_temp_path $written-5; server { listen 127.0.0.1:$port; root $dir/www; } }
	CONF
}

# Each workload says nanoseconds.

work_python() {
	timed /usr/bin/python3 -c 'import json, ssl, sqlite3, email.message, http.client, unittest, xml.dom, decimal'
}

work_gcc() {
	timed gcc -O1 -c -o "$written.o" "$dir/hello.c"
}

work_execs() {
	# shellcheck disable=SC2016 # another shell expands it
	timed sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do ls /etc; perl -e 1; done'
}

# Through a pipe: tar reads no file when it sees that it writes to /dev/null.
work_tar() {
	timed sh -c 'tar -C /usr/include -cf - . | cat'
}

work_find() {
	# but for what not everybody may list
	timed find "$found" -xdev -path '*/polkit-1' -prune -o -printf '%p %s %m %U %T@\n'
}

work_sequential() {
	# shellcheck disable=SC2086
	$enter "$run" sequential "$root" "$dir/big"
}

work_random() {
	# shellcheck disable=SC2086
	$enter "$run" random "$root" "$dir/big" 50000
}

work_nginx() {
	serve nginx -c "$dir/nginx.conf" || return
	per_request "$(wrk -t 1 -c 8 -d 1 -s "$dir/files.lua" "http://127.0.0.1:$port/" | awk '/^Requests.sec/ { print $2 }')"
	stopped
}

work_redis() {
	serve redis-server --port "$port" --save '' --appendonly no || return
	per_request "$(redis-benchmark -p "$port" -q --csv -n 30000 -c 20 -t set,get |
		awk -F, '/SET|GET/ { gsub(/"/, ""); sum += $2; n++ } END { if (n) print sum / n }')"
	stopped
}

# The data are made once for each mount, by a user who may run a server.
work_pgbench() {
	data=/var/tmp/sfc-bench-pg-$$
	as="setpriv --reuid 65534 --regid 65534 --clear-groups"
	bin=$(dirname "$initdb")
	# shellcheck disable=SC2086
	chroot "$root" sh -c "rm -rf $data && install -d -o 65534 -g 65534 -m 700 $data &&
		$as $bin/initdb -D $data -U postgres -A trust --no-sync" >pg 2>&1 || return
	# shellcheck disable=SC2086
	serve $as "$bin/postgres" -D "$data" -p "$port" -k "$data" -c listen_addresses=127.0.0.1 || return
	pgbench -h 127.0.0.1 -p "$port" -U postgres -i -q -s 2 postgres >pg 2>&1
	per_request "$(pgbench -h 127.0.0.1 -p "$port" -U postgres -c 4 -T 3 postgres 2>pg | awk '/^tps/ { print $3 }')"
	kill -INT "$server" 2>/dev/null
	stopped
	rm -rf "$root$data"
}

is_peer() {
	case $1 in
	native | overlay | every-* | first-*) return 1 ;;
	esac
}

# takes_part CONFIG WORKLOAD ROUND: data is read through a mount, in which what traces calls has no part.
takes_part() {
	case $2 in
	python | gcc | tar) most=$rounds ;;
	redis | pgbench | execs) most=$(((rounds + 2) / 3)) ;;
	*) most=$(((rounds + 1) / 2)) ;;
	esac
	! is_peer "$1" || most=1
	[ "$3" -le "$most" ] || return
	case $1-$2 in
	fuse-overlayfs-pgbench | first-*-pgbench | *-user-pgbench | *-user-redis) return 1 ;;
	fuse-overlayfs-* | *-python | *-gcc | *-tar | *-execs) return 0 ;;
	esac
	! is_peer "$1"
}

# Servers are measured when they run.
heats() {
	case $1 in
	nginx | redis | pgbench) echo warm ;;
	*) echo cold warm warm ;;
	esac
}

# measure CONFIG WORKLOAD: a line for each time.
measure() {
	mounted "$1" || {
		say "$1 cannot be mounted, left out"
		unmounted
		return
	}
	for heat in $(heats "$2"); do
		ns=$("work_$2")
		[ -z "$ns" ] || echo "$1 $2 $heat $ns" >>results
	done
	unmounted
}

# A shell hears of a signal only when what it waits for in the foreground has ended.
in_background() {
	"$@" &
	job=$!
	wait "$job"
	job=
}

stop_job() {
	[ -n "$job" ] || return 0
	pkill -TERM -P "$job"
	kill -TERM "$job"
}

if [ "${BENCH_URING:-0}" != 0 ]; then
	[ -w $uring ] || skip "this kernel has no $uring"
	say "setting $uring to Y for this run; it was $(cat $uring) and will be again"
	on_exit sh -c "echo $(cat $uring) >$uring"
	echo Y >$uring
fi

printf '#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\nint main(void) { puts("hello"); return 0; }\n' >hello.c
printf 'local n = 0\nrequest = function() n = (n + 1) %% 10 return wrk.format(nil, "/" .. n) end\n' >files.lua
nginx_conf >nginx.conf
# shellcheck disable=SC2086,SC2116 # one blank between words
case " $(echo $workloads) " in
*' sequential '* | *' random '*) dd if=/dev/urandom of=big bs=1M count="$mib" 2>dd.said ;;
esac
case " $(echo $configs) " in
*-user\ *)
	# a plain user's /dev/fuse is for him; what is mounted in a round would outlive us
	as_user test -w /dev/fuse || {
		mknod fuse c 10 229 && chmod 666 fuse
		mount --bind fuse /dev/fuse && on_exit umount -l /dev/fuse
	}
	;;
esac
job=
on_exit stop_job
round=0
while [ $round -lt "$rounds" ]; do
	round=$((round + 1))
	say "round $round of $rounds"
	for workload in $workloads; do
		for config in $configs; do
			! takes_part "$config" "$workload" "$round" || in_background measure "$config" "$workload"
		done
	done
done

entries=$(find "$found" -xdev | wc -l)
machine="$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo), $(nproc) CPUs, $(awk '/^MemTotal/ { printf "%.0f GB", $2 / 1e6 }' /proc/meminfo), Linux $(uname -r), root on $(findmnt -no FSTYPE /)"
awk -v json=$json -v machine="$machine" -v rounds="$rounds" -v found="$found" -v entries="$entries" -v mib="$mib" \
	-v date="$(date -u +%Y-%m-%d)" -v tracefs="$(tracefs --version 2>&1 | head -n 1)" \
	-f "$srcdir/tests/bench/bench-trace.awk" results
