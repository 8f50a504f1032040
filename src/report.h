/*
 * The JSON report: what was done to every file, and what was recognised in it. One line per file,
 * the same bytes for the same input and options. docs/REPORT.md and docs/report.schema.json say
 * what it holds.
 */
#ifndef REGLUE_REPORT_H
#define REGLUE_REPORT_H

#include "patch.h"

enum { REPORT_SCHEMA_VERSION = 1 };

struct report;

/* command: the verb ("patch"). Both are borrowed until report_destroy. */
struct report *report_create(const char *command, const struct patch_options *options);
void report_destroy(struct report *report); /* takes NULL */

/* What a command knows of a file beside what patch_run says. */
struct report_facts {
	struct str config;   /* the reglue.json that counted for it, or empty */
	bool written;        /* its output now stands in the file */
	double milliseconds; /* that patch_run took; 0: not to be told */
};

/*
 * Adds a file that patch_run has seen. Everything is copied; the arena is only used meanwhile.
 * Builds line tables in the patch.
 */
void report_add(struct report *report, struct arena *arena, struct patch *patch,
	const struct report_facts *facts);

/* Adds a file that could not be read; verdict "failed". */
void report_add_failure(
	struct report *report, struct arena *arena, struct str path, const struct diags *diags);

/* The whole report, with totals; in the arena. */
struct str report_text(struct report *report, struct arena *arena);

/* A report as it was read from a file. */
struct report_part {
	struct str path; /* for messages */
	struct str text;
};

/*
 * Joins what the shards of one run wrote: files in the order of their paths, totals counted anew.
 * False if one is no report of our schema version, is of another run (tool, command, options), or
 * says other things of a file than another does: *failed is its index, *error a line about it.
 */
bool report_merge(struct arena *arena, const struct report_part *parts, uint32_t part_count,
	struct str *merged, uint32_t *failed, struct str *error);

/* A report as a page for a browser, all in one file; false with a line in *error if it is none. */
bool report_page(struct arena *arena, struct str report, struct str *page, struct str *error);

#endif
