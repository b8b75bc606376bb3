/* SPDX-License-Identifier: ISC */
#include "grants/grant_watch.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum {
	BUCKETS = 4096, /* by the first three digits of the id */
	EVENTS_SIZE = 16384,
	UNARMED = -1,
};

struct grant_watch {
	struct grants grants;
	int fd, watch; /* inotify(7); UNARMED: there is no folder yet */
	unsigned long round;
	size_t count;
	void (*appeared)(void *arg);
	void *arg;
	struct grant_hold *buckets[BUCKETS];
};

/* ---- the table ------------------------------------------------------- */

static struct grant_hold **
bucket_of(struct grant_watch *holds, const char *id)
{
	char digits[4] = { id[0], id[1], id[2], '\0' };

	return &holds->buckets[strtoul(digits, NULL, 16)];
}

static void
grant_hold_link(struct grant_hold *hold)
{
	struct grant_hold **bucket = bucket_of(hold->holds, hold->id);

	hold->next = *bucket;
	hold->back = bucket;
	if (hold->next != NULL)
		hold->next->back = &hold->next;
	*bucket = hold;
	hold->holds->count++;
}

void
grant_hold_end(struct grant_hold *hold)
{
	if (hold->holds == NULL)
		return;
	*hold->back = hold->next;
	if (hold->next != NULL)
		hold->next->back = hold->back;
	hold->holds->count--;
	hold->holds = NULL;
}

static void
grant_hold_finish(struct grant_hold *hold)
{
	grant_hold_end(hold);
	hold->ended(hold->arg);
}

/* ended() may change the list: so take its head each time. */
static void
grant_watch_finish(struct grant_watch *holds, const char *id)
{
	struct grant_hold *hold = *bucket_of(holds, id);

	while (hold != NULL) {
		if (strcmp(hold->id, id) != 0) {
			hold = hold->next;
			continue;
		}
		grant_hold_finish(hold);
		hold = *bucket_of(holds, id);
	}
}

/* Look at every hold once, though ended() may change the lists meanwhile. */
static void
grant_watch_look(struct grant_watch *holds)
{
	unsigned long round = ++holds->round;

	for (size_t i = 0; i < BUCKETS; i++) {
		struct grant_hold *hold = holds->buckets[i];

		while (hold != NULL) {
			if (hold->seen == round || grants_have(&holds->grants, hold->id)) {
				hold->seen = round;
				hold = hold->next;
				continue;
			}
			grant_hold_finish(hold);
			hold = holds->buckets[i];
		}
	}
}

/* ---- the folder ------------------------------------------------------ */

static bool
grant_watch_arm(struct grant_watch *holds)
{
	if (holds->watch == UNARMED)
		holds->watch = inotify_add_watch(holds->fd, holds->grants.path,
		    IN_DELETE | IN_MOVED_FROM | IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF |
			IN_MOVE_SELF | IN_ONLYDIR);
	return holds->watch != UNARMED;
}

/* The watched folder is gone, or belongs to another path now. */
static void
grant_watch_rearm(struct grant_watch *holds)
{
	holds->watch = UNARMED;
	grant_watch_arm(holds);
	grant_watch_look(holds);
	if (holds->appeared != NULL)
		holds->appeared(holds->arg);
}

static void
grant_watch_event(struct grant_watch *holds, const struct inotify_event *event)
{
	if (event->mask & IN_Q_OVERFLOW) {
		grant_watch_look(holds);
	} else if (event->wd != holds->watch) {
		; /* from a folder that is no longer watched */
	} else if (event->mask & IN_IGNORED) {
		grant_watch_rearm(holds);
	} else if (event->mask & IN_MOVE_SELF) {
		inotify_rm_watch(holds->fd, holds->watch); /* IN_IGNORED follows */
	} else if (event->len > 0 && grant_id_valid(event->name)) {
		if (event->mask & (IN_DELETE | IN_MOVED_FROM))
			grant_watch_finish(holds, event->name);
		else if (holds->appeared != NULL)
			holds->appeared(holds->arg);
	}
}

void
grant_watch_dispatch(struct grant_watch *holds)
{
	_Alignas(struct inotify_event) char events[EVENTS_SIZE];
	ssize_t got = read(holds->fd, events, sizeof events);

	for (ssize_t at = 0; at < got;) {
		const struct inotify_event *event = (const struct inotify_event *)(events + at);

		grant_watch_event(holds, event);
		at += (ssize_t)(sizeof *event + event->len);
	}
}

/* ---- for its users --------------------------------------------------- */

bool
grant_hold_begin(struct grant_hold *hold, struct grant_watch *holds, const char *id,
    grant_hold_ended *ended, void *arg)
{
	hold->holds = NULL;
	/* Watch first, then look: an end in between is seen twice, never missed. */
	if (!grant_id_valid(id) || !grant_watch_arm(holds) || !grants_have(&holds->grants, id))
		return false;
	memcpy(hold->id, id, sizeof hold->id);
	hold->holds = holds;
	hold->ended = ended;
	hold->arg = arg;
	hold->seen = holds->round;
	grant_hold_link(hold);
	return true;
}

struct grant_watch *
grant_watch_new(const char *run_dir, struct cause *why)
{
	struct grant_watch *holds = calloc(1, sizeof *holds);

	if (holds == NULL) {
		cause_errno(why, "grants");
		return NULL;
	}
	holds->watch = UNARMED;
	holds->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (holds->fd == -1)
		cause_errno(why, "inotify");
	if (holds->fd == -1 || grants_init(&holds->grants, run_dir, why) == -1)
		grant_watch_free(&holds);
	else
		grant_watch_arm(holds);
	return holds;
}

void
grant_watch_free(struct grant_watch **holds)
{
	if (*holds == NULL)
		return;
	if ((*holds)->fd != -1)
		close((*holds)->fd);
	free(*holds);
	*holds = NULL;
}

int
grant_watch_fd(const struct grant_watch *holds)
{
	return holds->fd;
}

size_t
grant_watch_count(const struct grant_watch *holds)
{
	return holds->count;
}

void
grant_watch_on_new(struct grant_watch *holds, void (*appeared)(void *arg), void *arg)
{
	holds->appeared = appeared;
	holds->arg = arg;
}
