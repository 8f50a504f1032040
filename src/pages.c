#define _DEFAULT_SOURCE /* madvise */
#include "pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum {
	LARGE_PAGE = 2 * 1024 * 1024,
	MOST_IN_LARGE = 64 * 1024 * 1024,
	LARGEST_KEPT = 32 * 1024 * 1024, /* glibc takes no more */
	MOST_KEPT = 256 * 1024 * 1024,   /* beyond, freed memory goes back to the system */
};

void pages_keep(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT);
	mallopt(M_TRIM_THRESHOLD, MOST_KEPT);
#endif
}

void pages_prefer_large(void *block, size_t size, size_t before)
{
#ifdef MADV_HUGEPAGE
	uintptr_t from = ((uintptr_t)block + LARGE_PAGE - 1) & ~(uintptr_t)(LARGE_PAGE - 1);
	uintptr_t to = ((uintptr_t)block + size) & ~(uintptr_t)(LARGE_PAGE - 1);
	if (from < to && before + size <= MOST_IN_LARGE) {
		madvise((void *)from, to - from, MADV_HUGEPAGE);
	}
#else
	(void)block;
	(void)size;
	(void)before;
#endif
}
