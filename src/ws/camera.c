/* SPDX-License-Identifier: ISC */
#include "ws/camera.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/timer.h"

/* ---- telling orield how many are here -------------------------------- */

static void camera_tell(struct camera *camera);

static void
camera_told(void *arg, struct client_reply *reply)
{
	struct camera *camera = arg;

	camera->telling = false;
	if (reply->line != NULL)
		camera_tell(camera);
}

/* One such command at a time: sessions that come and go meanwhile are one change. */
static void
camera_tell(struct camera *camera)
{
	char line[64];
	int length;

	if (camera->telling || camera->told == camera->sessions)
		return;
	length = snprintf(
	    line, sizeof line, "{\"cmd\":\"viewers\",\"control\":%u}", camera->sessions);
	if (client_send(camera->client, client_way(COMMAND_VIEWERS, ROLE_NONE), line,
		(size_t)length, camera_told, camera) == 0)
		return;
	camera->telling = true;
	camera->told = camera->sessions;
}

static void
camera_up(void *arg)
{
	struct camera *camera = arg;

	camera->told = 0; /* a new connection speaks for nobody yet */
	camera->telling = false;
	camera_tell(camera);
}

static void
camera_down(void *arg)
{
	(void)arg;
}

static void
camera_event(void *arg, const char *line, size_t length)
{
	(void)arg, (void)line, (void)length;
}

static const struct client_hooks camera_hooks = {
	.up = camera_up, .down = camera_down, .event = camera_event
};

/* ---- the set --------------------------------------------------------- */

static struct camera *
camera_find(struct camera_set *set, const char *name)
{
	struct camera *camera;

	LIST_FOREACH(camera, &set->cameras, next)
		if (strcmp(camera->name, name) == 0)
			break;
	return camera;
}

static void
camera_idle(evutil_socket_t unused, short what, void *arg)
{
	struct camera *camera = arg;

	(void)unused, (void)what;
	client_free(&camera->client);
}

static struct camera *
camera_new(struct camera_set *set, const char *name)
{
	struct camera *camera = calloc(1, sizeof *camera);

	if (camera == NULL)
		return NULL;
	camera->idle = evtimer_new(set->base, camera_idle, camera);
	if (camera->idle == NULL) {
		free(camera);
		return NULL;
	}
	strcpy(camera->name, name);
	LIST_INSERT_HEAD(&set->cameras, camera, next);
	return camera;
}

/* A camera stays known while its orield is down: because it is the default one, or because it
 * was there before. */
static struct camera *
camera_known(struct camera_set *set, const char *name, struct cameras *there)
{
	const char *fallback;
	struct camera *camera;

	cameras_list(there, set->run_dir);
	fallback = cameras_default(there, set->configured);
	if (name[0] == '\0')
		name = fallback;
	errno = ENOENT;
	if (name == NULL)
		return NULL;
	camera = camera_find(set, name);
	if (camera != NULL)
		return camera;
	if (!cameras_have(there, name) && (fallback == NULL || strcmp(name, fallback) != 0))
		return NULL;
	return camera_new(set, name);
}

struct camera *
camera_join(struct camera_set *set, const char *name, struct cameras *there)
{
	struct camera *camera = camera_known(set, name, there);
	char path[CAMERA_PATH_SIZE];

	if (camera == NULL)
		return NULL;
	errno = ENOMEM;
	if (camera->client == NULL && camera_socket(path, set->run_dir, camera->name))
		camera->client = client_new(set->base, path, &camera_hooks, camera);
	if (camera->client == NULL)
		return NULL;
	event_del(camera->idle);
	camera->sessions++;
	if (client_connected(camera->client))
		camera_tell(camera);
	return camera;
}

void
camera_leave(struct camera *camera)
{
	if (--camera->sessions == 0)
		timer_start(camera->idle, CAMERA_KEEP_SECONDS * CLOCK_S);
	if (client_connected(camera->client))
		camera_tell(camera);
}

void
camera_set_deinit(struct camera_set *set)
{
	struct camera *camera;

	while ((camera = LIST_FIRST(&set->cameras)) != NULL) {
		client_free(&camera->client);
		event_free(camera->idle);
		LIST_REMOVE(camera, next);
		free(camera);
	}
}
