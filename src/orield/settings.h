/* SPDX-License-Identifier: ISC */
/* settings: orield's options, one table. The row order is the order of --help. */
#ifndef ORIEL_ORIELD_SETTINGS_H
#define ORIEL_ORIELD_SETTINGS_H

#include <jansson.h>

#include "base/options.h"
#include "capture/capture.h"
#include "store/store.h"

/*	SETTING(identifier, name, type, min, max, default, choices, unit, flags, help) */
#define SETTINGS(SETTING)                                                                                               \
	SETTING(CAMERA, "camera", OPTION_TEXT, 0, 0, "cam", NULL, "NAME", 0,                                            \
	    "The camera's name, in every path and URL: a-z, 0-9, - and _.")                                             \
	SETTING(SOURCE, "source", OPTION_CHOICE, 0, 0, "auto", "auto|v4l2|pipe|testcard", NULL, 0,                      \
	    "Where pictures come from; auto takes a V4L2 camera when there is one, else the test card.")                \
	SETTING(DEVICE, "device", OPTION_TEXT, 0, 0, "", NULL, "PATH", 0,                                               \
	    "V4L2 device, best by a stable name below /dev/v4l/by-id; empty: the first that captures.")                 \
	SETTING(INPUT, "input", OPTION_TEXT, 0, 0, "", NULL, "PATH", 0,                                                 \
	    "For source pipe: a FIFO or file of concatenated JPEGs, - for standard input.")                             \
	SETTING(WIDTH, "width", OPTION_INTEGER, 0, 8192, "0", NULL, " pixels", 0,                                       \
	    "Width asked of the camera; 0: best match up to 1280.")                                                     \
	SETTING(HEIGHT, "height", OPTION_INTEGER, 0, 8192, "0", NULL, " pixels", 0,                                     \
	    "Height asked of the camera; 0: best match up to 720.")                                                     \
	SETTING(FPS, "fps", OPTION_INTEGER, 0, 240, "0", NULL, " frames a second", 0,                                   \
	    "Frame rate asked of the camera; 0: best match up to 30.")                                                  \
	SETTING(FORMAT, "format", OPTION_CHOICE, 0, 0, "auto",                                                          \
	    "auto|mjpeg|yuyv|uyvy|nv12|yuv420|grey|rgb24", NULL, 0,                                                     \
	    "Pixel format asked of the camera; auto prefers MJPEG.")                                                    \
	SETTING(QUALITY, "quality", OPTION_INTEGER, 1, 100, "80", NULL, "", OPTION_LIVE,                                \
	    "JPEG quality when the camera delivers raw pictures.")                                                      \
	SETTING(ENCODERS, "encoders", OPTION_INTEGER, 1, 8, "1", NULL, " threads", 0,                                   \
	    "Threads that encode raw pictures.")                                                                        \
	SETTING(BUFFERS, "buffers", OPTION_INTEGER, 2, 16, "4", NULL, "", 0,                                            \
	    "Driver buffers to ask of a V4L2 camera.")                                                                  \
	SETTING(IMAGE_MB, "image_mb", OPTION_INTEGER, 1, 64, "8", NULL, " MiB", 0,                                      \
	    "Largest JPEG taken from the camera.")                                                                      \
	SETTING(RING_MB, "ring_mb", OPTION_INTEGER, 1, 4096, "32", NULL, " MiB", 0,                                     \
	    "Memory of the frame ring at most, four frames or more; it grows as the frames do.")                        \
	SETTING(SLOTS, "slots", OPTION_INTEGER, 4, 64, "6", NULL, "", 0,                                                \
	    "Frames the ring holds; fewer where they are large.")                                                       \
	SETTING(SLOT_KB, "slot_kb", OPTION_INTEGER, 0, 65536, "0", NULL, " KiB", 0,                                     \
	    "Room for each frame, fixed; 0: as the frames need it, within ring_mb.")                                    \
	SETTING(TESTCARD_PERIOD, "testcard_period", OPTION_INTEGER, 500, 3600000, "20000", NULL,                        \
	    " ms", 0, "How often the test card's object crosses the picture.")                                          \
	SETTING(MOTION, "motion", OPTION_BOOLEAN, 0, 0, "yes", NULL, NULL, OPTION_LIVE,                                 \
	    "Look for motion.")                                                                                         \
	SETTING(MOTION_FPS, "motion_fps", OPTION_INTEGER, 1, 60, "10", NULL, " a second",                               \
	    OPTION_LIVE, "Pictures analysed a second at most.")                                                         \
	SETTING(THRESHOLD, "threshold", OPTION_TENTHS, 0, 1000, "12", NULL, " %", OPTION_LIVE,                          \
	    "Motion is when more than this much of the picture changed.")                                               \
	SETTING(COOLDOWN, "cooldown", OPTION_INTEGER, 0, 3600000, "2000", NULL, " ms",                                  \
	    OPTION_LIVE, "After a motion event, none for this long.")                                                   \
	SETTING(NOISE, "noise", OPTION_INTEGER, 0, 255, "16", NULL, " grey levels", OPTION_LIVE,                        \
	    "Differences up to this are noise; where the picture always wavers, more is.")                              \
	SETTING(LIGHT_SWITCH, "light_switch", OPTION_INTEGER, 1, 100, "80", NULL, " %",                                 \
	    OPTION_LIVE,                                                                                                \
	    "A change of at least this much of the picture is light, not motion; 100: any change of light is motion.")  \
	SETTING(MASK, "mask", OPTION_TEXT, 0, 0, "", NULL, "FILE", 0,                                                   \
	    "Grey PGM picture: motion is looked for only where it is not black.")                                       \
	SETTING(SAVE_ON_MOTION, "save_on_motion", OPTION_BOOLEAN, 0, 0, "yes", NULL, NULL,                              \
	    OPTION_LIVE, "Save a picture with each motion event.")                                                      \
	SETTING(QUOTA_MB, "quota_mb", OPTION_INTEGER, 1, 1048576, "1024", NULL, " MiB",                                 \
	    OPTION_LIVE, "Saved pictures may take this much; the oldest go first.")                                     \
	SETTING(QUOTA_FILES, "quota_files", OPTION_INTEGER, 1, 1000000, "10000", NULL, "",                              \
	    OPTION_LIVE, "Saved pictures may be this many; the oldest go first.")                                       \
	SETTING(KEEP_FREE, "keep_free", OPTION_INTEGER, 0, 90, "5", NULL, " %", OPTION_LIVE,                            \
	    "Of the disk, keep this much free; the oldest pictures go first.")                                          \
	SETTING(RUN_DIR, "run_dir", OPTION_TEXT, 0, 0, "/run/oriel", NULL, "DIR", 0,                                    \
	    "Holds a folder per camera with its control socket.")                                                       \
	SETTING(STATE_DIR, "state_dir", OPTION_TEXT, 0, 0, "/var/lib/oriel", NULL, "DIR", 0,                            \
	    "Holds a folder per camera with its database and saved pictures.")                                          \
	SETTING(CONFINE, "confine", OPTION_BOOLEAN, 0, 0, "yes", NULL, NULL, 0,                                         \
	    "Give up at start all files and system calls not needed; no helps to find out whether that is in the way.") \
	SETTING(LOG_LEVEL, "log_level", OPTION_CHOICE, 0, 0, "info",                                                    \
	    "error|warning|notice|info|debug", NULL, 0, "Least important messages to log.")

#define SETTING_ENUM(id, ...) SETTING_##id,
enum setting { SETTINGS(SETTING_ENUM) SETTING_COUNT };
#undef SETTING_ENUM

extern const struct option_program settings_program;

/* What the other rooms take of them. Strings are borrowed from the options. */
struct capture_settings settings_capture(const struct options *options);
struct capture_tuning settings_tuning(const struct options *options);
struct store_limits settings_limits(const struct options *options);

/* Tenths as JSON has them: 12, 0.6. A new reference. */
json_t *settings_tenths(long tenths);

/* A row's value as JSON has it. A new reference. */
json_t *settings_json(const struct options *options, enum setting row);

/* The settings that the command `set` names, checked, as {name: text}; a number has one decimal
 * only where the command has "tenths": true. A new reference, or NULL with the protocol's error in *why. Changes nothing. */
json_t *settings_check(const struct options *options, const json_t *command, struct cause *why);

#endif
