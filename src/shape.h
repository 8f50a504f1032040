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

/*
 * Whether the node has one of the shape's forms. If not, *differs (may be NULL) is the node at
 * which the form that got furthest stopped agreeing: what to look at when a release changed.
 */
bool shape_match(enum shape shape, const struct tree *tree, node_id n, node_id *differs);

const char *shape_name(enum shape shape);

#endif
