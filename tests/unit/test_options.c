#include <criterion/criterion.h>

#include "help.h"
#include "options.h"
#include "suggest.h"

static struct arena *arena;
static struct options options;
static struct str error;

static void setup(void)
{
	arena = arena_create();
}

static void teardown(void)
{
	arena_destroy(arena);
}

TestSuite(options, .init = setup, .fini = teardown);

/* Parses a line with blanks between the words; ~ stands for an empty word. */
static bool parse(const char *line)
{
	char *copy = (char *)arena_copy(arena, str_from(line)).data;
	char *argv[32] = {(char *)"reglue"};
	int argc = 1;
	for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
		argv[argc++] = strcmp(word, "~") == 0 ? (char *)"" : word;
	}
	error = STR("");
	return options_parse(arena, argc, argv, &options, &error);
}

static void expect_error(const char *line, const char *text)
{
	cr_assert(!parse(line), "%s", line);
	cr_assert(str_equal(error, str_from(text)), "%s: %.*s", line, STR_ARGS(error));
}

Test(options, everything_at_once)
{
	cr_assert(parse("patch -rq --report=r.json a --policy eager --budget 0 --exclude x "
					"--exclude y --reconstruct C --stale-closures throw --foreign-throw poison "
					"--color never --allow-empty b -- -c"));
	cr_assert(options.verb == VERB_PATCH && options.recursive && options.quiet);
	cr_assert(options.allow_empty && !options.verbose && options.color == COLOR_NEVER);
	cr_assert(options.path_count == 3 && str_equal(options.paths[2], STR("-c")));
	cr_assert(str_equal(options.report, STR("r.json")));
	cr_assert_str_eq(options.patch.policy, "eager");
	cr_assert_str_eq(options.patch.stale_closures, "throw");
	cr_assert_str_eq(options.patch.foreign_throw, "poison");
	cr_assert(options.patch.budget == 0 && options.patch.exclude_count == 2);
	cr_assert(str_equal(options.patch.exclude[1], STR("y")));
	cr_assert(options.patch.reconstruct_count == 1);
}

Test(options, defaults)
{
	struct patch_options standard = PATCH_OPTIONS_DEFAULT;
	cr_assert(parse("check --diff a"));
	cr_assert(options.verb == VERB_CHECK && options.diff);
	cr_assert_str_eq(options.patch.policy, standard.policy);
	cr_assert(options.patch.budget == standard.budget);
}

Test(options, help_and_version)
{
	cr_assert(parse("--help") && options.verb == VERB_HELP);
	cr_assert(options.help_about == VERB_COUNT);
	cr_assert(parse("help patch") && options.help_about == VERB_PATCH);
	cr_assert(parse("check -h") && options.verb == VERB_HELP);
	cr_assert(options.help_about == VERB_CHECK);
	cr_assert(parse("--version") && options.verb == VERB_VERSION);
	cr_assert(parse("patch --version") && options.verb == VERB_VERSION);
	expect_error("help pach", "there is no verb or code 'pach'; did you mean patch?");
}

Test(options, help_tells_every_flag_and_status)
{
	struct str help = help_text(arena, VERB_PATCH);
	static const char *const parts[] = {"--recursive", "--output", "--stdin-filepath", "--report",
		"--policy", "--budget", "--stale-closures", "--foreign-throw", "--exclude", "--reconstruct",
		"--allow-empty", "--quiet", "--verbose", "--color", "Exit status:", "  0   done",
		"  70  an internal"};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		cr_assert(str_find(help, str_from(parts[i])) != (size_t)-1, "%s", parts[i]);
	}
	cr_assert(str_find(help, STR("--diff")) == (size_t)-1);
	struct str program = help_text(arena, VERB_COUNT);
	cr_assert(str_find(program, STR("inspect PATH")) != (size_t)-1);
	/* the defaults that the help tells are those in force */
	cr_assert(PATCH_OPTIONS_DEFAULT.budget == 16);
}

Test(options, usage_errors)
{
	expect_error("", "a verb is missing");
	expect_error("pathc a", "there is no verb 'pathc'; did you mean patch?");
	expect_error("xyzzy", "there is no verb 'xyzzy'");
	expect_error("-r patch a", "the verb comes first, then -r");
	expect_error("patch", "patch needs a PATH");
	expect_error("patch ~", "a PATH is empty");
	expect_error("patch --polcy=lazy a", "there is no flag '--polcy'; did you mean --policy?");
	expect_error("patch -x a", "there is no flag '-x'");
	expect_error("patch --diff a", "patch does not take --diff");
	expect_error("revert --policy lazy a", "revert does not take --policy");
	expect_error("patch a --report", "--report needs a FILE");
	expect_error("patch a --report=", "--report needs a FILE that is not empty");
	expect_error("patch a -o", "--output needs a FILE");
	expect_error("patch --quiet=yes a", "--quiet takes no value");
	expect_error("patch --policy lasy a",
		"--policy is one of lazy, eager, manual, never, heal, not 'lasy'; did you mean lazy?");
	expect_error("patch --budget -1 a", "--budget is a number of recoveries a minute, not '-1'");
	expect_error("patch --budget 99999999999 a",
		"--budget is a number of recoveries a minute, not '99999999999'");
	expect_error("patch -o x a b", "--output takes a single PATH");
	expect_error("patch - a", "stdin (-) must be the only PATH");
	expect_error("patch --stdin-filepath x a", "--stdin-filepath is for stdin (-)");
	expect_error(
		"patch - --report -", "stdout cannot carry the report and the file; give --report a file");
	expect_error("check --diff --report - a",
		"stdout cannot carry the report and the diff; give --report a file");
	expect_error("patch -q -v a", "--quiet and --verbose exclude each other");
}

Test(options, suggestions)
{
	static const char *const words[] = {"patch", "check", "revert", NULL};
	cr_assert_str_eq(suggest(STR("ptach"), words), "patch");
	cr_assert_str_eq(suggest(STR("chek"), words), "check");
	cr_assert_str_eq(suggest(STR("rev"), words), "revert");
	cr_assert(suggest(STR("zzz"), words) == NULL);
	cr_assert(suggest(STR(""), words) == NULL);
	char long_word[100];
	memset(long_word, 'a', sizeof(long_word));
	cr_assert(suggest((struct str){long_word, sizeof(long_word)}, words) == NULL);
}
