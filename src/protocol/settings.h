/* SPDX-License-Identifier: ISC */
/* settings: orield's options, one table, which `get` describes and `set` changes. The row order is
 * the order of --help. */
#ifndef ORIEL_PROTOCOL_SETTINGS_H
#define ORIEL_PROTOCOL_SETTINGS_H

#include <jansson.h>

#include "base/options.h"
#include "base/schedule.h"
#include "protocol/sources.h"

/* SETTING(identifier, the members of a struct option_row). Rows of a group are together. */
#define SETTINGS(SETTING)                                                                          \
	SETTING(CAMERA, .name = "camera", .label = "Name", .group = "Camera", .type = OPTION_TEXT, \
	    .initial = "cam", .argument = "NAME",                                                  \
	    .help = "The camera's name, in every path and URL: a-z, 0-9, - and _.")                \
	SETTING(SOURCE, .name = "source", .label = "Source", .group = "Camera",                    \
	    .type = OPTION_CHOICE, .initial = "auto", .choices = SOURCE_CHOICES,                   \
	    .help = "Where pictures come from; auto takes a V4L2 camera when there is one, else "  \
		    "the test card.")                                                              \
	SETTING(DEVICE, .name = "device", .label = "Device", .group = "Camera",                    \
	    .type = OPTION_TEXT, .initial = "", .argument = "PATH",                                \
	    .help = "V4L2 device, best by a stable name below /dev/v4l/by-id; empty: the first "   \
		    "that captures.")                                                              \
	SETTING(INPUT, .name = "input", .label = "Input", .group = "Camera", .type = OPTION_TEXT,  \
	    .initial = "", .argument = "PATH",                                                     \
	    .help =                                                                                \
		"For source pipe: a FIFO or file of concatenated JPEGs, - for standard input.")    \
	SETTING(WIDTH, .name = "width", .label = "Width", .group = "Camera",                       \
	    .type = OPTION_INTEGER, .min = 0, .max = 8192, .initial = "0", .unit = "pixels",       \
	    .help = "Width asked of the camera; 0: best match up to 1280.")                        \
	SETTING(HEIGHT, .name = "height", .label = "Height", .group = "Camera",                    \
	    .type = OPTION_INTEGER, .min = 0, .max = 8192, .initial = "0", .unit = "pixels",       \
	    .help = "Height asked of the camera; 0: best match up to 720.")                        \
	SETTING(FPS, .name = "fps", .label = "Frame rate", .group = "Camera",                      \
	    .type = OPTION_INTEGER, .min = 0, .max = 240, .initial = "0",                          \
	    .unit = "frames a second",                                                             \
	    .help = "Frame rate asked of the camera; 0: best match up to 30.")                     \
	SETTING(FORMAT, .name = "format", .label = "Pixel format", .group = "Camera",              \
	    .type = OPTION_CHOICE, .initial = "auto",                                              \
	    .choices = "auto|mjpeg|yuyv|uyvy|nv12|yuv420|grey|rgb24",                              \
	    .help = "Pixel format asked of the camera; auto prefers MJPEG.")                       \
	SETTING(BUFFERS, .name = "buffers", .label = "Driver buffers", .group = "Camera",          \
	    .type = OPTION_INTEGER, .min = 2, .max = 16, .initial = "4",                           \
	    .help = "Driver buffers to ask of a V4L2 camera.")                                     \
	SETTING(TESTCARD_PERIOD, .name = "testcard_period", .label = "Test card's period",         \
	    .group = "Camera", .type = OPTION_INTEGER, .min = 500, .max = 3600000,                 \
	    .initial = "20000", .unit = "ms",                                                      \
	    .help = "How often the test card's object crosses the picture.")                       \
	SETTING(QUALITY, .name = "quality", .label = "JPEG quality", .group = "Picture",           \
	    .type = OPTION_INTEGER, .min = 1, .max = 100, .initial = "80", .flags = OPTION_LIVE,   \
	    .help = "JPEG quality when the camera delivers raw pictures.")                         \
	SETTING(ENCODERS, .name = "encoders", .label = "Encoders", .group = "Picture",             \
	    .type = OPTION_INTEGER, .min = 1, .max = 8, .initial = "1", .unit = "threads",         \
	    .help = "Threads that encode raw pictures.")                                           \
	SETTING(IMAGE_MB, .name = "image_mb", .label = "Largest picture", .group = "Picture",      \
	    .type = OPTION_INTEGER, .min = 1, .max = 64, .initial = "8", .unit = "MiB",            \
	    .help = "Largest JPEG taken from the camera.")                                         \
	SETTING(RING_MB, .name = "ring_mb", .label = "Memory of the frame ring",                   \
	    .group = "Picture", .type = OPTION_INTEGER, .min = 1, .max = 4096, .initial = "32",    \
	    .unit = "MiB",                                                                         \
	    .help =                                                                                \
		"Memory of the frame ring at most, four frames or more; it grows as the frames "   \
		"do.")                                                                             \
	SETTING(SLOTS, .name = "slots", .label = "Frames in the ring", .group = "Picture",         \
	    .type = OPTION_INTEGER, .min = 4, .max = 64, .initial = "6", .unit = "frames",         \
	    .help = "Frames the ring holds; fewer where they are large.")                          \
	SETTING(SLOT_KB, .name = "slot_kb", .label = "Room for each frame", .group = "Picture",    \
	    .type = OPTION_INTEGER, .min = 0, .max = 65536, .initial = "0", .unit = "KiB",         \
	    .help = "Room for each frame, fixed; 0: as the frames need it, within ring_mb.")       \
	SETTING(MOTION, .name = "motion", .label = "Motion detection", .group = "Motion",          \
	    .type = OPTION_BOOLEAN, .initial = "yes", .flags = OPTION_LIVE,                        \
	    .help = "Look for motion.")                                                            \
	SETTING(ARMED, .name = "armed", .label = "Armed", .group = "Motion",                       \
	    .type = OPTION_CHOICE, .initial = "yes", .choices = "yes|no|schedule",                 \
	    .flags = OPTION_LIVE,                                                                  \
	    .help = "Whether motion counts: not armed, it is measured and shown, but there is no " \
		    "event and no picture is saved.")                                              \
	SETTING(SCHEDULE, .name = "schedule", .label = "Schedule", .group = "Motion",              \
	    .type = OPTION_TEXT, .initial = "", .argument = "TIMES", .check = schedule_check,      \
	    .flags = OPTION_LIVE,                                                                  \
	    .help = "When it is armed by schedule, in the machine's time zone, as mon-fri "        \
		    "22:00-06:00, sat sun; empty: never.")                                         \
	SETTING(THRESHOLD, .name = "threshold", .label = "Threshold", .group = "Motion",           \
	    .type = OPTION_TENTHS, .min = 0, .max = 1000, .initial = "12", .unit = "%",            \
	    .flags = OPTION_LIVE,                                                                  \
	    .help =                                                                                \
		"Motion is when more than this much of the picture changed; somebody far away "    \
		"in a yard is half a percent.")                                                    \
	SETTING(COOLDOWN, .name = "cooldown", .label = "Cool-down", .group = "Motion",             \
	    .type = OPTION_INTEGER, .min = 0, .max = 3600000, .initial = "2000", .unit = "ms",     \
	    .flags = OPTION_LIVE, .help = "After a motion event, none for this long.")             \
	SETTING(MOTION_GAP, .name = "motion_gap", .label = "Gap", .group = "Motion",               \
	    .type = OPTION_INTEGER, .min = 100, .max = 3600000, .initial = "5000", .unit = "ms",   \
	    .flags = OPTION_LIVE,                                                                  \
	    .help = "Motion ends when nothing was above the threshold for this long.")             \
	SETTING(MOTION_MIN, .name = "motion_min", .label = "Pictures before it counts",            \
	    .group = "Motion", .type = OPTION_INTEGER, .min = 1, .max = 100, .initial = "2",       \
	    .unit = "pictures", .flags = OPTION_LIVE,                                              \
	    .help = "Motion begins when this many analysed pictures in a row are above the "       \
		    "threshold; more of them for a picture that flickers.")                        \
	SETTING(NOISE, .name = "noise", .label = "Noise floor", .group = "Motion",                 \
	    .type = OPTION_INTEGER, .min = 0, .max = 255, .initial = "16", .unit = "grey levels",  \
	    .flags = OPTION_LIVE,                                                                  \
	    .help = "Differences up to this are noise; where the picture always wavers, more is.") \
	SETTING(LIGHT_SWITCH, .name = "light_switch", .label = "Light switch", .group = "Motion",  \
	    .type = OPTION_INTEGER, .min = 1, .max = 100, .initial = "80", .unit = "%",            \
	    .flags = OPTION_LIVE,                                                                  \
	    .help =                                                                                \
		"A change of at least this much of the picture is light, not motion; 100: any "    \
		"change of light is motion.")                                                      \
	SETTING(MOTION_FPS, .name = "motion_fps", .label = "Pictures analysed", .group = "Motion", \
	    .type = OPTION_INTEGER, .min = 1, .max = 60, .initial = "10", .unit = "a second",      \
	    .flags = OPTION_LIVE, .help = "Pictures analysed a second at most.")                   \
	SETTING(MASK, .name = "mask", .label = "Mask", .group = "Motion", .type = OPTION_TEXT,     \
	    .initial = "", .argument = "FILE",                                                     \
	    .help = "Grey PGM picture: motion is looked for only where it is not black.")          \
	SETTING(SAVE_ON_MOTION, .name = "save_on_motion", .label = "Save on motion",               \
	    .group = "Saving", .type = OPTION_BOOLEAN, .initial = "yes", .flags = OPTION_LIVE,     \
	    .help = "Save a picture with each motion event.")                                      \
	SETTING(QUOTA_MB, .name = "quota_mb", .label = "Disk for pictures and clips",              \
	    .group = "Saving", .type = OPTION_INTEGER, .min = 1, .max = 1048576,                   \
	    .initial = "1024", .unit = "MiB", .flags = OPTION_LIVE,                                \
	    .help = "Saved pictures and clips may take this much together; the oldest go "         \
		    "first.")                                                                      \
	SETTING(QUOTA_FILES, .name = "quota_files", .label = "Saved pictures at most",             \
	    .group = "Saving", .type = OPTION_INTEGER, .min = 1, .max = 1000000,                   \
	    .initial = "10000", .unit = "files", .flags = OPTION_LIVE,                             \
	    .help = "Saved pictures may be this many; the oldest go first.")                       \
	SETTING(KEEP_FREE, .name = "keep_free", .label = "Keep free of the disk",                  \
	    .group = "Saving", .type = OPTION_INTEGER, .min = 0, .max = 90, .initial = "5",        \
	    .unit = "%", .flags = OPTION_LIVE,                                                     \
	    .help = "Of the disk, keep this much free; the oldest pictures and clips go "          \
		    "first.")                                                                      \
	SETTING(KEEP_DAYS_MOTION, .name = "keep_days_motion", .label = "Keep what motion saved",   \
	    .group = "Saving", .type = OPTION_INTEGER, .min = 0, .max = 36500, .initial = "0",     \
	    .unit = "days", .flags = OPTION_LIVE,                                                  \
	    .help = "Pictures and clips of motion go when they are older than this; 0: when "      \
		    "there is no room.")                                                           \
	SETTING(KEEP_DAYS_MANUAL, .name = "keep_days_manual", .label = "Keep what people saved",   \
	    .group = "Saving", .type = OPTION_INTEGER, .min = 0, .max = 36500, .initial = "0",     \
	    .unit = "days", .flags = OPTION_LIVE,                                                  \
	    .help = "The same for pictures and clips that somebody asked for.")                    \
	SETTING(KEEP_DAYS_ALWAYS, .name = "keep_days_always",                                      \
	    .label = "Keep what is always recorded", .group = "Saving", .type = OPTION_INTEGER,    \
	    .min = 0, .max = 36500, .initial = "0", .unit = "days", .flags = OPTION_LIVE,          \
	    .help = "The same for the clips of record = always.")                                  \
	SETTING(RECORD, .name = "record", .label = "Record", .group = "Clips",                     \
	    .type = OPTION_CHOICE, .initial = "motion", .choices = "motion|always|no",             \
	    .flags = OPTION_LIVE,                                                                  \
	    .help = "When clips are recorded without being asked for; oriel-record does it.")      \
	SETTING(CLIP_BEFORE, .name = "clip_before", .label = "Before", .group = "Clips",           \
	    .type = OPTION_INTEGER, .min = 0, .max = 60, .initial = "5", .unit = "s",              \
	    .flags = OPTION_LIVE,                                                                  \
	    .help = "A clip begins this long before what it is recorded for.")                     \
	SETTING(CLIP_AFTER, .name = "clip_after", .label = "After", .group = "Clips",              \
	    .type = OPTION_INTEGER, .min = 1, .max = 600, .initial = "5", .unit = "s",             \
	    .flags = OPTION_LIVE, .help = "It ends this long after the motion.")                   \
	SETTING(CLIP_MAX, .name = "clip_max", .label = "Longest clip", .group = "Clips",           \
	    .type = OPTION_INTEGER, .min = 10, .max = 3600, .initial = "600", .unit = "s",         \
	    .flags = OPTION_LIVE, .help = "What lasts longer goes on in a next clip.")             \
	SETTING(CLIP_FPS, .name = "clip_fps", .label = "Frames recorded", .group = "Clips",        \
	    .type = OPTION_INTEGER, .min = 1, .max = 60, .initial = "15", .unit = "a second",      \
	    .flags = OPTION_LIVE, .help = "Frames recorded a second at most.")                     \
	SETTING(CLIP_MEMORY_MB, .name = "clip_memory_mb", .label = "Memory for what came before",  \
	    .group = "Clips", .type = OPTION_INTEGER, .min = 1, .max = 1024, .initial = "32",      \
	    .unit = "MiB", .flags = OPTION_LIVE,                                                   \
	    .help = "Frames held for clip_before have this much at most; the oldest go.")          \
	SETTING(CLIP_CODEC, .name = "clip_codec", .label = "Codec", .group = "Clips",              \
	    .type = OPTION_CHOICE, .initial = "h264", .choices = "h264|mjpeg",                     \
	    .flags = OPTION_LIVE,                                                                  \
	    .help = "h264: small, plays everywhere; mjpeg: the camera's own frames, bit for bit.") \
	SETTING(CLIP_QUALITY, .name = "clip_quality", .label = "H.264 rate factor",                \
	    .group = "Clips", .type = OPTION_INTEGER, .min = 1, .max = 51, .initial = "23",        \
	    .flags = OPTION_LIVE, .help = "Constant quality: less is better and larger.")          \
	SETTING(RUN_DIR, .name = "run_dir", .label = "Run folder", .group = "System",              \
	    .type = OPTION_TEXT, .initial = "/run/oriel", .argument = "DIR",                       \
	    .help = "Holds a folder per camera with its control socket.")                          \
	SETTING(STATE_DIR, .name = "state_dir", .label = "State folder", .group = "System",        \
	    .type = OPTION_TEXT, .initial = "/var/lib/oriel", .argument = "DIR",                   \
	    .help = "Holds a folder per camera with its database and saved pictures.")             \
	SETTING(CONFINE, .name = "confine", .label = "Confine", .group = "System",                 \
	    .type = OPTION_BOOLEAN, .initial = "yes",                                              \
	    .help = "Give up at the start all files and system calls that are not needed; "        \
		    "no: to find out whether that causes a failure.")                              \
	SETTING(LOG_LEVEL, .name = "log_level", .label = "Log level", .group = "System",           \
	    .type = OPTION_CHOICE, .initial = "info",                                              \
	    .choices = "error|warning|notice|info|debug",                                          \
	    .help = "Least important messages to log.")

#define SETTING_ENUM(id, ...) SETTING_##id,
enum setting { SETTINGS(SETTING_ENUM) SETTING_COUNT };
#undef SETTING_ENUM

extern const struct option_program settings_program;

/* Tenths as a JSON number: 12, 0.6. A new reference. */
json_t *settings_tenths(long tenths);

/* A row's value as JSON. A new reference. */
json_t *settings_json(const struct options *options, enum setting row);

/* A description of all settings for people and programs, in the table's order, for the reply to
 * `get`. A new reference. */
json_t *settings_describe(void);

/* The settings that the command `set` names, checked, as {name: text}; a number has one decimal
 * only where the command has "tenths": true. A new reference, or NULL with the protocol's error in
 * *why. Changes nothing. */
json_t *settings_check(const struct options *options, const json_t *command, struct cause *why);

#endif
