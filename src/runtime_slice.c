#include "runtime_slice.h"

#include <assert.h>

enum { MAX_PIECES = 512 };

static bool is_kept(const struct runtime_chunk *chunk, uint64_t features)
{
	return (chunk->need & features) == chunk->need && (chunk->without & features) == 0;
}

void runtime_slice(const struct runtime *runtime, uint64_t features, struct buf *out)
{
	bool wanted[MAX_PIECES] = {false};
	assert(runtime->root < MAX_PIECES);
	wanted[runtime->root] = true;
	for (bool more = true; more;) {
		more = false;
		for (uint32_t i = 0; i < runtime->chunk_count; i++) {
			const struct runtime_chunk *chunk = &runtime->chunks[i];
			if (!wanted[chunk->piece] || !is_kept(chunk, features)) {
				continue;
			}
			for (uint32_t u = 0; u < chunk->use_count; u++) {
				bool *used = &wanted[runtime->uses[chunk->first_use + u]];
				more |= !*used;
				*used = true;
			}
		}
	}
	for (uint32_t i = 0, start = 0; i < runtime->chunk_count; start = runtime->chunks[i++].end) {
		const struct runtime_chunk *chunk = &runtime->chunks[i];
		if (wanted[chunk->piece] && is_kept(chunk, features)) {
			buf_add(out, (struct str){runtime->text + start, chunk->end - start});
		}
	}
}
