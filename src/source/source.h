/* SPDX-License-Identifier: ISC */
/* source: where pictures come from. V4L2 devices, MJPEG pipes and the test card
 * behind one small interface. Used by one thread, the capture thread. */
#ifndef ORIEL_SOURCE_SOURCE_H
#define ORIEL_SOURCE_SOURCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"
#include "base/picture.h"
#include "protocol/sources.h"

enum {
	SOURCE_NODES = 256, /* /dev/video0 … 255: VIDEO_NUM_DEVICES of the kernel's v4l2-dev.c */
	SOURCE_SELF = 200,
};

/* What the source settled on; for /status and the log. */
struct source_mode {
	const char *kind;	/* "v4l2", "pipe", "testcard" */
	char name[64];		/* for people: the card's name, the pipe's path */
	char bus[32];		/* where it is plugged in: V4L2's bus_info, else "" */
	char self[SOURCE_SELF]; /* which of the cameras with that name and bus, else "" */
	char device[128];	/* node or path in use now */
	int node;		/* N of /dev/videoN, -1 = none */
	enum pixel_format format;
	uint32_t width, height;	   /* 0 until known (pipes: after the first picture) */
	uint32_t fps_num, fps_den; /* 0/0 = unknown */
	uint32_t image_size;	   /* largest picture the driver announces, bytes; 0 = unknown */
};

struct source_counters {
	uint64_t dropped; /* older pictures skipped to get at the newest */
	uint64_t broken;  /* refused: truncated, garbage, flagged bad by the driver */
};

enum { SOURCE_IMAGE_MOST = 8 << 20 }; /* bytes of one JPEG, where no limit is given */

enum source_result {
	SOURCE_PICTURE, /* *picture is valid until source_release */
	SOURCE_AGAIN,	/* nothing whole yet: wait on source_fd again */
	SOURCE_GONE,	/* *why says why; close and reopen later */
};

struct source;

/* The virtual table each kind implements; see v4l2.c, pipe.c, testcard.c. */
struct source_kind {
	const char *name;
	enum source_result (*take)(
	    struct source *source, struct picture *picture, struct cause *why);
	void (*release)(struct source *source);
	void (*close)(struct source *source);
	bool patient; /* when silent, closing would not help, and would hurt its writer */
	bool (*moved)(struct source *source); /* or NULL; see source_moved */

	/* NULL for kinds without controls. */
	bool (*notice)(struct source *source);
	void (*read_controls)(struct source *source, bool all);
	bool (*step_controls)(struct source *source);
	json_t *(*controls)(struct source *source);
	int (*check_control)(
	    struct source *source, const char *name, const json_t *value, struct cause *why);
	int (*set_control)(
	    struct source *source, const char *name, const json_t *value, struct cause *why);
};

/* The common head: each kind's struct begins with it. */
struct source {
	const struct source_kind *kind;
	int fd; /* readable when a picture may be there */
	struct source_mode mode;
	struct source_counters counters;
	struct cause refusal; /* why the newest broken picture was refused; "" = unknown */
};

struct source_request {	    /* from the options; 0 = best match */
	const char *kind;   /* "auto", "v4l2", "pipe", "testcard" */
	const char *device; /* node, by-id path, or "" = first capture device found */
	/* Without a device, among several cameras: */
	const char *card, *bus,
	    *self; /* first the one we had (its mode's name, bus, self); NULL = none */
	const uint8_t
	    *failures;	   /* [SOURCE_NODES] those that failed when last opened; NULL = none */
	bool only_ours;	   /* only the one we had */
	bool only_untried; /* only nodes that have not failed */
	const char *input; /* pipe: path of a FIFO or file, "-" = stdin; outlives the source */
	uint32_t width, height, fps;
	int format;		     /* enum pixel_format, -1 = best match */
	uint32_t testcard_period_ms; /* how often its object crosses the picture */
	uint32_t buffers;	     /* driver buffers to ask for */
	uint32_t image_most; /* bytes of one JPEG; a larger one is broken. 0 = SOURCE_IMAGE_MOST */
};

/* Open what `wanted` names. NULL with one clear reason in *why; errno is ENOENT when it is
 * simply not there. If a device is named, only that one is opened; but the camera we had is also
 * found under another node when the named one is missing. If none is named: the first that can
 * be opened and streams. "auto": a V4L2 device if there is one (or one was named), else the test
 * card. */
struct source *source_open(const struct source_request *wanted, struct cause *why);

/* The newest whole picture. Never blocks. */
enum source_result source_take(struct source *source, struct picture *picture, struct cause *why);

/* Give the buffer of the last SOURCE_PICTURE back to the driver. */
void source_release(struct source *source);

/* Is something else under its name now, such as a new FIFO? One stat(2). */
bool source_moved(struct source *source);

/* Callable in any state; clears *source. */
void source_close(struct source **source);

/* ---- controls: what a camera lets people adjust; other kinds have none ----
 *
 * A call to the driver may take milliseconds. So the controls are read step by step, between
 * pictures, and answers come from what was read. */

/* Begin to read them (again): all, or only those that change without notice. */
void source_read_controls(struct source *source, bool all);

/* One step, with at most one call to the driver. True: there is more to read. */
bool source_step_controls(struct source *source);

/* [{"name", "label", "type": "integer" | "boolean" | "menu" | "button", "value",
 * "default", "min", "max", "step", "menu": [{"value", "label"}, …], "inactive",
 * "read_only", "volatile"}, …], as read last: a new reference. */
json_t *source_controls(struct source *source);

/* Would `value` do, by what was read? An integer, a boolean, a menu's integer, or true for a
 * button. Setting it is one call. Its effect on other controls must be read again. */
int source_check_control(
    struct source *source, const char *name, const json_t *value, struct cause *why);
int source_set_control(
    struct source *source, const char *name, const json_t *value, struct cause *why);

/* Read the driver's notices (POLLPRI on the fd). True: controls changed. */
bool source_notice(struct source *source);

/* ---- listing ---- */

/* Every V4L2 node that captures: [{"device", "name", "bus", "formats": [{"format",
 * "usable", "sizes": [{"width", "height", "fps": […]}, …]}, …]}, …], or {"device",
 * "reason"} for a node that may not be opened. A new reference. */
json_t *source_list(void);

/* ---- what the files of the kinds give to source_open: v4l2_open, … ---- */
#define SOURCE_OPEN(name) \
	struct source *name##_open(const struct source_request *wanted, struct cause *why);
SOURCES(SOURCE_OPEN)
#undef SOURCE_OPEN

#endif
