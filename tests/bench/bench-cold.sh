#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make bench-cold: what a program costs that starts from an image nothing of which is in memory: bytes
# and requests as the device counts them, and seconds from mounting to the end of the program.
#
# One Debian root with every program is packed whole ("full"), and once more only with what the program
# uses ("selection"). Our images are laid out in the order of use that tracefs saw. The peers have the
# same content: mksquashfs in its default order, mksquashfs with all files sorted by first use, and
# mkfs.erofs with the best options it knows. Each run has a fresh loop device on a file whose pages
# were dropped, with sectors of 512 or of 4096 bytes; runs are interleaved, figures are medians.
# "limited" is the same on a device that answers 1,000 requests a second: the block cgroup's doing
# where there is one, else computed as the seconds of the run and a millisecond for each request.
#
#	BENCH_PROGRAMS="python3 nginx redis git perl"   BENCH_CONTENTS="selection full"
#	BENCH_SECTORS="512 4096"   BENCH_RUNS=3   BENCH_LEVEL=3   BENCH_BLOCK=SIZE (ours; its own default)
#	BENCH_FLAGS=--json         one JSON object a line
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse
requires ip -V
requires losetup --version
requires sqlite3 --version
command -v mksquashfs >/dev/null || skip "needs mksquashfs"

json=
[ "${1:-}" != --json ] || json=1
readahead=${BENCH_READAHEAD:-128} runs=${BENCH_RUNS:-3} level=${BENCH_LEVEL:-3}
root=$("$srcdir/tests/minbase.sh" git,nginx-light,perl,python3,redis-server) || skip "no Debian root"
mkdir mnt traced

die() {
	echo "bench-cold: $*" >&2
	exit 1
}

# --- the programs ---------------------------------------------------------------------------

# command_of PROGRAM: what bash in the root is to do.
command_of() {
	case $1 in
	python3) cat <<'END'
exec python3 -c 'import asyncio, ctypes, decimal, email.message, hashlib, html.parser, http.server, json, logging
import multiprocessing, sqlite3, ssl, unittest, urllib.request, xml.dom.minidom, zipfile
print(len(json.dumps(ssl.OPENSSL_VERSION)))'
END
		;;
	nginx) cat <<'END'
nginx && exec 3<>/dev/tcp/127.0.0.1/80 && printf 'GET / HTTP/1.0\r\n\r\n' >&3 && cat <&3 && nginx -s stop
END
		;;
	redis) cat <<'END'
cd /tmp && sleep 0 && redis-server --port 0 --unixsocket /tmp/s --daemonize yes &&
	until redis-cli -s /tmp/s ping | grep PONG; do sleep 0.01; done &&
	redis-cli -s /tmp/s set a b && redis-cli -s /tmp/s shutdown nosave
END
		;;
	git) cat <<'END'
cd /tmp && git init -q a && cd a && cp -r /usr/share/perl5/Debconf . && git add . &&
	git -c user.name=n -c user.email=n@n commit -qm m && git log --stat | cat && git gc -q && git fsck
END
		;;
	perl) cat <<'END'
exec perl -MPOSIX -MEncode -MFile::Find -MFile::Temp -MIO::Socket::INET -MData::Dumper -MStorable -MTime::Local \
	-MMath::BigInt -MUnicode::UCD=charinfo -e 'print charinfo(65)->{name}, Math::BigInt->new(2) ** 99'
END
		;;
	*) die "no program '$1'" ;;
	esac
}

# Run it in the root file system $1, alone in namespaces of its own; the root is writable.
cat >run-in <<'END'
ip link set lo up
mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && mount -t tmpfs tmpfs "$1/run" || exit
timeout 120 chroot "$1" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin /bin/bash -c "$2"
END

# Mount an image below a writable layer, run from it, say how long it took. The group is joined first.
cat >run-image <<'END'
kind=$1 device=$2 command=$3 group=$4
mount -t tmpfs tmpfs mnt && mkdir mnt/image mnt/upper mnt/work mnt/root || exit
[ -z "$group" ] || echo $$ >"$group" || exit
started=$(date +%s%N)
mount -t "$kind" -o ro "$device" mnt/image &&
	mount -t overlay -o lowerdir=mnt/image,upperdir=mnt/upper,workdir=mnt/work overlay mnt/root &&
	sh ./run-in mnt/root "$command" >said 2>&1 || exit
echo $((($(date +%s%N) - started) / 1000)) >microseconds
END

alone() {
	unshare --mount --net --pid --fork --kill-child --propagation private -- "$@"
}

# trace PROGRAM: its manifest $1.db, and $1.sort, the files it opened, as mksquashfs wants them
trace() {
	rm -f "$1.db"
	tracefs -o "manifest=$1.db,label=bench,scratch=tmpfs" "$root" traced 2>trace.log || die "cannot trace"
	alone sh ./run-in traced "$(command_of "$1")" >said 2>&1 || { cat said >&2; die "$1 failed under trace"; }
	tracefs --unmount traced 2>>trace.log || die "cannot end the trace"
	sqlite3 -readonly "$1.db" "SELECT path FROM needed WHERE kind = 'file' AND opens ORDER BY first_seq" |
		awk '!/[ \\]/ { print substr($0, 2), 32767 - NR }' >"$1.sort"
}

# --- the images -----------------------------------------------------------------------------

quietly() {
	"$@" >make.log 2>&1 || { tail -n 5 make.log >&2; die "failed: $*"; }
}

squash() {
	rm -f "$2"
	from=$1 into=$2
	shift 2
	quietly mksquashfs "$from" "$into" -comp zstd -Xcompression-level "$level" -noappend -no-progress "$@"
}

# The best that this mkfs.erofs knows.
choose_erofs() {
	erofs=
	command -v mkfs.erofs >/dev/null || return 0
	mkdir probe && echo probe >probe/file
	for erofs in "-zzstd,level=$level -C65536 -Efragments,ztailpacking" "-zlz4hc -C65536 -Efragments,ztailpacking" \
		"-zlz4hc -C65536 -Eztailpacking" "-zlz4hc -C65536" ""; do
		# shellcheck disable=SC2086 # a list of options
		if mkfs.erofs $erofs probe.erofs probe >/dev/null 2>&1; then
			loop=$(losetup --find --show --read-only probe.erofs)
			mount -t erofs -o ro "$loop" mnt 2>/dev/null && umount mnt && losetup -d "$loop" && return
			losetup -d "$loop"
		fi
	done
}

make_erofs() {
	rm -f "$2"
	# shellcheck disable=SC2086 # a list of options
	[ -z "$erofs" ] || quietly mkfs.erofs -x-1 $erofs "$2" "$1"
}

# images PROGRAM CONTENT: ours, default, sorted, erofs
images() {
	if [ "$2" = full ]; then
		quietly tracepack image "$root" -o ours -f -q -l "$level" --order "$1.db" ${BENCH_BLOCK:+-b "$BENCH_BLOCK"}
		squash "$root" sorted -sort "$1.sort"
		[ -e full.default ] || squash "$root" full.default
		[ -e full.erofs ] || make_erofs "$root" full.erofs
		ln -f full.default default
		[ -z "$erofs" ] || ln -f full.erofs erofs
		return
	fi
	quietly tracepack build "$1.db" -s "$root" -o ours -f -q --level "$level" ${BENCH_BLOCK:+--block "$BENCH_BLOCK"}
	mount -t squashfs -o ro,loop ours mnt || die "cannot mount the selection"
	rm -f default erofs
	squash mnt default
	squash mnt sorted -sort "$1.sort"
	make_erofs mnt erofs
	umount mnt
}

# --- measuring ------------------------------------------------------------------------------

group=
choose_group() {
	if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
		own=/sys/fs/cgroup/sfc-bench-$$ rule=io.max
		echo +io >/sys/fs/cgroup/cgroup.subtree_control
	else
		own=/sys/fs/cgroup/blkio/sfc-bench-$$ rule=blkio.throttle.read_iops_device
	fi 2>/dev/null
	mkdir "$own" 2>/dev/null || return
	on_exit rmdir "$own"
	[ ! -w "$own/$rule" ] || group=$own
}

limit() {
	case $rule in
	io.max) echo "$1 riops=$2" ;;
	*) echo "$1 $(echo "$2" | sed s/max/0/)" ;;
	esac >"$group/$rule"
}

# the device of a run that was ended in the middle
detach() { [ ! -s "$dir/loop" ] || losetup -d "$(cat "$dir/loop")"; }
on_exit detach

# once IMAGE SECTOR COMMAND [limited]: sets bytes, requests, microseconds
once() {
	kind=squashfs
	[ "$1" != erofs ] || kind=erofs
	dd if="$1" iflag=nocache count=0 2>/dev/null
	loop=$(losetup --find --show --read-only --sector-size "$2" "$1") || die "no loop device"
	echo "$loop" >"$dir/loop"
	counters=/sys/block/${loop#/dev/}
	blockdev --setra $((readahead * 2)) "$loop"
	# shellcheck disable=SC2046 # numbers
	set -- "$1" "$2" "$3" "${4:-}" $(cat "$counters/stat")
	before_requests=$5 before_sectors=$7 procs=
	if [ -n "$4" ]; then
		limit "$(cat "$counters/dev")" 1000
		procs=$group/cgroup.procs
	fi
	rm -f microseconds
	alone sh ./run-image "$kind" "$loop" "$3" "$procs"
	[ -z "$4" ] || limit "$(cat "$counters/dev")" max
	# shellcheck disable=SC2046 # numbers
	set -- "$1" "$2" "$3" "$4" $(cat "$counters/stat")
	requests=$(($5 - before_requests)) bytes=$((($7 - before_sectors) * 512))
	losetup -d "$loop"
	rm "$dir/loop"
	[ -s microseconds ] || { cat said; die "the program failed from '$1'"; }
	microseconds=$(cat microseconds)
}

median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# measure PROGRAM SECTOR: a line "IMAGE BYTES REQUESTS WALL LIMITED" for each image
measure() {
	command=$(command_of "$1")
	rm -f ./*.bytes ./*.requests ./*.wall ./*.limited
	run=0
	while [ "$run" -lt "$runs" ]; do
		for image in ours default sorted erofs; do
			[ -e "$image" ] || continue
			once "$image" "$2" "$command"
			echo "$bytes" >>"$image.bytes"
			echo "$requests" >>"$image.requests"
			echo "$microseconds" >>"$image.wall"
			if [ -n "$group" ]; then
				once "$image" "$2" "$command" limited
			else
				microseconds=$((microseconds + requests * 1000))
			fi
			echo "$microseconds" >>"$image.limited"
		done
		run=$((run + 1))
	done
	for image in ours default sorted erofs; do
		[ ! -e "$image" ] ||
			echo "$image $(median "$image.bytes") $(median "$image.requests") $(median "$image.wall") $(median "$image.limited")"
	done
}

# report CONTENT PROGRAM SECTOR <lines of measure(): the figures, and ours by each peer's
report() {
	awk -v content="$1" -v program="$2" -v sector="$3" -v json="$json" '
		{ for (i = 2; i <= 5; i++) v[$1, i] = $i; name[NR] = $1 }
		function line(image, peer,   f, r) {
			f = json ? "{\"content\":\"%s\",\"program\":\"%s\",\"sector\":%d,\"image\":\"%s\",\"bytes\":%d,\"requests\":%d,\"wall_ms\":%.1f,\"limited_ms\":%.1f" \
				: "%-10s %-8s %5d %-8s %9d %6d %8.1f %8.1f"
			printf f, content, program, sector, image, v[image, 2], v[image, 3], v[image, 4] / 1000, v[image, 5] / 1000
			f = json ? ",\"ratios\":{\"bytes\":%.3f,\"requests\":%.3f,\"wall\":%.3f,\"limited\":%.3f}" : "   %6.3f %6.3f %6.3f %6.3f"
			if (image != "ours")
				printf f, v["ours", 2] / v[image, 2], v["ours", 3] / v[image, 3], v["ours", 4] / v[image, 4], v["ours", 5] / v[image, 5]
			print json ? "}" : ""
		}
		END { for (i = 1; i <= NR; i++) line(name[i]) }'
}

choose_erofs
choose_group
if [ -z "$json" ]; then
	echo "# erofs: ${erofs:-none}; limited: ${group:-computed}"
	echo "content    program sector image        bytes    req  wall ms limit ms   ours by it: bytes, requests, wall, limited"
fi
for program in ${BENCH_PROGRAMS:-python3 nginx redis git perl}; do
	trace "$program"
	for content in ${BENCH_CONTENTS:-selection full}; do
		images "$program" "$content"
		for sector in ${BENCH_SECTORS:-512 4096}; do
			measure "$program" "$sector" >figures || exit 1
			report "$content" "$program" "$sector" <figures
		done
	done
done
