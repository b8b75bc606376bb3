/* SPDX-License-Identifier: ISC */
#ifndef ORIEL_BASE_OPTIONS_INTERNAL_H
#define ORIEL_BASE_OPTIONS_INTERNAL_H

#include "base/options.h"

struct option_value {
	long number;
	enum option_source source;
	char text[OPTION_TEXT_SIZE];
};

struct options {
	const struct option_program *program;
	struct option_value values[];
};

#endif
