#include <stdlib.h>

#include "command.h"
#include "os_process.h"

/*
 * wasm-bindgen says in its arguments what it writes. Other programs (wasm-pack, trunk) run it
 * themselves: for them it is replaced by an alias of reglue, first in PATH, so that what they do with
 * its output afterwards, such as copying and hashing it, they do with patched files. What they got
 * from a wasm-bindgen that is not in PATH is found by comparing the folders before and after.
 */
enum { PAGE_MAX_BYTES = 1 << 24 };

static const char bindgen[] = "wasm-bindgen";

/* A file that was there before. */
struct seen {
	struct str path;
	struct os_stamp stamp;
};

struct watch {
	struct str *roots;
	uint32_t root_count;
	struct seen *seen;
	uint32_t seen_count;
};

static struct str base_name(struct str path)
{
	size_t slash = path.len;
	while (slash != 0 && path.data[slash - 1] != '/') {
		slash--;
	}
	return str_slice(path, slash, path.len);
}

/* ---- after wasm-bindgen itself ---- */

/* The value of --name VALUE or --name=VALUE at args[i]; moves i over it. Empty if it is another. */
static struct str value_of(char **args, uint32_t *i, const char *name)
{
	struct str word = str_from(args[*i]), flag = str_from(name);
	if (str_equal(word, flag) && args[*i + 1] != NULL) {
		return str_from(args[++*i]);
	}
	bool joined = str_starts(word, flag) && word.len > flag.len && word.data[flag.len] == '=';
	return joined ? str_slice(word, flag.len + 1, word.len) : STR("");
}

/* The files that wasm-bindgen was told to write, as far as they are there. */
static void add_outputs(struct arena *arena, char **args, struct os_entries *files)
{
	static const char *const ends[] = {".js", "_bg.js", ".mjs", "_bg.mjs", ".cjs", "_bg.cjs"};
	struct str folder = STR(""), name = STR(""), input = STR("");
	for (uint32_t i = 1; args[i] != NULL; i++) {
		struct str value;
		if ((value = value_of(args, &i, "--out-dir")).len != 0) {
			folder = value;
		} else if ((value = value_of(args, &i, "--out-name")).len != 0) {
			name = value;
		} else if (str_ends(str_from(args[i]), STR(".wasm"))) {
			input = base_name(str_from(args[i]));
			input.len -= 5;
		}
	}
	name = name.len != 0 ? name : input;
	if (folder.len == 0 || name.len == 0) {
		return; /* it printed its version, or help */
	}
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct str path =
			os_join(arena, folder, arena_printf(arena, "%.*s%s", STR_ARGS(name), ends[i]));
		if (os_kind(arena, path) == OS_FILE) {
			os_add_entry(arena, files, (struct os_entry){.path = path});
		}
	}
}

/* ---- after any other program ---- */

static const struct str scripts[] = {{".js", 3}, {".mjs", 4}, {".cjs", 4}};

static void list_scripts(struct arena *arena, const struct watch *watch, struct os_entries *found)
{
	struct os_walk walk = {
		.suffixes = scripts, .suffix_count = 3, .recursive = true, .ignore = true};
	for (uint32_t i = 0; i < watch->root_count; i++) {
		if (os_kind(arena, watch->roots[i]) == OS_DIRECTORY) {
			os_walk(arena, watch->roots[i], &walk);
		}
	}
	*found = walk.found;
}

static int compare_seen(const void *left, const void *right)
{
	return str_compare(((const struct seen *)left)->path, ((const struct seen *)right)->path);
}

/* The working directory, and directories that the arguments name, whether they are there or not. */
static void watch_begin(struct arena *arena, char **args, struct watch *watch)
{
	uint32_t count = 0;
	while (args[count] != NULL) {
		count++;
	}
	*watch = (struct watch){.roots = arena_array(arena, struct str, count + 1)};
	watch->roots[watch->root_count++] = STR(".");
	for (uint32_t i = 1; i < count; i++) {
		struct str word = str_from(args[i]);
		const char *equals = args[i][0] == '-' ? strchr(args[i], '=') : NULL;
		word = equals == NULL ? word : str_from(equals + 1);
		bool named =
			i > 0 && (strcmp(args[i - 1], "--out-dir") == 0 || strcmp(args[i - 1], "-d") == 0 ||
						 strcmp(args[i - 1], "--dist") == 0);
		if (word.len != 0 && word.data[0] != '-' &&
			(named || equals != NULL || os_kind(arena, word) == OS_DIRECTORY)) {
			watch->roots[watch->root_count++] = word;
		}
	}
	struct os_entries found;
	list_scripts(arena, watch, &found);
	watch->seen = arena_array(arena, struct seen, found.count);
	for (uint32_t i = 0; i < found.count; i++) {
		struct seen *seen = &watch->seen[watch->seen_count];
		seen->path = found.items[i].path;
		watch->seen_count += os_stamp(arena, seen->path, &seen->stamp);
	}
	if (watch->seen_count != 0) {
		qsort(watch->seen, watch->seen_count, sizeof(*watch->seen), compare_seen);
	}
}

static bool is_among(const struct os_entries *files, struct str path)
{
	for (uint32_t i = 0; i < files->count; i++) {
		if (str_equal(files->items[i].path, path)) {
			return true;
		}
	}
	return false;
}

/* The files that are new, or not as they were. */
static void watch_end(struct arena *arena, const struct watch *watch, struct os_entries *files)
{
	struct os_entries found;
	list_scripts(arena, watch, &found);
	for (uint32_t i = 0; i < found.count; i++) {
		struct seen now = {.path = found.items[i].path};
		if (!os_stamp(arena, now.path, &now.stamp)) {
			continue;
		}
		const struct seen *before =
			watch->seen_count == 0
				? NULL
				: bsearch(&now, watch->seen, watch->seen_count, sizeof(now), compare_seen);
		if (before != NULL && memcmp(&before->stamp, &now.stamp, sizeof(now.stamp)) == 0) {
			continue;
		}
		/* a folder that is named may lie in the working directory as well */
		if (str_starts(now.path, STR("./"))) {
			now.path = str_slice(now.path, 2, now.path.len);
		}
		if (!is_among(files, now.path)) {
			os_add_entry(arena, files, (struct os_entry){.path = now.path});
		}
	}
}

/*
 * A page beside a file that holds a checksum of it, as trunk makes them: changing the file now would
 * break the page. Empty if there is none.
 */
static struct str find_checksum(struct arena *arena, struct str path)
{
	static const struct str pages[] = {{".html", 5}};
	struct os_walk walk = {.suffixes = pages, .suffix_count = 1};
	os_walk(arena, os_folder_of(path), &walk);
	for (uint32_t i = 0; i < walk.found.count; i++) {
		struct diags ignored = {0};
		struct str text, page = walk.found.items[i].path;
		if (walk.found.items[i].error.len == 0 &&
			os_read_file(arena, page, PAGE_MAX_BYTES, &text, &ignored) &&
			str_find(text, base_name(path)) != (size_t)-1 &&
			str_find(text, STR("integrity=")) != (size_t)-1) {
			return page;
		}
	}
	return STR("");
}

/* Takes out what must not be changed any more; the status of having had to refuse some. */
static int refuse_checksums(struct arena *arena, struct os_entries *files)
{
	uint32_t kept = 0;
	bool refused = false;
	for (uint32_t i = 0; i < files->count; i++) {
		struct str path = files->items[i].path, page = find_checksum(arena, path), bytes;
		struct diags diags = {0};
		bool summed = page.len != 0 && os_read_file(arena, path, SOURCE_MAX_BYTES, &bytes, &diags);
		if (summed && str_find(bytes, STR("reglue-seal")) != (size_t)-1) {
			continue; /* patched in time */
		}
		if (summed && wasm_name_in(bytes).len != 0) {
			refused = true;
			struct console console = {.results = stderr};
			console_finding(&console, arena,
				&(struct finding){.path = path,
					.severity = SEVERITY_REFUSAL,
					.code = "integrity",
					.text = arena_printf(arena,
						"%.*s holds a checksum of it; put a wasm-bindgen into PATH, "
						"which exec can stand in for before that is made",
						STR_ARGS(page))});
		} else {
			files->items[kept++] = files->items[i];
		}
	}
	files->count = kept;
	return refused ? STATUS_REFUSED : STATUS_DONE;
}

/* ---- the verb ---- */

static int patch_files(
	struct arena *arena, const struct options *options, const struct os_entries *files)
{
	struct options patch = *options;
	patch.paths = arena_array(arena, struct str, files->count);
	patch.path_count = files->count;
	for (uint32_t i = 0; i < files->count; i++) {
		patch.paths[i] = files->items[i].path;
	}
	patch.allow_empty = true;
	return command_patch(&patch);
}

int command_exec(const struct options *options)
{
	struct arena *arena = arena_create();
	struct diags diags = {0};
	char **args = options->command;
	bool direct = str_equal(base_name(str_from(args[0])), str_from(bindgen));
	struct str alias = STR("");
	struct watch watch = {0};
	if (!direct) {
		watch_begin(arena, args, &watch);
		os_set_environment(arena, "REGLUE_OPTIONS", options->flags);
		if (os_next_in_path(arena, bindgen).len != 0 ||
			os_environment("REGLUE_WASM_BINDGEN") != NULL) {
			alias = os_add_alias(arena, bindgen);
		}
	}
	int status = os_run(arena, args, &diags);
	os_remove_alias(arena, alias, bindgen);
	for (const struct diag *diag = diags.first; diag != NULL; diag = diag->next) {
		struct console console = {.results = stderr};
		struct finding finding = command_finding(str_from(args[0]), diag);
		console_finding(&console, arena, &finding);
	}
	if (status == 0) {
		struct os_entries files = {0};
		if (direct) {
			add_outputs(arena, args, &files);
		} else {
			watch_end(arena, &watch, &files);
			status = refuse_checksums(arena, &files);
		}
		if (files.count != 0) {
			int patched = patch_files(arena, options, &files);
			status = patched > status ? patched : status;
		}
	}
	arena_destroy(arena);
	return os_end_alike(status);
}

/* ---- reglue called by the name wasm-bindgen ---- */

bool command_is_bindgen(const char *program)
{
	return str_equal(base_name(str_from(program)), str_from(bindgen));
}

/* As "reglue exec FLAGS -- REAL ARGUMENTS", with the flags from the environment. */
bool command_bindgen_line(
	struct arena *arena, int argc, char **argv, int *count, char ***line, struct str *error)
{
	struct str real = str_from(os_environment("REGLUE_WASM_BINDGEN"));
	struct str flags = str_from(os_environment("REGLUE_OPTIONS"));
	real = real.len != 0 ? real : os_next_in_path(arena, bindgen);
	if (real.len == 0) {
		*error = STR("there is no other wasm-bindgen in PATH; REGLUE_WASM_BINDGEN can name "
					 "the real one");
		return false;
	}
	/* a copy of reglue that is no link would call itself for ever */
	const char *depth = os_environment("REGLUE_DEPTH");
	if (depth != NULL && strlen(depth) > 3) {
		*error = arena_printf(arena,
			"%.*s is reglue as well; REGLUE_WASM_BINDGEN can name "
			"the real one",
			STR_ARGS(real));
		return false;
	}
	os_set_environment(
		arena, "REGLUE_DEPTH", arena_printf(arena, "%s|", depth == NULL ? "" : depth));
	*line = arena_array(arena, char *, (size_t)argc + flags.len + 5);
	*count = 0;
	(*line)[(*count)++] = argv[0];
	(*line)[(*count)++] = (char *)"exec";
	char *words = (char *)arena_copy(arena, flags).data;
	for (char *word = strtok(words, " \n"); word != NULL; word = strtok(NULL, " \n")) {
		(*line)[(*count)++] = word;
	}
	(*line)[(*count)++] = (char *)"--";
	(*line)[(*count)++] = (char *)arena_copy(arena, real).data;
	for (int i = 1; i < argc; i++) {
		(*line)[(*count)++] = argv[i];
	}
	return true;
}
