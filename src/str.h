/* Strings as pointer and length. They are not NUL-terminated unless a function says so. */
#ifndef REGLUE_STR_H
#define REGLUE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
	const char *data;
	size_t len;
};

/* A literal as a struct str, without its NUL. */
#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})

/* For printf's "%.*s". */
#define STR_ARGS(s) (int)(s).len, (s).data

/* Takes a NUL-terminated string; NULL gives the empty string. */
static inline struct str str_from(const char *text)
{
	return text == NULL ? (struct str){"", 0} : (struct str){text, strlen(text)};
}

static inline bool str_equal(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.data, prefix.data, prefix.len) == 0);
}

static inline bool str_ends(struct str s, struct str suffix)
{
	return s.len >= suffix.len &&
	       (suffix.len == 0 || memcmp(s.data + s.len - suffix.len, suffix.data, suffix.len) == 0);
}

/* The bytes [from, to) of s; both must lie inside it, from not after to. */
static inline struct str str_slice(struct str s, size_t from, size_t to)
{
	return (struct str){s.data + from, to - from};
}

/* Whether a byte can be of an ASCII identifier of JavaScript, wherever in it. */
static inline bool str_is_ascii_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '$';
}

/* The same of any identifier: every byte of a character beyond ASCII counts. */
static inline bool str_is_word(char c)
{
	return str_is_ascii_word(c) || (unsigned char)c >= 0x80;
}

/* Whether s is one of the strings of a list that NULL ends. */
bool str_is_one_of(struct str s, const char *const *list);

/* Where needle first stands in s, as an offset in bytes, or (size_t)-1. An empty needle is at 0. */
size_t str_find(struct str s, struct str needle);

/* Byte order, shorter first among equals: for sorting. */
int str_compare(struct str a, struct str b);

#endif
