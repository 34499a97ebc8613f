# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# bash completion for sfc, tracepack and tracefs: each is asked what the word may become, and says it from
# the tables it reads its command line by. Installed under each name, as bash-completion looks for it.

_sfc_tools()
{
	local line=${COMP_LINE:0:COMP_POINT} words=() current prefix file word rest candidates=()

	# words as they are typed: bash would part them at '=' and ':' too
	read -ra words <<<"$line"
	[[ $line != *[[:space:]] ]] || words+=("")
	current=${words[-1]}
	prefix=${current%"${current##*[=:]}"}
	file=${current##*=}
	while IFS=$'\t' read -r word rest; do
		case $word in
		=files) mapfile -t -O "${#candidates[@]}" candidates < <(compgen -f -- "$file") ;;
		=dirs) mapfile -t -O "${#candidates[@]}" candidates < <(compgen -d -- "$file") ;;
		=commands) mapfile -t -O "${#candidates[@]}" candidates < <(compgen -A command -A file -- "$current") ;;
		*)
			candidates+=("${word#"$prefix"}")
			[[ $word != *= ]] || compopt -o nospace 2>/dev/null
			continue
			;;
		esac
		compopt -o filenames 2>/dev/null
	done < <("${words[0]/#\~/$HOME}" _complete "${words[@]:1}" 2>/dev/null)
	COMPREPLY=("${candidates[@]}")
}

complete -F _sfc_tools sfc tracepack tracefs
