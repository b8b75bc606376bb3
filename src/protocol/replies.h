/* SPDX-License-Identifier: ISC */
/* replies: what the commands answer with when they succeed, as rows. */
#ifndef ORIEL_PROTOCOL_REPLIES_H
#define ORIEL_PROTOCOL_REPLIES_H

#include "protocol/field.h"
#include "protocol/commands.h"

/* The reply to each command; all end with a row without a name. */
extern const struct field *const reply_fields[COMMAND_COUNT];

/* Parts of replies that are used elsewhere as well. */
extern const struct field control_fields[];    /* one V4L2 control */
extern const struct field snap_fields[];       /* one saved picture */
extern const struct field past_event_fields[]; /* one event of the past */
extern const struct field ok_fields[];

#endif
