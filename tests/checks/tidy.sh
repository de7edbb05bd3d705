#!/bin/sh
# Run clang-tidy over what the build compiles, but for what it makes itself
# (copies of sources with a damage in them): one line, and the exit status says
# whether it found nothing.
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
trap 'rm -f "$out" "$out.raw"' EXIT
trap 'exit 130' INT TERM HUP

which=${only:-"^$PWD/(?!build/)"}
files=$(jq -r '.[].file' $build/compile_commands.json |
	grep -v "^$PWD/build/" | sort -u | wc -l)
# shellcheck disable=SC2086 # a list of regular expressions
run-clang-tidy-14 -quiet -p $build -j "$(nproc)" $which >"$out.raw" 2>&1 ||
	failed=yes

# Without colours; what a header says to each of its users counts once.
sed 's/\x1b\[[0-9;]*m//g' "$out.raw" | tr -d '\033' |
	sed -nE "s|^$PWD/||; /^[^ ]+:[0-9]+:[0-9]+: (warning|error): /p" |
	LC_ALL=C sort -u >"$out"
if [ "${failed-}" = yes ] && [ ! -s "$out" ]; then
	tail -n 20 "$out.raw"
	echo "tidy: clang-tidy did not finish"
	exit 1
fi
if [ -s "$out" ]; then
	cat "$out"
	echo "tidy: $(wc -l <"$out") things to put right"
	exit 1
fi
if [ -n "$only" ]; then
	# shellcheck disable=SC2086 # one word per file
	files=$(printf '%s\n' $only | wc -l)
fi
echo "tidy: nothing to say about $files files"
