/* SPDX-License-Identifier: ISC */
/* Choosing the best of the camera's modes: look at every format, size and rate and set the
 * nearest. What the driver answers is what we report. */
#include "source/v4l2_walk.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/reasons.h"

enum {
	SMOOTH_FPS = 15, /* below this a smaller picture is better than a slower one */
	SIDE_MAX = 65500,
};

/* In order of preference: first what is passed through, then what is cheapest to encode, colour
 * before grey. */
static const struct {
	uint32_t fourcc;
	enum pixel_format pixels;
} known[] = {
	{ .fourcc = V4L2_PIX_FMT_MJPEG, .pixels = PIXEL_MJPEG },
	{ .fourcc = V4L2_PIX_FMT_JPEG, .pixels = PIXEL_MJPEG },
	{ .fourcc = V4L2_PIX_FMT_YUV420, .pixels = PIXEL_YUV420 },
	{ .fourcc = V4L2_PIX_FMT_NV12, .pixels = PIXEL_NV12 },
	{ .fourcc = V4L2_PIX_FMT_YUYV, .pixels = PIXEL_YUYV },
	{ .fourcc = V4L2_PIX_FMT_UYVY, .pixels = PIXEL_UYVY },
	{ .fourcc = V4L2_PIX_FMT_RGB24, .pixels = PIXEL_RGB24 },
	{ .fourcc = V4L2_PIX_FMT_GREY, .pixels = PIXEL_GREY },
};
enum { KNOWN = sizeof known / sizeof known[0] };

struct candidate {
	int rank; /* row of `known`; -1 = none */
	uint32_t width, height;
	double fps; /* 0 = the driver does not say */
	struct v4l2_fract interval;
};

static int
rank_of(uint32_t fourcc)
{
	for (int i = 0; i < KNOWN; i++)
		if (known[i].fourcc == fourcc)
			return i;
	return -1;
}

/* ---- comparing ------------------------------------------------------- */

static long
apart(uint32_t a, uint32_t b)
{
	return labs((long)a - (long)b);
}

/* How far it is from the requested size; without one, how far above the best size. */
static long
size_miss(const struct source_request *wanted, const struct candidate *is)
{
	if (wanted->width == 0 && wanted->height == 0)
		return (is->width > BEST_WIDTH ? apart(is->width, BEST_WIDTH) : 0) +
		    (is->height > BEST_HEIGHT ? apart(is->height, BEST_HEIGHT) : 0);
	return (wanted->width != 0 ? apart(is->width, wanted->width) : 0) +
	    (wanted->height != 0 ? apart(is->height, wanted->height) : 0);
}

static double
rate_miss(const struct source_request *wanted, double fps)
{
	double want = wanted->fps != 0 ? wanted->fps : BEST_FPS;

	return fps > want ? fps - want : want - fps;
}

static bool
is_slow(const struct source_request *wanted, const struct candidate *is)
{
	return is->fps != 0 && is->fps * 1.02 < (wanted->fps != 0 ? wanted->fps : SMOOTH_FPS);
}

static bool
is_better(const struct source_request *wanted, const struct candidate *a, const struct candidate *b)
{
	long a_miss = size_miss(wanted, a), b_miss = size_miss(wanted, b);
	uint64_t a_area = (uint64_t)a->width * a->height, b_area = (uint64_t)b->width * b->height;

	if (b->rank == -1)
		return true;
	if (a_miss != b_miss)
		return a_miss < b_miss;
	if (is_slow(wanted, a) != is_slow(wanted, b))
		return is_slow(wanted, b);
	if (a->rank != b->rank)
		return a->rank < b->rank;
	if (a_area != b_area)
		return a_area > b_area;
	return rate_miss(wanted, a->fps) < rate_miss(wanted, b->fps);
}

/* ---- choosing -------------------------------------------------------- */

struct choice {
	struct v4l2_walk walker;
	const struct source_request *wanted;
	uint32_t fourcc;
	struct candidate now, best;
};

static void
consider_rate(void *arg, struct v4l2_fract interval)
{
	struct choice *choice = arg;

	choice->now.interval = interval;
	choice->now.fps = v4l2_fps(interval);
	if (is_better(choice->wanted, &choice->now, &choice->best))
		choice->best = choice->now;
}

static void
consider_size(void *arg, uint32_t width, uint32_t height)
{
	struct choice *choice = arg;

	choice->now.width = width;
	choice->now.height = height;
	v4l2_walk_rates(&choice->walker, choice->fourcc, width, height, choice->wanted->fps,
	    consider_rate, choice);
}

/* Four letters for people; unprintable ones as '?'. */
static void
fourcc_text(uint32_t fourcc, char text[5])
{
	for (int i = 0; i < 4; i++) {
		char c = (char)(fourcc >> (8 * i) & 0x7f);

		text[i] = c >= 0x20 && c < 0x7f ? c : '?';
	}
	text[4] = '\0';
}

static int
explain_no_format(
    const struct v4l2_node *node, const struct source_request *wanted, struct cause *why)
{
	struct v4l2_walk walker = { .fd = node->fd };
	struct v4l2_fmtdesc is = { 0 };
	char offers[128] = "", text[5];

	for (; v4l2_walk_format(&walker, &is) && strlen(offers) < sizeof offers - 16; is.index++) {
		fourcc_text(is.pixelformat, text);
		snprintf(offers + strlen(offers), sizeof offers - strlen(offers), "%s%s",
		    is.index > 0 ? ", " : "", text);
	}
	errno = wanted->format >= 0 ? EINVAL : ENOENT;
	return cause_detail(why, &reason_camera_unfit, "%s (%s) does not offer %s; it offers %s",
	    node->path, node->card,
	    wanted->format >= 0 ? pixel_format_name((enum pixel_format)wanted->format)
				: "a format we know",
	    offers[0] != '\0' ? offers : "none");
}

static int
choose(const struct v4l2_node *node, const struct source_request *wanted, struct candidate *best,
    struct cause *why)
{
	struct choice choice = { .walker.fd = node->fd, .wanted = wanted, .best.rank = -1 };
	struct v4l2_fmtdesc is = { 0 };

	for (; v4l2_walk_format(&choice.walker, &is); is.index++) {
		choice.now.rank = rank_of(is.pixelformat);
		if (choice.now.rank == -1 ||
		    (wanted->format >= 0 && (int)known[choice.now.rank].pixels != wanted->format))
			continue;
		choice.fourcc = is.pixelformat;
		v4l2_walk_sizes(&choice.walker, is.pixelformat, wanted, consider_size, &choice);
	}
	*best = choice.best;
	return best->rank != -1 ? 0 : explain_no_format(node, wanted, why);
}

/* ---- setting --------------------------------------------------------- */

/* An HDMI bridge must be told to take the signal that it sees. Other drivers do not know timings
 * (kernel: vidioc-query-dv-timings.rst). */
static int
take_signal(const struct v4l2_node *node, struct cause *why)
{
	struct v4l2_dv_timings timings = { 0 };

	if (v4l2_ioctl(node->fd, VIDIOC_QUERY_DV_TIMINGS, &timings) == 0) {
		if (v4l2_ioctl(node->fd, VIDIOC_S_DV_TIMINGS, &timings) == -1 && errno == EBUSY)
			return cause_detail(why, &reason_camera_in_use,
			    "%s is in use by another program", node->path);
		return 0;
	}
	if (errno == ENOLINK || errno == ENOLCK || errno == ERANGE)
		return cause_detail(why, &reason_camera_silent,
		    "%s (%s): no usable signal at its input", node->path, node->card);
	return 0;
}

static bool
is_yuv(enum pixel_format pixels)
{
	return pixels != PIXEL_MJPEG && pixels != PIXEL_RGB24 && pixels != PIXEL_GREY;
}

static bool
converts_colours(int fd, uint32_t fourcc)
{
	const uint32_t both = V4L2_FMT_FLAG_CSC_YCBCR_ENC | V4L2_FMT_FLAG_CSC_QUANTIZATION;
	struct v4l2_walk walker = { .fd = fd };
	struct v4l2_fmtdesc is = { 0 };

	for (; v4l2_walk_format(&walker, &is); is.index++)
		if (is.pixelformat == fourcc)
			return (is.flags & both) == both;
	return false;
}

/* Ask a driver that can convert colours for those of a JPEG: full range, the matrix of BT.601
 * (kernel: colorspaces-defs.rst). A driver that cannot returns these fields unchanged, which
 * says nothing. */
static void
ask_for_jpeg_colours(int fd, struct v4l2_format *set)
{
	struct v4l2_format wanted = *set;

	if (!converts_colours(fd, set->fmt.pix.pixelformat))
		return;
	wanted.fmt.pix.priv = V4L2_PIX_FMT_PRIV_MAGIC;
	wanted.fmt.pix.flags = V4L2_PIX_FMT_FLAG_SET_CSC;
	wanted.fmt.pix.ycbcr_enc = V4L2_YCBCR_ENC_601;
	wanted.fmt.pix.quantization = V4L2_QUANTIZATION_FULL_RANGE;
	if (v4l2_ioctl(fd, VIDIOC_S_FMT, &wanted) == 0)
		*set = wanted;
}

static int
set_format(const struct v4l2_node *node, const struct candidate *best,
    struct v4l2_pix_format *format, struct cause *why)
{
	struct v4l2_format set = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
	const char *unfit = NULL;

	set.fmt.pix.width = best->width;
	set.fmt.pix.height = best->height;
	set.fmt.pix.pixelformat = known[best->rank].fourcc;
	set.fmt.pix.field = V4L2_FIELD_ANY;
	if (v4l2_ioctl(node->fd, VIDIOC_S_FMT, &set) == -1)
		return errno == EBUSY ? cause_detail(why, &reason_camera_in_use,
					    "%s is in use by another program", node->path)
				      : cause_errno(why, "%s: setting the format", node->path);
	if (is_yuv(known[best->rank].pixels))
		ask_for_jpeg_colours(node->fd, &set);
	*format = set.fmt.pix;
	if (rank_of(format->pixelformat) == -1)
		unfit = "another format than asked for";
	else if (format->width == 0 || format->width > SIDE_MAX || format->height == 0 ||
	    format->height > SIDE_MAX)
		unfit = "an impossible size";
	else if (format->sizeimage == 0 || format->sizeimage > INT_MAX)
		unfit = "an impossible picture length";
	return unfit == NULL ? 0
			     : cause_detail(why, &reason_camera_unfit,
				   "%s: the driver answers with %s", node->path, unfit);
}

/* Ask for the rate. Returns the driver's answer, or 0/0 when it cannot set one. */
static struct v4l2_fract
set_rate(int fd, struct v4l2_fract interval)
{
	struct v4l2_streamparm parm = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };

	if (v4l2_ioctl(fd, VIDIOC_G_PARM, &parm) == -1)
		return (struct v4l2_fract){ 0, 0 };
	if (interval.numerator == 0 || !(parm.parm.capture.capability & V4L2_CAP_TIMEPERFRAME))
		return parm.parm.capture.timeperframe;
	parm.parm.capture.timeperframe = interval;
	if (v4l2_ioctl(fd, VIDIOC_S_PARM, &parm) == -1)
		return (struct v4l2_fract){ 0, 0 };
	return parm.parm.capture.timeperframe;
}

int
v4l2_negotiate(const struct v4l2_node *node, const struct source_request *wanted,
    struct source_mode *mode, struct v4l2_pix_format *format, struct cause *why)
{
	struct candidate best;
	struct v4l2_fract interval;

	if (take_signal(node, why) == -1)
		return -1;
	if (choose(node, wanted, &best, why) == -1)
		return -1;
	if (set_format(node, &best, format, why) == -1) {
		errno = EIO;
		return -1;
	}
	interval = set_rate(node->fd, best.interval);
	mode->format = known[rank_of(format->pixelformat)].pixels;
	mode->width = format->width;
	mode->height = format->height;
	mode->image_size = format->sizeimage;
	if (interval.numerator != 0) {
		mode->fps_num = interval.denominator;
		mode->fps_den = interval.numerator;
	}
	return 0;
}

/* YCbCr has studio range, except in V4L2_COLORSPACE_JPEG or when the driver says otherwise
 * (kernel: colorspaces-defs.rst). */
bool
v4l2_is_studio(enum pixel_format pixels, const struct v4l2_pix_format *format)
{
	if (format->quantization != V4L2_QUANTIZATION_DEFAULT)
		return format->quantization == V4L2_QUANTIZATION_LIM_RANGE && pixels != PIXEL_RGB24;
	return is_yuv(pixels) && format->colorspace != V4L2_COLORSPACE_JPEG;
}

uint32_t
v4l2_whole(enum pixel_format pixels, const struct v4l2_pix_format *format)
{
	uint32_t luma = format->bytesperline * format->height;

	switch (pixels) {
	case PIXEL_NV12: return luma + format->bytesperline * ((format->height + 1) / 2);
	case PIXEL_YUV420:
		return luma + 2 * (format->bytesperline / 2 * ((format->height + 1) / 2));
	case PIXEL_MJPEG: return 4; /* SOI and EOI at least; jpeg/check.h looks closer */
	default: return luma;
	}
}

/* ---- listing --------------------------------------------------------- */

struct listing {
	struct v4l2_walk *walker;
	uint32_t fourcc;
	json_t *sizes, *rates;
};

static void
list_rate(void *arg, struct v4l2_fract interval)
{
	struct listing *listing = arg;

	if (interval.numerator != 0)
		json_array_append_new(listing->rates, json_real(v4l2_fps(interval)));
}

static void
list_size(void *arg, uint32_t width, uint32_t height)
{
	struct listing *listing = arg;

	listing->rates = json_array();
	v4l2_walk_rates(listing->walker, listing->fourcc, width, height, 0, list_rate, listing);
	json_array_append_new(listing->sizes,
	    json_pack("{s:i, s:i, s:o}", "width", (int)width, "height", (int)height, "fps",
		listing->rates));
}

json_t *
v4l2_list_modes(int fd)
{
	static const struct source_request any = { .kind = "v4l2" };
	struct v4l2_walk walker = { .fd = fd };
	struct v4l2_fmtdesc is = { 0 };
	json_t *modes = json_array();

	for (; v4l2_walk_format(&walker, &is); is.index++) {
		struct listing listing = {
			.walker = &walker, .fourcc = is.pixelformat, .sizes = json_array()
		};
		int rank = rank_of(is.pixelformat);
		char text[5];

		fourcc_text(is.pixelformat, text);
		v4l2_walk_sizes(&walker, is.pixelformat, &any, list_size, &listing);
		json_array_append_new(modes,
		    json_pack("{s:s, s:b, s:o}", "format",
			rank != -1 ? pixel_format_name(known[rank].pixels) : text, "usable",
			rank != -1, "sizes", listing.sizes));
	}
	return modes;
}
