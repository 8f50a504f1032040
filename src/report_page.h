/*
 * What the parts of the HTML report share: the page that is being written, and how anything gets onto it.
 */
#ifndef REGLUE_REPORT_PAGE_H
#define REGLUE_REPORT_PAGE_H

#include "report_read.h"

struct page {
	struct arena *arena;
	struct buf *out;
	const cJSON *report;
	bool changes; /* the verb writes: files "were patched", else they would be */
};

enum { PAGE_VERDICTS = 5, PAGE_SEVERITIES = 4 };

struct page_verdict {
	const char *name;  /* as the report says it */
	const char *done;  /* after patch */
	const char *would; /* after check and inspect */
	const char *tone;  /* a class of the style sheet */
};
extern const struct page_verdict page_verdicts[PAGE_VERDICTS];

struct page_severity {
	const char *list; /* the member of a file in the report */
	const char *name;
	const char *tone;
};
extern const struct page_severity page_severities[PAGE_SEVERITIES];

/* ---- report_page_text.c */

/* Markup of our own, as it stands. */
void page_add(struct page *page, const char *markup);

/* As text, also inside a quoted attribute. Control characters but tabs are made visible. */
void page_add_text(struct page *page, struct str text);

/* A cell of tab-separated text. */
void page_add_cell(struct page *page, struct str text);

/* 12,345 */
void page_add_count(struct page *page, double number);

/* "1 file", "12 files" */
void page_add_plural(struct page *page, double number, const char *one, const char *many);

/* What a verdict is called after this verb. */
const char *page_verdict_label(const struct page *page, size_t verdict);

/* The index of a file's verdict. */
size_t page_verdict_of(const cJSON *file);

/* ---- report_page_file.c */

/* All there is about one file; number: of the file, from 1. */
void page_add_file(struct page *page, const cJSON *file, uint32_t number);

#endif
