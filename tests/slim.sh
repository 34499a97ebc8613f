# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# For the t-slim-*.sh: what they all claim of a package, and the figures they print.
: "${dir:?}" "${srcdir:?}"

requires root
requires fuse
for program in jq sqlite3 mmdebstrap setpriv; do
	requires "$program" --version
done

# minbase PACKAGE[,…]: sets root.
minbase() {
	# shellcheck disable=SC2034 # for the test
	root=$("$srcdir/tests/minbase.sh" "$@") || skip "no minbase root with $*"
}

# show_figures PACKAGE MANIFEST SECONDS: files and bytes in the source and in the image, and claim
# that at least nine bytes in ten are gone.
show_figures() {
	unsquashfs -lls "$1" rootfs >"$dir/listing"
	read -r files bytes <<-END
		$(sqlite3 -separator ' ' "$2" "SELECT count(*), sum(size) FROM catalog WHERE kind = 'file'")
	END
	read -r kept_files kept <<-END
		$(awk '/^-/ { files++; bytes += $3 } END { print files, bytes + 0 }' "$dir/listing")
	END
	size=$(stat -c %s "$1")
	echo "source $files files, $bytes bytes; packed $kept_files files, $kept bytes; package $size bytes; $3 s"
	check "the source was counted" test "$files" -gt 1000
	check "something was packed" test "$kept_files" -gt 5
	check "at least nine bytes in ten are gone" test "$((kept * 10))" -le "$bytes"
	check "the package is no bigger than a tenth, manifest included" test "$((size * 10))" -le "$bytes"
}

seconds() {
	cut -d' ' -f1 /proc/uptime
}

seconds_since() {
	awk -v then="$1" '{ printf "%.1f", $1 - then }' /proc/uptime
}

# Nothing of a slim is left: no mount, no process of its own, no part of an output, nothing aside.
nothing_is_left() {
	# the store keeps what was run for a while
	umount -l "$SFC_STATE/store/ns" "$SFC_STATE/store" 2>/dev/null
	wait_for 10 sh -c '! losetup -l -n -O BACK-FILE | grep -F "$1/"' sh "$dir"
	! grep -F "$dir/" /proc/mounts && [ -z "$(ls -A "$TMPDIR")" ] && ! ls -d "$dir"/.*.sfc.* 2>/dev/null &&
		[ -z "$(ls -A "$SFC_STATE/scratch" 2>/dev/null)" ] && ! slim_runs && ! losetup -l -n -O BACK-FILE | grep -F "$dir/"
}

# A process of a slim of ours: its tracer, or who puts all up.
slim_runs() {
	pgrep -f "^(tracefs|sfc slim|.*/sfc slim) .*$dir"
}

# where sfc puts its mount points, so that leftovers can be told from somebody else's
TMPDIR=$dir/tmp
export TMPDIR
mkdir "$TMPDIR"
