/* The reader of the wasm beside a glue: made-up modules, byte by byte, and broken ones. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "wasm.h"
#include "wasm_file.h"

#define MAGIC "\0asm\1\0\0\0"
#define MODULE(bytes) ((struct str){MAGIC bytes, sizeof(MAGIC bytes) - 1})

/* A module of one section, shorter than 128 bytes. */
#define SECTION(id, content) section(id, content, sizeof(content) - 1)

static struct str section(char id, const char *content, size_t len)
{
	static char module[256];
	cr_assert_lt(len, 128);
	memcpy(module, MAGIC, 8);
	module[8] = id;
	module[9] = (char)len;
	memcpy(module + 10, content, len);
	return (struct str){module, len + 10};
}

Test(wasm, an_empty_module)
{
	struct wasm_facts facts;
	cr_assert(wasm_read(MODULE(""), &facts));
	cr_assert_eq(facts.exports, 0);
	cr_assert(!facts.shared_memory && !facts.imports_memory && !facts.moves_stack);
}

Test(wasm, imported_memories_and_their_flags)
{
	struct wasm_facts facts;
	/* (import "a" "m" (memory 1)), then the same shared with a maximum */
	cr_assert(wasm_read(SECTION(2, "\1\1a\1m\2\0\1"), &facts));
	cr_assert(facts.imports_memory && !facts.shared_memory);
	cr_assert(wasm_read(SECTION(2, "\1\1a\1m\2\3\1\2"), &facts));
	cr_assert(facts.imports_memory && facts.shared_memory);
}

Test(wasm, imports_of_every_kind_are_passed_over)
{
	struct wasm_facts facts;
	/* function, table, global, tag, then a shared memory that must still be found */
	cr_assert(wasm_read(SECTION(2, "\5\1a\1f\0\3\1a\1t\1\157\0\1\1a\1g\3\177\1\1a\1x\4\0\2"
								   "\1a\1m\2\3\1\2"),
		&facts));
	cr_assert(facts.shared_memory);
}

Test(wasm, exports_of_the_shadow_stack)
{
	struct wasm_facts facts;
	cr_assert(wasm_read(SECTION(7, "\1\37__wbindgen_add_to_stack_pointer\0\0"), &facts));
	cr_assert(facts.moves_stack && !facts.exports_stack);
	cr_assert_eq(facts.exports, 1);
	cr_assert(wasm_read(SECTION(7, "\1\17__stack_pointer\3\0"), &facts));
	cr_assert(facts.exports_stack && !facts.moves_stack);
}

/* One import of a table, two tables of its own, and an export of the one with that index. */
static bool exports_function_table(const char *own, size_t len, char index)
{
	char module[128];
	struct wasm_facts facts;
	size_t at = 0;
	struct str parts[] = {MODULE("\2\11\1\1a\1t\1\157\0\1"), {own, len}, STR("\7\5\1\1t\1")};
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		memcpy(module + at, parts[i].data, parts[i].len);
		at += parts[i].len;
	}
	module[at++] = index;
	cr_assert(wasm_read((struct str){module, at}, &facts));
	return facts.function_tables;
}

Test(wasm, exported_tables_of_functions)
{
	static const char plain[] = "\4\7\2\160\0\1\157\0\1",
					  initialized[] = "\4\12\1\100\0\157\0\1\320\157\13\0";
	cr_assert(
		!exports_function_table(plain, sizeof(plain) - 1, 0)); /* the imported one: externrefs */
	cr_assert(exports_function_table(plain, sizeof(plain) - 1, 1));
	cr_assert(!exports_function_table(plain, sizeof(plain) - 1, 2));
	cr_assert(exports_function_table(plain, sizeof(plain) - 1, 3)); /* there is none */
	cr_assert(exports_function_table(initialized, sizeof(initialized) - 1, 1));
}

Test(wasm, versions_come_from_producers)
{
	struct wasm_facts facts;
	cr_assert(wasm_read(SECTION(0, "\11producers\1\14processed-by\1\14wasm-bindgen\13"
								   "0.2.100 (a)"),
		&facts));
	cr_assert(str_equal(facts.bindgen, STR("0.2.100")));
}

Test(wasm, what_is_no_module_is_refused)
{
	struct wasm_facts facts;
	cr_assert(!wasm_read(STR(""), &facts));
	cr_assert(!wasm_read(STR("hello"), &facts));
	cr_assert(!wasm_read(MODULE("\2\177"), &facts), "a section longer than the file");
	cr_assert(!wasm_read(MODULE("\7\2\377\377"), &facts), "a number without an end");
}

/* Every prefix, and every byte replaced: no crash, no read past the end (the sanitizers watch). */
Test(wasm, broken_modules_are_survived)
{
	struct str whole =
		SECTION(2, "\5\1a\1f\0\3\1a\1t\1\157\0\1\1a\1g\3\177\1\1a\1x\4\0\2\1a\1m\2\3\1\2");
	struct wasm_facts facts;
	for (size_t len = 0; len < whole.len; len++) {
		char *copy = malloc(len + 1);
		memcpy(copy, whole.data, len);
		wasm_read((struct str){copy, len}, &facts);
		for (int byte = 0; len > 0 && byte < 256; byte += 5) {
			copy[len - 1] = (char)byte;
			wasm_read((struct str){copy, len}, &facts);
		}
		free(copy);
	}
}

static void expect_the_same_of_the_file(struct arena *arena, struct str module)
{
	struct wasm_facts whole, part;
	struct diags diags = {0};
	struct wasm_file file;
	folder_write(arena, STR("m.wasm"), module);
	cr_assert(wasm_file_read(arena, STR("m.wasm"), &file, &diags));
	bool good = wasm_read(module, &whole);
	cr_assert_eq(wasm_read(file.module, &part), good, "%zu bytes", module.len);
	if (good) {
		cr_assert(str_equal(part.imports, whole.imports) && str_equal(part.bindgen, whole.bindgen));
		cr_assert_eq(part.exports, whole.exports);
		cr_assert_eq(part.tables, whole.tables);
		cr_assert_eq(part.imports_memory, whole.imports_memory);
		cr_assert_eq(part.moves_stack, whole.moves_stack);
	}
}

/* What is read of a file tells the same as all of it, however broken it is. */
Test(wasm, of_a_file_only_what_matters_is_read)
{
	struct arena *arena = arena_create();
	struct str folder = folder_enter(arena);
	struct wasm_file file;
	struct diags diags = {0};
	struct str module =
		MODULE("\1\4\1\140\0\0"                                /* types */
			   "\2\10\1\1a\1m\2\0\1"                           /* imports */
			   "\0\6\4name\7"                                  /* debug names */
			   "\7\43\1\37__wbindgen_add_to_stack_pointer\0\0" /* exports */
			   "\12\3abc"                                      /* code */
			   "\0\62\11producers\1\14processed-by\1\14wasm-bindgen\0130.2.100 (a)");
	expect_the_same_of_the_file(arena, module);
	cr_assert(wasm_file_read(arena, STR("m.wasm"), &file, &diags));
	cr_assert_eq(file.module.len, module.len - 6 - 8 - 5, "types, names and code are left out");
	for (size_t len = 0; len < module.len; len++) {
		char *copy = malloc(len + 1);
		memcpy(copy, module.data, len + 1);
		expect_the_same_of_the_file(arena, (struct str){copy, len});
		for (int byte = 0; byte < 256; byte += 15) {
			copy[len] = (char)byte;
			expect_the_same_of_the_file(arena, (struct str){copy, len + 1});
		}
		free(copy);
	}
	cr_assert(!wasm_file_read(arena, STR("missing.wasm"), &file, &diags));
	cr_assert_not_null(diags.first);
	folder_leave(arena, folder);
	arena_destroy(arena);
}

Test(wasm, the_name_is_found_in_the_glue)
{
	cr_assert(str_equal(wasm_name_in(STR("path.join(d, 'x-y_bg.wasm')")), STR("x-y_bg.wasm")));
	cr_assert(str_equal(wasm_name_in(STR("`${__dirname}/a_bg.wasm`")), STR("a_bg.wasm")));
	cr_assert(str_equal(wasm_name_in(STR("// see _bg.wasm\n\"b_bg.wasm\"")), STR("b_bg.wasm")));
	cr_assert_eq(wasm_name_in(STR("nothing_bg.wasmx")).len, 0);
}
