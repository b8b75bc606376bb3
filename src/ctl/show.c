/* SPDX-License-Identifier: ISC */
#include "ctl/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/text.h"
#include "protocol/events.h"

/* ---- words and numbers ----------------------------------------------- */

void
show_padded(const char *text, int width)
{
	char piece[64];
	int shown = 0;

	while (text != NULL && *text != '\0') {
		unsigned code;
		size_t length = text_hazard(text, &code);

		if (length > 0) {
			snprintf(piece, sizeof piece, "%.*s", (int)length, text);
			text_escape(piece, piece + 8, sizeof piece - 8);
			shown += printf("%s", piece + 8);
		} else {
			length = 1;
			putchar(*text);
			shown += ((unsigned char)*text & 0xc0) != 0x80;
		}
		text += length;
	}
	printf("%*s", shown < width ? width - shown : 0, "");
}

void
show_text(const char *text)
{
	show_padded(text, 0);
}

static long long
integer_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static double
number_of(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

/* A value as people write it: a string without quotes, others as in JSON. */
static void
print_value(const json_t *value)
{
	char *line;

	if (json_is_string(value)) {
		show_text(json_string_value(value));
		return;
	}
	line = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
	show_text(line);
	free(line);
}

void
show_time(double seconds)
{
	time_t whole = (time_t)seconds;
	char text[32];
	struct tm local;

	localtime_r(&whole, &local);
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
	printf("%s", text);
}

const char *
show_bytes(char *text, size_t size, long long bytes)
{
	static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB" };
	double value = (double)bytes;
	size_t unit = 0;

	for (; value >= 1000 && unit + 1 < sizeof units / sizeof units[0]; unit++)
		value /= 1000;
	snprintf(text, size, unit > 0 ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return text;
}

static void
print_uptime(double seconds)
{
	long long whole = (long long)seconds;

	if (whole >= 86400)
		printf("%lld d ", whole / 86400);
	if (whole >= 3600)
		printf("%lld h ", whole % 86400 / 3600);
	if (whole >= 60)
		printf("%lld min ", whole % 3600 / 60);
	printf("%lld s\n", whole % 60);
}

/* ---- status and settings --------------------------------------------- */

static void
show_picture_source(const json_t *reply)
{
	printf("source     ");
	show_text(json_get_text(reply, "name"));
	if (json_string_length(json_object_get(reply, "device")) > 0) {
		printf(" at ");
		show_text(json_get_text(reply, "device"));
	}
	printf(", ");
	show_text(json_get_text(reply, "format"));
	printf(" %lldx%lld, %.1f a second\n", integer_of(reply, "width"),
	    integer_of(reply, "height"), number_of(reply, "fps"));
}

static void
show_counters(const json_t *counters)
{
	const char *key;
	json_t *value;
	int shown = 0;

	json_object_foreach((json_t *)counters, key, value)
	{
		if (json_integer_value(value) == 0)
			continue;
		printf("%s", shown++ > 0 ? ", " : "counters   ");
		show_text(key);
		printf(" %lld", (long long)json_integer_value(value));
	}
	if (shown > 0)
		printf("\n");
}

/* Only what is unusual. */
static void
show_store(const json_t *store)
{
	const json_t *repaired = json_object_get(store, "repaired");

	if (json_is_false(json_object_get(store, "ok"))) {
		printf("store      cannot store: ");
		show_text(json_get_text(store, "reason"));
		printf("\n");
	}
	if (!json_is_object(repaired))
		return;
	printf("store      was repaired (");
	show_text(json_get_text(repaired, "reason"));
	printf("): %lld settings and %lld events could be read", integer_of(repaired, "settings"),
	    integer_of(repaired, "events"));
	if (json_string_length(json_object_get(repaired, "kept")) > 0) {
		printf("; the damaged one is ");
		show_text(json_get_text(repaired, "kept"));
	}
	printf("\n");
}

/* Motion that is going on. */
static void
show_span(const json_t *span)
{
	if (!json_is_object(span))
		return;
	printf("moving     since ");
	show_time(number_of(span, "since"));
	printf(", peak %.1f %%\n", number_of(span, "peak"));
}

/* An older orield does not say it; then nothing is shown. */
static void
show_armed(const json_t *reply)
{
	const json_t *now = json_object_get(reply, "armed_now");

	if (!json_is_boolean(now))
		return;
	printf("armed      %s", json_is_true(now) ? "yes" : "no");
	if (json_is_integer(json_object_get(reply, "armed_until"))) {
		printf(", until ");
		show_time(number_of(reply, "armed_until"));
	}
	printf("\n");
}

void
show_status(const json_t *reply)
{
	const json_t *motion = json_object_get(reply, "motion");
	const json_t *viewers = json_object_get(reply, "viewers"),
		     *snaps = json_object_get(reply, "snaps");
	char bytes[16];

	printf("camera     ");
	show_text(json_get_text(reply, "camera"));
	if (json_is_true(json_object_get(reply, "online"))) {
		printf(": online\n");
		show_picture_source(reply);
	} else {
		printf(": offline: ");
		show_text(json_get_text(reply, "reason"));
		printf("\n");
	}
	printf("frames     %lld", integer_of(reply, "frames"));
	if (json_is_integer(json_object_get(reply, "frame_age_ms")))
		printf(", the newest %lld ms old%s", integer_of(reply, "frame_age_ms"),
		    json_is_true(json_object_get(reply, "stale")) ? " (stale)" : "");
	printf("\nmotion     %lld times; now %.1f %% changed, threshold %g %%",
	    integer_of(reply, "triggers"), number_of(motion, "change"),
	    number_of(motion, "threshold"));
	if (json_string_length(json_object_get(motion, "held")) > 0) {
		printf(": ");
		show_text(json_get_text(motion, "held"));
	}
	printf("\n");
	show_span(json_object_get(motion, "span"));
	show_armed(reply);
	printf("viewers    %lld stream, %lld events, %lld control\n", integer_of(viewers, "stream"),
	    integer_of(viewers, "events"), integer_of(viewers, "control"));
	printf("pictures   %lld saved, %s\n", integer_of(snaps, "count"),
	    show_bytes(bytes, sizeof bytes, integer_of(snaps, "bytes")));
	show_store(json_object_get(reply, "store"));
	show_counters(json_object_get(reply, "counters"));
	printf("uptime     ");
	print_uptime(number_of(reply, "uptime"));
	printf("version    ");
	show_text(json_get_text(reply, "version"));
	printf("\n");
}

void
show_settings(const json_t *reply)
{
	const json_t *sources = json_object_get(reply, "sources");
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)reply, key, value)
	{
		if (json_is_object(value) || json_is_array(value))
			continue;
		show_padded(key, 17);
		print_value(value);
		if (json_get_text(sources, key) != NULL) {
			printf("   (");
			show_text(json_get_text(sources, key));
			printf(")");
		}
		printf("\n");
	}
}

void
show_changed(const json_t *reply)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)reply, key, value)
	{
		if (strcmp(key, "ok") == 0)
			continue;
		show_text(key);
		printf(" = ");
		print_value(value);
		printf("\n");
	}
}

/* ---- events and pictures --------------------------------------------- */

static void
show_motion(const json_t *data)
{
	printf("%.1f %% changed, threshold %g %% (number %lld)", number_of(data, "change"),
	    number_of(data, "threshold"), integer_of(data, "count"));
	if (json_get_text(data, "saved") != NULL) {
		printf(", saved ");
		show_text(json_get_text(data, "saved"));
	}
}

static void
show_motion_end(const json_t *data)
{
	if (json_is_integer(json_object_get(data, "motion")))
		printf("of %lld: ", integer_of(data, "motion"));
	printf("%s%.1f s, peak %.1f %%",
	    json_is_true(json_object_get(data, "cut")) ? "at least " : "",
	    number_of(data, "seconds"), number_of(data, "peak"));
	if (json_get_text(data, "reason") != NULL) {
		printf(": ");
		show_text(json_get_text(data, "reason"));
	}
}

static void
show_saved(const json_t *data)
{
	char bytes[16];

	show_text(json_get_text(data, "name"));
	printf(", %s, ", show_bytes(bytes, sizeof bytes, integer_of(data, "size")));
	show_text(json_get_text(data, "cause"));
}

static void
show_camera(const json_t *data)
{
	if (json_is_true(json_object_get(data, "online"))) {
		printf("online: ");
		show_text(json_get_text(data, "source"));
		printf(" %lldx%lld", integer_of(data, "width"), integer_of(data, "height"));
	} else {
		printf("offline: ");
		show_text(json_get_text(data, "reason"));
	}
}

void
show_event(const json_t *event)
{
	const json_t *data = json_object_get(event, "data");
	const char *type = json_get_text(event, "type");

	if (type == NULL)
		type = json_get_text(event, "event");
	if (type == NULL)
		return;
	if (json_is_integer(json_object_get(event, "id")))
		printf("%6lld  ", integer_of(event, "id"));
	else
		printf("     -  ");
	show_time(number_of(data, "ts"));
	printf("  ");
	show_text(type);
	printf("  ");
	switch (event_find(type)) {
	case EVENT_MOTION: show_motion(data); break;
	case EVENT_MOTION_END: show_motion_end(data); break;
	case EVENT_SAVED: show_saved(data); break;
	case EVENT_CAMERA: show_camera(data); break;
	default: print_value(data);
	}
	printf("\n");
}

void
show_snaps(const json_t *reply)
{
	char bytes[16];
	size_t index;
	json_t *snap;

	json_array_foreach(json_object_get(reply, "snaps"), index, snap)
	{
		printf("%6lld  ", integer_of(snap, "id"));
		show_time(number_of(snap, "ts"));
		printf("  %9s  ", show_bytes(bytes, sizeof bytes, integer_of(snap, "bytes")));
		show_text(json_get_text(snap, "name"));
		printf("\n");
	}
	printf("%lld pictures, %s\n", integer_of(reply, "count"),
	    show_bytes(bytes, sizeof bytes, integer_of(reply, "bytes")));
}

/* ---- cameras and their controls -------------------------------------- */

static void
show_control(const json_t *control)
{
	const char *type = json_get_text(control, "type");
	size_t index;
	json_t *item;

	show_padded(json_get_text(control, "name"), 29);
	print_value(json_object_get(control, "value"));
	if (type != NULL && strcmp(type, "integer") == 0)
		printf("   (%lld to %lld, step %lld, default %lld)", integer_of(control, "min"),
		    integer_of(control, "max"), integer_of(control, "step"),
		    integer_of(control, "default"));
	json_array_foreach(json_object_get(control, "menu"), index, item)
	{
		printf("%s%lld: ", index > 0 ? ", " : "   (", integer_of(item, "value"));
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
	json_array_foreach(controls, index, control) show_control(control);
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
	json_array_foreach(json_object_get(format, "sizes"), index, size)
	{
		printf("%s%lldx%lld", index > 0 ? "; " : ": ", integer_of(size, "width"),
		    integer_of(size, "height"));
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
	json_array_foreach(list, index, camera)
	{
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
