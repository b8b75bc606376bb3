/* SPDX-License-Identifier: ISC */
/* commands: the commands of the control protocol, one table for all programs.
 *
 * orield adds a handler to each row; oriel-ws asks which of them a browser may
 * send; orielctl and the manual take the help sentences. The protocol itself is
 * docs/protocol.md. */
#ifndef ORIEL_PROTOCOL_COMMANDS_H
#define ORIEL_PROTOCOL_COMMANDS_H

#include <stdbool.h>

/* COMMAND(identifier, "name", who may send it, how long its reply may be, "arguments",
 * "help sentence") */
#define COMMANDS(COMMAND)                                                                       \
	COMMAND(STATUS, "status", COMMAND_VIEWER, COMMAND_SHORT, "",                            \
	    "What the camera, the pictures and the viewers are doing now.")                     \
	COMMAND(GET, "get", COMMAND_VIEWER, COMMAND_SHORT, "",                                  \
	    "All settings with their sources, and the counters.")                               \
	COMMAND(SET, "set", COMMAND_OPERATOR, COMMAND_SHORT, "KEY: VALUE, …",                   \
	    "Change settings, all of them or none, and keep them.")                             \
	COMMAND(SNAPSHOT_NOW, "snapshot_now", COMMAND_OPERATOR, COMMAND_SHORT, "",              \
	    "Save the newest picture and say where.")                                           \
	COMMAND(RESET, "reset", COMMAND_OPERATOR, COMMAND_SHORT, "", "Set trigger_count to 0.") \
	COMMAND(EVENTS, "events", COMMAND_VIEWER, COMMAND_LONG, "before, after, limit, type",   \
	    "Past events: newest first, or oldest first with after.")                           \
	COMMAND(SNAPS, "snaps", COMMAND_VIEWER, COMMAND_LONG, "before, limit",                  \
	    "Saved pictures, newest first.")                                                    \
	COMMAND(SNAP_DELETE, "snap_delete", COMMAND_OPERATOR, COMMAND_SHORT, "name",            \
	    "Delete one saved picture.")                                                        \
	COMMAND(CONTROLS, "controls", COMMAND_VIEWER, COMMAND_LONG, "",                         \
	    "The camera's own V4L2 controls, as the driver describes them.")                    \
	COMMAND(CONTROL, "control", COMMAND_OPERATOR, COMMAND_LONG, "NAME: VALUE, …",           \
	    "Set V4L2 controls, and keep them.")                                                \
	COMMAND(SUBSCRIBE, "subscribe", COMMAND_LOCAL, COMMAND_SHORT, "after, pulse",           \
	    "Send events and states on this connection from now on.")                           \
	COMMAND(ATTACH, "attach", COMMAND_LOCAL, COMMAND_SHORT, "",                             \
	    "Hand over the frame ring and its bell as descriptors.")                            \
	COMMAND(VIEWERS, "viewers", COMMAND_LOCAL, COMMAND_SHORT, "stream, events, control",    \
	    "How many viewers this connection speaks for.")                                     \
	COMMAND(HELP, "help", COMMAND_VIEWER, COMMAND_SHORT, "", "This table.")

enum command_role {
	COMMAND_LOCAL,	  /* programs on the control socket only */
	COMMAND_VIEWER,	  /* anyone who may look */
	COMMAND_OPERATOR, /* anyone who may change, save, delete */
};

enum command_length {
	COMMAND_SHORT, /* a few hundred bytes, some kilobytes at most */
	COMMAND_LONG,  /* up to a whole line */
};

#define COMMAND_ENUM(id, name, role, length, arguments, help) COMMAND_##id,
enum command_id { COMMANDS(COMMAND_ENUM) COMMAND_COUNT };
#undef COMMAND_ENUM

struct command_word {
	const char *name;
	enum command_role role;
	enum command_length length;
	const char *arguments, *help;
};

extern const struct command_word command_words[COMMAND_COUNT];

/* The row of `name`, or COMMAND_COUNT. */
enum command_id command_find(const char *name);

/* May a browser send it (over WebSocket)? */
bool command_is_remote(enum command_id id);

#endif
