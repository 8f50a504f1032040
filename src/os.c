#include "os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"

/* Deeper directories are reported: every level keeps a descriptor open while it is walked. */
enum { MAX_DEPTH = 128, READ_STEP = 65536 };

static const char *c_string(struct arena *arena, struct str s)
{
	return arena_copy(arena, s).data;
}

static bool fail(struct arena *arena, struct diags *diags, const char *what)
{
	diag_add(arena, diags, SEVERITY_ERROR, "io", DIAG_NO_OFFSET, "%s: %s", what,
		strerror(errno));
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

static bool read_regular(int descriptor, size_t limit, struct buf *out)
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
	buf_reserve(out, (size_t)status.st_size + 2);
	return read_all(descriptor, limit, out);
}

bool os_read_file(struct arena *arena, struct str path, size_t limit, struct str *bytes,
	struct diags *diags)
{
	struct stat status;
	const char *name = c_string(arena, path);
	if (memchr(path.data, '\0', path.len) != NULL) {
		errno = ENOENT;
		return fail(arena, diags, "cannot read");
	}
	/* looked at before it is opened: opening a pipe would wait for a writer */
	if (stat(name, &status) != 0) {
		return fail(arena, diags, "cannot read");
	}
	if (!S_ISREG(status.st_mode)) {
		diag_add(arena, diags, SEVERITY_ERROR, "io", DIAG_NO_OFFSET,
			S_ISDIR(status.st_mode) ? "is a directory" : "is not a regular file");
		return false;
	}
	int descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (descriptor < 0) {
		return fail(arena, diags, "cannot read");
	}
	struct buf content = BUF_INIT;
	bool done = read_regular(descriptor, limit, &content);
	if (done) {
		*bytes = arena_copy(arena, buf_str(&content));
	} else {
		fail(arena, diags, "cannot read");
	}
	buf_finish(&content);
	close(descriptor);
	return done;
}

bool os_read_stdin(struct arena *arena, size_t limit, struct str *bytes, struct diags *diags)
{
	struct buf content = BUF_INIT;
	bool done = read_all(STDIN_FILENO, limit, &content);
	if (done) {
		*bytes = arena_copy(arena, buf_str(&content));
	} else {
		fail(arena, diags, "cannot read");
	}
	buf_finish(&content);
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

/* ---- walking ---- */

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

struct walk {
	struct arena *arena;
	bool recursive;
	const struct str *suffixes;
	uint32_t suffix_count;
	struct os_entries *entries;
};

static void add_error(struct walk *walk, struct str path, int error)
{
	struct str text = arena_printf(walk->arena, "cannot read: %s", strerror(error));
	os_add_entry(walk->arena, walk->entries, (struct os_entry){path, text});
}

static bool has_suffix(const struct walk *walk, struct str name)
{
	for (uint32_t i = 0; i < walk->suffix_count; i++) {
		if (str_ends(name, walk->suffixes[i])) {
			return true;
		}
	}
	return false;
}

static int compare_entries(const void *left, const void *right)
{
	const struct os_entry *a = left, *b = right;
	return str_compare(a->path, b->path);
}

static bool list_names(struct walk *walk, DIR *directory, struct os_entries *names)
{
	for (;;) {
		errno = 0;
		const struct dirent *item = readdir(directory);
		if (item == NULL) {
			break;
		}
		struct str name = str_from(item->d_name);
		if (!str_equal(name, STR(".")) && !str_equal(name, STR(".."))) {
			name = arena_copy(walk->arena, name);
			os_add_entry(walk->arena, names, (struct os_entry){.path = name});
		}
	}
	if (names->count != 0) {
		qsort(names->items, names->count, sizeof(*names->items), compare_entries);
	}
	return errno == 0;
}

/* Takes the descriptor over. */
static void walk_directory(struct walk *walk, int descriptor, struct str path, int depth)
{
	DIR *directory = descriptor < 0 ? NULL : fdopendir(descriptor);
	struct os_entries names = {0};
	if (directory == NULL || depth > MAX_DEPTH || !list_names(walk, directory, &names)) {
		add_error(walk, path, depth > MAX_DEPTH ? ENAMETOOLONG : errno);
		if (directory != NULL) {
			closedir(directory);
		} else if (descriptor >= 0) {
			close(descriptor);
		}
		return;
	}
	const char *separator = str_ends(path, STR("/")) ? "" : "/";
	for (uint32_t i = 0; i < names.count; i++) {
		struct str name = names.items[i].path;
		struct stat status;
		if (fstatat(descriptor, name.data, &status, AT_SYMLINK_NOFOLLOW) != 0) {
			continue; /* gone since it was listed */
		}
		bool folder = S_ISDIR(status.st_mode) && walk->recursive &&
			!str_equal(name, STR("node_modules")) && !str_equal(name, STR(".git"));
		bool wanted = S_ISREG(status.st_mode) && has_suffix(walk, name);
		if (!folder && !wanted) {
			continue;
		}
		struct str full = arena_printf(walk->arena, "%.*s%s%s", STR_ARGS(path), separator,
			name.data);
		if (wanted) {
			os_add_entry(walk->arena, walk->entries, (struct os_entry){.path = full});
		} else {
			int child = openat(descriptor, name.data,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			walk_directory(walk, child, full, depth + 1);
		}
	}
	closedir(directory);
}

void os_walk(struct arena *arena, struct str path, bool recursive, const struct str *suffixes,
	uint32_t suffix_count, struct os_entries *entries)
{
	struct walk walk = {arena, recursive, suffixes, suffix_count, entries};
	int descriptor = open(c_string(arena, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	walk_directory(&walk, descriptor, path, 0);
}
