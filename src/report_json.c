#include "report_json.h"

#include <stdlib.h>

#include "utf8.h"

cJSON *json_need(cJSON *item)
{
	if (item == NULL) {
		out_of_memory();
	}
	return item;
}

cJSON *json_add_object(cJSON *parent, const char *key)
{
	return json_need(cJSON_AddObjectToObject(parent, key));
}

cJSON *json_add_array(cJSON *parent, const char *key)
{
	return json_need(cJSON_AddArrayToObject(parent, key));
}

cJSON *json_append_object(cJSON *array)
{
	cJSON *item = json_need(cJSON_CreateObject());
	cJSON_AddItemToArray(array, item);
	return item;
}

void json_add_text(struct arena *arena, cJSON *parent, const char *key, struct str text)
{
	json_need(cJSON_AddStringToObject(parent, key, utf8_clean(arena, text).data));
}

void json_add_text_or_null(struct arena *arena, cJSON *parent, const char *key, struct str text)
{
	if (text.len == 0) {
		json_need(cJSON_AddNullToObject(parent, key));
	} else {
		json_add_text(arena, parent, key, text);
	}
}

void json_add_number(cJSON *parent, const char *key, size_t number)
{
	json_need(cJSON_AddNumberToObject(parent, key, (double)number));
}

void json_add_bool(cJSON *parent, const char *key, bool value)
{
	json_need(cJSON_AddBoolToObject(parent, key, value));
}

void json_print_and_delete(cJSON *item, struct buf *out)
{
	char *text = cJSON_PrintUnformatted(item);
	if (text == NULL) {
		out_of_memory();
	}
	buf_add(out, str_from(text));
	cJSON_free(text);
	cJSON_Delete(item);
}

static int by_path(const void *left, const void *right)
{
	const struct report_piece *a = left, *b = right;
	int order = str_compare(a->path, b->path);
	return order != 0 ? order : a->serial < b->serial ? -1 : a->serial > b->serial;
}

struct str report_assemble(
	struct arena *arena, cJSON *head, struct report_piece *pieces, uint32_t count)
{
	if (count != 0) {
		qsort(pieces, count, sizeof(*pieces), by_path);
	}
	struct buf out = BUF_INIT;
	json_print_and_delete(head, &out);
	out.len--; /* the closing brace: the files come last */
	buf_add(&out, STR(",\"files\":["));
	for (uint32_t i = 0; i < count; i++) {
		buf_add(&out, i == 0 ? STR("\n") : STR(",\n"));
		buf_add(&out, pieces[i].text);
	}
	buf_add(&out, STR("\n]}\n"));
	struct str text = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return text;
}
