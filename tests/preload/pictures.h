/* SPDX-License-Identifier: ISC */
/* pictures: what the synthetic camera sees. */
#ifndef ORIEL_TESTS_PRELOAD_PICTURES_H
#define ORIEL_TESTS_PRELOAD_PICTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pictures {
	unsigned char *file; /* of JPEGs; NULL = none */
	struct {
		size_t at;
		uint32_t length;
	} * list;
	unsigned count;
	uint32_t longest;
};

bool pictures_load(struct pictures *pictures, const char *path);
void pictures_free(struct pictures *pictures);

uint32_t pictures_fourcc(const char *format); /* 0: unknown word */
uint32_t pictures_stride(uint32_t fourcc, uint32_t width);
uint32_t pictures_size(
    const struct pictures *pictures, uint32_t fourcc, uint32_t width, uint32_t height);

/* Put picture `number`, stamped, into a buffer that holds *picture already (-1 =
 * nothing). JPEG: true when it had to be copied; where the file has as many pictures
 * as there are buffers, or one, only the stamps are written after the first round. */
bool pictures_put_jpeg(const struct pictures *pictures, uint32_t number, uint64_t mono_ns,
    unsigned char *buffer, long *picture, uint32_t *length);
void pictures_put_raw(uint32_t fourcc, uint32_t width, uint32_t height, uint32_t number,
    uint64_t mono_ns, unsigned char *buffer, long *picture, uint32_t *length);

#endif
