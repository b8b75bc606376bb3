/* SPDX-License-Identifier: ISC */
/* commands_internal: the handlers, wherever they stand. */
#ifndef ORIEL_ORIELD_COMMANDS_INTERNAL_H
#define ORIEL_ORIELD_COMMANDS_INTERNAL_H

#include <jansson.h>

#include "orield/peer.h"
#include "protocol/commands.h"

struct orield;

/* Answers `call`, now or later. What the command carries has been checked by its row. */
typedef void command_handler(struct orield *orield, struct call *call, const json_t *command);

/* handle_STATUS, … */
#define COMMAND_HANDLER(id, ...) command_handler handle_##id;
COMMANDS(COMMAND_HANDLER)
#undef COMMAND_HANDLER

/* The peer's frame bell is rung no more. */
void commands_drop_bell(struct orield *orield, struct peer *peer);

#endif
