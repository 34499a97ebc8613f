# SPDX-License-Identifier: BSD-2-Clause
# The commands behind a prompt of README, one behind the other, with a line ";;" behind each. One goes on
# over lines that end with a backslash or leave a quotation open; a remark in brackets at the end is none of it.
/^[#$] / && !on { on = 1; text = substr($0, 3) }
!/^[#$] / && on { sub(/^> +/, ""); text = text "\n" $0 }
on {
	single = text
	double = text
	if (text !~ /\\$/ && gsub(/'/, "", single) % 2 == 0 && gsub(/"/, "", double) % 2 == 0) {
		sub(/    +\([^\n]*$/, "", text)
		print text "\n;;"
		on = 0
	}
}
