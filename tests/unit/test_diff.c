#include <criterion/criterion.h>
#include <stdlib.h>

#include "diff.h"
#include "folder.h"
#include "random.h"

static struct arena *arena;
static struct str folder;

static void setup(void)
{
	arena = arena_create();
	folder = folder_enter(arena);
}

static void teardown(void)
{
	folder_leave(arena, folder);
	arena_destroy(arena);
}

TestSuite(diff, .init = setup, .fini = teardown, .timeout = 240);

/* The diff of one insertion list against the untouched text. */
static struct str diff_of(struct str original, struct splice *splice)
{
	splice_seal(splice, original.len);
	struct buf out = BUF_INIT;
	diff_write(arena, STR("x.js"), original, (struct diff_side){original, NULL},
		(struct diff_side){splice_apply(arena, splice, original), splice}, &out);
	struct str text = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return text;
}

static void expect(struct str is, const char *should)
{
	cr_assert(str_equal(is, str_from(should)), "%.*s", STR_ARGS(is));
}

Test(diff, line_inserted)
{
	struct splice splice = {0};
	splice_insert(arena, &splice, 8, SPLICE_PLAIN, 0, STR("new\n"));
	expect(diff_of(STR("1\n2\n3\n4\n5\n6\n7\n8\n9\n"), &splice),
		"--- a/x.js\n+++ b/x.js\n@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+new\n 5\n 6\n 7\n");
}

Test(diff, statement_after_the_last_line_break)
{
	struct splice splice = {0};
	splice_insert(arena, &splice, 3, SPLICE_PLAIN, 0, STR("\nb;"));
	expect(diff_of(STR("a;}\n"), &splice), "--- a/x.js\n+++ b/x.js\n@@ -1,1 +1,2 @@\n a;}\n+b;\n");
}

Test(diff, line_changed_without_newline)
{
	struct splice splice = {0};
	splice_wrap(arena, &splice, 2, 3, 0, STR("g("), STR(")"));
	expect(diff_of(STR("a\nb"), &splice),
		"--- a/x.js\n+++ b/x.js\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n"
		"+g(b)\n\\ No newline at end of file\n");
}

Test(diff, empty_original)
{
	struct splice splice = {0};
	splice_insert(arena, &splice, 0, SPLICE_PLAIN, 0, STR("a\n"));
	expect(diff_of(STR(""), &splice), "--- a/x.js\n+++ b/x.js\n@@ -0,0 +1,1 @@\n+a\n");
}

Test(diff, equal_sides_give_nothing)
{
	struct splice splice = {0};
	expect(diff_of(STR("a\n"), &splice), "");
}

enum { FILES = 400 };

struct sample {
	struct str path;
	struct str before;
	struct str after;
};

static void make_samples(uint32_t seed, struct sample samples[FILES], struct buf *diff)
{
	struct random random = {seed};
	static const char *const names[] = {
		"plain", "with space", "quo\"te", "back\\slash", "uml\xC3\xA4ut", "tab\tbed"};
	for (uint32_t i = 0; i < FILES; i++) {
		struct sample *sample = &samples[i];
		struct str original = random_text(arena, &random, i % 10 == 0 ? 3000 : 80);
		uint32_t many = random_below(&random, 3) == 0 ? 60 : 4;
		struct splice before = random_splice(arena, &random, original, many);
		struct splice after = random_splice(arena, &random, original, many);
		bool fresh = i % 2 == 0;
		if (fresh) {
			before = (struct splice){0};
		}
		splice_seal(&before, original.len);
		splice_seal(&after, original.len);
		sample->path = arena_printf(arena, "%s%u.js", names[i % 6], i);
		sample->before = splice_apply(arena, &before, original);
		sample->after = splice_apply(arena, &after, original);
		size_t len = diff->len;
		bool differs = diff_write(arena, sample->path, original,
			(struct diff_side){sample->before, fresh ? NULL : &before},
			(struct diff_side){sample->after, &after}, diff);
		cr_assert_eq(differs, !str_equal(sample->before, sample->after));
		cr_assert_eq(differs, diff->len != len);
	}
}

static void check_with(const char *command, uint32_t seed)
{
	struct sample *samples = arena_array(arena, struct sample, FILES);
	struct buf diff = BUF_INIT;
	make_samples(seed, samples, &diff);
	for (uint32_t i = 0; i < FILES; i++) {
		folder_write(arena, samples[i].path, samples[i].before);
	}
	folder_write(arena, STR("all.diff"), buf_str(&diff));
	buf_finish(&diff);
	int status = system(arena_printf(arena, "%s all.diff >log 2>&1", command).data);
	struct str log = folder_read(arena, STR("log"));
	cr_assert(status == 0, "seed %u: %s", seed, log.data);
	for (uint32_t i = 0; i < FILES; i++) {
		struct str result = folder_read(arena, samples[i].path);
		cr_assert(str_equal(result, samples[i].after), "seed %u: file %u differs", seed, i);
	}
}

Test(diff, patch_takes_it)
{
	for (uint32_t seed = 0; seed < 4; seed++) {
		check_with("patch -p1 -s --fuzz=0 -i", seed);
	}
}

Test(diff, git_apply_takes_it)
{
	for (uint32_t seed = 100; seed < 104; seed++) {
		check_with("git apply --whitespace=nowarn", seed);
	}
}
