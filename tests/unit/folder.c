#include "folder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "buf.h"

struct str folder_enter(struct arena *arena)
{
	const char *temp = getenv("TMPDIR");
	struct str folder = arena_printf(
		arena, "%s/reglue-test-XXXXXX", temp == NULL || temp[0] == '\0' ? "/tmp" : temp);
	cr_assert(mkdtemp((char *)folder.data) != NULL);
	cr_assert(chdir(folder.data) == 0);
	return folder;
}

void folder_leave(struct arena *arena, struct str folder)
{
	cr_assert(chdir("/") == 0);
	struct str command = arena_printf(arena, "rm -rf '%s'", folder.data);
	cr_assert(system(command.data) == 0);
}

void folder_write(struct arena *arena, struct str path, struct str bytes)
{
	FILE *file = fopen(arena_copy(arena, path).data, "wb");
	cr_assert(file != NULL, "%.*s", STR_ARGS(path));
	cr_assert(bytes.len == 0 || fwrite(bytes.data, bytes.len, 1, file) == 1);
	cr_assert(fclose(file) == 0);
}

struct str folder_read(struct arena *arena, struct str path)
{
	FILE *file = fopen(arena_copy(arena, path).data, "rb");
	cr_assert(file != NULL, "%.*s", STR_ARGS(path));
	struct buf bytes = BUF_INIT;
	char part[4096];
	for (size_t got; (got = fread(part, 1, sizeof(part), file)) != 0;) {
		buf_add(&bytes, (struct str){part, got});
	}
	fclose(file);
	struct str copy = arena_copy(arena, buf_str(&bytes));
	buf_finish(&bytes);
	return copy;
}
