#!/bin/sh
# conformance.sh -- each rule and case has a test, or a reason.
exec python3 "$(dirname "$0")/conformance.py"
