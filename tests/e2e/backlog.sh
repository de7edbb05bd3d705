#!/bin/sh
# A backlog on a real broker, in small: worked off in memory that stays flat, by
# a group that stays together, each request answered once; and what came too
# late is answered overloaded.
#
#   BUILD_DIR=build/dev sh tests/e2e/backlog.sh
#
# Runs with the dev build only.
set -eu
cd "$(dirname "$0")/../.."
BUILD_DIR=${BUILD_DIR:-build/dev}
# What was freed must not count as grown.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1
export BUILD_DIR ASAN_OPTIONS

for tool in kcat java mvn; do
	command -v $tool >/dev/null 2>&1 ||
		sh deploy/install-deps.sh --kafka
done
sh tests/bench/backlog.sh --count 5000 --at-most 12288
sh tests/bench/backlog.sh --count 5000 --at-most 12288 --expired
