#include "parallel.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "arena.h"

enum { WINDOW_PER_THREAD = 4 };

struct line {
	pthread_mutex_t mutex;
	pthread_cond_t ready; /* an item was worked on */
	pthread_cond_t room;  /* an item was taken, or none is left to begin */
	uint32_t count;
	uint32_t next; /* to be begun */
	uint32_t taken;
	uint32_t window; /* begun and not taken, at most */
	bool *done;      /* of item i at i % window */
	parallel_step *work;
	void *context;
};

static void *work_on(void *argument)
{
	struct line *line = argument;
	pthread_mutex_lock(&line->mutex);
	for (;;) {
		while (line->next < line->count && line->next - line->taken >= line->window) {
			pthread_cond_wait(&line->room, &line->mutex);
		}
		if (line->next == line->count) {
			break;
		}
		uint32_t index = line->next++;
		pthread_mutex_unlock(&line->mutex);
		line->work(line->context, index);
		pthread_mutex_lock(&line->mutex);
		line->done[index % line->window] = true;
		pthread_cond_signal(&line->ready);
	}
	pthread_mutex_unlock(&line->mutex);
	return NULL;
}

static void take_all(struct line *line, parallel_step *take)
{
	pthread_mutex_lock(&line->mutex);
	for (uint32_t i = 0; i < line->count; i++) {
		while (!line->done[i % line->window]) {
			pthread_cond_wait(&line->ready, &line->mutex);
		}
		line->done[i % line->window] = false;
		pthread_mutex_unlock(&line->mutex);
		take(line->context, i);
		pthread_mutex_lock(&line->mutex);
		line->taken++;
		pthread_cond_broadcast(&line->room);
	}
	pthread_mutex_unlock(&line->mutex);
}

static void run_alone(uint32_t count, parallel_step *work, parallel_step *take, void *context)
{
	for (uint32_t i = 0; i < count; i++) {
		work(context, i);
		take(context, i);
	}
}

void parallel_run(
	uint32_t count, uint32_t threads, parallel_step *work, parallel_step *take, void *context)
{
	assert(threads >= 1);
	threads = threads < count ? threads : count;
	if (threads <= 1) {
		run_alone(count, work, take, context);
		return;
	}
	struct line line = {
		.count = count,
		.window = threads * WINDOW_PER_THREAD,
		.work = work,
		.context = context,
	};
	line.done = calloc(line.window, sizeof(*line.done));
	pthread_t *workers = calloc(threads, sizeof(*workers));
	if (line.done == NULL || workers == NULL) {
		out_of_memory();
	}
	pthread_mutex_init(&line.mutex, NULL);
	pthread_cond_init(&line.ready, NULL);
	pthread_cond_init(&line.room, NULL);
	uint32_t started = 0;
	while (started < threads && pthread_create(&workers[started], NULL, work_on, &line) == 0) {
		started++;
	}
	if (started == 0) { /* a limit on processes: slower, not worse */
		run_alone(count, work, take, context);
	} else {
		take_all(&line, take);
	}
	for (uint32_t i = 0; i < started; i++) {
		pthread_join(workers[i], NULL);
	}
	pthread_cond_destroy(&line.room);
	pthread_cond_destroy(&line.ready);
	pthread_mutex_destroy(&line.mutex);
	free(workers);
	free(line.done);
}
