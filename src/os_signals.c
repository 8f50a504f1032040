#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "os.h"

/*
 * Writes that must not be cut short, and the signals that would. Without threads it is enough to
 * block the signals around a write. With them, a signal would reach some other thread and end the
 * process all the same: then they are blocked in all, and one thread waits for them, and for the end
 * of the writes under way, before it lets them have their effect.
 */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static uint32_t writing;
static bool ending;

static sigset_t ending_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	return set;
}

void os_begin_write(struct os_signals *before)
{
	sigset_t set = ending_signals();
	pthread_sigmask(SIG_BLOCK, &set, &before->set);
	pthread_mutex_lock(&mutex);
	while (ending) {
		pthread_cond_wait(&changed, &mutex); /* for ever */
	}
	writing++;
	pthread_mutex_unlock(&mutex);
}

void os_end_write(const struct os_signals *before)
{
	pthread_mutex_lock(&mutex);
	writing--;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
	pthread_sigmask(SIG_SETMASK, &before->set, NULL);
}

static void *wait_for_signals(void *unused)
{
	sigset_t set = ending_signals();
	for (int number; sigwait(&set, &number) == 0;) {
		int state;
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
		pthread_mutex_lock(&mutex);
		ending = true;
		while (writing != 0) {
			pthread_cond_wait(&changed, &mutex);
		}
		raise(number); /* stays pending until the mask lets it through */
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
		/* still here: it is ignored, as nohup has it */
		pthread_sigmask(SIG_BLOCK, &set, NULL);
		ending = false;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&mutex);
		pthread_setcancelstate(state, &state);
	}
	return unused;
}

void os_guard_threads(struct os_signals *signals)
{
	sigset_t set = ending_signals();
	pthread_sigmask(SIG_BLOCK, &set, &signals->set);
	signals->guarded = pthread_create(&signals->thread, NULL, wait_for_signals, NULL) == 0;
}

void os_unguard_threads(struct os_signals *signals)
{
	if (signals->guarded) {
		pthread_cancel(signals->thread);
		pthread_join(signals->thread, NULL);
	}
	pthread_sigmask(SIG_SETMASK, &signals->set, NULL);
}

void os_ignore_broken_pipes(void)
{
	signal(SIGPIPE, SIG_IGN);
}
