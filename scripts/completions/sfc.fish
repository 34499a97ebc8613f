# SPDX-License-Identifier: BSD-2-Clause
# fish completion for sfc, tracepack and tracefs: each is asked what the word may become, and says it from
# the tables it reads its command line by. Installed under each name, as fish looks for it.

function __sfc_tools
	set -l words (commandline -opc)
	set -l current (commandline -ct)
	set -l head (string replace -r '[^=]*$' '' -- $current)
	for line in ($words[1] _complete $words[2..-1] "$current" 2>/dev/null)
		switch $line
			case '=files'
				string replace -r '^' -- "$head" (__fish_complete_path (string replace -r '^.*=' '' -- $current))
			case '=dirs'
				string replace -r '^' -- "$head" (__fish_complete_directories (string replace -r '^.*=' '' -- $current) '')
			case '=commands'
				__fish_complete_command
				__fish_complete_path $current
			case '*'
				echo $line
		end
	end
end

for program in sfc tracepack tracefs
	complete -c $program -e
	complete -c $program -f -a '(__sfc_tools)'
end
