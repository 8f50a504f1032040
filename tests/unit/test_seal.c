#include <criterion/criterion.h>

#include "random.h"
#include "seal.h"

static struct arena *arena;

static void setup(void)
{
	arena = arena_create();
}

static void teardown(void)
{
	arena_destroy(arena);
}

TestSuite(seal, .init = setup, .fini = teardown);

/* The patched file: some insertions, the footer behind the last of them. */
static struct str sealed(struct str original, struct splice *splice, uint32_t footer_offset)
{
	struct patch_options standard = PATCH_OPTIONS_DEFAULT;
	struct str output = seal_write(arena, splice, original, footer_offset, &standard);
	cr_assert(str_equal(output, splice_apply(arena, splice, original)));
	return output;
}

/* A function-like text with `count` entries, patched as real glue is. */
static struct str sample(uint32_t count, const char *newline, struct str *original)
{
	struct buf text = BUF_INIT;
	struct splice splice = {0};
	for (uint32_t i = 0; i < count; i++) {
		buf_printf(&text, "export function f%u(a) {%s", i, newline);
		splice_insert(arena, &splice, (uint32_t)text.len, SPLICE_PLAIN, 0, STR("$r.enter();"));
		buf_printf(&text, "\treturn ");
		uint32_t start = (uint32_t)text.len;
		buf_printf(&text, "wasm.f%u(a)", i);
		splice_wrap(arena, &splice, start, (uint32_t)text.len, 0, STR("$r.leave("), STR(")"));
		buf_printf(&text, ";%s}%s", newline, newline);
	}
	uint32_t end = (uint32_t)text.len - (uint32_t)strlen(newline);
	buf_printf(&text, "//# sourceMappingURL=x.js.map%s", newline);
	*original = arena_copy(arena, buf_str(&text));
	buf_finish(&text);
	splice_insert(arena, &splice, end, SPLICE_PLAIN, 0, STR("\nconst $r = {};"));
	return sealed(*original, &splice, end);
}

static struct str replaced(struct str bytes, const char *what, const char *with)
{
	size_t at = str_find(bytes, str_from(what));
	cr_assert(at != (size_t)-1);
	struct buf out = BUF_INIT;
	buf_add(&out, str_slice(bytes, 0, at));
	buf_add(&out, str_from(with));
	buf_add(&out, str_slice(bytes, at + strlen(what), bytes.len));
	struct str result = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return result;
}

static struct str joined(struct str a, struct str b)
{
	struct buf out = BUF_INIT;
	buf_add(&out, a);
	buf_add(&out, b);
	struct str result = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return result;
}

static struct str with_crlf(struct str bytes)
{
	struct buf out = BUF_INIT;
	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.data[i] == '\n') {
			buf_add_byte(&out, '\r');
		}
		buf_add_byte(&out, bytes.data[i]);
	}
	struct str result = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return result;
}

static void expect_broken(struct str bytes, const char *code)
{
	struct seal seal;
	struct diags diags = {0};
	cr_assert_eq(seal_read(arena, bytes, &seal, &diags), SEAL_BROKEN);
	cr_assert_eq(diags.errors, 1);
	cr_assert_str_eq(diags.first->code, code);
}

Test(seal, sha256_known_value)
{
	struct str hex = sha256_hex(arena, STR("abc"));
	cr_assert(
		str_equal(hex, STR("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")));
}

Test(seal, random_files_come_back)
{
	for (uint32_t i = 0; i < 4000; i++) {
		struct arena *outer = arena;
		arena = arena_create();
		struct random random = {i};
		struct str original = random_text(arena, &random, i % 7 == 0 ? 4000 : 60);
		struct splice splice = random_splice(arena, &random, original, i % 5 == 0 ? 400 : 9);
		struct str bytes = sealed(original, &splice, (uint32_t)original.len);
		struct seal seal;
		struct diags diags = {0};
		enum seal_result result = seal_read(arena, bytes, &seal, &diags);
		cr_assert(result == SEAL_GOOD, "case %u: %s", i,
			diags.first == NULL ? "no footer" : diags.first->text.data);
		cr_assert(str_equal(seal.original, original), "case %u: other bytes", i);
		cr_assert(str_equal(splice_apply(arena, &seal.splice, seal.original), bytes),
			"case %u: other insertions", i);
		cr_assert(seal.splice.count == splice.count, "case %u", i);
		arena_destroy(arena);
		arena = outer;
	}
}

Test(seal, footer_before_trailing_comments)
{
	struct str original, bytes = sample(20, "\n", &original);
	cr_assert(str_ends(bytes, STR(" */\n//# sourceMappingURL=x.js.map\n")));
	struct seal seal;
	struct diags diags = {0};
	cr_assert(seal_read(arena, bytes, &seal, &diags) == SEAL_GOOD);
	cr_assert(str_equal(seal.original, original));
	cr_assert(str_equal(seal.options, STR("-")));
	cr_assert(seal.version.len != 0);
}

Test(seal, crlf_files_get_a_crlf_footer)
{
	struct str original, bytes = sample(20, "\r\n", &original);
	struct seal seal;
	struct diags diags = {0};
	cr_assert(seal_read(arena, bytes, &seal, &diags) == SEAL_GOOD);
	cr_assert(str_equal(seal.original, original));
	cr_assert(str_find(bytes, STR("original.\r\n * reglue-seal 1 -\r\n")) != (size_t)-1);
}

/* Every single-byte edit of a patched file is noticed, wherever it is. */
Test(seal, every_single_byte_edit_is_noticed)
{
	struct str original, bytes = sample(9, "\n", &original);
	char *edited = arena_alloc(arena, bytes.len + 1);
	uint32_t located = 0;
	for (size_t at = 0; at < bytes.len; at++) {
		for (int kind = 0; kind < 3; kind++) {
			size_t len = bytes.len;
			memcpy(edited, bytes.data, at);
			if (kind == 0) { /* changed */
				memcpy(edited + at, bytes.data + at, len - at);
				edited[at] ^= 1;
			} else if (kind == 1) { /* added */
				edited[at] = 'x';
				memcpy(edited + at + 1, bytes.data + at, len - at);
				len++;
			} else { /* removed */
				memcpy(edited + at, bytes.data + at + 1, len - at - 1);
				len--;
			}
			struct arena *outer = arena;
			arena = arena_create();
			struct seal seal;
			struct diags diags = {0};
			enum seal_result result = seal_read(arena, (struct str){edited, len}, &seal, &diags);
			cr_assert(
				result == SEAL_BROKEN, "kind %d at %zu of %zu: %d", kind, at, bytes.len, result);
			cr_assert(seal.original.len == 0);
			uint32_t said = diags.first->offset;
			located += said != DIAG_NO_OFFSET && said <= at + 1 && at < said + 450;
			arena_destroy(arena);
			arena = outer;
		}
	}
	cr_assert(
		located > 3 * bytes.len * 95 / 100, "%u of %zu edits located", located, 3 * bytes.len);
}

Test(seal, edits_are_located)
{
	struct str original, bytes = sample(50, "\n", &original);
	struct seal seal;
	struct diags diags = {0};
	struct str edited = replaced(bytes, "wasm.f25", "wasm.f52");
	cr_assert(seal_read(arena, edited, &seal, &diags) == SEAL_BROKEN);
	size_t at = str_find(edited, STR("wasm.f52(a)"));
	cr_assert(diags.first->offset <= at && at < diags.first->offset + 200, "said %u, is %zu",
		diags.first->offset, at);
	cr_assert(str_find(diags.first->text, STR("the first change is between here and line 7")) !=
				  (size_t)-1,
		"%s", diags.first->text.data);
}

Test(seal, code_after_the_footer_is_an_edit)
{
	struct str original, bytes = sample(3, "\n", &original);
	expect_broken(joined(bytes, STR("more();\n")), "seal-edited");
	expect_broken(joined(bytes, bytes), "seal-edited");
	expect_broken(joined(STR("// first\n"), bytes), "seal-edited");
}

Test(seal, converted_line_ends_are_named)
{
	struct str original, bytes = sample(3, "\n", &original);
	expect_broken(with_crlf(bytes), "seal-line-ends");
}

Test(seal, damaged_footers)
{
	struct str original, bytes = sample(3, "\n", &original);
	expect_broken(replaced(bytes, " * reglue-seal 1", " * reglue-seal 2"), "seal-format");
	expect_broken(replaced(bytes, "/* Patched by", "/* patched by"), "seal-damaged");
	expect_broken(replaced(bytes, " * reglue-seal 1 -\n", ""), "seal-damaged");
	expect_broken(replaced(bytes, "; `reglue revert" + 1, "`revert"), "seal-damaged");
	size_t start = str_find(bytes, STR("/* Patched by reglue "));
	size_t end = str_find(bytes, STR("//# source"));
	for (size_t cut = start + 21; cut < end - 1; cut++) {
		struct seal seal;
		struct diags diags = {0};
		cr_assert(seal_read(arena, str_slice(bytes, 0, cut), &seal, &diags) == SEAL_BROKEN,
			"cut at %zu", cut - start);
	}
}

/* Random bytes in the coded lists: never a crash, never wrong bytes. */
Test(seal, hostile_lists)
{
	struct str original, bytes = sample(12, "\n", &original);
	size_t start = str_find(bytes, STR("/* Patched by reglue "));
	size_t end = str_find(bytes, STR("//# source"));
	static const char alphabet[] = "ABCDgh_9-.\n *";
	char *edited = arena_alloc(arena, bytes.len);
	for (uint32_t i = 0; i < 20000; i++) {
		struct random random = {i};
		memcpy(edited, bytes.data, bytes.len);
		for (uint32_t edits = 1 + random_below(&random, 30); edits != 0; edits--) {
			edited[start + random_below(&random, (uint32_t)(end - start))] =
				alphabet[random_below(&random, sizeof(alphabet) - 1)];
		}
		struct arena *own = arena_create();
		struct seal seal;
		struct diags diags = {0};
		enum seal_result result = seal_read(own, (struct str){edited, bytes.len}, &seal, &diags);
		cr_assert(result != SEAL_GOOD || str_equal(seal.original, original));
		arena_destroy(own);
	}
}

Test(seal, unpatched_files_have_none)
{
	struct seal seal;
	struct diags diags = {0};
	cr_assert(seal_read(arena, STR(""), &seal, &diags) == SEAL_NONE);
	cr_assert(seal_read(arena, STR("let reglue = 1;\n"), &seal, &diags) == SEAL_NONE);
	cr_assert(diags.first == NULL);
}

Test(seal, options_text_is_canonical)
{
	struct str names[] = {STR("b*/"), STR("a"), STR("b*/")};
	struct str sorted[] = {STR("a"), STR("b*/")};
	struct patch_options one = PATCH_OPTIONS_DEFAULT, two = PATCH_OPTIONS_DEFAULT;
	cr_assert(str_equal(seal_options_text(arena, &one), STR("-")));
	one.policy = two.policy = "eager";
	one.budget = two.budget = 0;
	one.exclude = names;
	one.exclude_count = 3;
	two.exclude = sorted;
	two.exclude_count = 2;
	cr_assert(
		str_equal(seal_options_text(arena, &one), STR("policy=eager budget=0 exclude=a,b%2A%2F")));
	cr_assert(str_equal(seal_options_text(arena, &one), seal_options_text(arena, &two)));
}

/* A budget: what the list and the checksums cost per entrypoint of three insertions. */
Test(seal, footer_is_compact)
{
	struct str original, bytes = sample(400, "\n", &original);
	size_t start = str_find(bytes, STR("/* Patched by reglue "));
	size_t end = str_find(bytes, STR("//# source"));
	cr_assert((end - start) < 400 * 6 + 400, "%zu bytes", end - start);
}
