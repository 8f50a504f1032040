#include "batch.h"

#include <stdlib.h>

static const struct str suffixes[] = {{".js", 3}, {".mjs", 4}, {".cjs", 4}};

enum { SUFFIX_COUNT = sizeof(suffixes) / sizeof(suffixes[0]) };

/* What a body's name has more than its loader's: wasm-bindgen's, and that of Deno's wasmbuild. */
static const struct str body_endings[] = {{"_bg", 3}, {".internal", 9}};

enum { ENDING_COUNT = sizeof(body_endings) / sizeof(body_endings[0]) };

/* Declarations, and the JS that they describe, in the order of the suffixes. */
static const struct str types_suffixes[] = {{".d.ts", 5}, {".d.mts", 6}, {".d.cts", 6}};

struct str batch_types_path(struct arena *arena, struct str path)
{
	for (size_t i = 0; i < SUFFIX_COUNT; i++) {
		if (str_ends(path, suffixes[i])) {
			return arena_printf(arena, "%.*s%.*s", (int)(path.len - suffixes[i].len), path.data,
				STR_ARGS(types_suffixes[i]));
		}
	}
	return STR("");
}

/* The JS file that declarations lie beside; the path itself if there is none. */
static struct str find_script(struct arena *arena, struct str path)
{
	for (size_t i = 0; i < SUFFIX_COUNT; i++) {
		if (str_ends(path, types_suffixes[i])) {
			struct str script = arena_printf(arena, "%.*s%.*s",
				(int)(path.len - types_suffixes[i].len), path.data, STR_ARGS(suffixes[i]));
			return os_kind(arena, script) == OS_FILE ? script : path;
		}
	}
	return path;
}

static struct str stem_of(struct str path)
{
	for (size_t i = 0; i < SUFFIX_COUNT; i++) {
		if (str_ends(path, suffixes[i])) {
			return str_slice(path, 0, path.len - suffixes[i].len);
		}
	}
	return path;
}

/* x_web → x; empty if the name has no such part. */
static struct str without_last_word(struct str stem)
{
	size_t at = stem.len;
	while (at > 0 && stem.data[at - 1] != '_' && stem.data[at - 1] != '/') {
		at--;
	}
	return at == 0 || stem.data[at - 1] == '/' ? STR("") : str_slice(stem, 0, at - 1);
}

/* x_bg and wasmbuild's x.internal → x; empty for what has no name of a body's. */
static struct str of_body(struct str stem)
{
	for (size_t i = 0; i < ENDING_COUNT; i++) {
		if (str_ends(stem, body_endings[i])) {
			return str_slice(stem, 0, stem.len - body_endings[i].len);
		}
	}
	return STR("");
}

static int by_text(const void *left, const void *right)
{
	return str_compare(*(const struct str *)left, *(const struct str *)right);
}

/*
 * What the names of one package have in common: x.js, x_bg.js, x_bg.cjs and x.internal.js are of package x, and so are
 * x_web.js and x_node.js beside x_bg.js, if they have no x_web_bg.js: loaders that somebody wrote.
 */
static struct str *find_keys(struct arena *arena, const struct os_entries *entries)
{
	struct str *keys = arena_array(arena, struct str, entries->count);
	struct str *bodies = arena_array(arena, struct str, entries->count);
	size_t count = 0;
	for (uint32_t i = 0; i < entries->count; i++) {
		struct str stem = stem_of(entries->items[i].path), loader = of_body(stem);
		keys[i] = loader.len != 0 ? loader : stem;
		if (loader.len != 0) {
			bodies[count++] = loader;
		}
	}
	if (count == 0) {
		return keys;
	}
	qsort(bodies, count, sizeof(*bodies), by_text);
	for (uint32_t i = 0; i < entries->count; i++) {
		struct str stem = stem_of(entries->items[i].path), shorter = without_last_word(stem);
		if (of_body(stem).len == 0 &&
			bsearch(&stem, bodies, count, sizeof(*bodies), by_text) == NULL &&
			bsearch(&shorter, bodies, count, sizeof(*bodies), by_text) != NULL) {
			keys[i] = shorter;
		}
	}
	return keys;
}

/* FNV-1a over the path without what does not count in it: "./", "//". */
static bool in_shard(struct str key, const struct batch_query *query)
{
	uint64_t hash = 0xcbf29ce484222325u;
	if (query->shards == 0) {
		return true;
	}
	for (size_t i = 0; i < key.len; i++) {
		bool at_start = i == 0 || key.data[i - 1] == '/';
		bool dot = key.data[i] == '.' && i + 1 < key.len && key.data[i + 1] == '/';
		if (at_start && dot) {
			i++;
		} else if (key.data[i] != '/' || !at_start || i == 0) {
			hash = (hash ^ (unsigned char)key.data[i]) * 0x100000001b3u;
		}
	}
	/* the low bits of this hash depend on few of the characters */
	hash ^= hash >> 32;
	return hash % query->shards == query->shard - 1;
}

struct keyed {
	struct str key;
	uint32_t index;
	uint32_t package; /* index of the first file with this key */
};

static int by_key(const void *left, const void *right)
{
	const struct keyed *a = left, *b = right;
	int order = str_compare(a->key, b->key);
	return order != 0 ? order : a->index < b->index ? -1 : a->index > b->index;
}

static int by_package(const void *left, const void *right)
{
	const struct keyed *a = left, *b = right;
	if (a->package != b->package) {
		return a->package < b->package ? -1 : 1;
	}
	return a->index < b->index ? -1 : a->index > b->index;
}

static bool already_in(const struct package *package, struct str path)
{
	for (uint32_t i = 0; i < package->count; i++) {
		if (str_equal(package->files[i].path, path)) {
			return true;
		}
	}
	return false;
}

/* Packages in the order of their first files, files in the order found. */
static void make_packages(
	struct arena *arena, const struct os_entries *entries, struct batch *batch)
{
	uint32_t count = entries->count;
	struct keyed *order = arena_array(arena, struct keyed, count);
	const struct str *keys = find_keys(arena, entries);
	for (uint32_t i = 0; i < count; i++) {
		order[i] = (struct keyed){keys[i], i, i};
	}
	if (count != 0) {
		qsort(order, count, sizeof(*order), by_key);
	}
	for (uint32_t i = 1; i < count; i++) {
		bool alone = entries->items[order[i].index].error.len != 0 ||
		             entries->items[order[i - 1].index].error.len != 0;
		if (!alone && str_equal(order[i].key, order[i - 1].key)) {
			order[i].package = order[i - 1].package;
		}
	}
	if (count != 0) {
		qsort(order, count, sizeof(*order), by_package);
	}
	batch->packages = arena_array(arena, struct package, count);
	struct os_entry *files = arena_array(arena, struct os_entry, count);
	uint32_t used = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct os_entry entry = entries->items[order[i].index];
		if (i == 0 || order[i].package != order[i - 1].package) {
			batch->packages[batch->package_count++].files = &files[used];
		}
		struct package *package = &batch->packages[batch->package_count - 1];
		if (!already_in(package, entry.path)) {
			files[used++] = entry;
			package->count++;
			batch->file_count += entry.error.len == 0;
		}
	}
}

/*
 * The other file of a pair: x_bg.js or x.internal.js to x.js, and the reverse; x_bg.js to x_web.js. Empty if it is not
 * there.
 */
static struct str find_partner(struct arena *arena, struct str path)
{
	struct str stem = stem_of(path), shorter = without_last_word(stem), loader = of_body(stem);
	struct str suffix = str_slice(path, stem.len, path.len), partner;
	if (suffix.len == 0) {
		return STR("");
	}
	if (loader.len != 0) {
		partner = arena_printf(arena, "%.*s%.*s", STR_ARGS(loader), STR_ARGS(suffix));
		return os_kind(arena, partner) == OS_FILE ? partner : STR("");
	}
	for (size_t i = 0; i < ENDING_COUNT; i++) {
		partner = arena_printf(
			arena, "%.*s%.*s%.*s", STR_ARGS(stem), STR_ARGS(body_endings[i]), STR_ARGS(suffix));
		if (os_kind(arena, partner) == OS_FILE) {
			return partner;
		}
	}
	partner = arena_printf(arena, "%.*s_bg%.*s", STR_ARGS(shorter), STR_ARGS(suffix));
	return shorter.len != 0 && os_kind(arena, partner) == OS_FILE ? partner : STR("");
}

/* Who names one file of a pair means both. */
static void complete_pairs(struct arena *arena, struct os_entries *entries)
{
	for (uint32_t i = 0, count = entries->count; i < count; i++) {
		struct os_entry entry = entries->items[i];
		struct str partner = entry.error.len != 0 ? STR("") : find_partner(arena, entry.path);
		if (partner.len != 0) {
			os_add_entry(arena, entries, (struct os_entry){.path = partner});
		}
	}
}

struct collecting {
	struct arena *arena;
	const struct batch_query *query;
	struct batch *batch;
	struct os_walk walk;
	struct str folder; /* in which litter was looked for last */
};

/* A file named by itself: its folder was not listed by a walk. */
static void find_litter(struct collecting *collecting, struct str path)
{
	struct str folder = os_folder_of(path);
	if (!str_equal(folder, collecting->folder)) {
		collecting->folder = folder;
		os_find_litter(collecting->arena, folder, &collecting->walk.litter);
	}
}

static void add_path(struct collecting *collecting, struct str path)
{
	struct arena *arena = collecting->arena;
	collecting->batch->path_count++;
	if (str_equal(path, STR("-"))) {
		os_add_entry(arena, &collecting->walk.found, (struct os_entry){.path = path});
	} else if (os_kind(arena, path) == OS_DIRECTORY) {
		collecting->batch->walked = true;
		os_walk(arena, path, &collecting->walk);
	} else {
		find_litter(collecting, path);
		os_add_entry(
			arena, &collecting->walk.found, (struct os_entry){.path = find_script(arena, path)});
	}
}

static void add_list(struct collecting *collecting)
{
	struct str list = collecting->query->list;
	char end = collecting->query->null_separated ? '\0' : '\n';
	for (size_t from = 0; from < list.len;) {
		const char *stop = memchr(list.data + from, end, list.len - from);
		size_t to = stop == NULL ? list.len : (size_t)(stop - list.data);
		struct str path = str_slice(list, from, to);
		if (end == '\n' && str_ends(path, STR("\r"))) {
			path.len--;
		}
		if (path.len != 0) {
			add_path(collecting, path);
		}
		from = to + 1;
	}
}

/* Leaves those of this part, in their order. */
static void keep_shard(
	struct arena *arena, const struct batch_query *query, struct os_entries *entries)
{
	const struct str *keys = find_keys(arena, entries);
	uint32_t kept = 0;
	for (uint32_t i = 0; i < entries->count; i++) {
		if (in_shard(keys[i], query)) {
			entries->items[kept++] = entries->items[i];
		}
	}
	entries->count = kept;
}

void batch_collect(struct arena *arena, const struct batch_query *query, struct batch *batch)
{
	*batch = (struct batch){0};
	struct collecting collecting = {
		.arena = arena,
		.query = query,
		.batch = batch,
		.walk = {.suffixes = suffixes,
			.suffix_count = SUFFIX_COUNT,
			.recursive = query->recursive,
			.ignore = query->ignore},
	};
	for (uint32_t i = 0; i < query->path_count; i++) {
		add_path(&collecting, query->paths[i]);
	}
	add_list(&collecting);
	if (!query->alone) {
		complete_pairs(arena, &collecting.walk.found);
	}
	keep_shard(arena, query, &collecting.walk.found);
	batch->litter = collecting.walk.litter;
	make_packages(arena, &collecting.walk.found, batch);
}
