/* SPDX-License-Identifier: ISC */
/* orield_internal: what the engine's files share. */
#ifndef ORIEL_ORIELD_ORIELD_INTERNAL_H
#define ORIEL_ORIELD_ORIELD_INTERNAL_H

#include <event2/event.h>

#include "orield/orield.h"

/* ---- orield_reports.c ---- */
void orield_reported(evutil_socket_t fd, short what, void *orield); /* take what there is */
void orield_event_done(void *orield, struct store_job *job);	    /* tell what was stored */

/* ---- orield_store.c ---- */
int orield_open_store(struct orield *orield); /* unless it is open; -1: out of memory */
void orield_store_counters(struct orield *orield);

/* What is too old goes, some at a time. */
void orield_expire(struct orield *orield);

/* Whether all is well with the database need not be known before the first picture. */
void orield_look_for_damage(struct orield *orield);

#endif
