#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A Debian minbase root for tests and demonstrations, made once and kept: prints its path.
#
#	root=$(tests/minbase.sh) || skip "no minbase root"
#	root=$(tests/minbase.sh nginx-light,curl) || …
#
# With package names, the same root with those packages installed. The tree is shared and must never
# be written: mount an overlay over it, or copy it. A plain user gets an archive, in which all files have
# their owners; sfc takes either for a root. Exit 77, with the reason on stderr, where one cannot be made.
# SFC_TEST_CACHE is where they are kept, SFC_TEST_SUITE which Debian.
set -eu
LC_ALL=C
export LC_ALL
PATH=$PATH:/usr/sbin:/sbin

suite=${SFC_TEST_SUITE:-bookworm}
user_cache=${XDG_CACHE_HOME:-$HOME/.cache}/sfc-tools
[ "$(id -u)" = 0 ] || : "${SFC_TEST_CACHE:=$user_cache}"
cache=${SFC_TEST_CACHE:-/var/tmp/sfc-cache}
packages=$(printf '%s\n' "${1:-}" | sed 's/[ ,]/\n/g' | sed '/^$/d' | sort -u | paste -sd, -)
base=$cache/$suite
wanted=$base${packages:++$(printf '%s' "$packages" | tr , +)}	# no comma: mount options are split there
# a name has room for 255 bytes, and ".making" behind it
[ "$(printf '%s' "${wanted##*/}" | wc -c)" -le 240 ] ||
	wanted=$base+$(printf '%s' "$packages" | sha256sum | cut -c1-16)
building=

cannot() {
	echo "minbase: $*" >&2
	exit 77
}

cleanup() {
	[ -z "$building" ] || rm -rf --one-file-system "$building"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The host's own package sources for this suite; mmdebstrap has a default when there are none.
host_sources() {
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
		[ -f "$file" ] || continue
		! grep -qE "(^|[[:space:]])$suite([[:space:]]|$)" "$file" || printf '%s\n' "$file"
	done
}

# The lists of packages are kept beside the tree: they are no part of a minbase, and the next
# package needs no second download of them.
make_base() {
	building=$base.making
	rm -rf --one-file-system "$building" "$base.lists"
	# shellcheck disable=SC2046 # one word per file
	mmdebstrap --quiet --variant=minbase --skip=cleanup/apt/lists \
		"$suite" "$building" $(host_sources) ||
		cannot "mmdebstrap could not make a $suite root"
	cp -a "$building/var/lib/apt/lists" "$base.lists"
	forget_apt
	mv "$building" "$base"
	building=
}

forget_apt() {
	rm -rf "$building/var/lib/apt/lists" "$building/var/cache/apt"
	mkdir -p "$building/var/lib/apt/lists/partial" "$building/var/cache/apt/archives/partial"
}

make_layered() {
	building=$wanted.making
	rm -rf --one-file-system "$building"
	cp -a "$base" "$building"
	cp -a "$base.lists/." "$building/var/lib/apt/lists/"
	# an installed server is not to be started
	printf '#!/bin/sh\nexit 101\n' >"$building/usr/sbin/policy-rc.d"
	chmod 755 "$building/usr/sbin/policy-rc.d"
	cp /etc/resolv.conf "$building/etc/resolv.conf" 2>/dev/null || :
	install_packages || { in_building apt-get -qq update && install_packages; } ||
		cannot "cannot install $packages in a $suite root"
	rm "$building/usr/sbin/policy-rc.d"
	forget_apt
	mv "$building" "$wanted"
	building=
}

# A mount namespace of its own, so that an interrupted install leaves no /proc mounted in the tree.
in_building() {
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount sh -c 'mount -t proc proc "$1/proc" && shift && exec chroot "$@"' sh \
		"$building" "$building" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
		DEBIAN_FRONTEND=noninteractive "$@" >"$cache/log" 2>&1 </dev/null || {
		tail -n 3 "$cache/log" >&2
		return 1
	}
}

install_packages() {
	# shellcheck disable=SC2046 # one word per package
	in_building apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 \
		install $(printf '%s' "$packages" | tr , ' ')
}

# Of a plain user, in one go: mmdebstrap is root in a namespace of his, and owners are his to write down alone.
make_archive() {
	building=$wanted.tar.making
	# shellcheck disable=SC2046 # one word per file
	mmdebstrap --quiet --mode=unshare --format=tar --variant=minbase ${packages:+"--include=$packages"} \
		"$suite" "$building" $(host_sources) ||
		cannot "mmdebstrap could not make a $suite root (a range of ids and uidmap are wanted: sfc doctor)"
	mv "$building" "$wanted.tar"
	building=
}

if [ "$(id -u)" != 0 ] && [ ! -f "$wanted.tar" ]; then
	command -v mmdebstrap >/dev/null || cannot "needs mmdebstrap (apt-get install mmdebstrap)"
	mkdir -p "$cache"
	exec 9>"$cache/lock"
	flock 9
	[ -f "$wanted.tar" ] || make_archive 9>&- >&2 </dev/null
fi
if [ "$(id -u)" != 0 ]; then
	printf '%s\n' "$wanted.tar"
	exit 0
fi
if [ ! -d "$wanted" ]; then
	command -v mmdebstrap >/dev/null || cannot "needs mmdebstrap (apt-get install mmdebstrap)"
	mkdir -p "$cache"
	exec 9>"$cache/lock"
	flock 9
	[ -d "$base" ] || make_base 9>&- >&2 </dev/null
	[ -d "$wanted" ] || make_layered 9>&- >&2 </dev/null
fi
printf '%s\n' "$wanted"
