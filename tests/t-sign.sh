#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc sign, verify --key and the policy: a package by whom it should be is let in, any other is refused; openssl
# agrees.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/stage.sh"
. "$srcdir/tests/prod.sh"
requires root
requires openssl version

requires fuse
busybox_root "$dir/root" sh cat
check "a package" sfc slim -q --root "$dir/root" -o web.sfc -- sh -c 'echo hello'
for kind in "ed25519" "EC -pkeyopt ec_paramgen_curve:P-256" "RSA -pkeyopt rsa_keygen_bits:2048"; do
	name=${kind%% *}
	# shellcheck disable=SC2086 # words
	openssl genpkey -algorithm $kind -out "$name.key" 2>/dev/null
	openssl pkey -in "$name.key" -pubout -out "$name.pub"
	rm -f web.sfc.sig
	check_equal "$name: it is signed" "$(sfc sign --key "$name.key" web.sfc)" "web.sfc.sig  sha256:$(sha256sum <web.sfc | cut -d ' ' -f 1)"
	check "$name: and that is found to be so" sfc verify -q --key "$name.pub" web.sfc
	head -n 3 web.sfc.sig >statement
	tail -n 1 web.sfc.sig | base64 -d >signature
	case $name in
	ed25519) by=-rawin ;;
	*) by="-rawin -digest sha256" ;;
	esac
	# shellcheck disable=SC2086 # words
	check "$name: by openssl, too" openssl pkeyutl -verify -pubin -inkey "$name.pub" $by -in statement -sigfile signature
	check_equal "$name: of these bytes" "$(sed -n 2,3p statement)" "sha256:$(sha256sum <web.sfc | cut -d ' ' -f 1)
size: $(stat -c %s web.sfc)"
done
check_equal "verify says by whom" "$(sfc verify --key RSA.pub web.sfc | sed -n 's/^signed *//p')" "by the key of RSA.pub"
check_equal "as JSON" "$(sfc verify --json --key RSA.pub web.sfc | jq -r .signed_by)" RSA.pub

# --- what is refused
check_fails "another key" 1 "sfc: verify: 'web.sfc.sig' is by another key than 'EC.pub'" sfc verify --key EC.pub web.sfc
cp web.sfc other.sfc
check_fails "none" 1 "sfc: verify: it is not signed: there is no 'other.sfc.sig'" sfc verify --key RSA.pub other.sfc
busybox_package two.sfc two 'sleep 2000'
cp web.sfc.sig two.sfc.sig
check_fails "that of another package" 1 "sfc: verify: 'two.sfc.sig' is the signature of another package" sfc verify --key RSA.pub two.sfc
sed "2s/.*/sha256:$(sha256sum <two.sfc | cut -d ' ' -f 1)/; 3s/.*/size: $(stat -c %s two.sfc)/" web.sfc.sig >two.sfc.sig
check_fails "one that was changed to fit" 1 "sfc: verify: 'two.sfc.sig' was not made with the key of 'RSA.pub'" sfc verify --key RSA.pub two.sfc
for spoiled in '1d' '4d' '5d' '5s/./!/' 's/$/\r/' '5s/^..//' '1s/1/2/'; do
	sed "$spoiled" web.sfc.sig >two.sfc.sig
	check_fails "spoiled by $spoiled" 1 "sfc: verify: 'two.sfc.sig' *" sfc verify --key RSA.pub two.sfc
done
check_fails "what is no key" 1 "sfc: verify: 'statement' has no public key in PEM *" sfc verify --key statement web.sfc
check_fails "a private key in its place" 1 "sfc: verify: 'RSA.key' has no public key in PEM that can be read; *" sfc verify --key RSA.key web.sfc
check_fails "a public one to sign with" 1 "sfc: sign: 'RSA.pub' has no private key in PEM that can be read" sfc sign -f --key RSA.pub web.sfc
check_fails "a signature that is there" 1 "sfc: sign: 'web.sfc.sig' is there already; -f replaces it" sfc sign --key RSA.key web.sfc
check "-f replaces it" sfc sign -q -f --key ed25519.key web.sfc
check_fails "no key" 2 "sfc: sign: with which key?*" sfc sign web.sfc
check_fails "no package" 1 "sfc: sign: no package 'none'" sfc sign --key RSA.key none
openssl genpkey -algorithm x25519 -out x.key
check_fails "a key that cannot sign" 1 "sfc: sign: 'x.key': this kind of key cannot sign" sfc sign -f --key x.key web.sfc
check_equal "and nothing was replaced by what failed" "$(sfc verify -q --key ed25519.pub web.sfc >/dev/null; echo $?)" 0

# --- the policy
export SFC_POLICY="$dir/policy"
rm -f two.sfc.sig
printf '# ours\nsigned-by %s\n\n  signed-by %s  # and theirs\n' "$dir/EC.pub" "$dir/ed25519.pub" >policy
check "what one of them signed is let in" sfc prod install --name web web.sfc
check_fails "what nobody signed is not" 1 "sfc: prod: 'two.sfc' is not let in by $dir/policy: it is not signed: there is no 'two.sfc.sig'" \
	sfc prod install --name two two.sfc
sfc sign -q --key RSA.key two.sfc
check_fails "nor what others did" 1 "sfc: prod: 'two.sfc' is not let in by $dir/policy: 'two.sfc.sig' is by another key than *" \
	sfc prod install --name two two.sfc
check_fails "nor is it put in by an update" 1 "sfc: prod: 'two.sfc' is not let in by *" sfc prod update web two.sfc
check_equal "nothing of it is kept" "$(sqlite3 "$SFC_STATE/state.db" 'SELECT count(*) FROM package')" 1
sfc sign -q -f --key EC.key two.sfc
check "until it is signed" sfc prod update web two.sfc
echo 'signd-by /x' >policy
check_fails "a policy with a mistake lets nothing in" 1 "sfc: prod: $dir/policy, line 1: 'signd-by' is unknown; *" sfc prod install --name again web.sfc
echo 'signed-by EC.pub' >policy
check_fails "nor one with half a path" 1 "sfc: prod: $dir/policy, line 1: signed-by wants the path of a public key" sfc prod install --name again web.sfc
rm policy
check "without one, all is" sfc prod install --name again web.sfc
finish
