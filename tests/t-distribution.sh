#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# debian/ and the RPM spec ask for what configure asks for, and have the version of the source. SFC_TEST_LONG:
# both packages are built, lintian has nothing to say, the installed programs do their job, clang has no
# warning, and an arm64 build runs under qemu-user; or of that "debian", "rpm", "clang", "arm64".
# shellcheck disable=SC2154 # srcdir: tests/lib.sh sets it
. "${srcdir:-.}/tests/lib.sh"

wanted() { sed -n 's/.*PKG_CHECK_MODULES(\[[A-Z]*\], \[\([a-z0-9.-]*\).*/\1/p' "$srcdir/configure.ac" | sort; }
version=$(sed -n 's/^AC_INIT(\[sfc-tools\], \[\(.*\)\])/\1/p' "$srcdir/configure.ac")
check "configure names libraries" test "$(wanted | wc -l)" -ge 11
check_equal "the spec builds with those" \
	"$(sed -n 's/^BuildRequires: *pkgconfig(\(.*\)).*/\1/p' "$srcdir/scripts/sfc-tools.spec" | sort)" "$(wanted)"
# a package's name for each module
debian_name() {
	case $1 in
	fuse3) echo libfuse3-dev ;;
	sqlite3) echo libsqlite3-dev ;;
	uuid) echo uuid-dev ;;
	libcrypto) echo libssl-dev ;;
	yaml-0.1) echo libyaml-dev ;;
	jansson) echo libjansson-dev ;;
	*) echo "$1-dev" ;;
	esac
}
check_equal "and Debian's package" \
	"$(sed -n '/^Build-Depends:/,/^$/p' "$srcdir/debian/control" | sed -n 's/^ \(.*-dev\)[ ,].*/\1/p' | sort)" \
	"$(for module in $(wanted); do debian_name "$module"; done | sort)"
check_equal "which tests/packages installs, too" \
	"$(for module in $(wanted); do grep -x "$(debian_name "$module")" "$srcdir/tests/packages"; done | wc -l)" "$(wanted | wc -l)"
check_equal "the spec has the version" "$(sed -n 's/^Version: *//p' "$srcdir/scripts/sfc-tools.spec")" "$version"
check_equal "and every section of the manual" "$(sed -n 's|^%{_mandir}/man\(.\)/.*|\1|p' "$srcdir/scripts/sfc-tools.spec" | tr '\n' ' ')" \
	"$(cd "$srcdir" && find db fs pack stage -name '*.[1-8]' -o -name '*.[1-8]in' | sed 's/in$//; s/.*[.]//' | sort -u | tr '\n' ' ')"
check_equal "and the changelog" "$(sed -n '1s/^sfc-tools (\(.*\)-[^-]*) .*/\1/p' "$srcdir/debian/changelog")" "$version"
check "the test of the installed package is a program" test -x "$srcdir/debian/tests/slim"

[ -n "${SFC_TEST_LONG:-}" ] || finish
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES LOG_COMPILER CC CFLAGS # of who runs this
requires root
requires fuse
case $SFC_TEST_LONG in 1) parts="debian rpm clang arm64" ;; *) parts=$SFC_TEST_LONG ;; esac

# --- the source as it leaves
name=sfc-tools-$version
check "make dist" sh -c 'cd "$0" && make -s dist distdir="$1" >"$2/said" 2>&1' "$builddir" "$name" "$dir"
mv "$builddir/$name.tar.xz" "sfc-tools_$version.orig.tar.xz"
tar xf "sfc-tools_$version.orig.tar.xz"
check "debian/ is in it" test -f "$name/debian/control"

# --- Debian's package
part_debian() {
	requires lintian --version
	requires command -v autopkgtest
	check "dpkg-buildpackage" sh -c 'cd "$0" && dpkg-buildpackage -us -uc -F >../built 2>&1' "$name"
	tail -n 3 built
	check_equal "lintian has nothing to say" "$(lintian --allow-root --pedantic -I ./*_*.changes 2>&1 | grep -v '^N:')" ''
	check "the installed package does its job" autopkgtest ./*.deb "$name/" -- null
	dpkg -P sfc-tools >/dev/null 2>&1
}

# --- RPM's
part_rpm() {
	requires rpmbuild --version
	mkdir -p rpm/SOURCES
	cp "sfc-tools_$version.orig.tar.xz" "rpm/SOURCES/$name.tar.xz"
	check "rpmbuild" sh -c 'rpmbuild --define "_topdir $0/rpm" --nodeps --without check -ba "$1" >"$0/rpmbuilt" 2>&1' \
		"$dir" "$srcdir/scripts/sfc-tools.spec"
	tail -n 3 rpmbuilt
	check "its package has the programs" sh -c 'rpm -qlp "$0"/rpm/RPMS/*/sfc-tools-[0-9]*.rpm | grep -qx /usr/bin/sfc' "$dir"
}

# --- clang
part_clang() {
	requires clang --version
	mkdir clang
	check "clang has no warning" sh -c 'cd clang && "../$0/configure" CC=clang --enable-werror >said 2>&1 && make -s -j2 >>said 2>&1 &&
		make -s -j2 check TESTS= >>said 2>&1' "$name"
	grep -m 3 'error:' clang/said
}

# --- arm64
part_arm64() {
	requires mmdebstrap --version
	requires qemu-aarch64-static --version
	cross=$dir/cross
	libraries=$(for module in $(wanted); do printf '%s:arm64,' "$(debian_name "$module")"; done)
	check "a root with a compiler for arm64" mmdebstrap --quiet --variant=buildd --architectures=amd64,arm64 \
		--include="$libraries"crossbuild-essential-arm64,pkg-config,zlib1g-dev:arm64 bookworm "$cross" http://deb.debian.org/debian
	cp -a "$name" "$cross/root/"
	check "it builds there" chroot "$cross" sh -ec "cd /root/$name && mkdir arm && cd arm &&
		export PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig
		../configure --host=aarch64-linux-gnu PKG_CONFIG=pkg-config --enable-werror >said 2>&1 && make -s -j2 >>said 2>&1"
	tail -n 3 "$cross/root/$name/arm/said"
	cp "$(command -v qemu-aarch64-static)" "$cross/usr/bin/"
	check_equal "for that machine" "$(readelf -h "$cross/root/$name/arm/stage/sfc" | sed -n 's/ *Machine: *//p')" AArch64
	mkdir -p "$cross/root/tree"
	echo hello >"$cross/root/tree/file"
	mount -t proc proc "$cross/proc"
	check "its tracepack makes an image" \
		chroot "$cross" qemu-aarch64-static "/root/$name/arm/pack/tracepack" image -o /root/image.sqsh /root/tree
	check_equal "that others read" "$(unsquashfs -cat "$cross/root/image.sqsh" file)" hello
	check_equal "the same bytes as here" "$(sha256sum <"$cross/root/image.sqsh")" \
		"$(tracepack image -q -o here.sqsh "$cross/root/tree" && sha256sum <here.sqsh)"
	check "its sfc answers" chroot "$cross" qemu-aarch64-static "/root/$name/arm/stage/sfc" --version
}

# a source that is configured in place builds nowhere else
for part in $parts; do
	rm -rf "$name"
	tar xf "sfc-tools_$version.orig.tar.xz"
	"part_$part"
done
finish
