#include "wasm_file.h"

#include "buf.h"
#include "os.h"
#include "source.h"
#include "wasm_leaves.h"

enum { MAGIC = 8 };

static size_t read_at(const void *from, uint64_t offset, void *to, size_t count)
{
	const int *descriptor = from;
	return os_read_at(*descriptor, offset, to, count);
}

/* Gives where the next section begins; 0 at the end, or where the file is broken, which `out` then is, too. */
static uint64_t take_section(
	int descriptor, uint64_t offset, struct buf *out, struct wasm_code *code)
{
	char bytes[WASM_LONGEST_HEAD], last;
	bool reads = false;
	struct str start = {bytes, os_read_at(descriptor, offset, bytes, sizeof(bytes))};
	if (start.len == 0) {
		return 0;
	}
	size_t head_len;
	uint64_t size = wasm_section_size(start, &head_len, &reads);
	if (size == 0 || size > SOURCE_MAX_BYTES - out->len ||
		os_read_at(descriptor, offset + size - 1, &last, 1) == 0) {
		buf_add(out, STR("\1\1")); /* a section longer than the file */
		return 0;
	}
	struct wasm_place content = {offset + head_len, size - head_len};
	if (bytes[0] == WASM_SECTION_TYPE) {
		code->types = content;
	} else if (bytes[0] == WASM_SECTION_FUNCTION) {
		code->functions = content;
	} else if (bytes[0] == WASM_SECTION_CODE) {
		code->bodies = content;
	}
	if (reads) {
		buf_reserve(out, (size_t)size);
		out->len += os_read_at(descriptor, offset, out->data + out->len, (size_t)size);
	}
	return offset + size;
}

bool wasm_file_read(
	struct arena *arena, struct str path, struct wasm_file *file, struct diags *diags)
{
	int descriptor = os_open_file(arena, path, diags);
	if (descriptor < 0) {
		return false;
	}
	struct buf out = BUF_INIT;
	struct wasm_code code = {.read = read_at, .from = &descriptor};
	struct wasm_facts facts;
	buf_reserve(&out, MAGIC);
	out.len = os_read_at(descriptor, 0, out.data, MAGIC);
	for (uint64_t offset = out.len; offset != 0;) {
		offset = take_section(descriptor, offset, &out, &code);
	}
	*file = (struct wasm_file){.module = arena_copy(arena, buf_str(&out))};
	buf_finish(&out);
	if (wasm_read(file->module, &facts)) {
		file->leaves = wasm_leaves(arena, &facts, &code);
	}
	os_close(descriptor);
	return true;
}
