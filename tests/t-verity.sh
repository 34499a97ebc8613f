#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Verity data beside packages and images: veritysetup agrees with it, the same package has the same, and a byte that is
# changed in the one or the other is found and named.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/stage.sh
. "$srcdir/tests/stage.sh"
requires fuse
requires veritysetup --version

flip() { # FILE OFFSET: another byte there
	byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
	printf "\\$(printf '%03o' $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

busybox_root root sh cat
check "a name" sfc dev create -q app --from "$dir/root"
check "is tested" sfc test app -q --network none -- sh -c 'cat /etc/passwd'
check "and packed with verity data" sfc pack app -o web.sfc --verity --json
check_equal "which is beside it" "$(ls web.sfc*)" "web.sfc
web.sfc.roothash
web.sfc.verity"
root_hash=$(cat web.sfc.roothash)
check "veritysetup agrees" veritysetup verify web.sfc web.sfc.verity "$root_hash"
check_equal "the salt is the package's digest" "$(veritysetup dump web.sfc.verity | sed -n 's/^Salt:[[:space:]]*//p')" "$(sha256sum <web.sfc | cut -d ' ' -f 1)"
check_equal "files others may read" "$(stat -c %a web.sfc.verity web.sfc.roothash | sort -u)" 644
check_equal "sfc verify says so" "$(sfc verify --verity web.sfc | sed -n 's/^verity *//p')" "every block, root hash $root_hash"
check_equal "as JSON" "$(sfc verify --verity --json web.sfc | jq -r .root_hash)" "$root_hash"
check "with a root hash from elsewhere" sfc verify -q --root-hash "$(echo "$root_hash" | tr a-f A-F)" web.sfc
check_equal "tracepack verify, too" "$(tracepack verify --verity web.sfc | grep root)" \
	"every block is what the verity data with root hash $root_hash says"
check_equal "and without it does not look" "$(tracepack verify --json web.sfc | jq .root_hash)" null

mkdir again
check "once more" sfc pack app -o again/web.sfc --verity -q
check_equal "the same package has the same beside it" "$(cd again && sha256sum web.sfc*)" "$(sha256sum web.sfc*)"
check_fails "what is there is not replaced" 1 "sfc: pack: 'again/two.sfc.verity' is there already; *" \
	sh -c 'cp web.sfc.verity again/two.sfc.verity && sfc pack app -o again/two.sfc --verity'
check_equal "nor is anything else written" "$(ls again/two*)" again/two.sfc.verity
check "but where that is said" sfc pack app -q -f -o again/two.sfc --verity
check "that is right then" sfc verify -q --verity again/two.sfc
check "a dry run" sfc pack app -n -q -o again/dry.sfc --verity
check_equal "writes nothing" "$(ls again/dry* 2>/dev/null)" ""
check_fails "an image in a store has no file to stand beside" 2 "sfc: pack: --verity goes with a package: -o FILE*" \
	sfc pack app -o oci:again/image:x --verity

# --- the root alone, for systemd
check "an image of the root" sfc export web.sfc --to squashfs -o root.sqsh --verity
check "veritysetup agrees with that" veritysetup verify root.sqsh root.sqsh.verity "$(cat root.sqsh.roothash)"
check_equal "tracepack verify, too, though it is no package" "$(tracepack verify --verity root.sqsh)" \
	"every block is what the verity data with root hash $(cat root.sqsh.roothash) says"
check_fails "and without it refuses that" 1 "tracepack: *root.sqsh*" tracepack verify root.sqsh
check_fails "another kind has none" 2 "tracepack: export: verity data is for an image that is mounted: *" \
	sfc export web.sfc --to tar -o root.tar --verity
check_fails "what is there stays" 1 "tracepack: export: 'other.sqsh.roothash' is there already; *" \
	sh -c 'echo mine >other.sqsh.roothash; sfc export web.sfc --to squashfs -o other.sqsh --verity'

# --- damage
flip web.sfc 5000
check_fails "a byte of the package" 1 "sfc: verify: 'web.sfc' is not what its verity data says: bytes 4096 to 8191" \
	sfc verify --verity web.sfc
flip web.sfc 5000
flip web.sfc.verity 4200
check_fails "of the tree" 1 "sfc: verify: 'web.sfc.verity' is not what its root hash stands for: bytes 4096 to 8191" \
	sfc verify --verity web.sfc
flip web.sfc.verity 4200
check_fails "another root hash" 1 "sfc: verify: 'web.sfc.verity' is not what its root hash stands for: *" \
	sfc verify --root-hash "$(cat root.sqsh.roothash)" web.sfc
check_fails "the data of another package" 1 "tracepack: 'again/three.sfc.verity' is of another file than 'again/three.sfc': *" \
	sh -c 'cp web.sfc again/three.sfc; cat root.sqsh >>again/three.sfc; cp web.sfc.verity again/three.sfc.verity; tracepack verify --root-hash "$(cat web.sfc.roothash)" again/three.sfc'
check_fails "what is no root hash" 2 "tracepack: verify: *64 hex digits*" tracepack verify --root-hash 12 web.sfc
check_fails "nor for sfc" 2 "sfc: verify: '12' is no root hash: 64 hex digits are*" sfc verify --root-hash 12 web.sfc
echo nothing >web.sfc.roothash
check_fails "a file that is none" 1 "sfc: verify: 'web.sfc.roothash' is no root hash: 64 hex digits are" sfc verify --verity web.sfc
rm web.sfc.roothash
check_fails "none beside it" 1 "sfc: verify: *web.sfc.roothash*No such file*" sfc verify --verity web.sfc
check "and all was put back" sfc verify -q --root-hash "$root_hash" web.sfc

# --- without veritysetup, which is looked for where Debian has it, too: a root of ours without that
mkdir -p bare/sbin
check_fails "without veritysetup it says which package has it" 1 "sfc: pack: veritysetup is not installed (package cryptsetup-bin)" \
	unshare -m sh -c 'mount --bind bare/sbin /usr/sbin && exec sfc pack app -o bare/web.sfc --verity'
check_equal "and nothing is written" "$(find bare -type f)" ""
finish
