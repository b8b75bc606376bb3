/* SPDX-License-Identifier: ISC */
#include "source/v4l2_device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/json.h"
#include "protocol/reasons.h"

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
	case ENOENT:
	case ENODEV:
	case ENXIO:
		errno = ENOENT;
		return cause_detail(why, &reason_no_camera, "%s: no such camera", path);
	case EACCES:
	case EPERM:
		return cause_detail(why, &reason_camera_denied,
		    "%s: permission denied (its group is usually \"video\")", path);
	case EBUSY:
		return cause_detail(
		    why, &reason_camera_in_use, "%s is in use by another program", path);
	}
	return cause_errno(why, "%s", path);
}

static int
check_capability(
    const char *path, const struct v4l2_capability *is, uint32_t can, struct cause *why)
{
	if (can & V4L2_CAP_VIDEO_CAPTURE)
		return can & V4L2_CAP_STREAMING
		    ? 0
		    : cause_detail(why, &reason_camera_unfit, "%s (%.32s) cannot stream", path,
			  (const char *)is->card);
	if (can & V4L2_CAP_VIDEO_CAPTURE_MPLANE)
		return cause_detail(why, &reason_camera_unfit,
		    "%s (%.32s) captures in several planes only, which is not supported", path,
		    (const char *)is->card);
	return cause_detail(why, &reason_camera_unfit, "%s (%.32s) does not capture video", path,
	    (const char *)is->card);
}

/* N of the /dev/videoN that `path` is or links to. */
static int
node_number(const char *path)
{
	char *real = realpath(path, NULL);
	unsigned number = SOURCE_NODES;
	int end = 0;

	if (sscanf(real != NULL ? real : path, "/dev/video%u%n", &number, &end) != 1 ||
	    number >= SOURCE_NODES || (real != NULL ? real : path)[end] != '\0')
		number = SOURCE_NODES;
	free(real);
	return number < SOURCE_NODES ? (int)number : -1;
}

int
v4l2_open_node(const char *path, struct v4l2_node *node, struct cause *why)
{
	struct v4l2_capability is = { 0 };

	node->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (node->fd == -1)
		return explain_open(path, why);
	if (v4l2_ioctl(node->fd, VIDIOC_QUERYCAP, &is) == -1) {
		cause_detail(why, &reason_camera_unfit, "%s is no V4L2 device", path);
		goto fail;
	}
	node->can = is.capabilities & V4L2_CAP_DEVICE_CAPS ? is.device_caps : is.capabilities;
	if (check_capability(path, &is, node->can, why) == -1)
		goto fail;
	snprintf(node->path, sizeof node->path, "%s", path);
	snprintf(node->card, sizeof node->card, "%.31s", (const char *)is.card);
	snprintf(node->bus, sizeof node->bus, "%.31s", (const char *)is.bus_info);
	node->number = node_number(path);
	return 0;
fail:
	close(node->fd);
	node->fd = -1;
	errno = ENODEV;
	return -1;
}

static int
open_number(unsigned number, struct v4l2_node *node, struct cause *why)
{
	char path[32];

	snprintf(path, sizeof path, "/dev/video%u", number);
	return v4l2_open_node(path, node, why);
}

/* ---- telling cameras apart ------------------------------------------- */

/* The folder of the kernel's device tree that holds the node: bus, socket, interface. */
static bool
find_place(unsigned number, char place[SOURCE_SELF])
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof link, "/sys/class/video4linux/video%u", number);
	length = readlink(link, place, SOURCE_SELF - 8); /* room for the order after it */
	if (length <= 0 || length == SOURCE_SELF - 8)
		return false;
	place[length] = '\0';
	*strrchr(place, '/') = '\0';
	return true;
}

static bool
has_twin(const struct v4l2_node *node)
{
	bool twin = false;

	for (unsigned i = 0; i < SOURCE_NODES && !twin; i++) {
		struct v4l2_node other = { .fd = -1, .number = -1 };

		if ((int)i == node->number || open_number(i, &other, NULL) == -1)
			continue;
		twin = strcmp(other.card, node->card) == 0 && strcmp(other.bus, node->bus) == 0;
		close(other.fd);
	}
	return twin;
}

void
v4l2_tell_apart(const struct v4l2_node *node, char self[SOURCE_SELF])
{
	char other[SOURCE_SELF];
	unsigned before = 0;

	self[0] = '\0';
	if (node->number == -1)
		return;
	if (!find_place((unsigned)node->number, self)) {
		/* Without /sys twins cannot be told apart. */
		self[0] = '\0';
		if (has_twin(node))
			snprintf(self, SOURCE_SELF, "%d", node->number);
		return;
	}
	/* As the kernel counts them (v4l2-dev.c, get_index) and udev names them. */
	for (unsigned i = 0; i < (unsigned)node->number; i++)
		before += find_place(i, other) && strcmp(other, self) == 0;
	snprintf(self + strlen(self), 8, " %u", before);
}

/* Is it the camera we had? */
static bool
is_ours(const struct source_request *wanted, const struct v4l2_node *node)
{
	char self[SOURCE_SELF];

	if (wanted->card == NULL || strcmp(wanted->card, node->card) != 0 ||
	    strcmp(wanted->bus, node->bus) != 0)
		return false;
	v4l2_tell_apart(node, self);
	return strcmp(wanted->self, self) == 0;
}

/* ---- choosing -------------------------------------------------------- */

enum { OURS_MAY_FAIL = 2, NOT_WANTED = 1 << 16 };

/* The smaller the better. */
static unsigned
rank(const struct source_request *wanted, const struct v4l2_node *node)
{
	bool ours = is_ours(wanted, node);
	unsigned failures = wanted->failures != NULL ? wanted->failures[node->number] : 0;

	if (node->can & (V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_IO_MC) ||
	    (wanted->only_ours && !ours) || (wanted->only_untried && failures > 0))
		return NOT_WANTED;
	if (ours)
		failures = failures > OURS_MAY_FAIL ? failures - OURS_MAY_FAIL : 0;
	/* A node that can also be written to is fed by a program, if one runs. */
	return failures << 2 | (ours ? 0u : 2u) | (node->can & V4L2_CAP_VIDEO_OUTPUT ? 1u : 0u);
}

unsigned
v4l2_rank(const struct source_request *wanted, uint8_t numbers[SOURCE_NODES], struct cause *why)
{
	unsigned ranks[SOURCE_NODES], count = 0, at;
	struct cause reason;
	bool denied = false;

	for (unsigned i = 0; i < SOURCE_NODES; i++) {
		struct v4l2_node node = { .fd = -1, .number = -1 };
		unsigned its;

		if (open_number(i, &node, &reason) == -1) {
			if (errno == EACCES && !denied)
				cause_copy(why, &reason);
			denied |= errno == EACCES;
			continue;
		}
		its = rank(wanted, &node);
		close(node.fd);
		if (its == NOT_WANTED)
			continue;
		for (at = count++; at > 0 && ranks[at - 1] > its; at--) {
			ranks[at] = ranks[at - 1];
			numbers[at] = numbers[at - 1];
		}
		ranks[at] = its;
		numbers[at] = (uint8_t)i;
	}
	if (count == 0 && !denied)
		cause_reason(why, &reason_no_camera);
	errno = denied ? EACCES : ENOENT;
	return count;
}

json_t *
source_list(void)
{
	json_t *list = json_array();
	struct v4l2_node node = { .fd = -1, .number = -1 };
	struct cause why;

	for (int i = 0; i < SOURCE_NODES; i++) {
		char path[32];

		snprintf(path, sizeof path, "/dev/video%d", i);
		if (v4l2_open_node(path, &node, &why) == 0) {
			json_array_append_new(list,
			    json_pack("{s:s, s:o, s:o, s:o}", "device", path, "name",
				json_words(node.card), "bus", json_words(node.bus), "formats",
				v4l2_list_modes(node.fd)));
			close(node.fd);
		} else if (errno == EACCES) {
			json_array_append_new(list,
			    json_pack("{s:s, s:o, s:s*}", "device", path, "reason",
				json_words(why.text), "code", cause_code(&why)));
		}
	}
	return list;
}
