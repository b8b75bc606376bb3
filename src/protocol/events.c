/* SPDX-License-Identifier: ISC */
#include "protocol/events.h"

#include <string.h>

#include "protocol/objects.h"

#define TS FIELD("ts", NUMBER, "when, in seconds since 1970", .unit = "s")
#define STORED \
	FIELD("stored", BOOLEAN, "false, and no id: it could not be stored", .optional = true)
#define ONLINE FIELD("online", BOOLEAN, "the camera delivers pictures")
#define CHANGE(help) FIELD("change", NUMBER, help, .unit = "%", .max = 100)

static const struct field MOTION_fields[] = {
	TS,
	FIELD("count", INTEGER, "motion events since the last reset"),
	CHANGE("how much of the picture changed"),
	FIELD("threshold", NUMBER, "as it was then", .unit = "%", .max = 100),
	FIELD("box", NUMBERS, "x, y, width, height of what changed, as fractions of the picture",
	    .max = 1, .length = 4),
	FIELD("saved", TEXT, "the picture's name, when one was saved", .optional = true),
	STORED,
	FIELD_END,
};

static const struct field MOTION_END_fields[] = {
	FIELD("ts", NUMBER,
	    "when it ended; with `cut` when that was noticed, in seconds since 1970", .unit = "s"),
	FIELD("seconds", NUMBER, "from its beginning to the last picture above the threshold",
	    .unit = "s"),
	FIELD("peak", NUMBER, "the largest change", .unit = "%", .max = 100),
	FIELD("peak_ts", NUMBER, "when that was", .unit = "s"),
	FIELD("motion", INTEGER, "id of the motion event that began it, if that has one",
	    .optional = true),
	FIELD("reason", TEXT, "why it ended, if not because nothing moved", .optional = true),
	FIELD("code", CODE, "the reason, for programs", .optional = true),
	FIELD("cut", BOOLEAN,
	    "true: the camera's daemon died meanwhile; `seconds` and `peak` are what was known",
	    .optional = true),
	STORED,
	FIELD_END,
};

static const struct field SAVED_fields[] = {
	TS,
	FIELD("name", TEXT, "the picture's name"),
	FIELD("url", TEXT, "where it is, relative to the camera's page"),
	FIELD("size", INTEGER, "of the picture", .unit = "bytes"),
	FIELD("cause", TEXT, "why it was saved", .choices = "motion|manual"),
	FIELD("motion", INTEGER, "id of the motion event it belongs to", .optional = true),
	FIELD_END,
};

static const struct field CAMERA_fields[] = {
	TS,
	ONLINE,
	FIELD("reason", TEXT, "why it is gone", .optional = true),
	FIELD("code", CODE, "the reason, for programs", .optional = true),
	FIELD("source", TEXT, "online: where pictures come from", .optional = true),
	FIELD("name", TEXT, "online: the camera's name for itself", .optional = true),
	FIELD("width", INTEGER, "online: of the picture", .optional = true, .unit = "pixels"),
	FIELD("height", INTEGER, "online: of the picture", .optional = true, .unit = "pixels"),
	STORED,
	FIELD_END,
};

static const struct field CLIP_fields[] = {
	TS,
	FIELD("name", TEXT, "the clip's name"),
	FIELD("url", TEXT, "where it is, relative to the camera's page"),
	FIELD("poster", TEXT, "where its picture is, the same way"),
	FIELD("seconds", NUMBER, "how long it plays", .unit = "s"),
	FIELD("before", NUMBER, "how much of that was before its cause", .unit = "s"),
	FIELD("bytes", INTEGER, "its size", .unit = "bytes"),
	FIELD("cause", TEXT, "why it was recorded", .choices = CLIP_CAUSES),
	FIELD("motion", INTEGER, "id of the motion event it belongs to", .optional = true),
	FIELD("cut", BOOLEAN, "the recording did not end by itself"),
	FIELD_END,
};

static const struct field RECORD_fields[] = {
	FIELD("seconds", INTEGER, "for how long", .optional = true, .unit = "s"),
	FIELD("stop", BOOLEAN, "true: no longer", .optional = true),
	FIELD_END,
};

static const struct field DELETED_fields[] = {
	FIELD("name", TEXT, "of the saved picture or the clip"),
	FIELD_END,
};

/* While orield is away, oriel-fcgi sends this with what it last knew: so all is optional. */
static const struct field STATE_fields[] = {
	FIELD("", SETTINGS, "each setting by its name", .optional = true),
	FIELD("frame_count", INTEGER, "frames so far", .optional = true),
	FIELD("trigger_count", INTEGER, "motion events since the last reset", .optional = true),
	SEEN(true),
	FIELD("sources", SOURCES, "where each setting's value is from", .optional = true),
	ONLINE,
	FIELD("reason", TEXT, "why it does not, else empty"),
	FIELD("code", CODE, "the reason, for programs", .optional = true),
	ARMED_FIELDS(true),
	FIELD("gap", BOOLEAN, "true: events behind the id that was asked for are gone",
	    .optional = true),
	FIELD_END,
};

static const struct field PULSE_fields[] = {
	TS,
	ONLINE,
	FIELD("fps", NUMBER, "frames a second, as measured"),
	FIELD("age_ms", INTEGER, "age of the newest frame", .nullable = true, .unit = "ms"),
	CHANGE("the largest since the last pulse"),
	FIELD("threshold", NUMBER, "as it is now", .unit = "%", .max = 100),
	FIELD("held", TEXT, "why it is not motion, else empty"),
	FIELD("span", OBJECT, "of motion, while one is open", .nullable = true,
	    .fields = span_fields),
	FIELD("frame_count", INTEGER, "frames so far"),
	ARMED_FIELDS(false),
	FIELD_END,
};

static const struct field CONTROLS_fields[] = {
	FIELD("controls", LIST, "all of them", .fields = control_fields),
	FIELD_END,
};

static const struct field RING_fields[] = {
	FIELD("generation", INTEGER, "which ring it is"),
	FIELD_END,
};

#define EVENT_ROW(ID, NAME, KIND, HELP) \
	[EVENT_##ID] = { .name = (NAME), .kind = (KIND), .fields = ID##_fields, .help = (HELP) },
const struct event_row event_rows[EVENT_COUNT] = { EVENTS(EVENT_ROW) };
#undef EVENT_ROW

const char *
event_name(enum event_id id)
{
	return event_rows[id].name;
}

enum event_id
event_find(const char *name)
{
	int id;

	for (id = 0; id < EVENT_COUNT; id++)
		if (strcmp(name, event_rows[id].name) == 0)
			break;
	return (enum event_id)id;
}

bool
event_is_numbered(const char *name)
{
	enum event_id id = event_find(name);

	return id != EVENT_COUNT && event_rows[id].kind == EVENT_NUMBERED;
}
