/*
 * The syntax tree as a flat array in preorder, made once from tree-sitter's tree. Only named nodes
 * are kept, comments are not. Passes over the tree are loops over the array; a subtree is the
 * range [n, nodes[n].last). No recursion anywhere: hostile input nests deeply.
 */
#ifndef REGLUE_SYNTAX_H
#define REGLUE_SYNTAX_H

#include "diag.h"
#include "source.h"

/* Index of a node. 0 is the program; as a "none" value it is safe because nothing refers to it. */
typedef uint32_t node_id;
#define NO_NODE ((node_id)0)

/* Keywords and tokens in front of a node's named children. */
enum node_flag {
	NODE_ASYNC = 1 << 0,
	NODE_STATIC = 1 << 1,
	NODE_GET = 1 << 2,
	NODE_SET = 1 << 3,
	NODE_GENERATOR = 1 << 4,
	NODE_CONST = 1 << 5,
	NODE_LET = 1 << 6,
	NODE_VAR = 1 << 7,
	NODE_DEFAULT = 1 << 8, /* export default */
};

struct node {
	uint16_t kind;  /* enum kind */
	uint16_t op;    /* grammar symbol of an operator token, 0 if none */
	uint16_t flags; /* enum node_flag */
	uint8_t field;  /* enum field: what it is to its parent */
	uint32_t name;  /* interned text of identifiers and property names, 0 for other nodes */
	uint32_t start;
	uint32_t end;
	node_id parent;
	node_id last; /* one past its last descendant */
};

/* Node kinds used by name in the code; all others keep the grammar's symbol plus KIND_OTHER. */
enum kind {
#define KIND(id, name) KIND_##id,
#include "syntax_kinds.h"
#undef KIND
	KIND_OTHER,
};

enum field {
	FIELD_NONE,
#define FIELD(id, name) FIELD_##id,
#include "syntax_kinds.h"
#undef FIELD
};

struct tree {
	struct source *source;
	const struct node *nodes;
	uint32_t count;
	struct str *names; /* by interned id; id 0 is the empty string */
	uint32_t name_count;
	uint32_t code_end; /* offset after the last statement: trailing comments are not code */
};

/* Grammar lookups shared by all files and threads; read-only once made. */
struct syntax;

struct syntax *syntax_create(void);
void syntax_destroy(struct syntax *syntax);

/*
 * Parses. False when the text is no clean JavaScript: one diagnostic names the place, and the
 * tree is not usable. Cost is bounded: parsing stops at the first error.
 */
bool syntax_parse(struct arena *arena, const struct syntax *syntax, struct source *source,
	struct tree *tree, struct diags *diags);

/* Whether the text parses without error; the arena lends memory for that. */
bool syntax_is_clean(struct arena *arena, const struct syntax *syntax, struct str text);

static inline struct str node_text(const struct tree *tree, node_id n)
{
	const struct node *node = &tree->nodes[n];
	return str_slice(tree->source->bytes, node->start, node->end);
}

/* Children: for (node_id c = node_first(tree, n); c != NO_NODE; c = node_next(tree, c)) */
static inline node_id node_first(const struct tree *tree, node_id n)
{
	return tree->nodes[n].last > n + 1 ? n + 1 : NO_NODE;
}

static inline node_id node_next(const struct tree *tree, node_id n)
{
	node_id next = tree->nodes[n].last;
	return next < tree->nodes[tree->nodes[n].parent].last ? next : NO_NODE;
}

/* The child in that field, or NO_NODE. */
node_id node_child(const struct tree *tree, node_id n, enum field field);

/* The i-th child (from 0), or NO_NODE. */
node_id node_nth(const struct tree *tree, node_id n, uint32_t i);
uint32_t node_child_count(const struct tree *tree, node_id n);
/* A parameter of a function, from 0 on, also if it is an arrow's only one; NO_NODE: there is none, or no function. */
node_id node_parameter(const struct tree *tree, node_id function, uint32_t i);

static inline bool node_is(const struct tree *tree, node_id n, enum kind kind)
{
	return n != NO_NODE && tree->nodes[n].kind == kind;
}

/* Whether a node's text is exactly this. */
static inline bool node_is_text(const struct tree *tree, node_id n, struct str text)
{
	return n != NO_NODE && str_equal(node_text(tree, n), text);
}

/* The interned id of a name, 0 if the code has none such: strings and comments do not count. */
uint32_t tree_find_name(const struct tree *tree, struct str name);

/* Whether the code, not only its strings and comments, has a name that begins so. */
bool tree_has_prefix(const struct tree *tree, struct str prefix);

/* Whether inner lies in outer's subtree (a node lies in its own). */
static inline bool node_inside(const struct tree *tree, node_id inner, node_id outer)
{
	return inner >= outer && inner < tree->nodes[outer].last;
}

/* function declarations and expressions, arrows, methods */
bool node_is_function(const struct tree *tree, node_id n);

/* The nearest enclosing function, or NO_NODE at top level. */
node_id node_function(const struct tree *tree, node_id n);

/* The body of a function: statement_block, or an arrow's expression. */
node_id node_body(const struct tree *tree, node_id function);

/* Whether n is a binary expression with that operator: `??`, `instanceof`. */
bool node_is_operation(const struct tree *tree, node_id n, struct str operator);

/* Parentheses around an expression taken off. */
node_id node_unwrap(const struct tree *tree, node_id n);

/* A member expression's property name, or a subscript's string literal; empty otherwise. */
struct str node_property(const struct tree *tree, node_id n);

/* The content of a string literal without escapes; empty for anything else. */
struct str node_string(const struct tree *tree, node_id n);

/* The name that an object's key is: `env` and `"env"` are the same. */
struct str node_key(const struct tree *tree, node_id key);

/* "tree-sitter ABI 15, tree-sitter-javascript 0.25.0", in the arena. */
struct str syntax_versions(struct arena *arena);

#endif
