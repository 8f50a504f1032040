/*
 * A report as a page: one file, nothing from a network, and nothing but its own style and script
 * may run in it, by hash. Without its script it still shows everything.
 */
#include "report_page.h"

#include "hash.h"
#include "report.h"
#include "rules.h"

#include "page_script.h"
#include "page_style.h"

#define STYLE ((struct str){(const char *)page_style, sizeof(page_style)})
#define SCRIPT ((struct str){(const char *)page_script, sizeof(page_script)})

/* ---- the top of the page ---- */

/* The source expression by which a policy allows a text: its SHA-256 in base 64. */
static void add_hash(struct page *page, struct str text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct str hex = sha256_hex(page->arena, text);
	page_add(page, "'sha256-");
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
	page_add(page, "='");
}

static void add_card(struct page *page, const char *tone, double number, const char *label)
{
	buf_printf(page->out, "<li><b class=\"%s\">", number == 0 ? "faint" : tone);
	page_add_count(page, number);
	buf_printf(page->out, "</b>%s</li>\n", label);
}

static void add_totals(struct page *page)
{
	const cJSON *totals = cJSON_GetObjectItemCaseSensitive(page->report, "totals");
	double files = json_number(totals, "files");
	page_add(page, "<ul class=\"cards\">\n");
	add_card(page, "", files, files == 1 ? "file" : "files");
	for (size_t i = 0; i < PAGE_VERDICTS; i++) {
		add_card(page, page_verdicts[i].tone, json_number(totals, page_verdicts[i].name),
			page_verdict_label(page, i));
	}
	double entries = json_number(totals, "entries"), guarded = json_number(totals, "guarded");
	add_card(page, "", entries, entries == 1 ? "entrypoint" : "entrypoints");
	add_card(page, guarded < entries ? "warn" : "good", guarded, "guarded");
	page_add(page, "</ul>\n<svg class=\"bar\" viewBox=\"0 0 1000 1\" preserveAspectRatio=\"none\" "
				   "aria-hidden=\"true\">");
	double at = 0;
	for (size_t i = 0; i < PAGE_VERDICTS && files > 0; i++) {
		double share = 1000 * json_number(totals, page_verdicts[i].name) / files;
		if (share > 0) {
			buf_printf(page->out,
				"<g class=\"%s\"><rect x=\"%.1f\" width=\"%.1f\" height=\"1\"/></g>",
				page_verdicts[i].tone, at, share);
		}
		at += share;
	}
	page_add(page, "</svg>\n");
}

static void add_option(struct page *page, const cJSON *options, const char *key, const char *label)
{
	struct str text = json_text(options, key);
	if (text.len != 0) {
		buf_printf(page->out, " · %s ", label);
		page_add_text(page, text);
	}
}

static void add_names(struct page *page, const cJSON *options, const char *key, const char *label)
{
	const cJSON *name = NULL;
	cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(options, key))
	{
		buf_printf(page->out, " · %s <code>", label);
		page_add_text(page, str_from(cJSON_GetStringValue(name)));
		page_add(page, "</code>");
	}
}

static void add_head(struct page *page)
{
	page_add(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
				   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
				   "base-uri 'none'; form-action 'none'; style-src ");
	add_hash(page, STYLE);
	page_add(page, "; script-src ");
	add_hash(page, SCRIPT);
	page_add(page, "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
				   "<title>reglue report</title>\n<style>");
	buf_add(page->out, STYLE);
	page_add(page, "</style>\n<header>\n<h1>reglue report</h1>\n<p class=\"faint\">reglue ");
	const cJSON *options = cJSON_GetObjectItemCaseSensitive(page->report, "options");
	page_add_text(
		page, json_text(cJSON_GetObjectItemCaseSensitive(page->report, "tool"), "version"));
	page_add(page, " · <code>");
	page_add_text(page, json_text(page->report, "command"));
	page_add(page, "</code>");
	add_option(page, options, "policy", "policy");
	double budget = json_number(options, "budget");
	if (budget > 0) {
		buf_printf(page->out, " · budget %.0f a minute", budget);
	} else {
		page_add(page, " · no budget");
	}
	add_option(page, options, "stale_closures", "stale closures");
	add_option(page, options, "foreign_throw", "foreign throw");
	add_option(page, options, "module", "module");
	add_names(page, options, "exclude", "excluded");
	add_names(page, options, "reconstruct", "reconstructed");
	page_add(page, "</p>\n</header>\n<main>\n");
	add_totals(page);
}

/* ---- findings by code ---- */

struct tally {
	struct str code;
	size_t severity;
	uint32_t findings, files;
	const cJSON *last_file;
};

static void tally_file(struct tally *tallies, uint32_t *count, uint32_t capacity, const cJSON *file)
{
	for (size_t s = 0; s < PAGE_SEVERITIES; s++) {
		const cJSON *finding = NULL;
		cJSON_ArrayForEach(finding, cJSON_GetObjectItemCaseSensitive(file, page_severities[s].list))
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
		page_severities[tally->severity].tone, page_severities[tally->severity].name);
	page_add_text(page, tally->code);
	page_add(page, "\"><code>");
	page_add_text(page, tally->code);
	buf_printf(page->out,
		"</code></a><td class=\"number\" data-label=\"%s\">%u"
		"<td class=\"number\" data-label=\"%s\">%u<td>",
		tally->files == 1 ? "file" : "files", tally->files,
		tally->findings == 1 ? "finding" : "findings", tally->findings);
	if (rule != NULL) {
		page_add_text(page, str_from(rule->summary));
		page_add(page, " <span class=\"faint\">");
		page_add_text(page, str_from(rule->help));
		page_add(page, "</span>");
	}
	page_add(page, "\n");
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
	page_add(page,
		"<section>\n<h2>Findings</h2>\n<div class=\"scroll\"><table class=\"rules\">\n"
		"<thead><tr><th scope=\"col\">Kind<th scope=\"col\">Code"
		"<th scope=\"col\" class=\"number\">Files<th scope=\"col\" class=\"number\">Findings"
		"<th scope=\"col\">What it means</thead>\n<tbody>\n");
	for (size_t s = 0; s < PAGE_SEVERITIES; s++) {
		for (uint32_t i = 0; i < count; i++) {
			if (tallies[i].severity == s) {
				add_tally(page, &tallies[i]);
			}
		}
	}
	page_add(page, "</tbody></table></div>\n</section>\n");
}

static void add_files(struct page *page)
{
	const cJSON *totals = cJSON_GetObjectItemCaseSensitive(page->report, "totals");
	page_add(page, "<section id=\"files\">\n<h2>Files</h2>\n<div class=\"tools\" role=\"search\">"
				   "<input type=\"search\" id=\"search\" placeholder=\"Path, export, class, code\" "
				   "aria-label=\"Search in files\" autocomplete=\"off\" spellcheck=\"false\">"
				   "<fieldset aria-label=\"Verdicts shown\">");
	for (size_t i = 0; i < PAGE_VERDICTS; i++) {
		double count = json_number(totals, page_verdicts[i].name);
		if (count != 0) {
			buf_printf(page->out,
				"<label><input type=\"checkbox\" name=\"verdict\" value=\"%s\" checked> "
				"<span class=\"%s\">%s</span> ",
				page_verdicts[i].name, page_verdicts[i].tone, page_verdict_label(page, i));
			page_add_count(page, count);
			page_add(page, "</label>");
		}
	}
	page_add(page, "</fieldset><button type=\"button\" id=\"open\">Open all</button>"
				   "<button type=\"button\" id=\"close\">Close all</button>"
				   "<output class=\"shown\" id=\"shown\"></output></div>\n");
	const cJSON *file = NULL;
	uint32_t number = 0;
	cJSON_ArrayForEach(file, cJSON_GetObjectItemCaseSensitive(page->report, "files"))
	{
		page_add_file(page, file, ++number);
	}
	page_add(page, "</section>\n</main>\n");
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
	page_add(&page,
		"<footer>\n<p>Guarded: a call from outside first looks whether the instance died, and "
		"gets a fresh one; a stale argument check keeps objects of the dead one out. Lines "
		"are those of the unpatched file.</p>\n</footer>\n<script>");
	buf_add(&out, SCRIPT);
	page_add(&page, "</script>\n</html>\n");
	*text = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	cJSON_Delete(tree);
	return true;
}
