/* Hashes over bytes: SHA-256 for identity, a 64-bit mixing hash for locating changes. */
#ifndef REGLUE_HASH_H
#define REGLUE_HASH_H

#include <stdint.h>

#include "arena.h"

/* Lower-case hex SHA-256, 64 characters, in the arena. */
struct str sha256_hex(struct arena *arena, struct str bytes);

/*
 * Carries a hash over the next piece of a text. Where the pieces end is part of the result. Start
 * with 0. Not for anything hostile; the same on every machine.
 */
uint64_t hash_step(uint64_t state, struct str piece);

#endif
