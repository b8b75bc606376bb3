/* SPDX-License-Identifier: ISC */
/* Brightness and its like, as the driver describes them (kernel:
 * vidioc-queryctrl.rst). Types that a page can show: integer, boolean, menu and
 * button. Names are made from the driver's titles as v4l2-ctl makes them:
 * "Exposure Time, Absolute" is exposure_time_absolute. */
#include "source/v4l2_device.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

enum { CONTROLS_MOST = 128, MENU_MOST = 64, NAME_SIZE = 33 };

static void
make_name(const struct v4l2_queryctrl *is, char name[NAME_SIZE])
{
	size_t used = 0;

	for (size_t i = 0; i < sizeof is->name && is->name[i] != '\0'; i++) {
		if (isalnum(is->name[i]))
			name[used++] = (char)tolower(is->name[i]);
		else if (used > 0 && name[used - 1] != '_')
			name[used++] = '_';
	}
	while (used > 0 && name[used - 1] == '_')
		used--;
	name[used] = '\0';
}

static const char *
type_word(const struct v4l2_queryctrl *is)
{
	switch (is->type) {
	case V4L2_CTRL_TYPE_INTEGER:
		return "integer";
	case V4L2_CTRL_TYPE_BOOLEAN:
		return "boolean";
	case V4L2_CTRL_TYPE_MENU: case V4L2_CTRL_TYPE_INTEGER_MENU:
		return "menu";
	case V4L2_CTRL_TYPE_BUTTON:
		return "button";
	}
	return NULL;
}

/* The next control behind is->id (0 = the first) that we can show. */
static bool
next_control(int fd, struct v4l2_queryctrl *is)
{
	for (int tries = 0; tries < 1024; tries++) {
		is->id |= V4L2_CTRL_FLAG_NEXT_CTRL;
		if (v4l2_ioctl(fd, VIDIOC_QUERYCTRL, is) == -1)
			return false;
		if (!(is->flags & V4L2_CTRL_FLAG_DISABLED) && type_word(is) != NULL)
			return true;
	}
	return false;
}

/* The control of that name. */
static bool
find_control(int fd, const char *name, struct v4l2_queryctrl *is)
{
	*is = (struct v4l2_queryctrl){ 0 };
	while (next_control(fd, is)) {
		char own[NAME_SIZE];

		make_name(is, own);
		if (strcmp(own, name) == 0)
			return true;
	}
	return false;
}

/* ---- listing ------------------------------------------------------------------------- */

/* A driver's text as JSON, without control characters. */
static json_t *
label(const void *text, size_t size)
{
	char clean[64];
	size_t used = 0;

	for (const unsigned char *c = text; used < size && used < sizeof clean - 1 && *c != '\0'; c++)
		clean[used++] = *c >= 0x20 && *c != 0x7f ? (char)*c : '?';
	clean[used] = '\0';
	return json_words(clean);
}

/* Item `index` of a menu; menus may have holes. */
static bool
read_item(int fd, const struct v4l2_queryctrl *is, int64_t index, struct v4l2_querymenu *item)
{
	*item = (struct v4l2_querymenu){ .id = is->id, .index = (uint32_t)index };
	return v4l2_ioctl(fd, VIDIOC_QUERYMENU, item) == 0;
}

static json_t *
list_menu(int fd, const struct v4l2_queryctrl *is)
{
	json_t *menu = json_array();
	struct v4l2_querymenu item;
	char number[32];

	for (int64_t i = is->minimum; i <= is->maximum && i < is->minimum + MENU_MOST; i++) {
		if (!read_item(fd, is, i, &item))
			continue;
		snprintf(number, sizeof number, "%lld", (long long)item.value);
		json_array_append_new(menu, json_pack("{s:I, s:o}", "value", (json_int_t)i, "label",
		    is->type == V4L2_CTRL_TYPE_MENU ? label(item.name, sizeof item.name) : json_string(number)));
	}
	return menu;
}

/* The control's value; NULL for what has none to read. */
static json_t *
read_value(int fd, const struct v4l2_queryctrl *is)
{
	struct v4l2_control control = { .id = is->id };

	if (is->type == V4L2_CTRL_TYPE_BUTTON || is->flags & V4L2_CTRL_FLAG_WRITE_ONLY ||
	    v4l2_ioctl(fd, VIDIOC_G_CTRL, &control) == -1)
		return NULL;
	return is->type == V4L2_CTRL_TYPE_BOOLEAN ? json_boolean(control.value) :
	    json_integer(control.value);
}

static json_t *
describe(int fd, const struct v4l2_queryctrl *is)
{
	char name[NAME_SIZE];
	json_t *control, *value = read_value(fd, is);

	make_name(is, name);
	control = json_pack("{s:s, s:o, s:s, s:b, s:b, s:b}", "name", name,
	    "label", label(is->name, sizeof is->name), "type", type_word(is),
	    "inactive", (is->flags & V4L2_CTRL_FLAG_INACTIVE) != 0,
	    "read_only", (is->flags & V4L2_CTRL_FLAG_READ_ONLY) != 0,
	    "volatile", (is->flags & V4L2_CTRL_FLAG_VOLATILE) != 0);
	if (value != NULL)
		json_object_set_new(control, "value", value);
	if (is->type == V4L2_CTRL_TYPE_BUTTON)
		return control;
	json_object_set_new(control, "default", is->type == V4L2_CTRL_TYPE_BOOLEAN ?
	    json_boolean(is->default_value) : json_integer(is->default_value));
	if (is->type == V4L2_CTRL_TYPE_INTEGER) {
		json_object_set_new(control, "min", json_integer(is->minimum));
		json_object_set_new(control, "max", json_integer(is->maximum));
		json_object_set_new(control, "step", json_integer(is->step));
	} else if (is->type != V4L2_CTRL_TYPE_BOOLEAN) {
		json_object_set_new(control, "menu", list_menu(fd, is));
	}
	return control;
}

json_t *
v4l2_controls(int fd)
{
	json_t *list = json_array();
	struct v4l2_queryctrl is = { 0 };

	while (json_array_size(list) < CONTROLS_MOST && next_control(fd, &is))
		json_array_append_new(list, describe(fd, &is));
	return list;
}

void
v4l2_subscribe_controls(int fd)
{
	struct v4l2_queryctrl is = { 0 };

	for (int i = 0; i < CONTROLS_MOST && next_control(fd, &is); i++) {
		struct v4l2_event_subscription wish = { .type = V4L2_EVENT_CTRL, .id = is.id };

		/* Nobody sets these; some drivers count frames in them. */
		if (is.flags & (V4L2_CTRL_FLAG_READ_ONLY | V4L2_CTRL_FLAG_VOLATILE))
			continue;
		if (v4l2_ioctl(fd, VIDIOC_SUBSCRIBE_EVENT, &wish) == -1)
			return;		/* a driver without events: then none are told */
	}
}

/* ---- setting --------------------------------------------------------------------------- */

static int
check_integer(const struct v4l2_queryctrl *is, const char *name, const json_t *value, struct cause *why)
{
	long long number = json_integer_value(value);

	if (!json_is_integer(value))
		return cause_set(why, "%s must be an integer", name);
	if (number < is->minimum || number > is->maximum)
		return cause_set(why, "%s out of range (%d to %d)", name, is->minimum, is->maximum);
	if (is->step > 1 && (number - is->minimum) % is->step != 0)
		return cause_set(why, "%s out of range (%d to %d in steps of %d)", name, is->minimum,
		    is->maximum, is->step);
	return 0;
}

static int
check_menu(int fd, const struct v4l2_queryctrl *is, const char *name, const json_t *value,
    struct cause *why)
{
	struct v4l2_querymenu item;

	if (check_integer(is, name, value, why) == -1)
		return -1;
	return read_item(fd, is, json_integer_value(value), &item) ? 0 :
	    cause_set(why, "%s out of range (no item %lld)", name, (long long)json_integer_value(value));
}

/* Find the control and see whether `value` would do. */
static int
look_up(int fd, const char *name, const json_t *value, struct v4l2_queryctrl *is, struct cause *why)
{
	if (!find_control(fd, name, is))
		return cause_set(why, "unknown control %.32s", name);
	if (is->flags & V4L2_CTRL_FLAG_READ_ONLY)
		return cause_set(why, "%s is read-only", name);
	switch (is->type) {
	case V4L2_CTRL_TYPE_BOOLEAN:
		return json_is_boolean(value) ? 0 : cause_set(why, "%s must be true or false", name);
	case V4L2_CTRL_TYPE_BUTTON:
		return json_is_true(value) ? 0 : cause_set(why, "%s must be true: it is a button", name);
	case V4L2_CTRL_TYPE_MENU: case V4L2_CTRL_TYPE_INTEGER_MENU:
		is->step = 1;
		return check_menu(fd, is, name, value, why);
	}
	return check_integer(is, name, value, why);
}

int
v4l2_check_control(int fd, const char *name, const json_t *value, struct cause *why)
{
	struct v4l2_queryctrl is;

	return look_up(fd, name, value, &is, why);
}

int
v4l2_set_control(int fd, const char *name, const json_t *value, struct cause *why)
{
	struct v4l2_queryctrl is;
	struct v4l2_control control;

	if (look_up(fd, name, value, &is, why) == -1)
		return -1;
	control = (struct v4l2_control){ .id = is.id,
	    .value = json_is_integer(value) ? (int32_t)json_integer_value(value) : json_is_true(value) };
	if (v4l2_ioctl(fd, VIDIOC_S_CTRL, &control) == 0)
		return 0;
	if (is.flags & V4L2_CTRL_FLAG_INACTIVE)
		return cause_set(why, "%s is inactive now: another control overrides it", name);
	return errno == EBUSY ? cause_set(why, "%s cannot be changed now", name) :
	    cause_errno(why, "%s", name);
}
