#include "recheck.h"

#include <stdlib.h>

#include "hash.h"

/*
 * Left out is, first, a whole statement or member of a class or object, if no insertion stands in it, at its edges, or
 * in the white space on either side; and that white space with its comments. A list of statements
 * without some of them is a list of statements, and what is left out is balanced, so this cannot hide
 * an error: whatever an insertion breaks, it breaks together with the tokens next to it.
 *
 * Second, one that is a repetition: what is left of it has been in such a list before, but for the
 * names in it. Glue has a thousand methods of three forms. It stays if an insertion at its edge opens or closes
 * something whose other end is elsewhere.
 *
 * Third, a text that is put in right after the `{` of a block, if by itself it is a list of statements. Each
 * such text is parsed once, in a block of its own, which it cannot close.
 *
 * Leaving out could make an error of what is none (a member called `static` that loses its semicolon),
 * so before it says no the whole output is parsed.
 */
enum {
	DEEPEST_REPETITION = 6, /* lists; deeper, the look costs more than it saves */
	LONG_STRING = 64        /* bytes; a wasm as base64 is one of millions */
};

/* A list around the present node. */
struct list {
	node_id node;
	uint32_t end; /* of the member before, or the start of the list's content */
	node_id open; /* member that is being copied, or NO_NODE */
	bool whole;   /* what is inserted at its start is copied with it */
	size_t out;   /* where that begins in the outputs */
	size_t form;
	int open_brackets;
};

struct reducing {
	const struct tree *tree;
	const struct splice *splice;
	struct str known;
	struct buf out;
	struct buf form;    /* the same, with one name for all */
	uint32_t at;        /* source bytes before are dealt with */
	uint32_t next;      /* insertion to be copied */
	uint32_t seen;      /* insertion that is_untouched has come to */
	int open_brackets;  /* how many the insertions so far have left open */
	struct list *lists; /* innermost last */
	uint32_t depth;
	uint32_t capacity;
	uint64_t *forms; /* hashes of the members so far, open addressing; 0 is free */
	uint32_t form_count;
	uint32_t form_mask;
};

static bool is_list(const struct tree *tree, node_id n)
{
	return n == 0 || tree->nodes[n].kind == KIND_statement_block ||
	       tree->nodes[n].kind == KIND_class_body || tree->nodes[n].kind == KIND_object;
}

/* An object's members: each has the comma after it, which the last one may go without. */
static bool has_commas(const struct reducing *r, const struct list *list)
{
	return r->tree->nodes[list->node].kind == KIND_object;
}

static void grow_forms(struct reducing *r)
{
	uint32_t old_size = r->forms == NULL ? 0 : r->form_mask + 1;
	uint32_t size = old_size == 0 ? 256 : old_size * 2;
	uint64_t *forms = calloc(size, sizeof(*forms));
	if (forms == NULL) {
		out_of_memory();
	}
	for (uint32_t i = 0; i < old_size; i++) {
		uint32_t at = (uint32_t)(r->forms[i] & (size - 1));
		while (r->forms[i] != 0 && forms[at] != 0) {
			at = (at + 1) & (size - 1);
		}
		if (r->forms[i] != 0) {
			forms[at] = r->forms[i];
		}
	}
	free(r->forms);
	r->forms = forms;
	r->form_mask = size - 1;
}

/* Whether a form with this hash has been met before; it has from now on. */
static bool is_known(struct reducing *r, uint64_t hash)
{
	hash |= 1;
	if ((r->form_count + 1) * 2 > r->form_mask) {
		grow_forms(r);
	}
	uint32_t at = (uint32_t)(hash & r->form_mask);
	for (; r->forms[at] != 0; at = (at + 1) & r->form_mask) {
		if (r->forms[at] == hash) {
			return true;
		}
	}
	r->forms[at] = hash;
	r->form_count++;
	return false;
}

/* Whether this form of a member has been met before; it has from now on. */
static bool is_repeated(struct reducing *r, uint16_t list_kind, struct str form)
{
	return is_known(r, hash_step(list_kind, form));
}

/* Where a list of two names or more like `(a,b)`, of a letter each, ends; `at` if there is none. */
static size_t find_list_end(struct str text, size_t at)
{
	size_t end = at;
	for (char mark = '('; end + 2 < text.len && text.data[end] == mark; mark = ',') {
		char name = text.data[end + 1];
		bool letter = (name >= 'a' && name <= 'z') || (name >= 'A' && name <= 'Z');
		if (!letter) {
			return at;
		}
		end += 2;
	}
	return end > at + 2 && text.data[end] == ')' ? end + 1 : at;
}

/* The hash of a text, whatever stands in its lists of names: one of two may be where one of three may be. */
static uint64_t hash_but_lists(struct str text)
{
	uint64_t hash = 0;
	size_t done = 0;
	for (size_t i = 0; i < text.len; i++) {
		size_t end = text.data[i] == '(' ? find_list_end(text, i) : i;
		if (end != i) {
			hash = hash_step(hash, str_slice(text, done, i));
			done = end;
			i = end - 1;
		}
	}
	return hash_step(hash, str_slice(text, done, text.len));
}

static void add(struct reducing *r, struct str text)
{
	buf_add(&r->out, text);
	buf_add(&r->form, text);
}

/* Where the value of `name:value,` begins, which is such a line of wrapper literals; or the line's end. */
static size_t find_value(struct str line)
{
	size_t at = 0;
	while (at < line.len && str_is_ascii_word(line.data[at])) {
		at++;
	}
	bool member = at != 0 && at < line.len && line.data[at] == ':' && str_ends(line, STR("},\n"));
	return member ? at : line.len;
}

/* Cuts a line off the front, with its end. */
static struct str take_line(struct str *text)
{
	size_t end = str_find(*text, STR("\n"));
	end = end == (size_t)-1 ? text->len : end + 1;
	struct str line = str_slice(*text, 0, end);
	*text = str_slice(*text, end, text->len);
	return line;
}

/* Whether a line is the member of an object, and the same but for its name has been met before. */
static bool is_known_line(struct reducing *r, struct str line)
{
	size_t value = find_value(line);
	return value != line.len && is_known(r, hash_but_lists(str_slice(line, value, line.len)));
}

/* What stands in strings is counted, too: then less is left out than could be. */
static int count_open_brackets(struct str text)
{
	int open = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];
		open += (c == '{') + (c == '(') + (c == '[') - (c == '}') - (c == ')') - (c == ']');
	}
	return open;
}

/* An insertion, without the members of an object that are the same but for their name. */
static void add_lines(struct reducing *r, struct str text)
{
	while (text.len != 0) {
		struct str line = take_line(&text);
		if (!is_known_line(r, line)) {
			r->open_brackets += count_open_brackets(line);
			add(r, line);
		}
	}
}

/* Where the known block stands in an insertion. By its start: to search for texts of 10 kB they are studied first. */
static size_t find_known(const struct reducing *r, struct str text)
{
	size_t at = r->known.len == 0 || text.len < r->known.len
	                ? (size_t)-1
	                : str_find(text, str_slice(r->known, 0, r->known.len < 64 ? r->known.len : 64));
	bool found = at != (size_t)-1 && str_starts(str_slice(text, at, text.len), r->known);
	return found ? at : (size_t)-1;
}

static void add_insertion(struct reducing *r, struct str text)
{
	size_t known = find_known(r, text);
	if (known == (size_t)-1) {
		add_lines(r, text);
		return;
	}
	add_lines(r, str_slice(text, 0, known));
	add_lines(r, str_slice(text, known + r->known.len, text.len));
}

/* The source up to an offset, with the insertions up to and at it. */
static void copy_to(struct reducing *r, uint32_t offset)
{
	struct str source = r->tree->source->bytes;
	for (; r->next < r->splice->count && r->splice->items[r->next].offset <= offset; r->next++) {
		const struct insertion *item = &r->splice->items[r->next];
		add(r, str_slice(source, r->at, item->offset));
		add_insertion(r, item->text);
		r->at = item->offset;
	}
	add(r, str_slice(source, r->at, offset));
	r->at = offset;
}

/* The source up to a node; whether no insertion stands inside of that. */
static bool copy_to_whole(struct reducing *r, const struct node *node)
{
	copy_to(r, node->start);
	return r->next == r->splice->count || r->splice->items[r->next].offset >= node->end;
}

/* A name of the source: in the form all are the same, but for those that mean something somewhere. */
static void copy_name(struct reducing *r, node_id n)
{
	static const struct str special[] = {{"get", 3}, {"set", 3}, {"async", 5}, {"static", 6},
		{"of", 2}, {"let", 3}, {"await", 5}, {"yield", 5}, {"export", 6}, {"target", 6}};
	const struct node *node = &r->tree->nodes[n];
	struct str name = node_text(r->tree, n);
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++) {
		if (str_equal(name, special[i])) {
			return;
		}
	}
	if (copy_to_whole(r, node)) {
		buf_add(&r->out, name);
		buf_add_byte(&r->form, 'a');
		r->at = node->end;
	}
}

/* A long string is as good as an empty one. */
static void copy_string(struct reducing *r, node_id n)
{
	const struct node *node = &r->tree->nodes[n];
	if (node->end - node->start > LONG_STRING && copy_to_whole(r, node)) {
		add(r, STR("\"\""));
		r->at = node->end;
	}
}

/* Whether no insertion stands in [start, end], its ends included. Asked with rising starts only. */
static bool is_untouched(struct reducing *r, uint32_t start, uint32_t end)
{
	while (r->seen < r->splice->count && r->splice->items[r->seen].offset < start) {
		r->seen++;
	}
	return r->seen == r->splice->count || r->splice->items[r->seen].offset > end;
}

/* Leaves out [start, end), which is untouched: what stands before it is copied. */
static void skip(struct reducing *r, uint32_t start, uint32_t end)
{
	if (start < end) {
		copy_to(r, start);
		buf_add_byte(&r->out, '\n');
		r->at = end;
	}
}

/* Where a member was left out: `{}` could be an object, which `{;}` is not. */
static void add_nothing(struct reducing *r, const struct list *list)
{
	if (!has_commas(r, list) && r->form.len != 0 && r->form.data[r->form.len - 1] != ';') {
		add(r, STR(";"));
	}
}

/* The end of the member that is being copied. */
static void close_member(struct reducing *r, struct list *list)
{
	if (list->open == NO_NODE) {
		return;
	}
	uint32_t end = r->tree->nodes[list->open].end;
	node_id next = node_next(r->tree, list->open);
	bool ends = list->whole;
	if (has_commas(r, list) && next != NO_NODE) {
		uint32_t start = r->tree->nodes[next].start;
		bool quiet = is_untouched(r, end, start);
		ends &= quiet;
		end = quiet ? start : end;
		list->end = end;
	}
	copy_to(r, end);
	list->open = NO_NODE;
	struct str form = str_slice(buf_str(&r->form), list->form, r->form.len);
	if (!has_commas(r, list)) {
		/* what ends otherwise may need the line break that follows it */
		ends = str_ends(form, STR(";")) || str_ends(form, STR("}"));
	}
	if (ends && r->depth <= DEEPEST_REPETITION && r->open_brackets == list->open_brackets &&
		is_repeated(r, r->tree->nodes[list->node].kind, form)) {
		r->out.len = list->out;
		r->form.len = list->form;
		add_nothing(r, list);
	}
}

static void open_list(struct reducing *r, node_id n, uint32_t start)
{
	if (r->depth == r->capacity) {
		r->capacity = r->capacity == 0 ? 64 : r->capacity * 2;
		r->lists = realloc(r->lists, r->capacity * sizeof(*r->lists));
		if (r->lists == NULL) {
			out_of_memory();
		}
	}
	r->lists[r->depth++] = (struct list){.node = n, .end = start};
}

/* Gives the node to go on with. */
static node_id take_member(struct reducing *r, struct list *list, node_id n)
{
	const struct tree *tree = r->tree;
	const struct node *node = &tree->nodes[n];
	node_id next = node_next(tree, n);
	uint32_t before = list->end;
	uint32_t after = next != NO_NODE   ? tree->nodes[next].start
	                 : list->node == 0 ? (uint32_t)tree->source->bytes.len
	                                   : tree->nodes[list->node].end - 1;
	list->end = node->end;
	if (is_untouched(r, before, after)) {
		skip(r, has_commas(r, list) ? node->start : before, after);
		add_nothing(r, list);
		list->end = after;
		return node->last;
	}
	bool quiet = is_untouched(r, before, node->start); /* the white space before it */
	copy_to(r, has_commas(r, list) ? node->start : before);
	list->open = n;
	list->whole = quiet || !has_commas(r, list);
	list->out = r->out.len;
	list->form = r->form.len;
	list->open_brackets = r->open_brackets;
	if (quiet && !has_commas(r, list)) {
		skip(r, before, node->start);
	}
	return n + 1;
}

static void reduce(struct reducing *r)
{
	const struct tree *tree = r->tree;
	open_list(r, 0, 0);
	for (node_id n = 1; n < tree->count;) {
		struct list *list = &r->lists[r->depth - 1];
		while (n >= tree->nodes[list->node].last) {
			close_member(r, list);
			r->depth--;
			list--;
		}
		node_id member = n++;
		if (tree->nodes[member].parent == list->node) {
			close_member(r, list);
			n = take_member(r, list, member);
			if (list->open == NO_NODE) {
				continue;
			}
		}
		if (tree->nodes[member].name != 0) {
			copy_name(r, member);
		} else if (tree->nodes[member].kind == KIND_string) {
			copy_string(r, member);
		} else if (is_list(tree, member)) {
			open_list(r, member, tree->nodes[member].start + 1);
		}
	}
	while (r->depth > 0) {
		close_member(r, &r->lists[--r->depth]);
	}
	copy_to(r, (uint32_t)tree->source->bytes.len);
}

/* A slash or a backtick that is not in a string; a string without an end counts as well. */
static bool has_far_token(struct str text)
{
	char quote = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];
		if (quote == 0) {
			if (c == '/' || c == '`') {
				return true;
			}
			quote = c == '"' || c == '\'' ? c : 0;
		} else if (c == '\\' || c == '\n') { /* none of ours has an escape */
			return true;
		} else if (c == quote) {
			quote = 0;
		}
	}
	return quote != 0;
}

/*
 * Whether a text could swallow more than its neighbours: a comment, a regular expression and a template
 * end wherever their end is met. The footer is one comment, and whole.
 */
static bool reaches_far(const struct reducing *r, struct str text)
{
	if (str_find(text, STR("reglue-seal")) != (size_t)-1 && str_ends(text, STR("*/"))) {
		return str_find(text, STR("*/")) != text.len - 2;
	}
	size_t known = find_known(r, text);
	if (known != (size_t)-1) {
		return reaches_far(r, str_slice(text, 0, known)) ||
		       reaches_far(r, str_slice(text, known + r->known.len, text.len));
	}
	return has_far_token(text);
}

/* After the `{` of a block, and with a semicolon at its end, so that nothing joins it. */
static bool is_list_of_statements(
	const struct tree *tree, node_id *block, const struct insertion *item)
{
	while (*block < tree->count && tree->nodes[*block].start + 1 < item->offset) {
		(*block)++;
	}
	for (node_id n = *block; n < tree->count && tree->nodes[n].start + 1 == item->offset; n++) {
		if (tree->nodes[n].kind == KIND_statement_block) {
			return str_ends(item->text, STR(";"));
		}
	}
	return false;
}

/*
 * Statements of a list that have not been met before: between `if` and `else`, so that a text of `}{` does not
 * pass. They are parsed one by one, where one is sure to end at the semicolon.
 */
static void add_statements(struct reducing *r, struct str text, struct buf *apart)
{
	bool simple =
		memchr(text.data, '{', text.len) == NULL && memchr(text.data, '"', text.len) == NULL;
	for (size_t at = 0, end; at < text.len; at = end) {
		end = text.len;
		if (simple) {
			end = at + str_find(str_slice(text, at, text.len), STR(";")) + 1;
		}
		struct str statement = str_slice(text, at, end);
		if (!is_repeated(r, KIND_if_statement, statement)) {
			buf_printf(apart, "\nif(0){%.*s}else;", STR_ARGS(statement));
		}
	}
}

/* The insertions without lists of statements, which are parsed by themselves, `apart`. */
static void set_statements_apart(struct reducing *r, struct splice *rest, struct buf *apart)
{
	node_id block = 0;
	*rest = *r->splice;
	rest->count = 0;
	rest->items = calloc(r->splice->count + 1, sizeof(*rest->items));
	if (rest->items == NULL) {
		out_of_memory();
	}
	for (uint32_t i = 0; i < r->splice->count; i++) {
		const struct insertion *item = &r->splice->items[i];
		if (!is_list_of_statements(r->tree, &block, item)) {
			rest->items[rest->count++] = *item;
		} else {
			add_statements(r, item->text, apart);
		}
	}
	r->splice = rest;
}

static bool is_local(const struct reducing *r)
{
	for (uint32_t i = 0; i < r->splice->count; i++) {
		if (reaches_far(r, r->splice->items[i].text)) {
			return false;
		}
	}
	return true;
}

bool recheck_parts(struct arena *arena, const struct syntax *syntax, const struct tree *tree,
	const struct splice *splice, const struct recheck_known *known)
{
	struct reducing r = {.tree = tree, .splice = splice, .known = known->block};
	if (!is_local(&r)) {
		return false;
	}
	for (struct str lines = known->lines; lines.len != 0;) {
		is_known_line(&r, take_line(&lines));
	}
	struct splice rest;
	struct buf apart = BUF_INIT;
	set_statements_apart(&r, &rest, &apart);
	reduce(&r);
	buf_add(&r.out, buf_str(&apart));
	bool clean = syntax_is_clean(arena, syntax, buf_str(&r.out));
	buf_finish(&apart);
	buf_finish(&r.out);
	buf_finish(&r.form);
	free(rest.items);
	free(r.forms);
	free(r.lists);
	return clean;
}

bool recheck(struct arena *arena, const struct syntax *syntax, const struct tree *tree,
	const struct splice *splice, const struct recheck_known *known)
{
	return recheck_parts(arena, syntax, tree, splice, known) ||
	       syntax_is_clean(arena, syntax, splice_apply(arena, splice, tree->source->bytes));
}
