#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "folder.h"
#include "os.h"
#include "random.h"

static struct arena *arena;
static struct str folder;
static struct diags diags;

static void setup(void)
{
	arena = arena_create();
	folder = folder_enter(arena);
	diags = (struct diags){0};
}

static void teardown(void)
{
	folder_leave(arena, folder);
	arena_destroy(arena);
}

TestSuite(os, .init = setup, .fini = teardown, .timeout = 120);

/* The linker puts this in place of renameat (tests/unit/meson.build). */
static int renames_until_failure = -1;
int __real_renameat(int from, const char *old, int to, const char *new);
int __wrap_renameat(int from, const char *old, int to, const char *new);
int __wrap_renameat(int from, const char *old, int to, const char *new)
{
	if (renames_until_failure-- == 0) {
		errno = EIO;
		return -1;
	}
	return __real_renameat(from, old, to, new);
}

static void expect_error(const char *text)
{
	cr_assert(diags.first != NULL);
	cr_assert_str_eq(diags.first->text.data, text);
	diags = (struct diags){0};
}

static void expect_names(const char *expected)
{
	FILE *list = popen("ls -A | tr '\\n' ' '", "r");
	char names[200] = "";
	size_t len = fread(names, 1, sizeof(names) - 1, list);
	names[len] = '\0';
	pclose(list);
	cr_assert_str_eq(names, expected);
}

Test(os, reads_what_is_there)
{
	struct str bytes;
	folder_write(arena, STR("a"), STR("x\0y"));
	cr_assert(os_read_file(arena, STR("a"), 3, &bytes, &diags));
	cr_assert(str_equal(bytes, STR("x\0y")));
	folder_write(arena, STR("empty"), STR(""));
	cr_assert(os_read_file(arena, STR("empty"), 3, &bytes, &diags));
	cr_assert(bytes.len == 0);
}

Test(os, says_why_it_cannot_read)
{
	struct str bytes;
	cr_assert(!os_read_file(arena, STR("none"), 3, &bytes, &diags));
	expect_error("cannot read: No such file or directory");
	cr_assert(!os_read_file(arena, STR("."), 3, &bytes, &diags));
	expect_error("is a directory");
	cr_assert(mkfifo("pipe", 0600) == 0);
	cr_assert(!os_read_file(arena, STR("pipe"), 3, &bytes, &diags));
	expect_error("is not a regular file");
	folder_write(arena, STR("big"), STR("1234"));
	cr_assert(!os_read_file(arena, STR("big"), 3, &bytes, &diags));
	expect_error("cannot read: File too large");
}

static void walked(bool recursive, const char *root, const char *expected)
{
	static const struct str suffixes[] = {{".js", 3}, {".mjs", 4}};
	struct os_walk walk = {.suffixes = suffixes, .suffix_count = 2, .recursive = recursive};
	os_walk(arena, str_from(root), &walk);
	struct os_entries entries = walk.found;
	struct buf names = BUF_INIT;
	for (uint32_t i = 0; i < entries.count; i++) {
		buf_printf(&names, "%s%s ", entries.items[i].path.data,
			entries.items[i].error.len == 0 ? "" : "!");
	}
	cr_assert(str_equal(buf_str(&names), str_from(expected)), "%.*s", STR_ARGS(buf_str(&names)));
	buf_finish(&names);
}

Test(os, walks_sorted_and_passes_over)
{
	cr_assert(system("mkdir -p t/b/node_modules t/b/c t/.git t/node_modules && cd t &&"
					 "touch z.js a.mjs b.json b/x.js b/node_modules/y.js b/c/d.js .git/e.js "
					 "node_modules/f.js && ln -s z.js link.js && ln -s . loop") == 0);
	walked(false, "t", "t/a.mjs t/z.js ");
	walked(true, "t", "t/a.mjs t/b/c/d.js t/b/x.js t/z.js ");
	walked(true, "t/", "t/a.mjs t/b/c/d.js t/b/x.js t/z.js ");
	walked(true, "t/node_modules", "t/node_modules/f.js ");
	walked(true, "none", "none! ");
	cr_assert(os_kind(arena, STR("t/loop")) == OS_DIRECTORY);
	cr_assert(os_kind(arena, STR("t/link.js")) == OS_FILE);
	cr_assert(os_kind(arena, STR("t/none")) == OS_MISSING);
	cr_assert(os_kind(arena, STR("/dev/null")) == OS_OTHER);
}

Test(os, writes_keeping_mode_and_link)
{
	cr_assert(mkdir("d", 0700) == 0);
	folder_write(arena, STR("d/real"), STR("old"));
	cr_assert(chmod("d/real", 0754) == 0);
	cr_assert(symlink("d/real", "link") == 0);
	struct os_write write = {STR("link"), STR("new"), STR("old"), true};
	cr_assert(os_write_files(arena, &write, 1, &diags, NULL));
	struct stat status;
	cr_assert(lstat("link", &status) == 0 && S_ISLNK(status.st_mode));
	cr_assert(stat("d/real", &status) == 0 && (status.st_mode & 07777) == 0754);
	cr_assert(str_equal(folder_read(arena, STR("d/real")), STR("new")));
	expect_names("d link ");
}

Test(os, new_files_get_the_usual_mode)
{
	umask(022);
	cr_assert(os_write_file(arena, STR("new"), STR("x"), &diags));
	struct stat status;
	cr_assert(stat("new", &status) == 0 && (status.st_mode & 07777) == 0644);
	cr_assert(os_write_file(arena, STR("/dev/null"), STR("x"), &diags));
	cr_assert(!os_write_file(arena, STR("no/such"), STR("x"), &diags));
	expect_error("cannot write: No such file or directory");
	cr_assert(symlink("nowhere", "dangling") == 0);
	cr_assert(!os_write_file(arena, STR("dangling"), STR("x"), &diags));
	expect_names("dangling new ");
}

Test(os, all_or_nothing)
{
	folder_write(arena, STR("a"), STR("a1"));
	folder_write(arena, STR("b"), STR("b1"));
	folder_write(arena, STR("c"), STR("c1"));
	struct os_write writes[] = {
		{STR("a"), STR("a2"), STR("a1"), true},
		{STR("new"), STR("n2"), STR(""), false},
		{STR("b"), STR("b2"), STR("b1"), true},
		{STR("c"), STR("c2"), STR("c1"), true},
	};
	uint32_t failed;
	for (int at = 0; at < 4; at++) {
		renames_until_failure = at;
		cr_assert(!os_write_files(arena, writes, 4, &diags, &failed));
		cr_assert(failed == (uint32_t)at);
		expect_error("cannot write: Input/output error");
		cr_assert(str_equal(folder_read(arena, STR("a")), STR("a1")));
		cr_assert(str_equal(folder_read(arena, STR("b")), STR("b1")));
		cr_assert(str_equal(folder_read(arena, STR("c")), STR("c1")));
		expect_names("a b c ");
	}
	writes[2].previous = STR("other");
	cr_assert(!os_write_files(arena, writes, 4, &diags, &failed));
	cr_assert(failed == 2);
	expect_error("not written: it was changed by someone else meanwhile");
	expect_names("a b c ");
	writes[2].previous = STR("b1");
	cr_assert(os_write_files(arena, writes, 4, &diags, &failed));
	expect_names("a b c new ");
	cr_assert(str_equal(folder_read(arena, STR("c")), STR("c2")));
}

/* Whenever the process is killed, the file is old or new. */
Test(os, a_kill_leaves_whole_files)
{
	char *texts[2];
	enum { SIZE = 300000 };
	for (int i = 0; i < 2; i++) {
		texts[i] = arena_alloc(arena, SIZE);
		memset(texts[i], 'a' + i, SIZE);
	}
	folder_write(arena, STR("f"), (struct str){texts[0], SIZE});
	struct random random = {1};
	for (int round = 0; round < 40; round++) {
		pid_t child = fork();
		if (child == 0) {
			for (int i = 1;; i = !i) {
				if (!os_write_file(arena, STR("f"), (struct str){texts[i], SIZE}, &diags)) {
					_exit(1);
				}
			}
		}
		nanosleep(&(struct timespec){.tv_nsec = 1000 * random_below(&random, 8000)}, NULL);
		kill(child, SIGKILL);
		int status;
		cr_assert(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
		struct str now = folder_read(arena, STR("f"));
		cr_assert(now.len == SIZE &&
				  (memcmp(now.data, texts[0], SIZE) == 0 || memcmp(now.data, texts[1], SIZE) == 0));
	}
}
