#define _DEFAULT_SOURCE /* flock */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "os.h"

/*
 * One descriptor for each directory locked by this process, shared by its threads: flock holds
 * between descriptors, and threads of one run must not wait for each other. A thread holds one lock
 * at a time, so that two runs cannot wait for each other either.
 */
struct os_lock {
	struct os_lock *next;
	dev_t device;
	ino_t inode;
	uint32_t users;
	int descriptor;
	bool held;             /* the file system knows locks, and gave this one */
	pthread_mutex_t mutex; /* held by the first user until it has the lock */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct os_lock *locks;

static struct os_lock *find_or_add(int descriptor, const struct stat *status)
{
	for (struct os_lock *lock = locks; lock != NULL; lock = lock->next) {
		if (lock->device == status->st_dev && lock->inode == status->st_ino) {
			close(descriptor);
			return lock;
		}
	}
	struct os_lock *lock = calloc(1, sizeof(*lock));
	if (lock == NULL) {
		out_of_memory();
	}
	*lock = (struct os_lock){
		.next = locks, .device = status->st_dev, .inode = status->st_ino, .descriptor = descriptor};
	pthread_mutex_init(&lock->mutex, NULL);
	locks = lock;
	return lock;
}

/* Some file systems know no locks: there the check before each rename has to do. */
static bool wait_for(int descriptor, os_waiting *waiting, void *context)
{
	static const struct timespec step = {.tv_nsec = 50 * 1000 * 1000};
	for (int tries = 0; flock(descriptor, LOCK_EX | LOCK_NB) != 0; tries++) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			return false;
		}
		if (tries == 20 && waiting != NULL) {
			waiting(context);
		}
		nanosleep(&step, NULL);
	}
	return true;
}

struct os_lock *os_lock_folder(
	struct arena *arena, struct str path, os_waiting *waiting, void *context)
{
	struct str real = os_real_path(arena, path);
	struct str folder = os_folder_of(real.len == 0 ? path : real);
	int descriptor = open(arena_copy(arena, folder).data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat status;
	if (descriptor < 0 || fstat(descriptor, &status) != 0) {
		if (descriptor >= 0) {
			close(descriptor);
		}
		return NULL;
	}
	pthread_mutex_lock(&mutex);
	struct os_lock *lock = find_or_add(descriptor, &status);
	bool first = lock->users++ == 0;
	if (first) {
		pthread_mutex_lock(&lock->mutex);
	}
	pthread_mutex_unlock(&mutex);
	if (first) {
		lock->held = wait_for(lock->descriptor, waiting, context);
	} else {
		pthread_mutex_lock(&lock->mutex); /* until the first user has it */
	}
	pthread_mutex_unlock(&lock->mutex);
	return lock;
}

void os_unlock_folder(struct os_lock *lock)
{
	if (lock == NULL) {
		return;
	}
	pthread_mutex_lock(&mutex);
	if (--lock->users == 0) {
		struct os_lock **link = &locks;
		while (*link != lock) {
			link = &(*link)->next;
		}
		*link = lock->next;
		pthread_mutex_destroy(&lock->mutex);
		close(lock->descriptor); /* and with it the lock */
		free(lock);
	}
	pthread_mutex_unlock(&mutex);
}

void os_clear_litter(struct arena *arena, struct str path)
{
	/* who writes there holds the lock: under it, temporary files are those of killed runs */
	struct os_lock *lock = os_lock_folder(arena, path, NULL, NULL);
	if (lock != NULL && lock->held) {
		unlink(arena_copy(arena, path).data);
	}
	os_unlock_folder(lock);
}
