#include "types.h"

#include "seal.h"

#include "types_text.h"

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_TEXT, /* string or template */
	TOKEN_SIGN, /* one character */
};

struct token {
	enum token_kind kind;
	struct str text;
};

struct scan {
	struct str bytes;
	size_t at;
};

static void skip_blanks(struct scan *scan)
{
	struct str bytes = scan->bytes;
	while (scan->at < bytes.len) {
		struct str rest = str_slice(bytes, scan->at, bytes.len);
		if (memchr(" \t\r\n\v\f", rest.data[0], 6) != NULL) {
			scan->at++;
		} else if (str_starts(rest, STR("//"))) {
			size_t end = str_find(rest, STR("\n"));
			scan->at = end == (size_t)-1 ? bytes.len : scan->at + end;
		} else if (str_starts(rest, STR("/*"))) {
			size_t end = str_find(str_slice(rest, 2, rest.len), STR("*/"));
			scan->at = end == (size_t)-1 ? bytes.len : scan->at + end + 4;
		} else if (str_starts(rest, STR("\xEF\xBB\xBF"))) {
			scan->at += 3;
		} else {
			return;
		}
	}
}

static struct token next_token(struct scan *scan)
{
	skip_blanks(scan);
	struct str bytes = scan->bytes;
	size_t from = scan->at;
	if (from == bytes.len) {
		return (struct token){TOKEN_END, STR("")};
	}
	char first = bytes.data[from];
	enum token_kind kind = TOKEN_SIGN;
	scan->at++;
	if (first == '"' || first == '\'' || first == '`') {
		kind = TOKEN_TEXT;
		while (scan->at < bytes.len && bytes.data[scan->at] != first) {
			scan->at += bytes.data[scan->at] == '\\' && scan->at + 1 < bytes.len ? 2 : 1;
		}
		scan->at += scan->at < bytes.len;
	} else if (str_is_word(first)) {
		kind = TOKEN_WORD;
		while (scan->at < bytes.len && str_is_word(bytes.data[scan->at])) {
			scan->at++;
		}
	}
	return (struct token){kind, str_slice(bytes, from, scan->at)};
}

static bool is(struct token token, const char *text)
{
	return token.kind != TOKEN_TEXT && str_equal(token.text, str_from(text));
}

struct outline {
	bool is_module;   /* imports or exports at top level */
	bool is_assigned; /* export = */
	bool is_taken;    /* names __reglue already */
	bool is_empty;    /* nothing but comments */
	struct str space; /* name of the first namespace declared at top level */
	uint32_t end;     /* behind the last token */
};

static struct outline read_outline(struct str bytes)
{
	struct scan scan = {bytes, 0};
	struct outline outline = {.is_empty = true};
	struct token before[2] = {{TOKEN_END, STR("")}, {TOKEN_END, STR("")}};
	int depth = 0;
	for (struct token token; (token = next_token(&scan)).kind != TOKEN_END;) {
		outline.is_empty = false;
		outline.end = (uint32_t)scan.at;
		outline.is_taken |= is(token, "__reglue");
		if (depth == 0) {
			bool call = is(token, "(") || is(token, "."); /* import("x"), import.meta */
			outline.is_module |= is(before[1], "export") || (is(before[1], "import") && !call);
			outline.is_assigned |= is(before[1], "export") && is(token, "=");
			if (is(before[0], "declare") && is(before[1], "namespace") && outline.space.len == 0) {
				outline.space = token.text;
			}
		}
		if (token.kind == TOKEN_SIGN && memchr("{([", token.text.data[0], 3) != NULL) {
			depth++;
		} else if (token.kind == TOKEN_SIGN && memchr("})]", token.text.data[0], 3) != NULL) {
			depth--;
		}
		before[0] = before[1];
		before[1] = token;
	}
	return outline;
}

/* In the line ends of the original. */
static void add_lines(struct buf *out, struct str text, bool crlf)
{
	for (size_t i = 0; i < text.len; i++) {
		if (crlf && text.data[i] == '\n') {
			buf_add_byte(out, '\r');
		}
		buf_add_byte(out, text.data[i]);
	}
}

static struct str added_text(struct arena *arena, struct str original, struct str space)
{
	bool crlf = seal_uses_crlf(original);
	struct buf out = BUF_INIT;
	add_lines(&out, STR("\n"), crlf);
	if (space.len != 0) {
		buf_printf(&out, "declare namespace %.*s {", STR_ARGS(space));
		add_lines(&out, STR("\n"), crlf);
	}
	struct str text = {(const char *)types_text, sizeof(types_text)};
	/* the footer brings its own line break */
	add_lines(&out, space.len != 0 ? text : str_slice(text, 0, text.len - 1), crlf);
	if (space.len != 0) {
		buf_add_byte(&out, '}');
	}
	struct str added = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return added;
}

bool types_wanted(const struct patch *script)
{
	for (uint32_t i = 0; i < script->splice.count; i++) {
		if (str_find(script->splice.items[i].text, STR("__reglue")) != (size_t)-1) {
			return true;
		}
	}
	return false;
}

static void plan(struct arena *arena, struct patch *patch, const struct patch *script)
{
	struct str original = patch->original.bytes;
	struct outline outline = read_outline(original);
	struct str space = outline.is_module ? STR("") : outline.space;
	if (outline.is_empty && script->target == TARGET_NO_MODULES) {
		space = STR("wasm_bindgen");
	}
	bool known = outline.is_module || outline.is_empty || space.len != 0;
	if (outline.is_taken || outline.is_assigned || !known) {
		patch->verdict = VERDICT_SKIPPED;
		diag_add(arena, &patch->diags, SEVERITY_WARNING, "types", DIAG_NO_OFFSET, "%s",
			outline.is_taken ? "these declarations have a __reglue of their own: none was added"
							 : "these declarations are not of a form that wasm-bindgen writes: "
							   "__reglue was not added");
		return;
	}
	patch->form = space.len != 0 ? "types: namespace" : "types: module";
	/* what is declared depends on no option, so that other options change nothing here */
	struct patch_options none = PATCH_OPTIONS_DEFAULT;
	splice_insert(
		arena, &patch->splice, outline.end, SPLICE_PLAIN, 0, added_text(arena, original, space));
	patch->output = seal_write(arena, &patch->splice, original, outline.end, &none);
	patch->verdict = str_equal(patch->output, patch->input) ? VERDICT_UNCHANGED : VERDICT_PATCHED;
}

struct patch *types_run(
	struct arena *arena, struct str path, struct str bytes, const struct patch *script)
{
	struct patch *patch = arena_new(arena, struct patch);
	struct seal seal = {0};
	patch->input = bytes;
	patch->form = "";
	patch->target = script->target;
	source_init(&patch->original, path, bytes);
	switch (seal_read(arena, bytes, &seal, &patch->diags)) {
	case SEAL_NONE:
		break;
	case SEAL_GOOD:
		source_init(&patch->original, path, seal.original);
		break;
	case SEAL_BROKEN:
		patch->input_version = seal.version;
		patch->verdict = VERDICT_REFUSED;
		return patch;
	}
	patch->input_version = seal.version;
	plan(arena, patch, script);
	return patch;
}
