#include "command.h"
#include "seal.h"

static void read_back(struct arena *arena, struct job *job)
{
	struct seal seal;
	if (job->failed) {
		return;
	}
	switch (seal_read(arena, job->bytes, &seal, job->diags)) {
	case SEAL_NONE:
		job->verdict = VERDICT_SKIPPED;
		job->result = job->bytes;
		break;
	case SEAL_GOOD:
		job->verdict = VERDICT_PATCHED;
		job->result = seal.original;
		break;
	case SEAL_BROKEN:
		job->verdict = VERDICT_REFUSED;
		break;
	}
}

static void work(
	const struct command *command, struct arena *arena, struct job *jobs, uint32_t *count)
{
	bool redirected = command_redirects(command->options);
	uint32_t scripts = *count, kept = 0;
	command_add_types(command, arena, jobs, count);
	for (uint32_t i = 0; i < *count; i++) {
		read_back(arena, &jobs[i]);
		/* declarations that were never patched are none of our business */
		if (i < scripts || jobs[i].verdict != VERDICT_SKIPPED) {
			jobs[kept++] = jobs[i];
		}
	}
	*count = kept;
	command_hold_together(arena, jobs, *count);
	for (uint32_t i = 0; i < *count; i++) {
		jobs[i].wanted = jobs[i].verdict == VERDICT_PATCHED ||
		                 (redirected && jobs[i].verdict == VERDICT_SKIPPED);
	}
	command_write(command, arena, jobs, *count);
}

static void tell(struct command *command, struct arena *arena, struct job *jobs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct job *job = &jobs[i];
		if (job->verdict == VERDICT_PATCHED && !job->failed) {
			console_result(&command->console, arena, "reverted %.*s", STR_ARGS(job->path));
		} else if (job->verdict == VERDICT_SKIPPED && command->options->verbose) {
			console_result(&command->console, arena, "not patched %.*s", STR_ARGS(job->path));
		}
	}
	command_tell(command, arena, jobs, count);
}

int command_revert(const struct options *options)
{
	struct command command;
	command_init(&command, options);
	/* reverting what is not patched is nothing to do, not an error */
	command_each_package(&command, &(struct package_verb){work, tell}, NULL);
	struct arena *arena = arena_create();
	struct str failed =
		command.failed == 0 ? STR("") : arena_printf(arena, ", %u failed", command.failed);
	console_result(&command.console, arena, "%u reverted, %u not patched, %u refused%.*s",
		command.verdicts[VERDICT_PATCHED], command.verdicts[VERDICT_SKIPPED],
		command.verdicts[VERDICT_REFUSED], STR_ARGS(failed));
	arena_destroy(arena);
	return command_finish(&command);
}
