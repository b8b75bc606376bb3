/* SPDX-License-Identifier: ISC */
/* Takes the reports of the capture thread, and stores events from them. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/service.h"
#include "orield/orield_internal.h"
#include "orield/wanted.h"
#include "protocol/events.h"
#include "protocol/settings.h"

/* ---- events to be stored --------------------------------------------- */

void
orield_event_done(void *arg, struct store_job *job)
{
	struct orield *orield = arg;
	bool counted = job->triggers != orield->triggers;

	orield->triggers = job->triggers;
	if (orield->publisher == NULL) /* still starting: nobody can listen yet */
		return;
	publisher_publish(orield->publisher, job->events);
	if (counted)
		publisher_state(orield->publisher);
}

/* The store does not take the event: send it without a number. */
static void
orield_unstored(struct orield *orield, struct store_job *job)
{
	json_object_set_new(job->data, "stored", json_false());
	publisher_say(orield->publisher, job->event_type, json_incref(job->data));
	store_job_free(&job);
}

static void
orield_take_motion(struct orield *orield, struct capture_report *report)
{
	struct store_job *job = store_job_new(STORE_JOB_MOTION, orield_event_done, orield);

	if (job == NULL)
		return;
	job->data = status_motion(report);
	job->wall_ns = report->frame.wall_ns;
	job->figures = status_span(&report->span, report->frame.wall_ns);
	orield->motion = (struct motion_told){
		.open = true, .stored = true, .begun_ns = report->frame.wall_ns
	};
	job->limits = wanted_limits(orield->options);
	if (options_number(orield->options, SETTING_SAVE_ON_MOTION) != 0) {
		job->jpeg = report->jpeg;
		job->length = report->frame.length;
		report->jpeg = NULL;
	}
	if (store_worker_submit(orield->store_worker, job))
		return;
	/* The event without its picture is better than neither. */
	free(job->jpeg);
	job->jpeg = NULL;
	if (store_worker_submit(orield->store_worker, job))
		return;
	json_object_set_new(job->data, "count", json_integer((json_int_t)orield->triggers));
	orield->motion.stored = false;
	orield_unstored(orield, job);
}

/* If the store did not get the beginning, it does not get the end either. */
static void
orield_take_motion_end(struct orield *orield, const struct capture_report *report)
{
	struct store_job *job;

	if (!orield->motion.open)
		return;
	orield->motion.open = false;
	job = store_job_new(STORE_JOB_MOTION_END, orield_event_done, orield);
	if (job == NULL)
		return;
	job->figures = status_span(&report->span, report->ended_ns);
	job->figures.reason = report->reason;
	job->wall_ns = report->ended_ns;
	job->data = motion_log_data(&job->figures, 0, false);
	if (!orield->motion.stored || !store_worker_submit(orield->store_worker, job))
		orield_unstored(orield, job);
}

void
orield_add_event(struct orield *orield, enum event_id type, json_t *data, uint64_t wall_ns)
{
	struct store_job *job = store_job_new(STORE_JOB_EVENT, orield_event_done, orield);

	if (job == NULL) {
		json_decref(data);
		return;
	}
	job->event_type = type;
	job->data = data;
	job->wall_ns = wall_ns;
	if (!store_worker_submit(orield->store_worker, job))
		orield_unstored(orield, job);
}

static void
orield_take_camera(struct orield *orield, json_t *data, uint64_t wall_ns)
{
	orield_add_event(orield, EVENT_CAMERA, data, wall_ns);
	publisher_state(orield->publisher);
}

/* ---- the capture thread's reports ------------------------------------ */

static void
orield_say_ready(struct orield *orield, const char *status)
{
	if (orield->ready_said)
		service_status(status);
	else
		service_ready(status);
	orield->ready_said = true;
}

static void
orield_take_report(struct orield *orield, struct capture_report *report)
{
	uint64_t now = clock_wall_ns();

	switch (report->kind) {
	case CAPTURE_ONLINE:
		camera_controls_forget(orield->controls);
		orield_say_ready(orield, "camera online");
		orield_take_camera(orield, status_online(orield->options, &report->mode, now), now);
		break;
	case CAPTURE_OFFLINE:
		camera_controls_forget(orield->controls);
		orield_say_ready(orield, report->reason.text);
		orield_take_camera(orield, status_offline(&report->reason, now), now);
		break;
	case CAPTURE_RING: publisher_ring(orield->publisher, report->generation); break;
	case CAPTURE_MOTION: orield_take_motion(orield, report); break;
	case CAPTURE_MOTION_END: orield_take_motion_end(orield, report); break;
	case CAPTURE_CONTROLS: camera_controls_report(orield->controls, report); break;
	}
}

void
orield_reported(evutil_socket_t fd, short what, void *arg)
{
	struct orield *orield = arg;
	struct capture_report *report;

	(void)fd, (void)what;
	while ((report = queue_pop(orield->reports)) != NULL) {
		orield_take_report(orield, report);
		capture_report_free(report);
	}
}
