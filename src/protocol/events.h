/* SPDX-License-Identifier: ISC */
/* events: the kinds of events in the log, in SSE and on the control socket. */
#ifndef ORIEL_PROTOCOL_EVENTS_H
#define ORIEL_PROTOCOL_EVENTS_H

#define EVENT_MOTION "motion"
#define EVENT_SAVED "saved"
#define EVENT_CAMERA "camera"
#define EVENT_DELETED "deleted" /* unnumbered: a saved picture, by somebody's wish */
#define EVENT_STATE "state"	/* unnumbered: settings and counters */
#define EVENT_PULSE "pulse"	/* unnumbered: once a second for those who asked */

#endif
