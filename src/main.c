#include "command.h"
#include "completions.h"
#include "config.h"
#include "help.h"
#include "pages.h"
#include "syntax.h"

static int print(struct str text)
{
	fwrite(text.data, 1, text.len, stdout);
	return console_flush() ? STATUS_DONE : STATUS_IO;
}

static int usage(struct arena *arena, const struct options *options, struct str error)
{
	struct console console = {.results = stdout};
	struct str hint = options->verb >= VERB_COUNT
	                      ? STR("reglue help")
	                      : arena_printf(arena, "reglue help %s", verb_name(options->verb));
	console_error(
		&console, arena, arena_printf(arena, "%.*s; see %.*s", STR_ARGS(error), STR_ARGS(hint)));
	return STATUS_USAGE;
}

int main(int argc, char **argv)
{
	pages_keep();
	struct arena *arena = arena_create();
	struct options options;
	struct str error;
	int status = STATUS_USAGE;
	if (command_is_bindgen(argv[0]) &&
		!command_bindgen_line(arena, argc, argv, &argc, &argv, &error)) {
		options.verb = VERB_EXEC;
		status = usage(arena, &options, error);
		arena_destroy(arena);
		return status;
	}
	if (!options_parse(arena, argc, argv, &options, &error)) {
		status = usage(arena, &options, error);
		arena_destroy(arena);
		return status;
	}
	switch (options.verb) {
	case VERB_PATCH:
		status = command_patch(&options);
		break;
	case VERB_CHECK:
		status = command_check(&options);
		break;
	case VERB_REVERT:
		status = command_revert(&options);
		break;
	case VERB_INSPECT:
		status = command_inspect(&options);
		break;
	case VERB_EXEC:
		status = command_exec(&options);
		break;
	case VERB_REPORT:
		status = command_report(&options);
		break;
	case VERB_COMPLETIONS:
		status = print(completions_text(arena, options.shell));
		break;
	case VERB_HELP:
		status = print(options.help_rule != NULL ? help_rule_text(arena, options.help_rule)
												 : help_text(arena, options.help_about));
		break;
	case VERB_VERSION:
		status = print(arena_printf(
			arena, "reglue " REGLUE_VERSION "\n%.*s\n", STR_ARGS(syntax_versions(arena))));
		break;
	case VERB_COUNT:
		break;
	}
	arena_destroy(arena);
	return status;
}
