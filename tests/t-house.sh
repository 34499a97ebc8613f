#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The sources keep to their rooms: each wing of pack/ includes only what its first header says.
. "${srcdir:-.}/tests/lib.sh"

# included DIRECTORY: the directories of what its files include, one a line.
included() {
	cat "$srcdir/$1"/*.[ch] | sed -n 's|^#include "\(.*\)/[^/]*"$|\1|p' | sort -u | grep -vx "$1"
}

# allowed WING: what its first header allows, likewise.
allowed() {
	cat "$srcdir/pack/$1"/*.h | sed -n "/^ \* The wing $1\//,/\*\//s/^ \* //p" | tr '\n' ' ' |
		sed 's/.*It may include \([^.]*\)\..*/\1/' | tr -s ', ' '\n' |
		grep -x 'db\|db/base\|pack/[a-z]*' | sort -u
}

# --- wings ---
for wing in "$srcdir"/pack/*/; do
	name=$(basename "$wing")
	check_equal "one header says what $name/ is" \
		"$(cat "$wing"*.h | grep -c "^ \* The wing $name/ ")" 1
	allowed "$name" >allowed.list
	check "the header of $name/ names what it may include" test -s allowed.list
	check_equal "$name/ includes what it may, and all it may" "$(included "pack/$name")" "$(cat allowed.list)"
done
check "there are a dozen wings to look at" test "$claims" -ge 36

# --- floors ---
check_equal "db/base includes nothing else of ours" "$(included db/base)" ''
check_equal "db/sql includes db/base" "$(included db/sql)" 'db/base'
check_equal "db includes db/base and db/sql" "$(included db)" "$(printf 'db/base\ndb/sql')"
sed -n 's/^    floor \([0-9]*\) *\(.*\)/\1 \2/p' "$srcdir/tests/HACKING" >floors
# floor_of DIRECTORY
floor_of() {
	awk -v name="$1" '{ for (i = 2; i <= NF; i++) if ($i == name) print $1 }' floors
}
for folder in "$srcdir"/fs/ "$srcdir"/db/ "$srcdir"/pack/*/ "$srcdir"/stage/*/; do
	folder=${folder#"$srcdir/"} folder=${folder%/}
	upward=
	# pages; what building in the sources makes
	[ "$folder" != stage/man ] && [ ! -L "$srcdir/$folder" ] || continue
	for below in $(included "$folder"); do
		[ "$(floor_of "$below")" -lt "$(floor_of "$folder")" ] || upward="$upward $below"
	done
	check_equal "$folder stands above all that it includes" "$upward" ''
done
check_equal "fs includes db and db/base" "$(included fs)" "$(printf 'db\ndb/base')"

# --- a name that a higher floor offers is no function of one file below it: who looks for it finds one ---
(cd "$srcdir" && grep -oE '^(struct|enum) [a-z0-9_]+ \{|^[a-z][a-z0-9_ *]*[ *][a-z0-9_]+\(' $(find db fs pack stage -name '*.h')) |
	grep -v ':static ' | sed -E 's/ \{$//; s/\($//; s|^([^:]*)/[^/:]*:.*[ *]([a-z0-9_]+)$|\2 \1|' | sort -u >offered
(cd "$srcdir" && grep -oE '^static [a-z0-9_ *]*[ *][a-z0-9_]+\(' $(find db fs pack stage -name '*.c')) |
	sed -E 's/\($//; s|^([^:]*)/[^/:]*:.*[ *]([a-z0-9_]+)$|\2 \1|' | sort -u >own
check "functions of one file are found" test "$(wc -l <own)" -gt 1000
# what two places offer says by itself that it is a word of each place
awk '{ times[$1]++; line[$1] = $0 } END { for (name in times) if (times[name] == 1) print line[name] }' offered | sort >offered.once
join own offered.once | while read -r name where above; do
	[ "$(floor_of "$above")" -le "$(floor_of "$where")" ] || echo "$name of $where, and $above"
done >twice
check_equal "no function of one file is called as what is offered above it" "$(cat twice)" ''

# --- two sources never call each other in a circle: tsort(1) finds one among who needs whose symbols ---
# calls FOLDER: pairs of its objects, the first calls the second
calls() {
	(cd "$builddir" && find "$1" -name '*.o' -exec nm -A {} + 2>/dev/null) |
		sed -n 's/^\(.*\.o\):[0-9a-f]* *\([A-Z]\) \(.*\)$/\1 \2 \3/p' |
		awk '$2 == "U" { wants[++n] = $1; what[n] = $3; next } { has[$3] = $1 }
			END { for (i = 1; i <= n; i++) if (what[i] in has && has[what[i]] != wants[i]) print wants[i], has[what[i]] }'
}
# stage: without the table of commands, which names all of them and is read by what shows it
for folder in db fs pack stage; do
	calls "$folder" | grep -v '/[a-z_]*-commands\.o$' >called
	check "$folder: sources call each other" test "$(grep -c . called)" -gt 20
	tsort called 2>&1 >order | sed "s|.*$builddir/||" >circle
	check_equal "$folder: in no circle" "$(cat circle)" ''
done

# --- what may be nothing is sorted by what takes nothing ---
check_equal "only sort_items() calls qsort()" \
	"$(cd "$srcdir" && grep -rlE 'qsort\((\w|&)' db fs pack stage --include='*.[ch]')" db/base/array.h

# --- no file is too long, but for those that are one noun (page.c is made of page.html) ---
sed -n 's/^    \([a-z].*\.[ch]\)   .*/\1/p; s/^    \([a-z].*\.c\), \([a-z].*\.c\)   .*/\1\n\2/p' "$srcdir/tests/HACKING" | tr -d ' ' | tr ',' '\n' | sort -u >nouns
check_equal "sources have 400 lines at the most, headers 200, or HACKING says why" \
	"$(cd "$srcdir" && find db fs pack stage tests -name '*.[ch]' ! -path pack/report/page.c -exec awk \
		'FNR == (FILENAME ~ /\.h$/ ? 201 : 401) { print FILENAME }' {} + | sort | grep -vxFf "$dir/nouns")" ''

# --- what was built is no source ---
if [ -e "$srcdir/.git" ]; then
	(cd "$srcdir" && git -c safe.directory='*' ls-files -z | xargs -0 grep -lP '^\x7fELF|^!<arch>' 2>/dev/null) |
		grep -v '^tests/fuzz/corpus' >built
	check_equal "no program and no library is among the sources" "$(cat built)" ''
	check_equal "no link among them leads out of them" \
		"$(cd "$srcdir" && git -c safe.directory='*' ls-files -s | sed -n 's/^120000 .*	//p' | while read -r link; do
			case $(readlink "$link") in /* | *../*) echo "$link" ;; esac
		done)" ''
fi

# --- who runs a test runs a program ---
check_equal "all tests are executable" \
	"$(find "$srcdir/tests" -name 't-*.sh' ! -perm -100 ! -path '*/build*')" ''

# --- names of files that comments and the README mention ---
(cd "$srcdir" && find README db fs pack stage tests -name '*.[ch]' -o -name '*.sh' -o -name README -o -name HACKING) |
	sed "s|^|$srcdir/|" |
	xargs grep -ohE '(^|[^/a-z])(db|fs|pack|scripts|stage|tests)(/[a-z_][a-z0-9_-]*)+\.[chs][a-z]*' |
	sed 's|^[^a-z]*||' | sort -u >mentioned
# shellcheck disable=SC2016 # as it stands there
cat "$srcdir"/tests/*.sh "$srcdir"/tests/*/*.sh | grep -oE '"\$srcdir/[a-z0-9_./-]+"' |
	sed 's|"$srcdir/||; s|"$||' | sort -u >>mentioned
check "comments mention files" test "$(wc -l <mentioned)" -gt 100
while read -r path; do
	test -e "$srcdir/$path" || test -e "$builddir/$path" || echo "$path"
done <mentioned >gone
check_equal "and those are there" "$(cat gone)" ''
finish
