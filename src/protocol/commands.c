/* SPDX-License-Identifier: ISC */
#include "protocol/commands.h"

#include <stdint.h>
#include <string.h>

#include "protocol/events.h"
#include "protocol/limits.h"
#include "protocol/objects.h"
#include "protocol/sources.h"

#define OK FIELD("ok", BOOLEAN, "true")
#define COUNT(name, help) FIELD(name, INTEGER, help)

/* ---- what they take -------------------------------------------------- */

static const struct field nothing[] = { FIELD_END };

#define STATUS_arguments nothing
#define GET_arguments nothing
#define SNAPSHOT_NOW_arguments nothing
#define RESET_arguments nothing
#define CONTROLS_arguments nothing
#define ATTACH_arguments nothing
#define HELP_arguments nothing

static const struct field SET_arguments[] = {
	FIELD("", SETTINGS, "what to set", .optional = true, .live = true),
	FIELD("tenths", BOOLEAN, "true: numbers may have one decimal", .optional = true),
	FIELD_END,
};

static const struct field ACK_arguments[] = {
	FIELD("count", INTEGER, "of the motion event: its `count`", .min = 1, .max = INT64_MAX),
	FIELD_END,
};

#define LIMIT                                                                                     \
	FIELD("limit", INTEGER, "how many at most", .optional = true, .min = 1, .max = LIMIT_MAX, \
	    .initial = LIMIT_INITIAL)

/* An interval of time, for questions to the store. */
#define BETWEEN                                                                                 \
	FIELD("from", INTEGER, "not before this time, in seconds since 1970", .optional = true, \
	    .max = TIME_MAX),                                                                   \
	    FIELD("to", INTEGER, "only before this time", .optional = true, .min = 1,           \
		.max = TIME_MAX)

static const struct field EVENTS_arguments[] = {
	FIELD("before", INTEGER, "only events before this one", .optional = true, .min = 1,
	    .max = INT64_MAX),
	FIELD("after", INTEGER, "only events after this one, oldest first", .optional = true,
	    .max = INT64_MAX),
	LIMIT,
	BETWEEN,
	FIELD("type", TEXT, "only events of this type", .optional = true, .length = 15,
	    .choices = EVENT_TYPES),
	FIELD_END,
};

static const struct field SNAPS_arguments[] = {
	FIELD("before", INTEGER, "only pictures before this one", .optional = true, .min = 1,
	    .max = INT64_MAX),
	LIMIT,
	BETWEEN,
	FIELD_END,
};

static const struct field SNAP_DELETE_arguments[] = {
	FIELD("name", TEXT, "the picture's name", .length = SNAP_NAME_MAX),
	FIELD_END,
};

static const struct field READ_arguments[] = {
	FIELD("url", TEXT, "as a list has it", .length = FILE_URL_MAX),
	FIELD_END,
};

static const struct field RECORD_arguments[] = {
	FIELD("seconds", INTEGER, "for how long; what is recorded already goes on for so long",
	    .optional = true, .unit = "s", .min = 1, .max = RECORD_SECONDS_MAX),
	FIELD("stop", BOOLEAN, "true: no longer", .optional = true),
	FIELD_END,
};

static const struct field CLIPS_arguments[] = {
	FIELD("before", INTEGER, "only clips before this one", .optional = true, .min = 1,
	    .max = INT64_MAX),
	LIMIT,
	BETWEEN,
	FIELD_END,
};

#define CLIP_NAME FIELD("name", TEXT, "what clip_open called it", .length = SNAP_NAME_MAX)
#define CLIP_CAUSE                                                                         \
	FIELD("cause", TEXT, "why it is recorded", .length = 15, .choices = CLIP_CAUSES),  \
	    FIELD("motion", INTEGER, "id of the motion event", .optional = true, .min = 1, \
		.max = INT64_MAX),                                                         \
	    FIELD("wall_ns", INTEGER, "when its cause was, since 1970", .unit = "ns",      \
		.max = INT64_MAX)

static const struct field CLIP_DELETE_arguments[] = {
	FIELD("name", TEXT, "the clip's name", .length = SNAP_NAME_MAX),
	FIELD_END,
};

static const struct field KEEP_arguments[] = {
	FIELD("name", TEXT, "of the picture or clip", .length = SNAP_NAME_MAX),
	FIELD("keep", BOOLEAN, "true: it never goes by itself"),
	FIELD_END,
};

static const struct field CLIP_OPEN_arguments[] = { CLIP_CAUSE, FIELD_END };
static const struct field CLIP_MOVIE_arguments[] = { CLIP_NAME, FIELD_END };
static const struct field CLIP_DROP_arguments[] = { CLIP_NAME, FIELD_END };

static const struct field CLIP_DONE_arguments[] = {
	CLIP_NAME,
	CLIP_CAUSE,
	FIELD("codec", TEXT, "what the movie is", .length = 15, .choices = CLIP_CODECS),
	FIELD("ms", INTEGER, "how long it plays", .unit = "ms", .max = INT64_MAX),
	FIELD("before_ms", INTEGER, "how much of that was before its cause", .unit = "ms",
	    .max = INT64_MAX),
	FIELD("cut", BOOLEAN, "the recording did not end by itself"),
	FIELD_END,
};

#define RECORDER_arguments nothing

static const struct field CONTROL_arguments[] = {
	FIELD("", CONTROLS, "what to set", .optional = true),
	FIELD_END,
};

static const struct field SUBSCRIBE_arguments[] = {
	FIELD("after", INTEGER, "first every event after this one", .optional = true,
	    .max = INT64_MAX),
	FIELD("pulse", BOOLEAN, "pulse lines, too", .optional = true),
	FIELD_END,
};

#define VIEWERS(name, help) FIELD(name, INTEGER, help, .optional = true, .max = VIEWERS_MAX)

static const struct field VIEWERS_arguments[] = {
	VIEWERS("stream", "how many watch the stream"),
	VIEWERS("events", "how many listen to events"),
	VIEWERS("control", "how many have a WebSocket"),
	FIELD_END,
};

/* ---- what status answers ---------------------------------------------------------- */

static const struct field status_viewers[] = {
	COUNT("stream", "watch the stream"),
	COUNT("events", "listen to events"),
	COUNT("control", "have a WebSocket"),
	FIELD_END,
};

static const struct field status_snaps[] = {
	COUNT("count", "how many"),
	FIELD("bytes", INTEGER, "how large together", .unit = "bytes"),
	FIELD_END,
};

static const struct field status_repaired[] = {
	FIELD("ts", NUMBER, "when, in seconds since 1970", .unit = "s"),
	FIELD("reason", TEXT, "what was found"),
	FIELD("code", CODE, "the reason, for programs", .optional = true),
	FIELD("kept", TEXT, "where the damaged file is; empty: nowhere"),
	COUNT("settings", "how many settings could be read"),
	COUNT("events", "how many events could be read"),
	FIELD_END,
};

static const struct field status_store[] = {
	FIELD("ok", BOOLEAN, "what is to be kept can be stored"),
	FIELD("reason", TEXT, "why nothing, or no picture, can be stored, else empty"),
	FIELD("code", CODE, "the reason, for programs", .optional = true),
	FIELD("repaired", OBJECT,
	    "since the start the database was found damaged, removed or replaced", .nullable = true,
	    .fields = status_repaired),
	FIELD_END,
};

static const struct field status_motion[] = {
	FIELD("change", NUMBER, "how much of the picture changed", .unit = "%", .max = 100),
	FIELD("threshold", NUMBER, "the setting", .unit = "%", .max = 100),
	FIELD("held", TEXT, "why it is not motion, else empty"),
	FIELD("span", OBJECT, "of motion, while one is open", .nullable = true,
	    .fields = span_fields),
	FIELD_END,
};

static const struct field status_counters[] = {
	COUNT("dropped", "frames the camera lost"),
	COUNT("broken", "pictures that were no whole JPEG"),
	COUNT("oversized", "pictures that were too large"),
	COUNT("errors", "failures of the camera"),
	COUNT("reopens", "how often the camera was opened again"),
	COUNT("light_held", "changes that were light, not motion"),
	COUNT("cooldown_held", "changes within the cool-down"),
	COUNT("store_refused", "what was refused as busy"),
	COUNT("deleted_quota", "pictures and clips that went to make room"),
	COUNT("deleted_age", "pictures and clips that were older than they are to be kept"),
	FIELD_END,
};

static const struct field STATUS_reply[] = {
	FIELD("camera", TEXT, "its name, as in /cam/NAME/"),
	FIELD("online", BOOLEAN, "it delivers pictures"),
	FIELD("reason", TEXT, "why it does not, else empty"),
	FIELD("code", CODE, "the reason, for programs", .optional = true),
	FIELD("source", TEXT, "where pictures come from", .choices = SOURCE_CHOICES),
	FIELD("name", TEXT, "the camera's name for itself"),
	FIELD("device", TEXT, "its device node or file, if it has one"),
	FIELD("format", TEXT, "what it delivers"),
	FIELD("width", INTEGER, "as people see the picture: turned, where its EXIF says so",
	    .unit = "pixels"),
	FIELD("height", INTEGER, "the same", .unit = "pixels"),
	FIELD("fps", NUMBER, "frames a second, as measured"),
	COUNT("frames", "so far; kept over restarts"),
	COUNT("triggers", "motion events since the last reset"),
	FIELD("frame_age_ms", INTEGER, "of the newest frame; null before the first",
	    .nullable = true, .unit = "ms"),
	FIELD("stale", BOOLEAN, "`frame_age_ms` is beyond `stale_ms`"),
	FIELD("stale_ms", INTEGER, "a frame that is older is never shown as new", .unit = "ms"),
	COUNT("generation", "which frame ring it is"),
	COUNT("sequence", "the newest frame's place in it"),
	FIELD("encode_us", INTEGER, "what encoding it took", .unit = "µs"),
	FIELD("uptime", NUMBER, "of the camera's daemon", .unit = "s"),
	FIELD("version", TEXT, "of the camera's daemon"),
	FIELD("viewers", OBJECT, "how many there are now", .fields = status_viewers),
	FIELD("snaps", OBJECT, "saved pictures", .fields = status_snaps),
	FIELD("pinned", OBJECT, "pictures and clips that are kept", .fields = status_snaps),
	FIELD("store", OBJECT, "the database and the disk", .fields = status_store),
	FIELD("motion", OBJECT, "the last judgement", .fields = status_motion),
	ARMED_FIELDS(false),
	FIELD("counters", OBJECT, "since the start of the daemon", .fields = status_counters),
	FIELD_END,
};

/* ---- what the others answer ------------------------------------------------------ */

static const struct field setting_description[] = {
	FIELD("name", TEXT, "its key"),
	FIELD("label", TEXT, "for people"),
	FIELD("group", TEXT, "for people, over the settings that have it"),
	FIELD("type", TEXT, "what it takes", .choices = "integer|number|boolean|text|choice"),
	FIELD("unit", TEXT, "of a number, else empty"),
	FIELD("help", TEXT, "one sentence"),
	FIELD("live", BOOLEAN, "`set` takes it"),
	FIELD("min", NUMBER, "of a number: the least", .optional = true),
	FIELD("max", NUMBER, "of a number: the most", .optional = true),
	FIELD("step", NUMBER, "of a number: from one value to the next", .optional = true),
	FIELD("choices", TEXTS, "of a choice: the words", .optional = true),
	FIELD_END,
};

static const struct field GET_reply[] = {
	FIELD("", SETTINGS, "each setting by its name"),
	COUNT("frame_count", "frames so far"),
	COUNT("trigger_count", "motion events since the last reset"),
	SEEN(false),
	FIELD("sources", SOURCES, "where each setting's value is from"),
	FIELD("settings", LIST, "what one must know to set them", .fields = setting_description),
	FIELD_END,
};

static const struct field SET_reply[] = {
	OK,
	FIELD("", SETTINGS, "each setting that was named", .optional = true, .live = true),
	FIELD_END,
};

static const struct field SNAPSHOT_NOW_reply[] = {
	OK,
	FIELD("saved", TEXT, "its path on the server"),
	FIELD("url", TEXT, "where it is, relative to the camera's page"),
	FIELD("name", TEXT, "its name"),
	FIELD("size", INTEGER, "of the picture", .unit = "bytes"),
	COUNT("event", "id of its `saved` event"),
	FIELD_END,
};

static const struct field RESET_reply[] = {
	OK,
	FIELD("counters", TEXT, "done", .choices = "reset"),
	FIELD_END,
};

static const struct field ACK_reply[] = {
	OK,
	SEEN(false),
	FIELD_END,
};

static const struct field EVENTS_reply[] = {
	FIELD(
	    "events", LIST, "newest first; with `after` oldest first", .fields = past_event_fields),
	COUNT("first", "id of the oldest there is"),
	COUNT("last", "id of the newest there is"),
	FIELD("gap", BOOLEAN, "true: events behind `after` are gone", .optional = true),
	FIELD_END,
};

static const struct field SNAPS_reply[] = {
	FIELD("snaps", LIST, "newest first", .fields = snap_fields),
	COUNT("count", "how many there are in all"),
	FIELD("bytes", INTEGER, "how large all are together", .unit = "bytes"),
	FIELD_END,
};

static const struct field READ_reply[] = {
	OK,
	FIELD("missing", TEXT, "why there is no descriptor, when there is none", .optional = true),
	FIELD_END,
};

static const struct field RECORD_reply[] = {
	OK,
	FIELD("seconds", INTEGER, "for how long from now on", .unit = "s"),
	FIELD_END,
};

static const struct field CLIPS_reply[] = {
	FIELD("clips", LIST, "newest first", .fields = clip_fields),
	COUNT("count", "how many there are in all"),
	FIELD("bytes", INTEGER, "how large all are together", .unit = "bytes"),
	FIELD_END,
};

static const struct field RECORDER_reply[] = {
	OK,
	FIELD("left", TEXTS, "names of clips that were begun and not finished"),
	FIELD_END,
};

static const struct field CLIP_OPEN_reply[] = {
	OK,
	FIELD("name", TEXT, "what it is called until it is finished"),
	FIELD_END,
};

static const struct field CONTROLS_reply[] = {
	FIELD("controls", LIST, "all of them", .fields = control_fields),
	FIELD_END,
};

static const struct field CONTROL_reply[] = {
	OK,
	FIELD("controls", LIST, "all of them, as they are now", .fields = control_fields),
	FIELD_END,
};

static const struct field SUBSCRIBE_reply[] = {
	OK,
	FIELD("last", INTEGER, "id of the newest event; missing while the store is not open",
	    .optional = true),
	FIELD("state", OBJECT, "as the event of that name"),
	FIELD("gap", BOOLEAN, "true: events behind `after` are gone", .optional = true),
	FIELD_END,
};

static const struct field ATTACH_reply[] = {
	OK,
	COUNT("generation", "which ring it is"),
	FIELD_END,
};

static const struct field help_argument[] = {
	FIELD("name", TEXT, "its key; empty: any setting's, or any V4L2 control's"),
	FIELD("type", TEXT, "what it takes",
	    .choices = "integer|boolean|text|choice|settings|controls"),
	FIELD("help", TEXT, "what it means"),
	FIELD("optional", BOOLEAN, "it may be left out"),
	FIELD("min", INTEGER, "of an integer: the least", .optional = true),
	FIELD("max", INTEGER, "of an integer: the most", .optional = true),
	FIELD("default", INTEGER, "its value when left out", .optional = true),
	FIELD("choices", TEXTS, "of a choice: the words", .optional = true),
	FIELD("unit", TEXT, "of an integer", .optional = true),
	FIELD_END,
};

static const struct field help_command[] = {
	FIELD("cmd", TEXT, "its name"),
	FIELD("arguments", TEXT, "the names of what it takes"),
	FIELD("help", TEXT, "what it does"),
	FIELD("takes", LIST, "what it takes", .fields = help_argument),
	FIELD_END,
};

static const struct field HELP_reply[] = {
	FIELD("commands", LIST, "all of them", .fields = help_command),
	FIELD_END,
};

#define SNAP_DELETE_reply ok_fields
#define VIEWERS_reply ok_fields
#define CLIP_DELETE_reply ok_fields
#define KEEP_reply ok_fields
#define CLIP_MOVIE_reply ok_fields
#define CLIP_DONE_reply ok_fields
#define CLIP_DROP_reply ok_fields

/* ---- the table ------------------------------------------------------- */

#define COMMAND_ROW(ID, NAME, ROLE, LENGTH, HELP) \
	[COMMAND_##ID] = { .name = (NAME),        \
		.role = (ROLE),                   \
		.length = (LENGTH),               \
		.help = (HELP),                   \
		.arguments = ID##_arguments,      \
		.reply = ID##_reply },
const struct command_row command_rows[COMMAND_COUNT] = { COMMANDS(COMMAND_ROW) };
#undef COMMAND_ROW

enum command_id
command_find(const char *name)
{
	int id;

	for (id = 0; id < COMMAND_COUNT; id++)
		if (strcmp(name, command_rows[id].name) == 0)
			break;
	return (enum command_id)id;
}

bool
command_is_remote(enum command_id id)
{
	return id < COMMAND_COUNT && command_rows[id].role != COMMAND_LOCAL;
}
