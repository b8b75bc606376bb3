/* SPDX-License-Identifier: ISC */
/* internal: what the files of this room share.
 *
 *   capture.c  the thread-safe face: start, stop, status, bells
 *   watch.c    the thread: waits, notices when no pictures come
 *   opening.c  which source is open, and when it is online
 *   accept.c   which JPEGs are shown
 *   publish.c  one picture: copy or encode into the ring, ring the bells
 *   analysis.c motion, on pictures already published
 *   spans.c    when motion begins and ends
 *   controls.c the camera's controls
 */
#ifndef ORIEL_CAPTURE_CAPTURE_INTERNAL_H
#define ORIEL_CAPTURE_CAPTURE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/thread.h"
#include "capture/capture.h"
#include "capture/staleness.h"
#include "capture/rate.h"
#include "jpeg/check.h"
#include "jpeg/encoder_pool.h"
#include "jpeg/jpeg.h"
#include "ring/ring.h"

struct capture_size {
	uint32_t width, height;
};

struct capture {
	struct capture_settings settings;
	struct queue *reports;
	struct thread thread;
	int wake; /* eventfd: look at `stop`, and at requests for controls.c */
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
	struct source_request wanted; /* settings.wanted, and the camera we had */
	struct source_mode had;	      /* the camera we had: after its first picture */
	uint8_t
	    failures[SOURCE_NODES + 1]; /* failed openings of each node; the last: without a node */
	int inotify;			/* on the folder of the nodes; -1 = none */
	uint64_t opened_ns;		/* monotonic */
	struct staleness staleness;	/* of arrivals */
	unsigned pictures;		/* since the opening; stops counting at STALENESS_SMOOTH */
	bool silent;			/* for too long, and reported */
	uint64_t retry_ns, delay_ns;	/* next opening, and how long after the last one */
	uint64_t look_ns;		/* when to look for a better source; 0 = never */
	uint64_t lost_ns;		/* when it was lost, after it had delivered pictures */
	bool opened_before, reported;	/* `reported`: the loop knows `online` and `reason` */
	bool lost;			/* it was there, and was lost */

	uint64_t dropped, broken; /* of all sources, also those closed */
	uint64_t oversized;
	struct cause refusal;	   /* of the newest picture that was passed over */
	struct capture_size size;  /* of its JPEGs, as coded; 0 = not known yet */
	struct capture_size other; /* of the newest, if that differs; else 0 */
	uint64_t trial_ns;	   /* when a doubtful picture may be decoded again */
	struct rate rate;
	struct encoder_pool *pool;
	unsigned char *slot; /* the newest frame's JPEG, until the next picture */

	struct jpeg_decoder *decoder;
	struct motion *motion;
	unsigned char *grey; /* twice grey_capacity: turned, and as coded */
	uint32_t grey_capacity;
	uint64_t analysis_ns; /* when the next judgement is due */
	unsigned blind_run;   /* pictures in a row that could not be judged */

	struct capture_controls *controls; /* the camera's controls: controls.c */
	uint64_t adjusted_ns;		   /* time of its last step */
};

/* ---- watch.c ---- */
void capture_watch(void *capture); /* the thread */

/* ---- opening.c ---- */
void opening_first(struct capture *capture);
void opening_open(struct capture *capture);
void opening_close(struct capture *capture);
/* Close the source, go offline, and try again later. */
void opening_give_up(struct capture *capture, const struct cause *reason);
/* No picture for now, because of `reason`. Reported once an outage, and again when the reason
 * changes. */
void opening_go_offline(struct capture *capture, const struct cause *reason);
void opening_go_online(
    struct capture *capture); /* after the first picture since an opening or a silence */
/* Count a picture since the opening. After some of them the camera counts as working. */
void opening_count_picture(struct capture *capture);
uint8_t *opening_failures(struct capture *capture);  /* failed openings of the source's node */
void opening_copy_counters(struct capture *capture); /* into the status */
/* Is there a camera to replace a makeshift source? Is the pipe still the one at its path? */
void opening_look_beside(struct capture *capture);
void opening_nodes_changed(struct capture *capture); /* a node is new, or its permissions changed */

/* ---- capture.c, for the thread ---- */
/* Send a report; a full queue or no memory counts as an error. `fill` has all but the
 * JPEG. `jpeg` is copied, unless NULL. Takes over the JSON in `fill`. */
void capture_report(
    struct capture *capture, const struct capture_report *fill, const unsigned char *jpeg);
void capture_count_error(struct capture *capture);

void capture_poke(struct capture *capture); /* wake the thread: look at `stop` and `requests` */

/* ---- controls.c ---- */
int capture_controls_init(struct capture *capture); /* -1: out of memory */
void capture_controls_deinit(struct capture *capture);
void capture_controls_opened(
    struct capture *capture); /* a camera was opened: read its controls, and set the wished ones */
void capture_controls_noticed(struct capture *capture); /* somebody else changed controls */
uint64_t capture_controls_tell(struct capture *capture,
    uint64_t now_ns); /* report that, if it is due. Returns when it will be; 0 = never */
bool capture_controls_pending(const struct capture *capture); /* is there a step to make? */
void capture_controls_step(struct capture *capture);	      /* at most one call to the driver */

/* ---- accept.c ---- */
/* May this JPEG be shown? -1: no; capture->refusal says why. */
int accept_jpeg(struct capture *capture, const struct picture *picture, struct jpeg_shape *shape);

/* ---- publish.c ---- */
/* Put one picture into the ring and give its buffer back. 0: published; 1: passed
 * over and counted; -1 with *why: the source cannot go on. */
int capture_publish(struct capture *capture, const struct picture *picture, struct cause *why);
void capture_free_rings(struct capture *capture);

/* ---- analysis.c: look for motion if that is due, in the picture just published ---- */
void analysis_raw(
    struct capture *capture, const struct picture *picture, const struct frame_info *frame);
void analysis_jpeg(struct capture *capture, const struct frame_info *frame);

/* ---- spans.c ---- */
/* A picture was judged: does a span begin or end with it? Sets verdict->held if the pictures before
 * keep it from being motion. */
enum span_step spans_look(
    struct capture *capture, struct motion_verdict *verdict, const struct frame_info *frame);
/* Report it to the loop. The picture's JPEG is in capture->slot. */
void spans_tell(struct capture *capture, enum span_step step, const struct motion_verdict *verdict,
    const struct frame_info *frame);
void spans_end(struct capture *capture, const struct cause *reason); /* if one is open */
void spans_check(struct capture *capture); /* ends a span that the tuning does not allow any more */

#endif
