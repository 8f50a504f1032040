/*
 * How texts get onto the page. They come from files that anybody may have written, so every one passes
 * page_add_text.
 */
#include "report_page.h"

#include <stdio.h>

#include "utf8.h"

const struct page_verdict page_verdicts[PAGE_VERDICTS] = {
	{"patched", "patched", "to patch", "good"},
	{"unchanged", "up to date", "up to date", "good"},
	{"skipped", "skipped", "skipped", "calm"},
	{"refused", "refused", "refused", "bad"},
	{"failed", "failed", "failed", "bad"},
};

const struct page_severity page_severities[PAGE_SEVERITIES] = {
	{"errors", "error", "bad"},
	{"refusals", "refusal", "bad"},
	{"warnings", "warning", "warn"},
	{"notes", "note", "calm"},
};

void page_add(struct page *page, const char *markup)
{
	buf_add(page->out, str_from(markup));
}

void page_add_text(struct page *page, struct str text)
{
	text = utf8_clean(page->arena, text);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.data[i];
		switch (byte) {
		case '&':
			page_add(page, "&amp;");
			break;
		case '<':
			page_add(page, "&lt;");
			break;
		case '>':
			page_add(page, "&gt;");
			break;
		case '"':
			page_add(page, "&quot;");
			break;
		case '\'':
			page_add(page, "&#39;");
			break;
		default:
			if ((byte < ' ' && byte != '\t') || byte == 0x7F) {
				page_add(page, "\xEF\xBF\xBD");
			} else {
				buf_add_byte(page->out, (char)byte);
			}
		}
	}
}

void page_add_cell(struct page *page, struct str text)
{
	size_t from = page->out->len;
	page_add_text(page, text);
	for (size_t i = from; i < page->out->len; i++) {
		if (page->out->data[i] == '\t') {
			page->out->data[i] = ' ';
		}
	}
}

void page_add_count(struct page *page, double number)
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

void page_add_plural(struct page *page, double number, const char *one, const char *many)
{
	page_add_count(page, number);
	page_add(page, " ");
	page_add(page, number == 1 ? one : many);
}

const char *page_verdict_label(const struct page *page, size_t verdict)
{
	return page->changes ? page_verdicts[verdict].done : page_verdicts[verdict].would;
}

size_t page_verdict_of(const cJSON *file)
{
	struct str name = json_text(file, "verdict");
	for (size_t i = 0; i < PAGE_VERDICTS; i++) {
		if (str_equal(name, str_from(page_verdicts[i].name))) {
			return i;
		}
	}
	return PAGE_VERDICTS - 1;
}
