/*
 * What planners share: the job at hand, and the ways to put text into a file.
 */
#ifndef REGLUE_PLANNING_H
#define REGLUE_PLANNING_H

#include "plan.h"

enum common {
	COMMON_NOT,
	COMMON_MAYBE, /* it asks for `typeof module` or the like */
	COMMON_ALWAYS,
};

struct planning {
	struct arena *arena;
	const struct glue *glue;
	const struct tree *tree;
	const struct patch_options *options;
	struct patch *patch;
	struct str rg;       /* the runtime's variable: "__rg", or with a number where that is taken */
	struct str runtime;  /* name of the runtime's function: that of the first glue in this scope */
	struct str api;      /* what users import: "__reglue", "__reglue2", … */
	struct str exported; /* variable that is exported in place of the exports binding, or empty */
	struct str wrappers; /* function of the wrapper literals, or empty */
	uint32_t wrapper_count;
	enum common common; /* as of plan_common() */
	struct str program; /* as of plan_program() */
	struct str own_tag; /* the WebAssembly.Tag of errors that Rust throws on purpose, or empty */
};

struct str plan_text(struct planning *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "__rg", "__rg2", …: the next that no name of the file begins with; number is that of the last. */
struct str plan_free_name(struct planning *p, unsigned *number);

/* `before` … `after` around a node. */
void plan_wrap(struct planning *p, node_id n, struct str before, struct str after);

/* `__rg.f(` … `)` around an expression. */
void plan_wrap_call(struct planning *p, node_id n, const char *function);

void plan_insert(struct planning *p, uint32_t offset, struct str what);

/* Statements at the start, after directives, and at the end of a function that has a block. */
void plan_insert_at_start(struct planning *p, node_id function, struct str statements);
void plan_insert_at_end(struct planning *p, node_id function, struct str statements);

/* A directive ("use strict") keeps its place at the start of a body. */
bool plan_is_directive(const struct tree *tree, node_id n);

/* Where the statements of a scope begin, after directives and imports, and end. */
void plan_statements(const struct tree *tree, node_id body, uint32_t *start, uint32_t *end);

/* Whether the glue is the whole of a CommonJS file. */
enum common plan_common(const struct glue *glue);

/* The statement by which such a file exports a value; not enumerable, `Object.keys(require(…))` stays what it was. */
struct str plan_common_export(struct planning *p, struct str name, struct str value);

/* Whether an option says that the entrypoint of that name gets no hook. */
bool plan_excludes(const struct planning *p, struct str name);

/* ---- plan_runtime.c */

/*
 * The runtime's variable before the first statement. The API of glue inside a function of a module passes
 * through a variable of the module's.
 */
void plan_runtime_start(struct planning *p);

/*
 * When all else is planned: a bit for each part of the runtime that the file has a use for (runtime_slice.h).
 * What the inserted text calls is found in it; in doubt a part is wanted.
 */
uint64_t plan_features(const struct planning *glues, uint32_t count);

/* Where a class stands in the runtime's option `d`; UINT32_MAX: it does not. */
uint32_t plan_class_index(const struct glue *glue, node_id class);

/* The runtime's function after the last statement. */
void plan_runtime_end(struct planning *p, uint32_t file_end, uint64_t features);

/* Whether the glue's scope, or one around it, has a variable, function or class of that name. */
bool plan_binds(const struct planning *p, struct str name);

/* ---- plan_module.c: where another file makes the instance, or the bundler does */

/*
 * An object literal `{module:…,imports:{…}}` that tells the runtime where the Module of an imported
 * wasm is and the modules that it imports besides `body`; empty if there is nothing to tell. Inserts
 * the import statements it needs at `start`. Sets patch->module.
 */
struct str plan_given(struct planning *p, struct str body, uint32_t start);

/* Has webpack's runtime put the Module and the imports along with the exports (FACT_TELL). */
void plan_tell(struct planning *p, const struct fact *fact);

/* `i:()=>({…}),` for the runtime's options: the functions that the glue itself gives its wasm. */
struct str plan_own_imports(struct planning *p);

/* ---- plan_marshal.c */

/* Counts a marshalling helper (FACT_MARSHAL) as depth, where code of users can run in it. */
void plan_marshal(struct planning *p, const struct fact *fact);

/* ---- plan_wrappers.c */

/*
 * A function of that name, which the runtime is given as option `w`; empty if it would hold nothing. Counts what is in it
 * as wrapper_count.
 */
struct str plan_wrappers(struct planning *p, struct str function);

/* ---- plan_program.c */

/*
 * The runtime's option `l`, if nothing but closures is called from outside once the glue's wasm has started, with the
 * functions that the start function runs: `l:1,`, `l:"start",`; else empty.
 */
struct str plan_program(const struct planning *p);

/* Lines of wasm_leaves() for the functions in an option that an earlier patch inserted in this text. */
void plan_known_started(struct buf *out, struct str text);

/* ---- plan_reconstruct.c: option `reconstruct` */

/* The name under which the user wants objects of the class around n made again; empty: they are not wanted. */
struct str plan_reconstructed_as(const struct planning *p, node_id n);

/* Records the call with what a constructor or static function of such a class returns. */
void plan_recording(struct planning *p, const struct fact *fact);

/* Around the held value of a finalizer's registration, whatever its class. */
void plan_registration(struct planning *p, node_id held);

/* A warning for each wanted class that no glue of the file can make again. */
void plan_check_reconstruct(
	const struct glues *glues, const struct patch_options *options, struct patch *patch);

/* ---- plan_loader.c */

/* The plan of a file that is no glue but hands it its exports; gives what plan_make gives. */
uint32_t plan_loader(struct planning *p);

#endif
