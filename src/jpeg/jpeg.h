/* SPDX-License-Identifier: ISC */
/* jpeg: encode raw pictures, decode a small grey one, on libjpeg-turbo. Contexts
 * are for one thread each and allocate nothing per frame once warm. */
#ifndef ORIEL_JPEG_JPEG_H
#define ORIEL_JPEG_JPEG_H

#include <stdint.h>

#include "base/cause.h"
#include "base/picture.h"

/* ---- encoder ---- */
struct jpeg_encoder;
struct jpeg_encoder *jpeg_encoder_new(void); /* NULL: out of memory */
void jpeg_encoder_free(struct jpeg_encoder **encoder);

/* Encode a raw picture at `quality` (1..100) into out[0..capacity). Returns the JPEG's length
 * (at most capacity - 1), or -1 with *why (does not fit, size out of range, data shorter than
 * the format needs). YUYV, UYVY (4:2:2), NV12, YUV420 (4:2:0) and GREY go to libjpeg as raw
 * data, straight from the planes; RGB24 goes through its colour converter. */
long jpeg_encode(struct jpeg_encoder *encoder, const struct picture *picture, int quality,
    unsigned char *out, uint32_t capacity, struct cause *why);

/* Can jpeg_encode take the picture, so that nothing outside its bytes will be read? -1 with
 * *why. */
int jpeg_check_raw(const struct picture *picture, struct cause *why);

/* One band of a picture as a JPEG of its own. Its header has a restart interval (T.81 B.2.4.4)
 * of `interval` MCUs, 0 = none. jpeg/encoder_pool.h joins the bands. */
struct jpeg_band {
	uint32_t top, height; /* lines; `top` at a whole MCU */
	unsigned interval;
};
long jpeg_encode_band(struct jpeg_encoder *encoder, const struct picture *picture,
    const struct jpeg_band *band, int quality, unsigned char *out, uint32_t capacity,
    struct cause *why);

/* Pixels of an MCU; 0 for formats that are not encoded. */
void jpeg_band_step(enum pixel_format format, uint32_t *mcu_width, uint32_t *mcu_height);

/* ---- decoder of 1/8-scale grey, for motion ---- */
struct jpeg_decoder;
struct jpeg_decoder *jpeg_decoder_new(void);
void jpeg_decoder_free(struct jpeg_decoder **decoder);

/* Decode to grey at 1/8 scale (DC terms only): width and height are the source's divided by 8,
 * rounded up. `grey` holds capacity bytes, lines packed. -1 with *why when it is no decodable
 * JPEG, is CMYK or YCCK, does not fit, or when its data ends before the last row of MCUs. It
 * never takes more than JPEG_DECODE_MOST bytes (jpeg/check.h) and some 8 MiB. */
int jpeg_decode_grey8(struct jpeg_decoder *decoder, const unsigned char *jpeg, uint32_t length,
    unsigned char *grey, uint32_t capacity, uint32_t *width, uint32_t *height, struct cause *why);

/* Decode and throw the result away, after jpeg_check: does a browser's decoder reach the last
 * row of MCUs? EOI may be missing. -1 with *why: no, or it takes too much. */
int jpeg_decode_whole(
    struct jpeg_decoder *decoder, const unsigned char *jpeg, uint32_t length, struct cause *why);

#endif
