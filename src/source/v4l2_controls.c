/* SPDX-License-Identifier: ISC */
/* Brightness and other controls, as the driver describes them (kernel: vidioc-queryctrl.rst). Types
 * that a page can show: integer, boolean, menu and button. Names are made from the driver's titles
 * as v4l2-ctl makes them: "Exposure Time, Absolute" is exposure_time_absolute.
 *
 * A driver may take milliseconds for each call, because it talks to a microcontroller in the
 * camera. So the controls are read into a table call by call, between pictures. Everything but
 * setting one is answered from the table. */
#include "source/v4l2_device.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "protocol/reasons.h"

enum { CONTROLS_MOST = 128, MENU_MOST = 64, NAME_SIZE = 33, QUERIES_MOST = 1024 };

struct control {
	struct v4l2_queryctrl is;
	char name[NAME_SIZE];
	bool readable; /* `value` is valid */
	int32_t value;
	uint64_t items; /* of a menu: the items that exist, from `minimum` on */
	json_t *menu;
};

struct v4l2_controls {
	struct control list[CONTROLS_MOST];
	unsigned count;
	bool silent; /* the driver does not tell of changes */

	/* What is being read; the first reading fills the table. */
	enum { DONE, FIRST, AGAIN, VOLATILE } reading;
	enum { DESCRIPTION, SUBSCRIPTION, VALUE, MENU } part;
	unsigned at, queries;
	int64_t item;
};

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
	case V4L2_CTRL_TYPE_INTEGER: return "integer";
	case V4L2_CTRL_TYPE_BOOLEAN: return "boolean";
	case V4L2_CTRL_TYPE_MENU:
	case V4L2_CTRL_TYPE_INTEGER_MENU: return "menu";
	case V4L2_CTRL_TYPE_BUTTON: return "button";
	}
	return NULL;
}

/* ---- reading --------------------------------------------------------- */

struct v4l2_controls *
v4l2_controls_new(void)
{
	return calloc(1, sizeof(struct v4l2_controls));
}

static void
forget(struct v4l2_controls *controls)
{
	for (unsigned i = 0; i < controls->count; i++)
		json_decref(controls->list[i].menu);
	controls->count = 0;
}

void
v4l2_controls_free(struct v4l2_controls *controls)
{
	if (controls == NULL)
		return;
	forget(controls);
	free(controls);
}

void
v4l2_controls_read(struct v4l2_controls *controls, bool all)
{
	if (controls->reading == FIRST)
		return;
	controls->reading = controls->count == 0 ? FIRST
	    : all || controls->silent		 ? AGAIN
						 : VOLATILE;
	controls->part = controls->reading == VOLATILE ? VALUE : DESCRIPTION;
	controls->at = controls->queries = 0;
}

static bool
has_menu(const struct control *control)
{
	return control->is.type == V4L2_CTRL_TYPE_MENU ||
	    control->is.type == V4L2_CTRL_TYPE_INTEGER_MENU;
}

/* A driver's text as JSON, without control characters. */
static json_t *
label(const void *text, size_t size)
{
	char clean[64];
	size_t used = 0;

	for (const unsigned char *c = text; used < size && used < sizeof clean - 1 && *c != '\0';
	     c++)
		clean[used++] = *c >= 0x20 && *c != 0x7f ? (char)*c : '?';
	clean[used] = '\0';
	return json_words(clean);
}

/* The driver's next control that we can show. False: that was the last call. */
static bool
discover(struct v4l2_controls *controls, int fd)
{
	struct control *control = &controls->list[controls->at];

	if (controls->queries == 0)
		control->is = (struct v4l2_queryctrl){ 0 };
	control->is.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
	if (controls->queries++ == QUERIES_MOST ||
	    v4l2_ioctl(fd, VIDIOC_QUERYCTRL, &control->is) == -1)
		return false;
	if (control->is.flags & V4L2_CTRL_FLAG_DISABLED || type_word(&control->is) == NULL)
		return true;
	make_name(&control->is, control->name);
	control->readable = false;
	control->items = 0;
	control->menu = has_menu(control) ? json_array() : NULL;
	controls->count = controls->at + 1;
	controls->item = control->is.minimum;
	controls->part = SUBSCRIPTION;
	return true;
}

static void
describe_again(struct control *control, int fd)
{
	struct v4l2_queryctrl is = { .id = control->is.id };

	if (v4l2_ioctl(fd, VIDIOC_QUERYCTRL, &is) == 0 && is.type == control->is.type)
		control->is = is;
}

static void
subscribe(struct v4l2_controls *controls, const struct control *control, int fd)
{
	struct v4l2_event_subscription wanted = { .type = V4L2_EVENT_CTRL, .id = control->is.id };

	if (v4l2_ioctl(fd, VIDIOC_SUBSCRIBE_EVENT, &wanted) == -1)
		controls->silent = true;
}

static void
read_value(struct control *control, int fd)
{
	struct v4l2_control is = { .id = control->is.id };

	control->readable = v4l2_ioctl(fd, VIDIOC_G_CTRL, &is) == 0;
	control->value = is.value;
}

/* Menus may have holes. */
static void
read_item(struct control *control, int64_t index, int fd)
{
	struct v4l2_querymenu item = { .id = control->is.id, .index = (uint32_t)index };
	char number[32];

	if (v4l2_ioctl(fd, VIDIOC_QUERYMENU, &item) == -1)
		return;
	control->items |= UINT64_C(1) << (index - control->is.minimum);
	snprintf(number, sizeof number, "%lld", (long long)item.value);
	json_array_append_new(control->menu,
	    json_pack("{s:I, s:o}", "value", (json_int_t)index, "label",
		control->is.type == V4L2_CTRL_TYPE_MENU ? label(item.name, sizeof item.name)
							: json_string(number)));
}

/* Does this part of the control need a call? */
static bool
is_due(const struct v4l2_controls *controls, const struct control *control)
{
	uint32_t flags = control->is.flags;

	switch (controls->part) {
	case SUBSCRIPTION:
		/* Nobody sets these, and in some drivers they count frames. */
		return controls->reading == FIRST && !controls->silent &&
		    !(flags & (V4L2_CTRL_FLAG_READ_ONLY | V4L2_CTRL_FLAG_VOLATILE));
	case VALUE:
		return control->is.type != V4L2_CTRL_TYPE_BUTTON &&
		    !(flags & V4L2_CTRL_FLAG_WRITE_ONLY) &&
		    (controls->reading != VOLATILE || flags & V4L2_CTRL_FLAG_VOLATILE);
	case MENU:
		return controls->reading == FIRST && has_menu(control) &&
		    controls->item <= control->is.maximum &&
		    controls->item < (int64_t)control->is.minimum + MENU_MOST;
	default: return true;
	}
}

/* Go on to the next call that is due; false: all are made. */
static bool
advance(struct v4l2_controls *controls)
{
	while (controls->at < controls->count && !is_due(controls, &controls->list[controls->at])) {
		if (controls->part++ < MENU)
			continue;
		controls->part = controls->reading == VOLATILE ? VALUE : DESCRIPTION;
		/* The driver finds its next control by the number of this one. */
		if (++controls->at < CONTROLS_MOST && controls->reading == FIRST)
			controls->list[controls->at].is = controls->list[controls->at - 1].is;
	}
	return controls->at <
	    (controls->reading == FIRST ? (unsigned)CONTROLS_MOST : controls->count);
}

bool
v4l2_controls_step(struct v4l2_controls *controls, int fd)
{
	struct control *control;
	bool more = true;

	if (controls->reading == DONE || !advance(controls)) {
		controls->reading = DONE;
		return false;
	}
	control = &controls->list[controls->at];
	switch (controls->part) {
	case DESCRIPTION:
		if (controls->reading == FIRST) {
			more = discover(controls, fd);
			break;
		}
		describe_again(control, fd);
		controls->part++;
		break;
	case SUBSCRIPTION:
		subscribe(controls, control, fd);
		controls->part++;
		break;
	case VALUE:
		read_value(control, fd);
		controls->part++;
		break;
	case MENU: read_item(control, controls->item++, fd); break;
	}
	if (!more)
		controls->reading = DONE;
	return more;
}

/* ---- listing --------------------------------------------------------- */

static json_t *
value_of(const struct control *control, int32_t value)
{
	return control->is.type == V4L2_CTRL_TYPE_BOOLEAN ? json_boolean(value)
							  : json_integer(value);
}

static json_t *
describe(const struct control *control)
{
	const struct v4l2_queryctrl *is = &control->is;
	json_t *out = json_pack("{s:s, s:o, s:s, s:b, s:b, s:b}", "name", control->name, "label",
	    label(is->name, sizeof is->name), "type", type_word(is), "inactive",
	    (is->flags & V4L2_CTRL_FLAG_INACTIVE) != 0, "read_only",
	    (is->flags & V4L2_CTRL_FLAG_READ_ONLY) != 0, "volatile",
	    (is->flags & V4L2_CTRL_FLAG_VOLATILE) != 0);

	if (control->readable)
		json_object_set_new(out, "value", value_of(control, control->value));
	if (is->type == V4L2_CTRL_TYPE_BUTTON)
		return out;
	json_object_set_new(out, "default", value_of(control, is->default_value));
	if (is->type == V4L2_CTRL_TYPE_INTEGER) {
		json_object_set_new(out, "min", json_integer(is->minimum));
		json_object_set_new(out, "max", json_integer(is->maximum));
		json_object_set_new(out, "step", json_integer(is->step));
	} else if (control->menu != NULL) {
		json_object_set_new(out, "menu", json_deep_copy(control->menu));
	}
	return out;
}

json_t *
v4l2_controls_list(const struct v4l2_controls *controls)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < controls->count; i++)
		json_array_append_new(list, describe(&controls->list[i]));
	return list;
}

/* ---- setting --------------------------------------------------------- */

static struct control *
find_control(struct v4l2_controls *controls, const char *name)
{
	for (unsigned i = 0; i < controls->count; i++)
		if (strcmp(controls->list[i].name, name) == 0)
			return &controls->list[i];
	return NULL;
}

static int
check_integer(const struct control *control, const json_t *value, struct cause *why)
{
	const struct v4l2_queryctrl *is = &control->is;
	int32_t step = has_menu(control) ? 1 : is->step;
	long long number = json_integer_value(value);

	if (!json_is_integer(value))
		return cause_set(why, "%s must be an integer", control->name);
	if (number < is->minimum || number > is->maximum)
		return cause_set(
		    why, "%s out of range (%d to %d)", control->name, is->minimum, is->maximum);
	if (step > 1 && (number - is->minimum) % step != 0)
		return cause_set(why, "%s out of range (%d to %d in steps of %d)", control->name,
		    is->minimum, is->maximum, step);
	return 0;
}

static int
check_menu(const struct control *control, const json_t *value, struct cause *why)
{
	long long item = json_integer_value(value);

	if (check_integer(control, value, why) == -1)
		return -1;
	if (item - control->is.minimum < MENU_MOST &&
	    control->items >> (item - control->is.minimum) & 1)
		return 0;
	return cause_set(why, "%s out of range (no item %lld)", control->name, item);
}

int
v4l2_check_control(
    struct v4l2_controls *controls, const char *name, const json_t *value, struct cause *why)
{
	const struct control *control = find_control(controls, name);

	if (control == NULL)
		return cause_detail(why, &reason_unknown_control, "unknown control %.32s", name);
	if (control->is.flags & V4L2_CTRL_FLAG_READ_ONLY)
		return cause_detail(why, &reason_read_only, "%s is read-only", name);
	switch (control->is.type) {
	case V4L2_CTRL_TYPE_BOOLEAN:
		return json_is_boolean(value) ? 0
					      : cause_set(why, "%s must be true or false", name);
	case V4L2_CTRL_TYPE_BUTTON:
		return json_is_true(value)
		    ? 0
		    : cause_set(why, "%s must be true: it is a button", name);
	case V4L2_CTRL_TYPE_MENU:
	case V4L2_CTRL_TYPE_INTEGER_MENU: return check_menu(control, value, why);
	}
	return check_integer(control, value, why);
}

int
v4l2_set_control(struct v4l2_controls *controls, int fd, const char *name, const json_t *value,
    struct cause *why)
{
	struct control *control = find_control(controls, name);
	struct v4l2_control set;
	int error;

	if (v4l2_check_control(controls, name, value, why) == -1 || control == NULL)
		return -1;
	set = (struct v4l2_control){ .id = control->is.id,
		.value = json_is_integer(value) ? (int32_t)json_integer_value(value)
						: json_is_true(value) };
	if (v4l2_ioctl(fd, VIDIOC_S_CTRL, &set) == 0)
		return 0;
	error = errno;
	describe_again(control, fd); /* another control may have made it inactive just now */
	errno = error;
	if (control->is.flags & V4L2_CTRL_FLAG_INACTIVE)
		return cause_detail(why, &reason_control_refused,
		    "%s is inactive now: another control overrides it", name);
	if (errno == EBUSY)
		return cause_detail(why, &reason_control_refused, "%s cannot be changed now", name);
	cause_errno(why, "%s", name);
	cause_default(why, &reason_control_refused);
	return -1;
}
