/*
 * What the kernel is told about the memory of large files: most of the time that it takes there goes into
 * handing out pages one by one. Nothing is different where a system knows none of this.
 */
#ifndef REGLUE_PAGES_H
#define REGLUE_PAGES_H

#include <stddef.h>

/* Before anything is allocated: what is freed stays with the process, for the next step or file. */
void pages_keep(void);

/*
 * Of a block just allocated: pages of 2 MB where it has whole ones. `before` is how many bytes its user has in
 * other blocks: beyond some, the kernel has to look for pages of that size, and takes longer than it saves.
 */
void pages_prefer_large(void *block, size_t size, size_t before);

#endif
