#!/bin/sh
# Installs what a Debian machine lacks for building and testing reglue, and builds it in build/.
# Quick when everything is there already.
#   sh tests/setup.sh [demo]      demo: only what the demonstration needs
set -eu
wanted=${1:-tests}
cd "$(dirname "$0")/.."
. tests/node.sh

say() {
	printf '%s\n' "$*" >&2
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

missing=
package() { # NAME TEST…: wanted unless the test succeeds
	name=$1
	shift
	"$@" >/dev/null 2>&1 || missing="$missing $name"
}

package gcc command -v cc
package libc6-dev test -e /usr/include/stdio.h
package pkg-config command -v pkg-config
package meson command -v meson
package ninja-build command -v ninja
package libcjson-dev pkg-config --exists libcjson
package nettle-dev pkg-config --exists nettle
package libcriterion-dev pkg-config --exists criterion
package scdoc command -v scdoc
package ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
package nodejs command -v node
package npm command -v npm
if [ "$wanted" = tests ]; then
	package clang-14 command -v clang-14
	package libclang-rt-14-dev sh -c 'ls /usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer*'
	package wabt command -v wat2wasm
	package valgrind command -v valgrind
	package git command -v git
	package patch command -v patch
	package man-db command -v man
	package zsh command -v zsh
	package fish command -v fish
	package python3-jsonschema python3 -c 'import jsonschema; jsonschema.Draft202012Validator'
	package chromium command -v chromium
	package firefox-esr command -v firefox-esr
	package libwebkit2gtk-4.1-0 sh -c 'ls /usr/lib/*/webkit2gtk-4.1/MiniBrowser'
	package xvfb command -v xvfb-run
	package xauth command -v xauth
	package parallel command -v parallel
	package acl command -v setfacl
fi

if [ -n "$missing" ]; then
	say "installing:$missing"
	as_root apt-get update -q >&2
	# shellcheck disable=SC2086 # a list
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
		$missing >&2
fi

use_new_enough_node
npm_packages grammars
npm_packages tests/packages
if [ "$wanted" = tests ]; then
	npm_packages tests/cli
	npm_packages tests/engines
	npm_packages tests/bundlers
	npm_packages tests/tools
fi

[ -f build/build.ninja ] || meson setup build >&2
meson compile -C build >&2
