#!/bin/sh
# All tests: installs what is missing, builds, runs everything, sums it up in the last line.
#   sh tests/run.sh [GROUP…]      node tests/run.mjs --list names the groups
set -eu
cd "$(dirname "$0")/.."
sh tests/setup.sh
. tests/node.sh
use_new_enough_node
exec node tests/run.mjs "$@"
