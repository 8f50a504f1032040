#include "wasm.h"

#include "wasm_reader.h"

enum section {
	SECTION_CUSTOM = 0,
	SECTION_IMPORT = 2,
	SECTION_TABLE = 4,
	SECTION_MEMORY = 5,
	SECTION_EXPORT = 7
};
enum external { EXTERNAL_FUNCTION, EXTERNAL_TABLE, EXTERNAL_MEMORY, EXTERNAL_GLOBAL, EXTERNAL_TAG };

static struct str read_name(struct wasm_reader *r)
{
	return read_bytes(r, read_number(r));
}

/* flags: 1 has a maximum, 2 shared, 4 64-bit, 8 has a page size */
static bool read_limits(struct wasm_reader *r)
{
	uint64_t flags = read_number(r);
	read_number(r);
	if (flags & 1) {
		read_number(r);
	}
	if (flags & 8) {
		read_number(r);
	}
	return (flags & 2) != 0;
}

static void read_table(struct wasm_reader *r, struct wasm_facts *facts)
{
	enum { EXTERNREF = 0x6f };
	bool externref = read_value_type(r) == EXTERNREF;
	read_limits(r);
	if (facts->tables < 64) {
		facts->externref_tables |= (uint64_t)externref << facts->tables;
	}
	facts->tables++;
}

/* Its name has had three forms, the second in 0.2.101 to 0.2.104. */
static bool is_throw(struct str name)
{
	return str_equal(name, STR("__wbindgen_throw")) ||
	       str_starts(name, STR("__wbg_wbindgenthrow_")) ||
	       str_starts(name, STR("__wbg___wbindgen_throw_"));
}

static struct wasm_import read_import(struct wasm_reader *r, struct wasm_facts *facts)
{
	struct wasm_import import = {.module = read_name(r)};
	import.name = read_name(r);
	switch (read_byte(r)) {
	case EXTERNAL_FUNCTION:
		read_number(r);
		import.function = true;
		import.throws = is_throw(import.name);
		facts->throws |= import.throws;
		break;
	case EXTERNAL_TABLE:
		read_table(r, facts);
		break;
	case EXTERNAL_MEMORY:
		facts->imports_memory = true;
		facts->shared_memory |= read_limits(r);
		break;
	case EXTERNAL_GLOBAL:
		read_value_type(r);
		read_byte(r);
		break;
	case EXTERNAL_TAG:
		read_byte(r);
		read_number(r);
		break;
	default:
		r->failed = true;
		break;
	}
	return import;
}

static void read_imports(struct wasm_reader *r, struct wasm_facts *facts)
{
	uint64_t left = read_number(r);
	struct str all = r->left;
	for (; left > 0 && !r->failed; left--) {
		read_import(r, facts);
	}
	facts->imports = str_slice(all, 0, all.len - r->left.len);
}

bool wasm_next_import(struct str *section, struct wasm_import *import)
{
	struct wasm_reader r = {.left = *section};
	struct wasm_facts ignored = {0};
	if (section->len == 0) {
		return false;
	}
	*import = read_import(&r, &ignored);
	*section = r.left;
	return !r.failed;
}

/* A table with an initializer (0x40) ends it: those from there on count as tables of functions. */
static void read_tables(struct wasm_reader *r, struct wasm_facts *facts)
{
	for (uint64_t left = read_number(r); left > 0 && !r->failed; left--) {
		if (r->left.len != 0 && r->left.data[0] == 0x40) {
			break;
		}
		read_table(r, facts);
	}
}

static void read_memories(struct wasm_reader *r, struct wasm_facts *facts)
{
	for (uint64_t left = read_number(r); left > 0 && !r->failed; left--) {
		facts->shared_memory |= read_limits(r);
	}
}

static struct wasm_export read_export(struct wasm_reader *r, uint8_t *kind)
{
	struct wasm_export export = {.name = read_name(r)};
	*kind = read_byte(r);
	export.function = *kind == EXTERNAL_FUNCTION;
	export.index = (uint32_t)read_number(r);
	return export;
}

bool wasm_next_export(struct str *section, struct wasm_export *export)
{
	struct wasm_reader r = {.left = *section};
	uint8_t kind;
	if (section->len == 0) {
		return false;
	}
	*export = read_export(&r, &kind);
	*section = r.left;
	return !r.failed;
}

static void read_exports(struct wasm_reader *r, struct wasm_facts *facts)
{
	uint64_t left = read_number(r);
	struct str all = r->left;
	for (; left > 0 && !r->failed; left--) {
		uint8_t kind;
		struct wasm_export export = read_export(r, &kind);
		struct str name = export.name;
		uint32_t index = export.index;
		facts->exports++;
		facts->function_tables |=
			kind == EXTERNAL_TABLE && (index >= 64 || (facts->externref_tables >> index & 1) == 0);
		facts->moves_stack |=
			kind == EXTERNAL_FUNCTION && str_equal(name, STR("__wbindgen_add_to_stack_pointer"));
		facts->exports_stack |= kind == EXTERNAL_GLOBAL && str_equal(name, STR("__stack_pointer"));
		facts->asyncify |= kind == EXTERNAL_FUNCTION && str_starts(name, STR("asyncify_"));
	}
	facts->exported = str_slice(all, 0, all.len - r->left.len);
}

static void read_producers(struct wasm_reader *r, struct wasm_facts *facts)
{
	for (uint64_t fields = read_number(r); fields > 0 && !r->failed; fields--) {
		read_name(r);
		for (uint64_t values = read_number(r); values > 0 && !r->failed; values--) {
			struct str tool = read_name(r), version = read_name(r);
			if (str_equal(tool, STR("wasm-bindgen"))) {
				/* "0.2.100 (2405ec2b4)": the hash is nobody's concern */
				size_t blank = str_find(version, STR(" "));
				facts->bindgen = blank == (size_t)-1 ? version : str_slice(version, 0, blank);
			} else if (str_equal(tool, STR("rustc"))) {
				facts->rustc = version;
			}
		}
	}
}

typedef void section_reader(struct wasm_reader *section, struct wasm_facts *facts);

/* What reads a section, NULL if nothing does; takes the name off a custom one. */
static section_reader *find_reader(uint8_t id, struct wasm_reader *section)
{
	switch (id) {
	case SECTION_IMPORT:
		return read_imports;
	case SECTION_TABLE:
		return read_tables;
	case SECTION_MEMORY:
		return read_memories;
	case SECTION_EXPORT:
		return read_exports;
	case SECTION_CUSTOM:
		return str_equal(read_name(section), STR("producers")) ? read_producers : NULL;
	default:
		return NULL;
	}
}

bool wasm_read(struct str bytes, struct wasm_facts *facts)
{
	*facts = (struct wasm_facts){0};
	if (!str_starts(bytes, (struct str){"\0asm\1\0\0\0", 8})) {
		return false;
	}
	struct wasm_reader module = {.left = str_slice(bytes, 8, bytes.len)};
	while (module.left.len != 0 && !module.failed) {
		uint8_t id = read_byte(&module);
		struct wasm_reader section = {.left = read_bytes(&module, read_number(&module))};
		section_reader *read = find_reader(id, &section);
		if (read != NULL) {
			read(&section, facts);
		}
		module.failed |= section.failed;
	}
	return !module.failed;
}

uint64_t wasm_section_size(struct str start, size_t *head_len, bool *reads)
{
	struct wasm_reader head = {.left = start};
	uint8_t id = read_byte(&head);
	uint64_t size = read_number(&head);
	bool whole = size <= head.left.len;
	struct wasm_reader content = {
		.left = str_slice(head.left, 0, whole ? (size_t)size : head.left.len)};
	/* a name that does not fit into its section is for wasm_read() to find */
	*reads = find_reader(id, &content) != NULL || (content.failed && whole);
	*head_len = start.len - head.left.len;
	return head.failed ? 0 : size > UINT32_MAX ? UINT64_MAX : *head_len + size;
}

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '-' || c == '.' || c == '@';
}

/* The next such name, taken off `rest` with all before it; empty if there is none. */
static struct str take_name(struct str *rest)
{
	struct str ending = STR("_bg.wasm");
	for (size_t at; (at = str_find(*rest, ending)) != (size_t)-1;) {
		struct str text = *rest;
		size_t start = at, end = at + ending.len;
		*rest = str_slice(text, end, text.len);
		while (start > 0 && is_name_byte(text.data[start - 1])) {
			start--;
		}
		char quote = end < text.len ? text.data[end] : 0;
		if (start < at && (quote == '\'' || quote == '"' || quote == '`' || quote == '?')) {
			return str_slice(text, start, end);
		}
	}
	return (struct str){"", 0};
}

struct str wasm_name_in(struct str glue)
{
	return take_name(&glue);
}

bool wasm_is_only_name(struct str glue, struct str name)
{
	struct str other;
	do {
		other = take_name(&glue);
	} while (other.len != 0 && str_equal(other, name));
	return other.len == 0;
}
