/*
 * Reads the binary format of wasm forward. Past the end, and after what is broken, `failed` stays set, and every
 * value is 0 or empty.
 */
#ifndef REGLUE_WASM_READER_H
#define REGLUE_WASM_READER_H

#include <stdint.h>

#include "str.h"

struct wasm_reader {
	struct str left;
	bool failed;
};

static inline uint8_t read_byte(struct wasm_reader *r)
{
	if (r->left.len == 0) {
		r->failed = true;
		return 0;
	}
	uint8_t byte = (uint8_t)r->left.data[0];
	r->left = str_slice(r->left, 1, r->left.len);
	return byte;
}

/* LEB128, unsigned, of up to 64 bits, as limits of memories may have; passes over signed ones as well. */
static inline uint64_t read_number(struct wasm_reader *r)
{
	uint64_t number = 0;
	for (unsigned shift = 0; shift < 70 && !r->failed; shift += 7) {
		uint8_t byte = read_byte(r);
		number |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
		if ((byte & 0x80) == 0) {
			return number;
		}
	}
	r->failed = true;
	return 0;
}

static inline struct str read_bytes(struct wasm_reader *r, uint64_t len)
{
	if (r->failed || len > r->left.len) {
		r->failed = true;
		return (struct str){"", 0};
	}
	struct str bytes = str_slice(r->left, 0, (size_t)len);
	r->left = str_slice(r->left, (size_t)len, r->left.len);
	return bytes;
}

static inline uint8_t read_value_type(struct wasm_reader *r)
{
	uint8_t type = read_byte(r);
	if (type == 0x63 || type == 0x64) { /* (ref null? heaptype) */
		read_number(r);
	}
	return type;
}

#endif
