/*
 * Files, directories and streams: the only place that knows about them besides the commands.
 * Failures become one diagnostic with code "io"; texts do not repeat the path.
 */
#ifndef REGLUE_OS_H
#define REGLUE_OS_H

#include <pthread.h>
#include <signal.h>

#include "diag.h"

enum os_kind {
	OS_MISSING, /* does not exist, or cannot be looked at */
	OS_FILE,
	OS_DIRECTORY,
	OS_OTHER,
};

/* The path of a name in a folder, with one slash between them; in the arena. */
struct str os_join(struct arena *arena, struct str folder, struct str name);

/* What a path is, symbolic links followed. */
enum os_kind os_kind(struct arena *arena, struct str path);

/* The absolute path without symbolic links; empty if there is nothing. */
struct str os_real_path(struct arena *arena, struct str path);

/* The directory that a path names something in, by its text: "." for "a", "/" for "/a". */
struct str os_folder_of(struct str path);

/* Opens a regular file for reading; -1 and a diagnostic if it cannot be had. */
int os_open_file(struct arena *arena, struct str path, struct diags *diags);
void os_close(int descriptor);

/* Reads `count` bytes from an offset on; gives how many there were. */
size_t os_read_at(int descriptor, uint64_t offset, void *to, size_t count);

/* Reads a regular file of at most `limit` bytes into the arena. */
bool os_read_file(
	struct arena *arena, struct str path, size_t limit, struct str *bytes, struct diags *diags);
bool os_read_stdin(struct arena *arena, size_t limit, struct str *bytes, struct diags *diags);

/* Reads whatever a path names to its end: a file, a pipe as of a shell's <(…), "-" for stdin. */
bool os_read_input(
	struct arena *arena, struct str path, size_t limit, struct str *bytes, struct diags *diags);

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

/* What a walk is to find. */
struct os_walk {
	const struct str *suffixes; /* of the names wanted */
	uint32_t suffix_count;
	bool recursive;
	bool ignore; /* honour .reglueignore, also of the folders above */
	struct os_entries found;
	struct os_entries litter; /* temporary files met on the way; see os_clear_litter */
};

/*
 * Appends to `found` the regular files in a directory whose name ends with one of the suffixes,
 * sorted by name (bytes), if `recursive` those of its subdirectories as well, each where its name
 * sorts. Below the path given, symbolic links, node_modules, .git and folders that a CACHEDIR.TAG calls
 * a cache are passed over. Of the folders above, .reglueignore counts up to the one that holds .git.
 */
void os_walk(struct arena *arena, struct str path, struct os_walk *walk);

/* Appends to `litter` the temporary files in a directory. */
void os_find_litter(struct arena *arena, struct str path, struct os_entries *litter);

/*
 * Locks the directory that holds a file (symbolic links followed) against other runs, while the file
 * is read, planned and written. Threads of this process share it. `waiting` (may be NULL) is called
 * once if that takes more than a second. NULL if there is no such directory. One thread must not hold
 * two at a time. A lock leaves nothing behind, not even after a kill.
 */
struct os_lock;
typedef void os_waiting(void *context);
struct os_lock *os_lock_folder(
	struct arena *arena, struct str path, os_waiting *waiting, void *context);
void os_unlock_folder(struct os_lock *lock); /* takes NULL */

/* Removes a temporary file that a killed run left, unless a living one is using it. */
void os_clear_litter(struct arena *arena, struct str path);

/* Names of temporary files: OS_TEMP_PREFIX, 16 hex digits, OS_TEMP_SUFFIX. */
#define OS_TEMP_PREFIX ".reglue-"
#define OS_TEMP_SUFFIX ".tmp"

/* Processors that can be used now, at least 1. */
uint32_t os_processors(void);

/* How signals were dealt with before. */
struct os_signals {
	sigset_t set;
	pthread_t thread;
	bool guarded;
};

/* Between these two, signals that end the process wait; for os_write_files. */
void os_begin_write(struct os_signals *before);
void os_end_write(const struct os_signals *before);

/* The same for a process with several threads that write: around their whole life. */
void os_guard_threads(struct os_signals *signals);
void os_unguard_threads(struct os_signals *signals);

/* Writing to a pipe that nobody reads becomes an error instead of the end, from now on. */
void os_ignore_broken_pipes(void);

/* New content for a file. */
struct os_write {
	struct str path;
	struct str bytes;
	struct str previous; /* what the file holds now; only used if `replaces` */
	bool replaces;       /* else it may exist or not, and is replaced whatever it holds */
	struct diags *diags; /* gets what of the old file could not be kept; may be NULL */
};

/*
 * Writes all of them or none: temporary files first, beside their targets, then a rename each. At
 * every instant each file is old or new, never between. Symbolic links are followed to their target.
 * Mode and extended attributes (access control lists) are kept, owner and group if allowed; other hard
 * links keep the old content. Fails if a file to be replaced no longer holds
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

/* Seconds on a clock that only moves forward; its zero means nothing. */
double os_seconds(void);

/* An environment variable; NULL if unset or empty. */
const char *os_environment(const char *name);

#endif
