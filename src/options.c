#include "options.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>

#include "suggest.h"

enum { MAX_JOBS = 256 };

static const struct cli_flag *find_flag(int id)
{
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		const struct cli_flag *flag = &cli_flags[i];
		if ((int)flag->id == id || (flag->letter != 0 && flag->letter == id)) {
			return flag;
		}
	}
	return NULL;
}

static struct str did_you_mean(
	struct arena *arena, struct str word, const char *const *candidates, const char *prefix)
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

static bool choose(struct arena *arena, const struct cli_flag *flag, struct str value,
	const char **choice, struct str *error)
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
	struct str hint = did_you_mean(arena, value, flag->choices, "");
	*error = arena_printf(arena, "%s is one of %.*s, not '%.*s'%.*s", flag->name,
		STR_ARGS(buf_str(&all)), STR_ARGS(value), STR_ARGS(hint));
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

/* "2/5" */
static bool parse_shard(struct str text, struct options *options)
{
	size_t slash = str_find(text, STR("/"));
	return slash != (size_t)-1 && parse_count(str_slice(text, 0, slash), &options->shard) &&
	       parse_count(str_slice(text, slash + 1, text.len), &options->shards) &&
	       options->shard >= 1 && options->shard <= options->shards;
}

/* The options that decide about the patched bytes, which a reglue.json may hold as well. */
static bool set_patch_option(struct arena *arena, struct patch_options *patch,
	const struct cli_flag *flag, struct str value, const char *choice, struct str *error)
{
	switch (flag->id) {
	case FLAG_POLICY:
		patch->policy = choice;
		break;
	case FLAG_BUDGET:
		if (!parse_count(value, &patch->budget)) {
			*error = arena_printf(
				arena, "budget is a number of recoveries a minute, not '%.*s'", STR_ARGS(value));
			return false;
		}
		break;
	case FLAG_STALE_CLOSURES:
		patch->stale_closures = choice;
		break;
	case FLAG_FOREIGN_THROW:
		patch->foreign_throw = choice;
		break;
	case FLAG_MODULE:
		patch->module = choice;
		break;
	default:
		assert(false);
	}
	return true;
}

static bool is_setting(const struct cli_flag *flag)
{
	return flag->id == FLAG_POLICY || flag->id == FLAG_BUDGET || flag->id == FLAG_STALE_CLOSURES ||
	       flag->id == FLAG_FOREIGN_THROW || flag->id == FLAG_MODULE || flag->id == FLAG_EXCLUDE ||
	       flag->id == FLAG_RECONSTRUCT;
}

static bool apply(struct parsing *parsing, const struct cli_flag *flag, struct str value)
{
	struct options *options = parsing->options;
	struct patch_options *patch = &options->patch;
	const char *choice = NULL;
	if (flag->argument != NULL && value.len == 0) {
		*parsing->error = arena_printf(
			parsing->arena, "--%s needs a %s that is not empty", flag->name, flag->argument);
		return false;
	}
	if (flag->choices != NULL && !choose(parsing->arena, flag, value, &choice, parsing->error)) {
		*parsing->error = arena_printf(parsing->arena, "--%.*s", STR_ARGS(*parsing->error));
		return false;
	}
	if (is_setting(flag)) {
		options->given |= 1u << (flag->id - FLAG_RECURSIVE);
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
	case FLAG_REPORT_HTML:
		options->report_html = value;
		break;
	case FLAG_TIMINGS:
		options->timings = true;
		break;
	case FLAG_ALLOW_EMPTY:
		options->allow_empty = true;
		break;
	case FLAG_POLICY:
	case FLAG_BUDGET:
	case FLAG_STALE_CLOSURES:
	case FLAG_FOREIGN_THROW:
	case FLAG_MODULE:
		if (!set_patch_option(parsing->arena, patch, flag, value, choice, parsing->error)) {
			*parsing->error = arena_printf(parsing->arena, "--%.*s", STR_ARGS(*parsing->error));
			return false;
		}
		break;
	case FLAG_EXCLUDE:
		parsing->exclude[patch->exclude_count++] = value;
		break;
	case FLAG_RECONSTRUCT:
		parsing->reconstruct[patch->reconstruct_count++] = value;
		break;
	case FLAG_JOBS:
		if (!parse_count(value, &options->jobs) || options->jobs > MAX_JOBS) {
			*parsing->error = arena_printf(parsing->arena,
				"--jobs is a number from 0 to %d, not '%.*s'", MAX_JOBS, STR_ARGS(value));
			return false;
		}
		break;
	case FLAG_FILES_FROM:
		options->files_from = value;
		break;
	case FLAG_NULL:
		options->null_separated = true;
		break;
	case FLAG_SHARD:
		if (!parse_shard(value, options)) {
			*parsing->error = arena_printf(parsing->arena,
				"--shard is I/N with I from 1 to N, such as 1/4, not '%.*s'", STR_ARGS(value));
			return false;
		}
		break;
	case FLAG_NO_IGNORE:
		options->no_ignore = true;
		break;
	case FLAG_CONFIG:
		options->config = value;
		break;
	case FLAG_NO_CONFIG:
		options->no_config = true;
		break;
	case FLAG_PRINT_CONFIG:
		options->print_config = true;
		break;
	case FLAG_QUIET:
		options->quiet = true;
		break;
	case FLAG_VERBOSE:
		options->verbose = true;
		break;
	case FLAG_FORMAT:
		for (int i = FORMAT_TEXT; i <= FORMAT_GITHUB; i++) {
			options->format = choice == cli_formats[i] ? (enum format)i : options->format;
		}
		break;
	case FLAG_COLOR:
		for (int i = COLOR_AUTO; i <= COLOR_NEVER; i++) {
			options->color = choice == cli_colors[i] ? (enum color)i : options->color;
		}
		break;
	case FLAG_HELP:
	case FLAG_VERSION:
		break; /* looked for before anything else */
	}
	return true;
}

/* ---- settings of a reglue.json ---- */

static const struct cli_flag *find_setting(struct str key)
{
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if (str_equal(key, str_from(cli_flags[i].name))) {
			return &cli_flags[i];
		}
	}
	return NULL;
}

enum setting_kind options_setting_kind(struct str key)
{
	const struct cli_flag *flag = find_setting(key);
	if (flag == NULL || !is_setting(flag)) {
		return flag == NULL ? SETTING_UNKNOWN : SETTING_FLAG;
	}
	return flag->choices != NULL     ? SETTING_WORD
	       : flag->id == FLAG_BUDGET ? SETTING_NUMBER
	                                 : SETTING_LIST;
}

struct str options_suggest_setting(struct arena *arena, struct str key)
{
	const char *names[FLAG_COUNT + 1] = {NULL};
	size_t count = 0;
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if (is_setting(&cli_flags[i])) {
			names[count++] = cli_flags[i].name;
		}
	}
	return did_you_mean(arena, key, names, "");
}

bool options_set(struct arena *arena, const struct options *options, struct patch_options *patch,
	struct str key, const struct str *values, uint32_t count, struct str *error)
{
	const struct cli_flag *flag = find_setting(key);
	assert(flag != NULL && is_setting(flag));
	struct patch_options ignored = *patch;
	if ((options->given & 1u << (flag->id - FLAG_RECURSIVE)) != 0) {
		patch = &ignored; /* checked all the same */
	}
	if (flag->id == FLAG_EXCLUDE) {
		patch->exclude = values;
		patch->exclude_count = count;
		return true;
	}
	if (flag->id == FLAG_RECONSTRUCT) {
		patch->reconstruct = values;
		patch->reconstruct_count = count;
		return true;
	}
	const char *choice = NULL;
	assert(count == 1);
	return (flag->choices == NULL || choose(arena, flag, values[0], &choice, error)) &&
	       set_patch_option(arena, patch, flag, values[0], choice, error);
}

/* ---- the whole line ---- */

static bool find_verb(struct parsing *parsing, struct str word, enum verb *verb)
{
	const char *names[VERB_COUNT + 1] = {NULL};
	for (int i = 0; i < VERB_COUNT; i++) {
		names[i] = cli_verbs[i].name;
		if (str_equal(word, str_from(names[i]))) {
			*verb = (enum verb)i;
			return true;
		}
	}
	struct str hint = did_you_mean(parsing->arena, word, names, "");
	*parsing->error =
		arena_printf(parsing->arena, "there is no verb '%.*s'%.*s", STR_ARGS(word), STR_ARGS(hint));
	return false;
}

/* What `help` is asked about: a verb, or a code of the table of rules. */
static bool find_subject(struct parsing *parsing, struct str word)
{
	struct options *options = parsing->options;
	if (find_verb(parsing, word, &options->help_about)) {
		return true;
	}
	options->help_rule = rule_find(word);
	if (options->help_rule != NULL) {
		return true;
	}
	size_t count = 0;
	while (rule_table[count].code != NULL) {
		count++;
	}
	const char **names = arena_array(parsing->arena, const char *, VERB_COUNT + count + 1);
	for (int i = 0; i < VERB_COUNT; i++) {
		names[i] = cli_verbs[i].name;
	}
	for (size_t i = 0; i < count; i++) {
		names[VERB_COUNT + i] = rule_table[i].code;
	}
	struct str hint = did_you_mean(parsing->arena, word, names, "");
	*parsing->error = arena_printf(
		parsing->arena, "there is no verb or code '%.*s'%.*s", STR_ARGS(word), STR_ARGS(hint));
	return false;
}

static bool unknown_flag(struct parsing *parsing, const char *typed)
{
	const char *names[FLAG_COUNT + 1] = {NULL};
	size_t count = 0;
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if ((cli_flags[i].in & CLI_IN(parsing->options->verb)) != 0) {
			names[count++] = cli_flags[i].name;
		}
	}
	struct str word = str_from(typed + 2);
	for (size_t i = 0; i < word.len; i++) {
		if (word.data[i] == '=') {
			word.len = i;
		}
	}
	struct str hint = did_you_mean(parsing->arena, word, names, "--");
	*parsing->error = arena_printf(
		parsing->arena, "there is no flag '--%.*s'%.*s", STR_ARGS(word), STR_ARGS(hint));
	return false;
}

static struct str join_flags(struct arena *arena, char **words, int count)
{
	struct str all = STR("");
	for (int i = 0; i < count; i++) {
		if (strcmp(words[i], "--") != 0) {
			all = arena_printf(arena, "%.*s%s\n", STR_ARGS(all), words[i]);
		}
	}
	return all;
}

static bool parse_flags(struct parsing *parsing, int argc, char **argv)
{
	struct options *options = parsing->options;
	struct option longs[FLAG_COUNT + 1] = {{0}};
	/* tell a missing argument from an unknown flag; what follows a command's name is its own */
	char shorts[2 * FLAG_COUNT + 3] = "+:";
	size_t at = 2;
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		longs[i] = (struct option){.name = cli_flags[i].name,
			.has_arg = cli_flags[i].argument == NULL ? no_argument : required_argument,
			.val = (int)cli_flags[i].id};
		if (cli_flags[i].letter != 0) {
			shorts[at++] = cli_flags[i].letter;
			if (cli_flags[i].argument != NULL) {
				shorts[at++] = ':';
			}
		}
	}
	const char *kept = options->verb == VERB_EXEC ? shorts : shorts + 1;
	opterr = 0;
	optind = 0; /* glibc: start anew, so that tests can parse many lines */
	for (int id; (id = getopt_long(argc, argv, kept, longs, NULL)) != -1;) {
		const struct cli_flag *flag = find_flag(id == ':' || id == '?' ? optopt : id);
		if (id == '?' && optopt > 0 && optopt < 256) {
			*parsing->error = arena_printf(parsing->arena, "there is no flag '-%c'", optopt);
			return false;
		}
		if (id == '?' && flag != NULL) {
			*parsing->error = arena_printf(parsing->arena, "--%s takes no value", flag->name);
			return false;
		}
		if (id == '?') {
			return unknown_flag(parsing, argv[optind - 1]);
		}
		assert(flag != NULL);
		if (id == ':') {
			*parsing->error =
				arena_printf(parsing->arena, "--%s needs a %s", flag->name, flag->argument);
			return false;
		}
		if ((flag->in & CLI_IN(options->verb)) == 0) {
			*parsing->error = arena_printf(
				parsing->arena, "%s does not take --%s", verb_name(options->verb), flag->name);
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
	if (options->verb == VERB_EXEC) {
		options->command = &argv[optind];
		options->flags = join_flags(parsing->arena, argv + 1, optind - 1);
		return true;
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
	bool writes = (CLI_IN(options->verb) & CLI_WRITERS) != 0;
	bool bytes_to_stdout =
		writes && (is_dash(options->output) || (from_stdin && options->output.len == 0));
	bool listed = options->files_from.len != 0;
	if (options->verb == VERB_EXEC && options->command[0] == NULL) {
		*parsing->error = STR("exec needs a command: reglue exec -- wasm-bindgen …");
	} else if (options->verb != VERB_EXEC && options->path_count == 0 && !listed) {
		*parsing->error = arena_printf(parsing->arena, "%s needs a PATH", name);
	} else if (from_stdin && (options->path_count > 1 || listed)) {
		*parsing->error = STR("stdin (-) must be the only PATH");
	} else if (options->output.len != 0 && (options->path_count > 1 || listed)) {
		*parsing->error = STR("--output takes a single PATH");
	} else if (options->stdin_filepath.len != 0 && !from_stdin) {
		*parsing->error = STR("--stdin-filepath is for stdin (-)");
	} else if (is_dash(options->report) && (bytes_to_stdout || options->diff)) {
		*parsing->error = arena_printf(parsing->arena,
			"stdout cannot carry the report and %s; give --report a file",
			options->diff ? "the diff" : "the file");
	} else if (options->format != FORMAT_TEXT &&
			   (bytes_to_stdout || options->diff || is_dash(options->report))) {
		*parsing->error = arena_printf(parsing->arena, "stdout cannot carry --format %s and %s",
			cli_formats[options->format],
			bytes_to_stdout ? "the file"
			: options->diff ? "the diff"
							: "the report");
	} else if (is_dash(options->report) && options->verb == VERB_EXEC) {
		*parsing->error = STR("stdout is the command's; give --report a file");
	} else if (options->timings && options->report.len == 0 && options->report_html.len == 0) {
		*parsing->error = STR("--timings is for --report and --report-html");
	} else if (options->null_separated && !listed) {
		*parsing->error = STR("--null is for --files-from");
	} else if (options->config.len != 0 && options->no_config) {
		*parsing->error = STR("--config and --no-config exclude each other");
	} else if (options->quiet && options->verbose) {
		*parsing->error = STR("--quiet and --verbose exclude each other");
	} else {
		return true;
	}
	return false;
}

/* The first word after `report` says what to do with the others. */
static bool check_report(struct parsing *parsing)
{
	struct options *options = parsing->options;
	struct str action = options->path_count == 0 ? STR("") : options->paths[0];
	for (int i = REPORT_MERGE; i <= REPORT_HTML; i++) {
		if (!str_equal(action, str_from(cli_report_actions[i]))) {
			continue;
		}
		options->report_action = (enum report_action)i;
		options->paths++;
		options->path_count--;
		bool several = i == REPORT_MERGE;
		if (options->path_count == 0 || (!several && options->path_count > 1)) {
			*parsing->error = arena_printf(parsing->arena, "report %s needs %s",
				cli_report_actions[i], several ? "a REPORT" : "one REPORT");
			return false;
		}
		return true;
	}
	if (options->path_count == 0) {
		*parsing->error = STR("report needs merge or html, and a REPORT");
	} else {
		struct str hint = did_you_mean(parsing->arena, action, cli_report_actions, "");
		*parsing->error = arena_printf(parsing->arena, "report does merge or html, not '%.*s'%.*s",
			STR_ARGS(action), STR_ARGS(hint));
	}
	return false;
}

static bool check_shell(struct parsing *parsing)
{
	struct options *options = parsing->options;
	for (int i = SHELL_BASH; i <= SHELL_FISH && options->path_count == 1; i++) {
		if (str_equal(options->paths[0], str_from(cli_shells[i]))) {
			options->shell = (enum shell)i;
			return true;
		}
	}
	*parsing->error = STR("completions needs a shell: bash, zsh or fish");
	return false;
}

bool options_parse(
	struct arena *arena, int argc, char **argv, struct options *options, struct str *error)
{
	size_t most = argc < 1 ? 1 : (size_t)argc;
	*options = (struct options){
		.verb = VERB_COUNT,
		.help_about = VERB_COUNT,
		.paths = arena_array(arena, struct str, most),
		.jobs = 1,
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
	if (!find_verb(&parsing, first, &options->verb) || !parse_flags(&parsing, argc - 1, argv + 1)) {
		return false;
	}
	switch (options->verb) {
	case VERB_HELP:
		if (options->path_count > 1) {
			*error = STR("help takes one VERB or CODE");
			return false;
		}
		return options->path_count == 0 || find_subject(&parsing, options->paths[0]);
	case VERB_VERSION:
		return true;
	case VERB_REPORT:
		return check_report(&parsing);
	case VERB_COMPLETIONS:
		return check_shell(&parsing);
	default:
		return check_combination(&parsing);
	}
}
