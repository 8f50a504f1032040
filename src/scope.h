/*
 * Which declaration each identifier means. Glue is found by following the binding of the exports
 * object, not its name: minifiers rename it, bundlers number it, parameters shadow it.
 */
#ifndef REGLUE_SCOPE_H
#define REGLUE_SCOPE_H

#include "syntax.h"

typedef uint32_t binding_id; /* 0 is "no binding": a global, or not resolved */

enum binding_kind {
	BINDING_NONE,
	BINDING_VAR,
	BINDING_LET,
	BINDING_CONST,
	BINDING_FUNCTION,
	BINDING_CLASS,
	BINDING_PARAMETER,
	BINDING_IMPORT,
	BINDING_CATCH,
};

struct binding {
	enum binding_kind kind;
	uint32_t name;      /* interned */
	node_id identifier; /* the declaring identifier (the first, for repeated var) */
	node_id declares;   /* variable_declarator, function, class, import specifier, or parameter */
	node_id scope;      /* program, function, block, … that it belongs to */
	node_id first_use;  /* uses, the declaring identifier left out, in source order */
	node_id last_use;
	uint32_t writes; /* assignments and updates, the initializer left out */
};

struct scopes {
	const struct tree *tree;
	struct binding *bindings; /* [1, count) */
	uint32_t count;
	binding_id *of;    /* by node: what an identifier resolves to */
	node_id *next_use; /* by node: the next use of the same binding */
};

void scopes_resolve(struct arena *arena, const struct tree *tree, struct scopes *scopes);

/* The binding of an identifier node, or 0. */
static inline binding_id scope_of(const struct scopes *scopes, node_id identifier)
{
	return scopes->of[identifier];
}

/* Uses: for (node_id u = b->first_use; u != NO_NODE; u = scopes->next_use[u]) */

/* Whether this use writes: the left side of an assignment, or ++ and --. */
bool use_is_write(const struct tree *tree, node_id use);

/* The value a declaration starts with (`let x = value`), or NO_NODE. */
node_id binding_value(const struct scopes *scopes, binding_id binding);

/* The function a binding names: a declaration, or a variable that starts as one; else NO_NODE. */
node_id binding_function(const struct scopes *scopes, binding_id binding);

struct str binding_name(const struct scopes *scopes, binding_id binding);

#endif
