/* SPDX-License-Identifier: ISC */
/* background: what each pixel looks like when nothing moves, and by how much it wavers.
 *
 * A running average with selective update (Piccardi, Background subtraction techniques: a
 * review, IEEE SMC 2004), and a running mean deviation. Where a lamp flickers or leaves move, the
 * deviation is high, and so a pixel must differ more. background_light() measures in each picture
 * how much brighter the whole scene is than the background: clouds, dusk and the camera's exposure
 * multiply all pixels alike, and are no motion. */
#ifndef ORIEL_MOTION_BACKGROUND_H
#define ORIEL_MOTION_BACKGROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct background {
	uint32_t width, height;
	int16_t *levels;       /* 8.7 fixed point, so that differences fit 16-bit lanes */
	int16_t *deviations;   /* 8.7 too */
	unsigned char *before; /* the picture before */
	unsigned char *steps;  /* the largest recent step from one picture to the next */
	int light;	       /* brightness of the scene / levels, in 1/256 */
};

/* The caller sets all to 0 before. False: out of memory. Deinit may be called in any state. */
bool background_init(struct background *background, uint32_t width, uint32_t height);
void background_deinit(struct background *background);

/* Learn from this line of the nth picture: the background becomes the mean of n pictures; n = 1
 * begins anew. A pixel's deviation is learned from its step from the picture before. */
void background_learn(
    struct background *background, uint32_t y, const unsigned char *line, unsigned nth);

/* Measure the light of this picture against the background. It is 256 (the same) if `picture` is
 * NULL, if the factor is not within 1/2 to 2, or if 256 fits at least as many pixels. */
void background_light(struct background *background, const unsigned char *picture);

/* Set changed[width] for this line of the picture: 1 where look[] is 1 and the pixel, in the
 * picture's light, differs by more than `noise` levels and more than it wavers; else 0. The
 * background then follows the line. */
void background_compare(struct background *background, uint32_t y, const unsigned char *line,
    const unsigned char *look, unsigned char *changed, unsigned noise);

/* Make `count` pixels from (x, y) on, taken in the measured light, the background. */
void background_take(struct background *background, uint32_t x, uint32_t y, uint32_t count,
    const unsigned char *pixels);

#endif
