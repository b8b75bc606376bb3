/* SPDX-License-Identifier: ISC */
/* objects: fields that more than one message has. All lists end with a row without a name. */
#ifndef ORIEL_PROTOCOL_OBJECTS_H
#define ORIEL_PROTOCOL_OBJECTS_H

#include "protocol/field.h"

/* What has been acknowledged. */
#define SEEN(OPTIONAL)                                                           \
	FIELD("seen", INTEGER,                                                   \
	    "id of the newest motion event that has been acknowledged; 0: none", \
	    .optional = (OPTIONAL))

/* Whether motion counts, in `status`, `state` and `pulse`. */
#define ARMED_FIELDS(OPTIONAL)                                                                  \
	FIELD("armed_now", BOOLEAN, "motion counts now", .optional = (OPTIONAL)),               \
	    FIELD("armed_until", INTEGER,                                                       \
		"when the schedule changes that, in seconds since 1970; null: nothing to come", \
		.optional = (OPTIONAL), .nullable = true, .unit = "s")

/* Why a clip is recorded, and what its movie is: choices. */
#define CLIP_CAUSES "motion|manual|always"
#define CLIP_CODECS "h264|mjpeg"

extern const struct field ok_fields[];	       /* only that it was done */
extern const struct field control_fields[];    /* one V4L2 control */
extern const struct field snap_fields[];       /* one saved picture */
extern const struct field clip_fields[];       /* one clip */
extern const struct field past_event_fields[]; /* one event of the past */
extern const struct field span_fields[];       /* motion that has not ended yet */

#endif
