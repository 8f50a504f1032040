#include "report_read.h"

#include "report.h"

struct str json_text(const cJSON *object, const char *key)
{
	return str_from(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key)));
}

double json_number(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

bool json_true(const cJSON *object, const char *key)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, key));
}

size_t json_length(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
	return cJSON_IsArray(item) ? (size_t)cJSON_GetArraySize(item) : 0;
}

/* The line on which parsing stopped. */
static unsigned line_at(struct str text, const char *end)
{
	unsigned line = 1;
	for (const char *at = text.data; end != NULL && at < end && at < text.data + text.len; at++) {
		line += *at == '\n';
	}
	return line;
}

static bool check(struct arena *arena, const cJSON *report, struct str *error)
{
	const cJSON *version = cJSON_GetObjectItemCaseSensitive(report, "schema_version");
	const cJSON *tool = cJSON_GetObjectItemCaseSensitive(report, "tool");
	const cJSON *files = cJSON_GetObjectItemCaseSensitive(report, "files");
	if (!cJSON_IsNumber(version) || !str_equal(json_text(tool, "name"), STR("reglue"))) {
		*error = STR("is JSON, but no report of reglue");
		return false;
	}
	if (version->valuedouble != REPORT_SCHEMA_VERSION) {
		*error = arena_printf(arena,
			"has schema_version %g, and this reglue reads %d; use the reglue that wrote it (%.*s)",
			version->valuedouble, REPORT_SCHEMA_VERSION, STR_ARGS(json_text(tool, "version")));
		return false;
	}
	bool whole =
		cJSON_IsArray(files) && cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(report, "totals"));
	for (const cJSON *file = whole ? files->child : NULL; file != NULL; file = file->next) {
		whole &= cJSON_IsString(cJSON_GetObjectItemCaseSensitive(file, "path")) &&
		         json_text(file, "verdict").len != 0;
	}
	if (!whole) {
		*error = STR("is a report of reglue, but not a whole one");
	}
	return whole;
}

cJSON *report_read(struct arena *arena, struct str text, struct str *error)
{
	const char *end = NULL;
	cJSON *report = cJSON_ParseWithLengthOpts(text.data, text.len, &end, false);
	if (report == NULL) {
		*error = arena_printf(arena, "is not JSON (line %u)", line_at(text, end));
		return NULL;
	}
	if (!check(arena, report, error)) {
		cJSON_Delete(report);
		return NULL;
	}
	return report;
}
