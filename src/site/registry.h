/* SPDX-License-Identifier: ISC */
/* registry: the cameras this worker knows, and what serves each. A camera becomes
 * known when its control socket is seen, and stays so: one whose daemon is away
 * for a while must not make another the default. */
#ifndef ORIEL_SITE_REGISTRY_H
#define ORIEL_SITE_REGISTRY_H

#include <jansson.h>
#include <stddef.h>

struct registry;

/* Gives what serves camera `name`, made when first asked for; NULL: no memory. */
typedef void *registry_make(void *arg, const char *name);

/* `default_camera`: "" = the only one. Both texts are borrowed. NULL: no memory. */
struct registry *registry_new(
    const char *run_dir, const char *default_camera, registry_make *make, void *arg);
void registry_free(struct registry **registry, void (*drop)(void *server));

/* For what serves each camera so far. */
void registry_each(struct registry *registry, void (*visit)(void *server));

/* Take up all cameras that are there already. */
void registry_open(struct registry *registry);

/* What serves the camera `name` (length bytes), or the default one when name is
 * NULL. NULL when there is no such camera, or no telling which is meant. */
void *registry_find(struct registry *registry, const char *name, size_t length);

/* The names there are: an array, a new reference; NULL: no memory. */
json_t *registry_names(struct registry *registry);

#endif
