/* SPDX-License-Identifier: ISC */
/* settings: oriel-fcgi's options, one table. */
#ifndef ORIEL_SITE_SETTINGS_H
#define ORIEL_SITE_SETTINGS_H

#include "base/options.h"

/* SETTING(identifier, the fields of a struct option_row) */
#define SITE_SETTINGS(SETTING)                                                                     \
	SETTING(LISTEN, .name = "listen", .type = OPTION_TEXT, .initial = "/run/oriel-fcgi/sock",  \
	    .argument = "PATH",                                                                    \
	    .help = "Unix socket nginx speaks FastCGI to; unused when systemd hands one over.")    \
	SETTING(RUN_DIR, .name = "run_dir", .type = OPTION_TEXT, .initial = "/run/oriel",          \
	    .argument = "DIR",                                                                     \
	    .help = "Holds a folder per camera with its daemon's control socket.")                 \
	SETTING(DEFAULT_CAMERA, .name = "default_camera", .type = OPTION_TEXT, .initial = "",      \
	    .argument = "NAME",                                                                    \
	    .help = "The camera of paths without /cam/NAME; empty: the only one there is.")        \
	SETTING(WORKERS, .name = "workers", .type = OPTION_INTEGER, .min = 1, .max = 64,           \
	    .initial = "1", .unit = "processes",                                                   \
	    .help = "Processes that serve the socket; one alone serves hundreds of streams.")      \
	SETTING(MAX_STREAMS, .name = "max_streams", .type = OPTION_INTEGER, .min = 0,              \
	    .max = 100000, .initial = "1024",                                                      \
	    .help = "MJPEG streams at a time in each process; one more is answered 503.")          \
	SETTING(FRAME_MEMORY, .name = "frame_memory", .type = OPTION_INTEGER, .min = 16,           \
	    .max = 65536, .initial = "128", .unit = "MiB",                                         \
	    .help = "Memory for frames that are being sent to slow viewers, in each "              \
		    "process; from three quarters on they take turns, from seven eighths "         \
		    "on one more stream is answered 503.")                                         \
	SETTING(MAX_EVENTS, .name = "max_events", .type = OPTION_INTEGER, .min = 0, .max = 100000, \
	    .initial = "10000",                                                                    \
	    .help = "Event streams (SSE) at a time in each process; one more is answered 503.")    \
	SETTING(MAX_WAITS, .name = "max_waits", .type = OPTION_INTEGER, .min = 0, .max = 100000,   \
	    .initial = "1000",                                                                     \
	    .help = "Snapshots waiting for a newer frame at a time in each process; one more is "  \
		    "answered 503.")                                                               \
	SETTING(MAX_COMMANDS, .name = "max_commands", .type = OPTION_INTEGER, .min = 1,            \
	    .max = 100000, .initial = "128",                                                       \
	    .help =                                                                                \
		"Requests waiting for a camera's daemon at a time in each process; one more is "   \
		"answered 503.")                                                                   \
	SETTING(MAX_SHARE, .name = "max_share", .type = OPTION_INTEGER, .min = 1, .max = 100,      \
	    .initial = "50", .unit = "%",                                                          \
	    .help = "How much of each of these one account may take, or one address with log-in "  \
		    "off; one more is answered 429.")                                              \
	SETTING(LOGIN, .name = "login", .type = OPTION_BOOLEAN, .initial = "yes",                  \
	    .help = "Users must log in; no: whoever reaches the site may look, change, "           \
		    "save and delete.")                                                            \
	SETTING(STATE_DIR, .name = "state_dir", .type = OPTION_TEXT,                               \
	    .initial = "/var/lib/oriel-fcgi", .argument = "DIR",                                   \
	    .help = "Holds auth.db: users, sessions and tokens.")                                  \
	SETTING(SESSION_IDLE, .name = "session_idle", .type = OPTION_INTEGER, .min = 1,            \
	    .max = 315360000, .initial = "604800", .unit = "s",                                    \
	    .help = "A session ends when it was not used for this long.")                          \
	SETTING(SESSION_MAX, .name = "session_max", .type = OPTION_INTEGER, .min = 1,              \
	    .max = 315360000, .initial = "2592000", .unit = "s",                                   \
	    .help = "A session ends after this long, used or not.")                                \
	SETTING(BASIC, .name = "basic", .type = OPTION_BOOLEAN, .initial = "no",                   \
	    .help = "Accept HTTP Basic as well, for programs that know nothing else; over "        \
		    "TLS only.")                                                                   \
	SETTING(ALLOW_ORIGINS, .name = "allow_origins", .type = OPTION_TEXT, .initial = "",        \
	    .argument = "ORIGINS",                                                                 \
	    .help = "Other sites whose pages may read and change, exact, separated by spaces: "    \
		    "https://dash.example.")                                                       \
	SETTING(ALLOW_HOSTS, .name = "allow_hosts", .type = OPTION_TEXT, .initial = "",            \
	    .argument = "NAMES",                                                                   \
	    .help = "Names of this site besides the machine's own, separated by spaces, * "        \
		    "for any; with log-in off others are refused.")                                \
	SETTING(CONFINE, .name = "confine", .type = OPTION_BOOLEAN, .initial = "yes",              \
	    .help = "Give up at the start all files and system calls that are not needed; "        \
		    "no: to find out whether that causes a failure.")                              \
	SETTING(LOG_LEVEL, .name = "log_level", .type = OPTION_CHOICE, .initial = "info",          \
	    .choices = "error|warning|notice|info|debug",                                          \
	    .help = "Least important messages to log.")

#define SITE_ENUM(id, ...) SITE_##id,
enum site_setting { SITE_SETTINGS(SITE_ENUM) SITE_COUNT };
#undef SITE_ENUM

extern const struct option_program site_program;

#endif
