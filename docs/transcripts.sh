#!/bin/sh
# Prints TRANSCRIPTS.md: sessions with the real program on our own fixtures.
#
#   sh docs/transcripts.sh > docs/TRANSCRIPTS.md      REGLUE names the program, build/reglue if unset
#
# A test holds the file against what this prints; nothing is edited in between.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
program=${REGLUE:-$root/build/reglue}
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/home"
ln -s "$program" "$work/bin/reglue"
PATH=$work/bin:$PATH HOME=$work/home LC_ALL=C.UTF-8 GIT_CONFIG_NOSYSTEM=1
export PATH HOME LC_ALL GIT_CONFIG_NOSYSTEM
unset NO_COLOR GITHUB_ACTIONS 2>/dev/null || :

fixture() { # CELL FOLDER
	mkdir -p "$(dirname "$2")"
	cp -r "$root/fixtures/$1" "$2"
}

say() {
	printf '%s\n' "$@"
}

begin() {
	say '' '```console'
}

end() {
	say '```'
}

# Shows commands as typed, each with what it prints on either stream, and a status other than 0.
run() {
	for line in "$@"; do
		say "\$ $line"
		status=0
		(eval "$line") 2>&1 || status=$?
		[ "$status" -eq 0 ] || say "[exit status $status]"
	done
}

cat <<'TEXT'
# Transcripts

Sessions with the program itself, made by `sh docs/transcripts.sh > docs/TRANSCRIPTS.md` and held against it
by a test. The packages are our own fixtures ([fixtures/](../fixtures/README.md)), as wasm-bindgen wrote them.

## In a build

`pkg` is what `wasm-bindgen --target nodejs --out-dir pkg` wrote. A deep recursion runs out of stack in it:
TEXT

mkdir "$work/build"
cd "$work/build"
fixture 0.2.130/heap/nodejs pkg
cat > main.cjs <<'JS'
const app = require('./pkg/reglue_fixture.js');
const say = (call) => {
  try {
    console.log(call());
  } catch (error) {
    console.log(`${error.name}: ${error.message}`);
  }
};
say(() => app.greet('world'));
say(() => app.recurse_shadow(1e6));
say(() => app.greet('world'));
JS
begin
run 'ls pkg' 'cat main.cjs' 'node main.cjs'
end
say '' 'From then on every call fails. The same program with its glue patched:'
begin
run 'reglue patch pkg' 'node main.cjs'
end
say '' 'Patching again changes nothing, so the line can stand in any build script; and it can be undone:'
begin
run 'reglue patch pkg' 'reglue revert pkg' 'reglue revert pkg'
end

cat <<'TEXT'

## In continuous integration

A repository in which the bindings are committed. The check fails while glue is not patched, by its status:
TEXT
mkdir "$work/ci"
cd "$work/ci"
fixture 0.2.130/heap/web web/pkg
git init -q .
git -c user.name=ci -c user.email=ci@example.org -c commit.gpgsign=false add .
git -c user.name=ci -c user.email=ci@example.org commit -q -m bindings
begin
run 'reglue check -r web'
end
say '' 'GitHub shows the same beside the lines:'
begin
run 'reglue check -r --format github web 2>/dev/null'
end
say '' 'What would change, as a patch (here its first lines):'
begin
run 'reglue check -r --diff web 2>/dev/null | cut -c1-72 | head -n 16'
end
say '' '`git apply` takes it, and gives the very bytes that `patch` writes:'
begin
run 'reglue check -r --diff web 2>/dev/null | git apply' 'git status --short' 'reglue check -r web'
end
say '' 'A package with threads comes along. It cannot be patched soundly and is refused, with the place; GitHub' \
	'shows it beside the line:'
fixture 0.2.130/threads/web web/codec
begin
run 'reglue check -r web' 'reglue check -r --format github web' 'reglue help shared-memory'
end
say '' 'Somebody checks the tree out with converted line ends. Nothing is guessed then:'
begin
run "sed -i 's/\$/\r/' web/pkg/reglue_fixture.js" 'reglue check web/pkg' 'reglue help seal-line-ends'
end

cat <<'TEXT'

## Over a tree of bindings

Several packages, of several releases of wasm-bindgen and for several targets; one of them uses threads:
TEXT
mkdir "$work/batch"
cd "$work/batch"
fixture 0.2.83/default/no-modules bindings/legacy
fixture 0.2.100/default/nodejs bindings/charts
fixture 0.2.130/threads/web bindings/codec
fixture 0.2.130/heap/web bindings/editor
printf 'export const version = 3;\n' > bindings/version.js
begin
run 'reglue patch -r -j0 bindings --report report.json'
end
say '' 'One refusal does not stop the rest. The report is JSON; a page for people is made of it:'
begin
run 'reglue report html report.json -o report.html' \
	'node -p "JSON.stringify(require(\"./report.json\").totals, null, 1)"'
end
say '' 'The same in two parts, as two machines would do it, gives the same report:'
begin
run 'reglue revert -r -q bindings' \
	'reglue patch -r -q --shard 1/2 bindings --report 1.json' \
	'reglue patch -r -q --shard 2/2 bindings --report 2.json' \
	'reglue report merge 1.json 2.json -o merged.json' \
	'cmp merged.json report.json'
end
say '' 'What is recognised in a glue and what is not, and then every entrypoint (here the first lines):'
begin
run 'reglue inspect bindings/charts' \
	'reglue inspect -v bindings/charts 2>&1 | head -n 20'
end
