#include "least.h"

#include <string.h>

struct patch *run(const char *text)
{
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	return patch_run(arena, patcher, STR("x.js"), str_from(text), &options);
}

bool contains(const struct patch *patch, const char *text)
{
	return str_find(patch->output, str_from(text)) != (size_t)-1;
}

const struct diag *find_code(const struct patch *patch, const char *code)
{
	for (const struct diag *d = patch->diags.first; d != NULL; d = d->next) {
		if (strcmp(d->code, code) == 0) {
			return d;
		}
	}
	return NULL;
}
