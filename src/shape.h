/*
 * Shapes: generated code with holes, written in JavaScript (src/shapes/). A statement of a shape
 * file is one generated form. In it
 *   $name   stands for any one node; the same hole twice means the same text
 *   $$name  as a statement or an argument stands for any number of them
 * and `let`, `const` and `var` are one, `undefined` and `void 0` are one: bundlers change these.
 * The build parses them; here they are arrays.
 */
#ifndef REGLUE_SHAPE_H
#define REGLUE_SHAPE_H

#include "syntax.h"

enum shape {
	SHAPE_VIEW_GETTER,  /* function that keeps a typed array over wasm's memory */
	SHAPE_CLOSURE,      /* function that makes a JS function of a Rust closure */
	SHAPE_DESTROY,      /* __destroy_into_raw */
	SHAPE_WRAP,         /* static __wrap */
	SHAPE_FREE,         /* free() */
	SHAPE_HANDLE_ERROR, /* function that turns an import's exception into a value for Rust */
	SHAPE_COUNT,
};

/* Where a node stops agreeing with the form that it agrees with longest. */
struct shape_difference {
	node_id node;        /* in the tree that was looked at */
	struct str expected; /* what the form has there, its holes as `$name`; empty: nothing more */
	bool missing; /* the tree has nothing more where the form goes on; node is the last there is */
};

/*
 * Whether the node has one of the shape's forms. If not, *difference (may be NULL) is what to look at
 * when a release changed. Its text belongs to the shapes.
 */
bool shape_match(
	enum shape shape, const struct tree *tree, node_id n, struct shape_difference *difference);

const char *shape_name(enum shape shape);

#endif
