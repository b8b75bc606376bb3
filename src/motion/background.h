/* SPDX-License-Identifier: ISC */
/* background: what each pixel looks like when nothing moves, and by how much it wavers.
 *
 * A running average with selective update (Piccardi, Background subtraction techniques: a
 * review, IEEE SMC 2004) and a running mean deviation beside it, so that flicker and leaves
 * raise the bar where they are. How bright the whole scene is
 * now, against the background, is measured in each picture (background_light): clouds, dusk
 * and the camera's exposure multiply all pixels alike, and are no motion. */
#ifndef ORIEL_MOTION_BACKGROUND_H
#define ORIEL_MOTION_BACKGROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct background {
	uint32_t width, height;
	int16_t *levels;       /* 8.7 fixed point, so that differences fit 16-bit lanes */
	int16_t *deviations;   /* the same */
	unsigned char *before; /* the picture before */
	unsigned char *steps;  /* the largest step from picture to picture of late */
	int light;	       /* how much brighter the scene is than the levels, in 1/256 */
};

/* false: out of memory. The caller sets all to 0 before; deinit may be called in any state. */
bool background_init(struct background *background, uint32_t width, uint32_t height);
void background_deinit(struct background *background);

/* Learn from this line of the nth picture: the background is the mean of n, 1 begins anew; what
 * differs from the picture before wavers. */
void background_learn(
    struct background *background, uint32_t y, const unsigned char *line, unsigned nth);

/* Measure the light of this picture. It is as the background's (256) also where another factor
 * explains no more of the picture, for one beyond 1/2 to 2, and if `picture` is NULL. */
void background_light(struct background *background, const unsigned char *picture);

/* Mark in changed[width] (1 or 0) where this line of the picture, in its light, differs by
 * more than `noise` levels and more than it wavers, if look[] is 1 there; and follow it. */
void background_compare(struct background *background, uint32_t y, const unsigned char *line,
    const unsigned char *look, unsigned char *changed, unsigned noise);

/* The pixels from (x, y) on, in the light of now, are the background from now on. */
void background_take(struct background *background, uint32_t x, uint32_t y, uint32_t count,
    const unsigned char *pixels);

#endif
