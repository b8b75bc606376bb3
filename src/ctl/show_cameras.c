/* SPDX-License-Identifier: ISC */
/* The cameras of this machine, and the controls of one. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "ctl/show_internal.h"

static void
show_control(const json_t *control)
{
	const char *type = json_get_text(control, "type");
	size_t index;
	json_t *item;

	show_padded(json_get_text(control, "name"), 29);
	show_value(json_object_get(control, "value"));
	if (type != NULL && strcmp(type, "integer") == 0)
		printf("   (%lld to %lld, step %lld, default %lld)",
		    show_integer_of(control, "min"), show_integer_of(control, "max"),
		    show_integer_of(control, "step"), show_integer_of(control, "default"));
	json_array_foreach(json_object_get(control, "menu"), index, item) {
		printf("%s%lld: ", index > 0 ? ", " : "   (", show_integer_of(item, "value"));
		show_text(json_get_text(item, "label"));
	}
	if (json_array_size(json_object_get(control, "menu")) > 0)
		printf(")");
	if (json_is_true(json_object_get(control, "inactive")))
		printf("   inactive");
	if (json_is_true(json_object_get(control, "read_only")))
		printf("   read-only");
	printf("\n");
}

void
show_controls(const json_t *reply)
{
	const json_t *controls = json_object_get(reply, "controls");
	size_t index;
	json_t *control;

	if (json_array_size(controls) == 0)
		printf("this camera has no controls\n");
	json_array_foreach(controls, index, control)
		show_control(control);
}

static void
show_format(const json_t *format)
{
	size_t index, rate;
	json_t *size, *fps;

	printf("    ");
	show_text(json_get_text(format, "format"));
	if (json_is_false(json_object_get(format, "usable")))
		printf(" (not used by Oriel)");
	json_array_foreach(json_object_get(format, "sizes"), index, size) {
		printf("%s%lldx%lld", index > 0 ? "; " : ": ", show_integer_of(size, "width"),
		    show_integer_of(size, "height"));
		json_array_foreach(json_object_get(size, "fps"), rate, fps)
			printf("%s%g", rate > 0 ? "," : " at ", json_number_value(fps));
	}
	printf("\n");
}

void
show_cameras(const json_t *list)
{
	size_t index, at;
	json_t *camera, *format;

	if (json_array_size(list) == 0)
		printf("no camera found\n");
	json_array_foreach(list, index, camera) {
		show_text(json_get_text(camera, "device"));
		printf("  ");
		show_text(json_get_text(camera, "reason"));
		show_text(json_get_text(camera, "name"));
		if (json_string_length(json_object_get(camera, "bus")) > 0) {
			printf(" (");
			show_text(json_get_text(camera, "bus"));
			printf(")");
		}
		printf("\n");
		json_array_foreach(json_object_get(camera, "formats"), at, format)
			show_format(format);
	}
}
