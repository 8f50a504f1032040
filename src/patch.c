#include "patch.h"

#include <stdlib.h>

#include "glue.h"
#include "plan.h"
#include "recheck.h"
#include "scope.h"
#include "seal.h"
#include "syntax.h"

struct patcher {
	struct syntax *syntax;
};

struct patcher *patcher_create(void)
{
	struct patcher *patcher = calloc(1, sizeof(*patcher));
	if (patcher == NULL) {
		out_of_memory();
	}
	patcher->syntax = syntax_create();
	return patcher;
}

void patcher_destroy(struct patcher *patcher)
{
	if (patcher != NULL) {
		syntax_destroy(patcher->syntax);
		free(patcher);
	}
}

/* Every glue has one of these in its names; other files are not even parsed. bytes begins with `_`. */
static bool starts_with_mark(struct str bytes)
{
	static const struct str marks[] = {{"__wbindgen", 10}, {"__wbg_", 6}, {"_bg.wasm", 8},
		{"_bg.js", 6}, {"_bindgen", 8}, {"_bg'", 4}, {"_bg\"", 4}};
	char third = bytes.len < 3 ? 0 : bytes.data[2];
	if (third != 'w' && third != 'g' && third != 'i') {
		return false;
	}
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		if (str_starts(bytes, marks[i])) {
			return true;
		}
	}
	return false;
}

/*
 * One pass for all of them, eight bytes at a time: where one begins there is a `_`, and another or a `b`
 * after it. A byte of `pairs` is 0 at such a place.
 */
static bool may_be_glue(struct str bytes)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	size_t at = 0;
	for (; at + sizeof(uint64_t) < bytes.len; at += sizeof(uint64_t)) {
		uint64_t first, second;
		memcpy(&first, bytes.data + at, sizeof(first));
		memcpy(&second, bytes.data + at + 1, sizeof(second));
		uint64_t underscore = first ^ ones * '_';
		if (!((underscore - ones) & ~underscore & tops)) {
			continue;
		}
		uint64_t pairs = underscore | (second ^ ones * '_'),
				 others = underscore | (second ^ ones * 'b');
		if ((((pairs - ones) & ~pairs) | ((others - ones) & ~others)) & tops) {
			for (size_t i = at; i < at + sizeof(uint64_t); i++) {
				if (bytes.data[i] == '_' && starts_with_mark(str_slice(bytes, i, bytes.len))) {
					return true;
				}
			}
		}
	}
	for (; at < bytes.len; at++) {
		if (bytes.data[at] == '_' && starts_with_mark(str_slice(bytes, at, bytes.len))) {
			return true;
		}
	}
	return false;
}

static bool is_typescript(struct str path)
{
	return str_ends(path, STR(".ts")) || str_ends(path, STR(".mts")) ||
	       str_ends(path, STR(".cts")) || str_ends(path, STR(".tsx"));
}

/*
 * Of what is no glue, webpack's runtime is read: it makes the instance of glue in other files. If it cannot be read, it
 * is somebody else's.
 */
static bool may_be_runtime(struct str path, struct str bytes)
{
	return str_find(bytes, STR(".instance.exports)")) != (size_t)-1 && !is_typescript(path);
}

/* What the glue's text does not show and its wasm does. False: refused. */
static bool check_wasm(
	struct arena *arena, const struct patch_options *options, struct patch *patch)
{
	patch->has_wasm = options->wasm.len != 0 && wasm_read(options->wasm, &patch->wasm);
	if (options->wasm.len != 0 && !patch->has_wasm) {
		diag_add(arena, &patch->diags, SEVERITY_WARNING, "wasm-unreadable", DIAG_NO_OFFSET,
			"the wasm file beside this glue is no well-formed module");
		return true;
	}
	if (!patch->has_wasm) {
		return true;
	}
	const char *code = NULL, *text = NULL;
	if (patch->wasm.shared_memory) {
		code = "shared-memory";
		text = "the wasm file has a shared memory (threads): other workers would keep the dead "
			   "instance's memory";
	} else if (patch->wasm.imports_memory) {
		code = "imported-memory";
		text = "the wasm file imports its memory: a new instance would start on the old one";
	} else if (patch->wasm.asyncify) {
		code = "asyncify";
		text = "the wasm file was made with asyncify: a suspended call returns early";
	}
	if (code != NULL) {
		diag_add(arena, &patch->diags, SEVERITY_REFUSAL, code, DIAG_NO_OFFSET, "%s", text);
		return false;
	}
	patch->heals_shadow_stack |= patch->wasm.moves_stack || patch->wasm.exports_stack;
	if (!patch->heals_shadow_stack && patch->part != PART_LOADER && patch->part != PART_SHIM) {
		diag_add(arena, &patch->diags, SEVERITY_NOTE, "shadow-stack-leak", DIAG_NO_OFFSET,
			"the wasm file exports no way to the shadow stack pointer: errors that cross Rust "
			"frames leak stack until a call fails, which is then an ordinary fault");
	}
	return true;
}

/* What the report says of a file's glues; names and forms of several one after the other. */
static void describe_glues(struct arena *arena, const struct glues *glues, struct patch *patch)
{
	const struct glue *first = &glues->items[0];
	patch->target = first->target;
	patch->part = first->part;
	patch->module = first->module;
	patch->other = first->other;
	patch->made_by = first->made_by;
	patch->of_webpack = first->of_webpack;
	for (uint32_t i = 0; i < first->fact_count; i++) {
		patch->apart |= first->facts[i].kind == FACT_ATTACH;
	}
	patch->wasm_imported = first->wasm_imported;
	patch->form = first->form;
	patch->heals_shadow_stack = first->heals;
	if (first->exports != 0) {
		patch->exports_name = binding_name(first->scopes, first->exports);
	}
	for (uint32_t i = 1; i < glues->count; i++) {
		const struct glue *glue = &glues->items[i];
		patch->exports_name = arena_printf(arena, "%.*s, %.*s", STR_ARGS(patch->exports_name),
			STR_ARGS(binding_name(glue->scopes, glue->exports)));
		patch->form = arena_printf(arena, "%s | %s", patch->form, glue->form).data;
		patch->heals_shadow_stack &= glue->heals;
	}
}

/* Where a new instance would have less than the one in place. */
static void forgo_module(struct arena *arena, struct glues *glues, struct patch *patch)
{
	uint32_t offset;
	struct str link = glue_find_parts(glues, patch->has_wasm ? &patch->wasm : NULL, &offset);
	if (link.len == 0) {
		return;
	}
	for (uint32_t i = 0; i < glues->count; i++) {
		glue_forgo_module(&glues->items[i]);
	}
	patch->module = MODULE_NONE;
	patch->split = true;
	diag_add(arena, &patch->diags, SEVERITY_WARNING, "split", offset,
		"parts of the wasm are loaded later, by '%.*s', into the instance that is there then: no "
		"other one is made after a fault; a panic is survived in place, other faults end the "
		"instance",
		STR_ARGS(link));
}

/* Facts, plan and output of a parsed file. */
static void patch_tree(struct arena *arena, const struct patcher *patcher, struct tree *tree,
	const struct patch_options *options, struct patch *patch)
{
	struct str original = patch->original.bytes;
	struct scopes scopes;
	struct glues glues;
	scopes_resolve(arena, tree, &scopes);
	enum verdict verdict = glue_read(arena, tree, &scopes, &glues, &patch->diags);
	describe_glues(arena, &glues, patch);
	if (verdict != VERDICT_PATCHED) {
		patch->verdict = verdict;
		return;
	}
	if (!check_wasm(arena, options, patch)) {
		return;
	}
	if (patch->part == PART_SHIM) {
		patch->output = patch->input;
		patch->verdict = VERDICT_UNCHANGED;
		return;
	}
	forgo_module(arena, &glues, patch);
	uint32_t end = plan_make(&glues, options, patch);
	struct str text = seal_write(arena, &patch->splice, original, end, options);
	struct recheck_known known = {patch->runtime, plan_wrapper_forms(arena)};
	if (!recheck(arena, patcher->syntax, tree, &patch->splice, &known)) {
		diag_add(arena, &patch->diags, SEVERITY_ERROR, "internal", DIAG_NO_OFFSET,
			"the patched text does not parse; please report this file");
		return;
	}
	patch->output = text;
	patch->verdict = str_equal(text, patch->input) ? VERDICT_UNCHANGED : VERDICT_PATCHED;
}

/* What a shell's * finds in a package beside the scripts. */
static bool is_companion(struct str path, struct str bytes)
{
	return str_starts(bytes, STR("\0asm")) || str_ends(path, STR(".d.ts")) ||
	       str_ends(path, STR(".d.mts")) || str_ends(path, STR(".d.cts"));
}

/*
 * wasm2js writes programs of 40 MB, whose parsing takes half a minute only to say what this text says.
 */
static bool refuse_large_asmjs(struct arena *arena, struct patch *patch)
{
	struct str bytes = patch->original.bytes;
	size_t call = bytes.len < (4u << 20) ? (size_t)-1 : str_find(bytes, STR("= asmFunc({"));
	if (call == (size_t)-1 || str_find(bytes, STR("function asmFunc(")) == (size_t)-1) {
		return false;
	}
	diag_add(arena, &patch->diags, SEVERITY_REFUSAL, "asmjs", (uint32_t)call + 2,
		"asm.js output of wasm2js: there is no wasm instance");
	return true;
}

static void run(struct arena *arena, const struct patcher *patcher,
	const struct patch_options *options, struct patch *patch)
{
	if (is_companion(patch->original.path, patch->original.bytes)) {
		patch->verdict = VERDICT_SKIPPED;
		return;
	}
	patch->verdict = VERDICT_REFUSED;
	if (is_typescript(patch->original.path)) {
		diag_add(arena, &patch->diags, SEVERITY_REFUSAL, "typescript", DIAG_NO_OFFSET,
			"TypeScript source: patch the JavaScript that is made of it");
		return;
	}
	if (refuse_large_asmjs(arena, patch)) {
		return;
	}
	struct tree tree;
	if (syntax_parse(arena, patcher->syntax, &patch->original, &tree, &patch->diags)) {
		patch_tree(arena, patcher, &tree, options, patch);
	}
}

static struct patch *start(struct arena *arena, const struct patcher *patcher, struct str path,
	struct str bytes, const struct patch_options *options)
{
	struct patch *patch = arena_new(arena, struct patch);
	patch->input = bytes;
	patch->form = "";
	patch->leaves = options->leaves;
	source_init(&patch->original, path, bytes);
	bool glue = may_be_glue(bytes); /* also if it was patched, for then the glue is still in it */
	if (!glue && !may_be_runtime(path, bytes)) {
		patch->verdict = VERDICT_SKIPPED;
		return patch;
	}
	struct seal seal = {0};
	switch (seal_read(arena, bytes, &seal, &patch->diags)) {
	case SEAL_NONE:
		break;
	case SEAL_GOOD: /* patched before: start again from the original, so that upgrades are whole */
		patch->input_version = seal.version;
		source_init(&patch->original, path, seal.original);
		if (options->wasm.len == 0) {
			patch->leaves = plan_known_leaves(arena, &seal.splice);
		}
		break;
	case SEAL_BROKEN:
		patch->input_version = seal.version;
		patch->verdict = VERDICT_REFUSED;
		return patch;
	}
	run(arena, patcher, options, patch);
	if (!glue && patch->verdict == VERDICT_REFUSED) {
		patch->verdict = VERDICT_SKIPPED;
		patch->diags = (struct diags){0};
	}
	return patch;
}

/*
 * Build tools copy a patched file to where its wasm is not, or has another name. What the wasm told then
 * still holds, and the file is up to date.
 */
static bool is_without_its_wasm(const struct patch *patch, const struct patch_options *options)
{
	return patch->verdict == VERDICT_PATCHED && patch->input_version.len != 0 &&
	       options->wasm.len == 0 && !options->no_tables;
}

struct patch *patch_run(struct arena *arena, const struct patcher *patcher, struct str path,
	struct str bytes, const struct patch_options *options)
{
	struct patch *patch = start(arena, patcher, path, bytes, options);
	if (is_without_its_wasm(patch, options)) {
		struct patch_options known = *options;
		known.no_tables = true;
		struct patch *again = start(arena, patcher, path, bytes, &known);
		patch = again->verdict == VERDICT_UNCHANGED ? again : patch;
	}
	return patch;
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_PATCHED] = "patched",
		[VERDICT_UNCHANGED] = "unchanged",
		[VERDICT_SKIPPED] = "skipped",
		[VERDICT_REFUSED] = "refused",
	};
	return names[verdict];
}

const char *target_name(enum target target)
{
	static const char *const names[] = {
		[TARGET_UNKNOWN] = "unknown",
		[TARGET_WEB] = "web",
		[TARGET_NODEJS] = "nodejs",
		[TARGET_BUNDLER] = "bundler",
		[TARGET_NO_MODULES] = "no-modules",
		[TARGET_DENO] = "deno",
		[TARGET_NODEJS_MODULE] = "experimental-nodejs-module",
		[TARGET_MODULE] = "module",
	};
	return names[target];
}

const char *part_name(enum part part)
{
	static const char *const names[] = {
		[PART_WHOLE] = "whole",
		[PART_BODY] = "body",
		[PART_LOADER] = "loader",
		[PART_SHIM] = "shim",
	};
	return names[part];
}

const char *module_source_name(enum module_source source)
{
	static const char *const names[] = {
		[MODULE_NONE] = "none",
		[MODULE_SEEN] = "seen",
		[MODULE_LOADER] = "loader",
		[MODULE_URL] = "url",
		[MODULE_IMPORT] = "import",
		[MODULE_PHASE] = "source",
		[MODULE_RESULT] = "result",
	};
	return names[source];
}

const char *entry_kind_name(enum entry_kind kind)
{
	static const char *const names[] = {
		[ENTRY_FUNCTION] = "function",
		[ENTRY_CONSTRUCTOR] = "constructor",
		[ENTRY_METHOD] = "method",
		[ENTRY_GETTER] = "getter",
		[ENTRY_SETTER] = "setter",
		[ENTRY_STATIC] = "static",
		[ENTRY_FREE] = "free",
		[ENTRY_CLOSURE] = "closure",
		[ENTRY_FINALIZER] = "finalizer",
	};
	return names[kind];
}

const char *site_kind_name(enum site_kind kind)
{
	static const char *const names[] = {
		[SITE_BINDING] = "binding",
		[SITE_INSTANTIATE] = "instantiate",
		[SITE_STATE] = "state",
		[SITE_STAMP] = "stamp",
		[SITE_FINALIZER] = "finalizer",
		[SITE_CLOSURE] = "closure",
		[SITE_PROMISE] = "promise",
		[SITE_CATCH] = "catch",
		[SITE_ESCAPE] = "escape",
		[SITE_MARSHAL] = "marshal",
		[SITE_UNWRAP] = "unwrap",
	};
	return names[kind];
}
