/*
 * Build-time program: parses the shape files and writes their flat trees as C arrays, for parsing them
 * at each start would take as long as parsing a small glue. usage: embed_shapes OUTPUT.h NAME=FILE…
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "syntax.h"

static _Noreturn void fail(const char *path, const char *reason)
{
	fprintf(stderr, "embed_shapes: %s: %s\n", path, reason);
	exit(1);
}

static struct str read_file(struct arena *arena, const char *path)
{
	enum { LARGEST = 1 << 16 };
	char *data = arena_alloc(arena, LARGEST);
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		fail(path, "cannot be read");
	}
	size_t len = fread(data, 1, LARGEST, file);
	fclose(file);
	if (len == LARGEST) {
		fail(path, "larger than a shape file should be");
	}
	return (struct str){data, len};
}

static void write_shape(FILE *out, const char *name, const struct tree *tree)
{
	struct str text = tree->source->bytes;
	fprintf(out, "static const char shape_%s_text[] = {", name);
	for (size_t i = 0; i < text.len; i++) {
		fprintf(out, "%s%d,", i % 32 == 0 ? "\n" : "", text.data[i]);
	}
	fprintf(out, "\n};\nstatic const struct node shape_%s_nodes[] = {\n", name);
	for (node_id n = 0; n < tree->count; n++) {
		const struct node *node = &tree->nodes[n];
		fprintf(out,
			"{%u, %u, %u, %u, %" PRIu32 ", %" PRIu32 ", %" PRIu32 ", %" PRIu32 ", %" PRIu32 "},\n",
			node->kind, node->op, node->flags, node->field, node->name, node->start, node->end,
			node->parent, node->last);
	}
	fputs("};\n", out);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fputs("usage: embed_shapes OUTPUT.h NAME=FILE...\n", stderr);
		return 2;
	}
	FILE *out = fopen(argv[1], "wb");
	if (out == NULL) {
		fail(argv[1], "cannot be written");
	}
	struct syntax *syntax = syntax_create();
	for (int i = 2; i < argc; i++) {
		char *path = strchr(argv[i], '=');
		if (path == NULL) {
			fail(argv[i], "is no NAME=FILE");
		}
		*path++ = '\0';
		struct arena *arena = arena_create();
		struct source source;
		struct tree tree;
		struct diags diags = {0};
		source_init(&source, str_from(path), read_file(arena, path));
		if (!syntax_parse(arena, syntax, &source, &tree, &diags)) {
			fail(path, "does not parse");
		}
		write_shape(out, argv[i], &tree);
		arena_destroy(arena);
	}
	syntax_destroy(syntax);
	if (ferror(out) || fclose(out) != 0) {
		fail(argv[1], "cannot be written");
	}
	return 0;
}
