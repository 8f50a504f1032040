#include "buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"

enum { SHORT_TEXT = 128 }; /* most texts are no longer, and are printed once */

void buf_finish(struct buf *buf)
{
	free(buf->data);
	*buf = BUF_INIT;
}

void buf_reserve(struct buf *buf, size_t more)
{
	if (more > SIZE_MAX / 4 || buf->len > SIZE_MAX / 4) {
		out_of_memory();
	}
	size_t wanted = buf->len + more;
	if (wanted <= buf->capacity) {
		return;
	}
	size_t capacity = buf->capacity == 0 ? 256 : buf->capacity * 2;
	if (capacity < wanted) {
		capacity = wanted;
	}
	char *data = realloc(buf->data, capacity);
	if (data == NULL) {
		out_of_memory();
	}
	buf->data = data;
	buf->capacity = capacity;
}

void buf_add(struct buf *buf, struct str s)
{
	buf_reserve(buf, s.len);
	if (s.len != 0) {
		memcpy(buf->data + buf->len, s.data, s.len);
		buf->len += s.len;
	}
}

void buf_add_byte(struct buf *buf, char byte)
{
	buf_reserve(buf, 1);
	buf->data[buf->len++] = byte;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	buf_reserve(buf, SHORT_TEXT);
	size_t room = buf->capacity - buf->len;
	int length = vsnprintf(buf->data + buf->len, room, format, args);
	va_end(args);
	assert(length >= 0);
	if ((size_t)length >= room) {
		buf_reserve(buf, (size_t)length + 1);
		vsnprintf(buf->data + buf->len, (size_t)length + 1, format, again);
	}
	va_end(again);
	buf->len += (size_t)length;
}
