/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/service.h"
#include "loop/timer.h"
#include "orield/orield_internal.h"
#include "orield/wanted.h"
#include "protocol/settings.h"

enum {
	REPORTS_MAX = 64,
	COUNTERS_SECONDS = 10,
	LOOK_TURNS = 8640 /* in COUNTERS_SECONDS: once a day */,
	EXPIRE_TURNS = 360 /* once an hour */
};

void
orield_capture_status(const struct orield *orield, struct capture_status *status)
{
	if (orield->capture != NULL)
		capture_status(orield->capture, status);
	else
		*status = orield->last;
}

void
orield_values(const struct orield *orield, struct status_values *values)
{
	values->options = orield->options;
	orield_capture_status(orield, &values->capture);
	values->frames = orield->frames_before + values->capture.frames;
	values->triggers = orield->triggers;
	values->seen = orield->seen;
	values->uptime_ns = clock_mono_ns() - orield->started_ns;
	control_server_viewers(orield->control, values->viewers);
	store_worker_status(orield->store_worker, &values->store);
	values->armed = armed_now(orield->armed);
	values->armed_until = armed_until(orield->armed);
}

static struct capture_tuning
orield_tuning(const struct orield *orield)
{
	struct capture_tuning tuning = wanted_tuning(orield->options);

	tuning.disarmed = !armed_now(orield->armed);
	return tuning;
}

void
orield_tune(struct orield *orield)
{
	struct capture_tuning tuning;

	armed_set(orield->armed, orield->options);
	tuning = orield_tuning(orield);
	if (orield->capture != NULL)
		capture_tune(orield->capture, &tuning);
}

/* The schedule has changed whether motion counts, or until when. */
static void
orield_armed(void *arg)
{
	struct orield *orield = arg;

	orield_tune(orield);
	publisher_state(orield->publisher);
}

/* ---- what the publisher shows ---------------------------------------- */

static json_t *
orield_state(void *arg)
{
	struct status_values values;

	orield_values(arg, &values);
	return status_state(&values);
}

static json_t *
orield_pulse(void *arg)
{
	struct orield *orield = arg;
	struct motion_verdict peak = { .held = MOTION_WARMING };
	struct status_values values;

	orield_values(orield, &values);
	/* The largest change of this second and its reason, so that no short peak is missed. */
	if (orield->capture != NULL)
		peak = capture_take_peak(orield->capture);
	if (values.capture.hangs != orield->hangs)
		publisher_state(orield->publisher);
	orield->hangs = values.capture.hangs;
	return status_pulse(&values, &peak);
}

static const struct publisher_source orield_source = { .state = orield_state,
	.pulse = orield_pulse };

/* ---- timers and signals ---------------------------------------------- */

/* Store the counters now and then. If the store is not open, try to open it. */
static void
orield_count(evutil_socket_t fd, short what, void *arg)
{
	struct orield *orield = arg;

	(void)fd, (void)what;
	log_say_lost();
	if (orield->capture != NULL)
		capture_look_for_hang(orield->capture);
	orield_open_store(orield);
	orield_store_counters(orield);
	if (++orield->counts % LOOK_TURNS == 0)
		orield_look_for_damage(orield);
	if (orield->counts % EXPIRE_TURNS == 0)
		orield_expire(orield);
}

/* Feed the watchdog while the capture loop turns, with or without frames. */
static void
orield_feed_watchdog(evutil_socket_t fd, short what, void *arg)
{
	struct orield *orield = arg;
	struct capture_status now;

	(void)fd, (void)what;
	orield_capture_status(orield, &now);
	if (now.turns != orield->turns_seen)
		service_watchdog();
	orield->turns_seen = now.turns;
}

static void
orield_stop(evutil_socket_t number, short what, void *arg)
{
	struct orield *orield = arg;

	(void)what;
	log_info("orield", "%s: stopping", strsignal(number));
	orield->stopping = true;
	event_base_loopbreak(orield->base);
}

static int
orield_add_events(struct orield *orield)
{
	uint64_t watchdog_ns = service_watchdog_ns();

	orield->reported = event_new(
	    orield->base, queue_fd(orield->reports), EV_READ | EV_PERSIST, orield_reported, orield);
	orield->counting = event_new(orield->base, -1, EV_PERSIST, orield_count, orield);
	orield->watchdog = event_new(orield->base, -1, EV_PERSIST, orield_feed_watchdog, orield);
	orield->terminate = evsignal_new(orield->base, SIGTERM, orield_stop, orield);
	orield->interrupt = evsignal_new(orield->base, SIGINT, orield_stop, orield);
	if (orield->reported == NULL || event_add(orield->reported, NULL) == -1 ||
	    orield->terminate == NULL || event_add(orield->terminate, NULL) == -1 ||
	    orield->interrupt == NULL || event_add(orield->interrupt, NULL) == -1 ||
	    timer_start(orield->counting, COUNTERS_SECONDS * CLOCK_S) == -1 ||
	    (watchdog_ns != 0 && timer_start(orield->watchdog, watchdog_ns) == -1))
		return -1;
	return 0;
}

/* ---- life ------------------------------------------------------------ */

static void
orield_set_paths(struct orield *orield)
{
	const char *camera = options_text(orield->options, SETTING_CAMERA);

	snprintf(orield->folder, sizeof orield->folder, "%s/%s",
	    options_text(orield->options, SETTING_STATE_DIR), camera);
	snprintf(orield->socket, sizeof orield->socket, "%s/%s/control.sock",
	    options_text(orield->options, SETTING_RUN_DIR), camera);
}

static int
orield_start_camera(struct orield *orield, struct cause *why)
{
	struct capture_settings settings = wanted_capture(orield->options);
	struct capture_tuning tuning;

	armed_set(orield->armed, orield->options);
	tuning = orield_tuning(orield);
	settings.controls = orield->stored_controls;
	orield->capture = capture_new(&settings, &tuning, orield->reports, why);
	if (orield->capture == NULL)
		return -1;
	orield->controls = camera_controls_new(
	    orield->base, orield->capture, orield->store_worker, orield->publisher);
	return orield->controls != NULL ? 0 : cause_set(why, "out of memory");
}

/* Open the store first: its settings must hold from the first frame on. */
static int
orield_start(struct orield *orield, const struct peer_hooks *commands, struct cause *why)
{
	orield_set_paths(orield);
	orield->base = event_base_new();
	orield->reports = queue_new(REPORTS_MAX);
	if (orield->base == NULL || orield->reports == NULL || orield_add_events(orield) == -1)
		return cause_set(why, "out of memory or descriptors");
	orield->armed = armed_new(orield->base, orield_armed, orield);
	if (orield->armed == NULL)
		return cause_set(why, "out of memory or descriptors");
	orield->store_worker = store_worker_new(orield->base, orield->folder, why);
	if (orield->store_worker == NULL)
		return -1;
	if (orield_open_store(orield) == -1)
		return cause_set(why, "out of memory");
	while (!orield->opened && !orield->stopping)
		if (event_base_loop(orield->base, EVLOOP_ONCE) != 0)
			return cause_set(why, "the event loop ended");
	orield->control = control_server_new(orield->base, orield->socket, commands, orield, why);
	if (orield->control == NULL)
		return -1;
	orield->publisher = publisher_new(
	    orield->base, orield->control, orield->store_worker, &orield_source, orield);
	orield->idempotency = idempotency_new();
	if (orield->publisher == NULL || orield->idempotency == NULL)
		return cause_set(why, "out of memory");
	return orield_start_camera(orield, why);
}

struct orield *
orield_new(struct options *options, const struct peer_hooks *commands, struct cause *why)
{
	struct orield *orield = calloc(1, sizeof *orield);

	if (orield == NULL) {
		cause_errno(why, "orield");
		return NULL;
	}
	orield->options = options;
	orield->started_ns = clock_mono_ns();
	if (orield_start(orield, commands, why) == -1)
		orield_free(&orield);
	return orield;
}

void
orield_run(struct orield *orield)
{
	log_info("orield", "version %s, camera %s, %s", PACKAGE_VERSION,
	    options_text(orield->options, SETTING_CAMERA), orield->socket);
	if (!orield->stopping)
		event_base_dispatch(orield->base);
	service_stopping();
}

static void
orield_free_events(struct orield *orield)
{
	struct event *events[] = { orield->reported, orield->counting, orield->watchdog,
		orield->terminate, orield->interrupt };

	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
		if (events[i] != NULL)
			event_free(events[i]);
}

void
orield_free(struct orield **orield)
{
	struct orield *gone = *orield;

	if (gone == NULL)
		return;
	gone->stopping = true;
	if (gone->capture != NULL) {
		capture_status(gone->capture, &gone->last);
		capture_free(&gone->capture);
		if (gone->controls != NULL)
			orield_reported(-1, 0, gone);
		orield_store_counters(gone);
	}
	store_worker_free(&gone->store_worker);
	camera_controls_free(&gone->controls);
	idempotency_free(&gone->idempotency);
	publisher_free(&gone->publisher);
	armed_free(&gone->armed);
	orield_free_events(gone);
	/* Only connections are left in the loop: send the last answers. */
	if (gone->control != NULL)
		event_base_loop(gone->base, EVLOOP_NONBLOCK);
	control_server_free(&gone->control);
	queue_free(&gone->reports, capture_report_free);
	json_decref(gone->stored_controls);
	if (gone->base != NULL)
		event_base_free(gone->base);
	free(gone);
	*orield = NULL;
}
