/* SPDX-License-Identifier: ISC */
/* camera_name: what a camera may be called. */
#ifndef ORIEL_PROTOCOL_CAMERA_NAME_H
#define ORIEL_PROTOCOL_CAMERA_NAME_H

#include <stdbool.h>

enum { CAMERA_NAME_MAX = 32 }; /* bytes */

/* A camera's name: [a-z0-9][a-z0-9_-]*, at most CAMERA_NAME_MAX bytes. It is part
 * of paths and URLs. */
bool camera_name_valid(const char *name);

#endif
