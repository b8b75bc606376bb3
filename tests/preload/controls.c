/* SPDX-License-Identifier: ISC */
#include "controls.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>

enum {
	BRIGHTNESS,
	CONTRAST,
	AUTO_WHITE,
	POWER_LINE,
	MIN_BUFFERS,
	WHITE,
	AUTO_EXPOSURE,
	EXPOSURE,
	PAN_RESET
};

/* In the order of their numbers, as QUERYCTRL goes through them. `needs`: inactive
 * unless that control has that value. */
static const struct {
	uint32_t id, type;
	const char *name, *title;
	int32_t min, max, step, initial;
	uint32_t flags;
	int needs, value;
	const char *menu[4];
} rows[CONTROLS] = {
	[BRIGHTNESS] = { V4L2_CID_BRIGHTNESS, V4L2_CTRL_TYPE_INTEGER, "brightness", "Brightness", 0,
	    255, 1, 128, 0, -1, 0, { 0 } },
	[CONTRAST] = { V4L2_CID_CONTRAST, V4L2_CTRL_TYPE_INTEGER, "contrast", "Contrast", 0, 100, 5,
	    50, 0, -1, 0, { 0 } },
	[AUTO_WHITE] = { V4L2_CID_AUTO_WHITE_BALANCE, V4L2_CTRL_TYPE_BOOLEAN,
	    "white_balance_automatic", "White Balance, Automatic", 0, 1, 1, 1, 0, -1, 0, { 0 } },
	[POWER_LINE] = { V4L2_CID_POWER_LINE_FREQUENCY, V4L2_CTRL_TYPE_MENU, "power_line_frequency",
	    "Power Line Frequency", 0, 2, 1, 1, 0, -1, 0, { "Disabled", "50 Hz", "60 Hz", NULL } },
	[WHITE] = { V4L2_CID_WHITE_BALANCE_TEMPERATURE, V4L2_CTRL_TYPE_INTEGER,
	    "white_balance_temperature", "White Balance Temperature", 2800, 6500, 1, 4600, 0,
	    AUTO_WHITE, 0, { 0 } },
	[MIN_BUFFERS] = { V4L2_CID_MIN_BUFFERS_FOR_CAPTURE, V4L2_CTRL_TYPE_INTEGER, "min_buffers",
	    "Min Buffers", 1, 8, 1, 2, V4L2_CTRL_FLAG_READ_ONLY | V4L2_CTRL_FLAG_VOLATILE, -1, 0,
	    { 0 } },
	[AUTO_EXPOSURE] = { V4L2_CID_EXPOSURE_AUTO, V4L2_CTRL_TYPE_MENU, "auto_exposure",
	    "Auto Exposure", 0, 3, 1, 3, 0, -1, 0,
	    { NULL, "Manual Mode", NULL, "Aperture Priority Mode" } },
	[EXPOSURE] = { V4L2_CID_EXPOSURE_ABSOLUTE, V4L2_CTRL_TYPE_INTEGER, "exposure_time_absolute",
	    "Exposure Time, Absolute", 3, 2047, 1, 250, 0, AUTO_EXPOSURE, 1, { 0 } },
	[PAN_RESET] = { V4L2_CID_PAN_RESET, V4L2_CTRL_TYPE_BUTTON, "pan_reset", "Pan, Reset", 0, 0,
	    0, 0, V4L2_CTRL_FLAG_WRITE_ONLY, -1, 0, { 0 } },
};

void
controls_init(struct controls *controls)
{
	for (int i = 0; i < CONTROLS; i++)
		controls->values[i] = rows[i].initial;
}

static int
refuse(int error)
{
	errno = error;
	return -1;
}

static int
row_of(uint32_t id)
{
	for (int i = 0; i < CONTROLS; i++)
		if (rows[i].id == id)
			return i;
	return -1;
}

/* The control with the next larger number. */
static int
row_behind(uint32_t id)
{
	int next = -1;

	for (int i = 0; i < CONTROLS; i++)
		if (rows[i].id > id && (next == -1 || rows[i].id < rows[next].id))
			next = i;
	return next;
}

static uint32_t
flags_of(const struct controls *controls, int row)
{
	bool inactive = rows[row].needs != -1 &&
	    controls->values[rows[row].needs] != rows[row].value;

	return rows[row].flags | (inactive ? V4L2_CTRL_FLAG_INACTIVE : 0);
}

static int
query(const struct controls *controls, struct v4l2_queryctrl *is)
{
	int row = is->id & V4L2_CTRL_FLAG_NEXT_CTRL ? row_behind(is->id & V4L2_CTRL_ID_MASK)
						    : row_of(is->id);

	if (row == -1)
		return refuse(EINVAL);
	*is = (struct v4l2_queryctrl){ .id = rows[row].id,
		.type = rows[row].type,
		.minimum = rows[row].min,
		.maximum = rows[row].max,
		.step = rows[row].step,
		.default_value = rows[row].initial,
		.flags = flags_of(controls, row) };
	snprintf((char *)is->name, sizeof is->name, "%s", rows[row].title);
	return 0;
}

static int
query_menu(struct v4l2_querymenu *item)
{
	int row = row_of(item->id);

	if (row == -1 || rows[row].type != V4L2_CTRL_TYPE_MENU || item->index > 3 ||
	    rows[row].menu[item->index] == NULL)
		return refuse(EINVAL);
	snprintf((char *)item->name, sizeof item->name, "%s", rows[row].menu[item->index]);
	return 0;
}

static int
set(struct controls *controls, struct v4l2_control *control)
{
	int row = row_of(control->id);

	if (row == -1)
		return refuse(EINVAL);
	if (rows[row].flags & V4L2_CTRL_FLAG_READ_ONLY)
		return refuse(EACCES);
	if (flags_of(controls, row) & V4L2_CTRL_FLAG_INACTIVE)
		return refuse(EIO); /* as uvcvideo, whose camera stalls the request */
	if (control->value < rows[row].min)
		control->value = rows[row].min;
	if (control->value > rows[row].max)
		control->value = rows[row].max;
	controls->values[row] = control->value;
	return 0;
}

int
controls_ioctl(struct controls *controls, unsigned long request, void *arg)
{
	struct v4l2_control *control = arg;

	switch (request) {
	case VIDIOC_QUERYCTRL: return query(controls, arg);
	case VIDIOC_QUERYMENU: return query_menu(arg);
	case VIDIOC_G_CTRL:
		if (row_of(control->id) == -1)
			return refuse(EINVAL);
		control->value = controls->values[row_of(control->id)];
		return 0;
	case VIDIOC_S_CTRL: return set(controls, control);
	}
	return refuse(ENOTTY);
}

bool
controls_set_text(struct controls *controls, const char *text)
{
	char name[48];
	int value;

	if (sscanf(text, "%47[a-z_]=%d", name, &value) != 2)
		return false;
	for (int i = 0; i < CONTROLS; i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		if (controls->values[i] == value)
			return false;
		controls->values[i] = value;
		return true;
	}
	return false;
}
