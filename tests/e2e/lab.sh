#!/bin/sh
# The laboratory Internet answers as its table says.
cd "$(dirname "$0")/../.." || exit 70
exec sh deploy/lab/lab.sh inside sh tests/fixtures/lab/check.sh
