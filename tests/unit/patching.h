/* What tests of the pipeline in memory start with: a patcher, and an arena for each test. */
#ifndef TESTS_PATCHING_H
#define TESTS_PATCHING_H

#include "patch.h"

extern struct patcher *patcher;
extern struct arena *arena;

/* For TestSuite's .init and .fini. */
void patching_set_up(void);
void patching_tear_down(void);

#endif
