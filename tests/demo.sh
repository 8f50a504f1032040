#!/bin/sh
# From nothing to the demonstration: installs, builds, then patches a published package that one
# bad input kills, and shows that it lives.
set -eu
cd "$(dirname "$0")/.."
sh tests/setup.sh demo
. tests/node.sh
use_new_enough_node
exec node tests/packages/demo.mjs
