/*
 * A preloaded library that lets system calls fail, as full disks and bad cables do:
 *   FAULT=call:error:first:last     calls number first to last (from 1) of that name fail
 *   FAULT=call:short                every write or read handles a few bytes only
 * Calls on the standard streams pass, and are not counted.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static const struct {
	const char *name;
	int number;
} errors[] = {{"ENOSPC", ENOSPC}, {"EACCES", EACCES}, {"EROFS", EROFS}, {"EINTR", EINTR},
	{"EIO", EIO}, {"EDQUOT", EDQUOT}, {"EMFILE", EMFILE}, {"EPERM", EPERM}};

static int count;

/* Whether this call has to fail; errno is set then. */
static int fails(const char *call)
{
	const char *fault = getenv("FAULT");
	size_t len = strlen(call);
	if (fault == NULL || strncmp(fault, call, len) != 0 || fault[len] != ':') {
		return 0;
	}
	const char *error = fault + len + 1, *range = strchr(error, ':');
	if (range == NULL) {
		return 0;
	}
	char *end;
	long first = strtol(range + 1, &end, 10), last = *end == ':' ? atol(end + 1) : first;
	count++;
	if (count < first || count > last) {
		return 0;
	}
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		if (strncmp(error, errors[i].name, (size_t)(range - error)) == 0) {
			errno = errors[i].number;
			return 1;
		}
	}
	abort();
}

static size_t shortened(const char *call, size_t size)
{
	const char *fault = getenv("FAULT");
	size_t len = strlen(call);
	int cut = fault != NULL && strncmp(fault, call, len) == 0 && strcmp(fault + len, ":short") == 0;
	return cut && size > 1001 ? 1001 : size;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int descriptor, const void *bytes, size_t size)
{
	if (descriptor > 2 && fails("write")) {
		return -1;
	}
	return REAL(write)(descriptor, bytes, descriptor > 2 ? shortened("write", size) : size);
}

ssize_t read(int descriptor, void *bytes, size_t size)
{
	if (descriptor > 2 && fails("read")) {
		return -1;
	}
	return REAL(read)(descriptor, bytes, descriptor > 2 ? shortened("read", size) : size);
}

int openat(int folder, const char *path, int flags, ...)
{
	va_list list;
	va_start(list, flags);
	mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
	va_end(list);
	if ((flags & O_CREAT) != 0 && fails("create")) {
		return -1;
	}
	return REAL(openat)(folder, path, flags, mode);
}

/* what large file support makes of the same name */
int openat64(int folder, const char *path, int flags, ...) __attribute__((alias("openat")));

int fsync(int descriptor)
{
	return fails("fsync") ? -1 : REAL(fsync)(descriptor);
}

int renameat(int from, const char *old, int to, const char *new)
{
	return fails("rename") ? -1 : REAL(renameat)(from, old, to, new);
}

int fchmod(int descriptor, mode_t mode)
{
	return fails("fchmod") ? -1 : REAL(fchmod)(descriptor, mode);
}
