#include "console.h"

#include <errno.h>

#include "os.h"
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

static void wipe(struct console *console)
{
	if (console->drawing) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
		console->drawing = false;
	}
}

void console_finding(struct console *console, struct arena *arena, const struct finding *finding)
{
	if (finding->severity == SEVERITY_NOTE && !console->notes) {
		return;
	}
	if (console->findings != NULL) {
		findings_add(console->findings, finding);
		return;
	}
	wipe(console);
	/* so that both streams stand in the order of events where they meet on a terminal */
	fflush(console->results);
	struct str place =
		finding->path.len == 0 ? STR("reglue") : utf8_printable(arena, finding->path);
	if (finding->placed) {
		place = arena_printf(
			arena, "%.*s:%u:%u", STR_ARGS(place), finding->position.line, finding->position.column);
	}
	bool color = console->color;
	const struct kind *kind = &kinds[finding->severity];
	fprintf(stderr, "%s%.*s:%s %s%s:%s %.*s [%s]\n", color ? BOLD : "", STR_ARGS(place),
		color ? PLAIN : "", color ? kind->color : "", kind->name, color ? PLAIN : "",
		STR_ARGS(utf8_printable(arena, finding->text)), finding->code);
}

void console_result(struct console *console, struct arena *arena, const char *format, ...)
{
	if (console->quiet) {
		return;
	}
	wipe(console);
	va_list args;
	va_start(args, format);
	struct str line = arena_vprintf(arena, format, args);
	va_end(args);
	fprintf(console->results, "%.*s\n", STR_ARGS(utf8_printable(arena, line)));
}

void console_error(struct console *console, struct arena *arena, struct str text)
{
	wipe(console);
	fprintf(stderr, "reglue: %serror:%s %.*s\n", console->color ? RED : "",
		console->color ? PLAIN : "", STR_ARGS(utf8_printable(arena, text)));
}

void console_progress(struct console *console, uint32_t done, uint32_t total)
{
	enum { WIDTH = 30 };
	if (!console->progress || console->quiet) {
		return;
	}
	if (total == 0) {
		wipe(console);
		return;
	}
	double now = os_seconds();
	console->started = console->started == 0 ? now : console->started;
	/* short runs need none, and long ones no flicker */
	if (now - console->started < 1 || now - console->drawn < 0.1) {
		return;
	}
	console->drawn = now;
	console->drawing = true;
	int filled = (int)((uint64_t)done * WIDTH / total);
	fflush(console->results);
	fprintf(stderr, "\r\033[K[%.*s%*s] %u of %u packages", filled,
		"==============================", WIDTH - filled, "", done, total);
	fflush(stderr);
}

void console_waiting(struct arena *arena, struct str path)
{
	fprintf(stderr, "reglue: waiting for another reglue in %.*s\n",
		STR_ARGS(utf8_printable(arena, os_folder_of(path))));
}

bool console_flush(void)
{
	/* both, whatever becomes of the first */
	bool out = fflush(stdout) == 0 && ferror(stdout) == 0;
	bool err = fflush(stderr) == 0 && ferror(stderr) == 0;
	return out && err;
}
