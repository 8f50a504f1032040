#define _DEFAULT_SOURCE /* mkdtemp, setenv */
#include "os_process.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os.h"

extern char **environ;

static const int forwarded[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

enum { FORWARDED = sizeof(forwarded) / sizeof(*forwarded) };

static volatile sig_atomic_t child;

static void forward(int number, siginfo_t *info, void *context)
{
	(void)context;
	/* what a terminal sends it sends to the whole group */
	if (child > 0 && info->si_code <= 0) {
		kill((pid_t)child, number);
	}
}

static int spawn(char **argv, const sigset_t *mask, pid_t *pid)
{
	posix_spawnattr_t attributes;
	sigset_t defaults;
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, mask);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	int error = posix_spawnp(pid, argv[0], NULL, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	return error;
}

int os_run(struct arena *arena, char **argv, struct diags *diags)
{
	struct sigaction action = {.sa_sigaction = forward, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct sigaction before[FORWARDED];
	sigset_t blocked, mask;
	sigemptyset(&blocked);
	sigemptyset(&action.sa_mask);
	for (int i = 0; i < FORWARDED; i++) {
		sigaddset(&blocked, forwarded[i]);
	}
	/* a signal between the start of the program and our knowing its number waits */
	sigprocmask(SIG_BLOCK, &blocked, &mask);
	for (int i = 0; i < FORWARDED; i++) {
		sigaction(forwarded[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN) { /* then the program ignores it as well */
			sigaction(forwarded[i], &action, NULL);
		}
	}
	pid_t pid = 0;
	int error = spawn(argv, &mask, &pid), status = 0;
	child = error == 0 ? pid : 0;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	while (error == 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
	child = 0;
	for (int i = 0; i < FORWARDED; i++) {
		sigaction(forwarded[i], &before[i], NULL);
	}
	if (error != 0) {
		diag_add(arena, diags, SEVERITY_ERROR, "exec-failed", DIAG_NO_OFFSET, "cannot run it: %s",
			strerror(error));
		return error == ENOENT ? OS_RUN_MISSING : OS_RUN_DENIED;
	}
	return WIFSIGNALED(status) ? OS_RUN_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

int os_end_alike(int status)
{
	if (status <= OS_RUN_SIGNAL) {
		return status;
	}
	signal(status - OS_RUN_SIGNAL, SIG_DFL);
	raise(status - OS_RUN_SIGNAL);
	return 128 + status - OS_RUN_SIGNAL; /* it is blocked: as shells say it */
}

static bool is_self(const struct stat *status)
{
	struct stat self;
	return stat("/proc/self/exe", &self) == 0 && self.st_dev == status->st_dev &&
	       self.st_ino == status->st_ino;
}

struct str os_next_in_path(struct arena *arena, const char *name)
{
	struct str path = str_from(os_environment("PATH"));
	for (size_t from = 0; from <= path.len && path.len != 0;) {
		const char *colon = memchr(path.data + from, ':', path.len - from);
		size_t to = colon == NULL ? path.len : (size_t)(colon - path.data);
		struct str folder = from == to ? STR(".") : str_slice(path, from, to);
		struct str file = arena_printf(arena, "%.*s/%s", STR_ARGS(folder), name);
		struct stat status;
		if (stat(file.data, &status) == 0 && S_ISREG(status.st_mode) &&
			access(file.data, X_OK) == 0 && !is_self(&status)) {
			return file;
		}
		from = to + 1;
	}
	return STR("");
}

struct str os_add_alias(struct arena *arena, const char *name)
{
	const char *temporary = os_environment("TMPDIR"), *path = os_environment("PATH");
	struct str self = os_real_path(arena, STR("/proc/self/exe"));
	struct str folder =
		arena_printf(arena, "%s/reglue-exec-XXXXXX", temporary == NULL ? "/tmp" : temporary);
	if (self.len == 0 || mkdtemp((char *)folder.data) == NULL) {
		return STR("");
	}
	struct str link = arena_printf(arena, "%s/%s", folder.data, name);
	if (symlink(self.data, link.data) != 0) {
		rmdir(folder.data);
		return STR("");
	}
	os_set_environment(arena, "PATH",
		arena_printf(
			arena, "%s%s%s", folder.data, path == NULL ? "" : ":", path == NULL ? "" : path));
	return folder;
}

void os_remove_alias(struct arena *arena, struct str folder, const char *name)
{
	if (folder.len != 0) {
		unlink(arena_printf(arena, "%.*s/%s", STR_ARGS(folder), name).data);
		rmdir(folder.data);
	}
}

void os_set_environment(struct arena *arena, const char *name, struct str value)
{
	if (setenv(name, arena_copy(arena, value).data, 1) != 0) {
		out_of_memory();
	}
}

bool os_stamp(struct arena *arena, struct str path, struct os_stamp *stamp)
{
	struct stat status;
	if (stat(arena_copy(arena, path).data, &status) != 0) {
		return false;
	}
	*stamp = (struct os_stamp){{(uint64_t)status.st_ino, (uint64_t)status.st_size,
		(uint64_t)status.st_mtim.tv_sec, (uint64_t)status.st_mtim.tv_nsec,
		(uint64_t)status.st_ctim.tv_sec, (uint64_t)status.st_ctim.tv_nsec}};
	return true;
}
