/* SPDX-License-Identifier: ISC */
/* What orield reads from its store when it opens, and what it stores by itself. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "orield/orield_internal.h"
#include "orield/wanted.h"
#include "protocol/reasons.h"

/* Take the stored settings. The command line has priority. */
static void
orield_take_stored(struct orield *orield, const json_t *values)
{
	const char *name;
	json_t *text;
	struct cause why;

	json_object_foreach((json_t *)values, name, text) {
		int row = options_find(orield->options, name);

		if (row == -1 || !(options_row(orield->options, (size_t)row)->flags & OPTION_LIVE))
			continue;
		if (options_set(orield->options, (size_t)row, json_string_value(text),
			OPTION_STORED, &why) == -1)
			log_warning(
			    "settings", "stored %s; the file or the default counts", why.text);
	}
}

void
orield_look_for_damage(struct orield *orield)
{
	struct store_job *job = store_job_new(STORE_JOB_LOOK, NULL, NULL);

	if (job != NULL && !store_worker_submit(orield->store_worker, job))
		store_job_free(&job);
}

/* Delete the rest in further transactions, so that other jobs can come between. */
static void
orield_expired(void *arg, struct store_job *job)
{
	struct orield *orield = arg;

	if (job->result == STORE_OK && job->count > 0 && !orield->stopping)
		orield_expire(orield);
}

void
orield_expire(struct orield *orield)
{
	struct store_job *job = store_job_new(STORE_JOB_EXPIRE, orield_expired, orield);

	if (job == NULL)
		return;
	job->limits = wanted_limits(orield->options);
	if (!store_worker_submit(orield->store_worker, job))
		store_job_free(&job);
}

static void
orield_store_opened(void *arg, struct store_job *job)
{
	struct orield *orield = arg;
	const char *frames = json_get_text(job->answer, "frame_count");
	const char *seen = json_get_text(job->answer, "seen");

	orield->opened = true;
	orield->triggers = job->triggers;
	if (orield->publisher != NULL)
		publisher_publish(orield->publisher, job->events);
	if (job->result != STORE_OK || job->answer == NULL)
		return;
	if (frames != NULL)
		orield->frames_before = strtoull(frames, NULL, 10);
	if (seen != NULL)
		orield->seen = strtoll(seen, NULL, 10);
	orield_take_stored(orield, job->answer);
	json_decref(orield->stored_controls);
	orield->stored_controls = camera_controls_stored(job->answer);
	orield_look_for_damage(orield);
	orield_expire(orield);
	if (orield->capture == NULL)
		return;
	orield_tune(orield);
	camera_controls_restore(orield->controls, orield->stored_controls);
	publisher_hang_up(orield->publisher, &reason_store_opened);
}

int
orield_open_store(struct orield *orield)
{
	struct store_job *job = store_job_new(STORE_JOB_OPEN, orield_store_opened, orield);

	if (job != NULL && store_worker_submit(orield->store_worker, job))
		return 0;
	store_job_free(&job);
	return -1;
}

void
orield_store_counters(struct orield *orield)
{
	struct store_job *job = store_job_new(STORE_JOB_COUNTERS, orield_event_done, orield);
	struct capture_status now;

	if (job == NULL)
		return;
	orield_capture_status(orield, &now);
	job->frames = now.frames;
	job->moving = orield->motion.open && orield->motion.stored && now.span.open &&
	    now.span.begun_wall_ns == orield->motion.begun_ns;
	job->figures = status_span(&now.span, clock_wall_ns());
	if (!store_worker_submit(orield->store_worker, job))
		store_job_free(&job);
}
