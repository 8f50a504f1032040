#include "command.h"

static bool is_dash(struct str text)
{
	return str_equal(text, STR("-"));
}

/* A line about one of the reports; they are refused as glue is. */
static void refuse(struct console *console, struct arena *arena, struct str path, struct str error)
{
	struct finding finding = {
		.path = path, .severity = SEVERITY_ERROR, .code = "report-unfit", .text = error};
	console_finding(console, arena, &finding);
}

static bool tell(
	struct console *console, struct arena *arena, struct str path, const struct diags *diags)
{
	for (const struct diag *diag = diags->first; diag != NULL; diag = diag->next) {
		struct finding finding = {
			.path = path, .severity = diag->severity, .code = diag->code, .text = diag->text};
		console_finding(console, arena, &finding);
	}
	return false;
}

static bool read_part(
	struct console *console, struct arena *arena, struct str path, struct report_part *part)
{
	struct diags diags = {0};
	part->path = is_dash(path) ? STR("<stdin>") : path;
	return os_read_input(arena, path, SOURCE_MAX_BYTES, &part->text, &diags) ||
	       tell(console, arena, part->path, &diags);
}

static int write_out(struct console *console, struct arena *arena, struct str path, struct str text)
{
	struct diags diags = {0};
	if (path.len == 0 || is_dash(path)) {
		fwrite(text.data, 1, text.len, stdout);
	} else if (!os_write_file(arena, path, text, &diags)) {
		tell(console, arena, path, &diags);
		return STATUS_IO;
	}
	if (!console_flush()) {
		fputs("reglue: error: cannot write to stdout\n", stderr);
		return STATUS_IO;
	}
	return STATUS_DONE;
}

int command_report(const struct options *options)
{
	struct arena *arena = arena_create();
	struct console console = {.results = stdout, .color = command_color(options)};
	struct report_part *parts = arena_array(arena, struct report_part, options->path_count);
	int status = STATUS_DONE;
	for (uint32_t i = 0; i < options->path_count; i++) {
		if (!read_part(&console, arena, options->paths[i], &parts[i])) {
			status = STATUS_IO;
		}
	}
	struct str text, error;
	uint32_t failed = 0;
	if (status == STATUS_DONE) {
		bool done = options->report_action == REPORT_MERGE
		                ? report_merge(arena, parts, options->path_count, &text, &failed, &error)
		                : report_page(arena, parts[0].text, &text, &error);
		if (done) {
			status = write_out(&console, arena, options->output, text);
		} else {
			refuse(&console, arena, parts[failed].path, error);
			status = STATUS_REFUSED;
		}
	}
	arena_destroy(arena);
	return status;
}
