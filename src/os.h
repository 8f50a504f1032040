/*
 * Files, directories and streams: the only place that knows about them besides the commands.
 * Failures become one diagnostic with code "io"; texts do not repeat the path.
 */
#ifndef REGLUE_OS_H
#define REGLUE_OS_H

#include "diag.h"

enum os_kind {
	OS_MISSING, /* does not exist, or cannot be looked at */
	OS_FILE,
	OS_DIRECTORY,
	OS_OTHER,
};

/* What a path is, symbolic links followed. */
enum os_kind os_kind(struct arena *arena, struct str path);

/* Reads a regular file of at most `limit` bytes into the arena. */
bool os_read_file(struct arena *arena, struct str path, size_t limit, struct str *bytes,
	struct diags *diags);
bool os_read_stdin(struct arena *arena, size_t limit, struct str *bytes, struct diags *diags);

/* A file met on a walk, or a place that could not be looked into. */
struct os_entry {
	struct str path;  /* begins with the path walked */
	struct str error; /* not empty: why this directory could not be read */
};

struct os_entries {
	struct os_entry *items;
	uint32_t count;
	uint32_t capacity;
};

void os_add_entry(struct arena *arena, struct os_entries *entries, struct os_entry entry);

/*
 * Appends the regular files in a directory whose name ends with one of the suffixes, sorted by name
 * (bytes), with `recursive` those of its subdirectories as well, each where its name sorts. Below
 * the path given, symbolic links, node_modules and .git are passed over.
 */
void os_walk(struct arena *arena, struct str path, bool recursive, const struct str *suffixes,
	uint32_t suffix_count, struct os_entries *entries);

/* New content for a file. */
struct os_write {
	struct str path;
	struct str bytes;
	struct str previous; /* what the file holds now; only used if `replaces` */
	bool replaces;       /* else it may exist or not, and is replaced whatever it holds */
};

/*
 * Writes all of them or none: temporary files first, beside their targets, then a rename each. At
 * every instant each file is old or new, never between. Symbolic links are followed to their target;
 * mode is kept, owner and group if allowed. Fails if a file to be replaced no longer holds
 * `previous`. Signals that end the process wait meanwhile. On failure *failed (if not NULL) is the
 * index of the file concerned.
 */
bool os_write_files(struct arena *arena, const struct os_write *writes, uint32_t count,
	struct diags *diags, uint32_t *failed);

/* Writes one file as above; devices and pipes are simply written to. */
bool os_write_file(struct arena *arena, struct str path, struct str bytes, struct diags *diags);

/* Writes to a stream's descriptor (1: stdout, 2: stderr). */
bool os_write_stream(struct arena *arena, int descriptor, struct str bytes, struct diags *diags);

/* The same with errno as the reason. */
bool os_write_all(int descriptor, struct str bytes);

/* The working directory as an absolute path; empty if it cannot be told. */
struct str os_working_folder(struct arena *arena);

bool os_is_terminal(int descriptor);

/* An environment variable; NULL if unset or empty. */
const char *os_environment(const char *name);

#endif
