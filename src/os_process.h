/* Running another program in the place of this one, for a while. */
#ifndef REGLUE_OS_PROCESS_H
#define REGLUE_OS_PROCESS_H

#include "diag.h"

enum {
	OS_RUN_DENIED = 126, /* it could not be run at all; numbers as shells have them */
	OS_RUN_MISSING = 127,
	OS_RUN_SIGNAL = 1000, /* and its number: a signal ended it */
};

/*
 * Runs a program with our streams and environment and waits for it. Signals sent to us go to it. Gives
 * its exit status, or one of the above; if it cannot be run with an error in diags.
 */
int os_run(struct arena *arena, char **argv, struct diags *diags);

/* Ends this process as that one was by a signal. Gives the status to exit with otherwise. */
int os_end_alike(int status);

/* The next program of a name in PATH that is not the one running; empty if there is none. */
struct str os_next_in_path(struct arena *arena, const char *name);

/*
 * A new folder, first in PATH from now on, in which `name` is this very program. Empty if that cannot
 * be. To be given to os_remove_alias.
 */
struct str os_add_alias(struct arena *arena, const char *name);
void os_remove_alias(struct arena *arena, struct str folder, const char *name);

void os_set_environment(struct arena *arena, const char *name, struct str value);

/* Tells whether a file was written meanwhile: equal for the same file, unchanged. */
struct os_stamp {
	uint64_t parts[6];
};

/* False if it is not there. */
bool os_stamp(struct arena *arena, struct str path, struct os_stamp *stamp);

#endif
