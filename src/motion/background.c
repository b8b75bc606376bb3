/* SPDX-License-Identifier: ISC */
#include "motion/background.h"

#include <stdlib.h>

enum {
	FRACTION = 7,	    /* bits */
	FOLLOW = 6,	    /* the background follows by 1/64 a picture */
	FOLLOW_CHANGED = 8, /* by 1/256 where the pixel differs */
	WAVER = 7,	    /* the deviation follows by 1/128 */
	WAVER_LEARNING = 2, /* by 1/4 while the background is learned */
	DEVIATIONS = 2,	    /* a pixel wavers by this many mean deviations */
	LIVELY = 8,	    /* a distance of more than this many steps does not count as wavering */
	STEP_FADES = 4,	    /* a step is forgotten by 1/16 a picture */
	LIGHT_SAME = 256,   /* 8 bits */
	LIGHT_LEAST = 128,
	LIGHT_MOST = 512,
	DARK = 24,  /* levels; darker pixels tell too little about the light */
	SAMPLE = 2, /* the light is measured in every other pixel of every other line */
};

bool
background_init(struct background *background, uint32_t width, uint32_t height)
{
	size_t size = (size_t)width * height;

	background->width = width;
	background->height = height;
	background->light = LIGHT_SAME;
	background->levels = calloc(size, sizeof *background->levels);
	background->deviations = calloc(size, sizeof *background->deviations);
	background->before = calloc(size, sizeof *background->before);
	background->steps = calloc(size, sizeof *background->steps);
	return background->levels != NULL && background->steps != NULL &&
	    background->before != NULL && background->deviations != NULL;
}

void
background_deinit(struct background *background)
{
	free(background->levels);
	free(background->deviations);
	free(background->before);
	free(background->steps);
	*background = (struct background){ 0 };
}

void
background_learn(
    struct background *background, uint32_t y, const unsigned char *restrict line, unsigned nth)
{
	size_t at = (size_t)y * background->width;
	int16_t *restrict levels = background->levels + at;
	int16_t *restrict deviations = background->deviations + at;
	unsigned char *restrict before = background->before + at;
	int part = (1 << FRACTION) / (int)nth;

	for (size_t x = 0; x < background->width; x++) {
		int step = abs(line[x] - before[x]) << FRACTION;

		if (nth > 1)
			deviations[x] = (int16_t)(deviations[x] +
			    ((step - deviations[x]) >> WAVER_LEARNING));
		levels[x] = (int16_t)(levels[x] +
		    (((line[x] << FRACTION) - levels[x]) * part >> FRACTION));
		before[x] = line[x];
	}
}

/* ---- light ----------------------------------------------------------- */

struct ratios {
	uint32_t of[2 * LIGHT_MOST]; /* pixels for each ratio of brightness to background */
	uint32_t count;
};

static void
ratios_measure(
    struct ratios *ratios, const struct background *background, const unsigned char *picture)
{
	for (uint32_t y = 0; y < background->height; y += SAMPLE) {
		size_t at = (size_t)y * background->width;

		for (uint32_t x = 0; x < background->width; x += SAMPLE) {
			uint32_t level = (uint32_t)background->levels[at + x] >> FRACTION;
			uint32_t ratio;

			if (level < DARK)
				continue;
			ratio = picture[at + x] * (uint32_t)LIGHT_SAME / level;
			ratios->of[ratio < 2 * LIGHT_MOST ? ratio : 2 * LIGHT_MOST - 1]++;
			ratios->count++;
		}
	}
}

static int
ratios_median(const struct ratios *ratios)
{
	uint32_t below = 0;
	int ratio = 0;

	while (ratio < 2 * LIGHT_MOST - 1 && (below += ratios->of[ratio]) * 2 < ratios->count)
		ratio++;
	return ratio;
}

/* How many pixels are within 1/16 of `ratio`. */
static uint32_t
ratios_near(const struct ratios *ratios, int ratio)
{
	uint32_t near = 0;

	for (int i = ratio - ratio / 16; i <= ratio + ratio / 16; i++)
		near += ratios->of[i];
	return near;
}

void
background_light(struct background *background, const unsigned char *picture)
{
	struct ratios ratios = { .count = 0 };
	int light;

	background->light = LIGHT_SAME;
	if (picture == NULL)
		return;
	ratios_measure(&ratios, background, picture);
	light = ratios_median(&ratios);
	if (light >= LIGHT_LEAST && light <= LIGHT_MOST &&
	    ratios_near(&ratios, light) > ratios_near(&ratios, LIGHT_SAME))
		background->light = light;
}

/* ---- comparing ------------------------------------------------------- */

/* A pixel wavers if it leaves the background again and again, in steps. A thing that has come to
 * stay is as far from the background, but makes no steps. */
void
background_compare(struct background *background, uint32_t y, const unsigned char *restrict line,
    const unsigned char *restrict look, unsigned char *restrict changed, unsigned noise)
{
	size_t at = (size_t)y * background->width;
	int16_t *restrict levels = background->levels + at;
	int16_t *restrict deviations = background->deviations + at;
	unsigned char *restrict before = background->before + at;
	unsigned char *restrict steps = background->steps + at;
	int light = background->light, least = (int)(noise < 255 ? noise : 255) << FRACTION;

	for (size_t x = 0; x < background->width; x++) {
		int level = line[x] << FRACTION, away = abs(level - (levels[x] * light >> 8));
		int step = abs(line[x] - before[x]),
		    faded = steps[x] - ((steps[x] + 15) >> STEP_FADES);
		int kept = step > faded ? step : faded, lively = kept * (LIVELY << FRACTION);
		int differs = (away > least) & (away > DEVIATIONS * deviations[x]) & look[x];

		changed[x] = (unsigned char)differs;
		deviations[x] = (int16_t)(deviations[x] +
		    (((away < lively ? away : lively) - deviations[x]) >> WAVER));
		levels[x] = (int16_t)(levels[x] +
		    ((level - levels[x]) >> (differs ? FOLLOW_CHANGED : FOLLOW)));
		before[x] = line[x];
		steps[x] = (unsigned char)kept;
	}
}

/* The level that looks like `pixel` in this light. */
static int16_t
level_unlit(unsigned char pixel, int light)
{
	int level = (pixel << FRACTION) * LIGHT_SAME / light;

	return (int16_t)(level < 255 << FRACTION ? level : 255 << FRACTION);
}

void
background_take(struct background *background, uint32_t x, uint32_t y, uint32_t count,
    const unsigned char *pixels)
{
	int16_t *levels = background->levels + (size_t)y * background->width + x;

	for (uint32_t i = 0; i < count; i++)
		levels[i] = level_unlit(pixels[i], background->light);
}
