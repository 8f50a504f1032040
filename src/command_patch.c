#include "command.h"

static void tell_result(struct command *command, struct arena *arena, const struct job *job)
{
	const struct patch *patch = job->patch;
	struct console *console = &command->console;
	if (job->failed || job->verdict == VERDICT_REFUSED) {
		return; /* the diagnostics say it */
	}
	if (job->verdict == VERDICT_PATCHED && patch->part == PART_LOADER) {
		console_result(console, arena, "patched %.*s: %s, loader%s%.*s", STR_ARGS(job->path),
			target_name(patch->target), patch->other.len == 0 ? "" : " of ",
			STR_ARGS(patch->other));
	} else if (job->verdict == VERDICT_PATCHED && patch->entry_count == 0) {
		console_result(console, arena, "patched %.*s: %s", STR_ARGS(job->path), patch->form);
	} else if (job->verdict == VERDICT_PATCHED) {
		uint32_t guarded = 0;
		for (uint32_t i = 0; i < patch->entry_count; i++) {
			guarded += patch->entries[i].guarded;
		}
		console_result(console, arena, "patched %.*s: %s, %u of %u entrypoints guarded",
			STR_ARGS(job->path), target_name(patch->target), guarded, patch->entry_count);
	} else if (command->options->verbose) {
		console_result(console, arena, "%s %.*s", verdict_name(job->verdict), STR_ARGS(job->path));
	}
}

static void work(
	const struct command *command, struct arena *arena, struct job *jobs, uint32_t *count)
{
	bool redirected = command_redirects(command->options);
	command_run_patches(command, arena, jobs, count);
	command_hold_together(arena, jobs, *count);
	for (uint32_t i = 0; i < *count; i++) {
		struct job *job = &jobs[i];
		/* elsewhere there has to be a file in any case, unless that would hide a refusal */
		if (job->verdict == VERDICT_SKIPPED && command->options->allow_empty) {
			job->result = job->bytes;
			job->wanted = redirected;
		} else {
			job->wanted = job->verdict == VERDICT_PATCHED ||
			              (redirected && job->verdict == VERDICT_UNCHANGED);
		}
	}
	command_write(command, arena, jobs, *count);
}

static void tell(struct command *command, struct arena *arena, struct job *jobs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		tell_result(command, arena, &jobs[i]);
	}
	command_tell(command, arena, jobs, count);
}

int command_patch(const struct options *options)
{
	struct command command;
	command_init(&command, options);
	command_each_package(&command, &(struct package_verb){work, tell}, "wasm-bindgen glue");
	/* a tool that ran wasm-bindgen through reglue has shown what was patched then */
	bool idle = options->verb == VERB_EXEC && !options->verbose &&
	            command.verdicts[VERDICT_PATCHED] == 0 && command.status == STATUS_DONE;
	if (!idle) {
		command_summary(&command, "patched", "unchanged", "skipped");
	}
	return command_finish(&command);
}
