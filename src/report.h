/*
 * The JSON report: what was done to every file, and what was recognised in it. One line per file,
 * the same bytes for the same input and options. docs/REPORT.md and docs/report.schema.json say
 * what it holds.
 */
#ifndef REGLUE_REPORT_H
#define REGLUE_REPORT_H

#include "patch.h"

struct report;

/* command: the verb ("patch"). Both are borrowed until report_destroy. */
struct report *report_create(const char *command, const struct patch_options *options);
void report_destroy(struct report *report); /* takes NULL */

/*
 * Adds a file that patch_run has seen. written: whether its output now stands in the file.
 * Everything is copied; the arena is only used meanwhile. Builds line tables in the patch.
 */
void report_add(struct report *report, struct arena *arena, struct patch *patch, bool written);

/* Adds a file that could not be read; verdict "failed". */
void report_add_failure(struct report *report, struct arena *arena, struct str path,
	const struct diags *diags);

/* The whole report, with totals; in the arena. */
struct str report_text(struct report *report, struct arena *arena);

#endif
