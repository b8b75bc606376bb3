/* SPDX-License-Identifier: ISC */
/* capture: the thread that owns the camera.
 *
 * It opens the source (again, when it was lost), encodes raw pictures, publishes
 * every frame in the ring, rings the bells and judges motion. It never touches the
 * disk, and never writes to a socket that can block. It sends reports to the loop
 * through a bounded queue. The loop calls the functions below: all are thread-safe,
 * and none waits for the camera. */
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
	unsigned slot_kb;   /* 0 = as large as the frames need */
	uint64_t ring_most; /* bytes of all slots; 0 = RING_MOST */
	unsigned encoders;
	const char *mask;
	const json_t
	    *controls; /* {"NAME": value, …} for the camera, set at each opening; NULL = none */
};

struct capture_tuning { /* may change at any time */
	int quality;
	bool motion;
	bool disarmed; /* motion is only measured: no events */
	unsigned motion_fps;
	struct motion_settings detect;
	struct span_settings spans;
};

enum capture_report_kind {
	CAPTURE_ONLINE,	    /* first picture after an opening: `mode` */
	CAPTURE_OFFLINE,    /* `reason`; once an outage, and when the reason changes */
	CAPTURE_RING,	    /* there is a new ring (also the first): readers must attach again */
	CAPTURE_MOTION,	    /* a span begins: `verdict`, `span`, `frame`, and its JPEG in `jpeg` */
	CAPTURE_MOTION_END, /* the span ended: `span`, `ended_ns`, `reason` ("": by itself) */
	CAPTURE_CONTROLS,   /* the answer to `token`; token 0: another program changed some */
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
	json_t *controls; /* from source_controls(); NULL: refused, see `reason` */
	json_t *set;	  /* values to store, without buttons; NULL: none */
	bool invalid;	  /* refused, because the request was wrong */
};
void capture_report_free(void *report);

struct capture_status { /* a consistent copy, for /status and the pulse */
	bool online;
	bool hangs;	     /* the driver keeps the capture thread in a call */
	struct cause reason; /* why it is not online */
	struct source_mode mode;
	struct frame_info frame; /* the newest; sequence 0 = none yet. Stale: see staleness.h */
	uint64_t generation;
	double fps;	 /* measured over the last frames; 0 when offline */
	uint64_t frames; /* published since start, over all generations */
	uint64_t dropped, broken, oversized,
	    errors; /* passed over; refused; too large; driver errors */
	uint64_t reopens;
	uint64_t turns; /* of the capture loop, with or without frames: for the watchdog */
	struct motion_verdict motion; /* the newest judgement */
	struct cause blind;	      /* why pictures cannot be judged; "" = they can */
	struct motion_verdict peak;   /* of the largest change since the last capture_take_peak */
	struct span span;	      /* of motion; `open`: it lasts */
	uint64_t light_held, cooldown_held; /* changes held back so far */
};

/* Start the thread. It puts its reports into `reports`; if that is full, the report is
 * dropped and counted in `errors`. NULL with *why only for lack of resources or a bad
 * mask; a missing camera is no failure, but CAPTURE_OFFLINE. */
struct capture *capture_new(const struct capture_settings *settings,
    const struct capture_tuning *tuning, struct queue *reports, struct cause *why);

/* Stop and join (at most some 100 ms unless the driver hangs). Clears *capture. */
void capture_free(struct capture **capture);

void capture_tune(struct capture *capture, const struct capture_tuning *tuning);
void capture_status(struct capture *capture, struct capture_status *status);
struct motion_verdict capture_take_peak(struct capture *capture); /* returns `peak` and resets it */

/* Call it now and then. It ends an open span of motion if the driver hangs, because then the
 * thread cannot. */
void capture_look_for_hang(struct capture *capture);

/* Copy the newest frame: *jpeg is the caller's to free. False when there is none. */
bool capture_copy_newest(
    struct capture *capture, struct frame_info *frame, uint64_t *generation, unsigned char **jpeg);

/* A new descriptor of the current ring, for one reader; -1 when there is none yet. */
int capture_ring_fd(struct capture *capture);

/* Bells: eventfds (kernel: eventfd(2)) written once per published frame. The
 * descriptor is borrowed; remove it before closing it. False when there are
 * CAPTURE_BELLS already. */
enum { CAPTURE_BELLS = 32 };
bool capture_add_bell(struct capture *capture, int fd);
void capture_remove_bell(struct capture *capture, int fd);

/* The camera's controls. The answer to both is a CAPTURE_CONTROLS report with
 * `token` (not 0), which has all controls as they are then. `values`: {"NAME":
 * value, …}, copied. All are checked before the first is set. Values that were
 * set are set again each time the camera comes back. False: too many requests wait. */
bool capture_request_controls(struct capture *capture, uint64_t token);
bool capture_set_controls(struct capture *capture, const json_t *values, uint64_t token);

#endif
