#!/bin/sh
# Look for calls of the functions in banned.table: one line, and the exit
# status says whether there are none.  Comments and strings do not count.
set -eu
cd "$(dirname "$0")/../.."

sources=$(find common coordinator perspective-worker gateway ctl tests \
	-name '*.[ch]' 2>/dev/null | LC_ALL=C sort)
if [ -z "$sources" ]; then
	echo "banned: found no source at all"
	exit 1
fi

# The preprocessor takes comments away and says which line it is at.
for file in $sources; do
	echo "@file $file"
	gcc -fpreprocessed -dD -E -xc - <"$file" 2>/dev/null || exit 2
done | awk '
function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }

function within(path, list,    n, i, item) {
	n = split(list, item, /[ \t]+/)
	for (i = 1; i <= n; i++)
		if (item[i] == "." || path == item[i] ||
		    index(path, item[i] "/") == 1)
			return 1
	return 0
}

function check(name,    i, n, rule) {
	if (!(name in rules)) return
	n = split(rules[name], rule, " ")
	for (i = 1; i <= n; i++)
		if (within(path, where[rule[i]]) && !within(path, except[rule[i]])) {
			printf "%s:%d: %s(): %s\n", path, line, name, why[rule[i]]
			bad++
		}
}

FILENAME != "-" && /^[ \t]*(#|$)/ { next }
FILENAME != "-" {
	if (split($0, col, "|") != 4) {
		printf "banned.table:%d: four columns wanted\n", FNR
		bad = -1
		exit 2
	}
	where[FNR] = trim(col[2])
	except[FNR] = trim(col[3])
	why[FNR] = trim(col[4])
	n = split(trim(col[1]), name, /[ \t]+/)
	for (i = 1; i <= n; i++) rules[name[i]] = rules[name[i]] " " FNR
	next
}
/^@file / { path = substr($0, 7); files++; next }
/^# [0-9]+ "/ { line = $2 - 1; next }
{
	line++
	text = $0
	gsub(/\\./, "", text)
	gsub(/"[^"]*"/, "\"\"", text)
	while (match(text, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
		call = substr(text, RSTART, RLENGTH - 1)
		before = RSTART > 1 ? substr(text, RSTART - 1, 1) : ""
		text = substr(text, RSTART + RLENGTH)
		# a member of a struct is another thing of that name
		if (before != "." && before != ">") check(trim(call))
	}
}
END {
	if (bad < 0) exit 2
	if (bad) {
		printf "banned: %d calls that may not be\n", bad
		exit 1
	}
	printf "banned: none in %d files\n", files
}' tests/checks/banned.table -
