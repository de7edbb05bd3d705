#!/bin/sh
# requirements.sh -- every requirement has a test that names it, or a reason.
exec python3 "$(dirname "$0")/requirements.py"
