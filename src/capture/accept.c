/* SPDX-License-Identifier: ISC */
/* Which JPEGs are shown: those that pass jpeg/check.h and have the camera's size.
 *
 * That size is what the driver agreed to, or that of the first picture. Some cameras
 * change it without notice, and damaged headers give a wrong one. So a new size needs two
 * pictures in a row that have it and decode to their end. For a first picture, one is
 * enough. */
#include "base/clock.h"
#include "capture/capture_internal.h"

/* Decode a doubtful picture as a whole. That may take at most half of the thread's time. */
static int
try_whole(struct capture *capture, const struct picture *picture, const struct jpeg_shape *shape)
{
	uint64_t begun = clock_mono_ns(), took;
	int result;

	if (begun < capture->trial_ns)
		return cause_set(&capture->refusal, "%ux%u and no time to look closer",
		    shape->width, shape->height);
	result = jpeg_decode_whole(capture->decoder, picture->data + shape->begin,
	    shape->end - shape->begin, &capture->refusal);
	took = clock_mono_ns() - begun;
	capture->trial_ns = begun + 2 * took;
	return result;
}

static bool
has_size(const struct jpeg_shape *shape, const struct capture_size *size)
{
	return shape->width == size->width && shape->height == size->height;
}

int
accept_jpeg(struct capture *capture, const struct picture *picture, struct jpeg_shape *shape)
{
	struct capture_size last = capture->other;
	bool usual, first = !capture->staleness.arrived;

	capture->other = (struct capture_size){ 0, 0 };
	if (jpeg_check(picture->data, picture->length, shape, &capture->refusal) == -1)
		return -1;
	usual = has_size(shape, &capture->size);
	if (usual && !shape->doubtful)
		return 0;
	if (try_whole(capture, picture, shape) == -1)
		return -1;
	if (!usual && !first && !has_size(shape, &last)) {
		capture->other = (struct capture_size){ shape->width, shape->height };
		return cause_set(&capture->refusal, "%ux%u among pictures of %ux%u", shape->width,
		    shape->height, capture->size.width, capture->size.height);
	}
	capture->size = (struct capture_size){ shape->width, shape->height };
	return 0;
}
