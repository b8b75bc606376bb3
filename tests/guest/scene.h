/* SPDX-License-Identifier: ISC */
/* scene: what the test camera sees, as numbered frames whose every byte is known. */
#ifndef ORIEL_GUEST_SCENE_H
#define ORIEL_GUEST_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scene_format { SCENE_MJPEG, SCENE_YUYV };
enum { SCENES = 4 }; /* places where the box can stand */

struct scene;

/* Colour bars above a grey ramp, with a white box at place `place` (0..SCENES-1).
 * huffman: false leaves the JPEG's Huffman tables out, as many cameras do. NULL:
 * out of memory. */
struct scene *scene_new(
    enum scene_format format, unsigned width, unsigned height, unsigned place, bool huffman);
void scene_free(struct scene **scene);

/* The frame with this number, valid until the next call. The number is in a COM
 * segment of a JPEG ("oriel frame 00000042"), and in a YUYV picture's top left: 32
 * squares of 8x8, most significant bit first, white = 1. */
const uint8_t *scene_frame(struct scene *scene, uint32_t number, size_t *length);

#endif
