#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What bash, zsh and fish offer for the three programs: every word that the programs' own tables know, and
# files, directories or commands where those belong.
# shellcheck disable=SC2154,SC2016 # srcdir, builddir: tests/lib.sh sets them; programs in quotes
. "${srcdir:-.}/tests/lib.sh"
requires bash --version
requires zsh --version
requires fish --version

mkdir -p place/inner
: >place/package.sfc
cd place || exit 99

# --- what the programs say ---

words_of() {
	"$@" | cut -f 1
}
# options_of PROGRAM COMMAND…: the long ones that its help names.
options_of() {
	"$@" --help | sed -n '/^$/,$p' | grep -E '^ +(-[a-zA-Z], )?--' | sed 's/^\( *\(-[a-zA-Z], \)\{0,1\}--[^ ]*\(, --[^ ]*\)*\).*/\1/' |
		grep -oE -- '--[a-z-]+' | sort -u
}
for command in $(sfc --help | sed -n 's/^  \([a-z-]*\) .*/\1/p'); do
	check_equal "sfc $command is offered" "$(words_of sfc _complete "$command")" "$command"
	subcommands=$(sfc "$command" --help | sed -n '/^Usage: .* COMMAND /,$p' | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p')
	for subcommand in '' $subcommands; do
		case $command in export | help) continue ;; esac	# tracepack's own; takes words
		# shellcheck disable=SC2086 # none, or one
		check_equal "sfc $command $subcommand: all its options are offered" \
			"$(words_of sfc _complete $command $subcommand -- | grep -vx -- --help | sort -u)" \
			"$(options_of sfc $command $subcommand)"
	done
done
for command in $(tracepack --help | sed -n 's/^  \([a-z-]*\) .*/\1/p'); do
	check "tracepack $command is offered" sh -c 'tracepack _complete "$1" | grep -q "^$1	"' sh "$command"
	missing=
	offered=$(words_of tracepack _complete "$command" --)
	for option in $(options_of tracepack "$command"); do
		echo "$offered" | grep -qx -- "$option" || missing="$missing $option"
	done
	check_equal "tracepack $command: all its options are offered" "$missing" ""
done
for option in $(tracefs --help | grep -oE '^  [a-z_]+=?' | tr -d ' '); do
	check_equal "tracefs -o $option is offered" "$(words_of tracefs _complete -o "x=y,${option%=}" | grep -x ".*,$option")" "x=y,$option"
done
for option in $(tracefs --help | grep -oE -- '--[a-z]+' | sort -u); do
	check_equal "tracefs $option is offered" "$(words_of tracefs _complete "$option")" "$option"
done
check_equal "sfc export is tracepack's" "$(sfc _complete export --to '')" "$(tracepack _complete export --to '')"

# --- what each shell makes of it; the same questions for all ---

in_bash() {
	bash --norc -c '. "$0"; COMP_LINE=$1 COMP_POINT=${#1}; _sfc_tools; printf "%s\n" "${COMPREPLY[@]}"' \
		"$srcdir/scripts/completions/sfc.bash" "$1"
}
# The word as it stands on the line, which fish wants to see and bash has parted at '='.
in_fish() {
	HOME=$dir XDG_CONFIG_HOME=$dir XDG_DATA_HOME=$dir fish --no-config -c 'source $argv[1]; complete -C $argv[2]' \
		"$srcdir/scripts/completions/sfc.fish" "$1" | cut -f 1 | sed 's/^.*=\(.\)/\1/'
}
# ask CLAIM LINE WANTED…
ask() {
	claim=$1 line=$2
	shift 2
	check_equal "bash: $claim" "$(in_bash "$line" | sort | tr '\n' ' ')" "$* "
	check_equal "fish: $claim" "$(in_fish "$line" | sed 's|/$||' | sort | tr '\n' ' ')" "$* "
}
ask "a command" "sfc sl" slim
ask "a command behind --state" "sfc --state /x sl" slim
ask "a command of a group" "sfc dev com" commit
ask "an option" "sfc slim --prob" --probe
ask "an option behind others" "sfc slim -o x --root / --prob" --probe
ask "words to choose from" "sfc prod start web --guard " deny heal off report
ask "behind = too" "sfc prod start web --guard=he" heal
ask "a file" "sfc run pack" package.sfc
# names that the state knows; without one there are none, and none is made
check_equal "no state, no names" "$(SFC_STATE=$dir/none sfc _complete test ''; ls -d "$dir/none" 2>&1)" "$(sfc _complete test '' | grep -v '^we')
ls: cannot access '$dir/none': No such file or directory"
if [ "$(id -u)" = 0 ]; then
	mkdir -p "$dir/.roots/etc"
	sfc dev create webby --from "$dir/.roots" -q >/dev/null && sfc dev create other --from webby -q >/dev/null || fail "names"
	ask "a name" "sfc dev diff web" webby
	ask "a name for test" "sfc test mount o" other
	ask "one more where several can be" "sfc test rm webby o" other
	check_equal "not where one is all" "$(sfc _complete dev diff webby o)" ""
	sqlite3 "$SFC_STATE/state.db" "INSERT INTO package VALUES ('00', 'shop', 1, 0, 0, 'ready')" \
		"INSERT INTO app (name, package, installed_ns, updated_ns) VALUES ('shop', '00', 0, 0)"
	ask "an application" "sfc prod stop sh" shop
fi
ask "a directory alone" "sfc slim --scratch " inner
ask "the traced command's words are left alone" "sfc slim -- ls pack" package.sfc
ask "tracepack's command" "tracepack why-" why-not
ask "tracepack's option" "tracepack build m.db --allow-sec" --allow-secrets
ask "tracepack's package" "tracepack ls pack" package.sfc
ask "tracefs' option" "tracefs --unm" --unmount
ask "a word behind -o" "tracefs -o manifest=x.db,mode=fi" first
check "bash: a traced command" sh -c 'echo "$1" | grep -qx tracefs' sh "$(in_bash "sfc slim -- tracef")"
check "fish: a traced command" sh -c 'echo "$1" | grep -qx tracefs' sh "$(in_fish "sfc slim -- tracef")"
check_equal "bash: nothing where nothing fits" "$(in_bash "sfc slim --nonsense")" ""

# zsh completes on a terminal only: type a line and a tab there, and run what became of it.
mkdir "$dir/functions"
cp "$srcdir/scripts/completions/_sfc" "$dir/functions/"
cat >"$dir/.zshrc" <<'END'
unsetopt beep
fpath=($ZDOTDIR/functions $fpath)
autoload -Uz compinit
compinit -u -d $ZDOTDIR/dump
PS1='' PS2='' RPS1=''
zle_report() { print -r -- "LINE<$BUFFER>" >>$ZDOTDIR/lines; BUFFER= }
zle -N zle_report
bindkey '^X' zle_report
print ready >$ZDOTDIR/ready
END
in_zsh() {
	rm -f "$dir/ready" "$dir/lines"
	: >"$dir/lines"
	ZDOTDIR=$dir TERM=dumb zsh -f -c '
		zmodload zsh/zpty
		zpty line "TERM=vt100 zsh -d -i"
		for i in {1..400}; do [[ -e $ZDOTDIR/ready ]] && break; sleep 0.05; done
		zpty -w -n line "$1"
		zpty -w -n line $'"'\\t\\x18'"'
		for i in {1..400}; do [[ -s $ZDOTDIR/lines ]] && break; zpty -r -t line >/dev/null; sleep 0.05; done
		zpty -d line' zsh "$1" >/dev/null 2>&1
	cat "$dir/lines"
}
check_equal "zsh: a command" "$(in_zsh "sfc sl")" "LINE<sfc slim >"
check_equal "zsh: a command of a group" "$(in_zsh "sfc dev com")" "LINE<sfc dev commit >"
[ "$(id -u)" != 0 ] || check_equal "zsh: a name" "$(in_zsh "sfc dev diff web")" "LINE<sfc dev diff webby >"
check_equal "zsh: an option" "$(in_zsh "sfc slim -o x --prob")" "LINE<sfc slim -o x --probe >"
check_equal "zsh: a word to choose" "$(in_zsh "sfc prod start web --guard he")" "LINE<sfc prod start web --guard heal >"
check_equal "zsh: a file" "$(in_zsh "sfc run pack")" "LINE<sfc run package.sfc >"
check_equal "zsh: tracepack's option" "$(in_zsh "tracepack build m.db --allow-sec")" "LINE<tracepack build m.db --allow-secrets >"
check_equal "zsh: a word behind -o" "$(in_zsh "tracefs -o manifest=x,mode=fi")" "LINE<tracefs -o manifest=x,mode=first >"
finish
