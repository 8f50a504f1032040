#include <stdlib.h>

#include "report.h"
#include "report_read.h"

/* A file's object, as text too: what is the same text agrees. */
struct piece {
	const cJSON *file;
	struct str path;
	struct str text;
	uint32_t input;
};

static struct str print(struct arena *arena, const cJSON *item)
{
	char *text = cJSON_PrintUnformatted(item);
	if (text == NULL) {
		out_of_memory();
	}
	struct str copy = arena_copy(arena, str_from(text));
	cJSON_free(text);
	return copy;
}

static int by_path(const void *left, const void *right)
{
	const struct piece *a = left, *b = right;
	int order = str_compare(a->path, b->path);
	return order != 0 ? order : a->input < b->input ? -1 : a->input > b->input;
}

/* Whether the shards of one run could have written both: all but totals and files is the same. */
static bool same_run(struct arena *arena, const cJSON *first, const cJSON *other,
	struct str first_path, struct str *error)
{
	static const char *const keys[] = {"tool", "command", "options"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const cJSON *a = cJSON_GetObjectItemCaseSensitive(first, keys[i]);
		const cJSON *b = cJSON_GetObjectItemCaseSensitive(other, keys[i]);
		if (!cJSON_Compare(a, b, true)) {
			*error = arena_printf(arena,
				"is of another run than %.*s: its \"%s\" is %.*s, "
				"there it is %.*s",
				STR_ARGS(first_path), keys[i], STR_ARGS(print(arena, b)),
				STR_ARGS(print(arena, a)));
			return false;
		}
	}
	return true;
}

struct totals {
	uint32_t files, written;
	size_t entries, guarded, errors, warnings;
};

static void count(struct totals *totals, const cJSON *file)
{
	totals->files++;
	totals->written += json_true(file, "written");
	totals->entries += json_length(file, "entries");
	const cJSON *entry = NULL;
	cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(file, "entries"))
	{
		totals->guarded += json_true(entry, "guarded");
	}
	totals->errors += json_length(file, "errors") + json_length(file, "refusals");
	totals->warnings += json_length(file, "warnings");
}

static size_t with_verdict(const struct piece *pieces, uint32_t piece_count, const char *verdict)
{
	size_t found = 0;
	for (uint32_t i = 0; i < piece_count; i++) {
		found += str_equal(json_text(pieces[i].file, "verdict"), str_from(verdict));
	}
	return found;
}

static struct str write(
	struct arena *arena, const cJSON *first, const struct piece *pieces, uint32_t piece_count)
{
	struct totals totals = {0};
	for (uint32_t i = 0; i < piece_count; i++) {
		count(&totals, pieces[i].file);
	}
	cJSON *head = json_need(cJSON_Duplicate(first, true));
	cJSON_DeleteItemFromObjectCaseSensitive(head, "files");
	cJSON *fresh = json_need(cJSON_CreateObject());
	json_add_number(fresh, "files", totals.files);
	static const char *const verdicts[] = {"patched", "unchanged", "skipped", "refused", "failed"};
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		json_add_number(fresh, verdicts[i], with_verdict(pieces, piece_count, verdicts[i]));
	}
	json_add_number(fresh, "written", totals.written);
	json_add_number(fresh, "entries", totals.entries);
	json_add_number(fresh, "guarded", totals.guarded);
	json_add_number(fresh, "errors", totals.errors);
	json_add_number(fresh, "warnings", totals.warnings);
	cJSON_ReplaceItemInObjectCaseSensitive(head, "totals", fresh);

	struct report_piece *files = arena_array(arena, struct report_piece, piece_count);
	for (uint32_t i = 0; i < piece_count; i++) {
		files[i] = (struct report_piece){pieces[i].path, pieces[i].text, i};
	}
	return report_assemble(arena, head, files, piece_count);
}

/* Sorts, and takes out what several reports say alike. False: two say different things of a file. */
static bool join(struct arena *arena, struct piece *pieces, uint32_t *piece_count,
	const struct report_part *parts, uint32_t *failed, struct str *error)
{
	if (*piece_count != 0) {
		qsort(pieces, *piece_count, sizeof(*pieces), by_path);
	}
	uint32_t used = 0;
	for (uint32_t i = 0; i < *piece_count; i++) {
		if (used == 0 || !str_equal(pieces[used - 1].path, pieces[i].path)) {
			pieces[used++] = pieces[i];
		} else if (!str_equal(pieces[used - 1].text, pieces[i].text)) {
			*failed = pieces[i].input;
			*error = arena_printf(arena, "says other things of '%.*s' than %.*s",
				STR_ARGS(pieces[i].path), STR_ARGS(parts[pieces[used - 1].input].path));
			return false;
		}
	}
	*piece_count = used;
	return true;
}

bool report_merge(struct arena *arena, const struct report_part *parts, uint32_t part_count,
	struct str *merged, uint32_t *failed, struct str *error)
{
	cJSON **reports = arena_array(arena, cJSON *, part_count);
	uint32_t piece_count = 0;
	bool done = part_count != 0;
	for (uint32_t i = 0; i < part_count && done; i++) {
		*failed = i;
		reports[i] = report_read(arena, parts[i].text, error);
		done = reports[i] != NULL &&
		       (i == 0 || same_run(arena, reports[0], reports[i], parts[0].path, error));
		piece_count += (uint32_t)json_length(reports[i], "files");
	}
	if (done) {
		struct piece *pieces = arena_array(arena, struct piece, piece_count);
		uint32_t at = 0;
		for (uint32_t i = 0; i < part_count; i++) {
			const cJSON *file = NULL;
			cJSON_ArrayForEach(file, cJSON_GetObjectItemCaseSensitive(reports[i], "files"))
			{
				pieces[at++] = (struct piece){file, json_text(file, "path"), print(arena, file), i};
			}
		}
		done = join(arena, pieces, &piece_count, parts, failed, error);
		if (done) {
			*merged = write(arena, reports[0], pieces, piece_count);
		}
	}
	for (uint32_t i = 0; i < part_count; i++) {
		cJSON_Delete(reports[i]);
	}
	return done;
}
