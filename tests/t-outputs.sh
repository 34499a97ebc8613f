#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What tracepack writes: nothing that is there is replaced but with -f; -q everywhere; --check and its older
# word; did you mean.
# shellcheck disable=SC2154,SC2016 # srcdir: tests/lib.sh sets it; programs in quotes
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/manifest.sh"

mkdir -p root/etc
echo text >root/etc/file
tar -C root -cf root.tar .
manifest m.db "$dir/root" /etc/file

# keeps COMMAND…: with OUT last; it refuses to write over a file, -f does.
keeps() {
	claim=$1 out=$2
	shift 2
	echo precious >"$out"
	check_fails "$claim: what is there stays" 1 "tracepack: *'$out' is there already; --force replaces it" tracepack "$@"
	check_equal "$claim: as it is" "$(cat "$out")" precious
	check "$claim: -f replaces it" tracepack "$@" -f -q
	check "$claim: by something else" sh -c '! grep -q precious "$1"' sh "$out"
	rm -f "$out"
	check "$claim: what is new needs no -f" tracepack "$@" -q
}
keeps build x.sqsh build m.db -s root -o x.sqsh
keeps "build of a package" x.sfc build m.db -s root -o x.sfc --package --arg /etc/file
keeps image y.sqsh image root -o y.sqsh
keeps "import to an image" z.sqsh import root.tar -o z.sqsh
keeps "export to a tar" x.tar export root --to tar -o x.tar
keeps "export to an image" e.sqsh export root --to squashfs -o e.sqsh
keeps report x.html report m.db -o x.html
echo '{}' >config.json
check_fails "import --config: what is there stays" 1 "*'config.json' is there already; --force replaces it" \
	tracepack import root.tar -o new --config config.json
check "and nothing else was made" test ! -e new
check "a dry run replaces nothing and asks nothing" tracepack build m.db -s root -o x.sqsh -n -q
check_fails "a directory is not replaced, not even with -f" 1 "*'root'*directory*" tracepack build m.db -s root -o root -f

# A file that comes while we work is not replaced either.
mkdir big
head -c 30000000 /dev/urandom >big/bytes
tracepack image big -o late.sqsh -q 2>said &
image=$!
echo precious >late.sqsh
wait "$image"
status=$?
check_equal "a file that came meanwhile stays" "$(head -c 8 late.sqsh)" precious
check_equal "and that is a failure" "$status" 1
check_equal "in one line" "$(wc -l <said)" 1
check_equal "nothing is left of it" "$(find . -name '.late*')" ""

for word in --check --verify; do
	check "build $word" tracepack build m.db -s root -o x.sqsh -f -q "$word"
	check "image $word" tracepack image root -o y.sqsh -f -q "$word"
done

for command in $(tracepack --help | sed -n 's/^  \([a-z-]*\) .*/\1/p'); do
	check "$command has -q" sh -c 'tracepack "$1" --help | grep -q "^  -q, --quiet "' sh "$command"
done
check_equal "why -q: the status says it" "$(tracepack why x.sfc /etc/file -q 2>&1; echo $?)" 0
check_equal "and of what is not in" "$(tracepack why x.sfc /etc/none -q 2>&1; echo $?)" 1
check_equal "why-not -q" "$(tracepack why-not x.sfc /etc/none -q 2>&1; echo $?)" 0
check_equal "which -q: no word about what is not there" "$(tracepack which -q -s root nothing 2>&1; echo $?)" 127
check_equal "report -q says nothing" "$(mv root moved; tracepack report m.db -o quiet.html -q 2>&1; mv moved root)" ""
check_equal "describe -q neither" "$(tracepack describe m.db --label again -q 2>&1)" ""
check_equal "ls -q: the list" "$(tracepack ls y.sqsh -q /etc/file)" /etc/file

check_fails "a wrong word" 2 "tracepack: unknown command 'biuld'; did you mean 'build'?" tracepack biuld
check_fails "a wrong option" 2 "tracepack: build: unknown option '--exlcude'; did you mean '--exclude'?" \
	tracepack build --exlcude
check_fails "one like no other" 2 "tracepack: unknown command 'frobnicate'; see 'tracepack --help'" tracepack frobnicate
finish
