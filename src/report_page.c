/*
 * A report as a page: one file, nothing from a network, and nothing but its own style and script
 * may run in it, by hash. Without its script it still shows everything. Texts come from files that
 * anybody may have written, so every one passes add_text.
 */
#include <stdio.h>

#include "hash.h"
#include "report.h"
#include "report_read.h"
#include "rules.h"
#include "utf8.h"

#include "page_script.h"
#include "page_style.h"

#define STYLE ((struct str){(const char *)page_style, sizeof(page_style)})
#define SCRIPT ((struct str){(const char *)page_script, sizeof(page_script)})

struct page {
	struct arena *arena;
	struct buf *out;
	const cJSON *report;
	bool changes; /* the verb writes: files "were patched", else they would be */
};

/* ---- texts ---- */

static void add(struct page *page, const char *markup)
{
	buf_add(page->out, str_from(markup));
}

/* As text, also inside a quoted attribute. Control characters but tabs are made visible. */
static void add_text(struct page *page, struct str text)
{
	text = utf8_clean(page->arena, text);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.data[i];
		switch (byte) {
		case '&':
			add(page, "&amp;");
			break;
		case '<':
			add(page, "&lt;");
			break;
		case '>':
			add(page, "&gt;");
			break;
		case '"':
			add(page, "&quot;");
			break;
		case '\'':
			add(page, "&#39;");
			break;
		default:
			if ((byte < ' ' && byte != '\t') || byte == 0x7F) {
				add(page, "\xEF\xBF\xBD");
			} else {
				buf_add_byte(page->out, (char)byte);
			}
		}
	}
}

/* A cell of tab-separated text. */
static void add_cell(struct page *page, struct str text)
{
	size_t from = page->out->len;
	add_text(page, text);
	for (size_t i = from; i < page->out->len; i++) {
		if (page->out->data[i] == '\t') {
			page->out->data[i] = ' ';
		}
	}
}

/* 12,345 */
static void add_count(struct page *page, double number)
{
	char digits[32];
	int len = snprintf(digits, sizeof(digits), "%.0f", number < 0 ? 0 : number);
	for (int i = 0; i < len; i++) {
		buf_add_byte(page->out, digits[i]);
		if ((len - i) % 3 == 1 && i + 1 < len) {
			buf_add_byte(page->out, ',');
		}
	}
}

static void add_plural(struct page *page, double number, const char *one, const char *many)
{
	add_count(page, number);
	add(page, " ");
	add(page, number == 1 ? one : many);
}

/* The source expression by which a policy allows a text: its SHA-256 in base 64. */
static void add_hash(struct page *page, struct str text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct str hex = sha256_hex(page->arena, text);
	add(page, "'sha256-");
	uint32_t bits = 0, have = 0;
	for (size_t i = 0; i < hex.len; i++) {
		char digit = hex.data[i];
		bits = bits << 4 | (uint32_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
		have += 4;
		if (have >= 6) {
			have -= 6;
			buf_add_byte(page->out, digits[bits >> have & 63]);
		}
	}
	buf_add_byte(page->out, digits[bits << (6 - have) & 63]); /* 256 bits leave 4 */
	add(page, "='");
}

/* ---- the top of the page ---- */

static const struct {
	const char *name;
	const char *done;  /* after patch */
	const char *would; /* after check and inspect */
	const char *tone;  /* a class of the style sheet */
} verdicts[] = {
	{"patched", "patched", "to patch", "good"},
	{"unchanged", "up to date", "up to date", "good"},
	{"skipped", "skipped", "skipped", "calm"},
	{"refused", "refused", "refused", "bad"},
	{"failed", "failed", "failed", "bad"},
};

enum { VERDICT_KINDS = sizeof(verdicts) / sizeof(verdicts[0]) };

static const char *verdict_label(const struct page *page, size_t verdict)
{
	return page->changes ? verdicts[verdict].done : verdicts[verdict].would;
}

static size_t verdict_of(const cJSON *file)
{
	struct str name = json_text(file, "verdict");
	for (size_t i = 0; i < VERDICT_KINDS; i++) {
		if (str_equal(name, str_from(verdicts[i].name))) {
			return i;
		}
	}
	return VERDICT_KINDS - 1;
}

static void add_card(struct page *page, const char *tone, double number, const char *label)
{
	buf_printf(page->out, "<li><b class=\"%s\">", number == 0 ? "faint" : tone);
	add_count(page, number);
	buf_printf(page->out, "</b>%s</li>\n", label);
}

static void add_totals(struct page *page)
{
	const cJSON *totals = cJSON_GetObjectItemCaseSensitive(page->report, "totals");
	double files = json_number(totals, "files");
	add(page, "<ul class=\"cards\">\n");
	add_card(page, "", files, files == 1 ? "file" : "files");
	for (size_t i = 0; i < VERDICT_KINDS; i++) {
		add_card(
			page, verdicts[i].tone, json_number(totals, verdicts[i].name), verdict_label(page, i));
	}
	double entries = json_number(totals, "entries"), guarded = json_number(totals, "guarded");
	add_card(page, "", entries, entries == 1 ? "entrypoint" : "entrypoints");
	add_card(page, guarded < entries ? "warn" : "good", guarded, "guarded");
	add(page, "</ul>\n<svg class=\"bar\" viewBox=\"0 0 1000 1\" preserveAspectRatio=\"none\" "
			  "aria-hidden=\"true\">");
	double at = 0;
	for (size_t i = 0; i < VERDICT_KINDS && files > 0; i++) {
		double share = 1000 * json_number(totals, verdicts[i].name) / files;
		if (share > 0) {
			buf_printf(page->out,
				"<g class=\"%s\"><rect x=\"%.1f\" width=\"%.1f\" height=\"1\"/></g>",
				verdicts[i].tone, at, share);
		}
		at += share;
	}
	add(page, "</svg>\n");
}

static void add_option(struct page *page, const cJSON *options, const char *key, const char *label)
{
	struct str text = json_text(options, key);
	if (text.len != 0) {
		buf_printf(page->out, " · %s ", label);
		add_text(page, text);
	}
}

static void add_names(struct page *page, const cJSON *options, const char *key, const char *label)
{
	const cJSON *name = NULL;
	cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(options, key))
	{
		buf_printf(page->out, " · %s <code>", label);
		add_text(page, str_from(cJSON_GetStringValue(name)));
		add(page, "</code>");
	}
}

static void add_head(struct page *page)
{
	add(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
			  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
			  "base-uri 'none'; form-action 'none'; style-src ");
	add_hash(page, STYLE);
	add(page, "; script-src ");
	add_hash(page, SCRIPT);
	add(page, "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			  "<title>reglue report</title>\n<style>");
	buf_add(page->out, STYLE);
	add(page, "</style>\n<header>\n<h1>reglue report</h1>\n<p class=\"faint\">reglue ");
	const cJSON *options = cJSON_GetObjectItemCaseSensitive(page->report, "options");
	add_text(page, json_text(cJSON_GetObjectItemCaseSensitive(page->report, "tool"), "version"));
	add(page, " · <code>");
	add_text(page, json_text(page->report, "command"));
	add(page, "</code>");
	add_option(page, options, "policy", "policy");
	double budget = json_number(options, "budget");
	if (budget > 0) {
		buf_printf(page->out, " · budget %.0f a minute", budget);
	} else {
		add(page, " · no budget");
	}
	add_option(page, options, "stale_closures", "stale closures");
	add_option(page, options, "foreign_throw", "foreign throw");
	add_option(page, options, "module", "module");
	add_names(page, options, "exclude", "excluded");
	add_names(page, options, "reconstruct", "reconstructed");
	add(page, "</p>\n</header>\n<main>\n");
	add_totals(page);
}

/* ---- findings by code ---- */

static const struct {
	const char *list;
	const char *name;
	const char *tone;
} severities[] = {
	{"errors", "error", "bad"},
	{"refusals", "refusal", "bad"},
	{"warnings", "warning", "warn"},
	{"notes", "note", "calm"},
};

enum { SEVERITY_KINDS = sizeof(severities) / sizeof(severities[0]) };

struct tally {
	struct str code;
	size_t severity;
	uint32_t findings, files;
	const cJSON *last_file;
};

static void tally_file(struct tally *tallies, uint32_t *count, uint32_t capacity, const cJSON *file)
{
	for (size_t s = 0; s < SEVERITY_KINDS; s++) {
		const cJSON *finding = NULL;
		cJSON_ArrayForEach(finding, cJSON_GetObjectItemCaseSensitive(file, severities[s].list))
		{
			struct str code = json_text(finding, "code");
			uint32_t i = 0;
			while (i < *count && (tallies[i].severity != s || !str_equal(tallies[i].code, code))) {
				i++;
			}
			if (i == capacity) {
				return;
			}
			if (i == *count) {
				tallies[(*count)++] = (struct tally){.code = code, .severity = s};
			}
			tallies[i].findings++;
			tallies[i].files += tallies[i].last_file != file;
			tallies[i].last_file = file;
		}
	}
}

static void add_tally(struct page *page, const struct tally *tally)
{
	const struct rule *rule = rule_find(tally->code);
	buf_printf(page->out, "<tr><td class=\"%s\">%s<td><a href=\"#files\" data-code=\"",
		severities[tally->severity].tone, severities[tally->severity].name);
	add_text(page, tally->code);
	add(page, "\"><code>");
	add_text(page, tally->code);
	buf_printf(page->out,
		"</code></a><td class=\"number\" data-label=\"%s\">%u"
		"<td class=\"number\" data-label=\"%s\">%u<td>",
		tally->files == 1 ? "file" : "files", tally->files,
		tally->findings == 1 ? "finding" : "findings", tally->findings);
	if (rule != NULL) {
		add_text(page, str_from(rule->summary));
		add(page, " <span class=\"faint\">");
		add_text(page, str_from(rule->help));
		add(page, "</span>");
	}
	add(page, "\n");
}

static void add_tallies(struct page *page)
{
	enum { CAPACITY = 256 }; /* far more than there are codes */
	struct tally *tallies = arena_array(page->arena, struct tally, CAPACITY);
	uint32_t count = 0;
	const cJSON *file = NULL;
	cJSON_ArrayForEach(file, cJSON_GetObjectItemCaseSensitive(page->report, "files"))
	{
		tally_file(tallies, &count, CAPACITY, file);
	}
	if (count == 0) {
		return;
	}
	add(page, "<section>\n<h2>Findings</h2>\n<div class=\"scroll\"><table class=\"rules\">\n"
			  "<thead><tr><th scope=\"col\">Kind<th scope=\"col\">Code"
			  "<th scope=\"col\" class=\"number\">Files<th scope=\"col\" class=\"number\">Findings"
			  "<th scope=\"col\">What it means</thead>\n<tbody>\n");
	for (size_t s = 0; s < SEVERITY_KINDS; s++) {
		for (uint32_t i = 0; i < count; i++) {
			if (tallies[i].severity == s) {
				add_tally(page, &tallies[i]);
			}
		}
	}
	add(page, "</tbody></table></div>\n</section>\n");
}

/* ---- one file ---- */

static void open_fact(struct page *page, const char *name)
{
	buf_printf(page->out, "<dt>%s<dd>", name);
}

static void add_fact(struct page *page, const char *name, struct str text, bool code)
{
	if (text.len != 0) {
		open_fact(page, name);
		add(page, code ? "<code>" : "");
		add_text(page, text);
		add(page, code ? "</code>" : "");
		add(page, "\n");
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
	add(page, "<dl class=\"facts\">\n");
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
		add(page, bindgen.len != 0 ? "wasm-bindgen " : "");
		add_text(page, bindgen);
		add(page, bindgen.len != 0 ? ", " : "");
		add(page, rustc.len != 0 ? "rustc " : "");
		add_text(page, rustc);
		add(page, rustc.len != 0 ? ", " : "");
		add_plural(page, json_number(wasm, "exports"), "export", "exports");
		add(page, "\n");
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
	add_plural(page, json_number(input, "bytes"), "byte", "bytes");
	if (cJSON_IsObject(output)) {
		add(page, " → ");
		add_plural(page, json_number(output, "bytes"), "byte", "bytes");
	}
	add(page, "\n");
	if (json_number(file, "milliseconds") > 0) {
		open_fact(page, "Time");
		buf_printf(page->out, "%.1f ms\n", json_number(file, "milliseconds"));
	}
	add_fact(page, "SHA-256 before", json_text(input, "sha256"), true);
	add_fact(page, "SHA-256 after", json_text(output, "sha256"), true);
	add(page, "</dl>\n");
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
	add_text(page, str_slice(text, 0, at));
	add(page, "<mark>");
	add_text(page, length == 0 ? STR(" ") : str_slice(text, at, at + length));
	add(page, "</mark>");
	add_text(page, str_slice(text, at + length, text.len));
	add(page, "</pre>\n");
}

static void add_findings(struct page *page, const cJSON *file)
{
	for (size_t s = 0; s < SEVERITY_KINDS; s++) {
		const cJSON *finding = NULL;
		cJSON_ArrayForEach(finding, cJSON_GetObjectItemCaseSensitive(file, severities[s].list))
		{
			struct str code = json_text(finding, "code");
			const struct rule *rule = rule_find(code);
			buf_printf(page->out, "<div class=\"finding %s\">\n<p><b class=\"%s\">%s</b> ",
				severities[s].tone, severities[s].tone, severities[s].name);
			add_text(page, json_text(finding, "message"));
			add(page, " <code class=\"faint\">[");
			add_text(page, code);
			add(page, "]</code>");
			if (json_number(finding, "line") > 0) {
				buf_printf(page->out, " <span class=\"faint\">line %.0f, column %.0f</span>",
					json_number(finding, "line"), json_number(finding, "column"));
			}
			add(page, "</p>\n");
			add_source(page, finding);
			/* a note often stands in every file; the table at the top explains it once */
			if (rule != NULL && rule->severity != SEVERITY_NOTE) {
				add(page, "<p class=\"why\">");
				add_text(page, str_from(rule->help));
				add(page, "</p>\n");
			}
			add(page, "</div>\n");
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
		add_cell(page, json_text(entry, "kind"));
		add(page, "\t");
		add_cell(page, class_name);
		add(page, class_name.len != 0 ? "." : "");
		struct str name = json_text(entry, "name");
		add_cell(page, name.len == 0 ? STR("(anonymous)") : name);
		add(page, "\t");
		add_cell(page, json_text(entry, "wasm_export"));
		add(page, "\t");
		if (json_true(entry, "guarded")) {
			add(page, "guarded");
			if (stale > 0) {
				buf_printf(
					page->out, ", %.0f stale argument check%s", stale, stale == 1 ? "" : "s");
			}
		} else {
			add(page, "not guarded: ");
			add_cell(page, json_text(entry, "why_not"));
		}
		add(page, "\n");
	}
	add(page, "</pre>\n");
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
			add(page, "<span>");
			add_text(page, json_text(site, "name"));
			buf_printf(page->out, ":%.0f</span> ", json_number(site, "line"));
		}
		add(page, any ? "\n" : "");
	}
	add(page, "</dl>\n");
}

static void add_brief(struct page *page, const cJSON *file)
{
	size_t entries = json_length(file, "entries"), guarded = 0;
	const cJSON *entry = NULL;
	cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(file, "entries"))
	{
		guarded += json_true(entry, "guarded");
	}
	add(page, "<span class=\"brief\">");
	struct str target = json_text(file, "target");
	const char *between = "";
	if (target.len != 0 && !str_equal(target, STR("unknown"))) {
		add_text(page, target);
		between = " · ";
	}
	if (entries != 0) {
		buf_printf(page->out, "%s%zu of %zu guarded", between, guarded, entries);
		between = " · ";
	}
	for (size_t s = 0; s < SEVERITY_KINDS; s++) {
		size_t count = json_length(file, severities[s].list);
		if (count != 0) {
			buf_printf(page->out, "%s<span class=\"%s\">%zu %s%s</span>", between,
				severities[s].tone, count, severities[s].name, count == 1 ? "" : "s");
			between = " · ";
		}
	}
	add(page, "</span>");
}

/* number: from 1, for links to it. */
static void add_file(struct page *page, const cJSON *file, uint32_t number)
{
	size_t verdict = verdict_of(file);
	bool empty = str_equal(json_text(file, "verdict"), STR("skipped")) &&
	             json_length(file, "notes") + json_length(file, "warnings") == 0;
	buf_printf(page->out, "<%s class=\"file\" id=\"file-%u\" data-verdict=\"%s\">",
		empty ? "div" : "details", number, verdicts[verdict].name);
	buf_printf(page->out, "<%s><span class=\"verdict %s\">%s</span> <bdi class=\"path\">",
		empty ? "div class=\"row\"" : "summary class=\"row\"", verdicts[verdict].tone,
		verdict_label(page, verdict));
	add_text(page, json_text(file, "path"));
	add(page, "</bdi> ");
	if (empty) {
		add(page, "</div></div>\n");
		return;
	}
	add_brief(page, file);
	add(page, "</summary>\n<div class=\"inside\">\n");
	add_findings(page, file);
	if (json_text(file, "target").len != 0) {
		add_facts(page, file);
	}
	add_entries(page, file);
	add_sites(page, file);
	add(page, "</div></details>\n");
}

static void add_files(struct page *page)
{
	const cJSON *totals = cJSON_GetObjectItemCaseSensitive(page->report, "totals");
	add(page, "<section id=\"files\">\n<h2>Files</h2>\n<div class=\"tools\" role=\"search\">"
			  "<input type=\"search\" id=\"search\" placeholder=\"Path, export, class, code\" "
			  "aria-label=\"Search in files\" autocomplete=\"off\" spellcheck=\"false\">"
			  "<fieldset aria-label=\"Verdicts shown\">");
	for (size_t i = 0; i < VERDICT_KINDS; i++) {
		double count = json_number(totals, verdicts[i].name);
		if (count != 0) {
			buf_printf(page->out,
				"<label><input type=\"checkbox\" name=\"verdict\" value=\"%s\" checked> "
				"<span class=\"%s\">%s</span> ",
				verdicts[i].name, verdicts[i].tone, verdict_label(page, i));
			add_count(page, count);
			add(page, "</label>");
		}
	}
	add(page, "</fieldset><button type=\"button\" id=\"open\">Open all</button>"
			  "<button type=\"button\" id=\"close\">Close all</button>"
			  "<output class=\"shown\" id=\"shown\"></output></div>\n");
	const cJSON *file = NULL;
	uint32_t number = 0;
	cJSON_ArrayForEach(file, cJSON_GetObjectItemCaseSensitive(page->report, "files"))
	{
		add_file(page, file, ++number);
	}
	add(page, "</section>\n</main>\n");
}

bool report_page(struct arena *arena, struct str report, struct str *text, struct str *error)
{
	struct buf out = BUF_INIT;
	struct page page = {.arena = arena, .out = &out};
	cJSON *tree = report_read(arena, report, error);
	if (tree == NULL) {
		return false;
	}
	page.report = tree;
	page.changes = str_equal(json_text(tree, "command"), STR("patch"));
	add_head(&page);
	add_tallies(&page);
	add_files(&page);
	add(&page,
		"<footer>\n<p>Guarded: a call from outside first looks whether the instance died, and "
		"gets a fresh one; a stale argument check keeps objects of the dead one out. Lines "
		"are those of the unpatched file.</p>\n</footer>\n<script>");
	buf_add(&out, SCRIPT);
	add(&page, "</script>\n</html>\n");
	*text = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	cJSON_Delete(tree);
	return true;
}
