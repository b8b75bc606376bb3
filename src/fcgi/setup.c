/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "fcgi/setup.h"

#define SETUP_ROW(id, name, type, min, max, initial, choices, unit, flags, help) \
	[SETUP_##id] = { name, type, min, max, initial, choices, unit, flags, help },
static const struct option setup_table[SETUP_COUNT] = { SETUPS(SETUP_ROW) };
#undef SETUP_ROW

const struct option_program setup_program = {
	.name = "oriel-fcgi",
	.summary = "Serves pictures, streams, events and JSON of all cameras to nginx.",
	.version = PACKAGE_VERSION,
	.table = setup_table,
	.count = SETUP_COUNT,
};
