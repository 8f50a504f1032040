/*
 * Programs, as against libraries (front ends of Yew, Leptos, Dioxus): once started they live on closures that the host
 * calls, and outside code has nothing to call that would ask for a new instance.
 */
#include "planning.h"

/* What is between `l:"` and the quote in the runtime's options. */
#define STARTED "l:\""

/* Whether the wasm has an export that only outside code can call, for the glue does not name it. */
static bool has_unnamed_export(const struct planning *p)
{
	struct str left = p->patch->wasm.exported;
	struct wasm_export export;
	while (wasm_next_export(&left, &export)) {
		if (export.function && !str_starts(export.name, STR("__")) &&
			!str_equal(export.name, STR("main")) && tree_find_name(p->tree, export.name) == 0) {
			return true;
		}
	}
	return false;
}

/* Whether the start function runs an export, as far as the wasm is known. */
static bool is_started(const struct planning *p, struct str export)
{
	struct str left = p->patch->leaves;
	for (size_t end; (end = str_find(left, STR("\n"))) != (size_t)-1;) {
		struct str line = str_slice(left, 0, end);
		if (line.len == export.len + STR(" !").len && str_starts(line, export) &&
			str_equal(str_slice(line, export.len, line.len), STR(" !"))) {
			return p->glue->file->count == 1;
		}
		left = str_slice(left, end + 1, left.len);
	}
	return false;
}

struct str plan_program(const struct planning *p)
{
	bool program = true, closures = false;
	struct buf out = BUF_INIT;
	for (uint32_t i = 0; program && i < p->glue->fact_count; i++) {
		const struct fact *fact = &p->glue->facts[i];
		closures |= fact->kind == FACT_CLOSURE;
		/* what has methods only can come from nobody but Rust: streams (wasm-streams) that the host drives */
		program = fact->kind != FACT_CONSTRUCTOR && fact->kind != FACT_STATIC;
		if (fact->kind == FACT_FUNCTION) {
			program = is_started(p, fact->wasm_export);
			buf_printf(&out, "%s%.*s", out.len == 0 ? STARTED : ",", STR_ARGS(fact->wasm_export));
		}
	}
	buf_add(&out, out.len != 0 ? STR("\",") : STR("l:1,"));
	struct str option = {"", 0};
	if (program && closures && !has_unnamed_export(p)) {
		option = arena_copy(p->arena, buf_str(&out));
	}
	buf_finish(&out);
	return option;
}

void plan_known_started(struct buf *out, struct str text)
{
	size_t at = str_find(text, STR(STARTED));
	if (at == (size_t)-1 || at == 0 || (text.data[at - 1] != '{' && text.data[at - 1] != ',')) {
		return;
	}
	text = str_slice(text, at + STR(STARTED).len, text.len);
	for (size_t start = 0, end = 0; end < text.len && (end == 0 || text.data[end - 1] != '"');
		 end++) {
		if (text.data[end] == ',' || text.data[end] == '"') {
			buf_printf(out, "%.*s !\n", STR_ARGS(str_slice(text, start, end)));
			start = end + 1;
		}
	}
}
