/* Reading the command line, after the tables in cli.h. */
#ifndef REGLUE_OPTIONS_H
#define REGLUE_OPTIONS_H

#include "cli.h"
#include "patch.h"
#include "rules.h"

struct options {
	enum verb verb;
	enum verb help_about;         /* of VERB_HELP */
	const struct rule *help_rule; /* of VERB_HELP: about a code instead; or NULL */
	struct str *paths;            /* as typed; "-" is stdin */
	uint32_t path_count;
	struct patch_options patch; /* defaults and flags */
	uint32_t given;             /* which of them are flags; see options_set */
	struct str output;          /* -o; empty: in place */
	struct str stdin_filepath;  /* what stdin is called in messages */
	struct str report;          /* file name, "-" for stdout; empty: none */
	char **command;             /* of VERB_EXEC: what to run, ends with NULL */
	struct str flags;      /* of VERB_EXEC: its own, as typed, with a line break after each word */
	struct str files_from; /* a file with more paths, "-" for stdin; empty: none */
	bool null_separated;   /* in that file NUL ends a path, not a line break */
	uint32_t shard;        /* 1 … shards */
	uint32_t shards;       /* 0: all packages */
	uint32_t jobs;         /* threads, at least 1 */
	struct str config;     /* a reglue.json for all files; empty: the nearest above each file */
	bool no_config;
	bool print_config;
	bool no_ignore;                   /* .reglueignore counts for nothing */
	struct str report_html;           /* file name; empty: none */
	enum report_action report_action; /* of VERB_REPORT, whose paths are the reports */
	enum shell shell;                 /* of VERB_COMPLETIONS */
	bool recursive;
	bool diff;
	bool allow_empty;
	bool timings;
	bool quiet;
	bool verbose;
	enum color color;
	enum format format; /* of findings; all but text on stdout */
};

/*
 * Reads the command line. False on a usage error, with one line about it (without "reglue:") and
 * the verb concerned, if known, in options->verb, else VERB_COUNT. Strings point into argv or the
 * arena.
 */
bool options_parse(
	struct arena *arena, int argc, char **argv, struct options *options, struct str *error);

/* What a reglue.json may say under a key. */
enum setting_kind {
	SETTING_UNKNOWN,
	SETTING_FLAG, /* a flag, but of the command line only */
	SETTING_WORD,
	SETTING_NUMBER,
	SETTING_LIST,
};

enum setting_kind options_setting_kind(struct str key);

/*
 * Puts the value of a key (a word, a number, a whole list) into `patch`, a copy of options->patch,
 * unless a flag was given that says otherwise. `values` must live as long as the patch options.
 * False, with one line about it, if the key does not take such a value.
 */
bool options_set(struct arena *arena, const struct options *options, struct patch_options *patch,
	struct str key, const struct str *values, uint32_t count, struct str *error);

/* A known key that is like this one, as "; did you mean policy?", or empty. */
struct str options_suggest_setting(struct arena *arena, struct str key);

#endif
