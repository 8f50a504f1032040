/*
 * Modules of which parts are split off (wasm-split: Leptos, Dioxus), each loaded when it is first called, into the
 * instance that is there then: the parts share its memory and put their functions into its table. The first module
 * imports what loads them from a file that wasm-split writes, "./__wasm_split.js" or the same with a hash.
 */
#include "glue.h"

#define LINK_NAME "__wasm_split"

static bool is_link_file(struct str module)
{
	size_t file = module.len;
	while (file > 0 && module.data[file - 1] != '/') {
		file--;
	}
	return str_starts(str_slice(module, file, module.len), STR(LINK_NAME)) &&
	       str_ends(module, STR(".js"));
}

static struct str imported_link(const struct wasm_facts *wasm)
{
	struct str left = wasm->imports;
	struct wasm_import import;
	while (wasm_next_import(&left, &import)) {
		if (import.function && is_link_file(import.module)) {
			return import.module;
		}
	}
	return (struct str){"", 0};
}

struct str glue_find_parts(
	const struct glues *glues, const struct wasm_facts *wasm, uint32_t *offset)
{
	const struct tree *tree = glues->items[0].tree;
	struct str link = wasm != NULL ? imported_link(wasm) : (struct str){"", 0};
	*offset = DIAG_NO_OFFSET;
	if ((wasm != NULL && link.len == 0) ||
		str_find(tree->source->bytes, STR(LINK_NAME)) == (size_t)-1) {
		return link;
	}
	for (node_id n = 1; n < tree->count; n++) {
		if (node_is(tree, n, KIND_string) && is_link_file(node_string(tree, n))) {
			*offset = tree->nodes[n].start;
			return node_string(tree, n);
		}
	}
	return link;
}

void glue_forgo_module(struct glue *glue)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		struct fact fact = glue->facts[i];
		if (fact.kind == FACT_ADOPT) {
			fact.other = NO_NODE;
		} else if (fact.kind == FACT_RECEIVE) {
			fact.text = (struct str){"", 0};
		}
		if (fact.kind != FACT_MODULE && fact.kind != FACT_RESULT && fact.kind != FACT_CALL) {
			glue->facts[kept++] = fact;
		}
	}
	glue->fact_count = kept;
	glue->module = MODULE_NONE;
	glue->wasm_imported = glue->result = (struct str){"", 0};
}
