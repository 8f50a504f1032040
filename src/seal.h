/*
 * The footer comment that makes a patched file revertible: a list of the inserted spans, a running
 * checksum, the original's SHA-256, the tool's version and the options. Format: docs/FOOTER.md.
 */
#ifndef REGLUE_SEAL_H
#define REGLUE_SEAL_H

#include "diag.h"
#include "patch.h"
#include "splice.h"

struct seal {
	struct str version; /* of the reglue that wrote it */
	struct str options; /* canonical text of the options; see seal_options_text */
	struct str original; /* the bytes before patching */
};

enum seal_result {
	SEAL_NONE,   /* no footer: not patched by reglue */
	SEAL_GOOD,   /* the original was recovered and its hash agrees */
	SEAL_BROKEN, /* patched, but edited since; a diagnostic names the first changed span */
};

/*
 * Adds the footer to an unsealed splice, as its last insertion, at `offset` (where the runtime
 * block stands as well: after the last statement). Seals the splice.
 */
void seal_write(struct arena *arena, struct splice *splice, struct str original, uint32_t offset,
	const struct patch_options *options);

/* Reads a footer back. On SEAL_BROKEN diagnostics carry offsets into `bytes`. */
enum seal_result seal_read(struct arena *arena, struct str bytes, struct seal *seal,
	struct diags *diags);

/* The options in one canonical line: equal options, equal text. */
struct str seal_options_text(struct arena *arena, const struct patch_options *options);

/* Lower-case hex SHA-256, 64 characters, in the arena. */
struct str sha256_hex(struct arena *arena, struct str bytes);

#endif
