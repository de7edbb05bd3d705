#!/bin/sh
# conformance.sh -- each rule and case has a test, or a reason; and what is made
# of how tests ended notices each way in which one can not have passed.
set -eu
cd "$(dirname "$0")"
python3 test_conformance.py
exec python3 conformance.py
