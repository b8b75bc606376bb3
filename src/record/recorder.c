/* SPDX-License-Identifier: ISC */
#include "record/recorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "client/cameras.h"
#include "protocol/events.h"
#include "record/recorder_internal.h"

enum { ALWAYS_PART_S = 60, LEFT_APART_S = 600 /* how often movies that failed are tried again */ };

/* ---- asking orield --------------------------------------------------- */

/* Steals `command`. */
static void
recorder_ask(struct recorder *recorder, json_t *command, client_done *done)
{
	char *line = json_line(command);

	json_decref(command);
	if (line == NULL ||
	    client_send(recorder->client, (struct client_way){ .lane = CLIENT_OURS }, line,
		strlen(line), done, recorder) == 0)
		log_error("recorder", "%s: out of memory", recorder->name);
	free(line);
}

/* ---- why and how long ------------------------------------------------ */

void
recorder_want(struct recorder *recorder, const char *cause, long long motion, uint64_t wall_ns,
    uint64_t until_ns)
{
	struct purpose *purpose = &recorder->purpose;
	uint64_t ago = clock_wall_ns() > wall_ns ? clock_wall_ns() - wall_ns : 0,
		 before = ago + (uint64_t)recorder->settings.before_s * CLOCK_S,
		 now = clock_mono_ns();

	if (purpose->cause[0] != '\0') {
		if (until_ns > purpose->until_ns)
			purpose->until_ns = until_ns;
		return;
	}
	if (!recorder->registered)
		return;
	*purpose = (struct purpose){ .motion = motion,
		.wall_ns = wall_ns,
		.from_ns = now > before ? now - before : 0,
		.until_ns = until_ns };
	snprintf(purpose->cause, sizeof purpose->cause, "%s", cause);
	recorder_open(recorder);
}

void
recorder_next_part(struct recorder *recorder, const struct frame_info *info)
{
	recorder_end_recording(recorder, true);
	recorder->purpose.wall_ns = info->wall_ns;
	recorder->purpose.from_ns = info->mono_ns;
	recorder_open(recorder);
}

void
recorder_stop(struct recorder *recorder, bool whole)
{
	recorder_end_recording(recorder, whole);
	if (!recorder->opening)
		recorder->purpose.cause[0] = '\0';
	else
		recorder->purpose.until_ns = 0,
		recorder->purpose.moving = false; /* with the next frame */
}

bool
purpose_is_over(const struct purpose *purpose, uint64_t mono_ns)
{
	return !purpose->moving && mono_ns > purpose->until_ns;
}

static bool
purpose_is(const struct recorder *recorder, const char *cause)
{
	return strcmp(recorder->purpose.cause, cause) == 0;
}

uint64_t
recorder_part_ns(const struct recorder *recorder)
{
	return (purpose_is(recorder, "always") ? ALWAYS_PART_S
					       : (uint64_t)recorder->settings.most_s) *
	    CLOCK_S;
}

static void
recorder_take_record(struct recorder *recorder, const json_t *data)
{
	uint64_t now = clock_mono_ns();
	long long seconds = 0;

	if (json_is_true(json_object_get(data, "stop"))) {
		if (!purpose_is(recorder, "always"))
			recorder->purpose.until_ns = now, recorder->purpose.moving = false;
	} else if (json_get_integer(data, "seconds", 1, INT32_MAX, &seconds)) {
		recorder_want(
		    recorder, "manual", 0, clock_wall_ns(), now + (uint64_t)seconds * CLOCK_S);
	}
}

/* When clip_after is over, if motion ended now. */
static uint64_t
recorder_after(const struct recorder *recorder)
{
	return clock_mono_ns() + (uint64_t)recorder->settings.after_s * CLOCK_S;
}

static void
recorder_take_motion(struct recorder *recorder, long long id, const json_t *data)
{
	double ts = json_number_value(json_object_get(data, "ts"));

	if (strcmp(recorder->settings.record, "motion") != 0 || ts <= 0)
		return;
	recorder_want(
	    recorder, "motion", id, (uint64_t)(ts * 1e3) * CLOCK_MS, recorder_after(recorder));
	recorder->purpose.moving = recorder->purpose.cause[0] != '\0';
}

static void
recorder_take_motion_end(struct recorder *recorder, const json_t *data)
{
	double peak = json_number_value(json_object_get(data, "peak_ts"));
	uint64_t until = recorder_after(recorder);

	if (!recorder->purpose.moving)
		return;
	recorder->purpose.moving = false;
	if (purpose_is(recorder, "motion") && peak > 0)
		recorder->purpose.peak_ns = (uint64_t)(peak * 1e3) * CLOCK_MS;
	if (until > recorder->purpose.until_ns)
		recorder->purpose.until_ns = until;
}

/* ---- what orield says ------------------------------------------------ */

static void
wish_text(char wish[CAUSE_SIZE], const json_t *state, const char *name)
{
	const char *text = json_get_text(state, name);

	if (text != NULL)
		snprintf(wish, CAUSE_SIZE, "%s", text);
}

static void
recorder_take_state(struct recorder *recorder, const json_t *state)
{
	struct recorder_settings *settings = &recorder->settings;

	json_get_integer(state, "clip_before", 0, 3600, &settings->before_s);
	json_get_integer(state, "clip_after", 1, 3600, &settings->after_s);
	json_get_integer(state, "clip_max", 1, 86400, &settings->most_s);
	json_get_integer(state, "clip_fps", 1, 1000, &settings->fps);
	json_get_integer(state, "clip_memory_mb", 1, 65536, &settings->memory_mb);
	json_get_integer(state, "clip_quality", 1, 51, &settings->quality);
	wish_text(settings->record, state, "record");
	wish_text(settings->codec, state, "clip_codec");
	if (purpose_is(recorder, "always") && strcmp(settings->record, "always") != 0)
		recorder_stop(recorder, true);
}

static void
recorder_subscribed(void *arg, struct client_reply *reply)
{
	json_t *answer = reply->line != NULL ? json_parse_object(reply->line, reply->length) : NULL;

	recorder_take_state(arg, json_object_get(answer, "state"));
	json_decref(answer);
}

/* Journals without a movie are queued, also those without an end. */
static void
recorder_registered(void *arg, struct client_reply *reply)
{
	struct recorder *recorder = arg;
	json_t *answer = reply->line != NULL ? json_parse_object(reply->line, reply->length) : NULL;
	json_t *name;
	size_t index;

	recorder->registering = false;
	recorder->registered = json_is_true(json_object_get(answer, "ok"));
	json_array_foreach(json_object_get(answer, "left"), index, name)
		encoding_add(recorder->encoding, recorder->client, json_string_value(name));
	json_decref(answer);
}

/* Wait until our own journals are written: orield would list them as left behind. */
static void
recorder_register(struct recorder *recorder)
{
	uint64_t now = clock_mono_ns();

	if (recorder->registering || recorder->opening || !LIST_EMPTY(&recorder->recordings) ||
	    !client_connected(recorder->client) ||
	    (recorder->registered && now < recorder->left_ns))
		return;
	recorder->left_ns = now + LEFT_APART_S * CLOCK_S;
	recorder->registering = true;
	recorder_ask(recorder, json_pack("{s:s}", "cmd", "recorder"), recorder_registered);
}

static void
recorder_up(void *arg)
{
	struct recorder *recorder = arg;

	recorder_ask(recorder, json_pack("{s:s}", "cmd", "subscribe"), recorder_subscribed);
	client_attach(recorder->client, recorder_attached, recorder);
	recorder_register(recorder);
}

static void
recorder_down(void *arg)
{
	struct recorder *recorder = arg;
	struct recording *recording;

	recorder->registered = recorder->registering = false;
	recorder_detach(recorder);
	LIST_FOREACH(recording, &recorder->recordings, next)
		recording->alone = true;
	recorder_stop(recorder, false);
	recorder->purpose.cause[0] = '\0';
	encoding_forget(recorder->encoding, recorder->client);
}

static void
recorder_event(void *arg, const char *text, size_t length)
{
	struct recorder *recorder = arg;
	json_t *line = json_parse_object(text, length);
	const char *name = json_get_text(line, "event");
	const json_t *data = json_object_get(line, "data");
	long long id = 0;

	json_get_integer(line, "id", 1, INT64_MAX, &id);
	switch (name != NULL ? event_find(name) : EVENT_COUNT) {
	case EVENT_RING: client_attach(recorder->client, recorder_attached, recorder); break;
	case EVENT_STATE: recorder_take_state(recorder, data); break;
	case EVENT_RECORD: recorder_take_record(recorder, data); break;
	case EVENT_MOTION: recorder_take_motion(recorder, id, data); break;
	case EVENT_MOTION_END: recorder_take_motion_end(recorder, data); break;
	default: break;
	}
	json_decref(line);
}

static const struct client_hooks recorder_hooks = {
	.up = recorder_up, .down = recorder_down, .event = recorder_event
};

/* ---- life ------------------------------------------------------------ */

const char *
recorder_name(const struct recorder *recorder)
{
	return recorder->name;
}

void
recorder_tick(struct recorder *recorder)
{
	recorder_register(recorder);
	if (recorder->recording != NULL && purpose_is_over(&recorder->purpose, clock_mono_ns()))
		recorder_stop(recorder, true);
}

struct recorder *
recorder_new(
    struct event_base *base, const char *run_dir, const char *name, struct encoding *encoding)
{
	struct recorder *recorder = calloc(1, sizeof *recorder);
	char path[CAMERA_PATH_SIZE];

	if (recorder == NULL)
		return NULL;
	*recorder = (struct recorder){ .base = base,
		.encoding = encoding,
		.bell_fd = -1,
		.settings = { .before_s = 5,
		    .after_s = 5,
		    .most_s = 600,
		    .fps = 15,
		    .memory_mb = 32,
		    .quality = 23,
		    .record = "no",
		    .codec = "h264" } };
	snprintf(recorder->name, sizeof recorder->name, "%s", name);
	if (camera_socket(path, run_dir, name))
		recorder->client = client_new(base, path, &recorder_hooks, recorder);
	if (recorder->client == NULL)
		recorder_free(&recorder);
	return recorder;
}

void
recorder_free(struct recorder **recorder)
{
	struct recorder *gone = *recorder;
	struct recording *recording;

	if (gone == NULL)
		return;
	if (gone->client != NULL)
		encoding_forget(gone->encoding, gone->client);
	client_free(&gone->client);
	while ((recording = LIST_FIRST(&gone->recordings)) != NULL)
		recording_free(recording);
	recorder_detach(gone);
	preroll_clear(&gone->preroll);
	free(gone);
	*recorder = NULL;
}
