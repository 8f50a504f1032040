#!/bin/sh
# Stands in for wasm-bindgen, which takes two compilers to have: writes what wasm-bindgen wrote for our
# fixture, where it is told to. STANDIN_CELL is the folder of a fixture's targets.
out= name= target=bundler input=
while [ $# -gt 0 ]; do
	case $1 in
	--version | -V) echo 'wasm-bindgen 0.2.130'; exit 0 ;;
	--out-dir) out=$2; shift ;;
	--out-dir=*) out=${1#*=} ;;
	--out-name) name=$2; shift ;;
	--target) target=$2; shift ;;
	--target=*) target=${1#*=} ;;
	--fail) echo 'error: as asked' >&2; exit 7 ;;
	--stdin) cat ;;
	*.wasm) input=$1 ;;
	esac
	shift
done
echo "bound $input"
echo 'a warning' >&2
[ -n "$out" ] || exit 0
[ -n "$name" ] || name=$(basename "$input" .wasm)
mkdir -p "$out"
for file in "$STANDIN_CELL/$target"/reglue_fixture*; do
	rest=${file##*/reglue_fixture}
	case $rest in
	*.wasm) cp "$file" "$out/$name$rest" ;;
	*) sed "s/reglue_fixture/$name/g" "$file" >"$out/$name$rest" ;;
	esac
done
