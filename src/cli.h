/*
 * The command line as data: one table of verbs and one of flags. Parsing, help, suggestions, the
 * manual and the shell completions read them, and nothing else says what there is.
 */
#ifndef REGLUE_CLI_H
#define REGLUE_CLI_H

#include <assert.h>

#include "str.h"

enum verb {
	VERB_PATCH,
	VERB_CHECK,
	VERB_REVERT,
	VERB_INSPECT,
	VERB_EXEC,
	VERB_REPORT,
	VERB_COMPLETIONS,
	VERB_HELP,
	VERB_VERSION,
	VERB_COUNT, /* as the subject of help: the whole program */
};

enum color {
	COLOR_AUTO,
	COLOR_ALWAYS,
	COLOR_NEVER,
};

enum format {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_SARIF,
	FORMAT_GITHUB,
};

enum report_action {
	REPORT_MERGE,
	REPORT_HTML,
};

enum shell {
	SHELL_BASH,
	SHELL_ZSH,
	SHELL_FISH,
};

enum flag_id {
	FLAG_RECURSIVE = 256, /* above all characters, for getopt_long */
	FLAG_OUTPUT,
	FLAG_STDIN_FILEPATH,
	FLAG_DIFF,
	FLAG_REPORT,
	FLAG_REPORT_HTML,
	FLAG_TIMINGS,
	FLAG_FORMAT,
	FLAG_ALLOW_EMPTY,
	FLAG_POLICY,
	FLAG_BUDGET,
	FLAG_STALE_CLOSURES,
	FLAG_FOREIGN_THROW,
	FLAG_MODULE,
	FLAG_EXCLUDE,
	FLAG_RECONSTRUCT,
	FLAG_JOBS,
	FLAG_FILES_FROM,
	FLAG_NULL,
	FLAG_SHARD,
	FLAG_NO_IGNORE,
	FLAG_CONFIG,
	FLAG_NO_CONFIG,
	FLAG_PRINT_CONFIG,
	FLAG_QUIET,
	FLAG_VERBOSE,
	FLAG_COLOR,
	FLAG_HELP,
	FLAG_VERSION, /* last */
};

enum { FLAG_COUNT = FLAG_VERSION + 1 - FLAG_RECURSIVE };

struct cli_verb {
	const char *name;
	const char *usage;   /* what follows the flags */
	const char *summary; /* a few words */
	const char *details; /* a paragraph */
};

struct cli_flag {
	enum flag_id id;
	char letter; /* or 0 */
	const char *name;
	const char *argument;       /* what it is called in the help; NULL if there is none */
	const char *const *choices; /* NULL at the end; or NULL: anything but nothing */
	unsigned in;                /* the verbs that take it, as CLI_IN bits */
	const char *help;
};

struct cli_status {
	int status;
	const char *means; /* NULL at the end */
};

#define CLI_IN(verb) (1u << (verb))

enum {
	/* that run the pipeline */
	CLI_READERS = CLI_IN(VERB_PATCH) | CLI_IN(VERB_CHECK) | CLI_IN(VERB_INSPECT),
	CLI_WRITERS = CLI_IN(VERB_PATCH) | CLI_IN(VERB_REVERT),
	CLI_FILE_VERBS = CLI_READERS | CLI_WRITERS,
	CLI_RUNNERS = CLI_READERS | CLI_IN(VERB_EXEC),
	CLI_TELLERS = CLI_FILE_VERBS | CLI_IN(VERB_EXEC),
	CLI_EVERY_VERB = CLI_IN(VERB_COUNT) - 1,
};

extern const struct cli_verb cli_verbs[VERB_COUNT];
extern const struct cli_flag cli_flags[FLAG_COUNT]; /* in the order of the help */
extern const struct cli_status cli_statuses[];

/* By the enum that each belongs to, NULL at the end. */
extern const char *const cli_colors[];
extern const char *const cli_formats[];
extern const char *const cli_report_actions[];
extern const char *const cli_shells[];

static inline const char *verb_name(enum verb verb)
{
	assert(verb < VERB_COUNT);
	return cli_verbs[verb].name;
}

#endif
