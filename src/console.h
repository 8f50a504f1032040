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
	bool notes;                /* notes as well */
	bool progress;             /* stderr is a terminal to draw on */
	bool drawing;              /* the last line there is the progress */
	double started, drawn;     /* seconds on some clock; 0: not yet */
};

/* `path:line:col: error: text [code]`, or kept; notes only if wanted. */
void console_finding(struct console *console, struct arena *arena, const struct finding *finding);

/* A line on the results' stream unless quiet. Control characters are made harmless. */
void console_result(struct console *console, struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* `reglue: error: text` */
void console_error(struct console *console, struct arena *arena, struct str text);

/*
 * How far a long run is, on a terminal and unless quiet; drawn over itself, and gone when anything
 * else is printed. total 0 clears it.
 */
void console_progress(struct console *console, uint32_t done, uint32_t total);

/* `reglue: waiting for another reglue in the folder of PATH`; may be called on any thread. */
void console_waiting(struct arena *arena, struct str path);

/* Writes what is still held back. False if anything did not reach its stream. */
bool console_flush(void);

#endif
