/*
 * From tree-sitter's tree to the flat array. This file alone looks into tree-sitter's private headers:
 * a cursor of the public API finds the same at three times the price, a fifth of what parsing costs.
 * The grammars' lock file holds the version; tests/unit/test_syntax.c compares the two walks.
 */
#include "flatten.h"

#include <stdlib.h>

#include "language.h"
#include "pages.h"
#include "subtree.h"
#include "tree.h"

/* Open-addressing table from text to id; lives only while the tree is built. */
struct interner {
	uint32_t *slots;
	uint32_t mask;
	uint32_t capacity; /* of tree->names */
};

static uint32_t hash_text(struct str text)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < text.len; i++) {
		hash = (hash ^ (unsigned char)text.data[i]) * 16777619u;
	}
	return hash;
}

static void grow_interner(struct arena *arena, struct interner *interner, struct tree *tree)
{
	uint32_t size = interner->mask == 0 ? 1024 : (interner->mask + 1) * 2;
	uint32_t *slots = arena_array(arena, uint32_t, size);
	for (uint32_t id = 1; id < tree->name_count; id++) {
		uint32_t at = hash_text(tree->names[id]) & (size - 1);
		while (slots[at] != 0) {
			at = (at + 1) & (size - 1);
		}
		slots[at] = id;
	}
	interner->slots = slots;
	interner->mask = size - 1;
	interner->capacity = size / 2;
	struct str *names = arena_array(arena, struct str, interner->capacity);
	if (tree->name_count != 0) {
		memcpy(names, tree->names, tree->name_count * sizeof(*names));
	}
	tree->names = names;
}

static uint32_t intern(
	struct arena *arena, struct interner *interner, struct tree *tree, struct str text)
{
	if (tree->name_count >= interner->capacity) {
		grow_interner(arena, interner, tree);
	}
	uint32_t at = hash_text(text) & interner->mask;
	while (interner->slots[at] != 0) {
		if (str_equal(tree->names[interner->slots[at]], text)) {
			return interner->slots[at];
		}
		at = (at + 1) & interner->mask;
	}
	interner->slots[at] = tree->name_count;
	tree->names[tree->name_count] = text;
	return tree->name_count++;
}

static bool kind_has_name(uint16_t kind)
{
	return kind == KIND_identifier || kind == KIND_property_identifier ||
	       kind == KIND_shorthand_property_identifier ||
	       kind == KIND_shorthand_property_identifier_pattern;
}

static bool kind_has_operator(uint16_t kind)
{
	return kind == KIND_binary_expression || kind == KIND_augmented_assignment_expression ||
	       kind == KIND_unary_expression || kind == KIND_update_expression;
}

struct flattening {
	struct arena *arena;
	const struct syntax *syntax;
	const TSLanguage *language;
	struct tree *tree;
	struct node *nodes;
	struct interner interner;
};

/* A subtree that is being walked, or a hidden one: those are no nodes, and their children count as
 * children of the node around them. */
struct level {
	const Subtree *child; /* the next one */
	const Subtree *end;
	const TSSymbol *aliases;
	const TSFieldMapEntry *fields;
	const TSFieldMapEntry *fields_end;
	uint32_t structural; /* the next child's index, comments not counted */
	uint32_t field;      /* of a hidden subtree: what it is to the node around it */
	node_id node;        /* the kept node that this subtree is, or is part of */
	bool hidden;
	bool begun;
};

struct levels {
	struct level *items;
	uint32_t count;
	uint32_t capacity;
};

static void enter(const struct flattening *f, struct levels *levels, Subtree subtree, node_id node,
	bool hidden, uint32_t field)
{
	if (levels->count == levels->capacity) {
		levels->capacity = levels->capacity == 0 ? 64 : levels->capacity * 2;
		levels->items = realloc(levels->items, levels->capacity * sizeof(*levels->items));
		if (levels->items == NULL) {
			out_of_memory();
		}
	}
	struct level *level = &levels->items[levels->count++];
	uint16_t production = ts_subtree_production_id(subtree);
	level->child = ts_subtree_children(subtree);
	level->end = level->child + ts_subtree_child_count(subtree);
	level->aliases = ts_language_alias_sequence(f->language, production);
	ts_language_field_map(f->language, production, &level->fields, &level->fields_end);
	level->structural = 0;
	level->field = field;
	level->node = node;
	level->hidden = hidden;
	level->begun = false;
}

/* What the next child is to the node around it, as the grammar's own id. */
static uint32_t field_of(const struct level *level)
{
	for (const TSFieldMapEntry *entry = level->fields; entry < level->fields_end; entry++) {
		if (!entry->inherited && entry->child_index == level->structural) {
			return entry->field_id;
		}
	}
	return level->hidden ? level->field : 0;
}

/* An anonymous token: remembered in its parent where it carries meaning. */
static void note_token(struct flattening *f, node_id parent, TSSymbol symbol)
{
	struct node *node = &f->nodes[parent];
	if (node->op == 0 && kind_has_operator(node->kind)) {
		node->op = symbol;
	}
	node->flags |= f->syntax->flags[symbol];
}

static node_id keep(struct flattening *f, uint16_t kind, uint8_t field, node_id parent,
	uint32_t start, uint32_t end)
{
	struct tree *tree = f->tree;
	struct node *node = &f->nodes[tree->count];
	*node = (struct node){
		.kind = kind,
		.field = field,
		.start = start,
		.end = end,
		.parent = parent,
		.last = tree->count + 1,
	};
	if (kind_has_name(kind)) {
		node->name =
			intern(f->arena, &f->interner, tree, str_slice(tree->source->bytes, start, end));
	}
	return tree->count++;
}

/* Takes the next child of the innermost level, which starts at `start`; gives where to go on. */
static uint32_t take_child(struct flattening *f, struct levels *levels, uint32_t start)
{
	struct level *level = &levels->items[levels->count - 1];
	Subtree child = *level->child++;
	uint32_t end = start + ts_subtree_size(child).bytes;
	bool extra = ts_subtree_extra(child);
	TSSymbol alias = level->aliases == NULL || extra ? 0 : level->aliases[level->structural];
	bool inner = ts_subtree_visible_child_count(child) > 0;
	if (alias == 0 && !ts_subtree_visible(child)) {
		uint32_t field = inner ? field_of(level) : 0;
		level->structural += !extra;
		if (inner) {
			enter(f, levels, child, level->node, true, field);
		}
		return inner ? start : end;
	}
	TSSymbol symbol =
		ts_language_public_symbol(f->language, alias != 0 ? alias : ts_subtree_symbol(child));
	uint16_t kind = f->syntax->kinds[symbol];
	bool named = alias != 0 ? ts_language_symbol_metadata(f->language, alias).named
	                        : ts_subtree_named(child);
	uint32_t field = named && !extra ? field_of(level) : 0;
	level->structural += !extra;
	if (!named) {
		note_token(f, level->node, symbol);
		return end;
	}
	if (kind == KIND_comment || kind == KIND_html_comment) {
		return end;
	}
	node_id id = keep(f, kind, f->syntax->fields[field], level->node, start, end);
	if (inner) {
		enter(f, levels, child, id, false, 0);
	}
	return inner ? start : end;
}

/* More than needed, for tokens are counted in: half of them are sure to be used. */
static struct node *make_nodes(size_t count)
{
	size_t size = count * sizeof(struct node);
	struct node *nodes = malloc(size);
	if (nodes == NULL) {
		out_of_memory();
	}
	pages_prefer_large(nodes, size / 2, 0);
	return nodes;
}

void flatten(
	struct arena *arena, const struct syntax *syntax, const TSTree *parsed, struct tree *tree)
{
	struct flattening f = {
		.arena = arena,
		.syntax = syntax,
		.language = parsed->language,
		.tree = tree,
		.nodes = make_nodes(ts_subtree_visible_descendant_count(parsed->root) + 1),
	};
	tree->nodes = f.nodes;
	intern(arena, &f.interner, tree, STR("")); /* id 0 */
	struct levels levels = {0};
	uint32_t at = ts_subtree_padding(parsed->root).bytes;
	TSSymbol root = ts_language_public_symbol(f.language, ts_subtree_symbol(parsed->root));
	keep(
		&f, syntax->kinds[root], FIELD_NONE, NO_NODE, at, at + ts_subtree_size(parsed->root).bytes);
	enter(&f, &levels, parsed->root, 0, false, 0);
	while (levels.count != 0) {
		struct level *level = &levels.items[levels.count - 1];
		if (level->child == level->end) {
			if (!level->hidden) {
				f.nodes[level->node].last = tree->count;
			}
			levels.count--;
			continue;
		}
		if (level->begun) { /* the first child's white space stands before its parent */
			at += ts_subtree_padding(*level->child).bytes;
		}
		level->begun = true;
		at = take_child(&f, &levels, at);
	}
	free(levels.items);
	struct node *nodes = realloc(f.nodes, tree->count * sizeof(*nodes));
	nodes = nodes == NULL ? f.nodes : nodes;
	tree->nodes = nodes;
	arena_keep(arena, nodes);
}
