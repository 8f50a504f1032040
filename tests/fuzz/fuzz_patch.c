/*
 * What must hold for any bytes at all: the original comes back, a second run changes nothing, the
 * diff leads to the output, every place reported lies in the file.
 */
#include <stdio.h>
#include <stdlib.h>

#include "diff.h"
#include "patch.h"
#include "report.h"
#include "seal.h"
#include "unpatch.h"

#define EXPECT(condition) ((condition) ? (void)0 : broken(#condition, __LINE__))

static _Noreturn void broken(const char *condition, int line)
{
	fprintf(stderr, "line %d: does not hold: %s\n", line, condition);
	abort();
}

static void check_diff(struct arena *arena, const struct patch *patch, const struct seal *old)
{
	struct diff_side before = {patch->input, old->splice.sealed ? &old->splice : NULL};
	struct diff_side after = {patch->output, &patch->splice};
	struct buf diff = BUF_INIT, result = BUF_INIT;
	bool differs = diff_write(arena, STR("x.js"), patch->original.bytes, before, after, &diff);
	EXPECT(differs == !str_equal(patch->input, patch->output));
	if (differs) {
		EXPECT(apply_diff(patch->input, buf_str(&diff), &result));
		EXPECT(str_equal(buf_str(&result), patch->output));
	}
	buf_finish(&diff);
	buf_finish(&result);
}

static void check_output(struct arena *arena, const struct patcher *patcher,
	const struct patch *patch, const struct seal *old)
{
	struct str original = patch->original.bytes;
	EXPECT(str_equal(splice_apply(arena, &patch->splice, original), patch->output));
	struct seal seal;
	struct diags diags = {0};
	EXPECT(seal_read(arena, patch->output, &seal, &diags) == SEAL_GOOD);
	EXPECT(str_equal(seal.original, original));
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	struct patch *again = patch_run(arena, patcher, STR("x.js"), patch->output, &options);
	EXPECT(again->verdict == VERDICT_UNCHANGED);
	EXPECT(str_equal(again->output, patch->output));
	check_diff(arena, patch, old);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct patcher *patcher;
	if (patcher == NULL) {
		patcher = patcher_create();
	}
	struct arena *arena = arena_create();
	struct str bytes = {(const char *)data, size};
	struct seal old;
	struct diags diags = {0};
	enum seal_result sealed = seal_read(arena, bytes, &old, &diags);
	EXPECT((sealed == SEAL_BROKEN) == (diags.errors == 1));
	if (sealed == SEAL_GOOD) {
		EXPECT(str_equal(splice_apply(arena, &old.splice, old.original), bytes));
	}
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	struct patch *patch = patch_run(arena, patcher, STR("x.js"), bytes, &options);
	struct str original = patch->original.bytes;
	EXPECT(str_equal(original, sealed == SEAL_GOOD ? old.original : bytes));
	for (const struct diag *diag = patch->diags.first; diag != NULL; diag = diag->next) {
		EXPECT(diag->offset == DIAG_NO_OFFSET || diag->offset <= original.len);
		EXPECT(strcmp(diag->code, "internal") != 0);
	}
	for (uint32_t i = 0; i < patch->entry_count; i++) {
		EXPECT(patch->entries[i].offset <= original.len);
		EXPECT(patch->entries[i].guarded == (patch->entries[i].why_not == NULL));
	}
	for (uint32_t i = 0; i < patch->site_count; i++) {
		EXPECT(patch->sites[i].offset <= original.len);
	}
	if (patch->verdict == VERDICT_REFUSED) {
		EXPECT(patch->diags.errors != 0);
	} else if (patch->verdict != VERDICT_SKIPPED) {
		check_output(arena, patcher, patch, &old);
	}
	struct report *report = report_create("check", &options);
	report_add(report, arena, patch, &(struct report_facts){.config = STR("")});
	EXPECT(report_text(report, arena).len != 0);
	report_destroy(report);
	arena_destroy(arena);
	return 0;
}
