/* SPDX-License-Identifier: ISC */
/* camera_controls: commands about the camera's own controls. The capture thread answers
 * them, and the store keeps the values. */
#ifndef ORIEL_ORIELD_CAMERA_CONTROLS_H
#define ORIEL_ORIELD_CAMERA_CONTROLS_H

#include "capture/capture.h"
#include "orield/publisher.h"
#include "orield/store_worker.h"

struct camera_controls;

/* Borrows all. Do not ask after the capture was freed. NULL when out of memory. */
struct camera_controls *camera_controls_new(struct event_base *base, struct capture *capture,
    struct store_worker *store_worker, struct publisher *publisher);
void camera_controls_free(struct camera_controls **controls);

/* Answer `controls` (values NULL) or `control`. For `controls`, the capture thread reads
 * the camera at most once a second: one reading answers all who ask meanwhile. */
void camera_controls_ask(struct camera_controls *controls, struct call *call, const json_t *values);

/* Take a CAPTURE_CONTROLS report. */
void camera_controls_report(struct camera_controls *controls, struct capture_report *report);

/* The camera was lost or opened: forget the controls that were read. */
void camera_controls_forget(struct camera_controls *controls);

/* The camera's controls among all stored values: {NAME: value}. A new reference. */
json_t *camera_controls_stored(const json_t *values);

/* Set these in a camera that is open already; nobody waits for the answer. */
void camera_controls_restore(struct camera_controls *controls, const json_t *values);

#endif
