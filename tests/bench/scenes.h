/* SPDX-License-Identifier: ISC */
/* scenes: labelled little films in grey, for motion detection. The same in every run.
 *
 * Each lasts SCENE_SECONDS at SCENE_FPS and begins with SCENE_QUIET seconds in which nothing moves.
 * A scene is a table row: what is drawn, and when something moves that a person would call
 * motion. */
#ifndef ORIEL_TESTS_SCENES_H
#define ORIEL_TESTS_SCENES_H

#include <stdbool.h>
#include <stdint.h>

#include "motion/span.h"

enum {
	SCENE_FPS = 10,
	SCENE_SECONDS = 24,
	SCENE_QUIET = 8,
	SCENE_FRAMES = SCENE_FPS * SCENE_SECONDS
};

struct scene;

struct scene_label {
	const char *name;
	double begin, end; /* seconds in which something moves; both 0: nothing does */
	double light; /* when the light changes for good: one event is allowed; 0: it does not */
};

unsigned scene_count(void);
struct scene_label scene_label(unsigned scene);

/* Draw picture `frame` (0..SCENE_FRAMES - 1) of a scene: width * height bytes. */
void scene_draw(
    unsigned scene, unsigned frame, unsigned char *grey, unsigned width, unsigned height);

/* Does an event begin with picture `frame`, by orield's own settings? `above`: whether it was
 * judged to be motion. *span is zero before the first. */
bool scene_begins(struct span *span, unsigned frame, bool above);

/* What a detector made of a scene. */
struct scene_score {
	unsigned seen;	 /* 1: an event while something moved, or within a second after */
	unsigned missed; /* 1: something moved, and there was none */
	unsigned right;	 /* events while something moved */
	unsigned wrong;	 /* events while nothing did, but for the one that a change of the light may
			    have */
};

/* The events at these times, in seconds since the scene began, increasing. */
struct scene_score scene_score(unsigned scene, const double *events, unsigned count);

#endif
