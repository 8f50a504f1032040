#include "console.h"

#include <errno.h>

#include "utf8.h"

#define BOLD "\033[1m"
#define RED "\033[31m"
#define YELLOW "\033[33m"
#define BLUE "\033[34m"
#define PLAIN "\033[0m"

struct kind {
	const char *name;
	const char *color;
};

/* A refusal is an error to whoever ran the command; the report tells them apart. */
static const struct kind kinds[] = {
	[SEVERITY_ERROR] = {"error", RED},
	[SEVERITY_REFUSAL] = {"error", RED},
	[SEVERITY_WARNING] = {"warning", YELLOW},
	[SEVERITY_NOTE] = {"note", BLUE},
};

void console_finding(const struct console *console, struct arena *arena,
	const struct finding *finding)
{
	if (finding->severity == SEVERITY_NOTE && !console->verbose) {
		return;
	}
	if (console->findings != NULL) {
		findings_add(console->findings, finding);
		return;
	}
	/* so that both streams stand in the order of events where they meet on a terminal */
	fflush(console->results);
	struct str place = finding->path.len == 0 ? STR("reglue")
						  : utf8_printable(arena, finding->path);
	if (finding->placed) {
		place = arena_printf(arena, "%.*s:%u:%u", STR_ARGS(place), finding->position.line,
			finding->position.column);
	}
	bool color = console->color;
	const struct kind *kind = &kinds[finding->severity];
	fprintf(stderr, "%s%.*s:%s %s%s:%s %.*s [%s]\n", color ? BOLD : "", STR_ARGS(place),
		color ? PLAIN : "", color ? kind->color : "", kind->name, color ? PLAIN : "",
		STR_ARGS(utf8_printable(arena, finding->text)), finding->code);
}

void console_result(const struct console *console, struct arena *arena, const char *format, ...)
{
	if (console->quiet) {
		return;
	}
	va_list args;
	va_start(args, format);
	struct str line = arena_vprintf(arena, format, args);
	va_end(args);
	fprintf(console->results, "%.*s\n", STR_ARGS(utf8_printable(arena, line)));
}

void console_error(const struct console *console, struct arena *arena, struct str text)
{
	fprintf(stderr, "reglue: %serror:%s %.*s\n", console->color ? RED : "",
		console->color ? PLAIN : "", STR_ARGS(utf8_printable(arena, text)));
}

bool console_flush(void)
{
	/* both, whatever becomes of the first */
	bool out = fflush(stdout) == 0 && ferror(stdout) == 0;
	bool err = fflush(stderr) == 0 && ferror(stderr) == 0;
	return out && err;
}
