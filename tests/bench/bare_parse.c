/*
 * What everything is measured against: a program that reads a file and parses it with tree-sitter, and
 * does nothing else. usage: bare_parse FILE
 */
#include <stdio.h>
#include <stdlib.h>
#include <tree_sitter/tree-sitter-javascript.h>

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
	if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
		return 2;
	}
	long size = ftell(file);
	rewind(file);
	char *text = malloc((size_t)size + 1);
	if (text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size) {
		return 2;
	}
	fclose(file);
	TSParser *parser = ts_parser_new();
	ts_parser_set_language(parser, tree_sitter_javascript());
	TSTree *tree = ts_parser_parse_string(parser, NULL, text, (uint32_t)size);
	bool clean = !ts_node_has_error(ts_tree_root_node(tree));
	ts_tree_delete(tree);
	ts_parser_delete(parser);
	free(text);
	return clean ? 0 : 1;
}
