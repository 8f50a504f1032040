/*
 * A growing byte buffer on the heap. `init` needs no `finish` when nothing was added. Out of memory
 * ends the process (arena.h).
 */
#ifndef REGLUE_BUF_H
#define REGLUE_BUF_H

#include "str.h"

struct buf {
	char *data;
	size_t len;
	size_t capacity;
};

#define BUF_INIT ((struct buf){0})

void buf_finish(struct buf *buf);

/* Makes room for `more` bytes beyond len. */
void buf_reserve(struct buf *buf, size_t more);
void buf_add(struct buf *buf, struct str s);
void buf_add_byte(struct buf *buf, char byte);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What is in it now; valid until the next call that adds. */
static inline struct str buf_str(const struct buf *buf)
{
	return (struct str){buf->data == NULL ? "" : buf->data, buf->len};
}

#endif
