/* The command line: one table of verbs and one of flags drive parsing, help and suggestions. */
#ifndef REGLUE_OPTIONS_H
#define REGLUE_OPTIONS_H

#include "patch.h"

enum verb {
	VERB_PATCH,
	VERB_CHECK,
	VERB_REVERT,
	VERB_INSPECT,
	VERB_HELP,
	VERB_VERSION,
	VERB_COUNT, /* as help_about: help on the whole program */
};

enum color {
	COLOR_AUTO,
	COLOR_ALWAYS,
	COLOR_NEVER,
};

struct options {
	enum verb verb;
	enum verb help_about; /* of VERB_HELP */
	struct str *paths;    /* as typed; "-" is stdin */
	uint32_t path_count;
	struct patch_options patch;
	struct str output;         /* -o; empty: in place */
	struct str stdin_filepath; /* what stdin is called in messages */
	struct str report;         /* file name, "-" for stdout; empty: none */
	bool recursive;
	bool diff;
	bool allow_empty;
	bool quiet;
	bool verbose;
	enum color color;
};

/*
 * Reads the command line. False on a usage error, with one line about it (without "reglue:") and
 * the verb concerned, if known, in options->verb, else VERB_COUNT. Strings point into argv or the
 * arena.
 */
bool options_parse(struct arena *arena, int argc, char **argv, struct options *options,
	struct str *error);

/* The help text on a verb; VERB_COUNT: on the program. In the arena. */
struct str options_help(struct arena *arena, enum verb verb);

const char *verb_name(enum verb verb);

#endif
