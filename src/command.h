/*
 * What the verbs have in common: going through the files, printing diagnostics, counting, the
 * report, the exit status. command_VERB.c says what happens with each package.
 */
#ifndef REGLUE_COMMAND_H
#define REGLUE_COMMAND_H

#include "batch.h"
#include "console.h"
#include "options.h"
#include "report.h"
#include "settings.h"

/* Exit statuses; of several reasons the greatest number counts. */
enum {
	STATUS_DONE = 0,
	STATUS_WOULD_CHANGE = 1,
	STATUS_USAGE = 2,
	STATUS_REFUSED = 3,
	STATUS_IO = 4,
	STATUS_INTERNAL = 70,
};

struct command {
	const struct options *options;
	struct console console;
	struct patcher *patcher;
	struct report *report; /* NULL if none is wanted */
	uint32_t verdicts[VERDICT_REFUSED + 1];
	uint32_t failed; /* could not be read or written */
	int status;
};

/* One file of a package. */
struct job {
	struct str path; /* for messages; the name that stands for stdin, too */
	struct str bytes;
	enum verdict verdict;
	struct diags *diags;
	struct patch *patch; /* of verbs that run the pipeline, else NULL */
	double seconds;      /* that the pipeline took */
	struct str result;   /* what the verb makes of the bytes */
	bool wanted;         /* result is to be written */
	bool written;        /* result stands in the file itself */
	bool failed;         /* could not be read or written; if not read, verdict is "refused" */
	struct str diff;     /* of check --diff */
	struct str change;   /* of check: a line on what patch would do, if anything */
	const struct settings *settings; /* of verbs that run the pipeline */
	/* the file as it is on disk, and what stands in it beyond the original; for positions */
	struct source shown;
	const struct splice *shown_splice;
};

int command_patch(const struct options *options);
int command_check(const struct options *options);
int command_revert(const struct options *options);
int command_inspect(const struct options *options);
int command_report(const struct options *options);

/* Whether messages on stderr are to be in colour. */
bool command_color(const struct options *options);

/* Gives the status of the command that was run, if that failed. */
int command_exec(const struct options *options);

/* Whether the program was called by the name of wasm-bindgen: then the line below is meant. */
bool command_is_bindgen(const char *program);
bool command_bindgen_line(
	struct arena *arena, int argc, char **argv, int *count, char ***line, struct str *error);

/* diff or JSON on stdout: results on stderr. */
void command_init(struct command *command, const struct options *options);

/* Writes the report, flushes the streams, releases everything; gives the exit status. */
int command_finish(struct command *command);

void command_raise(struct command *command, int status);

/*
 * What a verb does with the files of one package. First `work`, on any thread, which changes nothing
 * of the command and prints nothing; it may add files, for as many as are given there is room. Then
 * `tell`, package by package in the order of the batch.
 */
struct package_verb {
	void (*work)(
		const struct command *command, struct arena *arena, struct job *jobs, uint32_t *count);
	void (*tell)(struct command *command, struct arena *arena, struct job *jobs, uint32_t count);
};

/*
 * Goes through all packages, with an arena for each. Files that cannot be read are reported here,
 * and so is having found no file, or none to which a verdict other than "skipped" applies, unless
 * --allow-empty: an error saying what was looked at. `nothing` names what was not found; NULL: not
 * finding it is fine.
 */
void command_each_package(
	struct command *command, const struct package_verb *verb, const char *nothing);

/* A diagnostic that concerns a whole file; path empty: the whole run. */
struct finding command_finding(struct str path, const struct diag *diag);

/* Prints errors about a file and raises the status to STATUS_IO. */
void command_tell_failure(
	struct command *command, struct arena *arena, struct str path, const struct diags *diags);

/*
 * Patches the jobs in memory; fills verdict, diags and patch. The declarations beside a script whose
 * API they lack become a job of their own.
 */
void command_run_patches(
	const struct command *command, struct arena *arena, struct job *jobs, uint32_t *count);

/* The declarations beside every script become a job of their own, read. */
void command_add_types(
	const struct command *command, struct arena *arena, struct job *jobs, uint32_t *count);

/* If one file of the package is refused or unreadable, none of it is changed. */
void command_hold_together(struct arena *arena, struct job *jobs, uint32_t count);

/* Writes what is wanted to where the verb's results go: in place, --output, stdout. */
void command_write(
	const struct command *command, struct arena *arena, struct job *jobs, uint32_t count);

/* Prints the diagnostics, counts verdicts, raises the status, adds to the report. Comes last. */
void command_tell(struct command *command, struct arena *arena, struct job *jobs, uint32_t count);

/* Whether the verb's results go to --output or stdout instead of into the files. */
bool command_redirects(const struct options *options);

/* Whether the verb is one that changes files. */
bool command_writes(const struct options *options);

/* Whether the only PATH is "-". */
bool command_reads_stdin(const struct options *options);

/* Where an offset of the original stands in the file as it is on disk now. */
struct position command_position(struct arena *arena, struct job *job, uint32_t offset);

/* "N patched, N unchanged, N skipped, N refused" with the words given for the first three. */
void command_summary(
	struct command *command, const char *patched, const char *unchanged, const char *skipped);

#endif
