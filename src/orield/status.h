/* SPDX-License-Identifier: ISC */
/* status: what orield says about itself, as docs/protocol.md has it. Each
 * returns a new reference. */
#ifndef ORIEL_ORIELD_STATUS_H
#define ORIEL_ORIELD_STATUS_H

#include <jansson.h>

#include "orield/orield.h"

json_t *status_json(const struct orield *orield);     /* the reply to `status` */
json_t *status_settings(const struct orield *orield); /* the reply to `get` */
json_t *status_state(const struct orield *orield);    /* the data of a `state` line */
json_t *status_pulse(const struct orield *orield);    /* the data of a `pulse` line */

/* The data of a numbered event, as the store is to keep it. */
json_t *status_motion(const struct capture_report *report);
json_t *status_online(
    const struct orield *orield, const struct source_mode *mode, uint64_t wall_ns);
json_t *status_offline(const struct cause *reason, uint64_t wall_ns);

#endif
