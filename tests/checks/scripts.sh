#!/bin/sh
# Read every script with the shell that it names, and with dash where that is
# plain sh; parse every Python and JSON file: one line, true exit status.
set -eu
cd "$(dirname "$0")/../.."

BY_NAME='(^|[;&|[:space:]])(p[k]ill|killal[l])([[:space:]]|$)'
bad=0
seen=0

complain()
{
	echo "$1: $2"
	bad=$((bad + 1))
}

check_shell()
{
	case $(head -n 1 "$1") in
	'#!'*bash*) why=$(bash -n "$1" 2>&1) || complain "$1" "$why" ;;
	'#!'*/sh*)
		why=$(dash -n "$1" 2>&1) || complain "$1" "$why" ;;
	*) complain "$1" "no #! line names a shell" ;;
	esac
	# Another's process may bear the same name.
	if why=$(grep -nE "$BY_NAME" "$1"); then
		complain "$1" "ends processes by name: $why"
	fi
}

check_python()
{
	why=$(python3 -c 'import ast, sys
ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$1" 2>&1) ||
		complain "$1" "$why"
}

list=$(mktemp)
trap 'rm -f "$list"' EXIT
trap 'exit 130' INT TERM HUP
find . \( -path ./build -o -path ./.git \) -prune -o -type f \
	\( -name '*.sh' -o -name '*.py' -o -name '*.json' -o -path './.ci/*' \) \
	-print | LC_ALL=C sort >"$list"

while IFS= read -r file; do
	seen=$((seen + 1))
	case $file in
	*.py) check_python "$file" ;;
	# What is broken on purpose lies in a folder named bad.
	*/bad/*.json) ;;
	*.json)
		why=$(jq empty "$file" 2>&1) || complain "$file" "$why" ;;
	*) check_shell "$file" ;;
	esac
done <"$list"

if [ $bad -gt 0 ]; then
	echo "scripts: $bad of $seen files are broken"
	exit 1
fi
echo "scripts: $seen files parse"
