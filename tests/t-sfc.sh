#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc as a command: help, completions, manual, installed and uninstalled; its scripts pass shellcheck.
. "${srcdir:-.}/tests/lib.sh"

commands=$(sfc --help | sed -n 's/^  \([a-z-]*\) .*/\1/p')
check "there are commands" test -n "$commands"
check_equal "every script is a command, with a summary" "$(printf '%s\n' "$commands")" "$(
	cd "$srcdir/scripts" && ls sfc-* | sed -n 's/^sfc-\([a-z]*\)$/\1/p' | grep -vx init)"
for command in $commands; do
	sfc "$command" --help >"$dir/help.$command"
	check_equal "sfc $command --help" $? 0
	check "it shows how it is used" grep -q "^Usage: sfc $command" "$dir/help.$command"
	check "it fits a terminal" test "$(LC_ALL=C.UTF-8 wc -L <"$dir/help.$command")" -le 100
done
check_equal "sfc and tracefs are of one version" "$(sfc --version | grep -o '[0-9.]*$')" \
	"$(tracefs --version | head -n 1 | grep -o '[0-9.]*$')"

if command -v bash >/dev/null; then
	complete() {
		bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sfc; printf "%s\n" "${COMPREPLY[@]}"' \
			"$srcdir/scripts/completions/sfc" "$@"
	}
	check_equal "bash completes a command" "$(complete sfc sl)" slim
	check_equal "bash completes its options" "$(complete sfc slim --prob)" --probe
	check_equal "and leaves the traced command alone" "$(complete sfc slim -- --prob)" ""
fi
if command -v zsh >/dev/null; then
	check "zsh can read its completion" zsh -n "$srcdir/scripts/completions/_sfc"
fi
if command -v man >/dev/null; then
	check_equal "the manual is well formed" \
		"$(for page in "$srcdir"/scripts/*.1; do man --warnings -E UTF-8 -l "$page"; done 2>&1 >/dev/null)" ""
fi
if command -v mandoc >/dev/null; then
	# text_of COMMAND: its manual, without the overstriking that makes it bold
	text_of() {
		case $1 in dev | test | prod) page=sfc-$1.1 ;; pack) page=sfc-test.1 ;; *) page=sfc.1 ;; esac
		mandoc -T ascii -O width=200 "$srcdir/scripts/$page" | sed "s/.$(printf '\010')//g"
		[ "$1" != pack ] || mandoc -T ascii -O width=200 "$srcdir/pack/cmd/tracepack-build.1" | sed "s/.$(printf '\010')//g"
	}
	for command in $commands; do
		text_of "$command" >"$dir/page"
		missing=
		for option in $(grep -oE -- '(^|[^a-z-])--[a-z-]+' "$dir/help.$command" | tr -cd 'a-z\n-' | sort -u); do
			[ "$option" = --help ] || grep -qwF -e "$option" "$dir/page" || missing="$missing $option"
		done
		check_equal "sfc $command: no option is undocumented" "$missing" ""
	done
	# whatever a script takes is in its help
	for command in dev doctor pack prod run slim test verify; do
		missing=
		for option in $(find "$srcdir/scripts" -name "sfc-$command" -o -name "$command-*.sh" | xargs cat |
			grep -oE '^[[:space:]]*(-[a-z] \| )?--[a-z-]+( \| --[a-z-]+)*\)' |
			grep -oE -- '--[a-z-]+' | sort -u); do
			[ "$option" = --help ] || grep -qwF -e "$option" "$dir/help.$command" || missing="$missing $option"
		done
		check_equal "sfc $command: no option is hidden" "$missing" ""
	done
fi
if command -v shellcheck >/dev/null; then
	check "shellcheck has nothing to say of scripts" \
		sh -c 'cd "$0" && shellcheck -x scripts/sfc $(ls scripts/sfc-[a-z]* | grep -v "[.]1$") scripts/demo' "$srcdir"
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
