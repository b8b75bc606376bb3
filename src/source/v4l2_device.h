/* SPDX-License-Identifier: ISC */
/* v4l2_device: what the V4L2 files of this room share. The only one that
 * includes <linux/videodev2.h> (kernel: Documentation/userspace-api/media/v4l/).
 *
 *   v4l2.c           streaming: the source kind
 *   v4l2_device.c    nodes: ioctls, what is a camera, finding it again, listing
 *   v4l2_mode.c      format, size and rate: choosing and setting
 *   v4l2_walk.c      what the driver lists of them
 *   v4l2_controls.c  brightness and its like
 */
#ifndef ORIEL_SOURCE_V4L2_DEVICE_H
#define ORIEL_SOURCE_V4L2_DEVICE_H

#include <jansson.h>
#include <linux/videodev2.h>
#include <stdbool.h>
#include <stddef.h>

#include "source/source.h"

/* ---- v4l2_device.c ---- */

/* ioctl(2), repeated after EINTR. */
int v4l2_ioctl(int fd, unsigned long request, void *arg);

struct v4l2_node {
	int fd;	      /* open, non-blocking */
	int number;   /* N of /dev/videoN, -1 = none */
	uint32_t can; /* V4L2_CAP_* */
	char path[128];
	char card[32], bus[32]; /* who it is and where it is plugged in */
};

/* Open `path` if it captures video. -1 with one clear reason; errno is ENOENT when it
 * is simply not there. */
int v4l2_open_node(const char *path, struct v4l2_node *node, struct cause *why);

/* Which of the nodes with this card and bus is it? Two sensors of one device differ in the USB
 * interface or in the order of their nodes there. This stays the same when it is plugged in
 * again; "" = it is the only one. */
void v4l2_tell_apart(const struct v4l2_node *node, char self[SOURCE_SELF]);

/* The numbers of all nodes that may be taken when none is named, best first. Returns how many.
 * If there is none: *why, errno as above. Converters (memory to memory) and nodes whose pipeline
 * must be set up first (V4L2_CAP_IO_MC) are not among them. */
unsigned v4l2_rank(
    const struct source_request *wanted, uint8_t numbers[SOURCE_NODES], struct cause *why);

/* ---- v4l2_mode.c ---- */

/* Choose the format, size and rate nearest to `wanted`, set them, and say in *mode and *format
 * what the driver made of them. -1: errno is ENOENT when it has no format that we know. */
int v4l2_negotiate(const struct v4l2_node *node, const struct source_request *wanted,
    struct source_mode *mode, struct v4l2_pix_format *format, struct cause *why);

/* Are the driver's samples in studio range? (see struct picture) */
bool v4l2_is_studio(enum pixel_format pixels, const struct v4l2_pix_format *format);

/* Bytes of a whole raw picture in `format`. */
uint32_t v4l2_whole(enum pixel_format pixels, const struct v4l2_pix_format *format);

/* The "formats" of source_list. */
json_t *v4l2_list_modes(int fd);

/* ---- v4l2_controls.c ---- */

/* The controls of an open camera, as read last; see the functions with these names in source.h. */
struct v4l2_controls;

struct v4l2_controls *v4l2_controls_new(void);		 /* NULL: out of memory */
void v4l2_controls_free(struct v4l2_controls *controls); /* NULL is allowed */
void v4l2_controls_read(struct v4l2_controls *controls, bool all);
bool v4l2_controls_step(struct v4l2_controls *controls, int fd);
json_t *v4l2_controls_list(const struct v4l2_controls *controls);
int v4l2_check_control(
    struct v4l2_controls *controls, const char *name, const json_t *value, struct cause *why);
int v4l2_set_control(struct v4l2_controls *controls, int fd, const char *name, const json_t *value,
    struct cause *why);

#endif
