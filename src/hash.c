#include "hash.h"

#include <nettle/macros.h>
#include <nettle/sha2.h>

struct str sha256_hex(struct arena *arena, struct str bytes)
{
	static const char digits[] = "0123456789abcdef";
	struct sha256_ctx context;
	uint8_t digest[SHA256_DIGEST_SIZE];
	char *hex = arena_alloc(arena, 2 * sizeof(digest));
	sha256_init(&context);
	sha256_update(&context, bytes.len, (const uint8_t *)bytes.data);
	sha256_digest(&context, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	return (struct str){hex, 2 * sizeof(digest)};
}

/* The last bytes of a text, fewer than a word. */
static uint64_t load(const unsigned char *at, size_t len)
{
	uint64_t word = 0;
	for (size_t i = 0; i < len; i++) {
		word |= (uint64_t)at[i] << (8 * i);
	}
	return word;
}

static uint64_t mix(uint64_t state, uint64_t word)
{
	state = (state ^ word) * UINT64_C(0x9E3779B97F4A7C15);
	return state ^ (state >> 29);
}

uint64_t hash_step(uint64_t state, struct str piece)
{
	const unsigned char *at = (const unsigned char *)piece.data;
	size_t left = piece.len;
	for (; left >= 8; at += 8, left -= 8) {
		state = mix(state, LE_READ_UINT64(at)); /* compilers know it for one instruction */
	}
	return mix(mix(state, load(at, left)), piece.len);
}
