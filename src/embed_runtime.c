/*
 * Build-time program: makes the runtime's JS modules into the text that is injected, cut into chunks
 * that the patcher puts together again without what a glue has no use for.
 * usage: embed_runtime OUTPUT.h INPUT.js…
 *        embed_runtime --print FEATURE,… INPUT.js…     the text for these features; "all" for all
 *
 * Import statements, `export`, comments and white space go. Variables get names of one or two letters;
 * properties keep theirs, but for those of `S` that only the runtime itself uses.
 *
 * What can be left out is told by the source:
 *   - a member of `runtime`: when the inserted text does not call it
 *   - what `has.x` decides (src/runtime/options.js), as the condition of an `if` or of `? :`, or on the left of `&&`
 *   - a declaration at top level that nothing uses which is left
 */
#include "embed_runtime.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LARGEST = 1 << 16 };

_Noreturn void embed_fail(const char *path, const char *reason)
{
	fprintf(stderr, "embed_runtime: %s: %s\n", path, reason);
	exit(1);
}

static struct str read_file(struct arena *arena, const char *path)
{
	char *data = arena_alloc(arena, LARGEST);
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		embed_fail(path, "cannot be read");
	}
	size_t len = fread(data, 1, LARGEST, file);
	fclose(file);
	if (len == LARGEST) {
		embed_fail(path, "larger than a runtime module should be");
	}
	return (struct str){data, len};
}

static void parse(struct arena *arena, const struct syntax *syntax, const char *path,
	struct str text, struct tree *tree)
{
	struct source *source = arena_new(arena, struct source);
	struct diags diags = {0};
	source_init(source, str_from(path), text);
	if (!syntax_parse(arena, syntax, source, tree, &diags)) {
		embed_fail(path, "does not parse");
	}
}

/* A module without its imports, and without `export`. */
static void add_module(
	struct arena *arena, const struct syntax *syntax, const char *path, struct buf *joined)
{
	struct tree tree;
	struct str text = read_file(arena, path);
	parse(arena, syntax, path, text, &tree);
	size_t at = 0;
	for (node_id n = node_first(&tree, 0); n != NO_NODE; n = node_next(&tree, n)) {
		const struct node *node = &tree.nodes[n];
		if (node->kind != KIND_import_statement && node->kind != KIND_export_statement) {
			continue;
		}
		node_id declaration = node_child(&tree, n, FIELD_declaration);
		buf_add(joined, str_slice(text, at, node->start));
		at = node->kind == KIND_import_statement ? node->end : tree.nodes[declaration].start;
	}
	buf_add(joined, str_slice(text, at, text.len));
	buf_add_byte(joined, '\n');
}

uint64_t embed_feature(struct embedding *e, struct str name)
{
	uint32_t i = 0;
	while (i < e->feature_count && !str_equal(e->features[i], name)) {
		i++;
	}
	if (i == EMBED_MAX_FEATURES) {
		embed_fail("src/runtime", "more features than bits");
	}
	if (i == e->feature_count) {
		e->features[e->feature_count++] = name;
	}
	return UINT64_C(1) << i;
}

static node_id top_level_object(const struct embedding *e, const char *name)
{
	for (binding_id b = 1; b < e->scopes.count; b++) {
		node_id value = binding_value(&e->scopes, b);
		if (e->scopes.bindings[b].scope == 0 && node_is(&e->tree, value, KIND_object) &&
			str_equal(binding_name(&e->scopes, b), str_from(name))) {
			return value;
		}
	}
	embed_fail(name, "is no object at top level");
}

static void check_state(const struct embedding *e)
{
	for (node_id n = 1; n < e->tree.count; n++) {
		node_id name = node_is(&e->tree, n, KIND_variable_declarator)
		                   ? node_child(&e->tree, n, FIELD_name)
		                   : NO_NODE;
		if (node_is(&e->tree, name, KIND_object_pattern) &&
			node_is_text(&e->tree, node_child(&e->tree, n, FIELD_value), STR("S"))) {
			embed_fail("S", "is taken apart by a pattern, but its members get other names");
		}
	}
}

static void write_header(const struct embedding *e, FILE *out)
{
	fputs("static const char runtime_text[] = {", out);
	for (size_t i = 0; i < e->out.len; i++) {
		fprintf(out, "%s%d,", i % 32 == 0 ? "\n" : "", e->out.data[i]);
	}
	fputs("\n};\nstatic const struct runtime_chunk runtime_chunks[] = {\n", out);
	for (uint32_t i = 0; i < e->chunk_count; i++) {
		const struct runtime_chunk *c = &e->chunks[i];
		fprintf(out, "{%" PRIu32 ", %u, %u, %" PRIu32 ", 0x%" PRIx64 ", 0x%" PRIx64 "},\n", c->end,
			c->piece, c->use_count, c->first_use, c->need, c->without);
	}
	fputs("};\nstatic const uint16_t runtime_uses[] = {", out);
	for (uint32_t i = 0; i < e->use_count; i++) {
		fprintf(out, "%s%u,", i % 32 == 0 ? "\n" : "", e->uses[i]);
	}
	fprintf(out, "\n};\nenum { RUNTIME_ROOT = %u };\nenum {\n", e->root);
	for (uint32_t i = 0; i < e->feature_count; i++) {
		if (e->features[i].data[0] != '.') {
			fprintf(out, "\tHAS_%.*s = %" PRIu32 ",\n", STR_ARGS(e->features[i]), i);
		}
	}
	fputs("};\nstatic const char *const runtime_members[64] = {\n", out);
	for (uint32_t i = 0; i < e->feature_count; i++) {
		if (e->features[i].data[0] == '.') {
			fprintf(out, "\t[%" PRIu32 "] = \"%s\",\n", i, e->features[i].data + 1);
		}
	}
	fputs("};\n", out);
}

/* The features of a list, members with a dot; for tests and for looking. */
static uint64_t read_features(struct embedding *e, const char *list)
{
	if (strcmp(list, "all") == 0) {
		return ~UINT64_C(0);
	}
	uint64_t bits = 0;
	for (struct str rest = str_from(list); rest.len != 0;) {
		size_t end = str_find(rest, STR(","));
		end = end == (size_t)-1 ? rest.len : end;
		uint32_t known = e->feature_count;
		bits |= embed_feature(e, str_slice(rest, 0, end));
		if (e->feature_count != known) {
			embed_fail(list, "names a feature that there is not");
		}
		rest = str_slice(rest, end == rest.len ? end : end + 1, rest.len);
	}
	return bits;
}

static void print_slice(struct embedding *e, const char *list)
{
	struct runtime runtime = {e->out.data, e->chunks, e->chunk_count, e->uses, e->root};
	struct buf slice = BUF_INIT;
	runtime_slice(&runtime, read_features(e, list), &slice);
	fwrite(slice.data, 1, slice.len, stdout);
	buf_finish(&slice);
}

int main(int argc, char **argv)
{
	static struct embedding e;
	bool print = argc > 1 && strcmp(argv[1], "--print") == 0;
	int first = print ? 3 : 2;
	if (argc <= first) {
		fputs("usage: embed_runtime OUTPUT.h|--print FEATURES INPUT.js...\n", stderr);
		return 2;
	}
	e.arena = arena_create();
	struct syntax *syntax = syntax_create();
	struct buf joined = BUF_INIT;
	for (int i = first; i < argc; i++) {
		add_module(e.arena, syntax, argv[i], &joined);
	}
	parse(e.arena, syntax, "src/runtime", buf_str(&joined), &e.tree);
	scopes_resolve(e.arena, &e.tree, &e.scopes);
	e.state = top_level_object(&e, "S");
	e.members = top_level_object(&e, "runtime");
	check_state(&e);
	embed_number_pieces(&e);
	embed_rename_all(&e);
	embed_put_runtime(&e);
	if (print) {
		print_slice(&e, argv[2]);
	} else {
		FILE *out = fopen(argv[1], "wb");
		if (out == NULL) {
			embed_fail(argv[1], "cannot be written");
		}
		write_header(&e, out);
		if (ferror(out) || fclose(out) != 0) {
			embed_fail(argv[1], "cannot be written");
		}
	}
	buf_finish(&joined);
	buf_finish(&e.out);
	syntax_destroy(syntax);
	arena_destroy(e.arena);
	return 0;
}
