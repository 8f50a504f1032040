/* Reading the command line, after the tables in cli.h. */
#ifndef REGLUE_OPTIONS_H
#define REGLUE_OPTIONS_H

#include "cli.h"
#include "patch.h"

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
	enum format format; /* of findings; all but text on stdout */
};

/*
 * Reads the command line. False on a usage error, with one line about it (without "reglue:") and
 * the verb concerned, if known, in options->verb, else VERB_COUNT. Strings point into argv or the
 * arena.
 */
bool options_parse(struct arena *arena, int argc, char **argv, struct options *options,
	struct str *error);

#endif
