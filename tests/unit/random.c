#include "random.h"

uint32_t random_below(struct random *random, uint32_t limit)
{
	/* splitmix64 */
	uint64_t z = random->state += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return (uint32_t)((z ^ (z >> 31)) % limit);
}

static const char *const pieces[] = {
	"\n",
	"\n",
	"\n",
	"\r\n",
	"a",
	"b",
	"}",
	"x\n",
	"}\n",
	"}\n\n",
	"function f() {\n",
	"\r",
	"-- a\n",
	"+++ b\n",
	"@@ -1 +1 @@\n",
	"\\ No newline at end of file\n",
	"wasm = g(",
	")",
	"\xEF\xBB\xBF",
	"\xff",
	" * x */\n",
	"/* Patched by \n",
	"__reglue.enter();",
};

enum { PIECES = sizeof(pieces) / sizeof(pieces[0]) };

static void add_piece(struct random *random, struct buf *out)
{
	uint32_t which = random_below(random, PIECES + 1);
	if (which == PIECES) {
		buf_add_byte(out, '\0');
	} else {
		buf_add(out, str_from(pieces[which]));
	}
}

struct str random_text(struct arena *arena, struct random *random, uint32_t max_len)
{
	struct buf out = BUF_INIT;
	uint32_t len = random_below(random, max_len + 1);
	/* most texts have one kind of line end, as most files do */
	bool plain = random_below(random, 2) == 0;
	while (out.len < len) {
		if (plain && random_below(random, 4) != 0) {
			buf_printf(&out, "line %u\n", random_below(random, 4));
		} else {
			add_piece(random, &out);
		}
	}
	struct str text = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return text;
}

struct splice random_splice(
	struct arena *arena, struct random *random, struct str text, uint32_t max_count)
{
	struct splice splice = {0};
	uint32_t count = random_below(random, max_count + 1);
	uint32_t offset = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (i == 0 || random_below(random, 4) != 0) {
			offset = random_below(random, (uint32_t)text.len + 1);
		}
		struct buf out = BUF_INIT;
		for (uint32_t parts = 1 + random_below(random, 3); parts != 0; parts--) {
			add_piece(random, &out);
		}
		splice_insert(arena, &splice, offset, random_below(random, 3), random_below(random, 3),
			arena_copy(arena, buf_str(&out)));
		buf_finish(&out);
	}
	return splice;
}
