/* SPDX-License-Identifier: ISC */
/* api: the JSON routes. Each is one command to orield, with its answer as HTTP: "error" is 400,
 * "ok": false is 503 (or 404), no answer is 503, or 504 when it may have been done. Too many
 * requests of one user at a time are 429. */
#ifndef ORIEL_SITE_API_H
#define ORIEL_SITE_API_H

#include "site/exchange.h"

route_handler api_command; /* sends the command of the route's row, with the request's arguments */
route_handler api_ack, api_event, api_snap, api_delete_snap, api_keep_snap, api_clip,
    api_delete_clip, api_keep_clip, api_ready;
route_handler api_health; /* answers that this process is alive, whatever the cameras do */

#endif
