#include "config.h"
#include "findings_list.h"
#include "report_json.h"

enum { SCHEMA_VERSION = 1 };

struct str findings_json(
	const struct findings *findings, const struct findings_run *run, struct arena *arena)
{
	cJSON *head = json_need(cJSON_CreateObject());
	json_add_number(head, "schema_version", SCHEMA_VERSION);
	cJSON *tool = json_add_object(head, "tool");
	json_add_text(arena, tool, "name", STR("reglue"));
	json_add_text(arena, tool, "version", STR(REGLUE_VERSION));
	json_add_text(arena, head, "command", str_from(run->command));
	json_add_number(head, "exit_status", (size_t)run->status);
	cJSON *list = json_add_array(head, "findings");
	for (uint32_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		cJSON *item = json_append_object(list);
		json_add_text_or_null(arena, item, "path", finding->path);
		json_add_text(arena, item, "severity", str_from(severity_name(finding->severity)));
		json_add_text(arena, item, "code", str_from(finding->code));
		json_add_text(arena, item, "message", finding->text);
		if (finding->placed) {
			json_add_number(item, "line", finding->position.line);
			json_add_number(item, "column", finding->position.column);
		} else {
			json_need(cJSON_AddNullToObject(item, "line"));
			json_need(cJSON_AddNullToObject(item, "column"));
		}
	}
	struct buf out = BUF_INIT;
	json_print_and_delete(head, &out);
	buf_add_byte(&out, '\n');
	struct str text = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return text;
}
