/* SPDX-License-Identifier: ISC */
/* roster: the cameras this worker knows, and what serves each. A camera becomes
 * known when its control socket is seen, and stays so: one whose daemon is away
 * for a while must not make another the default. */
#ifndef ORIEL_FCGI_ROSTER_H
#define ORIEL_FCGI_ROSTER_H

#include <jansson.h>
#include <stddef.h>

struct roster;

/* Gives what serves camera `name`, made when first asked for; NULL: no memory. */
typedef void *roster_make(void *arg, const char *name);

/* `default_camera`: "" = the only one. Both texts are borrowed. NULL: no memory. */
struct roster *roster_new(
    const char *run_dir, const char *default_camera, roster_make *make, void *arg);
void roster_free(struct roster **roster, void (*drop)(void *server));

/* Take up all cameras that are there already. */
void roster_open(struct roster *roster);

/* What serves the camera `name` (length bytes), or the default one when name is
 * NULL. NULL when there is no such camera, or no telling which is meant. */
void *roster_find(struct roster *roster, const char *name, size_t length);

/* The names there are: an array, a new reference; NULL: no memory. */
json_t *roster_names(struct roster *roster);

#endif
