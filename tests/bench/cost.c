/*
 * Runs a command and prints what that took, as JSON: seconds of processor and of the wall clock, each for one
 * run, and the largest process's memory in kB. A small program does this because the kernel counts what a
 * process inherits from the one that starts it: with an interpreter in its place nothing had less than 10 MB.
 *
 *     cost N [-f FILE COPY] COMMAND [ARGUMENT ...]
 *
 * -f: before each run, and not counted, COPY is written anew from FILE.
 */
#define _GNU_SOURCE /* wait4 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool copy(const char *from, const char *to)
{
	static char bytes[64 * 1024];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ssize_t got = in < 0 || out < 0 ? -1 : 1;
	while (got > 0 && (got = read(in, bytes, sizeof(bytes))) > 0) {
		got = write(out, bytes, (size_t)got) == got ? got : -1;
	}
	close(in);
	return close(out) == 0 && got == 0;
}

static _Noreturn void become(char **command)
{
	int null = open("/dev/null", O_RDWR);
	for (int i = 0; i < 3; i++) {
		dup2(null, i);
	}
	execvp(command[0], command);
	_exit(127);
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[1]) : 0;
	bool fresh = argc > 5 && strcmp(argv[2], "-f") == 0;
	char **command = argv + (fresh ? 5 : 2);
	double cpu = 0, wall = 0;
	long rss = 0;
	if (count < 1) {
		fputs("usage: cost N [-f FILE COPY] COMMAND [ARGUMENT ...]\n", stderr);
		return 2;
	}
	for (int i = 0; i < count; i++) {
		if (fresh && !copy(argv[3], argv[4])) {
			perror(argv[4]);
			return 2;
		}
		double start = now();
		pid_t child = fork();
		if (child == 0) {
			become(command);
		}
		int status;
		struct rusage used;
		if (child < 0 || wait4(child, &status, 0, &used) < 0) {
			perror(command[0]);
			return 2;
		}
		wall += now() - start;
		if (!WIFEXITED(status) || WEXITSTATUS(status) == 127) {
			fprintf(stderr, "%s: cannot be run, or crashed\n", command[0]);
			return 2;
		}
		cpu += seconds(used.ru_utime) + seconds(used.ru_stime);
		rss = used.ru_maxrss > rss ? used.ru_maxrss : rss;
	}
	printf("{\"cpu\": %.6f, \"wall\": %.6f, \"rss\": %ld}\n", cpu / count, wall / count, rss);
	return 0;
}
