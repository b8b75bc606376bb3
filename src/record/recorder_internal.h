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
	REFUSED_PAUSE_S = 10 /* not again before that */
};

/* As orield's `state` has them. */
struct recorder_settings {
	long long before_s, after_s, most_s, fps, memory_mb, quality;
	char record[CAUSE_SIZE], codec[CAUSE_SIZE];
};

/* Why and for how long is recorded now. */
struct purpose {
	char cause[CAUSE_SIZE]; /* "": nothing */
	long long motion;	/* id of the event; 0: none */
	uint64_t wall_ns;	/* when it was */
	uint64_t from_ns;	/* frames from then on are wanted; CLOCK_MONOTONIC, as until_ns */
	uint64_t until_ns;
	bool moving;	  /* something does, so there is no end yet */
	uint64_t peak_ns; /* when most of the picture changed, since 1970; 0: not known */
};

/* A journal that is being written, or will be on disk in a moment. */
struct recording {
	LIST_ENTRY(recording) next;
	struct recorder *recorder;
	struct writer *writer;
	char name[NAME_SIZE];
	bool ending, alone; /* alone: orield has gone, and will tell of it when it is back */
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
	bool registering; /* or has been told */
	uint64_t left_ns; /* when to ask again what is left */

	struct ring_reader *ring;
	struct event *bell; /* NULL while there is no ring */
	int bell_fd;
	uint64_t seen;	 /* sequence of the newest frame looked at */
	uint64_t due_ns; /* the next frame is wanted from then on */
	uint64_t lost;	 /* frames that were gone before we looked, or found no room */

	struct recorder_settings settings;
	struct preroll preroll;
	struct purpose purpose;
	bool opening;		     /* a journal was asked for */
	struct recording *recording; /* the one being written; NULL: none */
	LIST_HEAD(, recording) recordings;
	uint64_t written_ns; /* capture time of the newest frame that is in a journal */
	uint64_t pause_ns;   /* refused: not again before that */
};

/* ---- recordings.c ---- */

/* Ask orield for a journal for `purpose`. */
void recorder_open(struct recorder *recorder);

/* Into the journal that is being written. */
void recording_put(struct recorder *recorder, struct frame_copy *frame);

/* No more goes into it; not whole: it is cut. */
void recorder_end_recording(struct recorder *recorder, bool whole);

void recording_free(struct recording *recording);

/* ---- recorder_frames.c ---- */

/* The reply to `attach`: the ring and its bell. */
client_done recorder_attached;
void recorder_detach(struct recorder *recorder);

/* ---- recorder.c ---- */

/* Record, for so long; what is recorded already goes on for so long. */
void recorder_want(struct recorder *recorder, const char *cause, long long motion, uint64_t wall_ns,
    uint64_t until_ns);
void recorder_stop(struct recorder *recorder, bool whole);

/* The same goes on in a next journal, which begins with that frame. */
void recorder_next_part(struct recorder *recorder, const struct frame_info *info);

/* Has all been recorded, at that time of CLOCK_MONOTONIC? */
bool purpose_is_over(const struct purpose *purpose, uint64_t mono_ns);

/* How long one journal is at most. */
uint64_t recorder_part_ns(const struct recorder *recorder);

#endif
