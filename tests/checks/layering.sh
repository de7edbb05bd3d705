#!/bin/sh
# Compare every #include of the tree with layering.table: one line, and the
# exit status says whether all of them may be there.
set -eu
cd "$(dirname "$0")/../.."

export SOURCES
SOURCES=$(find common coordinator perspective-worker gateway ctl tests \
	-name '*.[ch]' -o -name '*.def' 2>/dev/null | LC_ALL=C sort)

awk '
function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }

# A glob with * only, as a regular expression.
function glob(s) { gsub(/\./, "\\.", s); gsub(/\*/, ".*", s); return "^" s "$" }

function folder_of(path,    f, best) {
	best = ""
	for (f in ours)
		if (index(path, f "/") == 1 && length(f) > length(best))
			best = f
	return best
}

function dir_of(path) { sub(/\/[^\/]*$/, "", path); return path }

# Where the compiler would find it: beside the file, then as seen from the
# folders that the build puts on the include path.
function resolve(from, name,    n, i, at, list) {
	at = dir_of(from) "/" name
	if (at in exists) return at
	n = split("common/ perspective-worker/ perspective-worker/probe/ " \
		"coordinator/ gateway/ ctl/ tests/", list, " ")
	if (name in exists) return name
	for (i = 1; i <= n; i++)
		if ((list[i] name) in exists) return list[i] name
	return ""
}

function complain(path, line, text) {
	printf "%s:%d: %s\n", path, line, text
	bad++
}

function may(list, what,    n, i, item) {
	n = split(list, item, /[ \t]+/)
	for (i = 1; i <= n; i++)
		if (what ~ glob(item[i])) return 1
	return 0
}

function check_ours(path, line, from, name,    found, to) {
	found = resolve(path, name)
	if (found == "") {
		complain(path, line, "\"" name "\" is not in the tree")
		return
	}
	to = folder_of(found)
	if (to == from || may(ours[from], to) || may(ours[from], found))
		return
	complain(path, line, from " may not include " found)
}

function check_others(path, line, from, name,    i) {
	if (may(others[from], name)) return
	for (i in guarded)
		if (name ~ guarded[i]) {
			complain(path, line, from " may not include <" name ">")
			return
		}
}

/^[ \t]*(#|$)/ { next }
{
	if (split($0, col, "|") != 3) {
		printf "layering.table:%d: three columns wanted\n", FNR
		exit 2
	}
	f = trim(col[1])
	ours[f] = trim(col[2])
	others[f] = trim(col[3])
	n = split(others[f], item, /[ \t]+/)
	for (i = 1; i <= n; i++)
		if (item[i] != "-" && item[i] != "*") guarded[item[i]] = glob(item[i])
}

END {
	files = split(ENVIRON["SOURCES"], file, "\n")
	for (i = 1; i <= files; i++) exists[file[i]] = 1
	for (i = 1; i <= files; i++) {
		from = folder_of(file[i])
		if (from == "") {
			complain(file[i], 1, "no line of layering.table holds it")
			continue
		}
		line = 0
		while ((getline text < file[i]) > 0) {
			line++
			if (text !~ /^[ \t]*#[ \t]*include[ \t]*["<]/) continue
			seen++
			name = text
			sub(/^[^"<]*["<]/, "", name)
			sub(/[">].*$/, "", name)
			if (text ~ /include[ \t]*"/) check_ours(file[i], line, from, name)
			else check_others(file[i], line, from, name)
		}
		close(file[i])
	}
	if (bad) {
		printf "layering: %d of %d includes may not be there\n", bad, seen
		exit 1
	}
	if (!seen) {
		print "layering: found no #include at all"
		exit 1
	}
	printf "layering: %d includes in %d files\n", seen, files
}' tests/checks/layering.table
