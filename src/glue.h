/*
 * What a glue file consists of: every recognised construct, as a fact with its place. Facts say
 * what is in the file; what to do about it is decided in plan.c.
 */
#ifndef REGLUE_GLUE_H
#define REGLUE_GLUE_H

#include "patch.h"
#include "scope.h"
#include "shape.h"

enum fact_kind {
	/* instance */
	FACT_ADOPT,       /* node: expression whose value is an instance's exports; other: the Module's
	                     identifier, if the function has it as its second parameter */
	FACT_ADOPT_CHAIN, /* node: `exports.__wasm = <adopt>` that the exports binding receives */
	FACT_MODULE,      /* node: expression whose value is the Module */
	FACT_IMPORTS,     /* node: expression whose value is the imports object */
	FACT_RESULT,      /* node: call of WebAssembly.instantiate; only where the Module is not at hand
	                     when the exports are adopted */
	FACT_RECEIVE,     /* node: expression whose value is exports that another file hands in; text:
	                     what the runtime is told by the loader, may be empty */
	FACT_NAMESPACE,   /* node: the identifier in `import * as wasm from "x.wasm"` */
	FACT_ATTACH,      /* node: statement of a separate loader after which the body is told; name:
	                     variable of the imports object; other: expression of the Module */
	FACT_HAND,        /* node: the argument by which a loader hands over the exports */
	FACT_CALL,        /* node: an instantiation by a loader whose result tells the Module */
	FACT_ESCAPE,      /* node: the exports identifier where it leaves the glue */
	FACT_EXPORTED,    /* node: the exports identifier in `export { wasm as __wasm }` */
	/* entrypoints; name: as users call it */
	FACT_FUNCTION,
	FACT_CONSTRUCTOR,
	FACT_STATIC,
	FACT_METHOD,
	FACT_GETTER,
	FACT_SETTER,
	FACT_FREE,
	FACT_ARGUMENT, /* node: the entrypoint; name: a parameter that is a class object */
	FACT_UNWRAP,   /* node: static __unwrap; name: its parameter */
	/* objects */
	FACT_STAMP,    /* node: expression of the object that receives its pointer */
	FACT_REGISTRY, /* node: a FinalizationRegistry's callback */
	FACT_REGISTER, /* node: the held value of a registration */
	/* closures */
	FACT_CLOSURE_STATE, /* node: the object; name: its variable; other: what declares that */
	FACT_CLOSURE,       /* node: function that enters Rust through the state; name: the state's
	                       variable; other: the identifier of the variable that holds the function */
	FACT_CLOSURE_UNREF, /* node: function that drops the state; name: the state's variable */
	FACT_PROMISE,       /* node: `new Promise(x)`; other: x */
	FACT_HOST_CALL,     /* node: argument that the host will call later: then, timers */
	FACT_HOST_IMPORT,   /* node: such a function of the host that is an import as it stands */
	/* errors and state */
	FACT_CATCH,          /* node: catch clause; name: its parameter */
	FACT_CATCH_TRAP,     /* the same of one that makes an exception for landing pads of Rust's */
	FACT_STATE,          /* node: declarator; name: the variable; text: statements that reset it */
	FACT_MARSHAL,        /* node: helper that allocates in wasm memory while it reads user values */
	FACT_UPSTREAM_RESET, /* node: function __wbg_reset_state */
	FACT_UPSTREAM_GUARD, /* node: function __wbg_call_guard */
	FACT_UPSTREAM_FLAG,  /* node: a read of the "scheduled" flag inside it */
	FACT_UPSTREAM_HOOK,  /* node: function __wbg_call_abort_hook */
	FACT_OWN_ERROR,      /* node: what __wbindgen_throw throws for Rust */
	FACT_PANIC_TEXT,     /* node: what the glue's console.error import prints */
	FACT_TAG,            /* node: expression of a WebAssembly.Tag of upstream's own */
	/* in webpack's runtime */
	FACT_TELL, /* node: the object that receives exports; name: variable of the result that has the Module; text: of the imports */
};

struct fact {
	enum fact_kind kind;
	node_id node;
	node_id other;
	struct str name;
	struct str class_name;  /* of a method and the like */
	struct str wasm_export; /* first export an entrypoint calls that is no intrinsic */
	struct str text;
};

/* What a top-level function is for; several may hold. */
enum role {
	ROLE_TOUCHES = 1 << 0, /* reaches the exports, itself or through another top-level function */
	ROLE_INIT = 1 << 1,    /* takes part in making the instance */
	ROLE_SHIM = 1 << 2,    /* called by wasm: an import, or only used by imports */
	ROLE_EXPORTED = 1 << 3,
	ROLE_CALLS_EXPORT = 1 << 4, /* calls an export that is no intrinsic */
	ROLE_MARSHALS = 1 << 5,     /* is handed an export: `passString(s, wasm.malloc)` */
	ROLE_HANDED = 1 << 6,       /* is handed a function that reaches the exports */
};

/* Parts of wasm-bindgen's own reset machinery: functions, variables, reads of exports; 0 for what is not there. */
struct upstream {
	node_id guard;        /* function before each raw call */
	node_id handle_catch; /* function that takes what a raw call threw */
	node_id hook;         /* function that calls Rust's abort handler */
	node_id maker;        /* function that makes a new instance, perhaps only if a flag is set */
	node_id reset;        /* the same, if it always does */
	binding_id scheduled; /* flag: Rust wants a new instance */
	binding_id called;    /* flag: the abort handler has been called */
	binding_id
		address; /* where the instance says that it is terminated: it then refuses calls for ever */
	binding_id instance; /* number of the instance */
	node_id terminates;  /* reads __instance_terminated */
	node_id aborts;      /* reads __abort_handler */
};

struct glues;

struct glue {
	struct arena *arena;
	const struct tree *tree;
	const struct scopes *scopes;
	struct diags *diags;

	const struct glues *file; /* all glues of the file, this one among them, in source order */
	enum target target;
	enum part part;
	enum module_source module; /* as far as the file alone tells */
	struct str other;          /* of a loader or shim: the body's specifier */
	struct str made_by; /* of a loader that imports the exports: the script that makes them */
	struct str result;  /* of one that calls the program's function: variable of what that gives */
	struct str wasm_imported; /* specifier of the wasm that is imported, without a query */
	bool is_module;           /* has import or export statements */
	binding_id exports;       /* the variable that holds the exports */
	node_id root;             /* the scope it is declared in: program or a function */
	node_id root_body;        /* node whose children are the glue's statements */
	uint16_t *roles;          /* by binding: enum role of the function it names */
	struct str *listed;  /* by binding: the name under which it is listed for wasm, glue_listed.c */
	uint8_t *entered;    /* bits by node: functions that are an entrypoint, glue_entries.c */
	uint8_t *instances;  /* … identifiers that declare what exports are read from */
	uint8_t *registries; /* … identifiers that declare a followed registry, glue_registries.c */
	uint8_t *stamping;   /* … in which an object gets its pointer, glue_state.c */
	uint8_t *callbacks;  /* … of a registry that is followed, glue_registries.c */
	uint8_t *states;     /* … declarators of FACT_STATE, glue_state.c */
	uint8_t *closures;   /* … that enter Rust through a closure's state, glue_closures.c */
	bool has_module;     /* the file sees the WebAssembly.Module */
	bool has_imports;    /* … and the imports object */
	bool heals;          /* calls __wbindgen_add_to_stack_pointer */
	bool of_webpack;     /* its instance is made by webpack's runtime */
	const char *form;    /* one line: how the exports are bound, how JS values are kept */
	struct upstream upstream;     /* wasm-bindgen's own reset machinery */
	struct str scheduled;         /* upstream's flag that Rust wants a new instance, or empty */
	struct str instance_variable; /* glue variable that keeps the instance, may be empty */

	struct fact *facts;
	uint32_t fact_count;
	uint32_t fact_capacity;
};

/*
 * The glues of one file: bundlers join several. Each has an exports variable of its own. A loader or
 * a shim, which has none, counts as one.
 */
struct glues {
	struct glue *items;
	uint32_t count;
};

/*
 * Looks at a parsed file. VERDICT_PATCHED: every glue is understood, facts are complete.
 * VERDICT_SKIPPED: no glue. VERDICT_REFUSED: a diagnostic says which construct and where.
 */
enum verdict glue_read(struct arena *arena, const struct tree *tree, const struct scopes *scopes,
	struct glues *glues, struct diags *diags);

/* ---- for the readers (glue_*.c) */

struct fact *glue_add(struct glue *glue, enum fact_kind kind, node_id node);
bool glue_has_fact(const struct glue *glue, enum fact_kind kind);
void glue_refuse(struct glue *glue, const char *code, node_id node, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Sets of nodes, for what would take a loop over all facts for each: `entered` and the like. */
void glue_mark(const struct glue *glue, uint8_t **set, node_id n);

static inline bool glue_is_marked(const uint8_t *set, node_id n)
{
	return set != NULL && (set[n / 8] & 1u << n % 8) != 0;
}

/* `wasm.x` where wasm is the exports binding: the name x; empty for other nodes. */
struct str glue_export_read(const struct glue *glue, node_id n);

/* Whether an export's name is wasm-bindgen's own: malloc, free, drops, mangled ones. */
bool export_is_intrinsic(struct str name);

/* Whether n is an identifier that resolves to the exports binding. */
static inline bool is_exports(const struct glue *glue, node_id n)
{
	return n != NO_NODE && glue->tree->nodes[n].kind == KIND_identifier &&
	       scope_of(glue->scopes, n) == glue->exports;
}

/* A global's dotted name: `WebAssembly.Instance` written like that and not shadowed. */
bool is_global_path(const struct glue *glue, node_id n, const char *path);

/* `<something>.exports`, but not CommonJS's `module.exports`. */
bool glue_is_instance_exports(const struct glue *glue, node_id n);

/* WebAssembly.instantiate(…) or instantiateStreaming(…). */
bool glue_is_instantiation(const struct glue *glue, node_id call);

/* The source of the import statement that declares the binding; NO_NODE if none does. */
node_id glue_import_source(const struct glue *glue, binding_id binding);

/* Whether it ends in .wasm, a query left out; *plain is the specifier without the query. */
bool glue_names_wasm(const struct glue *glue, node_id source, struct str *plain);

/*
 * Whether class objects keep their pointer in a property of that name: `__wbg_ptr`, once `ptr`, and in classes that extend
 * others `__wbg_ptr_NAME` beside it.
 */
bool glue_is_pointer_name(const struct glue *glue, struct str property);

/* The top-level function (child of the root) around n, or NO_NODE. */
node_id glue_function_around(const struct glue *glue, node_id n);

/* Whether n stands in a function that wasm calls: an import, or one only made for imports. */
bool glue_inside_shim(const struct glue *glue, node_id n);

/* glue_listed.c: names of imports, and functions of the glue's own for them. */
bool glue_is_shim_name(struct str name);
void glue_read_listed(struct glue *glue);

/* The name under which a value is handed on: `{ name: n }`, `{ name: () => n }`, `export { n as name }`; may be empty. */
struct str glue_listed_name(const struct tree *tree, node_id n);

/* The name under which wasm imports what a variable or function is, as far as it is listed; else its own. */
struct str glue_listed_as(const struct glue *glue, binding_id b);

/* The name that a function is given where it is assigned or listed as an import; may be empty. */
struct str glue_shim_name(const struct glue *glue, node_id function);
/* The name of the import shim around n, or empty. A shim is known by it: `imports.wbg.__wbg_then_… = function`. */
struct str glue_shim_around(const struct glue *glue, node_id n);

/* The variable by which a function is called: its own name, or the one it is assigned to; or 0. */
binding_id glue_function_binding(const struct glue *glue, node_id function);

/* glue_entries.c: an entrypoint that is a function, and its arguments; once for each function. */
void glue_add_function(struct glue *glue, node_id function, struct str name);

/*
 * glue_entries.c: what a function is that no class is known to have: one that reads the pointer of `this` is a member of
 * some, however it got onto the prototype, and has to ask whether the object is stale. FACT_METHOD, _FREE or _FUNCTION.
 */
enum fact_kind glue_member_kind(const struct glue *glue, node_id function);

/* glue_entries.c: a member of a Rust class that outside code can call; free() and the like by name. */
void glue_add_member(struct glue *glue, enum fact_kind kind, node_id function, struct str name,
	struct str class_name);

/* glue_classes.c: the members of classes that a compiler has turned into functions with prototypes. */
void glue_read_old_classes(struct glue *glue);

/* The constructor of the class whose member, or constructor, a function is; NO_NODE for other functions. */
node_id glue_old_class(const struct glue *glue, node_id function);

/* The class around n: a class as such, or the constructor of one of a compiler's making; or NO_NODE. */
node_id glue_class_around(const struct glue *glue, node_id n);

/*
 * The expression in which a class is put together: the class, what a function that is called at once gives, a call that
 * takes the constructor. A constructor, if its members are put beside it.
 */
node_id glue_class_whole(const struct glue *glue, node_id class);

/* What a class calls itself; may be empty. */
struct str glue_class_name(const struct glue *glue, node_id class);

/* The variable of the glue's own scope that a class is, or 0. */
binding_id glue_class_variable(const struct glue *glue, node_id class);

/* Whether a value is the start of the object heap that JS values are kept in. */
bool glue_is_heap(const struct glue *glue, binding_id binding);

/* Whether a subtree names a binding (0: no). */
bool glue_names(const struct glue *glue, node_id n, binding_id binding);

/* Whether a subtree reaches the exports, itself or through a top-level function it names. */
bool glue_touches(const struct glue *glue, node_id n);

/* glue_loader.c: `__wbg_set_wasm(x)`, `imports.__wbg_set_wasm(x)`; gives x, or NO_NODE. */
node_id glue_handed_by(const struct glue *glue, node_id call);
/* Whether other files can call the `__wbg_set_wasm` of this one: it is exported, or in a namespace of a chunk's. */
bool glue_leaves_setter(const struct glue *glue);
/* Whether a read of a loader's exports may stay: it enters nothing, or only what has to run unguarded. */
bool glue_enters_nothing(const struct tree *tree, node_id read);
bool glue_read_loader(struct glue *glue); /* glue_loader.c: true if the file is one, or a shim */
bool glue_read_maker(struct glue *glue);  /* glue_makers.c: the same of one that calls no setter */
/* Whether all that the variable ever holds is what its declaration gives it. */
bool glue_is_constant(const struct glue *glue, binding_id variable);
/*
 * glue_find.c: the exports variables of the file, in source order; any glue of the file will do.
 * None, with a diagnostic: what looks like glue and is not understood. None without: no glue.
 */
uint32_t glue_find(struct glue *glue, binding_id **found);
/* Of a body and its loader in one file: whether the loader hands n to the body, by whatever name its setter has. */
bool glue_is_handed_over(const struct glue *glue, node_id n);
/* … and whether a variable is the loader's, which does no more with it than that, and to start the module. */
bool glue_is_of_loader(const struct glue *glue, binding_id b);
/* glue_instance.c: whether a value is an instance's exports, made here or handed in. */
bool glue_is_adopted(const struct glue *glue, node_id value);
/* The value that a write gives to a binding, or NO_NODE if the use is no plain assignment. */
node_id glue_written_value(const struct tree *tree, node_id use);
bool glue_is_nothing(const struct tree *tree, node_id n); /* undefined, null */
bool glue_read_instance(struct glue *glue); /* glue_instance.c: adoption, uses of the exports */
enum target glue_target(struct glue *glue); /* glue_instance.c */
bool glue_read_sites(struct glue *glue);    /* glue_sites.c: where its instance is made; target */
void glue_read_roles(struct glue *glue);    /* glue_roles.c */
bool glue_read_entries(struct glue *glue);  /* glue_entries.c */
bool glue_read_objects(struct glue *glue);  /* glue_objects.c: stamps, registries */
bool glue_read_registry(struct glue *glue, node_id made); /* glue_registries.c: `new …` */
bool glue_check_registries(struct glue *glue); /* … once objects and closures are known */
bool glue_read_closures(struct glue *glue);    /* glue_closures.c */
bool glue_read_state(struct glue *glue);       /* glue_state.c */
void glue_find_upstream(struct glue *glue);    /* glue_upstream.c: R14; what it is made of */
bool glue_read_upstream(struct glue *glue);    /* glue_upstream.c: facts, or a refusal */
bool glue_is_upstream(const struct glue *glue, binding_id name);
struct str glue_upstream_reset(const struct glue *glue, binding_id binding, node_id value);
bool glue_read_refusals(struct glue *glue);      /* glue_refusals.c: R15 */
bool glue_check_host_imports(struct glue *glue); /* glue_refusals.c: R15, once state is known */
bool glue_is_stub(const struct glue *glue, node_id key); /* glue_stubs.c: what `"env": …` lists */
/*
 * glue_parts.c: what the module imports to load parts of itself that are split off, "./__wasm_split.js"; empty if none are.
 * The wasm tells it, or the text where that is not at hand (NULL). `offset`: where it stands in the text, if it does.
 */
struct str glue_find_parts(
	const struct glues *glues, const struct wasm_facts *wasm, uint32_t *offset);
/* … and as such a glue is planned: no new instance could have the parts, so it is given no Module to make one from. */
void glue_forgo_module(struct glue *glue);
/* glue_webpack.c: what webpack's runtime does with the exports of wasm modules; false if that is not in the file. */
bool glue_read_webpack_runtime(struct glue *glue);
/*
 * … and whether it makes the instance of a body: MODULE_SEEN: in this file, which is then read as well, MODULE_LOADER: in
 * another one, MODULE_NONE: it does not.
 */
enum module_source glue_read_webpack(struct glue *glue);
/* … whether a value is what a module of webpack's imports: `require(75)`; whether a variable begins as that; or that, waited for. */
bool glue_is_webpack_import(const struct glue *glue, node_id value);
static inline bool glue_begins_as_webpack_import(const struct glue *glue, binding_id b)
{
	return glue_is_webpack_import(glue, binding_value(glue->scopes, b));
}
bool glue_is_webpack_awaited(const struct glue *glue, node_id value);
bool glue_check_coverage(struct glue *glue); /* glue_coverage.c: no call without a hook */
void glue_check_forms(struct glue *glue);    /* glue_forms.c: against the shapes */

#endif
