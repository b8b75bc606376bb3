/* SPDX-License-Identifier: ISC */
#include "fcgi/roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "client/cameras.h"

enum { LOOK_MS = 1000 }; /* a new camera is found this much later, at most */

struct roster {
	const char *run_dir, *default_camera;
	roster_make *make;
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
roster_learn(struct roster *roster, const char *name)
{
	struct cameras *known = &roster->known;

	if (cameras_have(known, name))
		return;
	if (!cameras_add(known, name))
		log_warning("roster", "more than %d cameras: %s is left out", CAMERAS_MAX, name);
}

/* At most once a LOOK_MS: reading a folder costs as much as a snapshot. */
static void
roster_look(struct roster *roster)
{
	uint64_t now = clock_mono_ns();
	struct cameras there;

	if (now < roster->due_ns)
		return;
	roster->due_ns = now + LOOK_MS * CLOCK_MS;
	cameras_list(&there, roster->run_dir);
	for (size_t i = 0; i < there.count; i++)
		roster_learn(roster, there.name[i]);
}

static void *
roster_server(struct roster *roster, const char *name)
{
	struct served *served = roster->served;

	for (size_t i = 0; i < roster->count; i++, served++)
		if (strcmp(served->name, name) == 0)
			return served->server;
	if (roster->count == sizeof roster->served / sizeof roster->served[0])
		return NULL;
	snprintf(served->name, sizeof served->name, "%s", name);
	served->server = roster->make(roster->arg, name);
	if (served->server != NULL)
		roster->count++;
	return served->server;
}

struct roster *
roster_new(const char *run_dir, const char *default_camera, roster_make *make, void *arg)
{
	struct roster *roster = calloc(1, sizeof *roster);

	if (roster == NULL)
		return NULL;
	roster->run_dir = run_dir;
	roster->default_camera = default_camera;
	roster->make = make;
	roster->arg = arg;
	return roster;
}

void
roster_free(struct roster **roster, void (*drop)(void *server))
{
	struct roster *gone = *roster;

	if (gone == NULL)
		return;
	for (size_t i = 0; i < gone->count; i++)
		drop(gone->served[i].server);
	free(gone);
	*roster = NULL;
}

void
roster_open(struct roster *roster)
{
	roster_look(roster);
	for (size_t i = 0; i < roster->known.count; i++)
		roster_server(roster, roster->known.name[i]);
}

void *
roster_find(struct roster *roster, const char *name, size_t length)
{
	char text[CAMERA_NAME_MAX + 1];
	const char *meant = text;

	roster_look(roster);
	if (name == NULL)
		meant = cameras_default(&roster->known, roster->default_camera);
	else if (length <= CAMERA_NAME_MAX)
		snprintf(text, sizeof text, "%.*s", (int)length, name);
	else
		meant = NULL;
	if (meant == NULL || (name != NULL && !cameras_have(&roster->known, meant)))
		return NULL;
	return roster_server(roster, meant);
}

json_t *
roster_names(struct roster *roster)
{
	json_t *names = json_array();

	for (size_t i = 0; i < roster->known.count; i++)
		json_array_append_new(names, json_words(roster->known.name[i]));
	return names;
}
