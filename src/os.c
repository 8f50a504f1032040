#define _XOPEN_SOURCE 700 /* realpath */
#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"

enum { READ_STEP = 65536 };

static const char *c_string(struct arena *arena, struct str s)
{
	return arena_copy(arena, s).data;
}

static bool fail(struct arena *arena, struct diags *diags, const char *what)
{
	diag_add(arena, diags, SEVERITY_ERROR, "io", DIAG_NO_OFFSET, "%s: %s", what, strerror(errno));
	return false;
}

enum os_kind os_kind(struct arena *arena, struct str path)
{
	struct stat status;
	if (stat(c_string(arena, path), &status) != 0) {
		return OS_MISSING;
	}
	return S_ISREG(status.st_mode) ? OS_FILE : S_ISDIR(status.st_mode) ? OS_DIRECTORY : OS_OTHER;
}

struct str os_real_path(struct arena *arena, struct str path)
{
	char *real = realpath(c_string(arena, path), NULL);
	struct str copy = arena_copy(arena, str_from(real));
	free(real);
	return copy;
}

struct str os_folder_of(struct str path)
{
	size_t slash = path.len;
	while (slash != 0 && path.data[slash - 1] != '/') {
		slash--;
	}
	return slash == 0 ? STR(".") : slash == 1 ? STR("/") : str_slice(path, 0, slash - 1);
}

/* Appends what is left in the descriptor; stops with EFBIG beyond limit. */
static bool read_all(int descriptor, size_t limit, struct buf *out)
{
	for (;;) {
		if (out->len > limit) {
			errno = EFBIG;
			return false;
		}
		if (out->capacity - out->len < 2) {
			buf_reserve(out, READ_STEP);
		}
		ssize_t got = read(descriptor, out->data + out->len, out->capacity - out->len);
		if (got == 0) {
			return true;
		}
		if (got > 0) {
			out->len += (size_t)got;
		} else if (errno != EINTR) {
			return false;
		}
	}
}

/* Of a file that got larger meanwhile: what has been read of it, and the rest. */
static bool read_grown(struct arena *arena, int descriptor, size_t limit, struct str *bytes)
{
	struct buf content = BUF_INIT;
	buf_add(&content, *bytes);
	bool done = read_all(descriptor, limit, &content);
	if (done) {
		*bytes = arena_copy(arena, buf_str(&content));
	}
	buf_finish(&content);
	return done;
}

/* Straight into the arena, for large files: copies of them are what reading costs. */
static bool read_regular(struct arena *arena, int descriptor, size_t limit, struct str *bytes)
{
	struct stat status;
	if (fstat(descriptor, &status) != 0) {
		return false;
	}
	if (S_ISDIR(status.st_mode)) {
		errno = EISDIR;
		return false;
	}
	if ((uintmax_t)status.st_size > limit) {
		errno = EFBIG;
		return false;
	}
	/* one more than the size: the read that finds the end needs room too */
	size_t room = (size_t)status.st_size + 1;
	char *data = arena_text(arena, room);
	*bytes = (struct str){data, 0};
	while (bytes->len < room) {
		ssize_t got = read(descriptor, data + bytes->len, room - bytes->len);
		if (got == 0) {
			return true;
		}
		if (got > 0) {
			bytes->len += (size_t)got;
		} else if (errno != EINTR) {
			return false;
		}
	}
	return read_grown(arena, descriptor, limit, bytes);
}

int os_open_file(struct arena *arena, struct str path, struct diags *diags)
{
	struct stat status;
	const char *name = c_string(arena, path);
	if (memchr(path.data, '\0', path.len) != NULL) {
		errno = ENOENT;
		fail(arena, diags, "cannot read");
		return -1;
	}
	/* looked at before it is opened: opening a pipe would wait for a writer */
	if (stat(name, &status) != 0) {
		fail(arena, diags, "cannot read");
		return -1;
	}
	if (!S_ISREG(status.st_mode)) {
		diag_add(arena, diags, SEVERITY_ERROR, "io", DIAG_NO_OFFSET,
			S_ISDIR(status.st_mode) ? "is a directory" : "is not a regular file");
		return -1;
	}
	int descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (descriptor < 0) {
		fail(arena, diags, "cannot read");
	}
	return descriptor;
}

size_t os_read_at(int descriptor, uint64_t offset, void *to, size_t count)
{
	size_t done = 0;
	while (done < count) {
		ssize_t got = pread(descriptor, (char *)to + done, count - done, (off_t)(offset + done));
		if (got == 0 || (got < 0 && errno != EINTR)) {
			break;
		}
		done += got > 0 ? (size_t)got : 0;
	}
	return done;
}

void os_close(int descriptor)
{
	close(descriptor);
}

bool os_read_file(
	struct arena *arena, struct str path, size_t limit, struct str *bytes, struct diags *diags)
{
	int descriptor = os_open_file(arena, path, diags);
	if (descriptor < 0) {
		return false;
	}
	struct str read = {"", 0};
	bool done = read_regular(arena, descriptor, limit, &read);
	if (done) {
		*bytes = read;
	} else {
		fail(arena, diags, "cannot read");
	}
	close(descriptor);
	return done;
}

static bool read_stream(
	struct arena *arena, int descriptor, size_t limit, struct str *bytes, struct diags *diags)
{
	struct buf content = BUF_INIT;
	bool done = descriptor >= 0 && read_all(descriptor, limit, &content);
	if (done) {
		*bytes = arena_copy(arena, buf_str(&content));
	} else {
		fail(arena, diags, "cannot read");
	}
	buf_finish(&content);
	return done;
}

bool os_read_stdin(struct arena *arena, size_t limit, struct str *bytes, struct diags *diags)
{
	return read_stream(arena, STDIN_FILENO, limit, bytes, diags);
}

bool os_read_input(
	struct arena *arena, struct str path, size_t limit, struct str *bytes, struct diags *diags)
{
	if (str_equal(path, STR("-"))) {
		return os_read_stdin(arena, limit, bytes, diags);
	}
	if (os_kind(arena, path) != OS_OTHER) {
		return os_read_file(arena, path, limit, bytes, diags);
	}
	int descriptor = open(c_string(arena, path), O_RDONLY | O_CLOEXEC);
	bool done = read_stream(arena, descriptor, limit, bytes, diags);
	if (descriptor >= 0) {
		close(descriptor);
	}
	return done;
}

bool os_write_all(int descriptor, struct str bytes)
{
	while (bytes.len != 0) {
		ssize_t put = write(descriptor, bytes.data, bytes.len);
		if (put >= 0) {
			bytes = str_slice(bytes, (size_t)put, bytes.len);
		} else if (errno != EINTR) {
			return false;
		}
	}
	return true;
}

bool os_write_stream(struct arena *arena, int descriptor, struct str bytes, struct diags *diags)
{
	return os_write_all(descriptor, bytes) || fail(arena, diags, "cannot write");
}

struct str os_working_folder(struct arena *arena)
{
	for (size_t size = 256; size <= 1 << 20; size *= 2) {
		char *text = arena_alloc(arena, size);
		if (getcwd(text, size) != NULL) {
			return str_from(text);
		}
	}
	return STR("");
}

bool os_is_terminal(int descriptor)
{
	return isatty(descriptor) == 1;
}

const char *os_environment(const char *name)
{
	const char *value = getenv(name);
	return value == NULL || value[0] == '\0' ? NULL : value;
}

void os_add_entry(struct arena *arena, struct os_entries *entries, struct os_entry entry)
{
	if (entries->count == entries->capacity) {
		uint32_t capacity = entries->capacity == 0 ? 64 : entries->capacity * 2;
		struct os_entry *items = arena_array(arena, struct os_entry, capacity);
		if (entries->count != 0) {
			memcpy(items, entries->items, entries->count * sizeof(*items));
		}
		entries->items = items;
		entries->capacity = capacity;
	}
	entries->items[entries->count++] = entry;
}

double os_seconds(void)
{
	struct timespec now = {0};
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

uint32_t os_processors(void)
{
	long count = sysconf(_SC_NPROCESSORS_ONLN);
	return count < 1 ? 1 : (uint32_t)count;
}
