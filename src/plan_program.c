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
static bool is_started(struct planning *p, struct str export)
{
	struct str line = plan_text(p, "%.*s !\n", STR_ARGS(export)), leaves = p->patch->leaves;
	size_t at = p->glue->file->count > 1 ? (size_t)-1 : str_find(leaves, line);
	return at == 0 || (at != (size_t)-1 && leaves.data[at - 1] == '\n');
}

bool plan_is_program(struct planning *p)
{
	bool closures = false;
	for (uint32_t i = 0; i < p->glue->fact_count; i++) {
		const struct fact *fact = &p->glue->facts[i];
		/* what has methods only can come from nobody but Rust: streams (wasm-streams) that the host drives */
		if (fact->kind == FACT_CONSTRUCTOR || fact->kind == FACT_STATIC ||
			(fact->kind == FACT_FUNCTION && !is_started(p, fact->wasm_export))) {
			return false;
		}
		closures |= fact->kind == FACT_CLOSURE;
	}
	return closures && !has_unnamed_export(p);
}

struct str plan_program(struct planning *p)
{
	struct buf out = BUF_INIT;
	for (uint32_t i = 0; plan_is_program(p) && i < p->glue->fact_count; i++) {
		const struct fact *fact = &p->glue->facts[i];
		if (fact->kind == FACT_FUNCTION) {
			buf_printf(&out, "%s%.*s", out.len == 0 ? STARTED : ",", STR_ARGS(fact->wasm_export));
		}
	}
	if (out.len != 0) {
		buf_add(&out, STR("\","));
	} else if (plan_is_program(p)) {
		buf_add(&out, STR("l:1,"));
	}
	struct str option = arena_copy(p->arena, buf_str(&out));
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
	for (size_t end = 0; end < text.len && text.data[end] != '"'; end++) {
		size_t start = end;
		while (end < text.len && str_is_word(text.data[end])) {
			end++;
		}
		buf_printf(out, "%.*s !\n", STR_ARGS(str_slice(text, start, end)));
		if (end == text.len || text.data[end] == '"') {
			return;
		}
	}
}
