/* What the commands print: diagnostics on stderr, results on stdout. Only commands use it. */
#ifndef REGLUE_CONSOLE_H
#define REGLUE_CONSOLE_H

#include <stdio.h>

#include "findings.h"

struct console {
	FILE *results; /* stdout, or stderr when stdout carries a file, a diff or a document */
	struct findings *findings; /* keeps them for a document; NULL: they are printed at once */
	bool color;                /* of messages on stderr */
	bool quiet;                /* no results, no notes */
	bool verbose;              /* notes as well */
};

/* `path:line:col: error: text [code]`, or kept; notes only if verbose. */
void console_finding(const struct console *console, struct arena *arena,
	const struct finding *finding);

/* A line on the results' stream unless quiet. Control characters are made harmless. */
void console_result(const struct console *console, struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* `reglue: error: text` */
void console_error(const struct console *console, struct arena *arena, struct str text);

/* Writes what is still held back. False if anything did not reach its stream. */
bool console_flush(void);

#endif
