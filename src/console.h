/* What the commands print: diagnostics on stderr, results on stdout. Only commands use it. */
#ifndef REGLUE_CONSOLE_H
#define REGLUE_CONSOLE_H

#include <stdio.h>

#include "diag.h"
#include "source.h"

struct console {
	FILE *results; /* stdout, or stderr when stdout carries a file, a diff or JSON */
	bool color;    /* of messages on stderr */
	bool quiet;    /* no results, no notes */
	bool verbose;  /* notes as well */
};

/* `path:line:col: error: text [code]`; position NULL if the whole file is meant. */
void console_diag(const struct console *console, struct arena *arena, struct str path,
	const struct position *position, const struct diag *diag);

/* A line on the results' stream unless quiet. Control characters are made harmless. */
void console_result(const struct console *console, struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* `reglue: error: text` */
void console_error(const struct console *console, struct arena *arena, struct str text);

/* Writes what is still held back. False if anything did not reach its stream. */
bool console_flush(void);

#endif
