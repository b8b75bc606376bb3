/* SPDX-License-Identifier: ISC */
/* recorder_internal: what the files of recorder share. */
#ifndef ORIEL_RECORD_RECORDER_INTERNAL_H
#define ORIEL_RECORD_RECORDER_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "clip/preroll.h"
#include "protocol/camera_name.h"
#include "record/recorder.h"
#include "record/writer.h"
#include "ring/ring.h"

enum {
	NAME_SIZE = 64,
	CAUSE_SIZE = 16,
	REFUSED_PAUSE_S = 10 /* after a failure, before the next try */
};

/* From orield's `state`. */
struct recorder_settings {
	long long before_s, after_s, most_s, fps, memory_mb, quality;
	char record[CAUSE_SIZE], codec[CAUSE_SIZE];
};

/* Why the camera is recorded now, and for how long. */
struct purpose {
	char cause[CAUSE_SIZE]; /* "": nothing is recorded */
	long long motion;	/* id of the event; 0: none */
	uint64_t wall_ns;	/* when the cause was */
	uint64_t from_ns;	/* the first frame, CLOCK_MONOTONIC; until_ns too */
	uint64_t until_ns;
	bool moving;	  /* motion lasts: until_ns does not count yet */
	uint64_t peak_ns; /* when most of the picture changed, since 1970; 0: not known */
};

/* A journal that is being written or synced. */
struct recording {
	LIST_ENTRY(recording) next;
	struct recorder *recorder;
	struct writer *writer;
	char name[NAME_SIZE];
	bool ending, alone; /* alone: orield is gone; it lists the journal when it is back */
	uint64_t first_ns;
	uint32_t width, height;
	uint16_t orientation;
};

struct recorder {
	char name[CAMERA_NAME_MAX + 1];
	struct event_base *base;
	struct encoding *encoding;
	struct client *client;
	bool registered;  /* orield knows that we record */
	bool registering; /* asked, not answered yet */
	uint64_t left_ns; /* when to ask again for journals without a movie */

	struct ring_reader *ring;
	struct event *bell; /* NULL while there is no ring */
	int bell_fd;
	uint64_t seen;	 /* sequence of the newest frame looked at */
	uint64_t due_ns; /* earlier frames are skipped (clip_fps) */
	uint64_t lost;	 /* frames that we read too late, or had no room for */

	struct recorder_settings settings;
	struct preroll preroll;
	struct purpose purpose;
	bool opening;		     /* we wait for orield's journal */
	struct recording *recording; /* the one being written; NULL: none */
	LIST_HEAD(, recording) recordings;
	uint64_t written_ns; /* capture time of the newest frame that is in a journal */
	uint64_t pause_ns;   /* after a failure: no new journal before that */
};

/* ---- recordings.c ---- */

/* Ask orield for a journal for `purpose`. */
void recorder_open(struct recorder *recorder);

/* Append to the open journal. */
void recording_put(struct recorder *recorder, struct frame_copy *frame);

/* Close the open journal, if there is one. Not `whole`: its clip is cut. */
void recorder_end_recording(struct recorder *recorder, bool whole);

void recording_free(struct recording *recording);

/* ---- recorder_frames.c ---- */

/* The reply to `attach`: the ring and its bell. */
client_done recorder_attached;
void recorder_detach(struct recorder *recorder);

/* ---- recorder.c ---- */

/* Record until `until_ns` (CLOCK_MONOTONIC). If something is recorded already, that goes on until
 * then at least. */
void recorder_want(struct recorder *recorder, const char *cause, long long motion, uint64_t wall_ns,
    uint64_t until_ns);
void recorder_stop(struct recorder *recorder, bool whole);

/* Go on in a new journal, which begins with this frame. */
void recorder_next_part(struct recorder *recorder, const struct frame_info *info);

/* Is it over at this time (CLOCK_MONOTONIC)? */
bool purpose_is_over(const struct purpose *purpose, uint64_t mono_ns);

/* The longest that one journal may be. */
uint64_t recorder_part_ns(const struct recorder *recorder);

#endif
