#include "findings_list.h"

#include "buf.h"
#include "utf8.h"

struct findings *findings_create(void)
{
	struct arena *arena = arena_create();
	struct findings *findings = arena_new(arena, struct findings);
	findings->arena = arena;
	return findings;
}

void findings_destroy(struct findings *findings)
{
	if (findings != NULL) {
		arena_destroy(findings->arena);
	}
}

void findings_add(struct findings *findings, const struct finding *finding)
{
	if (findings->count == findings->capacity) {
		findings->capacity = findings->capacity == 0 ? 16 : findings->capacity * 2;
		struct finding *items = arena_array(findings->arena, struct finding, findings->capacity);
		if (findings->count != 0) {
			memcpy(items, findings->items, findings->count * sizeof(*items));
		}
		findings->items = items;
	}
	struct finding *item = &findings->items[findings->count++];
	*item = *finding;
	item->path = arena_copy(findings->arena, finding->path);
	item->text = arena_copy(findings->arena, finding->text);
	item->excerpt.text = arena_copy(findings->arena, finding->excerpt.text);
}

struct str findings_path(struct str path, struct str folder)
{
	if (folder.len > 1 && str_starts(path, folder) && path.len > folder.len + 1 &&
		path.data[folder.len] == '/') {
		path = str_slice(path, folder.len + 1, path.len);
	}
	while (str_starts(path, STR("./")) && path.len > 2) {
		path = str_slice(path, 2, path.len);
	}
	return path;
}

/* ---- workflow commands of GitHub Actions ---- */

/* A line's end would end the command, and in a property a comma or a colon would end the value. */
static void add_escaped(struct arena *arena, struct buf *out, struct str text, bool property)
{
	text = utf8_clean(arena, text);
	for (size_t i = 0; i < text.len; i++) {
		char byte = text.data[i];
		if (byte == '%' || byte == '\n' || byte == '\r' ||
			(property && (byte == ':' || byte == ','))) {
			buf_printf(out, "%%%02X", (unsigned)byte);
		} else {
			buf_add_byte(out, byte);
		}
	}
}

static struct str github_text(
	const struct findings *findings, const struct findings_run *run, struct arena *arena)
{
	static const char *const commands[] = {
		[SEVERITY_ERROR] = "error",
		[SEVERITY_REFUSAL] = "error",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_NOTE] = "notice",
	};
	struct buf out = BUF_INIT;
	for (uint32_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		buf_printf(&out, "::%s ", commands[finding->severity]);
		if (finding->path.len != 0) {
			buf_add(&out, STR("file="));
			add_escaped(arena, &out, findings_path(finding->path, run->folder), true);
			buf_add_byte(&out, ',');
		}
		if (finding->placed) {
			buf_printf(&out, "line=%u,col=%u,", finding->position.line, finding->column_utf16);
		}
		buf_printf(&out, "title=reglue %s::", finding->code);
		add_escaped(arena, &out, finding->text, false);
		buf_add_byte(&out, '\n');
	}
	struct str text = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return text;
}

struct str findings_text(const struct findings *findings, enum format format,
	const struct findings_run *run, struct arena *arena)
{
	switch (format) {
	case FORMAT_JSON:
		return findings_json(findings, run, arena);
	case FORMAT_SARIF:
		return findings_sarif(findings, run, arena);
	case FORMAT_GITHUB:
		return github_text(findings, run, arena);
	case FORMAT_TEXT:
		break;
	}
	return STR("");
}
