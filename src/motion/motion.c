/* SPDX-License-Identifier: ISC */
#include "motion/motion.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "protocol/reasons.h"
#include "motion/background.h"
#include "motion/mask.h"
#include "motion/components.h"
#include "motion/stationary.h"

enum {
	WARM_UP = 10, /* pictures */
	SETTLE = 5,   /* pictures until the camera's exposure is steady after a change of light */
};

struct motion {
	struct mask mask;
	uint32_t width, height; /* of the picture; 0 = none yet */
	uint32_t area;		/* pixels to look at */
	unsigned char *look;	/* 1 = look here */
	unsigned char *blurred;
	unsigned char *changed; /* 1 = differs; with a border of one pixel of 0 */
	uint16_t *sums;		/* of one line, with a border of one */
	struct background background;
	struct stationary stationary;
	struct components components;
	unsigned learning; /* pictures still to learn from */
	enum motion_held learning_why;
};

const char *
motion_held_word(enum motion_held held)
{
	static const char *const words[] = {
		[MOTION_FREE] = "",
		[MOTION_BELOW] = "below threshold",
		[MOTION_LIGHT] = "light switch",
		[MOTION_WARMING] = "warming up",
		[MOTION_SHORT] = "too brief so far",
		[MOTION_COOLDOWN] = "cool-down",
	};

	return held == MOTION_DISARMED ? reason_not_armed.text : words[held];
}

struct motion *
motion_new(void)
{
	return calloc(1, sizeof(struct motion));
}

static void
planes_free(struct motion *motion)
{
	free(motion->look);
	free(motion->blurred);
	free(motion->changed);
	free(motion->sums);
	background_deinit(&motion->background);
	stationary_deinit(&motion->stationary);
	components_deinit(&motion->components);
	motion->look = motion->blurred = motion->changed = NULL;
	motion->sums = NULL;
	motion->width = motion->height = 0;
}

static bool
planes_new(struct motion *motion, uint32_t width, uint32_t height)
{
	size_t size = (size_t)width * height;

	planes_free(motion);
	motion->look = malloc(size);
	motion->blurred = malloc(size);
	motion->changed = calloc((size_t)width + 2, (size_t)height + 2);
	motion->sums = calloc((size_t)width + 2, sizeof *motion->sums);
	if (motion->look == NULL || motion->blurred == NULL || motion->changed == NULL ||
	    motion->sums == NULL || !components_init(&motion->components, width, height) ||
	    !background_init(&motion->background, width, height) ||
	    !stationary_init(&motion->stationary, width, height)) {
		planes_free(motion);
		return false;
	}
	motion->width = width;
	motion->height = height;
	motion->area = mask_scale(&motion->mask, width, height, motion->look);
	motion_forget(motion);
	return true;
}

void
motion_free(struct motion **motion)
{
	if (*motion == NULL)
		return;
	planes_free(*motion);
	mask_deinit(&(*motion)->mask);
	free(*motion);
	*motion = NULL;
}

int
motion_set_mask(struct motion *motion, const char *path, struct cause *why)
{
	struct mask mask = { 0 };

	if (*path != '\0' && mask_load(&mask, path, why) == -1)
		return -1;
	mask_deinit(&motion->mask);
	motion->mask = mask;
	if (motion->width != 0)
		motion->area = mask_scale(&mask, motion->width, motion->height, motion->look);
	return 0;
}

void
motion_forget(struct motion *motion)
{
	motion->learning = WARM_UP;
	motion->learning_why = MOTION_WARMING;
}

/* 3x3 mean; the outermost pixels are repeated beyond the edge. */
static void
picture_blur(struct motion *motion, const unsigned char *grey)
{
	uint32_t width = motion->width, last = motion->height - 1;
	uint16_t *sums = motion->sums; /* sums[x + 1] is column x */

	for (uint32_t y = 0; y <= last; y++) {
		const unsigned char *line = grey + (size_t)y * width;
		const unsigned char *above = y > 0 ? line - width : line;
		const unsigned char *below = y < last ? line + width : line;
		unsigned char *restrict out = motion->blurred + (size_t)y * width;

		for (size_t x = 0; x < width; x++)
			sums[x + 1] = (uint16_t)(above[x] + line[x] + below[x]);
		sums[0] = sums[1];
		sums[width + 1] = sums[width];
		for (size_t x = 0; x < width; x++) /* 7282 = 65536 / 9, rounded up */
			out[x] = (unsigned char)((uint32_t)(uint16_t)(sums[x] + sums[x + 1] +
						     sums[x + 2]) *
				7282 >>
			    16);
	}
}

/* Line y of the changed pixels, from its left border on. */
static unsigned char *
changed_line(const struct motion *motion, uint32_t y)
{
	return motion->changed + ((size_t)motion->width + 2) * (y + 1);
}

/* After a change of light the exposure is not steady yet, so only the newest picture counts. */
static void
picture_learn(struct motion *motion)
{
	unsigned nth = motion->learning_why == MOTION_WARMING ? WARM_UP - motion->learning + 1 : 1;

	for (uint32_t y = 0; y < motion->height; y++)
		background_learn(
		    &motion->background, y, motion->blurred + (size_t)y * motion->width, nth);
}

/* Mark what differs from the background and does not lie still. If light_switch is off, a change
 * of light counts as a change. */
static void
picture_compare(struct motion *motion, const struct motion_settings *settings, uint64_t mono_ns)
{
	struct background *background = &motion->background;

	background_light(background, settings->light_switch < 100 ? motion->blurred : NULL);
	for (uint32_t y = 0; y < motion->height; y++) {
		size_t at = (size_t)y * motion->width;

		background_compare(background, y, motion->blurred + at, motion->look + at,
		    changed_line(motion, y) + 1, settings->noise);
	}
	stationary_look(&motion->stationary, motion->blurred, settings->noise * 3 / 8, mono_ns);
	stationary_take(&motion->stationary, background, motion->blurred,
	    changed_line(motion, 0) + 1, (size_t)motion->width + 2, mono_ns);
}

/* Add up the pieces that count, and put a box around them. */
static uint32_t
picture_count(struct motion *motion, struct motion_verdict *verdict)
{
	struct components_sum sum = components_count(
	    &motion->components, changed_line(motion, 0) + 1, (size_t)motion->width + 2);

	verdict->box_x = sum.left;
	verdict->box_y = sum.top;
	verdict->box_width = sum.right - sum.left;
	verdict->box_height = sum.bottom - sum.top;
	return sum.count;
}

/* Rounded up: with threshold 0, a single pixel is motion. */
static uint32_t
permille(uint32_t count, uint32_t area)
{
	return (uint32_t)(((uint64_t)count * 1000 + area - 1) / area);
}

/* What keeps this change from being motion; MOTION_FREE = nothing does. */
static enum motion_held
motion_hold(struct motion *motion, const struct motion_settings *settings, uint32_t change)
{
	if (motion->learning > 0) {
		motion->learning--;
		return motion->learning_why;
	}
	if (settings->light_switch < 100 && change >= settings->light_switch * 10) {
		motion->learning = SETTLE;
		motion->learning_why = MOTION_LIGHT;
		return MOTION_LIGHT;
	}
	return change <= settings->threshold ? MOTION_BELOW : MOTION_FREE;
}

struct motion_verdict
motion_judge(struct motion *motion, const struct motion_settings *settings,
    const unsigned char *grey, uint32_t width, uint32_t height, uint64_t mono_ns)
{
	struct motion_verdict verdict = { .held = MOTION_WARMING,
		.threshold = settings->threshold };

	if (width == 0 || height == 0)
		return verdict;
	if ((width != motion->width || height != motion->height) &&
	    !planes_new(motion, width, height))
		return verdict; /* no memory: tried again with the next picture */
	picture_blur(motion, grey);
	if (motion->learning > 0)
		picture_learn(motion);
	else {
		picture_compare(motion, settings, mono_ns);
		if (motion->area > 0)
			verdict.change = permille(picture_count(motion, &verdict), motion->area);
	}
	verdict.held = motion_hold(motion, settings, verdict.change);
	return verdict;
}
