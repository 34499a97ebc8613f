#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What caches know of times is so in an image: Python, fontconfig and Java start from theirs, with
# SOURCE_DATE_EPOCH and without.
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse
requires sqlite3 --version
requires /usr/bin/python3 --version

unset PYTHONDONTWRITEBYTECODE SOURCE_DATE_EPOCH
mkdir app mnt scratch
printf 'import other\nprint(other.x)\n' >app/mod.py
echo 'x = 42' >app/other.py
PYTHONPATH=$dir/app
export PYTHONPATH
/usr/bin/python3 -c 'import mod' >/dev/null
check "python compiled what it imported" sh -c 'test -f app/__pycache__/mod.*.pyc'

# sources_opened MANIFEST: of ours and of the library, and caches that were written
sources_opened() {
	sqlite3 "$1" "SELECT DISTINCT path FROM accesses WHERE errno = 0 AND
		((path LIKE '$dir/app/%.py' OR path LIKE '%/json/%.py') AND op = 'open' OR
		path LIKE '%.pyc%' AND op IN ('create', 'mkdir', 'rename'))"
}
tracefs -o catalog=no,manifest=whole.db / -- /usr/bin/python3 -c 'import mod, json' >out 2>said
check_equal "it runs traced" "$(cat out)" 42
check_equal "and opens no source" "$(sources_opened whole.db)" ""

# start_from IMAGE: traced again
start_from() {
	rm -rf again.db scratch && mkdir scratch
	mount -o ro "$1" mnt || return 1
	tracefs -o catalog=no,manifest=again.db,scratch=scratch mnt -- /usr/bin/python3 -c 'import mod, json' 2>/dev/null
	umount mnt
}
for epoch in '' 1000000000; do
	export SOURCE_DATE_EPOCH="$epoch"
	what=${epoch:+" with SOURCE_DATE_EPOCH"}
	check "an image$what" tracepack build -q whole.db -s / -o "image$epoch"
	check_equal "python runs from it" "$(start_from "image$epoch")" 42
	check_equal "opens no source and writes no cache" "$(sources_opened again.db)" ""
done
unset SOURCE_DATE_EPOCH
check "the same again" tracepack build -q --check --time 1000000000 whole.db -s / -o twice
check "is the same bytes" cmp image1000000000 twice
unsquashfs -d '' -UTC -lln image1000000000 >listing
check "what nobody knows the time of is clamped" grep -q '2001-09-09 01:46 .*app/__pycache__/mod' listing
check "what is known keeps it" sh -c '! grep "2001-09-09 .*app/mod.py" listing'

# --- fontconfig -----------------------------------------------------------------------------------
if command -v fc-cache >/dev/null && font=$(find /usr/share/fonts -name '*.[to]tf' | grep -m1 .); then
	mkdir -p "$dir/fonts" && cp "$font" fonts/
	touch -d @1500000000.25 fonts
	printf '<fontconfig><dir>%s/fonts</dir><cachedir>%s/cache</cachedir></fontconfig>' "$dir" "$dir" >fonts.conf
	export FONTCONFIG_FILE="$dir/fonts.conf"
	fc-cache
	check "fontconfig has its cache" sh -c 'ls cache/*.cache-* >/dev/null'
	tracefs -o catalog=no,manifest=fonts.db / -- fc-list >listed 2>said
	check "and lists a font" test -s listed
	for epoch in '' 1000000000; do
		SOURCE_DATE_EPOCH=$epoch tracepack build -q -f fonts.db -s / -o fonts.image
		rm -rf again.db scratch && mkdir scratch
		mount -o ro fonts.image mnt
		tracefs -o catalog=no,manifest=again.db,scratch=scratch mnt -- fc-list >again 2>/dev/null
		umount mnt
		check_equal "as it does from the image" "$(cat again)" "$(cat listed)"
		check_equal "from the cache, for it opens no font and writes nothing" "$(sqlite3 again.db "SELECT path
			FROM accesses WHERE errno = 0 AND (path LIKE '$dir/fonts/%' AND op = 'open'
			OR path LIKE '$dir/cache%' AND op IN ('create', 'mkdir', 'rename'))")" ""
	done
fi

# --- Java -----------------------------------------------------------------------------------------
if command -v javac >/dev/null && command -v jar >/dev/null; then
	mkdir java
	echo 'public class Hi { public static void main(String[] a) { System.out.println("hi"); } }' >java/Hi.java
	(cd java && javac Hi.java && jar -cf hi.jar Hi.class && java -XX:ArchiveClassesAtExit=hi.jsa -cp hi.jar Hi) \
		>said 2>&1
	check "an archive of classes" test -f java/hi.jsa
	SOURCE_DATE_EPOCH=1000000000 tracepack image -q java -o java.image
	mount -o ro java.image mnt
	check_equal "the jar that it knows keeps its time" "$(stat -c %Y mnt/hi.jar)" "$(stat -c %Y java/hi.jar)"
	check_equal "what it does not know is clamped" "$(stat -c %Y mnt/Hi.java)" 1000000000
	umount mnt
fi
finish
