#include <stdlib.h>

#include "command.h"
#include "parallel.h"
#include "settings.h"

/* A package on its way through the threads. */
struct task {
	struct arena *arena; /* from the work on it to its being told */
	struct job *jobs;
	uint32_t count;
};

struct run {
	struct command *command;
	const struct package_verb *verb;
	const struct batch *batch;
	struct task *tasks;
	const struct settings **settings; /* a package's, by index */
};

static bool is_stdin(struct str path)
{
	return str_equal(path, STR("-"));
}

static struct str stdin_name(const struct options *options)
{
	return options->stdin_filepath.len != 0 ? options->stdin_filepath : STR("<stdin>");
}

/* ---- one package, on any thread ---- */

static void read_job(
	const struct options *options, struct arena *arena, struct os_entry entry, struct job *job)
{
	struct diags *diags = arena_new(arena, struct diags);
	bool done = false;
	*job = (struct job){.path = entry.path, .diags = diags};
	if (entry.error.len != 0) {
		diag_add(arena, diags, SEVERITY_ERROR, "io", DIAG_NO_OFFSET, "%.*s", STR_ARGS(entry.error));
	} else if (is_stdin(entry.path)) {
		job->path = stdin_name(options);
		done = os_read_stdin(arena, SOURCE_MAX_BYTES, &job->bytes, diags);
	} else {
		done = os_read_file(arena, entry.path, SOURCE_MAX_BYTES, &job->bytes, diags);
	}
	job->failed = !done;
	job->verdict = done ? VERDICT_SKIPPED : VERDICT_REFUSED;
}

static void tell_waiting(void *context)
{
	const struct job *job = context;
	struct arena *arena = arena_create();
	console_waiting(arena, job->path);
	arena_destroy(arena);
}

static void work_on(void *context, uint32_t index)
{
	struct run *run = context;
	struct task *task = &run->tasks[index];
	const struct package *package = &run->batch->packages[index];
	const struct options *options = run->command->options;
	struct os_lock *lock = NULL;
	*task = (struct task){.arena = arena_create()};
	if (command_writes(options) && !command_redirects(options)) {
		struct job about = {.path = package->files[0].path};
		lock = os_lock_folder(task->arena, about.path, tell_waiting, &about);
	}
	task->jobs = arena_array(task->arena, struct job, 2 * (size_t)package->count);
	for (; task->count < package->count; task->count++) {
		struct job *job = &task->jobs[task->count];
		read_job(options, task->arena, package->files[task->count], job);
		job->settings = run->settings == NULL ? NULL : run->settings[index];
	}
	run->verb->work(run->command, task->arena, task->jobs, &task->count);
	os_unlock_folder(lock);
}

/* ---- in order, on one thread ---- */

static void tell(void *context, uint32_t index)
{
	struct run *run = context;
	struct command *command = run->command;
	struct task *task = &run->tasks[index];
	run->verb->tell(command, task->arena, task->jobs, task->count);
	arena_destroy(task->arena);
	console_progress(&command->console, index + 1, run->batch->package_count);
}

/* Says what was looked at when nothing was found in it. */
static void tell_nothing(
	struct command *command, struct arena *arena, const struct batch *batch, const char *nothing)
{
	const struct options *options = command->options;
	struct buf text = BUF_INIT;
	if (!batch->walked && options->path_count == 1 && batch->path_count == 1) {
		struct str path = options->paths[0];
		struct finding finding = {.path = is_stdin(path) ? stdin_name(options) : path,
			.severity = SEVERITY_ERROR,
			.code = "no-glue",
			.text = arena_printf(arena, "no %s found%s", nothing,
				str_ends(path, STR(".wasm")) ? "; name the .js file beside it" : "")};
		console_finding(&command->console, arena, &finding);
		command_raise(command, STATUS_REFUSED);
		return;
	}
	if (batch->file_count == 0) {
		buf_printf(&text, "no .js, .mjs or .cjs file in");
	} else {
		buf_printf(&text, "no %s found in the %u file%s of", nothing, batch->file_count,
			batch->file_count == 1 ? "" : "s");
	}
	for (uint32_t i = 0; i < options->path_count && i < 5; i++) {
		buf_printf(&text, "%s %.*s", i == 0 ? "" : ",", STR_ARGS(options->paths[i]));
	}
	if (options->path_count > 5) {
		buf_printf(&text, " and %u more", options->path_count - 5);
	}
	if (options->files_from.len != 0) {
		buf_printf(&text, "%s the list %.*s", options->path_count == 0 ? "" : " and",
			STR_ARGS(options->files_from));
	}
	if (batch->walked && !options->recursive) {
		buf_printf(&text, "; -r goes into subdirectories");
	}
	struct finding finding = {
		.severity = SEVERITY_ERROR, .code = "no-glue", .text = buf_str(&text)};
	console_finding(&command->console, arena, &finding);
	buf_finish(&text);
	command_raise(command, STATUS_REFUSED);
}

/* ---- before anything is read ---- */

static bool read_list(struct command *command, struct arena *arena, struct str *list)
{
	const struct options *options = command->options;
	struct diags diags = {0};
	struct str path = options->files_from;
	*list = STR("");
	if (path.len == 0 || os_read_input(arena, path, SOURCE_MAX_BYTES, list, &diags)) {
		return true;
	}
	command_tell_failure(command, arena, path, &diags);
	return false;
}

/* False: a usage error was told. */
static bool find_settings(struct command *command, struct settings_finder *finder,
	struct arena *arena, struct str path, bool is_folder, const struct settings **settings)
{
	struct source source;
	struct diags diags = {0};
	*settings = settings_find(finder, path, is_folder, &source, &diags);
	for (const struct diag *diag = diags.first; diag != NULL; diag = diag->next) {
		struct finding finding = command_finding(source.path, diag);
		finding.placed = diag->offset != DIAG_NO_OFFSET;
		if (finding.placed) {
			finding.position = source_position(arena, &source, diag->offset);
			finding.column_utf16 = source_column_utf16(&source, finding.position);
			finding.excerpt = source_excerpt(&source, finding.position);
		}
		console_finding(&command->console, arena, &finding);
		command_raise(command, STATUS_USAGE);
	}
	return *settings != NULL;
}

/* All settings are looked up, and all of them right, before the first file is touched. */
static bool find_all_settings(struct command *command, struct arena *arena,
	const struct batch *batch, const struct settings **settings)
{
	struct settings_finder *finder = settings_finder_create(arena, command->options);
	bool right = true;
	for (uint32_t i = 0; i < batch->package_count; i++) {
		struct str path = batch->packages[i].files[0].path;
		if (is_stdin(path)) {
			path = command->options->stdin_filepath;
		}
		right &= find_settings(command, finder, arena, path, false, &settings[i]);
	}
	return right;
}

static void print_settings(struct command *command, struct arena *arena)
{
	const struct options *options = command->options;
	struct settings_finder *finder = settings_finder_create(arena, options);
	for (uint32_t i = 0; i < options->path_count; i++) {
		const struct settings *settings;
		struct str path = options->paths[i];
		bool is_folder = os_kind(arena, path) == OS_DIRECTORY;
		if (find_settings(command, finder, arena, path, is_folder, &settings)) {
			struct str line = settings_text(arena, path, settings);
			fwrite(line.data, 1, line.len, stdout);
		}
	}
}

static void run_batch(struct command *command, struct arena *arena, const struct batch *batch,
	const struct package_verb *verb)
{
	const struct options *options = command->options;
	struct run run = {
		command, verb, batch, .tasks = arena_array(arena, struct task, batch->package_count)};
	if (options->verb != VERB_REVERT) {
		run.settings = arena_array(arena, const struct settings *, batch->package_count);
		if (!find_all_settings(command, arena, batch, run.settings)) {
			return;
		}
	}
	for (uint32_t i = 0; command_writes(options) && i < batch->litter.count; i++) {
		os_clear_litter(arena, batch->litter.items[i].path);
	}
	uint32_t threads = options->jobs == 0 ? os_processors() : options->jobs;
	if (threads > 1 && batch->package_count > 1) {
		struct os_signals before;
		os_guard_threads(&before);
		parallel_run(batch->package_count, threads, work_on, tell, &run);
		os_unguard_threads(&before);
	} else {
		parallel_run(batch->package_count, 1, work_on, tell, &run);
	}
	console_progress(&command->console, 0, 0);
}

void command_each_package(
	struct command *command, const struct package_verb *verb, const char *nothing)
{
	const struct options *options = command->options;
	struct arena *arena = arena_create();
	struct batch_query query = {
		.paths = options->paths,
		.path_count = options->path_count,
		.null_separated = options->null_separated,
		.recursive = options->recursive,
		.ignore = !options->no_ignore,
		.alone = command_redirects(options),
		.shard = options->shard,
		.shards = options->shards,
	};
	struct batch batch;
	if (options->print_config) {
		print_settings(command, arena);
		arena_destroy(arena);
		return;
	}
	if (!read_list(command, arena, &query.list)) {
		arena_destroy(arena);
		return;
	}
	batch_collect(arena, &query, &batch);
	if (options->output.len != 0 && batch.walked) {
		console_error(&command->console, arena,
			arena_printf(arena, "--output takes a file, not a directory; see reglue help %s",
				verb_name(options->verb)));
		command_raise(command, STATUS_USAGE);
		arena_destroy(arena);
		return;
	}
	run_batch(command, arena, &batch, verb);
	uint32_t found = command->verdicts[VERDICT_PATCHED] + command->verdicts[VERDICT_UNCHANGED] +
	                 command->verdicts[VERDICT_REFUSED] + command->failed;
	bool none = nothing == NULL ? batch.file_count == 0 && command->failed == 0 : found == 0;
	/* what one part lacks another may have */
	if (none && !options->allow_empty && options->shards == 0 && command->status != STATUS_USAGE) {
		tell_nothing(command, arena, &batch, nothing == NULL ? "file" : nothing);
	}
	arena_destroy(arena);
}
