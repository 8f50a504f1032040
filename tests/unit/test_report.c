#include <criterion/criterion.h>
#include <stdlib.h>

#include "folder.h"
#include "report.h"
#include "utf8.h"

static struct arena *arena;

static void setup(void)
{
	arena = arena_create();
}

static void teardown(void)
{
	arena_destroy(arena);
}

TestSuite(report, .init = setup, .fini = teardown, .timeout = 60);

static struct patch *sample(enum verdict verdict)
{
	struct patch *patch = arena_new(arena, struct patch);
	struct entry *entries = arena_array(arena, struct entry, 2);
	struct site *sites = arena_array(arena, struct site, 1);
	entries[0] = (struct entry){.kind = ENTRY_FUNCTION,
		.name = STR("add"),
		.wasm_export = STR("add"),
		.offset = 0,
		.guarded = true,
		.stale_arguments = 1};
	entries[1] = (struct entry){.kind = ENTRY_METHOD,
		.name = STR("n\xff\"\n"),
		.class_name = STR("C"),
		.offset = 2,
		.why_not = "excluded by name"};
	sites[0] = (struct site){SITE_STATE, STR("heap"), 2};
	patch->verdict = verdict;
	patch->target = TARGET_WEB;
	patch->form = "";
	patch->input = STR("a\nb\n");
	source_init(&patch->original, STR("dir/\xC3\xA4\xC3.js"), patch->input);
	patch->exports_name = STR("wasm");
	patch->entries = entries;
	patch->entry_count = 2;
	patch->sites = sites;
	patch->site_count = 1;
	splice_insert(arena, &patch->splice, 2, SPLICE_PLAIN, 0, STR("x\ny\n"));
	splice_seal(&patch->splice, 4);
	patch->output = STR("a\nx\ny\nb\n");
	diag_add(arena, &patch->diags, SEVERITY_WARNING, "half-done", 2, "text");
	diag_add(arena, &patch->diags, SEVERITY_REFUSAL, "shared-memory", DIAG_NO_OFFSET, "text");
	diag_add(arena, &patch->diags, SEVERITY_NOTE, "by-the-way", 4, "text");
	return patch;
}

static struct str full_report(void)
{
	struct str names[] = {STR("add"), STR("b\xfe")};
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	options.exclude = names;
	options.exclude_count = 2;
	struct report *report = report_create("patch", &options);
	for (int verdict = VERDICT_PATCHED; verdict <= VERDICT_REFUSED; verdict++) {
		struct report_facts facts = {.config = STR("a/reglue.json"),
			.written = verdict == VERDICT_PATCHED,
			.milliseconds = verdict == VERDICT_REFUSED};
		report_add(report, arena, sample((enum verdict)verdict), &facts);
	}
	struct diags diags = {0};
	diag_add(arena, &diags, SEVERITY_ERROR, "io", DIAG_NO_OFFSET, "cannot read: gone");
	report_add_failure(report, arena, STR("none.js"), &diags);
	struct str text = report_text(report, arena);
	report_destroy(report);
	return text;
}

static bool validates(struct str text)
{
	struct str folder = folder_enter(arena);
	folder_write(arena, STR("report.json"), text);
	int status = system("python3 " SOURCE_ROOT "/tests/unit/validate.py " SOURCE_ROOT
						"/docs/report.schema.json report.json");
	folder_leave(arena, folder);
	return status == 0;
}

Test(report, validates_against_the_schema)
{
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	struct report *report = report_create("check", &options);
	cr_assert(validates(report_text(report, arena)));
	report_destroy(report);
	cr_assert(validates(full_report()));
	/* and the validator does look */
	struct str text = full_report();
	size_t at = str_find(text, STR("\"verdict\":\"patched\""));
	((char *)text.data)[at + 12] = 'x';
	cr_assert(!validates(text));
}

Test(report, is_deterministic)
{
	struct str first = full_report();
	cr_assert(str_equal(first, full_report()));
}

static void expect_in(struct str text, const char *part)
{
	cr_assert(str_find(text, str_from(part)) != (size_t)-1, "%s is not in %s", part, text.data);
}

Test(report, says_what_it_should)
{
	struct str text = full_report();
	expect_in(text, "\"totals\":{\"files\":5,\"patched\":1,\"unchanged\":1,\"skipped\":1,"
					"\"refused\":1,\"failed\":1,\"written\":1,\"entries\":8,\"guarded\":4,"
					"\"errors\":5,\"warnings\":4}");
	expect_in(text, "\"name\":\"n\xEF\xBF\xBD\\\"\\n\",\"class\":\"C\",\"wasm_export\":null,"
					"\"line_before\":2,\"line_after\":4,\"guarded\":false");
	expect_in(text, "\"line_after\":null");
	expect_in(text, "{\"kind\":\"state\",\"name\":\"heap\",\"line\":2,\"column\":1}");
	expect_in(text, "\"warnings\":[{\"code\":\"half-done\",\"message\":\"text\",\"line\":2,"
					"\"column\":1,\"source\":{\"text\":\"b\",\"column\":1}}]");
	expect_in(text, "\"refusals\":[{\"code\":\"shared-memory\",\"message\":\"text\","
					"\"line\":null,\"column\":null,\"source\":null}]");
	expect_in(text, "\"path\":\"dir/\xC3\xA4\xEF\xBF\xBD.js\"");
	expect_in(text, "\"output\":null");
}

Test(report, utf8)
{
	static const struct {
		struct str in;
		const char *out;
	} cases[] = {
		{{"", 0}, ""},
		{{"a\0b", 3}, "a\xEF\xBF\xBD"
					  "b"},
		{{"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", 9}, "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"},
		{{"\xC0\x80", 2}, "\xEF\xBF\xBD\xEF\xBF\xBD"},
		{{"\xED\xA0\x80", 3}, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
		{{"\xE2\x82", 2}, "\xEF\xBF\xBD\xEF\xBF\xBD"},
		{{"\xF4\x90\x80\x80", 4}, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_assert_str_eq(utf8_clean(arena, cases[i].in).data, cases[i].out);
	}
	cr_assert_str_eq(utf8_printable(arena, STR("a\033[1m\n\xC2\x9B")).data,
		"a\xEF\xBF\xBD[1m\xEF\xBF\xBD\xEF\xBF\xBD");
}
