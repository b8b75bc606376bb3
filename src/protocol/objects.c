/* SPDX-License-Identifier: ISC */
#include "protocol/objects.h"

#include <stdint.h>

const struct field ok_fields[] = { FIELD("ok", BOOLEAN, "true"), FIELD_END };

static const struct field menu_item[] = {
	FIELD("value", INTEGER, "what to set"),
	FIELD("label", TEXT, "for people"),
	FIELD_END,
};

const struct field control_fields[] = {
	FIELD("name", TEXT, "to set it by"),
	FIELD("label", TEXT, "the driver's words for it"),
	FIELD("type", TEXT, "what it takes", .choices = "integer|boolean|menu|button"),
	FIELD("inactive", BOOLEAN, "another control has it at present"),
	FIELD("read_only", BOOLEAN, "it cannot be set"),
	FIELD("volatile", BOOLEAN, "the camera changes it by itself"),
	FIELD("value", VALUE, "as it is now; a button has none", .optional = true),
	FIELD("default", VALUE, "the driver's; a button has none", .optional = true),
	FIELD("min", INTEGER, "integer: the least", .optional = true),
	FIELD("max", INTEGER, "integer: the most", .optional = true),
	FIELD("step", INTEGER, "integer: from one value to the next", .optional = true),
	FIELD("menu", LIST, "menu: what may be chosen", .optional = true, .fields = menu_item),
	FIELD_END,
};

const struct field snap_fields[] = {
	FIELD("id", INTEGER, "for `before`"),
	FIELD("name", TEXT, "the picture's name"),
	FIELD("url", TEXT, "where it is, relative to the camera's page"),
	FIELD("bytes", INTEGER, "its size", .unit = "bytes"),
	FIELD("ts", NUMBER, "when, in seconds since 1970", .unit = "s"),
	FIELD("keep", BOOLEAN, "it never goes by itself"),
	FIELD_END,
};

const struct field clip_fields[] = {
	FIELD("id", INTEGER, "for `before`"),
	FIELD("name", TEXT, "the clip's name"),
	FIELD("url", TEXT, "where it is, relative to the camera's page"),
	FIELD("poster", TEXT, "where its picture is, the same way"),
	FIELD("bytes", INTEGER, "its size", .unit = "bytes"),
	FIELD("ts", NUMBER, "when its cause was, in seconds since 1970", .unit = "s"),
	FIELD("keep", BOOLEAN, "it never goes by itself"),
	FIELD("seconds", NUMBER, "how long it plays; not known where the row was lost",
	    .optional = true, .unit = "s"),
	FIELD("before", NUMBER, "how much of that was before its cause", .optional = true,
	    .unit = "s"),
	FIELD("cause", TEXT, "why it was recorded", .optional = true, .choices = CLIP_CAUSES),
	FIELD("motion", INTEGER, "id of the motion event it belongs to", .optional = true),
	FIELD("cut", BOOLEAN, "the recording did not end by itself", .optional = true),
	FIELD_END,
};

const struct field past_event_fields[] = {
	FIELD("id", INTEGER, "its number, for `before` and `after`", .min = 1, .max = INT64_MAX),
	FIELD("type", TEXT, "its name"),
	FIELD("ts", NUMBER, "when, in seconds since 1970", .unit = "s"),
	FIELD("data", OBJECT, "as it was sent"),
	FIELD("seen", BOOLEAN, "it, or a motion event behind it, has been acknowledged"),
	FIELD_END,
};

const struct field span_fields[] = {
	FIELD("since", NUMBER, "when it began, in seconds since 1970", .unit = "s"),
	FIELD("seconds", NUMBER, "from then to the last picture above the threshold", .unit = "s"),
	FIELD("peak", NUMBER, "the largest change so far", .unit = "%", .max = 100),
	FIELD("peak_ts", NUMBER, "when that was", .unit = "s"),
	FIELD_END,
};
