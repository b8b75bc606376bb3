/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "client/cameras.h"
#include "fanout/camera_internal.h"
#include "loop/timer.h"
#include "protocol/commands.h"

enum { COUNT_DEBOUNCE_MS = 200 };

/* ---- asking ---------------------------------------------------------- */

unsigned long
camera_ask(struct camera *camera, enum role role, json_t *command, client_done *done, void *arg)
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

bool
camera_send(struct camera *camera, json_t *command, client_done *done)
{
	if (camera_ask(camera, ROLE_NONE, command, done, camera) != 0)
		return true;
	log_error("camera", "%s: out of memory", camera->name);
	return false;
}

void
camera_ignore(void *arg, struct client_reply *reply)
{
	(void)arg, (void)reply;
}

/* ---- settling: the first answers of a new connection ----------------- */

void
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
