/* SPDX-License-Identifier: ISC */
/* commands_internal: what the files of commands share. */
#ifndef ORIEL_ORIELD_COMMANDS_INTERNAL_H
#define ORIEL_ORIELD_COMMANDS_INTERNAL_H

#include <jansson.h>

#include "orield/peer.h"
#include "orield/store_job.h"
#include "protocol/commands.h"
#include "protocol/limits.h"

struct orield;

enum {
	REPLY_ROOM = LINE_MAX_SIZE - 512
}; /* bytes of a list in a reply; the rest is for what is around it */

/* Answers `call`, now or later. The arguments were checked by the command's row. */
typedef void command_handler(struct orield *orield, struct call *call, const json_t *command);

/* handle_STATUS, … */
#define COMMAND_HANDLER(id, ...) command_handler handle_##id;
COMMANDS(COMMAND_HANDLER)
#undef COMMAND_HANDLER

/* ---- commands that wait for the store ---- */

struct request {
	struct orield *orield;
	struct call *call;
	void (*done)(struct request *request, struct store_job *job);
};

/* A new job for `call`. On success `done` answers; on failure the call is refused with the job's
 * reason. NULL: the call was refused. */
struct store_job *request_job(struct orield *orield, struct call *call, enum store_job_kind kind,
    void (*done)(struct request *request, struct store_job *job));

/* The same, for the picture or clip in the command's `name`. */
struct store_job *request_named_job(struct orield *orield, struct call *call, const json_t *command,
    enum store_job_kind kind, void (*done)(struct request *request, struct store_job *job));

/* The same, for a page of a list: by the command's before, limit, from and to. */
struct store_job *request_page_job(struct orield *orield, struct call *call, const json_t *command,
    enum store_job_kind kind, void (*done)(struct request *request, struct store_job *job));

/* Give the job to the store; if the store takes no more, refuse the call. */
void request_submit(struct orield *orield, struct store_job *job);

/* A named job that needs nothing else, to the store. */
void request_named(struct orield *orield, struct call *call, const json_t *command,
    enum store_job_kind kind, void (*done)(struct request *request, struct store_job *job));

/* Answer with the job's answer. */
void request_answered(struct request *request, struct store_job *job);

/* Answer "ok", and send the job's events to all subscribers. */
void request_published(struct request *request, struct store_job *job);

/* Remove the peer's frame bell. */
void commands_drop_bell(struct orield *orield, struct peer *peer);

#endif
