/* SPDX-License-Identifier: ISC */
/* events_schema: the events as JSON Schema. New references. */
#ifndef ORIEL_SCHEMA_EVENTS_SCHEMA_H
#define ORIEL_SCHEMA_EVENTS_SCHEMA_H

#include <jansson.h>

/* {"motion": schema of its data, …}, of all events. */
json_t *events_schema_data(void);

/* An entry of GET /history and of the command `events`; `at` is where events_schema_data() is:
 * "#/$defs/". */
json_t *events_schema_past(const char *at);

/* The file: a line to a subscriber of the control socket, which is what SSE clients get as
 * event, id and data. */
json_t *events_schema_file(void);

#endif
