/* SPDX-License-Identifier: ISC */
/* What the camera's orield says: states, events, and that it comes and goes. */
#include "base/json.h"
#include "base/log.h"
#include "fanout/camera_internal.h"
#include "protocol/events.h"
#include "protocol/reasons.h"

static void
camera_learn(struct camera *camera, const json_t *data)
{
	const json_t *online = json_object_get(data, "online");

	if (!json_is_boolean(online))
		return;
	camera->online = json_is_true(online);
	reason_get(data, "reason", &camera->reason);
}

static void
camera_keep_state(struct camera *camera, json_t *state)
{
	if (!json_is_object(state))
		return;
	json_incref(state);
	json_decref(camera->state);
	camera->state = state;
	camera_learn(camera, state);
}

static void
camera_subscribed(void *arg, struct client_reply *reply)
{
	struct camera *camera = arg;
	json_t *answer = reply->line != NULL ? json_parse_object(reply->line, reply->length) : NULL;
	long long last = 0;

	camera->greeting = false;
	if (json_get_integer(answer, "last", 0, INT64_MAX, &last)) {
		camera_keep_state(camera, json_object_get(answer, "state"));
		camera->subscribed = true;
		CAMERA_TELL(camera, subscribed, (uint64_t)last,
		    json_is_true(json_object_get(answer, "gap")));
		CAMERA_TELL(camera, changed);
	} else if (json_is_true(json_object_get(answer, "ok"))) {
		/* orield's store is closed: nothing has a number until orield disconnects us. */
		camera_keep_state(camera, json_object_get(answer, "state"));
		camera->subscribed = true;
		CAMERA_TELL(camera, changed);
	} else if (reply->line != NULL)
		log_error("camera", "%s: subscription refused: %.*s", camera->name,
		    (int)reply->length, reply->line);
	json_decref(answer);
}

static bool
camera_subscribe(struct camera *camera)
{
	json_t *command = json_pack("{s:s, s:b}", "cmd", "subscribe", "pulse", camera->pulse);

	if (command != NULL && camera->resume)
		json_object_set_new(command, "after", json_integer((json_int_t)camera->last_event));
	return camera_send(camera, command, camera_subscribed);
}

void
camera_send_counts(struct camera *camera)
{
	if (client_connected(camera->client))
		camera_send(camera,
		    json_pack("{s:s, s:i, s:i, s:i}", "cmd", "viewers", "stream",
			camera->viewers[CAMERA_STREAMS], "events", camera->viewers[CAMERA_EVENTS],
			"control", 0),
		    camera_ignore);
}

void
camera_greet(struct camera *camera)
{
	camera->greeting = camera_subscribe(camera);
	if (client_attach(camera->client, camera_attached, camera) == 0)
		log_error("camera", "%s: out of memory", camera->name);
}

static void
camera_up(void *arg)
{
	struct camera *camera = arg;

	/* The first time these commands are under way already. */
	if (!camera->greeting)
		camera_greet(camera);
	if (camera->viewers[CAMERA_STREAMS] + camera->viewers[CAMERA_EVENTS] > 0)
		camera_send_counts(camera);
}

static void
camera_down(void *arg)
{
	struct camera *camera = arg;

	camera->subscribed = camera->online = false;
	camera_detach(camera);
	CAMERA_TELL(camera, changed);
}

static void
camera_take_news(struct camera *camera, const char *name, json_t *line)
{
	enum event_id event = event_find(name);
	json_t *data = json_object_get(line, "data");
	long long id = 0;

	json_get_integer(line, "id", 1, INT64_MAX, &id);
	if (event == EVENT_RING) {
		client_attach(camera->client, camera_attached, camera);
		return;
	}
	if (!json_is_object(data))
		return;
	if (event == EVENT_STATE)
		camera_keep_state(camera, data);
	else if (event == EVENT_CAMERA)
		camera_learn(camera, data);
	CAMERA_TELL(camera, news, name, (uint64_t)id, data);
	if (event == EVENT_CAMERA)
		CAMERA_TELL(camera, changed);
}

static void
camera_event(void *arg, const char *text, size_t length)
{
	struct camera *camera = arg;
	json_t *line = json_parse_object(text, length);
	const char *name = json_get_text(line, "event");

	if (name != NULL)
		camera_take_news(camera, name, line);
	else
		log_warning("camera", "%s: a line that is no JSON", camera->name);
	json_decref(line);
}

const struct client_hooks camera_client_hooks = {
	.up = camera_up,
	.down = camera_down,
	.event = camera_event,
};
