#include "options.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>

#include "suggest.h"

#define IN(verb) (1u << (verb))

enum {
	READERS = IN(VERB_PATCH) | IN(VERB_CHECK) | IN(VERB_INSPECT), /* that run the pipeline */
	WRITERS = IN(VERB_PATCH) | IN(VERB_REVERT),
	FILE_VERBS = READERS | WRITERS,
	EVERY_VERB = IN(VERB_COUNT) - 1,
};

static const struct {
	const char *name;
	const char *usage;
	const char *summary;
	const char *details;
} verbs[VERB_COUNT] = {
	[VERB_PATCH] = {"patch", "PATH…", "patch glue in place",
		"Patches wasm-bindgen glue so that programs survive wasm traps. A PATH is a file, a\n"
		"directory (the .js, .mjs and .cjs files in it), or - for stdin to stdout. Files that\n"
		"belong together are written all or none. Patching twice changes nothing.\n"},
	[VERB_CHECK] = {"check", "PATH…", "list what patch would change; write nothing",
		"Says what patch would do, and ends with status 1 if anything would change. With --diff\n"
		"prints the changes in a form that patch(1) and git apply take.\n"},
	[VERB_REVERT] = {"revert", "PATH…", "restore the original bytes exactly",
		"Takes out what patch inserted. A file edited since it was patched is refused, with the\n"
		"place of the first change. Files that are not patched stay as they are.\n"},
	[VERB_INSPECT] = {"inspect", "PATH…", "show what is recognised in glue, and what is not",
		"Prints target, form, entrypoints and state of glue files; writes nothing.\n"},
	[VERB_HELP] = {"help", "[VERB]", "this text, or help on a verb", ""},
	[VERB_VERSION] = {"version", "", "versions of reglue and its parser", ""},
};

enum flag_id {
	FLAG_RECURSIVE = 256, /* above all characters, for getopt_long */
	FLAG_OUTPUT,
	FLAG_STDIN_FILEPATH,
	FLAG_DIFF,
	FLAG_REPORT,
	FLAG_ALLOW_EMPTY,
	FLAG_POLICY,
	FLAG_BUDGET,
	FLAG_STALE_CLOSURES,
	FLAG_FOREIGN_THROW,
	FLAG_EXCLUDE,
	FLAG_RECONSTRUCT,
	FLAG_QUIET,
	FLAG_VERBOSE,
	FLAG_COLOR,
	FLAG_HELP,
	FLAG_VERSION,
};

static const char *const policies[] = {"lazy", "eager", "manual", "never", "heal", NULL};
static const char *const stale_closures[] = {"ignore", "throw", NULL};
static const char *const foreign_throws[] = {"ignore", "poison", NULL};
static const char *const colors[] = {
	[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never", NULL};

static const struct flag {
	enum flag_id id;
	char letter; /* or 0 */
	const char *name;
	const char *argument;       /* what it is called in the help; NULL if there is none */
	const char *const *choices; /* or NULL: anything but nothing */
	unsigned in;                /* the verbs that take it */
	const char *help;
} flags[] = {
	{FLAG_RECURSIVE, 'r', "recursive", NULL, NULL, FILE_VERBS,
		"go into subdirectories, but node_modules and .git"},
	{FLAG_OUTPUT, 'o', "output", "FILE", NULL, WRITERS,
		"write there instead of in place; - is stdout"},
	{FLAG_STDIN_FILEPATH, 0, "stdin-filepath", "PATH", NULL, FILE_VERBS,
		"what to call stdin in messages and the report"},
	{FLAG_DIFF, 0, "diff", NULL, NULL, IN(VERB_CHECK), "print a unified diff"},
	{FLAG_REPORT, 0, "report", "FILE", NULL, READERS, "write a JSON report; - is stdout"},
	{FLAG_ALLOW_EMPTY, 0, "allow-empty", NULL, NULL, FILE_VERBS,
		"finding nothing to do is no error"},
	{FLAG_POLICY, 0, "policy", "WHEN", policies, READERS,
		"when a new instance is made after a fault"},
	{FLAG_BUDGET, 0, "budget", "N", NULL, READERS, "recoveries a minute, 0: any number [16]"},
	{FLAG_STALE_CLOSURES, 0, "stale-closures", "WHAT", stale_closures, READERS,
		"calls of closures from before a recovery"},
	{FLAG_FOREIGN_THROW, 0, "foreign-throw", "WHAT", foreign_throws, READERS,
		"JS exceptions that cross Rust frames"},
	{FLAG_EXCLUDE, 0, "exclude", "NAME", NULL, READERS,
		"an export that gets no guard; may be repeated"},
	{FLAG_RECONSTRUCT, 0, "reconstruct", "CLASS", NULL, READERS,
		"a class whose objects are made again; may be repeated"},
	{FLAG_QUIET, 'q', "quiet", NULL, NULL, FILE_VERBS, "print warnings and errors only"},
	{FLAG_VERBOSE, 'v', "verbose", NULL, NULL, FILE_VERBS,
		"print a line for every file, and notes"},
	{FLAG_COLOR, 0, "color", "WHEN", colors, FILE_VERBS, "colour in messages"},
	{FLAG_HELP, 'h', "help", NULL, NULL, EVERY_VERB, "this text"},
	{FLAG_VERSION, 0, "version", NULL, NULL, EVERY_VERB,
		"versions of reglue and its parser"},
};

enum { FLAG_COUNT = sizeof(flags) / sizeof(flags[0]) };

const char *verb_name(enum verb verb)
{
	assert(verb < VERB_COUNT);
	return verbs[verb].name;
}

static const struct flag *find_flag(int id)
{
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if ((int)flags[i].id == id || (flags[i].letter != 0 && flags[i].letter == id)) {
			return &flags[i];
		}
	}
	return NULL;
}

static struct str did_you_mean(struct arena *arena, struct str word,
	const char *const *candidates, const char *prefix)
{
	const char *near = suggest(word, candidates);
	return near == NULL ? STR("") : arena_printf(arena, "; did you mean %s%s?", prefix, near);
}

/* ---- one flag ---- */

struct parsing {
	struct arena *arena;
	struct options *options;
	struct str *error;
	struct str *exclude;
	struct str *reconstruct;
};

static bool choose(struct parsing *parsing, const struct flag *flag, struct str value,
	const char **choice)
{
	struct buf all = BUF_INIT;
	for (size_t i = 0; flag->choices[i] != NULL; i++) {
		if (str_equal(value, str_from(flag->choices[i]))) {
			buf_finish(&all);
			*choice = flag->choices[i];
			return true;
		}
		buf_printf(&all, "%s%s", i == 0 ? "" : ", ", flag->choices[i]);
	}
	struct str hint = did_you_mean(parsing->arena, value, flag->choices, "");
	*parsing->error = arena_printf(parsing->arena, "--%s is one of %.*s, not '%.*s'%.*s",
		flag->name, STR_ARGS(buf_str(&all)), STR_ARGS(value), STR_ARGS(hint));
	buf_finish(&all);
	return false;
}

static bool parse_count(struct str text, uint32_t *count)
{
	uint64_t value = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9' || i > 8) {
			return false;
		}
		value = value * 10 + (uint64_t)(text.data[i] - '0');
	}
	*count = (uint32_t)value;
	return text.len != 0;
}

static bool apply(struct parsing *parsing, const struct flag *flag, struct str value)
{
	struct options *options = parsing->options;
	struct patch_options *patch = &options->patch;
	const char *choice = NULL;
	if (flag->choices != NULL && !choose(parsing, flag, value, &choice)) {
		return false;
	}
	if (flag->argument != NULL && value.len == 0) {
		*parsing->error = arena_printf(parsing->arena, "--%s needs a %s that is not empty",
			flag->name, flag->argument);
		return false;
	}
	switch (flag->id) {
	case FLAG_RECURSIVE:
		options->recursive = true;
		break;
	case FLAG_OUTPUT:
		options->output = value;
		break;
	case FLAG_STDIN_FILEPATH:
		options->stdin_filepath = value;
		break;
	case FLAG_DIFF:
		options->diff = true;
		break;
	case FLAG_REPORT:
		options->report = value;
		break;
	case FLAG_ALLOW_EMPTY:
		options->allow_empty = true;
		break;
	case FLAG_POLICY:
		patch->policy = choice;
		break;
	case FLAG_BUDGET:
		if (!parse_count(value, &patch->budget)) {
			*parsing->error = arena_printf(parsing->arena,
				"--budget is a number of recoveries a minute, not '%.*s'",
				STR_ARGS(value));
			return false;
		}
		break;
	case FLAG_STALE_CLOSURES:
		patch->stale_closures = choice;
		break;
	case FLAG_FOREIGN_THROW:
		patch->foreign_throw = choice;
		break;
	case FLAG_EXCLUDE:
		parsing->exclude[patch->exclude_count++] = value;
		break;
	case FLAG_RECONSTRUCT:
		parsing->reconstruct[patch->reconstruct_count++] = value;
		break;
	case FLAG_QUIET:
		options->quiet = true;
		break;
	case FLAG_VERBOSE:
		options->verbose = true;
		break;
	case FLAG_COLOR:
		for (int i = COLOR_AUTO; i <= COLOR_NEVER; i++) {
			options->color = choice == colors[i] ? (enum color)i : options->color;
		}
		break;
	case FLAG_HELP:
	case FLAG_VERSION:
		break; /* looked for before anything else */
	}
	return true;
}

/* ---- the whole line ---- */

static bool find_verb(struct parsing *parsing, struct str word, enum verb *verb)
{
	const char *names[VERB_COUNT + 1] = {NULL};
	for (int i = 0; i < VERB_COUNT; i++) {
		names[i] = verbs[i].name;
		if (str_equal(word, str_from(names[i]))) {
			*verb = (enum verb)i;
			return true;
		}
	}
	struct str hint = did_you_mean(parsing->arena, word, names, "");
	*parsing->error = arena_printf(parsing->arena, "there is no verb '%.*s'%.*s",
		STR_ARGS(word), STR_ARGS(hint));
	return false;
}

static bool unknown_flag(struct parsing *parsing, const char *typed)
{
	const char *names[FLAG_COUNT + 1] = {NULL};
	size_t count = 0;
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if ((flags[i].in & IN(parsing->options->verb)) != 0) {
			names[count++] = flags[i].name;
		}
	}
	struct str word = str_from(typed + 2);
	for (size_t i = 0; i < word.len; i++) {
		if (word.data[i] == '=') {
			word.len = i;
		}
	}
	struct str hint = did_you_mean(parsing->arena, word, names, "--");
	*parsing->error = arena_printf(parsing->arena, "there is no flag '--%.*s'%.*s",
		STR_ARGS(word), STR_ARGS(hint));
	return false;
}

static bool parse_flags(struct parsing *parsing, int argc, char **argv)
{
	struct options *options = parsing->options;
	struct option longs[FLAG_COUNT + 1] = {{0}};
	char shorts[2 * FLAG_COUNT + 2] = ":"; /* tell a missing argument from an unknown flag */
	size_t at = 1;
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		longs[i] = (struct option){.name = flags[i].name,
			.has_arg = flags[i].argument == NULL ? no_argument : required_argument,
			.val = (int)flags[i].id};
		if (flags[i].letter != 0) {
			shorts[at++] = flags[i].letter;
			if (flags[i].argument != NULL) {
				shorts[at++] = ':';
			}
		}
	}
	opterr = 0;
	optind = 0; /* glibc: start anew, so that tests can parse many lines */
	for (int id; (id = getopt_long(argc, argv, shorts, longs, NULL)) != -1;) {
		const struct flag *flag = find_flag(id == ':' || id == '?' ? optopt : id);
		if (id == '?' && optopt > 0 && optopt < 256) {
			*parsing->error =
				arena_printf(parsing->arena, "there is no flag '-%c'", optopt);
			return false;
		}
		if (id == '?' && flag != NULL) {
			*parsing->error = arena_printf(parsing->arena, "--%s takes no value",
				flag->name);
			return false;
		}
		if (id == '?') {
			return unknown_flag(parsing, argv[optind - 1]);
		}
		assert(flag != NULL);
		if (id == ':') {
			*parsing->error = arena_printf(parsing->arena, "--%s needs a %s",
				flag->name, flag->argument);
			return false;
		}
		if ((flag->in & IN(options->verb)) == 0) {
			*parsing->error = arena_printf(parsing->arena, "%s does not take --%s",
				verb_name(options->verb), flag->name);
			return false;
		}
		if (flag->id == FLAG_HELP) {
			options->help_about = options->verb;
			options->verb = VERB_HELP;
			return true;
		}
		if (flag->id == FLAG_VERSION) {
			options->verb = VERB_VERSION;
			return true;
		}
		if (!apply(parsing, flag, str_from(optarg))) {
			return false;
		}
	}
	for (; optind < argc; optind++) {
		options->paths[options->path_count++] = str_from(argv[optind]);
	}
	return true;
}

static bool is_dash(struct str text)
{
	return str_equal(text, STR("-"));
}

/* What no single flag can know. */
static bool check_combination(struct parsing *parsing)
{
	struct options *options = parsing->options;
	const char *name = verb_name(options->verb);
	bool from_stdin = false;
	for (uint32_t i = 0; i < options->path_count; i++) {
		from_stdin = from_stdin || is_dash(options->paths[i]);
		if (options->paths[i].len == 0) {
			*parsing->error = STR("a PATH is empty");
			return false;
		}
	}
	bool writes = (IN(options->verb) & WRITERS) != 0;
	bool bytes_to_stdout = writes &&
		(is_dash(options->output) || (from_stdin && options->output.len == 0));
	if (options->path_count == 0) {
		*parsing->error = arena_printf(parsing->arena, "%s needs a PATH", name);
	} else if (from_stdin && options->path_count > 1) {
		*parsing->error = STR("stdin (-) must be the only PATH");
	} else if (options->output.len != 0 && options->path_count > 1) {
		*parsing->error = STR("--output takes a single PATH");
	} else if (options->stdin_filepath.len != 0 && !from_stdin) {
		*parsing->error = STR("--stdin-filepath is for stdin (-)");
	} else if (is_dash(options->report) && (bytes_to_stdout || options->diff)) {
		*parsing->error = arena_printf(parsing->arena,
			"stdout cannot carry the report and %s; give --report a file",
			options->diff ? "the diff" : "the file");
	} else if (options->quiet && options->verbose) {
		*parsing->error = STR("--quiet and --verbose exclude each other");
	} else {
		return true;
	}
	return false;
}

bool options_parse(struct arena *arena, int argc, char **argv, struct options *options,
	struct str *error)
{
	size_t most = argc < 1 ? 1 : (size_t)argc;
	*options = (struct options){
		.verb = VERB_COUNT,
		.help_about = VERB_COUNT,
		.paths = arena_array(arena, struct str, most),
		.patch = PATCH_OPTIONS_DEFAULT,
	};
	struct parsing parsing = {
		.arena = arena,
		.options = options,
		.error = error,
		.exclude = arena_array(arena, struct str, most),
		.reconstruct = arena_array(arena, struct str, most),
	};
	options->patch.exclude = parsing.exclude;
	options->patch.reconstruct = parsing.reconstruct;
	struct str first = str_from(argc < 2 ? NULL : argv[1]);
	if (first.len == 0) {
		*error = STR("a verb is missing");
		return false;
	}
	if (str_equal(first, STR("-h")) || str_equal(first, STR("--help"))) {
		options->verb = VERB_HELP;
		return true;
	}
	if (str_equal(first, STR("--version"))) {
		options->verb = VERB_VERSION;
		return true;
	}
	if (first.data[0] == '-') {
		*error = arena_printf(arena, "the verb comes first, then %.*s", STR_ARGS(first));
		return false;
	}
	if (!find_verb(&parsing, first, &options->verb) ||
		!parse_flags(&parsing, argc - 1, argv + 1)) {
		return false;
	}
	switch (options->verb) {
	case VERB_HELP:
		if (options->path_count > 1) {
			*error = STR("help takes one verb");
			return false;
		}
		return options->path_count == 0 ||
		       find_verb(&parsing, options->paths[0], &options->help_about);
	case VERB_VERSION:
		return true;
	default:
		return check_combination(&parsing);
	}
}

/* ---- help ---- */

static void add_flag_help(struct buf *out, const struct flag *flag, const char *const *choices)
{
	struct buf left = BUF_INIT;
	if (flag->letter != 0) {
		buf_printf(&left, "-%c, ", flag->letter);
	} else {
		buf_printf(&left, "    ");
	}
	buf_printf(&left, "--%s", flag->name);
	if (flag->argument != NULL) {
		buf_printf(&left, " %s", flag->argument);
	}
	buf_printf(out, "  %-28.*s %s", STR_ARGS(buf_str(&left)), flag->help);
	for (size_t i = 0; choices != NULL && choices[i] != NULL; i++) {
		/* the first is what happens without the flag */
		buf_printf(out, i == 0 ? ": [%s]" : ", %s", choices[i]);
	}
	buf_add_byte(out, '\n');
	buf_finish(&left);
}

static void add_program_help(struct buf *out)
{
	buf_add(out, STR("reglue patches the JS glue of wasm-bindgen so that programs survive wasm "
			 "traps.\n\n"
			 "  reglue patch pkg                    in a build, after wasm-bindgen\n"
			 "  reglue check --diff pkg             in CI: what would change\n"
			 "  reglue patch -r bindings --report report.json\n\n"
			 "Verbs:\n"));
	for (int i = 0; i < VERB_COUNT; i++) {
		struct buf left = BUF_INIT;
		buf_printf(&left, "%s %s", verbs[i].name, verbs[i].usage);
		/* padded by hand: printf counts the bytes of the ellipsis */
		size_t shown = left.len - (str_ends(buf_str(&left), STR("…")) ? 2 : 0);
		buf_printf(out, "  %.*s%*s %s\n", STR_ARGS(buf_str(&left)),
			(int)(shown < 16 ? 16 - shown : 0), "", verbs[i].summary);
		buf_finish(&left);
	}
	buf_add(out, STR("\nreglue help VERB tells a verb's flags.\n"));
}

struct str options_help(struct arena *arena, enum verb verb)
{
	struct buf out = BUF_INIT;
	if (verb >= VERB_COUNT || verb == VERB_HELP || verb == VERB_VERSION) {
		add_program_help(&out);
	} else {
		buf_printf(&out, "reglue %s [FLAG…] %s\n\n%s\n", verbs[verb].name,
			verbs[verb].usage, verbs[verb].details);
		for (size_t i = 0; i < FLAG_COUNT; i++) {
			if ((flags[i].in & IN(verb)) != 0) {
				add_flag_help(&out, &flags[i], flags[i].choices);
			}
		}
	}
	buf_add(&out, STR("\nExit status: 0 done, or nothing to do; 1 check: something would change; "
			  "2 usage;\n3 a file was refused, or no glue was found; 4 a file could not be "
			  "read or written;\n70 an internal check failed.\n"));
	struct str text = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return text;
}
