#define _GNU_SOURCE /* memmem */
#include "str.h"

bool str_is_one_of(struct str s, const char *const *list)
{
	while (*list != NULL && !str_equal(s, str_from(*list))) {
		list++;
	}
	return *list != NULL;
}

size_t str_find(struct str s, struct str needle)
{
	if (needle.len == 0) {
		return 0;
	}
	const char *at = s.len == 0 ? NULL : memmem(s.data, s.len, needle.data, needle.len);
	return at == NULL ? (size_t)-1 : (size_t)(at - s.data);
}

int str_compare(struct str a, struct str b)
{
	size_t shared = a.len < b.len ? a.len : b.len;
	int order = shared == 0 ? 0 : memcmp(a.data, b.data, shared);
	if (order != 0) {
		return order;
	}
	return a.len < b.len ? -1 : a.len > b.len;
}
