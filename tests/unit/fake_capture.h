/* SPDX-License-Identifier: ISC */
/* fake_capture: replaces src/capture where a test controls the camera. One at a time. */
#ifndef ORIEL_TESTS_FAKE_CAPTURE_H
#define ORIEL_TESTS_FAKE_CAPTURE_H

#include "capture/capture.h"

struct fake_capture {
	bool running;
	struct capture_settings settings;
	struct capture_tuning tuning;
	struct capture_status status;
	bool stuck; /* its loop does not turn any more */
	unsigned bells;
	uint64_t token;	   /* of the newest request for controls */
	unsigned requests; /* for controls, in all */
	json_t *values;	   /* that were to be set, NULL: only asked */
	json_t *controls;  /* that the run began with */
};
extern struct fake_capture fake;

void fake_online(void);
void fake_offline(const char *reason);
void fake_frame(const char *jpeg); /* published now; rings the bells */
void fake_controls(const char *json, const char *reason, bool invalid); /* answers fake.token */
void fake_motion(uint32_t change, uint64_t wall_ns);			/* with the newest frame */
/* The motion of before ends, `length_ns` after its beginning; reason "": by itself. */
void fake_motion_end(uint64_t length_ns, const char *reason);

#endif
