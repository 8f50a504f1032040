/*
 * The footer comment that makes a patched file revertible: a list of the inserted spans, a running
 * checksum, the original's SHA-256, the tool's version and the options. Format: docs/FOOTER.md.
 */
#ifndef REGLUE_SEAL_H
#define REGLUE_SEAL_H

#include "diag.h"
#include "hash.h"
#include "patch.h"
#include "splice.h"

/* Everything but `original` and `splice` is set on SEAL_BROKEN as well, as far as it is readable. */
struct seal {
	struct str version;   /* of the reglue that wrote it; points into the bytes read */
	struct str options;   /* canonical text of the options; see seal_options_text */
	struct str original;  /* the bytes before patching, in the arena */
	struct splice splice; /* over `original`, sealed; the last insertion is the footer */
};

enum seal_result {
	SEAL_NONE,   /* no footer: not patched by reglue */
	SEAL_GOOD,   /* the original was recovered and its hash agrees */
	SEAL_BROKEN, /* patched, but edited since; a diagnostic names the first changed span */
};

/*
 * Adds the footer to an unsealed splice, as its last insertion, at `offset` (where the runtime
 * block stands as well: after the last statement; no insertion lies behind it). Seals the splice, and
 * gives the original with all of it, in the arena.
 */
struct str seal_write(struct arena *arena, struct splice *splice, struct str original,
	uint32_t offset, const struct patch_options *options);

/*
 * Reads a footer back. The last footer in the bytes counts. On SEAL_BROKEN one refusal is added;
 * its offset is into `bytes`. bytes must outlive the seal.
 */
enum seal_result seal_read(
	struct arena *arena, struct str bytes, struct seal *seal, struct diags *diags);

/*
 * The options in one canonical line: equal options, equal text. Holds those that differ from the
 * default, "-" if none does; safe inside a comment whatever the names are.
 */
struct str seal_options_text(struct arena *arena, const struct patch_options *options);

/* Whether the text's first line break is CRLF: what is inserted should then use it as well. */
bool seal_uses_crlf(struct str original);

#endif
