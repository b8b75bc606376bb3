/* SPDX-License-Identifier: ISC */
#include "source/v4l2_device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NODES = 256 };	/* /dev/video0 … 255: VIDEO_NUM_DEVICES of the kernel's v4l2-dev.c */

int
v4l2_ioctl(int fd, unsigned long request, void *arg)
{
	int result;

	do
		result = ioctl(fd, request, arg);
	while (result == -1 && errno == EINTR);
	return result;
}

static int
explain_open(const char *path, struct cause *why)
{
	switch (errno) {
	case ENOENT: case ENODEV: case ENXIO:
		errno = ENOENT;
		return cause_set(why, "%s: no such camera", path);
	case EACCES: case EPERM:
		return cause_set(why, "%s: permission denied (its group is usually \"video\")", path);
	case EBUSY:
		return cause_set(why, "%s is in use by another program", path);
	}
	return cause_errno(why, "%s", path);
}

static int
check_capability(const char *path, const struct v4l2_capability *is, struct cause *why)
{
	uint32_t can = is->capabilities & V4L2_CAP_DEVICE_CAPS ? is->device_caps : is->capabilities;

	if (can & V4L2_CAP_VIDEO_CAPTURE)
		return can & V4L2_CAP_STREAMING ? 0 :
		    cause_set(why, "%s (%.32s) cannot stream", path, (const char *)is->card);
	if (can & V4L2_CAP_VIDEO_CAPTURE_MPLANE)
		return cause_set(why, "%s (%.32s) captures in several planes only, which is not supported",
		    path, (const char *)is->card);
	return cause_set(why, "%s (%.32s) does not capture video", path, (const char *)is->card);
}

/* Open `path` if it is a camera. */
static int
open_node(const char *path, struct v4l2_node *node, struct cause *why)
{
	struct v4l2_capability is = { 0 };

	node->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (node->fd == -1)
		return explain_open(path, why);
	if (v4l2_ioctl(node->fd, VIDIOC_QUERYCAP, &is) == -1) {
		cause_set(why, "%s is no V4L2 device", path);
		goto fail;
	}
	if (check_capability(path, &is, why) == -1)
		goto fail;
	snprintf(node->path, sizeof node->path, "%s", path);
	snprintf(node->card, sizeof node->card, "%.31s", (const char *)is.card);
	snprintf(node->bus, sizeof node->bus, "%.31s", (const char *)is.bus_info);
	return 0;
fail:
	close(node->fd);
	node->fd = -1;
	errno = ENODEV;
	return -1;
}

/* Is it the camera we had? Without one every camera is right. */
static bool
is_ours(const struct source_wish *wish, const struct v4l2_node *node)
{
	return wish->card == NULL ||
	    (strcmp(wish->card, node->card) == 0 && strcmp(wish->bus, node->bus) == 0);
}

/* The first camera among the nodes; with `ours` only the one we had. */
static int
search(const struct source_wish *wish, bool ours, struct v4l2_node *node, struct cause *why)
{
	struct cause reason;
	bool denied = false;

	for (int i = 0; i < NODES; i++) {
		char path[32];

		snprintf(path, sizeof path, "/dev/video%d", i);
		if (open_node(path, node, &reason) == 0) {
			if (!ours || is_ours(wish, node))
				return 0;
			close(node->fd);
		} else if (errno == EACCES && !denied) {
			denied = true;
			cause_set(why, "%s", reason.text);
		}
	}
	errno = denied ? EACCES : ENOENT;
	return denied ? -1 : cause_set(why, "no camera found");
}

int
v4l2_find(const struct source_wish *wish, struct v4l2_node *node, struct cause *why)
{
	struct v4l2_node named = { .fd = -1 };
	bool have_name = wish->device[0] != '\0';

	if (have_name && open_node(wish->device, &named, why) == 0 && is_ours(wish, &named)) {
		*node = named;
		return 0;
	}
	if (wish->card != NULL && search(wish, true, node, NULL) == 0) {
		if (named.fd != -1)
			close(named.fd);
		return 0;
	}
	if (!have_name)
		return search(wish, false, node, why);
	*node = named;		/* another camera under the name asked for, or none */
	return named.fd != -1 ? 0 : -1;
}

json_t *
source_list(void)
{
	json_t *list = json_array();
	struct v4l2_node node;
	struct cause why;

	for (int i = 0; i < NODES; i++) {
		char path[32];

		snprintf(path, sizeof path, "/dev/video%d", i);
		if (open_node(path, &node, &why) == 0) {
			json_array_append_new(list, json_pack("{s:s, s:s*, s:s*, s:o}", "device", path,
			    "name", node.card, "bus", node.bus, "formats", v4l2_list_modes(node.fd)));
			close(node.fd);
		} else if (errno == EACCES) {
			json_array_append_new(list, json_pack("{s:s, s:s}", "device", path,
			    "reason", why.text));
		}
	}
	return list;
}
