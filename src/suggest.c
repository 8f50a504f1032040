#include "suggest.h"

enum { MAX_WORD = 31 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters inserted, left out, changed, or swapped with their neighbour. Words up to MAX_WORD. */
static size_t distance(struct str a, struct str b)
{
	size_t rows[3][MAX_WORD + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];
	for (size_t k = 0; k <= b.len; k++) {
		last[k] = k;
	}
	for (size_t i = 1; i <= a.len; i++) {
		row[0] = i;
		for (size_t k = 1; k <= b.len; k++) {
			bool same = a.data[i - 1] == b.data[k - 1];
			row[k] = least(least(last[k] + 1, row[k - 1] + 1), last[k - 1] + !same);
			if (i > 1 && k > 1 && a.data[i - 1] == b.data[k - 2] &&
				a.data[i - 2] == b.data[k - 1]) {
				row[k] = least(row[k], before[k - 2] + 1);
			}
		}
		size_t *spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[b.len];
}

const char *suggest(struct str word, const char *const *candidates)
{
	if (word.len == 0 || word.len > MAX_WORD) {
		return NULL;
	}
	const char *best = NULL;
	size_t nearest = 1 + word.len / 3; /* farther than this is another word */
	for (; *candidates != NULL; candidates++) {
		struct str candidate = str_from(*candidates);
		if (candidate.len > MAX_WORD) {
			continue;
		}
		/* the beginning of a long name is a slip of it, too */
		size_t far = word.len >= 3 && str_starts(candidate, word) ? 1 : distance(word, candidate);
		if (far < nearest || (far == nearest && best == NULL)) {
			best = *candidates;
			nearest = far;
		}
	}
	return best;
}
