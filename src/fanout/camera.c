/* SPDX-License-Identifier: ISC */
#include "fanout/camera.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "protocol/camera_name.h"
#include "protocol/commands.h"
#include "protocol/events.h"
#include "client/cameras.h"
#include "loop/timer.h"
#include "protocol/reasons.h"

enum {
	WATCHES_MAX = 4,
	COUNT_DEBOUNCE_MS = 200,
	USUAL_WIDTH = 1280,
	USUAL_HEIGHT = 720,
};

struct watch {
	const struct camera_hooks *hooks;
	void *arg;
};

struct camera {
	char name[CAMERA_NAME_MAX + 1];
	struct event_base *base;
	struct client *client;
	struct event *settle, *count;
	bool settling, subscribed, pulse;
	bool greeting; /* subscribe and attach are on their way */
	uint64_t last_event;
	bool resume; /* last_event counts */

	struct ring_reader *ring;
	struct frame_buf_pool pool;
	struct event *bell; /* NULL while there is no ring */
	int bell_fd;
	unsigned wanting;
	uint32_t width, height;

	bool online;
	char reason[256];
	json_t *state;
	unsigned viewers[CAMERA_VIEWER_KINDS];
	struct watch watches[WATCHES_MAX];
	unsigned watch_count;
};

/* Call one hook of all watches that have it. */
#define CAMERA_TELL(camera, hook, ...)                                             \
	do {                                                                       \
		for (unsigned tell_ = 0; tell_ < (camera)->watch_count; tell_++) { \
			const struct watch *watch_ = &(camera)->watches[tell_];    \
			if (watch_->hooks->hook != NULL)                           \
				watch_->hooks->hook(watch_->arg, ##__VA_ARGS__);   \
		}                                                                  \
	} while (0)

/* ---- asking ---------------------------------------------------------- */

unsigned long
camera_ask(struct camera *camera, enum role role, json_t *command, client_reply_fn *done, void *arg)
{
	char *line = command != NULL ? json_line(command) : NULL;
	unsigned long token = 0;

	if (line != NULL)
		token = client_send(camera->client,
		    client_way(command_find(json_get_text(command, "cmd")), role), line,
		    strlen(line), done, arg);
	free(line);
	json_decref(command);
	return token;
}

void
camera_forget(struct camera *camera, unsigned long token)
{
	client_forget(camera->client, token);
}

/* For the camera's own commands. */
static bool
camera_send(struct camera *camera, json_t *command, client_reply_fn *done)
{
	if (camera_ask(camera, ROLE_NONE, command, done, camera) != 0)
		return true;
	log_error("camera", "%s: out of memory", camera->name);
	return false;
}

/* Replies that tell us nothing: the next command or the connection's end will. */
static void
camera_ignore(void *arg, struct client_reply *reply)
{
	(void)arg, (void)reply;
}

/* ---- settling: the first answers of a new connection ----------------- */

static void
camera_settled(struct camera *camera)
{
	if (!camera->settling)
		return;
	camera->settling = false;
	event_del(camera->settle);
}

static void
camera_settle_over(evutil_socket_t unused, short what, void *arg)
{
	struct camera *camera = arg;

	(void)unused, (void)what;
	camera_settled(camera);
	CAMERA_TELL(camera, changed);
}

/* ---- ring and bell --------------------------------------------------- */

static void
camera_bell(evutil_socket_t fd, short what, void *arg)
{
	struct camera *camera = arg;

	/* Never read: the counter is shared with the other readers, and an
	 * edge-triggered wait is told of every write anyway. */
	(void)fd, (void)what;
	CAMERA_TELL(camera, frame);
}

static void
camera_detach(struct camera *camera)
{
	if (camera->bell != NULL)
		event_free(camera->bell);
	camera->bell = NULL;
	if (camera->bell_fd != -1)
		close(camera->bell_fd);
	camera->bell_fd = -1;
	frame_buf_pool_forget(&camera->pool);
	ring_reader_free(&camera->ring);
}

static void
camera_attach_ring(struct camera *camera, struct client_reply *reply)
{
	struct cause why;

	camera_detach(camera);
	camera->ring = ring_reader_new(reply->fds[0], &why);
	if (camera->ring == NULL) {
		log_error("camera", "%s: %s", camera->name, why.text);
		return;
	}
	camera->bell = event_new(
	    camera->base, reply->fds[1], EV_READ | EV_ET | EV_PERSIST, camera_bell, camera);
	if (camera->bell == NULL) {
		camera_detach(camera);
		return;
	}
	camera->bell_fd = reply->fds[1];
	reply->fds[1] = -1;
	if (camera->wanting > 0)
		event_add(camera->bell, NULL);
}

static void
camera_attached(void *arg, struct client_reply *reply)
{
	struct camera *camera = arg;

	if (reply->line != NULL && reply->fds[0] != -1 && reply->fds[1] != -1)
		camera_attach_ring(camera, reply);
	camera_settled(camera);
	CAMERA_TELL(camera, changed);
}

void
camera_want_frames(struct camera *camera, int difference)
{
	bool before = camera->wanting > 0;

	camera->wanting += (unsigned)difference;
	if (camera->bell == NULL || before == (camera->wanting > 0))
		return;
	if (camera->wanting > 0)
		event_add(camera->bell, NULL);
	else
		event_del(camera->bell);
}

/* ---- what orield says ------------------------------------------------ */

static void
camera_learn(struct camera *camera, const json_t *data)
{
	const json_t *online = json_object_get(data, "online");
	const char *reason = json_get_text(data, "reason");

	if (!json_is_boolean(online))
		return;
	camera->online = json_is_true(online);
	snprintf(camera->reason, sizeof camera->reason, "%s", reason != NULL ? reason : "");
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
		/* orield's store is closed: nothing is numbered until it hangs up. */
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

static void
camera_send_counts(struct camera *camera)
{
	if (client_connected(camera->client))
		camera_send(camera,
		    json_pack("{s:s, s:i, s:i, s:i}", "cmd", "viewers", "stream",
			camera->viewers[CAMERA_STREAMS], "events", camera->viewers[CAMERA_EVENTS],
			"control", 0),
		    camera_ignore);
}

static void
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

	/* The first time the words are on their way already. */
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

static const struct client_hooks camera_client_hooks = {
	.up = camera_up,
	.down = camera_down,
	.event = camera_event,
};

/* ---- counting viewers ------------------------------------------------ */

static void
camera_counted(evutil_socket_t unused, short what, void *arg)
{
	(void)unused, (void)what;
	camera_send_counts(arg);
}

void
camera_count(struct camera *camera, enum camera_viewers kind, int difference)
{
	camera->viewers[kind] += (unsigned)difference;
	if (!evtimer_pending(camera->count, NULL))
		timer_start(camera->count, COUNT_DEBOUNCE_MS * CLOCK_MS);
}

/* ---- frames ---------------------------------------------------------- */

bool
camera_is_offline(const struct camera *camera, struct cause *why)
{
	if (!camera->subscribed || camera->online || camera->reason[0] == '\0')
		return false;
	cause_set(why, "%s", camera->reason);
	return true;
}

struct frame_buf *
camera_look(struct camera *camera, struct cause *why)
{
	uint64_t now = clock_mono_ns();
	struct frame_buf *buf;

	if (!client_connected(camera->client)) {
		cause_set(why, REASON_NO_DAEMON);
		return NULL;
	}
	buf = camera->ring != NULL ? frame_buf_pool_update(&camera->pool, camera->ring) : NULL;
	if (buf == NULL) {
		if (!camera_is_offline(camera, why))
			cause_set(why, REASON_NO_FRAME);
		return NULL;
	}
	camera->width = buf->info.width;
	camera->height = buf->info.height;
	if (!frame_is_stale(&buf->info, now))
		return buf;
	if (!camera_is_offline(camera, why))
		cause_set(why, "no picture from the camera for %llu s",
		    (unsigned long long)(frame_age_ns(&buf->info, now) / CLOCK_S));
	return NULL;
}

bool
camera_memory_is_scarce(const struct camera *camera)
{
	return frame_buf_budget_is_scarce(camera->pool.budget);
}

void
camera_size(const struct camera *camera, uint32_t *width, uint32_t *height)
{
	*width = camera->width != 0 ? camera->width : USUAL_WIDTH;
	*height = camera->height != 0 ? camera->height : USUAL_HEIGHT;
}

/* ---- the rest -------------------------------------------------------- */

struct camera *
camera_new(
    struct event_base *base, const char *run_dir, const char *name, struct frame_buf_budget *budget)
{
	struct camera *camera = calloc(1, sizeof *camera);
	char path[CAMERA_PATH_SIZE];

	if (camera == NULL)
		return NULL;
	*camera = (struct camera){ .base = base, .settling = true, .bell_fd = -1 };
	frame_buf_pool_init(&camera->pool, budget);
	snprintf(camera->name, sizeof camera->name, "%s", name);
	if (!camera_socket(path, run_dir, name))
		log_error("camera", "%s: %s is too long a path for a socket", name, run_dir);
	else
		camera->client = client_new(base, path, &camera_client_hooks, camera);
	camera->settle = evtimer_new(base, camera_settle_over, camera);
	camera->count = evtimer_new(base, camera_counted, camera);
	if (camera->client == NULL || camera->count == NULL ||
	    timer_start(camera->settle, CAMERA_SETTLE_MS * CLOCK_MS) == -1)
		camera_free(&camera);
	else
		camera_greet(camera);
	return camera;
}

void
camera_free(struct camera **camera)
{
	struct camera *gone = *camera;

	if (gone == NULL)
		return;
	*camera = NULL;
	gone->watch_count = 0;
	client_free(&gone->client);
	camera_detach(gone);
	frame_buf_pool_deinit(&gone->pool);
	if (gone->settle != NULL)
		event_free(gone->settle);
	if (gone->count != NULL)
		event_free(gone->count);
	json_decref(gone->state);
	free(gone);
}

const char *
camera_name(const struct camera *camera)
{
	return camera->name;
}

void
camera_watch(struct camera *camera, const struct camera_hooks *hooks, void *arg)
{
	if (camera->watch_count < WATCHES_MAX)
		camera->watches[camera->watch_count++] = (struct watch){ hooks, arg };
}

bool
camera_settling(const struct camera *camera)
{
	return camera->settling;
}

bool
camera_connected(const struct camera *camera)
{
	return camera->subscribed;
}

const json_t *
camera_state(const struct camera *camera)
{
	return camera->state;
}

void
camera_want_pulse(struct camera *camera, bool wanted)
{
	if (camera->pulse == wanted)
		return;
	camera->pulse = wanted;
	if (client_connected(camera->client))
		camera_send(camera, json_pack("{s:s, s:b}", "cmd", "subscribe", "pulse", wanted),
		    camera_ignore);
}

void
camera_set_last_event(struct camera *camera, uint64_t id)
{
	camera->last_event = id;
	camera->resume = true;
}
