#!/bin/sh
# Two coordinators meet at every point where both could write (promises 1, 4):
# the first stopped there, the second in its place, the first awake again.
#
# Once more while the first one's transaction is still open; the other two such
# cases are constructed.py's own, who has the time.
#
#   BUILD_DIR=build/dev sh tests/e2e/takeover.sh
#
# Runs with the dev build only.
set -eu
cd "$(dirname "$0")/../.."
sh deploy/install-deps.sh --kafka
exec /usr/bin/python3 tests/chaos/constructed.py "${BUILD_DIR:-build/dev}" \
	before-begin after-produce after-offsets mark-unmoved after-attempt \
	after-checks after-offsets/8
