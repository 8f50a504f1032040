/*
 * What the parts of the build-time program embed_runtime share: the joined modules, and how they are
 * cut. It is a program that ends at the first mistake in its input, so nothing here gives an error back.
 */
#ifndef REGLUE_EMBED_RUNTIME_H
#define REGLUE_EMBED_RUNTIME_H

#include "runtime_slice.h"
#include "scope.h"

enum { EMBED_MAX_FEATURES = 64, EMBED_MAX_CHUNKS = 1024, EMBED_MAX_USES = 4096 };

struct embedding {
	struct arena *arena;
	struct tree tree;
	struct scopes scopes;
	struct str *names; /* by binding: the new one */
	node_id state;     /* object literal of `S` */
	node_id members;   /* object literal of `runtime` */
	uint16_t *pieces;  /* by binding of the top level: the statement that declares it */

	struct str
		features[EMBED_MAX_FEATURES]; /* "promises" of `has.promises`, ".p" of the member p */
	uint32_t feature_count;

	struct buf out;
	char last; /* what a token has to be kept apart from */
	uint16_t piece;
	uint16_t root; /* the piece of `runtime` */
	uint64_t need; /* of what is being put out */
	uint64_t without;
	struct runtime_chunk chunks[EMBED_MAX_CHUNKS];
	uint32_t chunk_count;
	uint16_t uses[EMBED_MAX_USES];
	uint32_t use_count;
};

/* Ends the program with `embed_runtime: where: reason`. */
_Noreturn void embed_fail(const char *where, const char *reason);

/* The bit of a feature: "promises" for `has.promises`, ".p" for the member p of `runtime`. */
uint64_t embed_feature(struct embedding *e, struct str name);

/* ---- embed_names.c */

/* Fills names: a short one for each binding, none that means something else where it is used. */
void embed_rename_all(struct embedding *e);

/* Whether n is the property of `S.x`, with an x that only the runtime itself uses. */
bool embed_is_private_member(const struct embedding *e, node_id n);

/* What that x is called. */
struct str embed_private_name(const struct embedding *e, node_id n);

/* ---- embed_pieces.c */

/* Numbers the statements of the top level, and says which one declares `runtime`. */
void embed_number_pieces(struct embedding *e);

/* Fills out, chunks and uses. */
void embed_put_runtime(struct embedding *e);

#endif
