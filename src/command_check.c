#include "command.h"
#include "config.h"
#include "diff.h"
#include "seal.h"

/* From the file as it is, which another reglue may have patched, to what patch would write. */
static struct str make_diff(struct arena *arena, const struct job *job)
{
	const struct patch *patch = job->patch;
	struct seal seal = {0};
	if (patch->input_version.len != 0) {
		struct diags ignored = {0};
		seal_read(arena, job->bytes, &seal, &ignored);
	}
	struct diff_side before = {job->bytes, seal.splice.sealed ? &seal.splice : NULL};
	struct diff_side after = {patch->output, &patch->splice};
	struct buf out = BUF_INIT;
	diff_write(arena, job->path, patch->original.bytes, before, after, &out);
	struct str text = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return text;
}

/* A line on why the file is not what patch would write, and what it would do. */
static struct str say_change(struct arena *arena, const struct patch *patch)
{
	uint32_t guarded = 0;
	for (uint32_t i = 0; i < patch->entry_count; i++) {
		guarded += patch->entries[i].guarded;
	}
	if (str_equal(patch->input_version, STR(REGLUE_VERSION))) {
		return STR("patched otherwise (other options, wasm file or build of reglue); reglue patch "
				   "would renew it");
	}
	if (patch->input_version.len != 0) {
		return arena_printf(arena, "patched by reglue %.*s; reglue patch would renew it",
			STR_ARGS(patch->input_version));
	}
	if (patch->part == PART_LOADER) {
		return STR("not patched; reglue patch would have it hand over the WebAssembly.Module too");
	}
	if (str_starts(str_from(patch->form), STR("types:"))) {
		return STR("not patched; reglue patch would declare __reglue");
	}
	return arena_printf(arena, "not patched; reglue patch would guard %u of %u entrypoints",
		guarded, patch->entry_count);
}

static void work(
	const struct command *command, struct arena *arena, struct job *jobs, uint32_t *count)
{
	command_run_patches(command, arena, jobs, count);
	command_hold_together(arena, jobs, *count);
	for (uint32_t i = 0; i < *count; i++) {
		if (jobs[i].verdict == VERDICT_PATCHED) {
			jobs[i].change = say_change(arena, jobs[i].patch);
			jobs[i].diff = command->options->diff ? make_diff(arena, &jobs[i]) : STR("");
		}
	}
}

static void tell(struct command *command, struct arena *arena, struct job *jobs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct job *job = &jobs[i];
		if (job->verdict == VERDICT_PATCHED) {
			command_raise(command, STATUS_WOULD_CHANGE);
			fwrite(job->diff.data, 1, job->diff.len, stdout);
			console_result(&command->console, arena, "would patch %.*s", STR_ARGS(job->path));
		} else if (command->options->verbose && job->verdict != VERDICT_REFUSED) {
			console_result(&command->console, arena, "%s %.*s", verdict_name(job->verdict),
				STR_ARGS(job->path));
		}
	}
	command_tell(command, arena, jobs, count);
}

int command_check(const struct options *options)
{
	struct command command;
	command_init(&command, options);
	command_each_package(&command, &(struct package_verb){work, tell}, "wasm-bindgen glue");
	command_summary(&command, "would change", "unchanged", "skipped");
	return command_finish(&command);
}
