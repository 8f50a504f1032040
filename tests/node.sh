# Sourced by the scripts beside it. The tests want Node.js 20 and npm 10 or newer. Where the machine's own
# are older, as Debian 12's are, those that tests/node pins by lock file come first in PATH.
own_node_is_new_enough() {
	node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null &&
		[ "$(npm --version 2>/dev/null | cut -d. -f1)" -ge 10 ] 2>/dev/null
}

use_new_enough_node() { # needs the machine's own npm, of any version
	if own_node_is_new_enough; then
		return
	fi
	pinned=$(pwd)/tests/node/node_modules
	npm_packages tests/node
	PATH=$pinned/.bin:$PATH
	export PATH
}

# Installs a folder's packages by its lock file, without running anything that they bring along.
npm_packages() {
	if [ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ]; then
		return
	fi
	printf 'installing the npm packages of %s\n' "$1" >&2
	(cd "$1" && npm ci --ignore-scripts --no-audit --no-fund >&2)
	touch "$1/node_modules/.package-lock.json"
}
