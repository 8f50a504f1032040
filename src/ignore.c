#include "ignore.h"

#include <fnmatch.h>

struct rule {
	struct str *parts; /* between slashes, NUL-terminated */
	uint32_t count;
	bool again;       /* "!": takes back what earlier rules said */
	bool folder_only; /* "/" at the end */
};

struct ignore {
	const struct ignore *above;
	struct str folder;
	struct rule *rules;
	uint32_t count;
};

/* Blanks at the end do not count, unless a backslash stands before the last of them. */
static struct str trim(struct str line)
{
	if (str_ends(line, STR("\r"))) {
		line.len--;
	}
	while (line.len != 0 && line.data[line.len - 1] == ' ' &&
		   !(line.len > 1 && line.data[line.len - 2] == '\\')) {
		line.len--;
	}
	return line;
}

static bool is_any_depth(struct str part)
{
	return str_equal(part, STR("**"));
}

/* False if the line holds no rule. */
static bool parse_rule(struct arena *arena, struct str line, struct rule *rule)
{
	*rule = (struct rule){0};
	line = trim(line);
	if (line.len == 0 || line.data[0] == '#') {
		return false;
	}
	if (line.data[0] == '!') {
		rule->again = true;
		line = str_slice(line, 1, line.len);
	}
	if (str_ends(line, STR("/"))) {
		rule->folder_only = true;
		line.len--;
	}
	/* a slash at the front or within ties the pattern to the folder of the file */
	bool tied = memchr(line.data, '/', line.len) != NULL;
	if (str_starts(line, STR("/"))) {
		line = str_slice(line, 1, line.len);
	}
	if (line.len == 0) {
		return false;
	}
	uint32_t most = 2;
	for (size_t i = 0; i < line.len; i++) {
		most += line.data[i] == '/';
	}
	rule->parts = arena_array(arena, struct str, most);
	if (!tied) {
		rule->parts[rule->count++] = STR("**");
	}
	for (size_t from = 0; from <= line.len;) {
		const char *slash = memchr(line.data + from, '/', line.len - from);
		size_t to = slash == NULL ? line.len : (size_t)(slash - line.data);
		if (to != from) {
			rule->parts[rule->count++] = arena_copy(arena, str_slice(line, from, to));
		}
		from = to + 1;
	}
	return rule->count != 0;
}

struct ignore *ignore_parse(
	struct arena *arena, struct str folder, struct str text, const struct ignore *above)
{
	uint32_t lines = 1;
	for (size_t i = 0; i < text.len; i++) {
		lines += text.data[i] == '\n';
	}
	struct ignore *ignore = arena_new(arena, struct ignore);
	ignore->above = above;
	ignore->folder = folder;
	ignore->rules = arena_array(arena, struct rule, lines);
	for (size_t from = 0; from < text.len;) {
		const char *end = memchr(text.data + from, '\n', text.len - from);
		size_t to = end == NULL ? text.len : (size_t)(end - text.data);
		if (parse_rule(arena, str_slice(text, from, to), &ignore->rules[ignore->count])) {
			ignore->count++;
		}
		from = to + 1;
	}
	return ignore;
}

/*
 * Whether the parts of the rule match the parts of the path, all of both. At a "**" that fails the
 * last one met takes one part more: earlier ones need no second thought, as with "*" in a name.
 */
static bool match(const struct rule *rule, const struct str *names, uint32_t count)
{
	uint32_t part = 0, name = 0, back_part = UINT32_MAX, back_name = 0;
	while (name < count) {
		if (part < rule->count && is_any_depth(rule->parts[part])) {
			back_part = ++part;
			back_name = name;
			if (part == rule->count) {
				return true; /* a rule that ends so means what is below, not the folder */
			}
		} else if (part < rule->count &&
				   fnmatch(rule->parts[part].data, names[name].data, 0) == 0) {
			part++;
			name++;
		} else if (back_part != UINT32_MAX) {
			part = back_part;
			name = ++back_name;
		} else {
			return false;
		}
	}
	return part == rule->count;
}

bool ignore_match(const struct ignore *ignore, struct arena *arena, struct str path, bool is_folder)
{
	for (; ignore != NULL; ignore = ignore->above) {
		struct str rest = str_slice(path, ignore->folder.len, path.len);
		struct str *names = arena_array(arena, struct str, rest.len + 1);
		uint32_t count = 0;
		for (size_t from = 0; from < rest.len;) {
			const char *slash = memchr(rest.data + from, '/', rest.len - from);
			size_t to = slash == NULL ? rest.len : (size_t)(slash - rest.data);
			if (to != from) {
				names[count++] = arena_copy(arena, str_slice(rest, from, to));
			}
			from = to + 1;
		}
		for (uint32_t i = ignore->count; i > 0; i--) {
			const struct rule *rule = &ignore->rules[i - 1];
			if ((is_folder || !rule->folder_only) && match(rule, names, count)) {
				return !rule->again;
			}
		}
	}
	return false;
}
