/* The list itself, for those who write it; see findings.h. */
#ifndef REGLUE_FINDINGS_LIST_H
#define REGLUE_FINDINGS_LIST_H

#include "findings.h"

struct findings {
	struct arena *arena;
	struct finding *items;
	uint32_t count;
	uint32_t capacity;
};

/* report_findings.c: our own JSON, docs/findings.schema.json */
struct str findings_json(
	const struct findings *findings, const struct findings_run *run, struct arena *arena);

/* report_sarif.c: SARIF 2.1.0 */
struct str findings_sarif(
	const struct findings *findings, const struct findings_run *run, struct arena *arena);

/* A path as seen from the folder: without "./" in front, and relative if it lies below. */
struct str findings_path(struct str path, struct str folder);

#endif
