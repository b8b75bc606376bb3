/* SPDX-License-Identifier: ISC */
#include "site/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "client/cameras.h"
#include "protocol/camera_name.h"

enum { LOOK_MS = 1000 }; /* a new camera is found after this time at most */

struct registry {
	const char *run_dir, *default_camera;
	registry_make *make;
	void *arg;
	uint64_t due_ns;      /* of the next look */
	struct cameras known; /* by name */
	size_t count;
	struct served {
		char name[CAMERA_NAME_MAX + 1];
		void *server;
	} served[CAMERAS_MAX + 1]; /* and a default one not seen yet */
};

static void
registry_learn(struct registry *registry, const char *name)
{
	struct cameras *known = &registry->known;

	if (cameras_have(known, name))
		return;
	if (!cameras_add(known, name))
		log_warning("registry", "more than %d cameras: %s is left out", CAMERAS_MAX, name);
}

/* At most once in LOOK_MS: reading a folder costs as much as a snapshot. */
static void
registry_look(struct registry *registry)
{
	uint64_t now = clock_mono_ns();
	struct cameras there;

	if (now < registry->due_ns)
		return;
	registry->due_ns = now + LOOK_MS * CLOCK_MS;
	cameras_list(&there, registry->run_dir);
	for (size_t i = 0; i < there.count; i++)
		registry_learn(registry, there.name[i]);
}

static void *
registry_server(struct registry *registry, const char *name)
{
	struct served *served = registry->served;

	for (size_t i = 0; i < registry->count; i++, served++)
		if (strcmp(served->name, name) == 0)
			return served->server;
	if (registry->count == sizeof registry->served / sizeof registry->served[0])
		return NULL;
	snprintf(served->name, sizeof served->name, "%s", name);
	served->server = registry->make(registry->arg, name);
	if (served->server != NULL)
		registry->count++;
	return served->server;
}

struct registry *
registry_new(const char *run_dir, const char *default_camera, registry_make *make, void *arg)
{
	struct registry *registry = calloc(1, sizeof *registry);

	if (registry == NULL)
		return NULL;
	registry->run_dir = run_dir;
	registry->default_camera = default_camera;
	registry->make = make;
	registry->arg = arg;
	return registry;
}

void
registry_free(struct registry **registry, void (*drop)(void *server))
{
	struct registry *gone = *registry;

	if (gone == NULL)
		return;
	for (size_t i = 0; i < gone->count; i++)
		drop(gone->served[i].server);
	free(gone);
	*registry = NULL;
}

void
registry_each(struct registry *registry, void (*visit)(void *server))
{
	for (size_t i = 0; i < registry->count; i++)
		visit(registry->served[i].server);
}

void
registry_open(struct registry *registry)
{
	registry_look(registry);
	for (size_t i = 0; i < registry->known.count; i++)
		registry_server(registry, registry->known.name[i]);
}

void *
registry_find(struct registry *registry, const char *name, size_t length)
{
	char text[CAMERA_NAME_MAX + 1];
	const char *meant = text;

	registry_look(registry);
	if (name == NULL)
		meant = cameras_default(&registry->known, registry->default_camera);
	else if (length <= CAMERA_NAME_MAX)
		snprintf(text, sizeof text, "%.*s", (int)length, name);
	else
		meant = NULL;
	if (meant == NULL || (name != NULL && !cameras_have(&registry->known, meant)))
		return NULL;
	return registry_server(registry, meant);
}

json_t *
registry_names(struct registry *registry)
{
	json_t *names = json_array();

	for (size_t i = 0; i < registry->known.count; i++)
		json_array_append_new(names, json_words(registry->known.name[i]));
	return names;
}
