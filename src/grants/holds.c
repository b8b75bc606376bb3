/* SPDX-License-Identifier: ISC */
#include "grants/holds.h"

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

struct holds {
	struct grants grants;
	int fd, watch; /* inotify(7); UNARMED: there is no folder yet */
	unsigned long round;
	size_t count;
	void (*appeared)(void *arg);
	void *arg;
	struct hold *buckets[BUCKETS];
};

/* ---- the table ------------------------------------------------------------------ */

static struct hold **
bucket_of(struct holds *holds, const char *id)
{
	char digits[4] = { id[0], id[1], id[2], '\0' };

	return &holds->buckets[strtoul(digits, NULL, 16)];
}

static void
hold_link(struct hold *hold)
{
	struct hold **bucket = bucket_of(hold->holds, hold->id);

	hold->next = *bucket;
	hold->back = bucket;
	if (hold->next != NULL)
		hold->next->back = &hold->next;
	*bucket = hold;
	hold->holds->count++;
}

void
hold_end(struct hold *hold)
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
hold_finish(struct hold *hold)
{
	hold_end(hold);
	hold->ended(hold->arg);
}

/* ended() may change the list: each time from its head. */
static void
holds_finish(struct holds *holds, const char *id)
{
	struct hold *hold = *bucket_of(holds, id);

	while (hold != NULL) {
		if (strcmp(hold->id, id) != 0) {
			hold = hold->next;
			continue;
		}
		hold_finish(hold);
		hold = *bucket_of(holds, id);
	}
}

/* Look at every hold once, though ended() may change the lists meanwhile. */
static void
holds_look(struct holds *holds)
{
	unsigned long round = ++holds->round;

	for (size_t i = 0; i < BUCKETS; i++) {
		struct hold *hold = holds->buckets[i];

		while (hold != NULL) {
			if (hold->seen == round || grants_have(&holds->grants, hold->id)) {
				hold->seen = round;
				hold = hold->next;
				continue;
			}
			hold_finish(hold);
			hold = holds->buckets[i];
		}
	}
}

/* ---- the folder ------------------------------------------------------------------- */

static bool
holds_arm(struct holds *holds)
{
	if (holds->watch == UNARMED)
		holds->watch = inotify_add_watch(holds->fd, holds->grants.path,
		    IN_DELETE | IN_MOVED_FROM | IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF |
			IN_MOVE_SELF | IN_ONLYDIR);
	return holds->watch != UNARMED;
}

/* The folder that was watched is another's now, or gone. */
static void
holds_rearm(struct holds *holds)
{
	holds->watch = UNARMED;
	holds_arm(holds);
	holds_look(holds);
	if (holds->appeared != NULL)
		holds->appeared(holds->arg);
}

static void
holds_event(struct holds *holds, const struct inotify_event *event)
{
	if (event->mask & IN_Q_OVERFLOW) {
		holds_look(holds);
	} else if (event->wd != holds->watch) {
		; /* of a folder left behind */
	} else if (event->mask & IN_IGNORED) {
		holds_rearm(holds);
	} else if (event->mask & IN_MOVE_SELF) {
		inotify_rm_watch(holds->fd, holds->watch); /* IN_IGNORED follows */
	} else if (event->len > 0 && grant_id_valid(event->name)) {
		if (event->mask & (IN_DELETE | IN_MOVED_FROM))
			holds_finish(holds, event->name);
		else if (holds->appeared != NULL)
			holds->appeared(holds->arg);
	}
}

void
holds_dispatch(struct holds *holds)
{
	_Alignas(struct inotify_event) char events[EVENTS_SIZE];
	ssize_t got = read(holds->fd, events, sizeof events);

	for (ssize_t at = 0; at < got;) {
		const struct inotify_event *event = (const struct inotify_event *)(events + at);

		holds_event(holds, event);
		at += (ssize_t)(sizeof *event + event->len);
	}
}

/* ---- for its users ------------------------------------------------------------------ */

bool
hold_begin(struct hold *hold, struct holds *holds, const char *id, hold_ended *ended, void *arg)
{
	hold->holds = NULL;
	/* Watch, then look: an end in between is seen twice, never missed. */
	if (!grant_id_valid(id) || !holds_arm(holds) || !grants_have(&holds->grants, id))
		return false;
	memcpy(hold->id, id, sizeof hold->id);
	hold->holds = holds;
	hold->ended = ended;
	hold->arg = arg;
	hold->seen = holds->round;
	hold_link(hold);
	return true;
}

struct holds *
holds_new(const char *run_dir, struct cause *why)
{
	struct holds *holds = calloc(1, sizeof *holds);

	if (holds == NULL) {
		cause_errno(why, "grants");
		return NULL;
	}
	holds->watch = UNARMED;
	holds->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (holds->fd == -1)
		cause_errno(why, "inotify");
	if (holds->fd == -1 || grants_init(&holds->grants, run_dir, why) == -1)
		holds_free(&holds);
	else
		holds_arm(holds);
	return holds;
}

void
holds_free(struct holds **holds)
{
	if (*holds == NULL)
		return;
	if ((*holds)->fd != -1)
		close((*holds)->fd);
	free(*holds);
	*holds = NULL;
}

int
holds_fd(const struct holds *holds)
{
	return holds->fd;
}

size_t
holds_count(const struct holds *holds)
{
	return holds->count;
}

void
holds_on_new(struct holds *holds, void (*appeared)(void *arg), void *arg)
{
	holds->appeared = appeared;
	holds->arg = arg;
}
