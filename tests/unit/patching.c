#include "patching.h"

struct patcher *patcher;
struct arena *arena;

void patching_set_up(void)
{
	patcher = patcher_create();
	arena = arena_create();
}

void patching_tear_down(void)
{
	arena_destroy(arena);
	patcher_destroy(patcher);
}
