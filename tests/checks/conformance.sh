#!/bin/sh
# conformance.sh -- each rule and case has a test, or a reason; says what has not.
exec python3 "$(dirname "$0")/conformance.py"
