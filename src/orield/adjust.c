/* SPDX-License-Identifier: ISC */
#include "orield/adjust.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/json.h"
#include "orield/feed.h"

enum { ANSWER_SECONDS = 5 };	 /* then the driver hangs */
#define KNOWN_NS CLOCK_S	 /* so long what was read is told without reading it again */
#define STORED_PREFIX "control." /* before a control's name, among the stored values */

/* A command the capture thread, or then the store, has not answered yet. */
struct asked {
	TAILQ_ENTRY(asked) next;
	struct adjust *adjust;
	struct ticket *ticket;
	uint64_t token, deadline_ns;
	json_t *reply; /* once it only waits for the disk */
};
TAILQ_HEAD(asked_list, asked);

struct adjust {
	struct orield *orield;
	struct asked_list asked; /* the oldest first */
	uint64_t last_token;
	uint64_t reading; /* token of the reading that who asks now may wait for; 0 = none */
	json_t *known;	  /* the controls as last read; NULL = not known */
	uint64_t known_ns;
	struct event *deadline;
};

static void
asked_free(struct asked *asked)
{
	json_decref(asked->reply);
	free(asked);
}

/* The timer stands for the oldest. */
static void
adjust_arm(struct adjust *adjust)
{
	struct asked *oldest = TAILQ_FIRST(&adjust->asked);
	uint64_t now = clock_mono_ns(), wait;
	struct timeval after;

	if (oldest == NULL) {
		event_del(adjust->deadline);
		return;
	}
	wait = oldest->deadline_ns > now ? oldest->deadline_ns - now : 0;
	after = (struct timeval){ .tv_sec = (time_t)(wait / CLOCK_S),
		.tv_usec = (suseconds_t)(wait % CLOCK_S / 1000) };
	event_add(adjust->deadline, &after);
}

static void
adjust_late(evutil_socket_t fd, short what, void *arg)
{
	struct adjust *adjust = arg;
	struct asked *oldest;

	(void)fd, (void)what;
	while ((oldest = TAILQ_FIRST(&adjust->asked)) != NULL &&
	    oldest->deadline_ns <= clock_mono_ns()) {
		TAILQ_REMOVE(&adjust->asked, oldest, next);
		if (oldest->token == adjust->reading)
			adjust->reading = 0;
		ticket_refuse(oldest->ticket, "the camera does not answer");
		asked_free(oldest);
	}
	adjust_arm(adjust);
}

void
adjust_forget(struct adjust *adjust)
{
	json_decref(adjust->known);
	adjust->known = NULL;
	adjust->reading = 0;
}

/* The token that the answer will have; 0: too much is waiting. Who asks behind a
 * change must not be told what was before it. */
static uint64_t
adjust_send(struct adjust *adjust, const json_t *values)
{
	struct capture *capture = adjust->orield->capture;
	uint64_t token;

	if (values == NULL && adjust->reading != 0)
		return adjust->reading;
	token = ++adjust->last_token;
	if (values != NULL) {
		adjust_forget(adjust);
		return capture_set_controls(capture, values, token) ? token : 0;
	}
	adjust->reading = capture_request_controls(capture, token) ? token : 0;
	return adjust->reading;
}

void
adjust_ask(struct adjust *adjust, struct ticket *ticket, const json_t *values)
{
	struct asked *asked;
	uint64_t token;

	if (values == NULL && adjust->known != NULL &&
	    clock_mono_ns() - adjust->known_ns < KNOWN_NS) {
		ticket_reply(ticket, json_pack("{sO}", "controls", adjust->known));
		return;
	}
	asked = calloc(1, sizeof *asked);
	token = asked != NULL ? adjust_send(adjust, values) : 0;
	if (token == 0) {
		free(asked);
		ticket_refuse(ticket, "busy");
		return;
	}
	*asked = (struct asked){ .adjust = adjust,
		.ticket = ticket,
		.token = token,
		.deadline_ns = clock_mono_ns() + ANSWER_SECONDS * CLOCK_S };
	TAILQ_INSERT_TAIL(&adjust->asked, asked, next);
	adjust_arm(adjust);
}

/* ---- answers ---------------------------------------------------------------------------- */

static struct asked *
adjust_take(struct adjust *adjust, uint64_t token)
{
	struct asked *asked;

	TAILQ_FOREACH(asked, &adjust->asked, next)
	{
		if (asked->token != token)
			continue;
		TAILQ_REMOVE(&adjust->asked, asked, next);
		adjust_arm(adjust);
		return asked;
	}
	return NULL;
}

static void
adjust_kept(void *arg, struct job *job)
{
	struct asked *asked = arg;
	struct cause why;

	if (job->result == STORE_OK) {
		ticket_reply(asked->ticket, asked->reply);
		asked->reply = NULL;
	} else {
		cause_set(&why, "set, but not kept: %s", job->why.text);
		ticket_refuse(asked->ticket, why.text);
	}
	asked_free(asked);
}

/* {"control.NAME": "JSON of the value"}, as the store has it. */
static json_t *
adjust_texts(const json_t *set)
{
	json_t *texts = json_object(), *value;
	char key[STORE_NAME_SIZE * 2];
	const char *name;

	json_object_foreach((json_t *)set, name, value)
	{
		char *text = json_dumps(value, JSON_ENCODE_ANY);

		snprintf(key, sizeof key, "%s%s", STORED_PREFIX, name);
		json_object_set_new(texts, key, json_string(text != NULL ? text : ""));
		free(text);
	}
	return texts;
}

/* What was set is on disk before it is called ok. */
static void
adjust_keep(struct asked *asked, const struct capture_report *report)
{
	struct job *job = job_new(JOB_SET, adjust_kept, asked);

	asked->reply = json_pack("{sb sO}", "ok", 1, "controls", report->controls);
	if (job != NULL) {
		job->data = adjust_texts(report->set);
		if (keeper_submit(asked->adjust->orield->keeper, job))
			return;
	}
	job_free(&job);
	ticket_refuse(asked->ticket, "set, but not kept: busy");
	asked_free(asked);
}

static void
adjust_answer(struct asked *asked, const struct capture_report *report)
{
	if (report->controls != NULL && report->set != NULL) {
		adjust_keep(asked, report);
		return;
	}
	if (report->controls != NULL)
		ticket_reply(asked->ticket, json_pack("{sO}", "controls", report->controls));
	else if (report->invalid)
		ticket_error(asked->ticket, report->reason.text);
	else
		ticket_refuse(asked->ticket, report->reason.text);
	asked_free(asked);
}

void
adjust_report(struct adjust *adjust, struct capture_report *report)
{
	bool changed = report->controls != NULL && (report->set != NULL || report->token == 0);
	struct asked *asked;

	if (report->token == adjust->reading)
		adjust->reading = 0;
	if (report->controls != NULL) {
		json_decref(adjust->known);
		adjust->known = json_incref(report->controls);
		adjust->known_ns = clock_mono_ns();
	}
	if (changed)
		feed_say(
		    adjust->orield, "controls", json_pack("{sO}", "controls", report->controls));
	while ((asked = adjust_take(adjust, report->token)) != NULL)
		adjust_answer(asked, report);
}

/* ---- what was kept ------------------------------------------------------------------------ */

json_t *
adjust_stored(const json_t *values)
{
	json_t *controls = json_object(), *text;
	const char *name;

	json_object_foreach((json_t *)values, name,
	    text) if (strncmp(name, STORED_PREFIX, sizeof STORED_PREFIX - 1) == 0)
	    json_object_set_new(controls, name + sizeof STORED_PREFIX - 1,
		json_loads(json_string_value(text), JSON_DECODE_ANY, NULL));
	return controls;
}

void
adjust_restore(struct adjust *adjust, const json_t *values)
{
	adjust_forget(adjust);
	if (json_object_size(values) > 0)
		capture_set_controls(adjust->orield->capture, values, ++adjust->last_token);
}

/* ---- life ------------------------------------------------------------------------------------ */

struct adjust *
adjust_new(struct orield *orield)
{
	struct adjust *adjust = calloc(1, sizeof *adjust);

	if (adjust == NULL)
		return NULL;
	adjust->orield = orield;
	TAILQ_INIT(&adjust->asked);
	adjust->deadline = evtimer_new(orield->base, adjust_late, adjust);
	if (adjust->deadline == NULL)
		adjust_free(&adjust);
	return adjust;
}

void
adjust_free(struct adjust **adjust)
{
	struct adjust *gone = *adjust;
	struct asked *asked;

	if (gone == NULL)
		return;
	while ((asked = TAILQ_FIRST(&gone->asked)) != NULL) {
		TAILQ_REMOVE(&gone->asked, asked, next);
		ticket_refuse(asked->ticket, "orield is stopping");
		asked_free(asked);
	}
	json_decref(gone->known);
	if (gone->deadline != NULL)
		event_free(gone->deadline);
	free(gone);
	*adjust = NULL;
}
