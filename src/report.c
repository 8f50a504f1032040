#include "report.h"

#include <stdlib.h>

#include "config.h"
#include "hash.h"
#include "report_read.h"
#include "utf8.h"

struct report {
	const char *command;
	const struct patch_options *options;
	struct arena *arena;        /* of the pieces */
	struct report_piece *files; /* finished */
	uint32_t file_count;
	uint32_t file_capacity;
	uint32_t verdicts[VERDICT_REFUSED + 1];
	uint32_t failed;
	uint32_t written;
	uint32_t entries;
	uint32_t guarded;
	uint32_t errors;
	uint32_t warnings;
};

struct report *report_create(const char *command, const struct patch_options *options)
{
	struct report *report = calloc(1, sizeof(*report));
	if (report == NULL) {
		out_of_memory();
	}
	report->arena = arena_create();
	report->command = command;
	report->options = options;
	return report;
}

void report_destroy(struct report *report)
{
	if (report != NULL) {
		arena_destroy(report->arena);
		free(report);
	}
}

/* ---- one file ---- */

static void add_position(struct arena *arena, cJSON *item, struct source *source, uint32_t offset)
{
	if (offset == DIAG_NO_OFFSET) {
		json_need(cJSON_AddNullToObject(item, "line"));
		json_need(cJSON_AddNullToObject(item, "column"));
		return;
	}
	struct position position = source_position(arena, source, offset);
	json_add_number(item, "line", position.line);
	json_add_number(item, "column", position.column);
}

/* The line's text around it, so that a report can be read without the file. */
static void add_excerpt(struct arena *arena, cJSON *item, struct source *source, uint32_t offset)
{
	if (offset == DIAG_NO_OFFSET) {
		json_need(cJSON_AddNullToObject(item, "source"));
		return;
	}
	struct excerpt excerpt = source_excerpt(source, source_position(arena, source, offset));
	cJSON *object = json_add_object(item, "source");
	json_add_text(arena, object, "text", excerpt.text);
	json_add_number(object, "column", excerpt.column);
}

/* source may be NULL if no diagnostic has an offset. */
static void add_diags(
	struct arena *arena, cJSON *file, struct source *source, const struct diags *diags)
{
	cJSON *lists[] = {
		[SEVERITY_ERROR] = json_add_array(file, "errors"),
		[SEVERITY_REFUSAL] = json_add_array(file, "refusals"),
		[SEVERITY_WARNING] = json_add_array(file, "warnings"),
		[SEVERITY_NOTE] = json_add_array(file, "notes"),
	};
	for (const struct diag *diag = diags->first; diag != NULL; diag = diag->next) {
		cJSON *item = json_append_object(lists[diag->severity]);
		json_add_text(arena, item, "code", str_from(diag->code));
		json_add_text(arena, item, "message", diag->text);
		add_position(arena, item, source, diag->offset);
		add_excerpt(arena, item, source, diag->offset);
	}
}

static void add_bytes(struct arena *arena, cJSON *file, const char *key, struct str bytes)
{
	cJSON *item = json_add_object(file, key);
	json_add_number(item, "bytes", bytes.len);
	json_add_text(arena, item, "sha256", sha256_hex(arena, bytes));
}

/* Offsets of the original as offsets of the output, for offsets that mostly increase. */
struct mapper {
	const struct splice *splice;
	uint32_t next;
	uint32_t last;
	uint32_t added;
};

static uint32_t map_offset(struct mapper *mapper, uint32_t offset)
{
	if (offset < mapper->last) {
		mapper->next = mapper->added = 0;
	}
	mapper->last = offset;
	const struct splice *splice = mapper->splice;
	while (mapper->next < splice->count && splice->items[mapper->next].offset <= offset) {
		mapper->added += (uint32_t)splice->items[mapper->next++].text.len;
	}
	return offset + mapper->added;
}

static void add_entries(struct arena *arena, cJSON *file, struct patch *patch, bool has_output)
{
	struct source output;
	source_init(&output, patch->original.path, has_output ? patch->output : STR(""));
	struct mapper mapper = {.splice = &patch->splice};
	cJSON *entries = json_add_array(file, "entries");
	for (uint32_t i = 0; i < patch->entry_count; i++) {
		const struct entry *entry = &patch->entries[i];
		cJSON *item = json_append_object(entries);
		json_add_text(arena, item, "kind", str_from(entry_kind_name(entry->kind)));
		json_add_text(arena, item, "name", entry->name);
		json_add_text_or_null(arena, item, "class", entry->class_name);
		json_add_text_or_null(arena, item, "wasm_export", entry->wasm_export);
		json_add_number(
			item, "line_before", source_position(arena, &patch->original, entry->offset).line);
		if (has_output) {
			uint32_t offset = map_offset(&mapper, entry->offset);
			json_add_number(item, "line_after", source_position(arena, &output, offset).line);
		} else {
			json_need(cJSON_AddNullToObject(item, "line_after"));
		}
		json_add_bool(item, "guarded", entry->guarded);
		json_add_text_or_null(arena, item, "why_not", str_from(entry->why_not));
		json_add_number(item, "stale_arguments", entry->stale_arguments);
	}
}

static void add_sites(struct arena *arena, cJSON *file, struct patch *patch)
{
	cJSON *sites = json_add_array(file, "sites");
	for (uint32_t i = 0; i < patch->site_count; i++) {
		const struct site *site = &patch->sites[i];
		cJSON *item = json_append_object(sites);
		json_add_text(arena, item, "kind", str_from(site_kind_name(site->kind)));
		json_add_text(arena, item, "name", site->name);
		add_position(arena, item, &patch->original, site->offset);
	}
}

/* What the wasm beside the glue tells of its making; null where none was found. */
static void add_wasm(struct arena *arena, cJSON *file, const struct patch *patch)
{
	if (!patch->has_wasm) {
		json_need(cJSON_AddNullToObject(file, "wasm"));
		return;
	}
	cJSON *wasm = json_need(cJSON_AddObjectToObject(file, "wasm"));
	json_add_text_or_null(arena, wasm, "wasm_bindgen", patch->wasm.bindgen);
	json_add_text_or_null(arena, wasm, "rustc", patch->wasm.rustc);
	json_need(cJSON_AddNumberToObject(wasm, "exports", patch->wasm.exports));
}

static void finish_file(struct report *report, cJSON *file, const struct diags *diags)
{
	report->errors += diags->errors;
	report->warnings += diags->warnings;
	if (report->file_count == report->file_capacity) {
		report->file_capacity = report->file_capacity == 0 ? 16 : report->file_capacity * 2;
		struct report_piece *files =
			arena_array(report->arena, struct report_piece, report->file_capacity);
		if (report->file_count != 0) {
			memcpy(files, report->files, report->file_count * sizeof(*files));
		}
		report->files = files;
	}
	struct buf text = BUF_INIT;
	struct str path = json_text(file, "path");
	struct report_piece *piece = &report->files[report->file_count];
	*piece = (struct report_piece){
		.path = arena_copy(report->arena, path), .serial = report->file_count++};
	json_print_and_delete(file, &text);
	piece->text = arena_copy(report->arena, buf_str(&text));
	buf_finish(&text);
}

void report_add(struct report *report, struct arena *arena, struct patch *patch,
	const struct report_facts *facts)
{
	bool has_output = patch->verdict == VERDICT_PATCHED || patch->verdict == VERDICT_UNCHANGED;
	cJSON *file = json_need(cJSON_CreateObject());
	json_add_text(arena, file, "path", patch->original.path);
	json_add_text(arena, file, "verdict", str_from(verdict_name(patch->verdict)));
	json_add_bool(file, "written", facts->written);
	if (facts->milliseconds > 0) {
		/* three decimals, or the shortest text of the number may have seventeen */
		json_need(cJSON_AddNumberToObject(
			file, "milliseconds", (double)(uint64_t)(facts->milliseconds * 1000) / 1000));
	}
	json_add_text(arena, file, "target", str_from(target_name(patch->target)));
	json_add_text_or_null(arena, file, "form", str_from(patch->form));
	json_add_text(arena, file, "part", str_from(part_name(patch->part)));
	json_add_text_or_null(arena, file, "hands_to", patch->other);
	json_add_text(arena, file, "module", str_from(module_source_name(patch->module)));
	json_add_text_or_null(arena, file, "patched_by", patch->input_version);
	if (facts->config.len != 0) {
		json_add_text(arena, file, "config", facts->config);
	}
	add_bytes(arena, file, "input", patch->input);
	if (has_output) {
		add_bytes(arena, file, "output", patch->output);
	} else {
		json_need(cJSON_AddNullToObject(file, "output"));
	}
	json_add_text_or_null(arena, file, "exports_name", patch->exports_name);
	add_wasm(arena, file, patch);
	json_add_bool(file, "heals_shadow_stack", patch->heals_shadow_stack);
	add_entries(arena, file, patch, has_output);
	add_sites(arena, file, patch);
	add_diags(arena, file, &patch->original, &patch->diags);

	report->verdicts[patch->verdict]++;
	report->written += facts->written;
	report->entries += patch->entry_count;
	for (uint32_t i = 0; i < patch->entry_count; i++) {
		report->guarded += patch->entries[i].guarded;
	}
	finish_file(report, file, &patch->diags);
}

void report_add_failure(
	struct report *report, struct arena *arena, struct str path, const struct diags *diags)
{
	cJSON *file = json_need(cJSON_CreateObject());
	json_add_text(arena, file, "path", path);
	json_add_text(arena, file, "verdict", STR("failed"));
	json_add_bool(file, "written", false);
	add_diags(arena, file, NULL, diags);
	report->failed++;
	finish_file(report, file, diags);
}

/* ---- the whole ---- */

static void add_names(
	struct arena *arena, cJSON *parent, const char *key, const struct str *names, uint32_t count)
{
	cJSON *array = json_add_array(parent, key);
	for (uint32_t i = 0; i < count; i++) {
		cJSON_AddItemToArray(
			array, json_need(cJSON_CreateString(utf8_clean(arena, names[i]).data)));
	}
}

static void add_options(struct arena *arena, cJSON *head, const struct patch_options *options)
{
	cJSON *item = json_add_object(head, "options");
	json_add_text(arena, item, "policy", str_from(options->policy));
	json_add_number(item, "budget", options->budget);
	json_add_text(arena, item, "stale_closures", str_from(options->stale_closures));
	json_add_text(arena, item, "foreign_throw", str_from(options->foreign_throw));
	json_add_text(arena, item, "module", str_from(options->module));
	add_names(arena, item, "exclude", options->exclude, options->exclude_count);
	add_names(arena, item, "reconstruct", options->reconstruct, options->reconstruct_count);
}

struct str report_text(struct report *report, struct arena *arena)
{
	cJSON *head = json_need(cJSON_CreateObject());
	json_add_number(head, "schema_version", REPORT_SCHEMA_VERSION);
	cJSON *tool = json_add_object(head, "tool");
	json_add_text(arena, tool, "name", STR("reglue"));
	json_add_text(arena, tool, "version", STR(REGLUE_VERSION));
	json_add_text(arena, head, "command", str_from(report->command));
	add_options(arena, head, report->options);
	cJSON *totals = json_add_object(head, "totals");
	const uint32_t *verdicts = report->verdicts;
	json_add_number(totals, "files",
		(size_t)verdicts[VERDICT_PATCHED] + verdicts[VERDICT_UNCHANGED] +
			verdicts[VERDICT_SKIPPED] + verdicts[VERDICT_REFUSED] + report->failed);
	json_add_number(totals, "patched", verdicts[VERDICT_PATCHED]);
	json_add_number(totals, "unchanged", verdicts[VERDICT_UNCHANGED]);
	json_add_number(totals, "skipped", verdicts[VERDICT_SKIPPED]);
	json_add_number(totals, "refused", verdicts[VERDICT_REFUSED]);
	json_add_number(totals, "failed", report->failed);
	json_add_number(totals, "written", report->written);
	json_add_number(totals, "entries", report->entries);
	json_add_number(totals, "guarded", report->guarded);
	json_add_number(totals, "errors", report->errors);
	json_add_number(totals, "warnings", report->warnings);

	return report_assemble(arena, head, report->files, report->file_count);
}
