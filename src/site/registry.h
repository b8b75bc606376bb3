/* SPDX-License-Identifier: ISC */
/* registry: the cameras that this worker knows, and an object that serves each. A camera becomes
 * known when its control socket is seen, and stays known: while its daemon is away for a moment,
 * no other camera may become the default. */
#ifndef ORIEL_SITE_REGISTRY_H
#define ORIEL_SITE_REGISTRY_H

#include <jansson.h>
#include <stddef.h>

struct registry;

/* Makes the object that serves camera `name`, when it is first asked for; NULL: no memory. */
typedef void *registry_make(void *arg, const char *name);

/* `default_camera`: "" = the only one. Both texts are borrowed. NULL: no memory. */
struct registry *registry_new(
    const char *run_dir, const char *default_camera, registry_make *make, void *arg);
void registry_free(struct registry **registry, void (*drop)(void *server));

/* Visit the object of each camera so far. */
void registry_each(struct registry *registry, void (*visit)(void *server));

/* Open all cameras that exist already. */
void registry_open(struct registry *registry);

/* The object that serves the camera `name` (length bytes), or the default one when name is NULL.
 * NULL when there is no such camera, or when it is not clear which one is meant. */
void *registry_find(struct registry *registry, const char *name, size_t length);

/* All names: an array, a new reference; NULL: no memory. */
json_t *registry_names(struct registry *registry);

#endif
