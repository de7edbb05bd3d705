#!/bin/sh
# reasons.sh -- every reason code has a test, and docs/reasons.md is its table.
exec python3 "$(dirname "$0")/reasons.py"
