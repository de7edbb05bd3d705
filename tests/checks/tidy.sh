#!/bin/sh
# Run clang-tidy over what the build compiles: one line, and the exit status
# says whether it found nothing.
#
#   sh tests/checks/tidy.sh [--changed [COMMIT]] [PATH-REGEX ...]
#
#   --changed  only files that differ from COMMIT (default origin/main)
#
# Needs a configured build: build/clang, or else build/dev.
set -eu
cd "$(dirname "$0")/../.."

only=
if [ "${1-}" = --changed ]; then
	shift
	from=origin/main
	if [ $# -gt 0 ]; then
		from=$1
		shift
	fi
	only=$(git diff --name-only --diff-filter=d "$from" -- '*.c' &&
		git ls-files --others --exclude-standard -- '*.c')
	if [ -z "$only" ]; then
		echo "tidy: no C file differs from $from"
		exit 0
	fi
elif [ $# -gt 0 ]; then
	only=$*
fi

build=build/clang
if [ ! -f $build/compile_commands.json ]; then
	build=build/dev
fi
if [ ! -f $build/compile_commands.json ]; then
	echo "tidy: no compile_commands.json; cmake --preset dev first"
	exit 1
fi

out=$(mktemp)
trap 'rm -f "$out"' EXIT
trap 'exit 130' INT TERM HUP

files=$(jq -r '.[].file' $build/compile_commands.json | sort -u | wc -l)
# shellcheck disable=SC2086 # a list of regular expressions
if run-clang-tidy-14 -quiet -p $build -j "$(nproc)" $only >"$out" 2>&1 &&
	! grep -qE '(warning|error): ' "$out"; then
	if [ -n "$only" ]; then
		files=$(printf '%s\n' $only | wc -l)
	fi
	echo "tidy: nothing to say about $files files"
	exit 0
fi
grep -E -A3 '(warning|error): ' "$out" | grep -v '^--$' || tail -n 20 "$out"
echo "tidy: $(grep -cE '(warning|error): ' "$out") things to put right"
exit 1
