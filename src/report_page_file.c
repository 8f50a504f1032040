/* What the page says about one file. */
#include "report_page.h"

#include "rules.h"
#include "utf8.h"

static void open_fact(struct page *page, const char *name)
{
	buf_printf(page->out, "<dt>%s<dd>", name);
}

static void add_fact(struct page *page, const char *name, struct str text, bool code)
{
	if (text.len != 0) {
		open_fact(page, name);
		page_add(page, code ? "<code>" : "");
		page_add_text(page, text);
		page_add(page, code ? "</code>" : "");
		page_add(page, "\n");
	}
}

/* Where a new instance's Module comes from. */
static struct str module_text(const cJSON *file)
{
	static const struct {
		const char *name, *text;
	} modules[] = {
		{"seen", "seen by this file"},
		{"loader", "from the file that hands over the exports"},
		{"url", "found by new URL(…, import.meta.url) after the first fault"},
		{"import", "imported as what the bundler makes of the wasm"},
		{"source", "imported in the source phase"},
	};
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		if (str_equal(json_text(file, "module"), str_from(modules[i].name))) {
			return str_from(modules[i].text);
		}
	}
	return STR("");
}

static void add_facts(struct page *page, const cJSON *file)
{
	page_add(page, "<dl class=\"facts\">\n");
	add_fact(page, "Target", json_text(file, "target"), false);
	add_fact(page, "Form", json_text(file, "form"), false);
	if (!str_equal(json_text(file, "part"), STR("whole"))) {
		add_fact(page, "Part", json_text(file, "part"), false);
		add_fact(page, "Hands the exports to", json_text(file, "hands_to"), true);
	}
	add_fact(page, "Module", module_text(file), false);
	const cJSON *wasm = cJSON_GetObjectItemCaseSensitive(file, "wasm");
	if (cJSON_IsObject(wasm)) {
		open_fact(page, "Wasm file");
		struct str bindgen = json_text(wasm, "wasm_bindgen");
		struct str rustc = json_text(wasm, "rustc");
		page_add(page, bindgen.len != 0 ? "wasm-bindgen " : "");
		page_add_text(page, bindgen);
		page_add(page, bindgen.len != 0 ? ", " : "");
		page_add(page, rustc.len != 0 ? "rustc " : "");
		page_add_text(page, rustc);
		page_add(page, rustc.len != 0 ? ", " : "");
		page_add_plural(page, json_number(wasm, "exports"), "export", "exports");
		page_add(page, "\n");
	}
	add_fact(page, "Patched before by", json_text(file, "patched_by"), false);
	add_fact(page, "Exports variable", json_text(file, "exports_name"), true);
	if (json_text(file, "exports_name").len != 0) {
		add_fact(page, "Shadow stack",
			json_true(file, "heals_shadow_stack")
				? STR("put back after errors")
				: STR("out of reach; errors that cross Rust leak it"),
			false);
	}
	const cJSON *input = cJSON_GetObjectItemCaseSensitive(file, "input");
	const cJSON *output = cJSON_GetObjectItemCaseSensitive(file, "output");
	open_fact(page, "Size");
	page_add_plural(page, json_number(input, "bytes"), "byte", "bytes");
	if (cJSON_IsObject(output)) {
		page_add(page, " → ");
		page_add_plural(page, json_number(output, "bytes"), "byte", "bytes");
	}
	page_add(page, "\n");
	if (json_number(file, "milliseconds") > 0) {
		open_fact(page, "Time");
		buf_printf(page->out, "%.1f ms\n", json_number(file, "milliseconds"));
	}
	add_fact(page, "SHA-256 before", json_text(input, "sha256"), true);
	add_fact(page, "SHA-256 after", json_text(output, "sha256"), true);
	page_add(page, "</dl>\n");
}

/* The line, with the character marked that the finding is about. */
static void add_source(struct page *page, const cJSON *finding)
{
	const cJSON *source = cJSON_GetObjectItemCaseSensitive(finding, "source");
	struct str text = json_text(source, "text");
	double from = json_number(source, "column"), column = json_number(finding, "column");
	if (!cJSON_IsObject(source) || column < from) {
		return;
	}
	size_t at = column - from < (double)text.len ? (size_t)(column - from) : text.len;
	size_t length = utf8_length(str_slice(text, at, text.len));
	buf_printf(page->out, "<pre class=\"source\"><span class=\"faint\">%.0f</span>  %s",
		json_number(finding, "line"), from > 1 ? "…" : "");
	page_add_text(page, str_slice(text, 0, at));
	page_add(page, "<mark>");
	page_add_text(page, length == 0 ? STR(" ") : str_slice(text, at, at + length));
	page_add(page, "</mark>");
	page_add_text(page, str_slice(text, at + length, text.len));
	page_add(page, "</pre>\n");
}

static void add_findings(struct page *page, const cJSON *file)
{
	for (size_t s = 0; s < PAGE_SEVERITIES; s++) {
		const cJSON *finding = NULL;
		cJSON_ArrayForEach(finding, cJSON_GetObjectItemCaseSensitive(file, page_severities[s].list))
		{
			struct str code = json_text(finding, "code");
			const struct rule *rule = rule_find(code);
			buf_printf(page->out, "<div class=\"finding %s\">\n<p><b class=\"%s\">%s</b> ",
				page_severities[s].tone, page_severities[s].tone, page_severities[s].name);
			page_add_text(page, json_text(finding, "message"));
			page_add(page, " <code class=\"faint\">[");
			page_add_text(page, code);
			page_add(page, "]</code>");
			if (json_number(finding, "line") > 0) {
				buf_printf(page->out, " <span class=\"faint\">line %.0f, column %.0f</span>",
					json_number(finding, "line"), json_number(finding, "column"));
			}
			page_add(page, "</p>\n");
			add_source(page, finding);
			/* a note often stands in every file; the table at the top explains it once */
			if (rule != NULL && rule->severity != SEVERITY_NOTE) {
				page_add(page, "<p class=\"why\">");
				page_add_text(page, str_from(rule->help));
				page_add(page, "</p>\n");
			}
			page_add(page, "</div>\n");
		}
	}
}

/* Tab-separated lines; the script makes a table of them when a reader opens the file. */
static void add_entries(struct page *page, const cJSON *file)
{
	size_t count = json_length(file, "entries"), guarded = 0;
	const cJSON *entry = NULL, *entries = cJSON_GetObjectItemCaseSensitive(file, "entries");
	cJSON_ArrayForEach(entry, entries)
	{
		guarded += json_true(entry, "guarded");
	}
	if (count == 0) {
		return;
	}
	buf_printf(page->out,
		"<h3>Entrypoints: %zu, guarded: %zu</h3>\n<pre class=\"entries\">"
		"Line\tKind\tName\tWasm export\tGuard\n",
		count, guarded);
	cJSON_ArrayForEach(entry, entries)
	{
		struct str class_name = json_text(entry, "class");
		double stale = json_number(entry, "stale_arguments");
		buf_printf(page->out, "%.0f\t", json_number(entry, "line_before"));
		page_add_cell(page, json_text(entry, "kind"));
		page_add(page, "\t");
		page_add_cell(page, class_name);
		page_add(page, class_name.len != 0 ? "." : "");
		struct str name = json_text(entry, "name");
		page_add_cell(page, name.len == 0 ? STR("(anonymous)") : name);
		page_add(page, "\t");
		page_add_cell(page, json_text(entry, "wasm_export"));
		page_add(page, "\t");
		if (json_true(entry, "guarded")) {
			page_add(page, "guarded");
			if (stale > 0) {
				buf_printf(
					page->out, ", %.0f stale argument check%s", stale, stale == 1 ? "" : "s");
			}
		} else {
			page_add(page, "not guarded: ");
			page_add_cell(page, json_text(entry, "why_not"));
		}
		page_add(page, "\n");
	}
	page_add(page, "</pre>\n");
}

static const struct {
	const char *kind;
	const char *label;
} site_kinds[] = {
	{"binding", "Exports received"},
	{"instantiate", "Module and imports remembered"},
	{"state", "State reset"},
	{"stamp", "Objects stamped"},
	{"finalizer", "Finalizers"},
	{"closure", "Closures"},
	{"promise", "Promises"},
	{"catch", "Errors converted"},
	{"escape", "Exports that leave the glue"},
	{"marshal", "User code during marshalling"},
	{"unwrap", "Objects taken out of arrays"},
};

static void add_sites(struct page *page, const cJSON *file)
{
	const cJSON *site = NULL, *sites = cJSON_GetObjectItemCaseSensitive(file, "sites");
	size_t count = json_length(file, "sites");
	if (count == 0) {
		return;
	}
	buf_printf(page->out,
		"<h3>Other places that the patch concerns: %zu</h3>\n"
		"<dl class=\"facts\">\n",
		count);
	for (size_t i = 0; i < sizeof(site_kinds) / sizeof(site_kinds[0]); i++) {
		bool any = false;
		cJSON_ArrayForEach(site, sites)
		{
			if (!str_equal(json_text(site, "kind"), str_from(site_kinds[i].kind))) {
				continue;
			}
			if (!any) {
				open_fact(page, site_kinds[i].label);
			}
			any = true;
			page_add(page, "<span>");
			page_add_text(page, json_text(site, "name"));
			buf_printf(page->out, ":%.0f</span> ", json_number(site, "line"));
		}
		page_add(page, any ? "\n" : "");
	}
	page_add(page, "</dl>\n");
}

static void add_brief(struct page *page, const cJSON *file)
{
	size_t entries = json_length(file, "entries"), guarded = 0;
	const cJSON *entry = NULL;
	cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(file, "entries"))
	{
		guarded += json_true(entry, "guarded");
	}
	page_add(page, "<span class=\"brief\">");
	struct str target = json_text(file, "target");
	const char *between = "";
	if (target.len != 0 && !str_equal(target, STR("unknown"))) {
		page_add_text(page, target);
		between = " · ";
	}
	if (entries != 0) {
		buf_printf(page->out, "%s%zu of %zu guarded", between, guarded, entries);
		between = " · ";
	}
	for (size_t s = 0; s < PAGE_SEVERITIES; s++) {
		size_t count = json_length(file, page_severities[s].list);
		if (count != 0) {
			buf_printf(page->out, "%s<span class=\"%s\">%zu %s%s</span>", between,
				page_severities[s].tone, count, page_severities[s].name, count == 1 ? "" : "s");
			between = " · ";
		}
	}
	page_add(page, "</span>");
}

/* number: from 1, for links to it. */
void page_add_file(struct page *page, const cJSON *file, uint32_t number)
{
	size_t verdict = page_verdict_of(file);
	bool empty = str_equal(json_text(file, "verdict"), STR("skipped")) &&
	             json_length(file, "notes") + json_length(file, "warnings") == 0;
	buf_printf(page->out, "<%s class=\"file\" id=\"file-%u\" data-verdict=\"%s\">",
		empty ? "div" : "details", number, page_verdicts[verdict].name);
	buf_printf(page->out, "<%s><span class=\"verdict %s\">%s</span> <bdi class=\"path\">",
		empty ? "div class=\"row\"" : "summary class=\"row\"", page_verdicts[verdict].tone,
		page_verdict_label(page, verdict));
	page_add_text(page, json_text(file, "path"));
	page_add(page, "</bdi> ");
	if (empty) {
		page_add(page, "</div></div>\n");
		return;
	}
	add_brief(page, file);
	page_add(page, "</summary>\n<div class=\"inside\">\n");
	add_findings(page, file);
	if (json_text(file, "target").len != 0) {
		add_facts(page, file);
	}
	add_entries(page, file);
	add_sites(page, file);
	page_add(page, "</div></details>\n");
}
