/*
 * Findings: diagnostics with the place where a user meets them. Printed as they come (text), or
 * kept and written at the end as one document for a machine.
 */
#ifndef REGLUE_FINDINGS_H
#define REGLUE_FINDINGS_H

#include "cli.h"
#include "diag.h"
#include "source.h"

struct finding {
	struct str path; /* empty: the run as a whole */
	enum severity severity;
	const char *code; /* static string */
	struct str text;
	bool placed; /* else the whole file is meant, and what follows is empty */
	struct position position;
	uint32_t column_utf16;
	struct excerpt excerpt;
};

struct findings;

struct findings *findings_create(void);
void findings_destroy(struct findings *findings); /* takes NULL */

/* Copies it to the end of the list. */
void findings_add(struct findings *findings, const struct finding *finding);

/* What a document tells beside the findings themselves. */
struct findings_run {
	const char *command; /* the verb */
	int status;          /* exit status of the run */
	bool successful;     /* nothing failed; refusing is no failure */
	struct str folder;   /* the working directory, which places in the document are relative to */
};

/* The document in any format but FORMAT_TEXT; in the arena. */
struct str findings_text(const struct findings *findings, enum format format,
	const struct findings_run *run, struct arena *arena);

#endif
