#include "wasm_file.h"

#include "buf.h"
#include "os.h"
#include "source.h"
#include "wasm.h"

enum { MAGIC = 8 };

/* Gives where the next section begins; 0 at the end, or where the file is broken, which `out` then is, too. */
static uint64_t take_section(int descriptor, uint64_t offset, struct buf *out)
{
	char bytes[WASM_LONGEST_HEAD], last;
	bool reads = false;
	struct str start = {bytes, os_read_at(descriptor, offset, bytes, sizeof(bytes))};
	if (start.len == 0) {
		return 0;
	}
	uint64_t size = wasm_section_size(start, &reads);
	if (size == 0 || size > SOURCE_MAX_BYTES - out->len ||
		os_read_at(descriptor, offset + size - 1, &last, 1) == 0) {
		buf_add(out, STR("\1\1")); /* a section longer than the file */
		return 0;
	}
	if (reads) {
		buf_reserve(out, (size_t)size);
		out->len += os_read_at(descriptor, offset, out->data + out->len, (size_t)size);
	}
	return offset + size;
}

bool wasm_file_read(struct arena *arena, struct str path, struct str *module, struct diags *diags)
{
	int descriptor = os_open_file(arena, path, diags);
	if (descriptor < 0) {
		return false;
	}
	struct buf out = BUF_INIT;
	buf_reserve(&out, MAGIC);
	out.len = os_read_at(descriptor, 0, out.data, MAGIC);
	for (uint64_t offset = out.len; offset != 0;) {
		offset = take_section(descriptor, offset, &out);
	}
	os_close(descriptor);
	*module = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return true;
}
