/* SPDX-License-Identifier: ISC */
/* adjust: the camera's own controls: commands that the capture thread answers,
 * and what was set once, kept. */
#ifndef ORIEL_ORIELD_ADJUST_H
#define ORIEL_ORIELD_ADJUST_H

#include "orield/orield.h"

struct adjust;

struct adjust *adjust_new(struct orield *orield); /* NULL when out of memory */
void adjust_free(struct adjust **adjust);

/* Answer `controls` (values NULL) or `control`. However many ask: the capture thread
 * reads the camera's controls at most once a second for them, and all who ask
 * meanwhile are answered by one reading. */
void adjust_ask(struct adjust *adjust, struct ticket *ticket, const json_t *values);

/* A CAPTURE_CONTROLS report. */
void adjust_report(struct adjust *adjust, struct capture_report *report);

/* The camera went or came: what is known of it is not true any more. */
void adjust_forget(struct adjust *adjust);

/* Of all stored values, the camera's: {NAME: value}. A new reference. */
json_t *adjust_stored(const json_t *values);

/* Set these on a camera that runs already; nobody waits for the answer. */
void adjust_restore(struct adjust *adjust, const json_t *values);

#endif
