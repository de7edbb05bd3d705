#!/bin/sh
# The chaos run's checker finds each kind of damage in small logs made by hand,
# and nothing in a log that is right; its schedules keep what they promise.
set -eu
cd "$(dirname "$0")/../chaos"
/usr/bin/python3 test_schedule.py
exec /usr/bin/python3 test_check.py
