/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "orield/settings.h"

#define SETTING_ROW(id, name, type, min, max, initial, choices, unit, flags, help) \
	[SETTING_##id] = { name, type, min, max, initial, choices, unit, flags, help },
static const struct option settings_table[SETTING_COUNT] = { SETTINGS(SETTING_ROW) };
#undef SETTING_ROW

const struct option_program settings_program = {
	.name = "orield",
	.summary = "Owns one camera: captures, looks for motion, keeps events and pictures.",
	.version = PACKAGE_VERSION,
	.table = settings_table,
	.count = SETTING_COUNT,
};
