#include "rules.h"

const struct rule rule_table[] = {
	{"api-unreachable", SEVERITY_WARNING, "Nothing carries the API __reglue out of the glue.",
		"The file is patched and recovers, but no caller can reach __reglue: hooks for "
		"'reinit', configure() and the counters are out of reach. Options given to patch "
		"still hold."},
	{"asmjs", SEVERITY_REFUSAL, "The glue drives asm.js that wasm2js made.",
		"There is no wasm instance, hence none that could be replaced. Patch the glue of the "
		"wasm build instead."},
	{"asyncify", SEVERITY_REFUSAL, "The wasm file was made with asyncify.",
		"A suspended call returns to JS early, and what continues it is kept by pointers into "
		"the old memory. A new instance could not continue it."},
	{"attributes", SEVERITY_WARNING, "The owner, group or an attribute of a file was lost.",
		"The patched file replaces the old one, and the system did not let reglue give it this. "
		"Run reglue as the owner of the file to keep it."},
	{"catch", SEVERITY_REFUSAL, "A catch block enters wasm without naming its error.",
		"What was thrown decides whether the instance is dead, and this block cannot tell."},
	{"config", SEVERITY_ERROR, "A reglue.json is not right.",
		"Nothing was done. The message names the key or value, and what is allowed there."},
	{"emscripten", SEVERITY_REFUSAL, "The glue is part of a program of emscripten's.",
		"Its loader makes the instance and keeps more of it than wasm-bindgen's part: memory "
		"views, the stack, exports. The new instance would start on them."},
	{"exec-failed", SEVERITY_ERROR, "The command could not be run.",
		"The message says what the system gave as the reason."},
	{"exports-binding", SEVERITY_REFUSAL,
		"The exports variable receives something else than an instance's exports.",
		"Glue that was changed by hand, or by a tool that wraps the exports. Patch the glue "
		"before that tool runs."},
	{"exports-handed-out", SEVERITY_REFUSAL, "The exports object is handed to other code.",
		"Whoever receives it may keep the instance, and would go on calling the dead one "
		"after a recovery."},
	{"exports-use", SEVERITY_REFUSAL,
		"The exports are used in a way that wasm-bindgen does not generate.",
		"A call that goes past the recognised ones would have no guard. If wasm-bindgen itself "
		"wrote the line, its form is not known yet; please report it."},
	{"exports-write", SEVERITY_REFUSAL, "A member of the exports object is assigned.",
		"An export replaced by hand has no counterpart in a new instance."},
	{"finalizer", SEVERITY_REFUSAL,
		"A FinalizationRegistry is made or used in a way that cannot be followed.",
		"A finalizer that cannot be followed could free memory of a new instance with a "
		"pointer of the old one."},
	{"hard-link", SEVERITY_NOTE, "A file had more than one name.",
		"Only the name given leads to the patched file; the others keep the old content. "
		"Package managers link files from a store, which must not change."},
	{"host-shim", SEVERITY_REFUSAL, "Imports come from a shim that may keep the instance.",
		"Shims for 'env' or WASI get the instance or its memory at the start, and would go on "
		"using the dead one. Stubs that stand in the glue and reach nothing that could keep an "
		"instance are no shims."},
	{"imported-memory", SEVERITY_REFUSAL, "The memory is made by JS and imported.",
		"A new instance would start on the old, damaged memory. Build without "
		"--import-memory."},
	{"integrity", SEVERITY_REFUSAL, "A page holds a checksum of the file.",
		"A build tool made the checksum before reglue came. Patching the file would make "
		"browsers refuse it; let reglue stand in for wasm-bindgen instead."},
	{"internal", SEVERITY_ERROR, "An internal check failed; nothing was written.",
		"The patched text was parsed again and is not JavaScript. This is a defect of reglue; "
		"please report it with the file."},
	{"io", SEVERITY_ERROR, "A file could not be read or written.",
		"The message says what the system gave as the reason. Other files are not "
		"affected."},
	{"jspi", SEVERITY_REFUSAL, "The glue uses JS promise integration.",
		"Suspended stacks belong to the old instance and cannot be carried into a new "
		"one."},
	{"kept-state", SEVERITY_REFUSAL, "State of the instance is kept where no recovery resets it.",
		"A view of wasm's memory in a property, or a variable that nobody declares. After a "
		"recovery the glue would read and write the dead instance's memory through it."},
	{"leftover", SEVERITY_NOTE, "What a bundler has left of glue.",
		"The variable for an instance's exports never receives any, so that nothing of the glue "
		"can be called: the program took something else from the module that it was in."},
	{"near-miss", SEVERITY_NOTE, "A generated function has a form that is not known.",
		"The place named is where it starts to differ from the known forms. No reason to "
		"refuse: the function is recognised by what it does, and minifiers rewrite everything. "
		"After a release of wasm-bindgen it is worth a look."},
	{"no-glue", SEVERITY_ERROR, "There is no wasm-bindgen glue in what was named.",
		"A build that patches nothing is more often a wrong path than intended. Where it is "
		"intended, use --allow-empty."},
	{"no-loader", SEVERITY_NOTE, "The file that hands over the exports was not looked at.",
		"Name the folder, or that file as well, so that both are patched: the loader tells the "
		"glue "
		"where the WebAssembly.Module is."},
	{"no-module", SEVERITY_REFUSAL,
		"The glue never sees the WebAssembly.Module or the imports object.",
		"There is nothing to start a new instance from. It was instantiated elsewhere and "
		"handed over."},
	{"no-reinit", SEVERITY_WARNING,
		"No WebAssembly.Module can be had, so there is no new instance after a fault.",
		"Faults that leave memory as Rust left it are survived on the same instance, others are "
		"not. Give the program's own Module by __reglue.configure({ module }), or use --module."},
	{"not-reconstructed", SEVERITY_WARNING,
		"A class named with --reconstruct is not one that can be made again.",
		"The glue has no class of that name with a constructor or a static function whose calls "
		"could be recorded. Stale objects of it throw StaleObjectError."},
	{"object-pointer", SEVERITY_REFUSAL,
		"Class objects keep their pointer in a property that is not known.",
		"Stale objects are told by a stamp that they get with their pointer. Where that is kept "
		"in a property of another name than wasm-bindgen's, none would be refused."},
	{"package", SEVERITY_REFUSAL, "Another file of the same package was refused.",
		"Files that belong together are patched all or none: half a patched package would be "
		"worse than none."},
	{"parse-error", SEVERITY_ERROR, "The file is not understood as JavaScript.",
		"The place named is where parsing stopped. Nothing is changed."},
	{"program", SEVERITY_NOTE,
		"Nothing but closures is called from outside once the glue has started.",
		"A front end: no call will ask for a new instance, and what the page holds belongs to this "
		"one. So a panic is survived on the same instance, and a fault that leaves memory in doubt "
		"ends it. With --policy eager such a program starts again by itself; see "
		"docs/BUILD-TOOLS.md."},
	{"raw-pointers", SEVERITY_REFUSAL, "JS outside the glue keeps pointers into wasm memory.",
		"uniffi's classes hold bare numbers that the glue does not know as objects. After a "
		"recovery they would edit whatever stands there in the new instance."},
	{"report-unfit", SEVERITY_ERROR, "A report cannot be read, or does not fit the others.",
		"Reports are joined when reglue of one version wrote them, with one command and the same "
		"options, and no two say different things of one file."},
	{"seal-damaged", SEVERITY_REFUSAL, "reglue's footer is incomplete or was edited.",
		"The original cannot be told from the file any more. Generate the glue again, and "
		"patch that."},
	{"seal-edited", SEVERITY_REFUSAL, "A patched file was edited afterwards.",
		"Reverting would lose the edit, or give bytes that never were. Undo the edit, or "
		"generate the glue again; run formatters and minifiers before reglue."},
	{"seal-format", SEVERITY_REFUSAL, "A newer reglue patched the file.",
		"This reglue does not read that footer. Use the version named, or a later one."},
	{"seal-line-ends", SEVERITY_REFUSAL, "Line ends were converted after patching.",
		"A version control system or an editor changed LF to CR LF, or the reverse. Convert "
		"them back, or patch after the conversion; in git: '*.js -text' in .gitattributes."},
	{"several-glues", SEVERITY_REFUSAL,
		"Several glues stand in one file, and one gets its exports from another file.",
		"Which of them that file means cannot be told. Patch each glue before it is bundled."},
	{"shadow-stack-leak", SEVERITY_NOTE, "The shadow stack pointer is out of reach.",
		"Errors that cross Rust frames leave the stack pointer where it was, so the stack "
		"shrinks with each until a call overflows it: an ordinary fault, which recovers."},
	{"shared-memory", SEVERITY_REFUSAL, "The memory is shared between threads.",
		"Other workers would keep the dead instance's memory. Build without threads (atomics) "
		"to patch."},
	{"split", SEVERITY_WARNING, "Parts of the wasm are loaded later (wasm-split).",
		"Each is linked with the instance that is there then, and a new one would have none of "
		"them. So no other instance is made: panics and exhausted stacks are survived in place, "
		"other faults end it. Where __reglue.configure({ module }) gives a Module all the same, "
		"load the parts again in a hook for 'reinit'."},
	{"types", SEVERITY_WARNING, "Declarations were left as they are.",
		"The .d.ts beside patched glue is not what wasm-bindgen writes, or has a __reglue of "
		"its own. The glue is patched all the same."},
	{"typescript", SEVERITY_REFUSAL, "The file is TypeScript source.",
		"Patch the JavaScript that is made of it."},
	{"unguarded-call", SEVERITY_REFUSAL,
		"An export is called where no hook can stand before the call's arguments.",
		"A minifier moved a generated function into an async one, or the call is not "
		"wasm-bindgen's. A recovery would come too late there. Patch before the minifier runs."},
	{"unguarded-glue", SEVERITY_WARNING, "Other glue in the file gets no guard.",
		"One glue of the file is understood and patched. Another one is not: its exports come in "
		"by a parameter, or in another way that cannot be followed. It is as it was."},
	{"unknown-export", SEVERITY_NOTE,
		"The glue uses an export of wasm-bindgen's own that is not known.",
		"Calls of it are guarded like all others. After a release of wasm-bindgen look at what "
		"it is for: a new part of the machinery may keep state that a new instance must "
		"start without."},
	{"unknown-glue", SEVERITY_REFUSAL,
		"The file looks like wasm-bindgen glue, but no variable receives the exports.",
		"A minifier or a bundler may have changed it beyond recognition. Patch before they "
		"run."},
	{"unknown-state", SEVERITY_NOTE,
		"A variable is written by code that uses wasm's memory, and no recovery resets it.",
		"In the glue of a new release of wasm-bindgen it may be a new piece of state that a new "
		"instance must start without. In a program's own code it is the program's to say: "
		"__reglue.on(\"reinit\", …)."},
	{"upstream-guard", SEVERITY_REFUSAL,
		"wasm-bindgen's own reset machinery has a form that is not known.",
		"Two mechanisms that each replace the instance would work against each other. Build "
		"without wasm-bindgen's reset state option."},
	{"wasm-unreadable", SEVERITY_WARNING, "The wasm file beside the glue is not well-formed.",
		"The glue is patched by its text alone. What only the wasm tells, such as a shared "
		"memory, could not be checked."},
	{"would-change", SEVERITY_ERROR, "A file is not what reglue patch would write.",
		"check found glue, or declarations beside it, that are not patched, or were by another "
		"reglue or with other options. Run reglue patch with the flags that check was given; "
		"check --diff shows what it does. In text this is the line 'would patch PATH'."},
	{NULL, SEVERITY_NOTE, NULL, NULL},
};

const struct rule *rule_find(struct str code)
{
	for (const struct rule *rule = rule_table; rule->code != NULL; rule++) {
		if (str_equal(code, str_from(rule->code))) {
			return rule;
		}
	}
	return NULL;
}
