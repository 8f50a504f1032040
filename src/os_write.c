#define _DEFAULT_SOURCE /* getentropy */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "os.h"

/* A file on its way: written beside its target, waiting for the rename. */
struct pending {
	const struct os_write *write;
	int folder;       /* descriptor of the target's directory, -1 before it is open */
	const char *name; /* of the target in it, symbolic links followed */
	char temp[40];    /* name of the temporary file; empty if there is none */
	bool created;     /* the target did not exist */
	bool renamed;
};

static bool fail(struct arena *arena, struct diags *diags, const char *what)
{
	diag_add(arena, diags, SEVERITY_ERROR, "io", DIAG_NO_OFFSET, "%s: %s", what, strerror(errno));
	return false;
}

/* Opens the directory that holds the target, and finds the target's name in it. */
static bool find_target(struct arena *arena, struct pending *pending)
{
	const char *path = arena_copy(arena, pending->write->path).data;
	char *real = realpath(path, NULL);
	struct str full;
	if (real != NULL) {
		full = arena_copy(arena, str_from(real));
		free(real);
	} else {
		struct stat status;
		/* a name still free is fine; a symbolic link that leads nowhere is not */
		if (errno != ENOENT || lstat(path, &status) == 0) {
			return false;
		}
		full = pending->write->path;
	}
	size_t slash = full.len;
	while (slash != 0 && full.data[slash - 1] != '/') {
		slash--;
	}
	pending->name = arena_copy(arena, str_slice(full, slash, full.len)).data;
	struct str folder = slash == 0 ? STR(".") : str_slice(full, 0, slash);
	pending->folder = open(arena_copy(arena, folder).data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return pending->folder >= 0;
}

static int create_temp(struct pending *pending, mode_t mode)
{
	for (int attempt = 0; attempt < 100; attempt++) {
		uint64_t number;
		if (getentropy(&number, sizeof(number)) != 0) {
			return -1;
		}
		snprintf(pending->temp, sizeof(pending->temp), OS_TEMP_PREFIX "%016llx" OS_TEMP_SUFFIX,
			(unsigned long long)number);
		int descriptor = openat(pending->folder, pending->temp,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		if (descriptor >= 0) {
			return descriptor;
		}
		pending->temp[0] = '\0';
		if (errno != EEXIST) {
			return -1;
		}
	}
	return -1;
}

/* What cannot be kept is not worth failing for, but worth a word. */
static void warn_lost(struct arena *arena, struct diags *diags, const char *what, const char *name)
{
	if (diags != NULL) {
		diag_add(arena, diags, SEVERITY_WARNING, "attributes", DIAG_NO_OFFSET,
			"the %s%s could not be kept: %s", what, name, strerror(errno));
	}
}

static void keep_owner_and_mode(
	struct arena *arena, int descriptor, const struct stat *status, struct diags *diags)
{
	mode_t mode = status->st_mode & 07777;
	/* only the superuser may give files away; set-id bits must not become someone else's */
	if (fchown(descriptor, (uid_t)-1, status->st_gid) != 0) {
		warn_lost(arena, diags, "group", "");
		/* another group may do no more than everybody */
		mode = (mode & 0707) | (mode & 07) << 3;
	}
	if (fchown(descriptor, status->st_uid, (gid_t)-1) != 0) {
		warn_lost(arena, diags, "owner", "");
		mode &= 0777;
	}
	/* the folder may have given it a list, of which the mode would only set the mask */
	(void)fremovexattr(descriptor, "system.posix_acl_access");
	if (fchmod(descriptor, mode) != 0) {
		warn_lost(arena, diags, "mode", "");
	}
}

static bool has_same(int descriptor, const char *name, const char *value, size_t size)
{
	char *now = malloc(size + 1);
	bool same = now != NULL && fgetxattr(descriptor, name, now, size + 1) == (ssize_t)size &&
	            memcmp(now, value, size) == 0;
	free(now);
	return same;
}

/* One extended attribute. False, with errno, if the new file does not have it. */
static bool copy_attribute(int from, int to, const char *name)
{
	ssize_t size = fgetxattr(from, name, NULL, 0);
	char *value = size < 0 ? NULL : malloc((size_t)size + 1);
	bool done = false;
	if (value != NULL && (size = fgetxattr(from, name, value, (size_t)size)) >= 0) {
		/* labels that the system gives to new files by itself cannot be set, nor need be */
		done = fsetxattr(to, name, value, (size_t)size, 0) == 0 ||
		       has_same(to, name, value, (size_t)size);
	}
	int error = errno;
	free(value);
	errno = error;
	return done;
}

/* Extended attributes, access control lists among them; after the mode, which they refine. */
static void keep_attributes(struct arena *arena, int from, int to, struct diags *diags)
{
	ssize_t size = flistxattr(from, NULL, 0);
	char *names = size <= 0 ? NULL : malloc((size_t)size);
	if (names == NULL || (size = flistxattr(from, names, (size_t)size)) < 0) {
		free(names);
		return; /* none, or a file system that has none */
	}
	for (const char *name = names; name < names + size; name += strlen(name) + 1) {
		if (!copy_attribute(from, to, name)) {
			warn_lost(arena, diags, "attribute ", name);
		}
	}
	free(names);
}

/* Everything about the file that replaces another except its content. */
static void keep_what_it_was(
	struct arena *arena, const struct pending *pending, int descriptor, const struct stat *status)
{
	struct diags *diags = pending->write->diags;
	int old = openat(pending->folder, pending->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	keep_owner_and_mode(arena, descriptor, status, diags);
	if (old >= 0) {
		keep_attributes(arena, old, descriptor, diags);
		close(old);
	}
	if (status->st_nlink > 1 && diags != NULL) {
		/* package managers link files into their store: those have to stay as they are */
		diag_add(arena, diags, SEVERITY_NOTE, "hard-link", DIAG_NO_OFFSET,
			"the file had %lu names; the others keep the old content",
			(unsigned long)status->st_nlink);
	}
}

static bool prepare(struct arena *arena, struct pending *pending, const char **what)
{
	*what = "cannot write";
	if (!find_target(arena, pending)) {
		return false;
	}
	struct stat status;
	bool exists = fstatat(pending->folder, pending->name, &status, 0) == 0;
	pending->created = !exists;
	if (exists && !S_ISREG(status.st_mode)) {
		errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
		return false;
	}
	/* a rename would replace a write-protected file all the same */
	if (exists && faccessat(pending->folder, pending->name, W_OK, 0) != 0) {
		return false;
	}
	int descriptor = create_temp(pending, exists ? 0600 : 0666);
	if (descriptor < 0) {
		*what = "cannot make a temporary file beside it";
		return false;
	}
	bool done = os_write_all(descriptor, pending->write->bytes);
	if (done && exists) {
		keep_what_it_was(arena, pending, descriptor, &status);
	}
	done = done && fsync(descriptor) == 0;
	int error = errno;
	done = close(descriptor) == 0 && done;
	errno = error;
	return done;
}

static bool still_previous(struct arena *arena, const struct os_write *write)
{
	struct diags ignored = {0};
	int descriptor = os_open_file(arena, write->path, &ignored);
	bool same = descriptor >= 0;
	char bytes[16 * 1024];
	for (size_t at = 0, got = 1; same && got != 0; at += got) {
		got = os_read_at(descriptor, at, bytes, sizeof(bytes));
		same = str_starts(
				   str_slice(write->previous, at, write->previous.len), (struct str){bytes, got}) &&
		       (got != 0 || at == write->previous.len);
	}
	if (descriptor >= 0) {
		os_close(descriptor);
	}
	return same;
}

static void release(struct pending *pending)
{
	if (pending->temp[0] != '\0' && !pending->renamed) {
		unlinkat(pending->folder, pending->temp, 0);
	}
	if (pending->folder >= 0) {
		close(pending->folder);
	}
}

static bool rename_temp(struct pending *pending)
{
	pending->renamed =
		renameat(pending->folder, pending->temp, pending->folder, pending->name) == 0;
	return pending->renamed;
}

/* Undoes the renames before a failed one. */
static void roll_back(
	struct arena *arena, struct pending *pendings, uint32_t count, struct diags *diags)
{
	for (uint32_t i = 0; i < count; i++) {
		struct pending *pending = &pendings[i];
		struct os_write back = {.path = pending->write->path, .bytes = pending->write->previous};
		struct pending again = {.write = &back, .folder = -1};
		bool undone;
		const char *what;
		if (pending->created) {
			undone = unlinkat(pending->folder, pending->name, 0) == 0;
		} else {
			undone =
				pending->write->replaces && prepare(arena, &again, &what) && rename_temp(&again);
		}
		if (!undone) {
			diag_add(arena, diags, SEVERITY_ERROR, "io", DIAG_NO_OFFSET,
				"%.*s stays written, it could not be put back", STR_ARGS(back.path));
		}
		release(&again);
	}
}

static bool write_pending(struct arena *arena, struct pending *pendings, uint32_t count,
	struct diags *diags, uint32_t *failed)
{
	for (*failed = 0; *failed < count; ++*failed) {
		const char *what;
		if (!prepare(arena, &pendings[*failed], &what)) {
			return fail(arena, diags, what);
		}
	}
	for (*failed = 0; *failed < count; ++*failed) {
		const struct os_write *write = pendings[*failed].write;
		if (write->replaces && !still_previous(arena, write)) {
			diag_add(arena, diags, SEVERITY_ERROR, "io", DIAG_NO_OFFSET,
				"not written: it was changed by someone else meanwhile");
			return false;
		}
	}
	for (*failed = 0; *failed < count; ++*failed) {
		if (!rename_temp(&pendings[*failed])) {
			fail(arena, diags, "cannot write");
			roll_back(arena, pendings, *failed, diags);
			return false;
		}
	}
	/* the folders are not synced: after a loss of power a name may lead to the old file, which is whole as well */
	return true;
}

bool os_write_files(struct arena *arena, const struct os_write *writes, uint32_t count,
	struct diags *diags, uint32_t *failed)
{
	uint32_t ignored;
	struct pending *pendings = arena_array(arena, struct pending, count);
	for (uint32_t i = 0; i < count; i++) {
		pendings[i] = (struct pending){.write = &writes[i], .folder = -1};
	}
	struct os_signals before;
	os_begin_write(&before);
	bool done = write_pending(arena, pendings, count, diags, failed == NULL ? &ignored : failed);
	for (uint32_t i = 0; i < count; i++) {
		release(&pendings[i]);
	}
	os_end_write(&before);
	return done;
}

bool os_write_file(struct arena *arena, struct str path, struct str bytes, struct diags *diags)
{
	if (os_kind(arena, path) == OS_OTHER) {
		int descriptor = open(arena_copy(arena, path).data, O_WRONLY | O_CLOEXEC);
		if (descriptor < 0) {
			return fail(arena, diags, "cannot write");
		}
		bool done = os_write_stream(arena, descriptor, bytes, diags);
		close(descriptor);
		return done;
	}
	struct os_write write = {.path = path, .bytes = bytes};
	struct os_lock *lock = os_lock_folder(arena, path, NULL, NULL);
	bool done = os_write_files(arena, &write, 1, diags, NULL);
	os_unlock_folder(lock);
	return done;
}
