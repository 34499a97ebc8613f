#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A package says which packages of the distribution are inside, in the words of their own managers and
# as a bill of materials: asked of dpkg-query, apk and rpm, and checked against CycloneDX's schema.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/manifest.sh"
requires root
requires sqlite3 --version
requires jq --version
requires dpkg-query --version
command -v unsquashfs >/dev/null || skip "needs unsquashfs"

# property NAME: of the component on standard input
property() { jq -r --arg name "$1" '.properties[] | select(.name == $name) | .value'; }
component() { jq --arg name "$2" '.components[] | select(.name == $name)' "$1"; }

# --- Debian ---
if root=$("$srcdir/tests/minbase.sh" 2>why); then
	manifest m.db "$root" /usr/bin/ls /usr/bin/dash
	check "a package is built" tracepack build m.db -s "$root" --package -o app.sfc --allow-changed -q
	unsquashfs -q -n -d app app.sfc >/dev/null 2>&1 || fail "cannot unpack it"
	check_equal "dpkg-query lists the packages that are inside, and no others" \
		"$(dpkg-query --admindir=app/rootfs/var/lib/dpkg -W -f '${Package} ' 2>&1)" \
		"$(dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Package}\n' |
			grep -xE 'base-files|coreutils|dash|libc6|libpcre2-8-0|libselinux1' | tr '\n' ' ')"
	check_equal "with their versions" \
		"$(dpkg-query --admindir=app/rootfs/var/lib/dpkg -W libc6)" \
		"$(dpkg-query --admindir="$root/var/lib/dpkg" -W libc6)"
	missing=0
	for package in $(dpkg-query --admindir=app/rootfs/var/lib/dpkg -W -f '${Package} '); do
		for path in $(dpkg-query --admindir=app/rootfs/var/lib/dpkg -L "$package"); do
			[ "$path" = /. ] || [ -e "app/rootfs$path" ] || [ -L "app/rootfs$path" ] || missing=$((missing + 1))
		done
	done
	check_equal "every file that dpkg-query -L names is there" "$missing" 0
	check_equal "dpkg-query -S finds whose a file is" \
		"$(dpkg-query --admindir=app/rootfs/var/lib/dpkg -S /usr/bin/ls)" "coreutils: /usr/bin/ls"
	check "sums of what is inside are right" \
		sh -c "cd app/rootfs && md5sum --quiet -c var/lib/dpkg/info/coreutils.md5sums"
	check "os-release is inside" grep -q '^ID=debian' app/rootfs/etc/os-release
	check_equal "the same again is the same bytes" \
		"$(tracepack build m.db -s "$root" --package -o again.sfc --allow-changed --name app -q && cmp app.sfc again.sfc && echo same)" same

	tracepack sbom app.sfc >carried.json
	check_equal "the package carries its bill of materials" \
		"$(jq -r '.components[] | select(.type == "library") | .name' carried.json | tr '\n' ' ')" \
		"$(dpkg-query --admindir=app/rootfs/var/lib/dpkg -W -f '${Package} ')"
	total=$(dpkg-query --admindir="$root/var/lib/dpkg" -L coreutils | while read -r path; do
		[ "${path#/*/}" != "$path" ] || continue # /bin, a link by now
		if [ -L "$root$path" ] || [ -f "$root$path" ]; then echo; fi
	done | wc -l)
	check_equal "with files kept of files in all" \
		"$(component carried.json coreutils | property sfc:files:kept) of $(component carried.json coreutils | property sfc:files:total)" \
		"1 of $total"
	check_equal "and what is of no package" \
		"$(jq '.metadata.component' carried.json | property sfc:files:unowned)" \
		"$(tracepack sbom app.sfc -s "$root" --files | jq '[.components[] | select(.type == "file") |
		   select(.name | test("^/var/lib/dpkg/|^/etc/(hosts|hostname|machine-id|mtab|resolv.conf)$") | not)] | length')"
	tracepack sbom m.db -s "$root" --allow-changed -o manifest.json
	check_equal "a manifest gives the same but for os-release" \
		"$(jq -r '.components[] | select(.type == "library") | .purl' manifest.json)" \
		"$(jq -r '.components[] | select(.type == "library") | .purl' carried.json | grep -v base-files)"
	check_equal "a package URL" "$(component manifest.json dash | jq -r .purl | sed 's/@.*?/@V?/')" \
		"pkg:deb/debian/dash@V?arch=$(dpkg --print-architecture)&distro=debian-12"
	check "without records when asked" \
		sh -c "tracepack build m.db -s '$root' --package --no-records -o bare.sfc --allow-changed -q &&
		       ! tracepack ls bare.sfc | grep -q /var/lib/dpkg"
	check_fails "then there is no bill of materials either" 1 "tracepack: sbom: 'bare.sfc' carries no*" \
		tracepack sbom bare.sfc
else
	echo "not checked with dpkg-query: $(cat why)"
fi

# --- status.d, as images without dpkg have it ---
mkdir -p d/usr/bin d/etc d/var/lib/dpkg/status.d
echo one >d/usr/bin/one
echo two >d/usr/bin/two
printf 'ID=debian\nVERSION_ID="12"\n' >d/etc/os-release
for n in one two; do
	[ $n = one ] || origin='Source: many+sources (2:1.0)\n'
	printf "${origin:-}"'Package: %s\nVersion: 1:%s+x\nArchitecture: all\n' $n $n >d/var/lib/dpkg/status.d/$n
	(cd d && md5sum usr/bin/$n) >d/var/lib/dpkg/status.d/$n.md5sums
done
manifest d.db "$dir/d" /usr/bin/one
tracepack build d.db -s d --package -o d.sfc -q || fail "no package of d"
check_equal "status.d keeps what is inside" "$(tracepack ls d.sfc '/var/lib/dpkg/status.d/*' | tr '\n' ' ')" \
	"/var/lib/dpkg/status.d/one /var/lib/dpkg/status.d/one.md5sums "
check_equal "its package URL, encoded" "$(tracepack sbom d.sfc | jq -r '.components[] | select(.name == "one") | .purl')" \
	"pkg:deb/debian/one@1:one%2Bx?arch=all&distro=debian-12"
unsquashfs -q -n -cat d.sfc sfc/manifest.db >in.db
check_equal "its manifest names the package of a path" \
	"$(sqlite3 in.db "SELECT path, package, reason FROM needed WHERE kind = 'file'")" "/usr/bin/one|one|session"
check_equal "says of every path why it is in" \
	"$(sqlite3 in.db "SELECT path, kind, reason, because FROM packed WHERE path IN ('/usr', '/usr/bin', '/usr/bin/one')")" \
	"/usr|dir|parent|/usr/bin
/usr/bin|dir|parent|/usr/bin/one
/usr/bin/one|file|session|"
check_equal "and how much of each package" "$(sqlite3 in.db 'SELECT name, files, files_kept FROM package')" "one|1|1
two|1|0"
manifest d2.db "$dir/d" /usr/bin/two
tracepack build d2.db -s d --package -o d2.sfc -q || fail "no package of d"
check_equal "with the source that it is of" "$(tracepack sbom d2.sfc |
	jq -r '.components[] | select(.name == "two") | .purl')" \
	"pkg:deb/debian/two@1:two%2Bx?arch=all&distro=debian-12&upstream=many%2Bsources%402:1.0"

# --- apk ---
mkdir -p a/bin a/etc/apk a/lib/apk/db
printf 'busybox\nssl>3\n' >a/etc/apk/world
echo 'ID=alpine
VERSION_ID=3.18.4' >a/etc/os-release
echo busybox >a/bin/busybox
echo ssl >a/bin/ssl
echo conf >a/etc/busybox.conf
cat >a/lib/apk/db/installed <<'APK'
C:Q1cZ0EfuRGyXFPQEnMcBMkpTjc24k=
P:busybox
V:1.36.1-r2
A:x86_64
L:GPL-2.0-only
T:Size optimized toolbox
F:bin
R:busybox
a:0:0:755
Z:Q1pYQcnCfxkSbBYr7nDKZYMBQH9f0=
F:etc
M:0:0:700
R:busybox.conf
Z:Q1aaaaaaaaaaaaaaaaaaaaaaaaaaa=

C:Q1pYQcnCfxkSbBYr7nDKZYMBQH9f0=
P:ssl
V:3.1.4-r1
A:x86_64
F:bin
R:ssl

APK
manifest a.db "$dir/a" /bin/busybox
tracepack build a.db -s a --package -o a.sfc -q || fail "no package of a"
unsquashfs -q -n -d apk a.sfc rootfs >/dev/null 2>&1
check_equal "apk's records keep the package, and of its files those inside" \
	"$(cat apk/rootfs/lib/apk/db/installed)" "$(sed -n '1,10p' a/lib/apk/db/installed)"
check_equal "their component has version, license and counts" \
	"$(tracepack sbom a.sfc | jq -c '.components[1] | [.name, .version, .licenses[0].license.name, .purl,
	   [.properties[0, 1].value]]')" \
	'["busybox","1.36.1-r2","GPL-2.0-only","pkg:apk/alpine/busybox@1.36.1-r2?arch=x86_64&distro=alpine-3.18.4",["1","2"]]'
check_equal "and what was asked for by name is what is there of it" "$(cat apk/rootfs/etc/apk/world)" busybox
if command -v apk >/dev/null; then
	mkdir alpine
	mount -o loop,ro a.sfc alpine || skip "needs loop mounts"
	apk_in() { apk --root alpine/rootfs --no-network "$@" 2>&1; }
	check_equal "apk lists what is present in the mounted package, and no more" "$(apk_in info)" busybox
	check_equal "with the files that are there" "$(apk_in info -q -L busybox | grep .)" bin/busybox
	check_equal "it knows whose a file is" "$(apk_in info -q --who-owns /bin/busybox)" busybox
	umount alpine
else
	echo "not checked with apk: it is not installed"
fi

# --- rpm ---
# rpm_of NAME EPOCH: a package with a program, a file and a directory, made by rpm's own tools
rpm_of() {
	cat >"$1.spec" <<-SPEC
		Name: $1
		Epoch: $2
		Version: 1.0
		Release: 3.fc39
		Summary: The $1 of a test
		License: MIT
		Vendor: Nobody
		URL: https://example.org/$1
		BuildArch: noarch
		%description
		Of a test.
		%install
		mkdir -p %{buildroot}/usr/bin %{buildroot}/usr/share/$1
		echo $1 >%{buildroot}/usr/bin/$1
		echo data >"%{buildroot}/usr/share/$1/a file"
		%files
		/usr/bin/$1
		/usr/share/$1
	SPEC
	rpmbuild -bb --quiet --define "_topdir $dir/top" --define "_rpmdir $dir/rpms" "$1.spec" >rpmbuild.log 2>&1 ||
		fail "rpmbuild $1: $(tail -n 1 rpmbuild.log)"
}
# rpm_in ROOT OPTION…: rpm about a root, without what it says to users of Debian
rpm_in() {
	at=$1
	shift
	rpm --root "$dir/$at" --dbpath /var/lib/rpm "$@" 2>&1 | grep -v '^rpm: '
}
mkdir -p r/var/lib/rpm r/etc
printf 'ID=fedora\nVERSION_ID=39\n' >r/etc/os-release
if command -v rpmbuild >/dev/null; then
	rpm_of one 2
	rpm_of two 0
	rpm_of three 0
	rpm_in r --initdb
	rpm_in r -i --nodeps --noscripts rpms/noarch/*.rpm
	manifest r.db "$dir/r" /usr/bin/one /etc/os-release
	echo include-package two >two.rules
	(cd r && find . -exec stat -c '%n %Y %s' {} + | sort) >before
	check "a package of a root with rpm is built without a word" \
		sh -c 'test -z "$(tracepack build r.db -s r --package -o r.sfc -q --rules two.rules 2>&1)"'
	(cd r && find . -exec stat -c '%n %Y %s' {} + | sort) >after
	check "the source is as it was" cmp before after
	mkdir rpm
	mount -o loop,ro r.sfc rpm || skip "needs loop mounts"
	check_equal "rpm -qa on the mounted package: what is present, and no more" \
		"$(rpm_in rpm/rootfs -qa | sort | tr '\n' ' ')" "one-1.0-3.fc39.noarch two-1.0-3.fc39.noarch "
	check_equal "rpm -qf finds whose a file is" "$(rpm_in rpm/rootfs -qf /usr/bin/one)" one-1.0-3.fc39.noarch
	check_equal "rpm -V misses none of the files that were left out" "$(rpm_in rpm/rootfs -V one two)" ""
	check_equal "because they are not installed" \
		"$(rpm_in rpm/rootfs -q --state one | grep -v '^not installed ' | tr -s ' ')" "normal /usr/bin/one"
	check_equal "their package URLs have the epoch by itself" \
		"$(tracepack sbom r.sfc | jq -r '.components[] | select(.type == "library") | .purl' | tr '\n' ' ')" \
		"pkg:rpm/fedora/two@1.0-3.fc39?arch=noarch&distro=fedora-39 pkg:rpm/fedora/one@1.0-3.fc39?arch=noarch&distro=fedora-39&epoch=2 "
	tracepack sbom r.sfc >rpm.json
	check_equal "with files kept of files in all" \
		"$(component rpm.json one | property sfc:files:kept) of $(component rpm.json one | property sfc:files:total)" "1 of 2"
	check_equal "and what else a header knows" \
		"$(component rpm.json one | jq -c '[.version, .publisher, .description, .licenses[0].license.name, .externalReferences[0].url]')" \
		'["2:1.0-3.fc39","Nobody","The one of a test","MIT","https://example.org/one"]'
	check_equal "the same again is the same bytes" \
		"$(tracepack build r.db -s r --package -f -o again.sfc --name r -q --rules two.rules && cmp r.sfc again.sfc && echo same)" same
	umount rpm
	check_equal "without the program, one clear word" \
		"$(PATH=$builddir/pack tracepack build r.db -s r --package -f -o bare.sfc -q 2>&1)" \
		"tracepack: warning: which packages of rpm are inside is not noted, and its records are not trimmed: rpmdb is not installed (package rpm)"
	check_fails "include-package cannot do without it" 1 "tracepack: *rpmdb is not installed*" \
		env PATH="$builddir/pack" "$builddir/pack/tracepack" build r.db -s r -o bare.sqsh -q --rules two.rules
	rm r/var/lib/rpm/*
	echo 'no database, but long enough to be taken for one' >r/var/lib/rpm/Packages
	case $(tracepack build r.db -s r --package -o bad.sfc -q 2>&1) in
	"tracepack: warning: which packages of rpm are inside is not noted, and its records are not trimmed: rpmdb cannot read the database: "?*)
		echo "ok: a damaged database is said" ;;
	*) fail "a damaged database is said" ;;
	esac
else
	echo "not checked with rpm: it is not installed"
fi

# --- the same as SPDX ---
tracepack sbom d.sfc >d.json
tracepack sbom d.sfc --format spdx -o d.spdx.json
check_equal "SPDX has the same packages, contained in what it is of" \
	"$(jq -c '[.packages[].externalRefs[]?.referenceLocator], [.relationships[].relationshipType] | unique' d.spdx.json)" \
	"$(jq -c '[.components[].purl // empty], ["CONTAINS", "DESCRIBES"] | unique' d.json)"
check_equal "each is there once, and named as SPDX wants it" "$(jq -c '[.packages[].SPDXID] | (unique | length) == length, all(test("^SPDXRef-[A-Za-z0-9.-]+$"))' d.spdx.json | paste -sd' ')" "true true"
check_equal "a file has no place in it" "$(tracepack sbom d.sfc -s d --files --format spdx 2>&1)" "tracepack: sbom: --files goes with cyclonedx: of SPDX each file wants a SHA-1; see 'tracepack sbom --help'"
check_fails "another format" 2 "tracepack: sbom: --format does not take 'x'*" tracepack sbom d.sfc --format x

# --- the schema, from the package that publishes it ---
# shellcheck source=tests/cyclonedx.sh
. "$srcdir/tests/cyclonedx.sh"
if cyclonedx_is_there; then
	tracepack sbom a.sfc >apk.json
	tracepack sbom d.sfc >d.json
	tracepack sbom a.sfc -s a --files >files.json
	set -- apk.json d.json files.json
	for bill in carried manifest rpm; do
		[ ! -e "$bill.json" ] || set -- "$@" "$bill.json"
	done
	check "CycloneDX's own schema accepts them" cyclonedx_valid "$@"
	jq '.components[0].type = "colour"' apk.json >wrong.json
	check "and not anything" sh -c "! node validate.js '$library' wrong.json 2>/dev/null"
else
	echo "not checked against the schema: npm cannot install it here"
fi

check_fails "sbom of nothing" 1 "tracepack: sbom: *nowhere*" tracepack sbom nowhere -s d
check_fails "sbom of two" 2 "tracepack: sbom: of one thing*" tracepack sbom a b
! command -v mandoc >/dev/null ||
	check_equal "tracepack-sbom(1) is clean" "$(mandoc -Tlint -W warning "$srcdir/pack/cmd/tracepack-sbom.1" 2>&1)" ""
finish
