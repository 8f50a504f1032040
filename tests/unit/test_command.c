/* What no input brings about: a check of our own that fails. The linker lets it. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>

#include "command.h"
#include "folder.h"
#include "recheck.h"

static struct arena *arena;
static struct str folder;

bool __wrap_recheck(struct arena *in, const struct syntax *syntax, const struct tree *tree,
	const struct splice *splice, const struct recheck_known *known);

bool __wrap_recheck(struct arena *in, const struct syntax *syntax, const struct tree *tree,
	const struct splice *splice, const struct recheck_known *known)
{
	(void)in, (void)syntax, (void)tree, (void)splice, (void)known;
	return false;
}

static void setup(void)
{
	arena = arena_create();
	folder = folder_enter(arena);
	cr_redirect_stdout();
	cr_redirect_stderr();
}

static void teardown(void)
{
	folder_leave(arena, folder);
	arena_destroy(arena);
}

TestSuite(command, .init = setup, .fini = teardown, .timeout = 60);

static int run(int (*verb)(const struct options *options), const char *name)
{
	char *argv[] = {(char *)"reglue", (char *)name, (char *)"app.js", NULL};
	struct options options;
	struct str error;
	cr_assert(options_parse(arena, 3, argv, &options, &error));
	return verb(&options);
}

Test(command, a_failed_check_of_our_own_is_70_and_nothing_is_written)
{
	struct str glue =
		folder_read(arena, STR(SOURCE_ROOT "/fixtures/0.2.130/default/web/reglue_fixture.js"));
	folder_write(arena, STR("app.js"), glue);
	cr_assert_eq(run(command_check, "check"), STATUS_INTERNAL);
	cr_assert_eq(run(command_patch, "patch"), STATUS_INTERNAL);
	cr_assert(str_equal(folder_read(arena, STR("app.js")), glue));
	static const char line[] = "app.js: error: the patched text does not parse; please report this "
							   "file [internal]\n";
	cr_assert_stderr_eq_str(arena_printf(arena, "%s%s", line, line).data);
}
