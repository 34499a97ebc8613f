#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What is said of a package to who scans it: provenance, and VEX of what was left out; schemas accept both, and a scanner
# that gets the source's bill and the VEX finds what one finds that gets the package's own bill, and nothing else.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/manifest.sh
. "$srcdir/tests/manifest.sh"
requires root
requires sqlite3 --version
requires jq --version
requires dpkg --version
requires python3 -c 'import jsonschema'
root=$("$srcdir/tests/minbase.sh") || skip "no Debian root"
attest=$srcdir/tests/attest
scan() { python3 "$attest/scan.py" "$@"; }

manifest m.db "$root" /usr/bin/ls /usr/bin/dash
check "a package with ls and dash" tracepack build m.db -s "$root" --package -o app.sfc --allow-changed -q

# --- provenance
check "it has provenance" tracepack provenance app.sfc -o app.provenance.json
check "as in-toto and SLSA have it" python3 "$attest/validate.py" "$attest/provenance.json" app.provenance.json
check_equal "of this very file" "$(jq -r '.subject[] | .name + " " + .digest.sha256' app.provenance.json)" \
	"app.sfc $(sha256sum <app.sfc | cut -d ' ' -f 1)"
check_equal "its source" "sha256:$(jq -r '.predicate.buildDefinition.resolvedDependencies[0].digest.sfcCatalogSha256' app.provenance.json)" \
	"$(unsquashfs -cat app.sfc sfc/package.json | jq -r .source.digest)"
check_equal "the traced sessions" "$(jq -r '.predicate.buildDefinition.externalParameters.sessions[].uuid' app.provenance.json)" \
	"$(sqlite3 m.db 'SELECT uuid FROM session')"
jq -r '.predicate.runDetails.byproducts[] | .name + " " + .digest.sha256' app.provenance.json | while read -r name digest; do
	[ "$name" = rootfs ] || [ "$(unsquashfs -cat app.sfc "$name" | sha256sum | cut -d ' ' -f 1)" = "$digest" ] || echo "$name"
done >wrong
check_equal "each part with its digest" "$(cat wrong)" ""
check_equal "the bill of materials among them" "$(jq -r '[.predicate.runDetails.byproducts[].name] | index("sfc/sbom.json") != null' app.provenance.json)" true
check_equal "who built it is who says so" "$(tracepack provenance app.sfc --builder https://ci.example.org/runner | jq -r .predicate.runDetails.builder.id)" \
	https://ci.example.org/runner
check_equal "the same again" "$(tracepack provenance app.sfc | sha256sum)" "$(sha256sum <app.provenance.json | sed 's/$//')"
jq 'del(.subject[0].digest)' app.provenance.json >wrong.json
check "the schema does not accept anything" sh -c '! python3 "$0/validate.py" "$0/provenance.json" wrong.json 2>/dev/null' "$attest"
check_fails "what is there is not replaced" 1 "tracepack: provenance: 'app.provenance.json' is there already; *" tracepack provenance app.sfc -o app.provenance.json
check_fails "what is no package has none" 1 "tracepack: provenance: *" tracepack provenance m.db
check_fails "of one" 2 "tracepack: provenance: of one package*" tracepack provenance a b

# --- known weaknesses: as OSV has them, ours
mkdir osv
weakness() { # ID ECOSYSTEM PACKAGE FIXED [MORE]
	jq -n --arg id "$1" --arg ecosystem "$2" --arg name "$3" --arg fixed "$4" \
		'{schema_version: "1.7.0", id: $id, modified: "2026-01-01T00:00:00Z", affected: [{package: {ecosystem: $ecosystem, name: $name},
		  ranges: [{type: "ECOSYSTEM", events: ([{introduced: "0"}] + (if $fixed == "" then [] else [{fixed: $fixed}] end))}]}]} + '"${5:-{\}}" >"osv/$1.json"
}
weakness CVE-2099-0001 Debian:12 tar 99
weakness CVE-2099-0002 Debian:12 tar 0.1
weakness DEBIAN-CVE-2099-0003 Debian:12 glibc '' '{upstream: ["CVE-2099-0003"]}'
weakness DSA-9999-1 Debian:12 util-linux 99:1 '{upstream: ["CVE-2099-0004", "CVE-2099-0005"]}'
weakness CVE-2099-0006 Debian:12 dash 99
weakness CVE-2099-0007 Debian:11 tar 99
weakness CVE-2099-0008 Alpine:v3.18 tar 99
weakness CVE-2099-0009 Debian:12 tar 99 '{withdrawn: "2026-02-01T00:00:00Z"}'
weakness CVE-2099-0010 Debian nothing-like-that 99
weakness CVE-2099-0011 Debian sed '' '{aliases: ["GHSA-xxxx"]}'
echo nothing >osv/README

check "VEX" tracepack vex app.sfc -s "$root" --osv osv --author "ci of these tests" -o app.vex.json
check "as OpenVEX has it" python3 "$attest/validate.py" "$attest/openvex.json" app.vex.json
check_equal "of what is not there, and nothing else" "$(jq -r '[.statements[].vulnerability.name] | join(" ")' app.vex.json)" \
	"CVE-2099-0001 CVE-2099-0002 CVE-2099-0003 CVE-2099-0004 CVE-2099-0005 CVE-2099-0011"
check_equal "not affected, as it is not present" "$(jq -r '[.statements[] | .status + " " + .justification] | unique[]' app.vex.json)" \
	"not_affected component_not_present"
check_equal "in the words of the bill" "$(jq -r '.statements[0].products[0].subcomponents[]["@id"]' app.vex.json)" \
	"$(tracepack sbom "$root" -s "$root" -q | jq -r '.components[] | select(.name == "tar") | .purl')"
check_equal "of a source of which a part is kept, the others" \
	"$(jq -r '.statements[] | select(.vulnerability.name == "CVE-2099-0003") | .products[0].subcomponents[]["@id"]' app.vex.json | sed 's|.*/||; s/@.*//' | tr '\n' ' ')" "libc-bin "
check_equal "with other names of it" "$(jq -c '[.statements[] | select(.vulnerability.aliases) | .vulnerability]' app.vex.json)" \
	'[{"name":"CVE-2099-0003","aliases":["DEBIAN-CVE-2099-0003"]},{"name":"CVE-2099-0011","aliases":["GHSA-xxxx"]}]'
check_equal "of this very file" "$(jq -r '[.statements[].products[]["@id"]] | unique[]' app.vex.json)" \
	"pkg:generic/app.sfc?checksum=sha256:$(sha256sum <app.sfc | cut -d ' ' -f 1)"
check_equal "or what a scanner calls it" "$(tracepack vex app.sfc -q -s "$root" --osv osv/CVE-2099-0001.json --product pkg:oci/app@sha256%3A12 |
	jq -r '.statements[0].products[0]["@id"]')" pkg:oci/app@sha256%3A12
tracepack vex app.sfc -q -s "$root" --osv osv --author "ci of these tests" >again.json
check "the same again" cmp app.vex.json again.json
jq 'del(.statements[0].justification)' app.vex.json >wrong.json
check "the schema does not accept anything" sh -c '! python3 "$0/validate.py" "$0/openvex.json" wrong.json 2>/dev/null' "$attest"
check_equal "how many is said" "$(tracepack vex app.sfc -s "$root" --osv osv 2>&1 >/dev/null | sed 's/; [0-9]* of [0-9]* packages.*//')" \
	"tracepack: 6 weaknesses of packages that are not in it; 2 of 9 records are about what is"
check "as CycloneDX" tracepack vex app.sfc -q -s "$root" --osv osv --format cyclonedx -o app.cdx.json
# shellcheck source=tests/cyclonedx.sh
. "$srcdir/tests/cyclonedx.sh"
if cyclonedx_is_there; then
	check "CycloneDX's own schema accepts it" cyclonedx_valid app.cdx.json
else
	echo "not checked against the schema: npm cannot install it here"
fi
check_equal "every package it names is a component" "$(jq -r '[.vulnerabilities[].affects[].ref] - [.components[]["bom-ref"]] | length' app.cdx.json)" 0

# --- what a scanner finds
tracepack sbom "$root" -s "$root" -q >before.json
tracepack sbom app.sfc >after.json
scan before.json osv >before
scan after.json osv >after
check_equal "in the source: all that is there and affected" "$(cut -d ' ' -f 1 before | sort -u | tr '\n' ' ')" \
	"CVE-2099-0001 CVE-2099-0003 CVE-2099-0004 CVE-2099-0005 CVE-2099-0006 CVE-2099-0011 "
check_equal "in the package: what is left" "$(cut -d ' ' -f 1 after | sort -u | tr '\n' ' ')" "CVE-2099-0003 CVE-2099-0006 "
scan before.json osv app.vex.json >excused
check "the source's bill with OpenVEX comes to the same" cmp after excused
scan before.json osv app.cdx.json >excused
check "and with CycloneDX" cmp after excused
echo "a scanner's findings: $(wc -l <before) in the source, $(wc -l <after) in the package"

# --- what is wrong
check_fails "a record that is none" 1 "tracepack: vex: 'bad/x.json': *" sh -c 'mkdir bad; echo "{" >bad/x.json; tracepack vex app.sfc -s "$0" --osv bad' "$root"
check_fails "nor without an id" 1 "tracepack: vex: 'bad/x.json' is no record of OSV: *" sh -c 'echo "{}" >bad/x.json; tracepack vex app.sfc -s "$0" --osv bad -o bad/vex' "$root"
check_equal "and nothing is written" "$(ls bad)" x.json
check_fails "no list" 1 "tracepack: vex: cannot read 'none': No such file or directory" tracepack vex app.sfc -s "$root" --osv none
check_fails "a root without records" 1 "tracepack: vex: 'osv' has no records of packages" tracepack vex app.sfc -s osv --osv osv
check_fails "a manifest" 1 "tracepack: vex: 'm.db' is a manifest: *" tracepack vex m.db -s "$root" --osv osv
check_fails "without a source" 2 "tracepack: vex: which root*" tracepack vex app.sfc --osv osv
check_fails "without weaknesses" 2 "tracepack: vex: which weaknesses*" tracepack vex app.sfc -s "$root"
finish
