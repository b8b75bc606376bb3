/* SPDX-License-Identifier: ISC */
/* inside: what the files of this room share, and nobody else sees.
 *
 *   capture.c  the thread-safe face: start, stop, status, bells
 *   watch.c    the thread: opens the source, waits, notices when it goes
 *   accept.c   which JPEGs are shown
 *   publish.c  one picture: copy or encode into the ring, ring the bells
 *   judge.c    motion, on pictures already published
 *   adjust.c   the camera's controls
 */
#ifndef ORIEL_CAPTURE_INSIDE_H
#define ORIEL_CAPTURE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "capture/capture.h"
#include "capture/pace.h"
#include "capture/rate.h"
#include "jpeg/check.h"
#include "jpeg/crew.h"
#include "jpeg/jpeg.h"
#include "ring/ring.h"

struct capture_size {
	uint32_t width, height;
};

struct capture {
	struct capture_settings settings;
	struct queue *reports;
	pthread_t thread;
	int wake; /* eventfd: look at `stop` and at what adjust.c has to do */
	atomic_bool stop;

	pthread_mutex_t lock; /* held for copies, never while waiting */
	struct capture_tuning tuning;
	struct capture_status status;
	struct ring_writer *ring;   /* replaced under the lock, written by the thread */
	struct ring_reader *reader; /* of the same ring, for capture_copy_newest */
	int bells[CAPTURE_BELLS];
	unsigned bell_count;

	/* The rest is the thread's alone. */
	struct source *source;
	struct source_wish wish;	    /* settings.wish, and the camera we had */
	struct source_mode had;		    /* the camera we had: after its first picture */
	uint8_t failures[SOURCE_NODES + 1]; /* openings in vain, of each node; the last: of none */
	int inotify;			    /* on the folder where nodes appear; -1 = none */
	uint64_t opened_ns;		    /* monotonic */
	struct pace pace;		    /* of arrivals */
	unsigned pictures;		    /* since the opening; stops counting at PACE_SMOOTH */
	bool silent;			    /* for too long; that has been told */
	uint64_t retry_ns, delay_ns;	    /* next opening, and how long after the last one */
	uint64_t look_ns;	      /* when to look for a camera beside the source; 0 = never */
	uint64_t lost_ns;	      /* when it went by itself, after pictures */
	bool opened_before, reported; /* `reported`: the loop knows `online` and `reason` */
	bool lost;		      /* it was there, and went by itself */

	uint64_t dropped, broken; /* with those of the sources closed so far */
	uint64_t oversized;
	struct cause refusal;	   /* of the newest picture that was passed over */
	struct capture_size size;  /* of its JPEGs, as coded; 0 = not known yet */
	struct capture_size other; /* that of the newest, if it was not that */
	uint64_t trial_ns;	   /* no doubtful picture is decoded before */
	struct rate rate;
	struct jpeg_crew *crew;
	unsigned char *slot; /* the newest frame's JPEG, until the next picture */

	struct jpeg_decoder *decoder;
	struct motion *motion;
	unsigned char *grey; /* twice grey_capacity: as shown, and as coded */
	uint32_t grey_capacity;
	uint64_t judge_ns;  /* the next judgement is due */
	unsigned blind_run; /* pictures in a row that could not be judged */

	struct adjust *adjust; /* the camera's controls: adjust.c */
	uint64_t adjusted_ns;  /* when its last step was made */
};

/* ---- watch.c ---- */
void *capture_watch(void *capture); /* the thread, for pthread_create(3) */

/* ---- capture.c, for the thread ---- */
/* Hand a report over; a full queue or no memory counts as an error. `fill` has
 * everything but jpeg bytes, which are copied when given; its JSON is taken. */
void capture_report(
    struct capture *capture, const struct capture_report *fill, const unsigned char *jpeg);
void capture_count_error(struct capture *capture);

void capture_poke(struct capture *capture); /* let the thread look at `stop` and `requests` */

/* ---- adjust.c ---- */
int adjust_init(struct capture *capture); /* -1: out of memory */
void adjust_deinit(struct capture *capture);
void adjust_opened(
    struct capture *capture); /* read, and set what was wished, in a camera just opened */
void adjust_noticed(struct capture *capture); /* somebody else changed controls */
uint64_t adjust_tell(
    struct capture *capture, uint64_t now_ns);	    /* ... if that is due; else when; 0 = never */
bool adjust_pending(const struct capture *capture); /* is there a step to make? */
void adjust_step(struct capture *capture);	    /* at most one call to the driver */

/* ---- accept.c ---- */
/* Is this JPEG to be shown? -1: capture->refusal says why not. */
int accept_jpeg(struct capture *capture, const struct picture *picture, struct jpeg_shape *shape);

/* ---- publish.c ---- */
/* Put one picture into the ring and give its buffer back. 0: published; 1: passed
 * over and counted; -1: cannot go on, *why says it. */
int capture_publish(struct capture *capture, const struct picture *picture, struct cause *why);
void capture_free_rings(struct capture *capture);

/* ---- judge.c: look for motion if that is due, in the picture just published ---- */
void judge_raw(
    struct capture *capture, const struct picture *picture, const struct frame_info *frame);
void judge_jpeg(struct capture *capture, const struct frame_info *frame);

#endif
