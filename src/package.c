#include "package.h"

static struct str name_of(struct str path)
{
	size_t at = path.len;
	while (at > 0 && path.data[at - 1] != '/') {
		at--;
	}
	return str_slice(path, at, path.len);
}

/* Whether a loader hands its exports to this body: by the file name, with or without extension. */
static bool hands_to(const struct patch *loader, const struct patch *body)
{
	struct str wanted = name_of(loader->other), name = name_of(body->original.path);
	if (loader->part != PART_LOADER) {
		return false;
	}
	/* the separate loader of old nodejs glue names the body in a way that only its code tells */
	return wanted.len == 0 || str_equal(wanted, name) ||
	       (str_starts(name, wanted) && name.len > wanted.len && name.data[wanted.len] == '.');
}

static void join_body(
	struct arena *arena, struct patch *const *patches, uint32_t count, struct patch *body)
{
	uint32_t loaders = 0;
	enum module_source module = MODULE_NONE;
	for (uint32_t i = 0; i < count; i++) {
		if (patches[i] != NULL && patches[i] != body && hands_to(patches[i], body)) {
			loaders++;
			/* one that imports the exports knows nothing itself: see join_loader */
			module = module == MODULE_NONE || module == MODULE_LOADER ? patches[i]->module : module;
		}
	}
	if (loaders == 0 && body->of_webpack) {
		diag_add(arena, &body->diags, SEVERITY_NOTE, "no-loader", DIAG_NO_OFFSET,
			"the instance is made by webpack's runtime, in another file: only if that is patched "
			"as "
			"well is there a new instance after a fault");
		return;
	}
	if (loaders == 0) {
		diag_add(arena, &body->diags, SEVERITY_NOTE, "no-loader", DIAG_NO_OFFSET,
			"the file that hands over the exports was not looked at: whether it tells the "
			"WebAssembly.Module is not known; __reglue.configure({ module }) can");
		return;
	}
	body->module = module;
	if (module == MODULE_NONE) {
		diag_add(arena, &body->diags, SEVERITY_WARNING, "no-reinit", DIAG_NO_OFFSET,
			"no loader of this glue has a WebAssembly.Module: there is no new instance after a "
			"fault, unless the program gives one by __reglue.configure({ module })");
	}
}

/* A loader that imports the exports: the file that makes the instance tells the Module, if it can. */
static void join_loader(
	struct arena *arena, struct patch *const *patches, uint32_t count, struct patch *loader)
{
	for (uint32_t i = 0; i < count; i++) {
		if (patches[i] != NULL && patches[i]->part == PART_LOADER &&
			patches[i]->module == MODULE_SEEN &&
			str_equal(name_of(patches[i]->original.path), name_of(loader->made_by))) {
			return;
		}
	}
	diag_add(arena, &loader->diags, SEVERITY_WARNING, "no-reinit", DIAG_NO_OFFSET,
		"the instance is made by '%.*s', which was not looked at or tells no WebAssembly.Module: "
		"there is no new instance after a fault, unless the program gives one by "
		"__reglue.configure({ module })",
		STR_ARGS(loader->made_by));
}

void package_join(struct arena *arena, struct patch *const *patches, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct patch *patch = patches[i];
		if (patch != NULL && patch->part == PART_BODY && patch->module == MODULE_LOADER &&
			(patch->verdict == VERDICT_PATCHED || patch->verdict == VERDICT_UNCHANGED)) {
			join_body(arena, patches, count, patch);
		}
		if (patch != NULL && patch->part == PART_LOADER && patch->module == MODULE_LOADER &&
			patch->verdict == VERDICT_PATCHED) {
			join_loader(arena, patches, count, patch);
		}
	}
}
