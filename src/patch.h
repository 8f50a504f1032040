/*
 * The pipeline over one file: source -> syntax -> glue -> plan -> splice. A pure function of bytes
 * and options; it reads no file, environment or clock, and prints nothing. Reports, diffs and
 * `inspect` are made from the struct patch that it returns, and from nothing else.
 */
#ifndef REGLUE_PATCH_H
#define REGLUE_PATCH_H

#include "diag.h"
#include "source.h"
#include "splice.h"
#include "wasm.h"

enum verdict {
	VERDICT_PATCHED,   /* output differs from the input */
	VERDICT_UNCHANGED, /* the input is already what patching with these options gives */
	VERDICT_SKIPPED,   /* not wasm-bindgen glue at all: nothing to say about it */
	VERDICT_REFUSED,   /* glue, or nearly, that cannot be patched soundly; see diags */
};

enum target {
	TARGET_UNKNOWN,
	TARGET_WEB,
	TARGET_NODEJS,
	TARGET_BUNDLER,
	TARGET_NO_MODULES,
	TARGET_DENO,
	TARGET_NODEJS_MODULE, /* --target experimental-nodejs-module */
	TARGET_MODULE,        /* --target module: source phase imports */
};

enum entry_kind {
	ENTRY_FUNCTION,
	ENTRY_CONSTRUCTOR,
	ENTRY_METHOD,
	ENTRY_GETTER,
	ENTRY_SETTER,
	ENTRY_STATIC,
	ENTRY_FREE, /* free() and [Symbol.dispose]() */
	ENTRY_CLOSURE,
	ENTRY_FINALIZER,
	ENTRY_KIND_COUNT,
};

/* A function of the glue that outside code can call, and what was decided about it. */
struct entry {
	enum entry_kind kind;
	struct str name;        /* as users call it: exported name, or the member's name */
	struct str class_name;  /* empty for functions */
	struct str wasm_export; /* the export its body calls first, intrinsics aside; may be empty */
	uint32_t offset;        /* of the function in the original */
	bool guarded;
	const char *why_not;      /* static string when not guarded, else NULL */
	uint32_t stale_arguments; /* how many of its parameters get a stale check */
};

enum site_kind {
	SITE_BINDING,     /* where the exports binding receives an instance's exports */
	SITE_INSTANTIATE, /* where Module and imports are remembered */
	SITE_STATE,       /* a glue variable that a reinit resets */
	SITE_STAMP,       /* an object gets its generation */
	SITE_FINALIZER,   /* a FinalizationRegistry, or a registration with one */
	SITE_CLOSURE,     /* the state of a Rust closure handed to JS */
	SITE_PROMISE,     /* a promise that Rust settles */
	SITE_CATCH,       /* a catch block that converts errors for Rust */
	SITE_ESCAPE,      /* the exports object leaves the glue */
	SITE_MARSHAL,     /* a helper that runs user code while memory is allocated for it */
	SITE_UNWRAP,      /* an import that takes class objects out of an array */
	SITE_KIND_COUNT,
};

struct site {
	enum site_kind kind;
	struct str name; /* the variable, class or function concerned */
	uint32_t offset; /* bytes into the original */
};

/* The same names in flags, reglue.json and the report; see docs/CONTRACT.md (R11). */
struct patch_options {
	const char *policy;         /* "lazy", "eager", "manual", "never", "heal" */
	uint32_t budget;            /* recoveries a minute; 0 is no limit */
	const char *stale_closures; /* "ignore", "throw" */
	const char *foreign_throw;  /* "ignore", "poison" */
	const struct str *exclude;  /* exported names that get no guard */
	uint32_t exclude_count;
	const struct str *reconstruct; /* class names */
	uint32_t reconstruct_count;
	const char *module; /* "url", "import", "source", "none": where the WebAssembly.Module comes
	                       from that an ES module import of the wasm does not give */
	struct str wasm; /* the wasm that this file loads, as of wasm_file_read; no part of the seal */
	struct str leaves; /* of that wasm; see wasm_leaves.h */
	bool no_tables;    /* there is no wasm here, but it is known to export no table of functions */
};

#define PATCH_OPTIONS_DEFAULT \
	((struct patch_options){.policy = "lazy", \
		.budget = 16, \
		.stale_closures = "ignore", \
		.foreign_throw = "ignore", \
		.module = "url"})

/* What a file has to do with the instance's exports. */
enum part {
	PART_WHOLE,  /* glue that makes its instance itself */
	PART_BODY,   /* glue that is given its exports by another file */
	PART_LOADER, /* that other file: makes or imports an instance and hands it to the body */
	PART_SHIM,   /* re-exports a body that imports the wasm itself: there is nothing to insert */
};

/* Where recovery gets its WebAssembly.Module from. */
enum module_source {
	MODULE_NONE,   /* from nowhere, unless the program gives one: no new instance can be made */
	MODULE_SEEN,   /* the file instantiates it */
	MODULE_LOADER, /* from whatever file hands over the exports */
	MODULE_URL,    /* new URL(…, import.meta.url), looked at after the first fault */
	MODULE_IMPORT, /* import m from "x.wasm" */
	MODULE_PHASE,  /* import source m from "x.wasm" */
	MODULE_RESULT, /* what a function of the program's results in, if that is { module, instance } */
};

struct patch {
	enum verdict verdict;
	enum target target;
	enum part part;
	enum module_source module;
	struct str other;   /* of a loader or shim: the body's module specifier, as written */
	bool apart;         /* a loader that no user of the glue imports: it carries no __reglue */
	bool of_webpack;    /* of a body: its instance is made by webpack's runtime */
	struct str made_by; /* of a loader: the file that makes the instance for it; may be empty */
	struct str wasm_imported; /* specifier of the wasm that is imported, as written; may be empty */
	const char *form;         /* one line about the era: "exports binding: let wasm; heap: …" */
	struct source original;   /* without any patch: the input itself, or what revert would give */
	struct str input;         /* as given */
	struct str input_version; /* of the reglue that patched the input; empty if none did */
	struct splice splice;     /* over `original`, sealed; empty unless patched or unchanged */
	struct str runtime;       /* the text of its function, which is in one of the insertions */
	struct str output;        /* patched bytes; only when patched or unchanged */
	struct str exports_name;  /* what the glue calls the exports: "wasm" */
	bool has_wasm;            /* the options gave a wasm file, and it could be read */
	struct wasm_facts wasm;
	struct str leaves; /* those of the wasm, or where it is not at hand of the earlier patch */
	bool split;        /* parts of the module are loaded later, into the instance in place */
	bool heals_shadow_stack; /* the glue can reach the shadow stack pointer */
	struct diags diags;      /* offsets into `original` */
	struct entry *entries;   /* in source order */
	uint32_t entry_count;
	struct site *sites; /* in source order */
	uint32_t site_count;
};

/* What all files share: grammar, runtime text. Read-only once created. */
struct patcher;

struct patcher *patcher_create(void);
void patcher_destroy(struct patcher *patcher); /* takes NULL */

/*
 * Patches one file's bytes in memory. Everything in the result lives in the arena; `bytes` must
 * outlive it. Never fails: what went wrong is a verdict and diagnostics. Threads may share a
 * patcher, each with its own arena.
 */
struct patch *patch_run(struct arena *arena, const struct patcher *patcher, struct str path,
	struct str bytes, const struct patch_options *options);

const char *verdict_name(enum verdict verdict);
const char *target_name(enum target target);
const char *part_name(enum part part);
const char *module_source_name(enum module_source source);
const char *entry_kind_name(enum entry_kind kind);
const char *site_kind_name(enum site_kind kind);

#endif
