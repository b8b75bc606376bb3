/* SPDX-License-Identifier: ISC */
/* setup: oriel-fcgi's options, one table. */
#ifndef ORIEL_SITE_SETTINGS_H
#define ORIEL_SITE_SETTINGS_H

#include "base/options.h"

/*	SETTING(identifier, name, type, min, max, default, choices, unit, flags, help) */
#define SITE_SETTINGS(SETTING)                                                                                                  \
	SETTING(LISTEN, "listen", OPTION_TEXT, 0, 0, "/run/oriel-fcgi/sock", NULL, "PATH", 0,                                   \
	    "Unix socket nginx speaks FastCGI to; unused when systemd hands one over.")                                         \
	SETTING(RUN_DIR, "run_dir", OPTION_TEXT, 0, 0, "/run/oriel", NULL, "DIR", 0,                                            \
	    "Holds a folder per camera with its daemon's control socket.")                                                      \
	SETTING(DEFAULT_CAMERA, "default_camera", OPTION_TEXT, 0, 0, "", NULL, "NAME", 0,                                       \
	    "The camera of paths without /cam/NAME; empty: the only one there is.")                                             \
	SETTING(WORKERS, "workers", OPTION_INTEGER, 1, 64, "1", NULL, " processes", 0,                                          \
	    "Processes that serve the socket; one alone serves hundreds of streams.")                                           \
	SETTING(MAX_STREAMS, "max_streams", OPTION_INTEGER, 0, 100000, "1024", NULL, "", 0,                                     \
	    "MJPEG streams at a time in each process; one more is answered 503.")                                               \
	SETTING(FRAME_MEMORY, "frame_memory", OPTION_INTEGER, 16, 65536, "128", NULL, "MiB", 0,                                 \
	    "For frames on their way to slow viewers, one each at worst, in each process; three quarters "                      \
	    "used, slow ones take turns; seven eighths, one more stream is answered 503.")                                      \
	SETTING(MAX_EVENTS, "max_events", OPTION_INTEGER, 0, 100000, "10000", NULL, "", 0,                                      \
	    "Event streams (SSE) at a time in each process; one more is answered 503.")                                         \
	SETTING(MAX_WAITS, "max_waits", OPTION_INTEGER, 0, 100000, "1000", NULL, "", 0,                                         \
	    "Snapshots waiting for a newer frame at a time in each process; one more is answered 503.")                         \
	SETTING(MAX_COMMANDS, "max_commands", OPTION_INTEGER, 1, 100000, "128", NULL, "", 0,                                    \
	    "Requests waiting for a camera's daemon at a time in each process; one more is answered 503.")                      \
	SETTING(MAX_SHARE, "max_share", OPTION_INTEGER, 1, 100, "50", NULL, "%", 0,                                             \
	    "How much of each of these one account may take, or one address with log-in off; one more is answered 429.")        \
	SETTING(LOGIN, "login", OPTION_BOOLEAN, 0, 0, "yes", NULL, NULL, 0,                                                     \
	    "Ask who it is; no: whoever reaches the site may look, change, save and delete.")                                   \
	SETTING(STATE_DIR, "state_dir", OPTION_TEXT, 0, 0, "/var/lib/oriel-fcgi", NULL, "DIR", 0,                               \
	    "Holds auth.db: users, sessions and tokens.")                                                                       \
	SETTING(SESSION_IDLE, "session_idle", OPTION_INTEGER, 1, 315360000, "604800", NULL, "s",                                \
	    0, "A session that was not used for so long has ended.")                                                            \
	SETTING(SESSION_MAX, "session_max", OPTION_INTEGER, 1, 315360000, "2592000", NULL, "s", 0,                              \
	    "A session that has lasted for so long has ended.")                                                                 \
	SETTING(BASIC, "basic", OPTION_BOOLEAN, 0, 0, "no", NULL, NULL, 0,                                                      \
	    "Take HTTP Basic as well: for programs that know nothing else, over TLS only.")                                     \
	SETTING(ALLOW_ORIGINS, "allow_origins", OPTION_TEXT, 0, 0, "", NULL, "ORIGINS", 0,                                      \
	    "Other sites whose pages may read and change, exact, separated by spaces: https://dash.example.")                   \
	SETTING(ALLOW_HOSTS, "allow_hosts", OPTION_TEXT, 0, 0, "", NULL, "NAMES", 0,                                            \
	    "Names of this site beside the machine's own, separated by spaces, * for any; with log-in off others are refused.") \
	SETTING(CONFINE, "confine", OPTION_BOOLEAN, 0, 0, "yes", NULL, NULL, 0,                                                 \
	    "Give up at start all files and system calls not needed; no helps to find out whether that is in the way.")         \
	SETTING(LOG_LEVEL, "log_level", OPTION_CHOICE, 0, 0, "info",                                                            \
	    "error|warning|notice|info|debug", NULL, 0, "Least important messages to log.")

#define SITE_ENUM(id, ...) SITE_##id,
enum site_setting { SITE_SETTINGS(SITE_ENUM) SITE_COUNT };
#undef SITE_ENUM

extern const struct option_program site_program;

#endif
