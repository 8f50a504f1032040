#include "batch.h"

#include <stdlib.h>

static const struct str suffixes[] = {{".js", 3}, {".mjs", 4}, {".cjs", 4}};

enum { SUFFIX_COUNT = sizeof(suffixes) / sizeof(suffixes[0]) };

/* What the names of one package have in common: x.js, x_bg.js and x_bg.cjs are of package x. */
static struct str package_key(struct str path)
{
	for (size_t i = 0; i < SUFFIX_COUNT; i++) {
		if (str_ends(path, suffixes[i])) {
			path = str_slice(path, 0, path.len - suffixes[i].len);
			break;
		}
	}
	if (str_ends(path, STR("_bg"))) {
		path = str_slice(path, 0, path.len - 3);
	}
	return path;
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
static void make_packages(struct arena *arena, const struct os_entries *entries,
	struct batch *batch)
{
	uint32_t count = entries->count;
	struct keyed *order = arena_array(arena, struct keyed, count);
	for (uint32_t i = 0; i < count; i++) {
		order[i] = (struct keyed){package_key(entries->items[i].path), i, i};
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

void batch_collect(struct arena *arena, const struct str *paths, uint32_t path_count,
	bool recursive, struct batch *batch)
{
	*batch = (struct batch){0};
	struct os_entries entries = {0};
	for (uint32_t i = 0; i < path_count; i++) {
		if (os_kind(arena, paths[i]) == OS_DIRECTORY) {
			batch->walked = true;
			os_walk(arena, paths[i], recursive, suffixes, SUFFIX_COUNT, &entries);
		} else {
			os_add_entry(arena, &entries, (struct os_entry){.path = paths[i]});
		}
	}
	make_packages(arena, &entries, batch);
}
