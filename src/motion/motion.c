/* SPDX-License-Identifier: ISC */
/* A running average with selective update (Piccardi, Background subtraction
 * techniques: a review, IEEE SMC 2004): each pixel's background moves towards the
 * picture by a share of the difference, a smaller one where something is in front
 * of it. No variance a pixel: the noise floor is a setting. Sigma-delta (Manzanera
 * & Richefeu 2007), as cheap, moves by one level a picture however far the light
 * has gone, and would call a lamp motion for ten seconds. */
#include "motion/motion.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "motion/mask.h"

enum {
	FRACTION = 7,		/* bits: 8.7 fixed point, so that differences fit 16-bit lanes */
	FOLLOW = 4,		/* the background follows by 1/16 a picture, */
	FOLLOW_CHANGED = 6,	/* by 1/64 where it changed, */
	FOLLOW_LEARNING = 0,	/* and is simply the newest picture while it is learned */
	WARM_UP = 10,		/* pictures */
	SETTLE = 5,		/* pictures a camera needs for its exposure after a lamp */
	COMPANY = 3,		/* of the 9 pixels around and with a changed one */
};

struct motion {
	struct mask mask;
	uint32_t width, height;		/* of the picture; 0 = none yet */
	uint32_t area;			/* pixels to look at */
	unsigned char *look;		/* 1 = look here */
	unsigned char *blurred;
	unsigned char *changed;		/* 1 = differs; with a border of one pixel of 0 */
	unsigned char *columns;		/* 1 = some pixel of this column changed */
	uint16_t *sums;			/* one line's, with a border of one */
	int16_t *background;
	unsigned learning;		/* pictures still to learn from */
	enum motion_held learning_why;
	bool fired;
	uint64_t fired_ns;
};

const char *
motion_held_word(enum motion_held held)
{
	static const char *const words[] = {
		[MOTION_FREE] = "", [MOTION_BELOW] = "below threshold", [MOTION_COOLDOWN] = "cool-down",
		[MOTION_LIGHT] = "light switch", [MOTION_WARMING] = "warming up",
	};

	return words[held];
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
	free(motion->columns);
	free(motion->sums);
	free(motion->background);
	motion->look = motion->blurred = motion->changed = motion->columns = NULL;
	motion->sums = NULL;
	motion->background = NULL;
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
	motion->columns = malloc(width);
	motion->sums = calloc((size_t)width + 2, sizeof *motion->sums);
	motion->background = calloc(size, sizeof *motion->background);
	if (motion->look == NULL || motion->blurred == NULL || motion->changed == NULL ||
	    motion->columns == NULL || motion->sums == NULL || motion->background == NULL) {
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

/* 3x3 mean; beyond the border the outermost pixel goes on. */
static void
picture_blur(struct motion *motion, const unsigned char *grey)
{
	uint32_t width = motion->width, last = motion->height - 1;
	uint16_t *sums = motion->sums;	/* sums[x + 1] is column x */

	for (uint32_t y = 0; y <= last; y++) {
		const unsigned char *line = grey + (size_t)y * width;
		const unsigned char *above = y > 0 ? line - width : line;
		const unsigned char *below = y < last ? line + width : line;
		unsigned char *restrict out = motion->blurred + (size_t)y * width;

		for (size_t x = 0; x < width; x++)
			sums[x + 1] = (uint16_t)(above[x] + line[x] + below[x]);
		sums[0] = sums[1];
		sums[width + 1] = sums[width];
		for (size_t x = 0; x < width; x++)	/* 7282 = 65536 / 9, rounded up */
			out[x] = (unsigned char)((uint32_t)(uint16_t)(sums[x] + sums[x + 1] +
			    sums[x + 2]) * 7282 >> 16);
	}
}

/* Mark what differs by more than `noise`, and let the background follow. */
static void
line_compare(const unsigned char *restrict picture, const unsigned char *restrict look,
	int16_t *restrict background, unsigned char *restrict changed, uint32_t width,
	int16_t noise, int follow, int follow_changed)
{
	for (size_t x = 0; x < width; x++) {
		int16_t away = (int16_t)((picture[x] << FRACTION) - background[x]);
		int16_t differs = (int16_t)(((away > noise) | (away < -noise)) & look[x]);

		changed[x] = (unsigned char)differs;
		background[x] = (int16_t)(background[x] +
		    (differs ? away >> follow_changed : away >> follow));
	}
}

/* Line y of the changed pixels, its border before and behind them. */
static unsigned char *
changed_line(const struct motion *motion, uint32_t y)
{
	return motion->changed + ((size_t)motion->width + 2) * (y + 1);
}

static void
picture_compare(struct motion *motion, unsigned noise)
{
	bool learning = motion->learning > 0;

	for (uint32_t y = 0; y < motion->height; y++) {
		size_t at = (size_t)y * motion->width;

		line_compare(motion->blurred + at, motion->look + at, motion->background + at,
		    changed_line(motion, y) + 1, motion->width,
		    (int16_t)((noise < 255 ? noise : 255) << FRACTION),
		    learning ? FOLLOW_LEARNING : FOLLOW, learning ? FOLLOW_LEARNING : FOLLOW_CHANGED);
	}
}

/* How many changed pixels of a line have company; `columns` gathers where. The
 * three lines begin with their border. */
static uint32_t
line_count(const unsigned char *above, const unsigned char *line, const unsigned char *below,
	unsigned char *restrict columns, uint32_t width)
{
	uint32_t count = 0;

	for (size_t x = 0; x < width; x++) {
		unsigned char around = (unsigned char)(above[x] + above[x + 1] + above[x + 2] +
		    line[x] + line[x + 1] + line[x + 2] + below[x] + below[x + 1] + below[x + 2]);
		unsigned char kept = line[x + 1] & (around >= COMPANY);

		columns[x] |= kept;
		count += kept;
	}
	return count;
}

/* Count what changed, leaving out single pixels, and draw a box around it. */
static uint32_t
picture_count(struct motion *motion, struct motion_verdict *verdict)
{
	uint32_t count = 0, top = motion->height, bottom = 0, left = 0, right = motion->width;

	memset(motion->columns, 0, motion->width);
	for (uint32_t y = 0; y < motion->height; y++) {
		const unsigned char *line = changed_line(motion, y);
		uint32_t here = line_count(line - motion->width - 2, line, line + motion->width + 2,
		    motion->columns, motion->width);

		if (here > 0 && top == motion->height)
			top = y;
		if (here > 0)
			bottom = y + 1;
		count += here;
	}
	if (count == 0)
		return 0;
	while (motion->columns[left] == 0)
		left++;
	while (motion->columns[right - 1] == 0)
		right--;
	verdict->box_x = left;
	verdict->box_y = top;
	verdict->box_width = right - left;
	verdict->box_height = bottom - top;
	return count;
}

/* A count above nothing never rounds down to "no change": threshold 0 means any. */
static uint32_t
permille(uint32_t count, uint32_t area)
{
	return (uint32_t)(((uint64_t)count * 1000 + area - 1) / area);
}

/* What differs from a background not yet learned means nothing. */
static bool
motion_warming(const struct motion *motion)
{
	return motion->learning > 0 && motion->learning_why == MOTION_WARMING;
}

/* What keeps this change from being a trigger; MOTION_FREE = nothing does. */
static enum motion_held
motion_hold(struct motion *motion, const struct motion_settings *settings, uint32_t change,
	uint64_t mono_ns)
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
	if (change <= settings->threshold * 10)
		return MOTION_BELOW;
	if (motion->fired && mono_ns < motion->fired_ns + settings->cooldown_ms * CLOCK_MS)
		return MOTION_COOLDOWN;
	return MOTION_FREE;
}

struct motion_verdict
motion_judge(struct motion *motion, const struct motion_settings *settings,
	const unsigned char *grey, uint32_t width, uint32_t height, uint64_t mono_ns)
{
	struct motion_verdict verdict = { .held = MOTION_WARMING, .threshold = settings->threshold };

	if (width == 0 || height == 0)
		return verdict;
	if ((width != motion->width || height != motion->height) && !planes_new(motion, width, height))
		return verdict;	/* no memory: tried again with the next picture */
	picture_blur(motion, grey);
	picture_compare(motion, settings->noise);
	if (motion->area > 0 && !motion_warming(motion))
		verdict.change = permille(picture_count(motion, &verdict), motion->area);
	verdict.held = motion_hold(motion, settings, verdict.change, mono_ns);
	if (verdict.held == MOTION_FREE) {
		verdict.triggered = true;
		motion->fired = true;
		motion->fired_ns = mono_ns;
	}
	return verdict;
}
