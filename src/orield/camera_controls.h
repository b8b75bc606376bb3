/* SPDX-License-Identifier: ISC */
/* camera_controls: the camera's own controls: commands that the capture thread answers,
 * and what was set once, kept. */
#ifndef ORIEL_ORIELD_CAMERA_CONTROLS_H
#define ORIEL_ORIELD_CAMERA_CONTROLS_H

#include "capture/capture.h"
#include "orield/publisher.h"
#include "orield/store_worker.h"

struct camera_controls;

/* All borrowed. No one may ask once the capture is gone. NULL when out of memory. */
struct camera_controls *camera_controls_new(struct event_base *base, struct capture *capture,
    struct store_worker *store_worker, struct publisher *publisher);
void camera_controls_free(struct camera_controls **controls);

/* Answer `controls` (values NULL) or `control`. However many ask: the capture thread
 * reads the camera's controls at most once a second for them, and all who ask
 * meanwhile are answered by one reading. */
void camera_controls_ask(struct camera_controls *controls, struct call *call, const json_t *values);

/* A CAPTURE_CONTROLS report. */
void camera_controls_report(struct camera_controls *controls, struct capture_report *report);

/* The camera went or came: what is known of it is not true any more. */
void camera_controls_forget(struct camera_controls *controls);

/* Of all stored values, the camera's: {NAME: value}. A new reference. */
json_t *camera_controls_stored(const json_t *values);

/* Set these on a camera that runs already; nobody waits for the answer. */
void camera_controls_restore(struct camera_controls *controls, const json_t *values);

#endif
