/* SPDX-License-Identifier: ISC */
/* controls: what can be adjusted at the synthetic camera. */
#ifndef ORIEL_TESTS_PRELOAD_CONTROLS_H
#define ORIEL_TESTS_PRELOAD_CONTROLS_H

#include <stdbool.h>
#include <stdint.h>

enum { CONTROLS = 9 };

struct controls {
	int32_t values[CONTROLS];
};

void controls_init(struct controls *controls);

/* VIDIOC_QUERYCTRL, QUERYMENU, G_CTRL, S_CTRL as drivers answer them (what is out
 * of range is cut to it); others: -1 and ENOTTY. */
int controls_ioctl(struct controls *controls, unsigned long request, void *arg);

/* "name=value", from somebody else; false when nothing changed. */
bool controls_set_text(struct controls *controls, const char *text);

#endif
