#!/bin/sh
# metrics.sh -- every figure is registered, moved by something and documented.
exec python3 "$(dirname "$0")/metrics.py"
