/* SPDX-License-Identifier: ISC */
#include "orield/armed.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/schedule.h"
#include "loop/wall_timer.h"
#include "protocol/settings.h"

/* The setting's choices, in their order. */
enum armed_choice { ARMED_YES, ARMED_NO, ARMED_SCHEDULE };

struct armed {
	struct wall_timer *timer;
	struct schedule schedule;
	enum armed_choice choice;
	bool now;
	time_t until;
	void (*changed)(void *arg);
	void *arg;
};

static void
armed_look(struct armed *armed)
{
	time_t now = (time_t)(clock_wall_ns() / CLOCK_S);
	bool scheduled = armed->choice == ARMED_SCHEDULE, before = armed->now;

	armed->now = scheduled ? schedule_active(&armed->schedule, now)
			       : armed->choice == ARMED_YES;
	armed->until = scheduled ? schedule_next_change(&armed->schedule, now) : -1;
	wall_timer_start(armed->timer, armed->until);
	if (armed->now != before)
		log_info("motion", "%s", armed->now ? "armed" : "not armed");
}

/* If the clock was set, perhaps only the time of the next change is another. */
static void
armed_due(void *arg)
{
	struct armed *armed = arg;
	time_t until = armed->until;
	bool before = armed->now;

	armed_look(armed);
	if (armed->now != before || armed->until != until)
		armed->changed(armed->arg);
}

struct armed *
armed_new(struct event_base *base, void (*changed)(void *arg), void *arg)
{
	struct armed *armed = calloc(1, sizeof *armed);

	if (armed == NULL)
		return NULL;
	armed->until = -1;
	armed->changed = changed;
	armed->arg = arg;
	armed->choice = ARMED_NO;
	armed->timer = wall_timer_new(base, armed_due, armed);
	if (armed->timer == NULL)
		armed_free(&armed);
	return armed;
}

void
armed_free(struct armed **armed)
{
	if (*armed == NULL)
		return;
	wall_timer_free(&(*armed)->timer);
	free(*armed);
	*armed = NULL;
}

void
armed_set(struct armed *armed, const struct options *options)
{
	armed->choice = (enum armed_choice)options_number(options, SETTING_ARMED);
	/* Checked when it was set. */
	schedule_parse(&armed->schedule, options_text(options, SETTING_SCHEDULE), NULL);
	armed_look(armed);
}

bool
armed_now(const struct armed *armed)
{
	return armed->now;
}

time_t
armed_until(const struct armed *armed)
{
	return armed->until;
}
