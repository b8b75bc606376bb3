/* SPDX-License-Identifier: ISC */
/* commands: the commands of the control protocol, one table for all programs.
 *
 * orield has a handler for each row, and checks commands by the row's arguments. oriel-ws asks
 * which commands a browser may send. oriel-fcgi makes commands from requests, orielctl from its
 * options. The docs, the OpenAPI file and the manual are generated from the table. docs/protocol.md
 * describes the protocol. */
#ifndef ORIEL_PROTOCOL_COMMANDS_H
#define ORIEL_PROTOCOL_COMMANDS_H

#include <stdbool.h>

#include "protocol/field.h"

/* COMMAND(identifier, "name", who may send it, how long its reply may be, "help sentence"). Its
 * arguments and its reply are IDENTIFIER_arguments and IDENTIFIER_reply in commands.c. */
#define COMMANDS(COMMAND)                                                                          \
	COMMAND(STATUS, "status", COMMAND_VIEWER, COMMAND_SHORT,                                   \
	    "What the camera, the pictures and the viewers are doing now.")                        \
	COMMAND(GET, "get", COMMAND_VIEWER, COMMAND_SHORT,                                         \
	    "All settings with their sources, and the counters.")                                  \
	COMMAND(SET, "set", COMMAND_OPERATOR, COMMAND_SHORT,                                       \
	    "Change settings, all of them or none, and keep them.")                                \
	COMMAND(SNAPSHOT_NOW, "snapshot_now", COMMAND_OPERATOR, COMMAND_SHORT,                     \
	    "Save the newest picture and say where.")                                              \
	COMMAND(RESET, "reset", COMMAND_OPERATOR, COMMAND_SHORT, "Set trigger_count to 0.")        \
	COMMAND(ACK, "ack", COMMAND_OPERATOR, COMMAND_SHORT,                                       \
	    "Say that a motion event, and all before it, have been seen.")                         \
	COMMAND(EVENTS, "events", COMMAND_VIEWER, COMMAND_LONG,                                    \
	    "Past events: newest first, or oldest first with after.")                              \
	COMMAND(SNAPS, "snaps", COMMAND_VIEWER, COMMAND_LONG, "Saved pictures, newest first.")     \
	COMMAND(SNAP_DELETE, "snap_delete", COMMAND_OPERATOR, COMMAND_SHORT,                       \
	    "Delete one saved picture.")                                                           \
	COMMAND(RECORD, "record", COMMAND_OPERATOR, COMMAND_SHORT,                                 \
	    "Record a clip, from a little before now on, for so many seconds, or end it.")         \
	COMMAND(CLIPS, "clips", COMMAND_VIEWER, COMMAND_LONG, "Clips, newest first.")              \
	COMMAND(CLIP_DELETE, "clip_delete", COMMAND_OPERATOR, COMMAND_SHORT, "Delete one clip.")   \
	COMMAND(KEEP, "keep", COMMAND_OPERATOR, COMMAND_SHORT,                                     \
	    "Keep one saved picture or clip, so that it never goes by itself, or no longer.")      \
	COMMAND(CONTROLS, "controls", COMMAND_VIEWER, COMMAND_LONG,                                \
	    "The camera's own V4L2 controls, as the driver describes them.")                       \
	COMMAND(CONTROL, "control", COMMAND_OPERATOR, COMMAND_LONG,                                \
	    "Set V4L2 controls, and keep them.")                                                   \
	COMMAND(SUBSCRIBE, "subscribe", COMMAND_LOCAL, COMMAND_SHORT,                              \
	    "Send events and states on this connection from now on.")                              \
	COMMAND(ATTACH, "attach", COMMAND_LOCAL, COMMAND_SHORT,                                    \
	    "Hand over the frame ring and its bell as descriptors.")                               \
	COMMAND(VIEWERS, "viewers", COMMAND_LOCAL, COMMAND_SHORT,                                  \
	    "How many viewers this connection speaks for.")                                        \
	COMMAND(READ, "read", COMMAND_LOCAL, COMMAND_SHORT,                                        \
	    "Hand over a saved file as a descriptor, to be read.")                                 \
	COMMAND(RECORDER, "recorder", COMMAND_LOCAL, COMMAND_SHORT,                                \
	    "This connection records: it hears of record, and which clips are unfinished.")        \
	COMMAND(CLIP_OPEN, "clip_open", COMMAND_LOCAL, COMMAND_SHORT,                              \
	    "Begin a clip: hand over its journal as a descriptor.")                                \
	COMMAND(CLIP_MOVIE, "clip_movie", COMMAND_LOCAL, COMMAND_SHORT,                            \
	    "Hand over a clip's journal, its movie and its poster as descriptors.")                \
	COMMAND(                                                                                   \
	    CLIP_DONE, "clip_done", COMMAND_LOCAL, COMMAND_SHORT, "The movie of a clip is whole.") \
	COMMAND(CLIP_DROP, "clip_drop", COMMAND_LOCAL, COMMAND_SHORT,                              \
	    "Nothing will come of a clip: its files go.")                                          \
	COMMAND(HELP, "help", COMMAND_VIEWER, COMMAND_SHORT, "This table.")

enum command_role {
	COMMAND_LOCAL,	  /* programs on the control socket only */
	COMMAND_VIEWER,	  /* anyone who may look */
	COMMAND_OPERATOR, /* anyone who may change, save, delete */
};

enum command_length {
	COMMAND_SHORT, /* a few hundred bytes, some kilobytes at most */
	COMMAND_LONG,  /* up to a whole line */
};

#define COMMAND_ENUM(id, ...) COMMAND_##id,
enum command_id { COMMANDS(COMMAND_ENUM) COMMAND_COUNT };
#undef COMMAND_ENUM

struct command_row {
	const char *name;
	enum command_role role;
	enum command_length length;
	const char *help;
	const struct field *arguments; /* besides "cmd" and "id"; each name once */
	const struct field *reply;     /* when it succeeds */
};

extern const struct command_row command_rows[COMMAND_COUNT];

/* The row of `name`, or COMMAND_COUNT. */
enum command_id command_find(const char *name);

/* May a browser send it (over WebSocket)? */
bool command_is_remote(enum command_id id);

#endif
