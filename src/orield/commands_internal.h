/* SPDX-License-Identifier: ISC */
/* commands_internal: the handlers, wherever they stand. */
#ifndef ORIEL_ORIELD_COMMANDS_INTERNAL_H
#define ORIEL_ORIELD_COMMANDS_INTERNAL_H

#include <jansson.h>

#include "orield/peer.h"
#include "orield/store_job.h"
#include "protocol/commands.h"
#include "protocol/limits.h"

struct orield;

enum { REPLY_ROOM = LINE_MAX_SIZE - 512 }; /* of a line, for a list: the rest is around it */

/* Answers `call`, now or later. What the command carries has been checked by its row. */
typedef void command_handler(struct orield *orield, struct call *call, const json_t *command);

/* handle_STATUS, … */
#define COMMAND_HANDLER(id, ...) command_handler handle_##id;
COMMANDS(COMMAND_HANDLER)
#undef COMMAND_HANDLER

/* ---- what waits for the store ---- */

struct request {
	struct orield *orield;
	struct call *call;
	void (*done)(struct request *request, struct store_job *job);
};

/* A job whose success is answered by `done`, a failure with its reason; NULL: the call was refused.
 */
struct store_job *request_job(struct orield *orield, struct call *call, enum store_job_kind kind,
    void (*done)(struct request *request, struct store_job *job));

/* Hand it to the store; when that takes no more, the call is refused. */
void request_submit(struct orield *orield, struct store_job *job);

/* "ok", and the job's events to all who listen. */
void request_published(struct request *request, struct store_job *job);

/* The command's from and to, which are in seconds since 1970. */
void query_between(struct store_query *query, const json_t *command);

/* The peer's frame bell is rung no more. */
void commands_drop_bell(struct orield *orield, struct peer *peer);

#endif
