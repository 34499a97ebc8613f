#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc as a command: help, completions, manual, installed and uninstalled; its scripts pass shellcheck.
. "${srcdir:-.}/tests/lib.sh"

commands=$(sfc --help | sed -n 's/^  \([a-z-]*\) .*/\1/p')
check "there are commands" test "$(echo "$commands" | wc -l)" -ge 12
# subcommands_of COMMAND: as its help lists them.
subcommands_of() {
	sfc "$1" --help | sed -n '/^Usage: .* COMMAND /,$p' | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'
}
# helps WORD…: the help of one command is right, and stays as a file.
helps() {
	said=$dir/help.$(echo "$*" | tr ' ' -)
	sfc "$@" --help >"$said"
	check_equal "sfc $* --help" $? 0
	check "it shows how that is used" grep -q "^Usage: sfc $*\b" "$said"
	check "it fits a terminal" test "$(LC_ALL=C.UTF-8 wc -L <"$said")" -le 105
	check_equal "sfc help $* says the same" "$(sfc help "$@")" "$(cat "$said")"
	check_equal "and so does -h" "$(sfc "$@" -h)" "$(cat "$said")"
}
for command in $commands; do
	helps "$command"
	for subcommand in $(subcommands_of "$command"); do
		helps "$command" "$subcommand"
		cat "$dir/help.$command-$subcommand" >>"$dir/help.$command"
	done
done
check_equal "a group has its commands" "$(subcommands_of dev | tr '\n' ' ')" \
	"create shell exec diff commit export import log reset list rm "
check_equal "sfc help is sfc --help" "$(sfc help)" "$(sfc --help)"
check_equal "sfc version is sfc --version" "$(sfc version)" "$(sfc --version)"
check_fails "what cannot be printed was not done" 1 "sfc: version: cannot write to the standard output: No space left on device" \
	sh -c 'sfc version >/dev/full'
check_equal "who has read enough of it is content" "$( (trap '' PIPE; { sleep 0.2; sfc version; echo $? >status; } | :) 2>&1; cat status)" 0
check "nothing is loaded for archives before there is one" sh -c '! ldd "$0" | grep -E "archive|xml|icu|stdc"' "$(command -v sfc)"
check "what is loaded then is noted, for who packs or packages" sh -c 'readelf -p .note.dlopen "$0" | grep -q libarchive' "$(command -v sfc)"
check_fails "nothing said" 2 "sfc: no command given; see 'sfc --help'" sfc
check_fails "a wrong word" 2 "sfc: unknown command 'slmi'; did you mean 'slim'?" sfc slmi
check_fails "a word that is only begun" 2 "sfc: unknown command 'ver'; did you mean 'verify'?" sfc ver
check_fails "a word like no other" 2 "sfc: unknown command 'frobnicate'; see 'sfc --help'" sfc frobnicate
check_fails "a wrong word in a group" 2 "sfc: dev: unknown command 'crate'; did you mean 'create'?" sfc dev crate
check_fails "help for a wrong word" 2 "sfc: help: unknown command 'slmi'; did you mean 'slim'?" sfc help slmi
check_fails "a group alone" 2 "sfc: prod: no command given; see 'sfc prod --help'" sfc prod
check_fails "--state without its value" 2 "sfc: --state wants a directory; see 'sfc --help'" sfc --state
check_fails "terminal escapes are not sent on" 2 "sfc: unknown command '*x1b*31m'; see *" sfc "$(printf '\033[31m')"

check_equal "sfc and tracefs are of one version" "$(sfc --version | grep -o '[0-9.]*$')" \
	"$(tracefs --version | head -n 1 | grep -o '[0-9.]*$')"

pages=$builddir/stage/man
if command -v man >/dev/null; then
	check_equal "the manual is well formed" \
		"$(for page in "$pages"/*.1; do man --warnings -E UTF-8 -l "$page"; done 2>&1 >/dev/null)" ""
fi
if command -v mandoc >/dev/null; then
	for command in $commands; do
		page=$(sfc help "$command" | sed -n '$s/.*See \(.*\)(1)\.$/\1/p')
		check "sfc $command: the page that its help names is there" test -f "$pages/$page.1"
		# ps is prod's list
		case $command in help | version | ps) continue ;; esac
		check_equal "it is its own" "$page" "sfc-$command"
		for section in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
			check "it has $section" grep -qE "^\\.SH \"?${section}S?\"?\$" "$pages/$page.1"
		done
		check_equal "and is clean" "$(mandoc -T lint -W warning "$pages/$page.1" 2>&1 | grep -v 'missing date')" ""
		# without the overstriking that makes it bold
		mandoc -T ascii -O width=200 "$pages/$page.1" | sed "s/.$(printf '\010')//g" >"$dir/page"
		missing=
		for option in $(grep -oE -- '(^|[^a-z-])--[a-z-]+' "$dir/help.$command" | tr -cd 'a-z\n-' | sort -u); do
			[ "$option" = --help ] || grep -qwF -e "$option" "$dir/page" || missing="$missing $option"
		done
		check_equal "no option is undocumented" "$missing" ""
		for subcommand in $(subcommands_of "$command"); do
			check "nor is $subcommand" grep -qw "$subcommand" "$dir/page"
		done
	done
	check_equal "every template is a page" "$(cd "$srcdir/stage/man" && ls -- *.1in | sed 's/in$//')" \
		"$(cd "$pages" && ls -- *.1)"
fi
if command -v shellcheck >/dev/null; then
	check "shellcheck has nothing to say of scripts" \
		sh -c 'cd "$0" && shellcheck -x scripts/demo scripts/examples/*' "$srcdir"
	check "nor of the tests' tools" \
		sh -c 'cd "$0" && shellcheck -x tests/run tests/long tests/minbase.sh .ci/run' "$srcdir"
fi

# Installed: everything is found from there, and uninstalling leaves nothing.
unset MAKEFLAGS MAKELEVEL MFLAGS
make -C "$builddir" install DESTDIR="$dir/inst" >"$dir/install.log" 2>&1
check_equal "make install" $? 0
bin=$(dirname "$(find "$dir/inst" -path '*/bin/sfc')")
check_equal "the installed sfc knows its version" "$("$bin/sfc" --version)" "$(sfc --version)"
check_equal "and its commands" "$("$bin/sfc" --help)" "$(sfc --help)"
env -u builddir PATH=/usr/bin:/bin "$bin/sfc" doctor >"$dir/doctor"
check "and its programs, without a build directory" grep -q '^ok *tracepack' "$dir/doctor"
make -C "$builddir" uninstall DESTDIR="$dir/inst" >"$dir/uninstall.log" 2>&1
check_equal "make uninstall leaves no file" "$(find "$dir/inst" ! -type d)" ""
finish
