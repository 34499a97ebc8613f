# SPDX-License-Identifier: BSD-2-Clause
# awk -v shape=SHAPE -f differences.awk ALLOWED WANTED GOT: what behave answered there, line by line.
# Prints each answer that differs and is not allowed to, and each allowance that is not needed.
# ALLOWED has lines "SHAPE CHECK: ANSWER # REASON", where CHECK may hold * and the answer is what is
# got. Exit status 1 if there is anything to print.

function split_answer(line,	at) {
	at = index(line, ": ")
	name = substr(line, 1, at - 1)
	text = substr(line, at + 2)
}

# A glob with * only, as a regular expression.
function pattern_of(glob) {
	gsub(/[.+]/, "[&]", glob)
	gsub(/[*]/, ".*", glob)
	return "^" glob "$"
}

FILENAME == ARGV[1] {
	if (/^#/ || NF == 0 || $1 != shape)
		next
	sub(/^[^ ]+ /, "")
	sub(/ +# .*/, "")
	split_answer($0)
	allowed_name[++allowances] = pattern_of(name)
	allowed_text[allowances] = text
	allowed_line[allowances] = $0
	next
}

FILENAME == ARGV[2] {
	split_answer($0)
	wanted[name] = text
	order[++lines] = name
	next
}

{
	split_answer($0)
	got[name] = text
	if (!(name in wanted)) {
		wanted[name] = "nothing"
		order[++lines] = name
	}
}

function is_allowed(name, text,		i) {
	for (i = 1; i <= allowances; i++)
		if (name ~ allowed_name[i] && (text == allowed_text[i] || allowed_text[i] == "*")) {
			needed[i] = 1
			return 1
		}
	return 0
}

END {
	for (i = 1; i <= lines; i++) {
		name = order[i]
		if (!(name in got))
			got[name] = "nothing"
		if (got[name] == wanted[name])
			continue
		differing++
		if (is_allowed(name, got[name]))
			continue
		bad = 1
		printf "\t%s: %s, wanted %s\n", name, got[name], wanted[name]
	}
	for (i = 1; i <= allowances; i++)
		if (!needed[i]) {
			bad = 1
			printf "\tallowed but not needed: %s\n", allowed_line[i]
		}
	printf "\t%d answers, %d differ\n", lines, differing
	exit bad
}
