/* SPDX-License-Identifier: ISC */
/* api_call: one command to orield, and its reply as HTTP. */
#ifndef ORIEL_SITE_API_CALL_H
#define ORIEL_SITE_API_CALL_H

#include <jansson.h>

#include "site/exchange.h"

/* How to answer a reply that is neither an error nor a refusal: as it came, unless one of these
 * is set. */
struct api_answer {
	void (*finish)(struct conn *conn, const json_t *reply); /* by this */
	const char *list;					/* by this array of it alone */
	bool tells_user; /* with the name of who asks beside it, as "user" */
	int refused;	 /* the status of "ok": false; 0: 503 */
};

/* Send `command` (taken over) for whoever asks, and answer with its reply. `answer` is copied;
 * NULL: as it came. */
void api_call_run(
    const struct exchange *exchange, json_t *command, const struct api_answer *answer);

#endif
