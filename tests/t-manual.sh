#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The manual of tracepack and its commands: clean, whole, and about the options there are.
# shellcheck disable=SC2154 # srcdir: tests/lib.sh sets it
. "${srcdir:-.}/tests/lib.sh"
requires mandoc -T ascii "$srcdir/pack/cmd/tracepack.1"

# A page a command; what keeps a path out stands beside what brings one in.
page_of() {
	case $1 in why-not) echo tracepack-why.1 ;; *) echo "tracepack-$1.1" ;; esac
}

plain() {
	mandoc -T ascii -O width=200 "$srcdir/pack/cmd/$1" | sed "s/.$(printf '\010')//g" # bold is struck twice
}

# The text of a page, and of tracepack-build(1) where it says that build's options are its own.
text_of() {
	plain "$1"
	! grep -q 'Xr tracepack-build 1' "$srcdir/pack/cmd/$1" || plain tracepack-build.1
}

options_of() {
	tracepack "$1" --help | sed -n '/^$/,$p' |
		sed -n 's/^  \(-[a-z], \| *\)\(--[^ ].*\)/\2/p' | grep -oE '(^|, )--[a-z-]+' | tr -d ', ' | grep -vx -- --help | sort -u
}

for page in "$srcdir"/pack/*/*.[15] "$srcdir"/db/*.5 "$srcdir"/fs/*.1; do
	check_equal "$(basename "$page") is clean" "$(mandoc -T lint -W warning "$page" 2>&1)" ""
done

for page in "$srcdir"/pack/cmd/*.1; do
	for section in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
		check "$(basename "$page") has $section" grep -q "^\\.Sh $section\$" "$page"
	done
done

commands=$(tracepack --help | sed -n 's/^  \([a-z-]*\) .*/\1/p')
check "there are commands" test "$(echo "$commands" | wc -l)" -ge 16
for command in $commands; do
	text_of "$(page_of "$command")" >text
	check "tracepack(1) names $command" grep -qE "^\\.It Cm .*\\b$command\\b" "$srcdir/pack/cmd/tracepack.1"
	missing=
	for option in $(options_of "$command"); do
		grep -q -- "$option" text || missing="$missing $option"
	done
	check_equal "$command: no option is undocumented" "$missing" ""
	check_fails "$command: an option that is none" 2 \
		"tracepack: $command: unknown option '--nonsense'; see 'tracepack $command --help'" \
		tracepack "$command" --nonsense
done
finish
