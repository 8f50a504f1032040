#include <criterion/criterion.h>

#include "batch.h"
#include "folder.h"
#include "ignore.h"
#include "parallel.h"
#include "settings.h"

static struct arena *arena;
static struct str folder;

static void setup(void)
{
	arena = arena_create();
	folder = folder_enter(arena);
}

static void teardown(void)
{
	folder_leave(arena, folder);
	arena_destroy(arena);
}

TestSuite(batch, .init = setup, .fini = teardown);

static void touch(const char *const *names)
{
	for (; *names != NULL; names++) {
		folder_write(arena, str_from(*names), STR(""));
	}
}

static void collect(struct batch_query query, const char *expected)
{
	struct batch batch;
	batch_collect(arena, &query, &batch);
	struct buf names = BUF_INIT;
	for (uint32_t i = 0; i < batch.package_count; i++) {
		const struct package *package = &batch.packages[i];
		for (uint32_t k = 0; k < package->count; k++) {
			buf_printf(&names, "%s%.*s", k == 0 ? i == 0 ? "" : " " : "+",
				STR_ARGS(package->files[k].path));
		}
	}
	cr_assert(str_equal(buf_str(&names), str_from(expected)), "%.*s", STR_ARGS(buf_str(&names)));
	buf_finish(&names);
}

Test(batch, packages_hold_what_belongs_together)
{
	touch((const char *const[]){
		"x.js", "x2.js", "x_bg.js", "y.cjs", "y_a.js", "z.ts", "x.d.ts", "lone.d.ts", NULL});
	struct str paths[] = {STR("."), STR("none.js"), STR("none.js")};
	collect((struct batch_query){.paths = paths, .path_count = 3},
		"./x.js+./x_bg.js ./x2.js ./y.cjs ./y_a.js none.js");
	/* what a shell makes of * */
	struct str all[] = {STR("x.d.ts"), STR("x.js"), STR("x_bg.js"), STR("lone.d.ts")};
	collect((struct batch_query){.paths = all, .path_count = 4}, "x.js+x_bg.js lone.d.ts");
	struct str half[] = {STR("x_bg.js")};
	collect((struct batch_query){.paths = half, .path_count = 1}, "x_bg.js+x.js");
	collect((struct batch_query){.paths = half, .path_count = 1, .alone = true}, "x_bg.js");
	cr_assert(str_equal(batch_types_path(arena, STR("a/x.mjs")), STR("a/x.d.mts")));
	cr_assert(batch_types_path(arena, STR("a/x.ts")).len == 0);
}

Test(batch, loaders_that_people_wrote_are_of_the_package)
{
	touch((const char *const[]){"x.js", "x_bg.js", "x_web.js", "x_node.mjs", "x_slim.js",
		"x_slim_bg.js", "x_slim_web.js", "x_two_words.js", "web.js", NULL});
	struct str paths[] = {STR(".")};
	collect((struct batch_query){.paths = paths, .path_count = 1},
		"./web.js ./x.js+./x_bg.js+./x_node.mjs+./x_web.js "
		"./x_slim.js+./x_slim_bg.js+./x_slim_web.js "
		"./x_two_words.js");
	struct str loader[] = {STR("x_web.js")};
	collect((struct batch_query){.paths = loader, .path_count = 1}, "x_web.js+x_bg.js");
	struct str slim[] = {STR("x_slim.js")};
	collect((struct batch_query){.paths = slim, .path_count = 1}, "x_slim.js+x_slim_bg.js");
	/* one part has them all, whichever it is */
	for (uint32_t shard = 1; shard <= 2; shard++) {
		struct batch batch;
		batch_collect(arena,
			&(struct batch_query){.paths = loader, .path_count = 1, .shard = shard, .shards = 2},
			&batch);
		cr_assert(batch.file_count == 0 || batch.file_count == 2);
	}
}

Test(batch, bodies_of_wasmbuild_are_of_the_package)
{
	touch((const char *const[]){"x.mjs", "x.internal.mjs", "y.js", "y.internal.js", "y_bg.js",
		"z.internal.js", NULL});
	struct str paths[] = {STR(".")};
	collect((struct batch_query){.paths = paths, .path_count = 1},
		"./x.internal.mjs+./x.mjs ./y.internal.js+./y.js+./y_bg.js ./z.internal.js");
	struct str loader[] = {STR("x.mjs")};
	collect((struct batch_query){.paths = loader, .path_count = 1}, "x.mjs+x.internal.mjs");
	struct str body[] = {STR("x.internal.mjs")};
	collect((struct batch_query){.paths = body, .path_count = 1}, "x.internal.mjs+x.mjs");
}

Test(batch, lists)
{
	struct str paths[] = {STR("a.js")};
	collect(
		(struct batch_query){
			.paths = paths, .path_count = 1, .list = STR("b c.js\r\n\n./d.js\na.js")},
		"a.js b c.js ./d.js");
	collect((struct batch_query){.list = STR("b\nc.js\0d.js\0"), .null_separated = true},
		"b\nc.js d.js");
}

Test(batch, parts_are_a_partition_by_package)
{
	enum { FILES = 300, PARTS = 7 };
	static struct str paths[2 * FILES];
	for (int i = 0; i < FILES; i++) {
		paths[2 * i] = arena_printf(arena, "dir/p%d.js", i);
		paths[2 * i + 1] = arena_printf(arena, "dir/p%d_bg.js", i);
	}
	uint32_t sum = 0;
	for (uint32_t part = 1; part <= PARTS; part++) {
		struct batch batch;
		batch_collect(arena,
			&(struct batch_query){
				.paths = paths, .path_count = 2 * FILES, .shard = part, .shards = PARTS},
			&batch);
		cr_assert(
			batch.package_count > FILES / PARTS / 2, "part %u: %u", part, batch.package_count);
		for (uint32_t i = 0; i < batch.package_count; i++) {
			cr_assert_eq(batch.packages[i].count, 2);
		}
		sum += batch.package_count;
	}
	cr_assert_eq(sum, FILES);
	/* the same on every machine, however the path is written */
	struct str same[] = {STR("./dir//p1.js"), STR("dir/./p1_bg.js"), STR("dir/p1.js")};
	struct batch batch, none;
	batch_collect(arena,
		&(struct batch_query){.paths = same, .path_count = 3, .shard = 1, .shards = 2}, &batch);
	batch_collect(arena,
		&(struct batch_query){.paths = same, .path_count = 3, .shard = 2, .shards = 2}, &none);
	cr_assert(batch.file_count + none.file_count == 3);
	cr_assert(batch.file_count == 0 || none.file_count == 0);
}

static void ignored(const char *rules, const char *path, bool is_folder, bool expected)
{
	const struct ignore *ignore = ignore_parse(arena, STR("/top"), str_from(rules), NULL);
	cr_assert_eq(
		ignore_match(ignore, arena, str_from(path), is_folder), expected, "%s: %s", rules, path);
}

Test(batch, ignore_rules)
{
	ignored("", "/top/a.js", false, false);
	ignored("# a.js\n\n  \n", "/top/a.js", false, false);
	ignored("a.js", "/top/a.js", false, true);
	ignored("a.js", "/top/b/c/a.js", false, true);
	ignored("a.js\r\nb.js", "/top/a.js", false, true);
	ignored("a.js  ", "/top/a.js", false, true);
	ignored("a\\ ", "/top/a ", false, true);
	ignored("/a.js", "/top/b/a.js", false, false);
	ignored("/a.js", "/top/a.js", false, true);
	ignored("b/a.js", "/top/b/a.js", false, true);
	ignored("b/a.js", "/top/c/b/a.js", false, false);
	ignored("b/", "/top/b", true, true);
	ignored("b/", "/top/b", false, false);
	ignored("c/d/", "/top/c/d", true, true);
	ignored("*.js", "/top/x/y.js", false, true);
	ignored("x/*.js", "/top/x/y.js", false, true);
	ignored("x/*.js", "/top/x/z/y.js", false, false);
	ignored("x/**/y.js", "/top/x/y.js", false, true);
	ignored("x/**/y.js", "/top/x/a/b/y.js", false, true);
	ignored("**/x/*.js", "/top/a/x/a/x/y.js", false, true);
	ignored("x/**", "/top/x/a", false, true);
	ignored("x/**", "/top/x", true, false);
	ignored("a?[0-9].js", "/top/ab7.js", false, true);
	ignored("a?[!0-9].js", "/top/ab7.js", false, false);
	ignored("*.js\n!keep.js", "/top/keep.js", false, false);
	ignored("!keep.js\n*.js", "/top/keep.js", false, true);
	ignored("\\!a.js\n\\#b.js", "/top/!a.js", false, true);
	ignored("\\!a.js\n\\#b.js", "/top/#b.js", false, true);
	ignored("[", "/top/[", false, true);
	ignored("/", "/top/a", true, false);
}

Test(batch, ignore_files_on_the_way)
{
	cr_assert(system("mkdir -p r/.git r/b/c r/b/d r/b/node_modules") == 0);
	touch((const char *const[]){"r/b/1.js", "r/b/2.js", "r/b/c/1.js", "r/b/c/2.js", "r/b/d/3.js",
		"r/b/node_modules/4.js", NULL});
	folder_write(arena, STR(".reglueignore"), STR("*.js\n")); /* beyond the repository */
	folder_write(arena, STR("r/.reglueignore"), STR("/b/2.js\nd/\n1.js\n"));
	folder_write(arena, STR("r/b/c/.reglueignore"), STR("!1.js\n"));
	struct str path = STR("r/b");
	struct batch_query query = {.paths = &path, .path_count = 1, .recursive = true};
	collect(query, "r/b/1.js r/b/2.js r/b/c/1.js r/b/c/2.js r/b/d/3.js");
	query.ignore = true;
	collect(query, "r/b/c/1.js r/b/c/2.js");
	/* who is named is wanted */
	struct str named[] = {STR("r/b/1.js"), STR("r/b/d"), STR("r/b/node_modules")};
	collect((struct batch_query){.paths = named, .path_count = 3, .ignore = true},
		"r/b/1.js r/b/d/3.js r/b/node_modules/4.js");
}

struct order {
	uint32_t worked[1000];
	uint32_t taken;
};

static void work(void *context, uint32_t index)
{
	struct order *order = context;
	for (volatile uint32_t i = 0; i < index * 7919 % 5000; i++) {}
	order->worked[index]++;
}

static void take(void *context, uint32_t index)
{
	struct order *order = context;
	cr_assert(order->taken == index && order->worked[index] == 1);
	order->taken++;
}

Test(batch, threads_keep_the_order)
{
	static const uint32_t threads[] = {1, 2, 7, 64};
	for (size_t i = 0; i < 4; i++) {
		struct order order = {.taken = 0};
		parallel_run(1000, threads[i], work, take, &order);
		cr_assert_eq(order.taken, 1000);
	}
	parallel_run(0, 4, work, take, NULL);
}

/* ---- reglue.json ---- */

static struct str found(struct options *options, const char *path)
{
	struct diags diags = {0};
	struct source source;
	struct settings_finder *finder = settings_finder_create(arena, options);
	const struct settings *settings = settings_find(finder, str_from(path), false, &source, &diags);
	if (settings == NULL) {
		cr_assert(diags.errors == 1);
		struct position at = {0};
		if (diags.first->offset != DIAG_NO_OFFSET) {
			at = source_position(arena, &source, diags.first->offset);
		}
		/* told once */
		cr_assert(settings_find(finder, str_from(path), false, &source, &diags) == NULL);
		cr_assert(options->config.len != 0 || diags.errors == 1);
		return arena_printf(arena, "%.*s:%u:%u: %.*s", STR_ARGS(source.path), at.line, at.column,
			STR_ARGS(diags.first->text));
	}
	return settings_text(arena, str_from(path), settings);
}

static void settings(const char *json, const char *expected)
{
	struct options options = {.patch = PATCH_OPTIONS_DEFAULT};
	folder_write(arena, STR("reglue.json"), str_from(json));
	struct str text = found(&options, "a.js");
	cr_assert(str_equal(text, str_from(expected)), "%s: %.*s", json, STR_ARGS(text));
}

Test(batch, settings)
{
	settings("\xEF\xBB\xBF{\"policy\": \"eager\", \"budget\": 3, \"exclude\": [\"a\", \"b\"],\n"
			 "\"reconstruct\": \"C\", \"$schema\": \"x\"}",
		"{\"path\":\"a.js\",\"config\":\"reglue.json\",\"settings\":{\"policy\":\"eager\","
		"\"budget\":3,\"stale-closures\":\"ignore\",\"foreign-throw\":\"ignore\",\"module\":"
		"\"url\","
		"\"exclude\":[\"a\",\"b\"],\"reconstruct\":[\"C\"]}}\n");
	settings("{\"a\": 1", "reglue.json:1:8: this is not well-formed JSON");
	settings("", "reglue.json:1:1: this is not well-formed JSON");
	settings("[]", "reglue.json:1:1: a reglue.json holds an object");
	settings("{\n  \"exclude\": [\"{\\\"\", \"}\"],\n  \"polcy\": \"lazy\"\n}",
		"reglue.json:3:3: there is no setting 'polcy'; did you mean policy?");
	settings("{\"budget\": 1,\n\"policy\":\n  \"lazi\"}",
		"reglue.json:3:3: policy is one of lazy, eager, manual, never, heal, not 'lazi'; "
		"did you mean lazy?");
	settings("{\"budget\": \"16\"}", "reglue.json:1:12: budget needs a whole number");
	settings("{\"budget\": 1.5}", "reglue.json:1:12: budget needs a whole number");
	settings("{\"budget\": -1}",
		"reglue.json:1:12: budget is a number of recoveries a minute, not '-1'");
	settings("{\"exclude\": [\"a\", 1]}", "reglue.json:1:13: exclude needs a list of names");
	settings("{\"policy\": null}", "reglue.json:1:12: policy needs a string");
	settings(
		"{\"recursive\": true}", "reglue.json:1:2: recursive is a flag of the command line only");
	settings(
		"{\"policy\": \"lazy\", \"policy\": \"lazy\"}", "reglue.json:1:20: 'policy' is here twice");
}

Test(batch, settings_of_the_nearest_folder_and_flags)
{
	cr_assert(system("mkdir -p a/b/c d && ln -s ../a/b d/link") == 0);
	folder_write(arena, STR("a/reglue.json"), STR("{\"policy\":\"eager\",\"budget\":2}"));
	folder_write(arena, STR("a/b/c/reglue.json"), STR("{\"budget\":5}"));
	folder_write(arena, STR("other.json"), STR("{\"budget\":7}"));
	struct options options = {.patch = PATCH_OPTIONS_DEFAULT};
	cr_assert(str_find(found(&options, "a/b/x.js"), STR("\"budget\":2")) != (size_t)-1);
	cr_assert(str_find(found(&options, "d/link/x.js"), STR("\"budget\":2")) != (size_t)-1);
	/* not merged: one file says it all */
	cr_assert(str_find(found(&options, "a/b/c/x.js"), STR("lazy\",\"budget\":5")) != (size_t)-1);
	cr_assert(str_find(found(&options, "d/x.js"), STR("\"config\":null")) != (size_t)-1);
	cr_assert(str_find(found(&options, "none/x.js"), STR("\"config\":null")) != (size_t)-1);
	options.config = STR("other.json");
	cr_assert(str_find(found(&options, "a/b/x.js"), STR("\"budget\":7")) != (size_t)-1);
	options.config = STR("missing.json");
	cr_assert(str_equal(
		found(&options, "x.js"), STR("missing.json:0:0: cannot read: No such file or directory")));
	options = (struct options){.patch = PATCH_OPTIONS_DEFAULT, .no_config = true};
	cr_assert(str_find(found(&options, "a/b/x.js"), STR("\"budget\":16")) != (size_t)-1);
	struct str error;
	char *argv[] = {(char *)"reglue", (char *)"patch", (char *)"x", (char *)"--budget=9"};
	cr_assert(options_parse(arena, 4, argv, &options, &error));
	cr_assert(str_find(found(&options, "a/b/x.js"), STR("eager\",\"budget\":9")) != (size_t)-1);
}
