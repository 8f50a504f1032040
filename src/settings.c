#include "settings.h"

#include <cJSON.h>

#include "buf.h"
#include "os.h"
#include "utf8.h"

enum { BUCKETS = 1024, MAX_BYTES = 1 << 20 };

struct found {
	struct found *next;
	struct str folder;
	const struct settings *settings;
};

struct settings_finder {
	struct arena *arena;
	const struct options *options;
	struct settings none;          /* what counts where there is no file */
	const struct settings *common; /* of --config */
	struct str working;            /* directory */
	struct found *buckets[BUCKETS];
};

struct settings_finder *settings_finder_create(struct arena *arena, const struct options *options)
{
	struct settings_finder *finder = arena_new(arena, struct settings_finder);
	finder->arena = arena;
	finder->options = options;
	finder->none.patch = options->patch;
	finder->working = os_real_path(arena, STR("."));
	return finder;
}

/* ---- one file ---- */

static bool fail(struct arena *arena, struct diags *diags, uint32_t offset, struct str text)
{
	diag_add(arena, diags, SEVERITY_ERROR, "config", offset, "%.*s", STR_ARGS(text));
	return false;
}

/*
 * cJSON does not tell where things stood. Of well-formed JSON that begins with an object: the offset
 * of the quote at the nth key, or if `value` of the value that belongs to it.
 */
static uint32_t place_of(struct str text, int nth, bool value)
{
	int depth = 0, keys = 0;
	bool expects_key = false;
	for (uint32_t i = 0; i < text.len; i++) {
		char c = text.data[i];
		bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
		if (depth == 1 && !blank && keys == nth + 1 && !expects_key && c != ':') {
			return i;
		}
		if (c == '{' || c == '[') {
			expects_key = ++depth == 1;
		} else if (c == '}' || c == ']') {
			depth--;
		} else if (c == ',' && depth == 1) {
			expects_key = true;
		} else if (c == '"') {
			if (depth == 1 && expects_key) {
				if (keys++ == nth && !value) {
					return i;
				}
				expects_key = false;
			}
			for (i++; i < text.len && text.data[i] != '"'; i++) {
				i += text.data[i] == '\\';
			}
		}
	}
	return 0;
}

/* A list is [ words ], or one word. */
static bool read_list(struct arena *arena, const cJSON *item, struct str **values, uint32_t *count)
{
	if (cJSON_IsString(item)) {
		*values = arena_new(arena, struct str);
		**values = arena_copy(arena, str_from(item->valuestring));
		*count = 1;
		return (*values)->len != 0;
	}
	if (!cJSON_IsArray(item)) {
		return false;
	}
	*values = arena_array(arena, struct str, (size_t)cJSON_GetArraySize(item));
	*count = 0;
	const cJSON *element;
	cJSON_ArrayForEach(element, item)
	{
		if (!cJSON_IsString(element) || element->valuestring[0] == '\0') {
			return false;
		}
		(*values)[(*count)++] = arena_copy(arena, str_from(element->valuestring));
	}
	return true;
}

static bool read_value(struct arena *arena, const cJSON *item, enum setting_kind kind,
	struct str **values, uint32_t *count, const char **wanted)
{
	*values = arena_new(arena, struct str);
	*count = 1;
	switch (kind) {
	case SETTING_WORD:
		*wanted = "a string";
		**values = arena_copy(arena, str_from(cJSON_GetStringValue(item)));
		return cJSON_IsString(item);
	case SETTING_NUMBER:
		*wanted = "a whole number";
		**values = arena_printf(arena, "%.0f", cJSON_GetNumberValue(item));
		return cJSON_IsNumber(item) && item->valuedouble == (double)item->valueint;
	case SETTING_LIST:
		*wanted = "a list of names";
		return read_list(arena, item, values, count);
	case SETTING_UNKNOWN:
	case SETTING_FLAG:
		break;
	}
	return false;
}

static bool read_key(struct settings_finder *finder, const cJSON *json, const cJSON *item,
	struct patch_options *patch, struct diags *diags, struct str text, int nth)
{
	struct arena *arena = finder->arena;
	struct str key = arena_copy(arena, str_from(item->string));
	struct str shown = utf8_printable(arena, key);
	enum setting_kind kind = options_setting_kind(key);
	if (str_equal(key, STR("$schema"))) {
		return true; /* for editors */
	}
	if (kind == SETTING_UNKNOWN) {
		struct str hint = options_suggest_setting(arena, key);
		return fail(arena, diags, place_of(text, nth, false),
			arena_printf(arena, "there is no setting '%.*s'%.*s", STR_ARGS(shown), STR_ARGS(hint)));
	}
	if (kind == SETTING_FLAG) {
		return fail(arena, diags, place_of(text, nth, false),
			arena_printf(arena, "%.*s is a flag of the command line only", STR_ARGS(shown)));
	}
	for (const cJSON *before = json->child; before != item; before = before->next) {
		if (strcmp(before->string, item->string) == 0) {
			return fail(arena, diags, place_of(text, nth, false),
				arena_printf(arena, "'%.*s' is here twice", STR_ARGS(shown)));
		}
	}
	struct str *values, error;
	uint32_t count;
	const char *wanted = "";
	if (!read_value(arena, item, kind, &values, &count, &wanted)) {
		error = arena_printf(arena, "%.*s needs %s", STR_ARGS(shown), wanted);
	} else if (options_set(arena, finder->options, patch, key, values, count, &error)) {
		return true;
	}
	return fail(arena, diags, place_of(text, nth, true), error);
}

static bool parse(struct settings_finder *finder, struct str text, uint32_t shift,
	struct patch_options *patch, struct diags *diags)
{
	struct arena *arena = finder->arena;
	const char *end = NULL;
	struct str copy = arena_copy(arena, text); /* cJSON wants its NUL */
	cJSON *json = cJSON_ParseWithLengthOpts(copy.data, copy.len + 1, &end, true);
	bool right = json != NULL && cJSON_IsObject(json);
	if (json == NULL) {
		size_t at = end == NULL ? 0 : (size_t)(end - copy.data);
		fail(arena, diags, (uint32_t)(at < copy.len ? at : copy.len),
			STR("this is not well-formed JSON"));
	} else if (!right) {
		fail(arena, diags, 0, STR("a reglue.json holds an object"));
	}
	int nth = 0;
	for (cJSON *item = right ? json->child : NULL; right && item != NULL; item = item->next) {
		right = read_key(finder, json, item, patch, diags, text, nth++);
	}
	cJSON_Delete(json);
	for (struct diag *diag = diags->first; diag != NULL; diag = diag->next) {
		diag->offset += shift;
	}
	return right;
}

static const struct settings *read_file(
	struct settings_finder *finder, struct str path, struct source *source, struct diags *diags)
{
	struct arena *arena = finder->arena;
	struct settings *settings = arena_new(arena, struct settings);
	struct str text;
	*settings = (struct settings){.file = path, .patch = finder->options->patch};
	source_init(source, path, STR(""));
	if (!os_read_file(arena, path, MAX_BYTES, &text, diags)) {
		return NULL;
	}
	source_init(source, path, text);
	/* editors of some systems begin a file so */
	uint32_t mark = str_starts(text, STR("\xEF\xBB\xBF")) ? 3 : 0;
	bool right = parse(finder, str_slice(text, mark, text.len), mark, &settings->patch, diags);
	return right ? settings : NULL;
}

/* ---- which file ---- */

/* As short as a user would type it. */
static struct str relative(const struct settings_finder *finder, struct str path)
{
	size_t len = finder->working.len;
	bool below = str_starts(path, finder->working) && path.len > len && path.data[len] == '/';
	return below ? str_slice(path, len + 1, path.len) : path;
}

/* The folder is an absolute path without symbolic links. */
static const struct settings *find_in(
	struct settings_finder *finder, struct str folder, struct source *source, struct diags *diags)
{
	uint64_t hash = 0;
	for (size_t i = 0; i < folder.len; i++) {
		hash = hash * 31 + (unsigned char)folder.data[i];
	}
	struct found **bucket = &finder->buckets[hash % BUCKETS];
	for (const struct found *found = *bucket; found != NULL; found = found->next) {
		if (str_equal(found->folder, folder)) {
			return found->settings;
		}
	}
	struct str path = os_join(finder->arena, folder, STR("reglue.json"));
	const struct settings *settings = &finder->none;
	if (os_kind(finder->arena, path) != OS_MISSING) {
		settings = read_file(finder, relative(finder, path), source, diags);
	} else if (folder.len > 1) {
		settings = find_in(finder, os_folder_of(folder), source, diags);
	}
	struct found *found = arena_new(finder->arena, struct found);
	*found = (struct found){.next = *bucket, .folder = folder, .settings = settings};
	*bucket = found;
	return settings;
}

const struct settings *settings_find(struct settings_finder *finder, struct str path,
	bool is_folder, struct source *source, struct diags *diags)
{
	const struct options *options = finder->options;
	if (options->no_config) {
		return &finder->none;
	}
	if (options->config.len != 0) {
		if (finder->common == NULL) {
			finder->common = read_file(finder, options->config, source, diags);
		}
		return finder->common;
	}
	struct str folder = os_real_path(finder->arena, is_folder ? path : os_folder_of(path));
	return folder.len == 0 ? &finder->none : find_in(finder, folder, source, diags);
}

/* ---- for --print-config ---- */

static void add_string(struct arena *arena, struct buf *out, struct str text)
{
	cJSON *item = cJSON_CreateString(utf8_clean(arena, text).data);
	char *quoted = item == NULL ? NULL : cJSON_PrintUnformatted(item);
	if (quoted == NULL) {
		out_of_memory();
	}
	buf_add(out, str_from(quoted));
	cJSON_free(quoted);
	cJSON_Delete(item);
}

static void add_list(struct arena *arena, struct buf *out, const struct str *names, uint32_t count)
{
	buf_add_byte(out, '[');
	for (uint32_t i = 0; i < count; i++) {
		buf_add(out, i == 0 ? STR("") : STR(","));
		add_string(arena, out, names[i]);
	}
	buf_add_byte(out, ']');
}

struct str settings_text(struct arena *arena, struct str path, const struct settings *settings)
{
	const struct patch_options *patch = &settings->patch;
	struct buf out = BUF_INIT;
	buf_add(&out, STR("{\"path\":"));
	add_string(arena, &out, path);
	buf_add(&out, STR(",\"config\":"));
	if (settings->file.len == 0) {
		buf_add(&out, STR("null"));
	} else {
		add_string(arena, &out, settings->file);
	}
	/* from the names of reglue.json, so that this can be pasted there */
	buf_printf(&out,
		",\"settings\":{\"policy\":\"%s\",\"budget\":%u,"
		"\"stale-closures\":\"%s\",\"foreign-throw\":\"%s\",\"module\":\"%s\","
		"\"exclude\":",
		patch->policy, patch->budget, patch->stale_closures, patch->foreign_throw, patch->module);
	add_list(arena, &out, patch->exclude, patch->exclude_count);
	buf_add(&out, STR(",\"reconstruct\":"));
	add_list(arena, &out, patch->reconstruct, patch->reconstruct_count);
	buf_add(&out, STR("}}\n"));
	struct str text = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return text;
}
