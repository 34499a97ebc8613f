#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# python3 of the host: traced from /, packed, and run from the package.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/slim.sh"
requires python3 --version

program='import ssl, sqlite3, json
print(json.dumps({"ssl": ssl.OPENSSL_VERSION, "sqlite": sqlite3.sqlite_version}))'
native=$(cd / && env -i PATH="$PATH" python3 -c "$program")

begun=$(seconds)
machine_stays sfc slim -o "$dir/py.sfc" --keep-manifest "$dir/py.db" --cwd / -- python3 -c "$program" >"$dir/report" 2>"$dir/said"
check_equal "slim succeeds" $? 0
cat "$dir/report" "$dir/said"
check "the report has its three stages" \
	test "$(grep -cE '^(test|pack|verify) ' "$dir/report")" = 3
show_figures "$dir/py.sfc" "$dir/py.db" "$(seconds_since "$begun")"

check_equal "the package prints what python3 prints outside" "$(sfc run "$dir/py.sfc")" "$native"
said=$(sfc run "$dir/py.sfc" -- python3 -c 'import xml.dom.minidom' 2>&1)
check_equal "a module the run never imported ends python with status 1" $? 1
check "it is a ModuleNotFoundError" expr "$said" : '.*ModuleNotFoundError: No module named'
said=$(sfc run "$dir/py.sfc" -- perl -e 1 2>&1)
check_equal "a program that was not traced is not found" $? 127
check_equal "exit statuses pass through run" "$(
	sfc run "$dir/py.sfc" -- python3 -c 'import sys; sys.exit(41)'
	echo $?
)" 41
check_equal "input passes through run" \
	"$(echo words | sfc run "$dir/py.sfc" -- python3 -c 'import sys; print(sys.stdin.read().upper(), end="")')" WORDS
check "the base is writable for the one who runs it" \
	sfc run "$dir/py.sfc" -- python3 -c 'open("/usr/new", "w").write("x"); open("/tmp/y", "w")'
mkdir "$dir/layer"
sfc run --layer "$dir/layer" "$dir/py.sfc" -- python3 -c 'open("/kept", "w").write("kept")'
check_equal "a layer keeps what was written" \
	"$(sfc run --layer "$dir/layer" "$dir/py.sfc" -- python3 -c 'print(open("/kept").read())')" kept
check "nothing is left" nothing_is_left
finish
