/* cJSON, with out of memory handled and text made valid UTF-8. Only report code uses it. */
#ifndef REGLUE_REPORT_JSON_H
#define REGLUE_REPORT_JSON_H

#include <cJSON.h>

#include "arena.h"
#include "buf.h"

/* The item itself; NULL, which is out of memory, ends the process. */
cJSON *json_need(cJSON *item);

/* New members of an object; objects and arrays are given back, owned by the parent. */
cJSON *json_add_object(cJSON *parent, const char *key);
cJSON *json_add_array(cJSON *parent, const char *key);
void json_add_text(struct arena *arena, cJSON *parent, const char *key, struct str text);
void json_add_text_or_null(struct arena *arena, cJSON *parent, const char *key, struct str text);
void json_add_number(cJSON *parent, const char *key, size_t number);
void json_add_bool(cJSON *parent, const char *key, bool value);

/* A new object at the end of an array, owned by it. */
cJSON *json_append_object(cJSON *array);

/* Appends the item as text without white space to out, and deletes it. */
void json_print_and_delete(cJSON *item, struct buf *out);

/* A file's object, printed. */
struct report_piece {
	struct str path;
	struct str text;
	uint32_t serial; /* order among equal paths */
};

/*
 * The text of a report: head, which is deleted, with the files as its last member, a line each, in
 * the order of their paths (bytes), whatever order they come in. Sorts the pieces.
 */
struct str report_assemble(
	struct arena *arena, cJSON *head, struct report_piece *pieces, uint32_t count);

#endif
