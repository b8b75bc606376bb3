/* SPDX-License-Identifier: ISC */
/* events: what happens to a camera, one table for all programs.
 *
 * orield sends them; the workers and orielctl pass them on. Filters by type, the schema and
 * the docs' tables are made from the rows. */
#ifndef ORIEL_PROTOCOL_EVENTS_H
#define ORIEL_PROTOCOL_EVENTS_H

#include <stdbool.h>

#include "protocol/field.h"

/* EVENT(identifier, "name", which kind, "help sentence"). The fields of its data are
 * IDENTIFIER_fields in events.c. */
#define NUMBERED_EVENTS(EVENT)                                                              \
	EVENT(MOTION, "motion", EVENT_NUMBERED,                                             \
	    "Motion begins: more of the picture changed than `threshold`.")                 \
	EVENT(MOTION_END, "motion_end", EVENT_NUMBERED,                                     \
	    "It ends: nothing was above `threshold` for `motion_gap`, or the camera went.") \
	EVENT(SAVED, "saved", EVENT_NUMBERED, "A picture was saved.")                       \
	EVENT(CAMERA, "camera", EVENT_NUMBERED, "The camera came or went.")                 \
	EVENT(CLIP, "clip", EVENT_NUMBERED, "A clip is there to be watched.")

#define EVENTS(EVENT)                                                                        \
	NUMBERED_EVENTS(EVENT)                                                               \
	EVENT(DELETED, "deleted", EVENT_LIVE, "Somebody deleted a saved picture or a clip.") \
	EVENT(STATE, "state", EVENT_LIVE,                                                    \
	    "Settings and counters: on connect, and whenever they or the camera change.")    \
	EVENT(PULSE, "pulse", EVENT_LIVE, "The camera's live numbers, once a second.")       \
	EVENT(CONTROLS, "controls", EVENT_LIVE,                                              \
	    "The camera's own controls, after anybody changed one.")                         \
	EVENT(RECORD, "record", EVENT_LOCAL,                                                 \
	    "Somebody asks to record. For who has said that it records.")                    \
	EVENT(RING, "ring", EVENT_LOCAL,                                                     \
	    "There is a new frame ring: attach again. For those who have asked to attach.")

enum event_kind {
	EVENT_NUMBERED, /* kept in the log, has an id unless it could not be stored */
	EVENT_LIVE,	/* without a number: only current subscribers get it */
	EVENT_LOCAL,	/* the same, for programs on the control socket only */
};

#define EVENT_ENUM(id, ...) EVENT_##id,
enum event_id { EVENTS(EVENT_ENUM) EVENT_COUNT };
#undef EVENT_ENUM

struct event_row {
	const char *name;
	enum event_kind kind;
	const struct field *fields; /* of "data" */
	const char *help;
};

extern const struct event_row event_rows[EVENT_COUNT];

/* The numbered events, which can be asked for by type, as a choice: "motion|saved|…". */
#define EVENT_TYPE(id, name, ...) "|" name
#define EVENT_TYPES (&(NUMBERED_EVENTS(EVENT_TYPE))[1])

const char *event_name(enum event_id id);

/* The row of `name`, or EVENT_COUNT. */
enum event_id event_find(const char *name);

/* Is it the name of an event that is kept in the log? */
bool event_is_numbered(const char *name);

#endif
