/* SPDX-License-Identifier: ISC */
/* stream: the MJPEG viewers of one camera (multipart/x-mixed-replace).
 *
 * A viewer gets the newest frame when it has taken the one before. A slow viewer skips frames;
 * it waits for nobody, and nobody waits for it. While there is no picture, all get a placard
 * that says why, once a second. */
#ifndef ORIEL_FANOUT_STREAM_H
#define ORIEL_FANOUT_STREAM_H

#include <event2/event.h>

#include "fanout/camera.h"
#include "fastcgi/conn.h"
#include "fanout/stream_head.h"

struct streams;

/* For `camera` (borrowed), which it watches. NULL: out of memory. */
struct streams *streams_new(struct event_base *base, struct camera *camera);
void streams_free(struct streams **streams); /* after the viewers have gone */

/* conn becomes a viewer, with at most `fps` frames a second (0: all). `left` is called with
 * `arg` when it is a viewer no more. */
void stream_begin(struct streams *streams, struct conn *conn, enum stream_type type, unsigned fps,
    void (*left)(void *arg), void *arg);

/* End all streams, cleanly where a viewer is not in the middle of a frame. */
void streams_end(struct streams *streams);

/* Is a frame captured at `mono_ns` due for a viewer of `fps` (not 0)? *due_ns is when
 * the next one is, 0 at first; it moves on when the frame is due. */
bool stream_due(uint64_t *due_ns, unsigned fps, uint64_t mono_ns);

#endif
