/*
 * What reglue has to say about a file: errors, refusals, warnings, notes. Nothing below the
 * commands prints; it adds a diagnostic here. Codes are stable, kebab-case names that users can
 * grep for ("shared-memory"); texts are one line, without the path.
 */
#ifndef REGLUE_DIAG_H
#define REGLUE_DIAG_H

#include <stdint.h>

#include "arena.h"

enum severity {
	SEVERITY_ERROR, /* the file could not be handled: parse error, I/O; or check found it wanting */
	SEVERITY_REFUSAL, /* understood, or nearly, and not patched, on purpose */
	SEVERITY_WARNING, /* patched, but a rule holds only in part; says which */
	SEVERITY_NOTE,
};

/* offset of a diagnostic that concerns the whole file */
#define DIAG_NO_OFFSET UINT32_MAX

struct diag {
	struct diag *next;
	enum severity severity;
	const char *code; /* static string */
	struct str text;  /* one line, in the arena */
	uint32_t offset;  /* bytes into the input, or DIAG_NO_OFFSET */
};

/* In the order they were added. All-zero is an empty list. */
struct diags {
	struct diag *first;
	struct diag *last;
	uint32_t errors; /* errors and refusals together */
	uint32_t warnings;
};

void diag_add(struct arena *arena, struct diags *diags, enum severity severity, const char *code,
	uint32_t offset, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* "error", "refusal", "warning", "note" */
const char *severity_name(enum severity severity);

#endif
