#include "command.h"

#include <assert.h>

#include "package.h"
#include "seal.h"
#include "types.h"
#include "wasm_file.h"

static bool is_dash(struct str text)
{
	return str_equal(text, STR("-"));
}

bool command_reads_stdin(const struct options *options)
{
	return options->path_count == 1 && is_dash(options->paths[0]);
}

bool command_writes(const struct options *options)
{
	return options->verb == VERB_PATCH || options->verb == VERB_REVERT ||
	       options->verb == VERB_EXEC;
}

bool command_redirects(const struct options *options)
{
	return command_writes(options) && (options->output.len != 0 || command_reads_stdin(options));
}

static bool streams_bytes(const struct options *options)
{
	return command_redirects(options) && (options->output.len == 0 || is_dash(options->output));
}

bool command_color(const struct options *options)
{
	if (options->color != COLOR_AUTO) {
		return options->color == COLOR_ALWAYS;
	}
	const char *terminal = os_environment("TERM");
	return os_is_terminal(2) && os_environment("NO_COLOR") == NULL && terminal != NULL &&
	       strcmp(terminal, "dumb") != 0;
}

static bool draws_progress(void)
{
	const char *terminal = os_environment("TERM");
	return os_is_terminal(2) && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

void command_init(struct command *command, const struct options *options)
{
	bool stdout_taken = options->verb == VERB_EXEC || options->diff || is_dash(options->report) ||
	                    streams_bytes(options) || options->format != FORMAT_TEXT;
	*command = (struct command){.options = options};
	command->console = (struct console){
		.results = stdout_taken ? stderr : stdout,
		.findings = options->format == FORMAT_TEXT ? NULL : findings_create(),
		.color = command_color(options),
		.quiet = options->quiet,
		/* what is not known is half of what inspect is for */
		/* inspect shows them among its results */
		.notes = options->verbose || (options->verb == VERB_INSPECT && !options->quiet &&
										 options->format != FORMAT_TEXT),
		.progress = draws_progress(),
	};
	if (command_writes(options)) {
		os_ignore_broken_pipes(); /* what is begun is carried through */
	}
	if (options->report.len != 0 || options->report_html.len != 0) {
		enum verb verb = options->verb == VERB_EXEC ? VERB_PATCH : options->verb;
		command->report = report_create(verb_name(verb), &options->patch);
	}
	if (options->verb != VERB_REVERT) {
		command->patcher = patcher_create();
	}
}

void command_raise(struct command *command, int status)
{
	if (status > command->status) {
		command->status = status;
	}
}

struct finding command_finding(struct str path, const struct diag *diag)
{
	return (struct finding){
		.path = path, .severity = diag->severity, .code = diag->code, .text = diag->text};
}

void command_tell_failure(
	struct command *command, struct arena *arena, struct str path, const struct diags *diags)
{
	for (const struct diag *diag = diags->first; diag != NULL; diag = diag->next) {
		struct finding finding = command_finding(path, diag);
		console_finding(&command->console, arena, &finding);
	}
	command_raise(command, STATUS_IO);
}

static void write_report(struct command *command)
{
	struct arena *arena = arena_create();
	struct str text = report_text(command->report, arena);
	struct str path = command->options->report, page_path = command->options->report_html;
	struct diags diags = {0};
	if (is_dash(path)) {
		fwrite(text.data, 1, text.len, stdout);
	} else if (path.len != 0 && !os_write_file(arena, path, text, &diags)) {
		command_tell_failure(command, arena, path, &diags);
	}
	struct str page, error;
	if (page_path.len != 0 && report_page(arena, text, &page, &error)) {
		diags = (struct diags){0};
		if (!os_write_file(arena, page_path, page, &diags)) {
			command_tell_failure(command, arena, page_path, &diags);
		}
	}
	arena_destroy(arena);
}

static void write_findings(const struct command *command)
{
	struct arena *arena = arena_create();
	struct findings_run run = {
		.command = verb_name(command->options->verb),
		.status = command->status,
		.successful = command->status < STATUS_IO,
		.folder = os_working_folder(arena),
	};
	struct str text =
		findings_text(command->console.findings, command->options->format, &run, arena);
	fwrite(text.data, 1, text.len, stdout);
	arena_destroy(arena);
}

int command_finish(struct command *command)
{
	if (command->report != NULL) {
		write_report(command);
		report_destroy(command->report);
	}
	if (command->console.findings != NULL) {
		write_findings(command);
		findings_destroy(command->console.findings);
	}
	patcher_destroy(command->patcher);
	if (!console_flush()) {
		fputs("reglue: error: cannot write to stdout\n", stderr);
		command_raise(command, STATUS_IO);
	}
	return command->status;
}

/* ---- patching in memory ---- */

/* The wasm file that a glue loads, if it lies beside it; else nothing, and nothing is said. */
static struct wasm_file read_companion(struct arena *arena, const struct job *job)
{
	struct str name = wasm_name_in(job->bytes);
	struct wasm_file file = {{"", 0}, {"", 0}};
	size_t folder = job->path.len;
	while (folder > 0 && job->path.data[folder - 1] != '/') {
		folder--;
	}
	/*
	 * x_bg.js is given its instance by another file: x_bg.wasm, wasmbuild's x.internal.js that of x.wasm; "no-modules" makes
	 * its name of the script's
	 */
	if (name.len == 0) {
		size_t dot = job->path.len;
		while (dot > folder && job->path.data[dot - 1] != '.') {
			dot--;
		}
		struct str stem = str_slice(job->path, folder, dot > folder ? dot - 1 : folder);
		if (str_ends(stem, STR("_bg"))) {
			name = arena_printf(arena, "%.*s.wasm", STR_ARGS(stem));
		} else if (str_ends(stem, STR(".internal"))) {
			name =
				arena_printf(arena, "%.*s.wasm", (int)(stem.len - STR(".internal").len), stem.data);
		} else if (str_find(job->bytes, STR("_bg.wasm")) != (size_t)-1) {
			name = arena_printf(arena, "%.*s_bg.wasm", STR_ARGS(stem));
		}
	}
	struct diags ignored = {0};
	struct str path = arena_printf(arena, "%.*s%.*s", (int)folder, job->path.data, STR_ARGS(name));
	if (name.len == 0 || os_kind(arena, path) != OS_FILE ||
		!wasm_file_read(arena, path, &file, &ignored)) {
		return file;
	}
	if (!wasm_is_only_name(job->bytes, name)) {
		file.leaves.len = 0; /* it may be the other one that runs */
	}
	return file;
}

/* Adds the declarations that belong to a script, if they are there. */
static struct job *add_types(const struct command *command, struct arena *arena, struct job *jobs,
	uint32_t *count, const struct job *script)
{
	/* what goes elsewhere goes alone */
	if (command_redirects(command->options) || command_reads_stdin(command->options)) {
		return NULL;
	}
	struct str path = batch_types_path(arena, script->path);
	if (path.len == 0 || os_kind(arena, path) == OS_MISSING) {
		return NULL;
	}
	struct job *job = &jobs[(*count)++];
	*job = (struct job){
		.path = path, .diags = arena_new(arena, struct diags), .settings = script->settings};
	job->failed = !os_read_file(arena, path, SOURCE_MAX_BYTES, &job->bytes, job->diags);
	job->verdict = job->failed ? VERDICT_REFUSED : VERDICT_SKIPPED;
	return job;
}

void command_add_types(
	const struct command *command, struct arena *arena, struct job *jobs, uint32_t *count)
{
	uint32_t scripts = *count;
	for (uint32_t i = 0; i < scripts; i++) {
		add_types(command, arena, jobs, count, &jobs[i]);
	}
}

static void take_patch(struct job *job, struct patch *patch)
{
	job->patch = patch;
	job->verdict = patch->verdict;
	job->diags = &patch->diags;
	job->result = patch->output;
}

void command_run_patches(
	const struct command *command, struct arena *arena, struct job *jobs, uint32_t *count)
{
	uint32_t scripts = *count;
	const struct patch *api = NULL; /* of the one that exports it */
	struct patch **patches = arena_array(arena, struct patch *, scripts);
	for (uint32_t i = 0; i < scripts; i++) {
		struct job *job = &jobs[i];
		if (job->failed) {
			continue;
		}
		struct patch_options options = job->settings->patch;
		struct wasm_file wasm = read_companion(arena, job);
		options.wasm = wasm.module;
		options.leaves = wasm.leaves;
		double begun = os_seconds();
		take_patch(job, patch_run(arena, command->patcher, job->path, job->bytes, &options));
		job->seconds = os_seconds() - begun;
		patches[i] = job->patch;
		if (types_wanted(job->patch)) {
			api = job->patch;
		}
	}
	package_join(arena, patches, scripts);
	for (uint32_t i = 0; api != NULL && i < scripts; i++) {
		bool glue = (jobs[i].verdict == VERDICT_PATCHED || jobs[i].verdict == VERDICT_UNCHANGED) &&
		            !jobs[i].failed && !jobs[i].patch->apart;
		struct job *types = glue ? add_types(command, arena, jobs, count, &jobs[i]) : NULL;
		if (types != NULL && !types->failed) {
			double begun = os_seconds();
			take_patch(types, types_run(arena, types->path, types->bytes, api));
			types->seconds = os_seconds() - begun;
		}
	}
}

void command_hold_together(struct arena *arena, struct job *jobs, uint32_t count)
{
	const struct job *reason = NULL;
	for (uint32_t i = 0; i < count && reason == NULL; i++) {
		reason = jobs[i].verdict == VERDICT_REFUSED ? &jobs[i] : NULL;
	}
	for (uint32_t i = 0; reason != NULL && i < count; i++) {
		struct job *job = &jobs[i];
		if (job->verdict == VERDICT_PATCHED) {
			job->verdict = VERDICT_REFUSED;
			diag_add(arena, job->diags, SEVERITY_REFUSAL, "package", DIAG_NO_OFFSET,
				"left as it is, because %.*s of the same package %s", STR_ARGS(reason->path),
				reason->failed ? "could not be read" : "was refused");
			if (job->patch != NULL) {
				job->patch->verdict = VERDICT_REFUSED;
			}
		}
	}
}

/* ---- writing ---- */

static bool write_elsewhere(
	const struct command *command, struct arena *arena, struct job *job, struct diags *diags)
{
	const struct options *options = command->options;
	if (streams_bytes(options)) {
		/* a stream that cannot take it is noticed by command_finish */
		fwrite(job->result.data, 1, job->result.len, stdout);
		return true;
	}
	return os_write_file(arena, options->output, job->result, diags);
}

void command_write(
	const struct command *command, struct arena *arena, struct job *jobs, uint32_t count)
{
	struct os_write *writes = arena_array(arena, struct os_write, count);
	struct job **owners = arena_array(arena, struct job *, count);
	uint32_t used = 0, failed = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (jobs[i].wanted) {
			owners[used] = &jobs[i];
			writes[used++] = (struct os_write){jobs[i].path, jobs[i].result, jobs[i].bytes,
				.replaces = true, .diags = jobs[i].diags};
		}
	}
	if (used == 0) {
		return;
	}
	struct diags diags = {0};
	bool redirected = command_redirects(command->options);
	bool done = redirected ? write_elsewhere(command, arena, owners[0], &diags)
	                       : os_write_files(arena, writes, used, &diags, &failed);
	for (uint32_t i = 0; i < used; i++) {
		owners[i]->written = done && !redirected;
		owners[i]->failed = !done;
	}
	for (const struct diag *diag = diags.first; diag != NULL; diag = diag->next) {
		struct str about = redirected ? command->options->output : writes[failed].path;
		diag_add(arena, owners[failed]->diags, SEVERITY_ERROR, diag->code, DIAG_NO_OFFSET,
			"%s%.*s%s%.*s", redirected ? "to " : "", redirected ? (int)about.len : 0, about.data,
			redirected ? ": " : "", STR_ARGS(diag->text));
	}
}

/* ---- telling ---- */

static void find_shown(struct arena *arena, struct job *job)
{
	struct patch *patch = job->patch;
	struct str shown = job->bytes;
	if (patch != NULL && job->written) {
		shown = job->result;
		job->shown_splice = &patch->splice;
	} else if (patch != NULL && patch->input_version.len != 0) {
		/* the diagnostics are about the original; the user sees the patched file */
		struct seal *seal = arena_new(arena, struct seal);
		struct diags ignored = {0};
		if (seal_read(arena, job->bytes, seal, &ignored) == SEAL_GOOD) {
			job->shown_splice = &seal->splice;
		}
	}
	source_init(&job->shown, job->path, shown);
}

struct position command_position(struct arena *arena, struct job *job, uint32_t offset)
{
	if (job->shown.path.data == NULL) {
		find_shown(arena, job);
	}
	uint32_t at = job->shown_splice == NULL ? offset : splice_map(job->shown_splice, offset);
	return source_position(arena, &job->shown, at);
}

static void place(const struct job *job, struct finding *finding, struct position position)
{
	finding->placed = true;
	finding->position = position;
	finding->column_utf16 = source_column_utf16(&job->shown, position);
	finding->excerpt = source_excerpt(&job->shown, position);
}

/* The first byte that would change, in the file as it is; of an addition at the end, the last one. */
static uint32_t first_change(struct str before, struct str after)
{
	size_t at = 0;
	while (at < before.len && at < after.len && before.data[at] == after.data[at]) {
		at++;
	}
	at = at == before.len && at != 0 ? at - 1 : at;
	while (at != 0 && ((unsigned char)before.data[at] & 0xC0) == 0x80) {
		at--; /* no place is within a character */
	}
	return (uint32_t)at;
}

/* Text has a line on stdout that says it; in a document it is a finding as all others. */
static void tell_change(struct command *command, struct arena *arena, struct job *job)
{
	if (command->console.findings == NULL) {
		return;
	}
	struct finding finding = {.path = job->path, .severity = SEVERITY_ERROR, .text = job->change};
	finding.code = "would-change";
	if (job->shown.path.data == NULL) {
		find_shown(arena, job);
	}
	uint32_t at = first_change(job->bytes, job->patch->output);
	place(job, &finding, source_position(arena, &job->shown, at));
	console_finding(&command->console, arena, &finding);
}

void command_tell(struct command *command, struct arena *arena, struct job *jobs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct job *job = &jobs[i];
		if (job->change.len != 0) {
			tell_change(command, arena, job);
		}
		for (const struct diag *diag = job->diags->first; diag != NULL; diag = diag->next) {
			struct finding finding = command_finding(job->path, diag);
			if (diag->offset != DIAG_NO_OFFSET) {
				place(job, &finding, command_position(arena, job, diag->offset));
			}
			console_finding(&command->console, arena, &finding);
			if (strcmp(diag->code, "internal") == 0) {
				command_raise(command, STATUS_INTERNAL);
			}
		}
		if (job->failed) {
			command->failed++;
			command_raise(command, STATUS_IO);
		} else {
			command->verdicts[job->verdict]++;
		}
		if (job->verdict == VERDICT_REFUSED && !job->failed) {
			command_raise(command, STATUS_REFUSED);
		}
		if (command->report != NULL && job->patch != NULL) {
			struct report_facts facts = {job->settings->file, job->written,
				command->options->timings ? job->seconds * 1000 : 0};
			report_add(command->report, arena, job->patch, &facts);
		} else if (command->report != NULL && job->failed) {
			report_add_failure(command->report, arena, job->path, job->diags);
		}
	}
}

void command_summary(
	struct command *command, const char *patched, const char *unchanged, const char *skipped)
{
	if (command->options->print_config || command->status == STATUS_USAGE) {
		return; /* nothing was done */
	}
	struct arena *arena = arena_create();
	struct str failed =
		command->failed == 0 ? STR("") : arena_printf(arena, ", %u failed", command->failed);
	const uint32_t *verdicts = command->verdicts;
	console_result(&command->console, arena, "%u %s, %u %s, %u %s, %u refused%.*s",
		verdicts[VERDICT_PATCHED], patched, verdicts[VERDICT_UNCHANGED], unchanged,
		verdicts[VERDICT_SKIPPED], skipped, verdicts[VERDICT_REFUSED], STR_ARGS(failed));
	arena_destroy(arena);
}
