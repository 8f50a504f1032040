#include "command.h"

static const char *state_of(const struct job *job)
{
	switch (job->verdict) {
	case VERDICT_PATCHED:
		return job->patch->input_version.len == 0 ? "can be patched"
		                                          : "patched, and can be upgraded";
	case VERDICT_UNCHANGED:
		return "patched";
	case VERDICT_SKIPPED:
		return "no wasm-bindgen glue";
	case VERDICT_REFUSED:
		return "refused";
	}
	return "";
}

static struct str entry_name(struct arena *arena, const struct entry *entry)
{
	struct str name = entry->name.len == 0 ? STR("(anonymous)") : entry->name;
	return entry->class_name.len == 0 ? name
	                                  : arena_printf(arena, "%.*s.%.*s",
											STR_ARGS(entry->class_name), STR_ARGS(entry->name));
}

/* ---- what is not recognised: it comes first, for that is what one looks for */

static bool is_unrecognised(const struct diag *diag)
{
	return diag->severity == SEVERITY_NOTE &&
	       (strcmp(diag->code, "near-miss") == 0 || strncmp(diag->code, "unknown-", 8) == 0);
}

/* What diagnostics that are alike begin with: the same form, differing at the same node of it. */
static struct str likeness(const struct diag *diag)
{
	size_t found = str_find(diag->text, STR(", and this has "));
	return found == (size_t)-1 ? diag->text : str_slice(diag->text, 0, found);
}

static bool are_alike(const struct diag *a, const struct diag *b)
{
	return a->severity == b->severity && strcmp(a->code, b->code) == 0 &&
	       str_equal(likeness(a), likeness(b));
}

/* One line for all that are alike; nothing for the second of them and later ones. */
static void show_alike(
	struct command *command, struct arena *arena, struct job *job, const struct diag *diag)
{
	uint32_t count = 0;
	for (const struct diag *d = job->patch->diags.first; d != diag; d = d->next) {
		if (are_alike(d, diag)) {
			return;
		}
	}
	for (const struct diag *d = diag; d != NULL; d = d->next) {
		count += are_alike(d, diag);
	}
	struct str more =
		count == 1 ? STR("") : arena_printf(arena, ", and %u more like it", count - 1);
	struct str place = STR("");
	if (diag->offset != DIAG_NO_OFFSET) {
		struct position at = command_position(arena, job, diag->offset);
		place = arena_printf(arena, "%u:%u ", at.line, at.column);
	}
	console_result(&command->console, arena, "    %.*s%.*s [%s]%.*s", STR_ARGS(place),
		STR_ARGS(diag->text), diag->code, STR_ARGS(more));
}

static uint32_t count_diags(const struct patch *patch, bool refusals)
{
	uint32_t count = 0;
	for (const struct diag *d = patch->diags.first; d != NULL; d = d->next) {
		count += refusals ? d->severity == SEVERITY_REFUSAL : is_unrecognised(d);
	}
	return count;
}

static void show_unrecognised(struct command *command, struct arena *arena, struct job *job)
{
	const struct patch *patch = job->patch;
	struct console *console = &command->console;
	uint32_t refusals = count_diags(patch, true), count = count_diags(patch, false), open = 0;
	if (refusals != 0) {
		console_result(console, arena, "  refused for: %u", refusals);
	}
	for (const struct diag *d = patch->diags.first; d != NULL && refusals != 0; d = d->next) {
		if (d->severity == SEVERITY_REFUSAL) {
			show_alike(command, arena, job, d);
		}
	}
	for (uint32_t i = 0; i < patch->entry_count; i++) {
		open += !patch->entries[i].guarded;
	}
	if (open != 0) {
		console_result(console, arena, "  not guarded: %u", open);
	}
	for (uint32_t i = 0; i < patch->entry_count && open != 0; i++) {
		const struct entry *entry = &patch->entries[i];
		if (!entry->guarded) {
			struct position at = command_position(arena, job, entry->offset);
			console_result(console, arena, "    %u:%u %s %.*s: %s", at.line, at.column,
				entry_kind_name(entry->kind), STR_ARGS(entry_name(arena, entry)),
				entry->why_not == NULL ? "?" : entry->why_not);
		}
	}
	if ((refusals == 0 && patch->exports_name.len != 0) || count != 0) {
		console_result(console, arena, "  not recognised: %s",
			count == 0 ? "nothing" : arena_printf(arena, "%u", count).data);
	}
	for (const struct diag *d = patch->diags.first; d != NULL; d = d->next) {
		if (is_unrecognised(d)) {
			show_alike(command, arena, job, d);
		}
	}
}

/* ---- what is recognised: counts, and with --verbose each place */

static void add_count(struct buf *out, const char *name, uint32_t count)
{
	if (count != 0) {
		buf_printf(out, "%s%s %u", out->len == 0 ? ": " : ", ", name, count);
	}
}

static void show_entries(struct command *command, struct arena *arena, struct job *job)
{
	const struct patch *patch = job->patch;
	struct buf counts = BUF_INIT;
	uint32_t guarded = 0;
	for (int kind = 0; kind < ENTRY_KIND_COUNT; kind++) {
		uint32_t count = 0;
		for (uint32_t i = 0; i < patch->entry_count; i++) {
			count += (int)patch->entries[i].kind == kind;
		}
		add_count(&counts, entry_kind_name((enum entry_kind)kind), count);
	}
	for (uint32_t i = 0; i < patch->entry_count; i++) {
		guarded += patch->entries[i].guarded;
	}
	struct console *console = &command->console;
	console_result(console, arena, "  entrypoints: %u, guarded %u%.*s", patch->entry_count, guarded,
		STR_ARGS(buf_str(&counts)));
	buf_finish(&counts);
	for (uint32_t i = 0; i < patch->entry_count && command->options->verbose; i++) {
		const struct entry *entry = &patch->entries[i];
		struct position at = command_position(arena, job, entry->offset);
		struct str target = entry->wasm_export.len == 0
		                        ? STR("")
		                        : arena_printf(arena, " -> %.*s", STR_ARGS(entry->wasm_export));
		struct str stale =
			entry->stale_arguments == 0
				? STR("")
				: arena_printf(arena, ", stale arguments checked: %u", entry->stale_arguments);
		console_result(console, arena, "    %u:%u %s %.*s%.*s%.*s%s", at.line, at.column,
			entry_kind_name(entry->kind), STR_ARGS(entry_name(arena, entry)), STR_ARGS(target),
			STR_ARGS(stale), entry->guarded ? "" : ", not guarded");
	}
}

static void show_sites(struct command *command, struct arena *arena, struct job *job)
{
	const struct patch *patch = job->patch;
	/* what is not there may be what a release changed */
	struct buf counts = BUF_INIT, none = BUF_INIT;
	for (int kind = 0; kind < SITE_KIND_COUNT; kind++) {
		uint32_t count = 0;
		for (uint32_t i = 0; i < patch->site_count; i++) {
			count += (int)patch->sites[i].kind == kind;
		}
		const char *name = site_kind_name((enum site_kind)kind);
		add_count(&counts, name, count);
		if (count == 0) {
			buf_printf(&none, "%s%s", none.len == 0 ? "; no " : ", ", name);
		}
	}
	console_result(&command->console, arena, "  sites: %u%.*s%.*s", patch->site_count,
		STR_ARGS(buf_str(&counts)), STR_ARGS(buf_str(&none)));
	buf_finish(&counts);
	buf_finish(&none);
	for (uint32_t i = 0; i < patch->site_count && command->options->verbose; i++) {
		const struct site *site = &patch->sites[i];
		struct position at = command_position(arena, job, site->offset);
		console_result(&command->console, arena, "    %u:%u %s%s%.*s", at.line, at.column,
			site_kind_name(site->kind), site->name.len == 0 ? "" : " ", STR_ARGS(site->name));
	}
}

/* Notes about the file as a whole. */
static void show_notes(struct command *command, struct arena *arena, struct job *job)
{
	for (const struct diag *diag = job->patch->diags.first; diag != NULL; diag = diag->next) {
		if (diag->severity == SEVERITY_NOTE && !is_unrecognised(diag)) {
			console_result(
				&command->console, arena, "  note: %.*s [%s]", STR_ARGS(diag->text), diag->code);
		}
	}
}

/* Where a new instance's Module comes from. */
static const char *const module_texts[] = {
	[MODULE_NONE] = "none; no reinit unless the program gives one by __reglue.configure()",
	[MODULE_SEEN] = "seen by this file",
	[MODULE_LOADER] = "from the file that hands over the exports, or by __reglue.configure()",
	[MODULE_URL] = "found by new URL(…, import.meta.url) after the first fault",
	[MODULE_IMPORT] = "imported as what the bundler makes of the wasm",
	[MODULE_PHASE] = "imported in the source phase",
	[MODULE_RESULT] = "given by the program's own loader, if that results in { module, instance }",
};

static void show(struct command *command, struct arena *arena, struct job *job)
{
	const struct patch *patch = job->patch;
	struct console *console = &command->console;
	if (job->failed || (job->verdict == VERDICT_SKIPPED && !command->options->verbose)) {
		return;
	}
	console_result(console, arena, "%.*s: %s", STR_ARGS(job->path), state_of(job));
	if (job->verdict == VERDICT_SKIPPED) {
		return;
	}
	show_unrecognised(command, arena, job);
	console_result(console, arena, "  target: %s", target_name(patch->target));
	if (patch->form != NULL && patch->form[0] != '\0') {
		console_result(console, arena, "  form: %s", patch->form);
	}
	if (patch->part != PART_WHOLE) {
		console_result(console, arena, "  part: %s%s%.*s", part_name(patch->part),
			patch->other.len == 0 ? "" : " of ", STR_ARGS(patch->other));
	}
	if (patch->part != PART_WHOLE || patch->exports_name.len != 0) {
		console_result(console, arena, "  module: %s", module_texts[patch->module]);
	}
	if (patch->input_version.len != 0) {
		console_result(console, arena, "  patched by: reglue %.*s", STR_ARGS(patch->input_version));
	}
	if (patch->has_wasm && patch->wasm.bindgen.len != 0) {
		console_result(
			console, arena, "  made by: wasm-bindgen %.*s", STR_ARGS(patch->wasm.bindgen));
	}
	if (patch->exports_name.len != 0) {
		console_result(console, arena, "  exports: %.*s", STR_ARGS(patch->exports_name));
		console_result(console, arena, "  shadow stack: %s",
			patch->heals_shadow_stack ? "put back after errors"
									  : "out of reach; errors that cross Rust leak it");
	}
	if (patch->entry_count != 0 || patch->site_count != 0) {
		show_entries(command, arena, job);
		show_sites(command, arena, job);
	}
	show_notes(command, arena, job);
}

static void tell(struct command *command, struct arena *arena, struct job *jobs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		show(command, arena, &jobs[i]);
	}
	command_tell(command, arena, jobs, count);
}

int command_inspect(const struct options *options)
{
	struct command command;
	command_init(&command, options);
	command_each_package(
		&command, &(struct package_verb){command_run_patches, tell}, "wasm-bindgen glue");
	command_summary(&command, "can be patched", "patched", "skipped");
	return command_finish(&command);
}
