/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "site/settings.h"

#define SITE_ROW(id, ...) [SITE_##id] = { __VA_ARGS__ },
static const struct option_row site_settings_table[SITE_COUNT] = { SITE_SETTINGS(SITE_ROW) };
#undef SITE_ROW

const struct option_program site_program = {
	.name = "oriel-fcgi",
	.summary = "Serves pictures, streams, events and JSON of all cameras to nginx.",
	.version = PACKAGE_VERSION,
	.table = site_settings_table,
	.count = SITE_COUNT,
};
