#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ignore.h"
#include "os.h"

/* Deeper directories are reported: every level keeps a descriptor open while it is walked. */
enum { MAX_DEPTH = 128, IGNORE_MAX_BYTES = 1 << 20 };

static const char ignore_name[] = ".reglueignore";

/* A directory on the way down. */
struct place {
	int descriptor;
	struct str path;             /* as the user would type it */
	struct str real;             /* the same as an absolute path; for ignore rules */
	const struct ignore *ignore; /* NULL if there is none */
	int depth;
};

static void add_error(struct arena *arena, struct os_walk *walk, struct str path, int error)
{
	struct str text = arena_printf(arena, "cannot read: %s", strerror(error));
	os_add_entry(arena, &walk->found, (struct os_entry){path, text});
}

static bool has_suffix(const struct os_walk *walk, struct str name)
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

/* Sorted. */
static bool list_names(struct arena *arena, DIR *directory, struct os_entries *names)
{
	for (;;) {
		errno = 0;
		const struct dirent *item = readdir(directory);
		if (item == NULL) {
			break;
		}
		struct str name = str_from(item->d_name);
		if (!str_equal(name, STR(".")) && !str_equal(name, STR(".."))) {
			name = arena_copy(arena, name);
			os_add_entry(arena, names, (struct os_entry){.path = name});
		}
	}
	int error = errno;
	if (names->count != 0) {
		qsort(names->items, names->count, sizeof(*names->items), compare_entries);
	}
	errno = error;
	return error == 0;
}

struct str os_join(struct arena *arena, struct str folder, struct str name)
{
	return arena_printf(arena, "%.*s%s%.*s", STR_ARGS(folder),
		str_ends(folder, STR("/")) ? "" : "/", STR_ARGS(name));
}

/* The rules of a directory's own .reglueignore on top of those above. */
static const struct ignore *read_ignore(struct arena *arena, struct os_walk *walk, struct str path,
	struct str real, const struct ignore *above)
{
	struct str file = os_join(arena, real, STR(".reglueignore")), text;
	struct diags diags = {0};
	if (os_kind(arena, file) == OS_MISSING) {
		return above;
	}
	if (!os_read_file(arena, file, IGNORE_MAX_BYTES, &text, &diags)) {
		os_add_entry(arena, &walk->found,
			(struct os_entry){os_join(arena, path, STR(".reglueignore")), diags.first->text});
		return above;
	}
	return ignore_parse(arena, real, text, above);
}

static bool is_litter(struct str name)
{
	return str_starts(name, STR(OS_TEMP_PREFIX)) && str_ends(name, STR(OS_TEMP_SUFFIX)) &&
	       name.len == sizeof(OS_TEMP_PREFIX) - 1 + 16 + sizeof(OS_TEMP_SUFFIX) - 1;
}

static bool is_listed(const struct os_entries *names, struct str name)
{
	for (uint32_t i = 0; i < names->count; i++) {
		if (str_equal(names->items[i].path, name)) {
			return true;
		}
	}
	return false;
}

/* Whether its maker calls a folder a cache, as cargo does its target folder: what lies there is on its
 * way to somewhere else, or a copy. */
static bool is_cache(int descriptor, const struct os_entries *names)
{
	static const char signature[] = "Signature: 8a477f597d28d172789f06886806bc55";
	char text[sizeof(signature) - 1];
	static const char tag[] = "CACHEDIR.TAG";
	int file = !is_listed(names, str_from(tag))
	               ? -1
	               : openat(descriptor, tag, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool cache = file >= 0 && read(file, text, sizeof(text)) == (ssize_t)sizeof(text) &&
	             memcmp(text, signature, sizeof(text)) == 0;
	if (file >= 0) {
		close(file);
	}
	return cache;
}

static void walk_directory(struct arena *arena, struct os_walk *walk, struct place place);

static void visit(
	struct arena *arena, struct os_walk *walk, const struct place *place, struct str name)
{
	struct stat status;
	if (fstatat(place->descriptor, name.data, &status, AT_SYMLINK_NOFOLLOW) != 0) {
		return; /* gone since it was listed */
	}
	bool folder = S_ISDIR(status.st_mode) && walk->recursive &&
	              !str_equal(name, STR("node_modules")) && !str_equal(name, STR(".git"));
	bool wanted = S_ISREG(status.st_mode) && has_suffix(walk, name);
	if (S_ISREG(status.st_mode) && is_litter(name)) {
		os_add_entry(
			arena, &walk->litter, (struct os_entry){.path = os_join(arena, place->path, name)});
	}
	if (!folder && !wanted) {
		return;
	}
	struct str real = place->real;
	if (walk->ignore) {
		real = os_join(arena, place->real, name);
	}
	if (ignore_match(place->ignore, arena, real, folder)) {
		return;
	}
	struct str path = os_join(arena, place->path, name);
	if (wanted) {
		os_add_entry(arena, &walk->found, (struct os_entry){.path = path});
		return;
	}
	int child =
		openat(place->descriptor, name.data, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	walk_directory(arena, walk, (struct place){child, path, real, place->ignore, place->depth + 1});
}

/* Takes the descriptor over. */
static void walk_directory(struct arena *arena, struct os_walk *walk, struct place place)
{
	DIR *directory = place.descriptor < 0 ? NULL : fdopendir(place.descriptor);
	struct os_entries names = {0};
	if (directory == NULL || place.depth > MAX_DEPTH || !list_names(arena, directory, &names)) {
		add_error(arena, walk, place.path, place.depth > MAX_DEPTH ? ENAMETOOLONG : errno);
		if (directory != NULL) {
			closedir(directory);
		} else if (place.descriptor >= 0) {
			close(place.descriptor);
		}
		return;
	}
	if (walk->ignore && is_listed(&names, str_from(ignore_name))) {
		place.ignore = read_ignore(arena, walk, place.path, place.real, place.ignore);
	}
	uint32_t count = place.depth > 0 && is_cache(place.descriptor, &names) ? 0 : names.count;
	for (uint32_t i = 0; i < count; i++) {
		visit(arena, walk, &place, names.items[i].path);
	}
	closedir(directory);
}

/* The rules of the folders above an absolute path, the outermost first. */
static const struct ignore *ignore_above(struct arena *arena, struct os_walk *walk, struct str path)
{
	if (path.len <= 1) {
		return NULL;
	}
	struct str folder = os_folder_of(path);
	const struct ignore *above = NULL;
	if (os_kind(arena, os_join(arena, folder, STR(".git"))) == OS_MISSING) {
		above = ignore_above(arena, walk, folder);
	}
	return read_ignore(arena, walk, folder, folder, above);
}

void os_walk(struct arena *arena, struct str path, struct os_walk *walk)
{
	int descriptor = open(arena_copy(arena, path).data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct place place = {.descriptor = descriptor, .path = path};
	if (walk->ignore && descriptor >= 0) {
		place.real = os_real_path(arena, path);
		if (os_kind(arena, os_join(arena, place.real, STR(".git"))) == OS_MISSING) {
			place.ignore = ignore_above(arena, walk, place.real);
		}
	}
	walk_directory(arena, walk, place);
}

void os_find_litter(struct arena *arena, struct str path, struct os_entries *litter)
{
	DIR *directory = opendir(arena_copy(arena, path).data);
	struct os_entries names = {0};
	if (directory == NULL) {
		return; /* who reads or writes there will say so */
	}
	list_names(arena, directory, &names);
	closedir(directory);
	for (uint32_t i = 0; i < names.count; i++) {
		if (is_litter(names.items[i].path)) {
			os_add_entry(arena, litter,
				(struct os_entry){.path = os_join(arena, path, names.items[i].path)});
		}
	}
}
