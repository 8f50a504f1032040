/*
 * Memory for one parse. tree-sitter makes and drops a hundred thousand small things for a parse, and
 * what it made is wanted for a moment only: until the tree is flat. So it gets memory from blocks
 * that are given back whole, and its tree is never taken apart. Each thread has its own.
 */
#ifndef REGLUE_PARSE_MEMORY_H
#define REGLUE_PARSE_MEMORY_H

#include "arena.h"

/* Makes tree-sitter take its memory from here. Once a process, before threads are started. */
void parse_memory_install(void);

/*
 * Between the two, whatever this thread makes with tree-sitter is in memory that the arena lends; nothing of it
 * may be used after the end, when the arena uses that memory again. They do not nest. What is made outside comes
 * from malloc as usual. `length` is that of the text to be parsed, in bytes: it tells how large the blocks should be.
 */
void parse_memory_begin(struct arena *arena, size_t length);
void parse_memory_end(void);

#endif
