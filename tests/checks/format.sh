#!/bin/sh
# Ask clang-format whether every C file is laid out as .clang-format says: one
# line, and the exit status says whether.  --fix lays them out.
set -eu
cd "$(dirname "$0")/../.."

list=$(mktemp)
trap 'rm -f "$list"' EXIT
trap 'exit 130' INT TERM HUP
find . -path ./build -prune -o -name '*.[ch]' -print |
	LC_ALL=C sort >"$list"

if [ "${1-}" = --fix ]; then
	xargs -P "$(nproc)" -n 8 clang-format-14 -i <"$list"
fi

bad=$(xargs -P "$(nproc)" -I {} sh -c '
	clang-format-14 --dry-run -Werror {} >/dev/null 2>&1 || echo {}
' <"$list" | LC_ALL=C sort)
if [ -n "$bad" ]; then
	printf '%s\n' "$bad"
	echo "format: $(printf '%s\n' "$bad" | wc -l) of $(wc -l <"$list") files" \
		"are not laid out; sh tests/checks/format.sh --fix"
	exit 1
fi
echo "format: $(wc -l <"$list") files as .clang-format has them"
