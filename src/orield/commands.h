/* SPDX-License-Identifier: ISC */
/* commands: a handler for each row of the vocabulary. */
#ifndef ORIEL_ORIELD_COMMANDS_H
#define ORIEL_ORIELD_COMMANDS_H

#include "orield/peer.h"

/* What the control server calls; `arg` is the orield. */
extern const struct peer_hooks commands_hooks;

#endif
