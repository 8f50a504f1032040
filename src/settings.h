/*
 * reglue.json: settings that lie beside the sources instead of in a command line. An object whose
 * keys are the names of the flags that decide about the patched bytes. The one in the nearest folder
 * above a file counts for it; flags win over it.
 */
#ifndef REGLUE_SETTINGS_H
#define REGLUE_SETTINGS_H

#include "options.h"
#include "source.h"

/* What counts for the files of one folder. */
struct settings {
	struct str file; /* the reglue.json, as a path; empty if there is none */
	struct patch_options patch;
};

/* What was found so far, folder by folder. */
struct settings_finder;

/* options are borrowed; everything lives in the arena. */
struct settings_finder *settings_finder_create(struct arena *arena, const struct options *options);

/*
 * The settings for a file or directory, existing or not; "-" counts as a file of the working
 * directory. NULL if the reglue.json concerned cannot be read or is not right: then diags get
 * an error, whose place is one in *source, unless it was reported before.
 */
const struct settings *settings_find(struct settings_finder *finder, struct str path,
	bool is_folder, struct source *source, struct diags *diags);

/* One line of JSON: path, config (the file or null) and all settings in force. */
struct str settings_text(struct arena *arena, struct str path, const struct settings *settings);

#endif
