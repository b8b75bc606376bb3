/* SPDX-License-Identifier: ISC */
/* capture: the thread that owns the camera.
 *
 * Opens the source, comes back when it goes, encodes what is raw, publishes
 * every frame in the ring, rings the bells, judges motion. Never touches the
 * disk, never writes to a socket that can block. It speaks to the loop through
 * a bounded queue of reports; the loop speaks to it through the functions
 * below, all thread-safe and none of which waits for the camera. */
#ifndef ORIEL_CAPTURE_CAPTURE_H
#define ORIEL_CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/frame.h"
#include "base/json.h"
#include "base/queue.h"
#include "motion/motion.h"
#include "motion/span.h"
#include "source/source.h"

struct capture;

enum { RING_MOST = 32 << 20 }; /* four of the largest JPEGs */

struct capture_settings { /* fixed for the run; its strings must outlive the capture */
	struct source_request wanted;
	unsigned slots;	    /* of the ring, at most */
	unsigned slot_kb;   /* 0 = as the frames need it */
	uint64_t ring_most; /* bytes of all slots; 0 = RING_MOST */
	unsigned encoders;
	const char *mask;
	const json_t
	    *controls; /* {"NAME": value, …} for the camera, set at each opening; NULL = none */
};

struct capture_tuning { /* may change at any time */
	int quality;
	bool motion;
	bool disarmed; /* motion is measured, and that is all */
	unsigned motion_fps;
	struct motion_settings detect;
	struct span_settings spans;
};

enum capture_report_kind {
	CAPTURE_ONLINE,	    /* first picture after an opening: `mode` */
	CAPTURE_OFFLINE,    /* `reason`; said once per outage and when the reason changes */
	CAPTURE_RING,	    /* a new ring is in force (also the first): readers attach again */
	CAPTURE_MOTION,	    /* a span begins: `verdict`, `span`, `frame`, and its JPEG in `jpeg` */
	CAPTURE_MOTION_END, /* it has ended: `span`, `ended_ns`, `reason` ("": by itself) */
	CAPTURE_CONTROLS,   /* the answer to `token`; token 0: somebody else changed some */
};

struct capture_report { /* heap; free with capture_report_free */
	enum capture_report_kind kind;
	struct source_mode mode;
	struct cause reason;
	struct motion_verdict verdict;
	struct span span;
	uint64_t ended_ns; /* CLOCK_REALTIME */
	struct frame_info frame;
	uint64_t generation;
	unsigned char *jpeg; /* frame.length bytes, owned by the report */
	uint64_t token;
	json_t *controls; /* as source_controls() has them; NULL: refused, see `reason` */
	json_t *set;	  /* what was set, to be kept; buttons are not in it. NULL: nothing */
	bool invalid;	  /* refused because the request was wrong, not the time */
};
void capture_report_free(void *report);

struct capture_status { /* a consistent copy, for /status and the pulse */
	bool online;
	bool hangs;	     /* the driver keeps the capture thread in a call */
	struct cause reason; /* why not, when not */
	struct source_mode mode;
	struct frame_info
	    frame; /* the newest; sequence 0 = none yet; when it is stale: staleness.h */
	uint64_t generation;
	double fps;	 /* measured over the last frames; 0 when offline */
	uint64_t frames; /* published since start, over all generations */
	uint64_t dropped, broken, oversized,
	    errors; /* passed over; refused; too large; driver errors */
	uint64_t reopens;
	uint64_t turns;		      /* of the capture loop, frames or not: feeds the watchdog */
	struct motion_verdict motion; /* the newest judgement */
	struct cause blind; /* why there is none: pictures that cannot be judged; "" = there is */
	struct motion_verdict
	    peak;	  /* that of the largest change since the last capture_take_peak */
	struct span span; /* of motion; open: one is under way */
	uint64_t light_held, cooldown_held; /* changes held back so far */
};

/* Start the thread. `reports` takes what happens (queue full: counted in errors,
 * dropped). NULL with *why only for lack of resources or a bad mask: a missing
 * camera is no failure but CAPTURE_OFFLINE. */
struct capture *capture_new(const struct capture_settings *settings,
    const struct capture_tuning *tuning, struct queue *reports, struct cause *why);

/* Stop and join (at most some 100 ms unless the driver hangs). Clears *capture. */
void capture_free(struct capture **capture);

void capture_tune(struct capture *capture, const struct capture_tuning *tuning);
void capture_status(struct capture *capture, struct capture_status *status);
struct motion_verdict capture_take_peak(struct capture *capture); /* and starts anew */

/* To be called now and then: while the driver keeps the thread in a call, it cannot end the span
 * of motion that its camera left open. */
void capture_look_for_hang(struct capture *capture);

/* Copy the newest frame: *jpeg is the caller's to free. False when there is none. */
bool capture_copy_newest(
    struct capture *capture, struct frame_info *frame, uint64_t *generation, unsigned char **jpeg);

/* A new descriptor of the ring in force, for one reader; -1 when there is none yet. */
int capture_ring_fd(struct capture *capture);

/* Bells: eventfds (kernel: eventfd(2)) written once per published frame. The
 * descriptor is borrowed; remove it before closing it. False when there are
 * CAPTURE_BELLS already. */
enum { CAPTURE_BELLS = 32 };
bool capture_add_bell(struct capture *capture, int fd);
void capture_remove_bell(struct capture *capture, int fd);

/* The camera's controls: both are answered by a CAPTURE_CONTROLS report with
 * `token` (not 0), which has all controls as they are then. `values`: {"NAME":
 * value, …}, copied; all are looked at before one is set; those that were set
 * are set again whenever the camera comes back. False: too many requests wait. */
bool capture_request_controls(struct capture *capture, uint64_t token);
bool capture_set_controls(struct capture *capture, const json_t *values, uint64_t token);

#endif
