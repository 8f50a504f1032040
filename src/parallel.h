/* Work spread over threads whose results are taken up in order, whatever the number of threads. */
#ifndef REGLUE_PARALLEL_H
#define REGLUE_PARALLEL_H

#include <stdint.h>

typedef void parallel_step(void *context, uint32_t index);

/*
 * Calls work(context, i) once for every i below count, on `threads` threads, and then
 * take(context, i) on the calling thread, in rising order. Between the two lie at most a few results
 * a thread, so that a slow item holds the others back instead of letting them pile up. With one
 * thread both run on the calling one, each take right after its work.
 */
void parallel_run(
	uint32_t count, uint32_t threads, parallel_step *work, parallel_step *take, void *context);

#endif
