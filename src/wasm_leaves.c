#include "wasm_leaves.h"

#include "buf.h"
#include "wasm_reader.h"

#define START "__wbindgen_start"

enum {
	MOST_CODE = 4 << 20,  /* bytes */
	LONGEST_BODY = 1024,  /* bytes: most leaves have a tenth */
	MOST_HANDS = 16,      /* from a caller to what it calls */
	WINDOW = 1 << 15,     /* bytes that are read at a time to find where bodies begin */
	MOST_TYPES = 1 << 17, /* bytes of the type section, and of the function section */
	LONGEST_NUMBER = 5,
};

/* What is known of a function; imported ones have the first indices. */
enum known {
	KNOWN_NOTHING,
	KNOWN_OPEN, /* it is being looked at: whatever calls it is recursive */
	KNOWN_LEAF,
	KNOWN_NO_LEAF,
};

struct leaves {
	const struct wasm_code *code;
	uint8_t *known; /* enum known, of each function */
	uint32_t imported;
	uint32_t count; /* of functions, imported ones included */
	uint32_t *
		bodies; /* where that of each one begins in the code, its length included, and where the last one ends */
};

static size_t read_code(const struct leaves *leaves, uint64_t offset, void *to, size_t count)
{
	const struct wasm_code *code = leaves->code;
	size_t left = (size_t)(code->bodies.size - offset);
	return code->read(code->from, code->bodies.offset + offset, to, count < left ? count : left);
}

/* Fills `bodies`, whose lengths only are looked at. False where the code is broken. */
static bool find_bodies(struct arena *arena, struct leaves *leaves)
{
	char bytes[WINDOW];
	struct str window = {bytes, read_code(leaves, 0, bytes, sizeof(bytes))};
	struct wasm_reader r = {.left = window};
	uint64_t count = read_number(&r), at = window.len - r.left.len, from = 0;
	uint64_t end = leaves->code->bodies.size;
	if (r.failed || count > end - at || count > UINT32_MAX - leaves->imported) {
		return false;
	}
	leaves->count = leaves->imported + (uint32_t)count;
	leaves->bodies = arena_array(arena, uint32_t, (size_t)count + 1);
	for (uint64_t i = 0; i < count; i++) {
		leaves->bodies[i] = (uint32_t)at;
		if (at + LONGEST_NUMBER > from + window.len) {
			from = at;
			window.len = read_code(leaves, at, bytes, sizeof(bytes));
		}
		r.left = str_slice(window, (size_t)(at - from), window.len);
		uint64_t size = read_number(&r);
		at = from + (window.len - r.left.len) + size;
		if (r.failed || size > end || at > end) {
			return false;
		}
	}
	leaves->bodies[count] = (uint32_t)at;
	return true;
}

static void skip_memory_argument(struct wasm_reader *r)
{
	enum { HAS_MEMORY = 64 };
	if (read_number(r) & HAS_MEMORY) {
		read_number(r);
	}
	read_number(r);
}

/* Of the instructions that begin with 0xfc: conversions, bulk memory, tables. */
static bool skip_numbered(struct wasm_reader *r)
{
	static const uint8_t numbers[] = {0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1};
	uint64_t instruction = read_number(r);
	if (instruction >= sizeof(numbers)) {
		return false;
	}
	for (uint8_t i = 0; i < numbers[instruction]; i++) {
		read_number(r);
	}
	return true;
}

/* Of those that begin with 0xfd: vectors, relaxed ones included. */
static bool skip_vector(struct wasm_reader *r)
{
	uint64_t instruction = read_number(r);
	if (instruction <= 11 || (instruction >= 84 && instruction <= 93)) { /* loads and stores */
		skip_memory_argument(r);
		read_bytes(r, instruction >= 84 && instruction <= 91); /* a lane */
	} else if (instruction == 12 || instruction == 13) {       /* v128.const, i8x16.shuffle */
		read_bytes(r, 16);
	} else if (instruction >= 21 && instruction <= 34) { /* a lane */
		read_byte(r);
	}
	return instruction <= 0x113;
}

/*
 * Passes over an instruction, or if it is a call gives the function called. False if it is one that might
 * call what is not known (call_indirect, call_ref), or is itself not known.
 */
static bool skip_instruction(struct wasm_reader *r, uint32_t *callee)
{
	uint8_t code = read_byte(r);
	switch (code) {
	case 0x02: /* block, loop, if */
	case 0x03:
	case 0x04:
		if (r->left.len != 0 && (uint8_t)r->left.data[0] >= 0x63 &&
			(uint8_t)r->left.data[0] <= 0x64) {
			read_value_type(r);
		} else {
			read_number(r);
		}
		return true;
	case 0x0e: /* br_table */
		for (uint64_t left = read_number(r) + 1; left > 0 && !r->failed; left--) {
			read_number(r);
		}
		return true;
	case 0x10: /* call, return_call */
	case 0x12:
		*callee = (uint32_t)read_number(r);
		return true;
	case 0x1c: /* select with types */
		for (uint64_t left = read_number(r); left > 0 && !r->failed; left--) {
			read_value_type(r);
		}
		return true;
	case 0x0c: /* br, br_if */
	case 0x0d:
	case 0x41: /* i32.const, i64.const */
	case 0x42:
	case 0xd0: /* ref.null, ref.func */
	case 0xd2:
		read_number(r);
		return true;
	case 0x43:
		read_bytes(r, sizeof(float));
		return true;
	case 0x44:
		read_bytes(r, sizeof(double));
		return true;
	case 0xfc:
		return skip_numbered(r);
	case 0xfd:
		return skip_vector(r);
	default:
		break;
	}
	if ((code >= 0x20 && code <= 0x26) || code == 0x3f ||
		code == 0x40) { /* variables, tables; memory.size, .grow */
		read_number(r);
		return true;
	}
	if (code >= 0x28 && code <= 0x3e) { /* loads and stores */
		skip_memory_argument(r);
		return true;
	}
	/* unreachable, nop, else, end, return, drop, select; arithmetic; ref.is_null */
	return code <= 0x01 || code == 0x05 || code == 0x0b || code == 0x0f || code == 0x1a ||
	       code == 0x1b || (code >= 0x45 && code <= 0xc4) || code == 0xd1;
}

static bool is_leaf(struct leaves *leaves, uint32_t function, unsigned hands);

/* The instructions of a function that is not imported, in `bytes`; none of a longer one. */
static struct wasm_reader read_body(
	const struct leaves *leaves, uint32_t function, char bytes[LONGEST_BODY])
{
	uint32_t start = leaves->bodies[function - leaves->imported],
			 size = leaves->bodies[function - leaves->imported + 1] - start;
	if (size > LONGEST_BODY || read_code(leaves, start, bytes, size) != size) {
		return (struct wasm_reader){.failed = true};
	}
	struct wasm_reader r = {.left = {bytes, size}};
	read_number(&r);
	for (uint64_t left = read_number(&r); left > 0 && !r.failed; left--) { /* local variables */
		read_number(&r);
		read_value_type(&r);
	}
	return r;
}

static bool calls_only_leaves(struct leaves *leaves, uint32_t function, unsigned hands)
{
	char bytes[LONGEST_BODY];
	if (hands == MOST_HANDS) {
		return false;
	}
	struct wasm_reader r = read_body(leaves, function, bytes);
	while (r.left.len != 0 && !r.failed) {
		uint32_t callee = function;
		if (!skip_instruction(&r, &callee)) {
			return false;
		}
		if (callee != function && !is_leaf(leaves, callee, hands + 1)) {
			return false;
		}
	}
	return !r.failed;
}

static bool is_leaf(struct leaves *leaves, uint32_t function, unsigned hands)
{
	if (function >= leaves->count) {
		return false;
	}
	uint8_t *known = &leaves->known[function];
	if (*known == KNOWN_NOTHING) {
		*known = KNOWN_OPEN;
		*known = calls_only_leaves(leaves, function, hands) ? KNOWN_LEAF : KNOWN_NO_LEAF;
	}
	return *known == KNOWN_LEAF;
}

static uint32_t count_imported(struct str imports)
{
	struct wasm_import import;
	uint32_t count = 0;
	while (wasm_next_import(&imports, &import)) {
		count += import.function;
	}
	return count;
}

static void know_imported(struct leaves *leaves, struct str imports)
{
	struct wasm_import import;
	uint32_t i = 0;
	while (wasm_next_import(&imports, &import)) {
		if (import.function) {
			leaves->known[i++] = import.throws ? KNOWN_LEAF : KNOWN_NO_LEAF;
		}
	}
}

/* ---- parameters */

static struct str read_section(
	struct arena *arena, const struct wasm_code *code, struct wasm_place place)
{
	if (place.size == 0 || place.size > MOST_TYPES) {
		return (struct str){"", 0};
	}
	char *bytes = arena_text(arena, (size_t)place.size);
	return (struct str){bytes, code->read(code->from, place.offset, bytes, (size_t)place.size)};
}

/* 0 if nothing in JavaScript can be passed for it. */
static char letter_of(uint8_t value_type)
{
	switch (value_type) {
	case 0x7f: /* i32, f32, f64 */
	case 0x7d:
	case 0x7c:
		return 'n';
	case 0x7e: /* i64 */
		return 'b';
	case 0x6f: /* externref */
		return 'r';
	default:
		return 0;
	}
}

/* The parameters of the function of that type, a letter each; false if there is something else among them. */
static bool add_parameters(struct buf *out, struct str types, uint32_t type)
{
	enum { FUNCTION = 0x60 };
	struct wasm_reader r = {.left = types};
	uint64_t count = read_number(&r);
	for (uint32_t i = 0; i < count && !r.failed && read_byte(&r) == FUNCTION; i++) {
		for (uint64_t left = read_number(&r); left > 0 && !r.failed; left--) {
			char letter = letter_of(read_value_type(&r));
			if (i == type && letter == 0) {
				return false;
			}
			if (i == type) {
				buf_add_byte(out, letter);
			}
		}
		if (i == type) {
			return !r.failed;
		}
		for (uint64_t left = read_number(&r); left > 0 && !r.failed; left--) {
			read_value_type(&r);
		}
	}
	return false;
}

/* The types of the functions that are not imported, of at most so many; gives of how many. */
static uint32_t read_function_types(struct str section, uint32_t *types, uint32_t most)
{
	struct wasm_reader r = {.left = section};
	uint64_t count = read_number(&r);
	for (uint32_t i = 0; i < count && i < most; i++) {
		types[i] = (uint32_t)read_number(&r);
		if (r.failed) {
			return i;
		}
	}
	return count < most ? (uint32_t)count : most;
}

/* Glue calls no other as a member. */
static bool is_word(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (!str_is_word(name.data[i])) {
			return false;
		}
	}
	return name.len != 0;
}

/* Marks the start function, one of the module's own, and what it calls. */
static void mark_started(const struct leaves *leaves, uint32_t start, bool *started)
{
	char bytes[LONGEST_BODY];
	struct wasm_reader r = read_body(leaves, start, bytes);
	uint32_t callee = start;
	do {
		if (callee < leaves->count) {
			started[callee] = true;
		}
	} while (r.left.len != 0 && !r.failed && skip_instruction(&r, &callee));
}

static void add_started(
	struct arena *arena, const struct leaves *leaves, struct str exported, struct buf *out)
{
	bool *started = arena_array(arena, bool, leaves->count);
	struct wasm_export export;
	for (struct str left = exported; wasm_next_export(&left, &export);) {
		if (str_equal(export.name, STR(START)) && export.function &&
			export.index >= leaves->imported && export.index < leaves->count) {
			mark_started(leaves, export.index, started);
		}
	}
	while (wasm_next_export(&exported, &export)) {
		if (export.function && is_word(export.name) && !str_equal(export.name, STR(START)) &&
			export.index < leaves->count && started[export.index]) {
			buf_printf(out, "%.*s !\n", STR_ARGS(export.name));
		}
	}
}

struct str wasm_leaves(
	struct arena *arena, const struct wasm_facts *facts, const struct wasm_code *code)
{
	struct leaves leaves = {.code = code, .imported = count_imported(facts->imports)};
	struct str names = {"", 0}, exported = facts->exported;
	struct wasm_export export;
	if (code->bodies.size == 0 || code->bodies.size > MOST_CODE || !find_bodies(arena, &leaves)) {
		return names;
	}
	uint32_t own = leaves.count - leaves.imported;
	uint32_t *type_of = arena_array(arena, uint32_t, own);
	struct str types = read_section(arena, code, code->types);
	own = read_function_types(read_section(arena, code, code->functions), type_of, own);
	leaves.known = arena_array(arena, uint8_t, leaves.count);
	know_imported(&leaves, facts->imports);
	struct buf out = BUF_INIT;
	while (wasm_next_export(&exported, &export)) {
		if (export.function && is_word(export.name) && export.index >= leaves.imported &&
			is_leaf(&leaves, export.index, 0)) {
			size_t before = out.len;
			uint32_t index = export.index - leaves.imported;
			buf_add(&out, export.name);
			buf_add_byte(&out, ' ');
			if (index < own && add_parameters(&out, types, type_of[index])) {
				buf_add_byte(&out, '\n');
			} else {
				out.len = before;
			}
		}
	}
	add_started(arena, &leaves, facts->exported, &out);
	names = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return names;
}
