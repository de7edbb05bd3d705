#!/bin/sh
# Python's re agrees with the table of regular expressions.
exec /usr/bin/python3 "$(dirname "$0")/patterns.py"
