/* SPDX-License-Identifier: ISC */
#include "loop/wall_timer.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define WALL_TIMER_NEVER ((time_t)INT64_MAX)

struct wall_timer {
	int fd;
	struct event *ready;
	void (*due)(void *arg);
	void *arg;
};

/* After the clock was set, the next read(2) or timerfd_settime(2) says so instead of the time.
 * After timerfd_settime(2) the loop has called us without EV_READ. */
static void
wall_timer_ready(evutil_socket_t fd, short what, void *arg)
{
	struct wall_timer *timer = arg;
	uint64_t times;

	if ((what & EV_READ) && read(fd, &times, sizeof times) == -1 && errno != ECANCELED)
		return;
	timer->due(timer->arg);
}

void
wall_timer_start(struct wall_timer *timer, time_t when)
{
	/* The kernel takes 0 for "stop", and none before 1970. */
	struct itimerspec time = { .it_value = { .tv_sec = when > 0 ? when : 1 } };

	if (when == -1)
		time.it_value.tv_sec = WALL_TIMER_NEVER;
	if (timerfd_settime(timer->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &time, NULL) ==
		-1 &&
	    errno == ECANCELED)
		event_active(timer->ready, EV_TIMEOUT, 0);
}

struct wall_timer *
wall_timer_new(struct event_base *base, void (*due)(void *arg), void *arg)
{
	struct wall_timer *timer = calloc(1, sizeof *timer);

	if (timer == NULL)
		return NULL;
	timer->due = due;
	timer->arg = arg;
	timer->fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (timer->fd != -1)
		timer->ready = event_new(
		    base, timer->fd, EV_READ | EV_PERSIST, wall_timer_ready, timer);
	if (timer->ready == NULL || event_add(timer->ready, NULL) == -1)
		wall_timer_free(&timer);
	else
		wall_timer_start(timer, -1);
	return timer;
}

void
wall_timer_free(struct wall_timer **timer)
{
	struct wall_timer *gone = *timer;

	if (gone == NULL)
		return;
	if (gone->ready != NULL)
		event_free(gone->ready);
	if (gone->fd != -1)
		close(gone->fd);
	free(gone);
	*timer = NULL;
}
