/* SPDX-License-Identifier: ISC */
/* orield_internal: what the files of orield share. */
#ifndef ORIEL_ORIELD_ORIELD_INTERNAL_H
#define ORIEL_ORIELD_ORIELD_INTERNAL_H

#include <event2/event.h>

#include "orield/orield.h"

/* ---- orield_reports.c ---- */
void orield_reported(evutil_socket_t fd, short what, void *orield); /* take all reports */
void orield_event_done(void *orield, struct store_job *job);	    /* send the stored event */

/* ---- orield_store.c ---- */
int orield_open_store(struct orield *orield); /* unless it is open; -1: out of memory */
void orield_store_counters(struct orield *orield);

/* Delete what is too old, some files at a time. */
void orield_expire(struct orield *orield);

/* Check the database for damage. Call it after the start: the first picture need not wait. */
void orield_look_for_damage(struct orield *orield);

#endif
