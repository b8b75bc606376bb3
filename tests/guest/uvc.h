/* SPDX-License-Identifier: ISC */
/* uvc: the descriptors of a USB camera, and its answers on its control pipe. USB 2.0 chapter 9
 * and USB Video Class 1.1. No I/O: requests in, answers out. */
#ifndef ORIEL_GUEST_UVC_H
#define ORIEL_GUEST_UVC_H

#include <stdbool.h>
#include <stdint.h>

#include "scene.h"

enum { UVC_IN = 0x80, UVC_SIZES = 8, UVC_CONTROLS = 11, UVC_PROBE_SIZE = 34 };

struct uvc_request { /* USB 2.0, 9.3, in the host's byte order */
	uint8_t type, request;
	uint16_t value, index, length;
};

struct uvc_mode {
	enum scene_format format;
	unsigned width, height;
	uint32_t interval; /* of frames, in 100 ns */
};

struct uvc_format {
	enum scene_format format;
	unsigned count, width[UVC_SIZES], height[UVC_SIZES];
};

enum uvc_change { UVC_NO_CHANGE, UVC_STREAM_ON, UVC_STREAM_OFF };

struct uvc {
	struct uvc_format formats[2];
	unsigned format_count, rate_count;
	uint32_t intervals[UVC_SIZES];
	const char *strings[4]; /* by their number: -, maker, product, serial */
	int32_t controls[UVC_CONTROLS];
	uint8_t error; /* why the last request was refused: UVC 1.1, 4.2.1.2 */
	uint8_t probe[UVC_PROBE_SIZE], configuration;
	struct uvc_mode mode; /* committed; at first the first there is */
	enum uvc_change change;
};

/* The lists as on the command line: "640x480,320x240" and "30,15"; "" = none.
 * False when a list is wrong. The strings must live as long as *uvc. */
bool uvc_init(struct uvc *uvc, const char *mjpeg, const char *yuyv, const char *rates,
    const char *product, const char *serial);

/* Answer a request; data: its bytes (OUT) or room for the answer, 4096 bytes (IN).
 * The answer's length, -1 to stall. Says on stdout which controls were set. */
int uvc_control(struct uvc *uvc, const struct uvc_request *request, uint8_t *data);

/* What the last request means for the stream; asked once. */
enum uvc_change uvc_take_change(struct uvc *uvc);

#endif
