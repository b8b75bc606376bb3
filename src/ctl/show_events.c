/* SPDX-License-Identifier: ISC */
/* Events and saved pictures. */
#include <stdio.h>

#include "base/json.h"
#include "ctl/show_internal.h"
#include "protocol/events.h"

static void
show_motion(const json_t *data)
{
	printf("%.1f %% changed, threshold %g %% (number %lld)", show_number_of(data, "change"),
	    show_number_of(data, "threshold"), show_integer_of(data, "count"));
	if (json_get_text(data, "saved") != NULL) {
		printf(", saved ");
		show_text(json_get_text(data, "saved"));
	}
}

static void
show_motion_end(const json_t *data)
{
	if (json_is_integer(json_object_get(data, "motion")))
		printf("of %lld: ", show_integer_of(data, "motion"));
	printf("%s%.1f s, peak %.1f %%",
	    json_is_true(json_object_get(data, "cut")) ? "at least " : "",
	    show_number_of(data, "seconds"), show_number_of(data, "peak"));
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
	printf(", %s, ", show_bytes(bytes, sizeof bytes, show_integer_of(data, "size")));
	show_text(json_get_text(data, "cause"));
}

static void
show_clip(const json_t *data)
{
	char bytes[16];

	show_text(json_get_text(data, "name"));
	printf(", %.1f s, %s, ", show_number_of(data, "seconds"),
	    show_bytes(bytes, sizeof bytes, show_integer_of(data, "bytes")));
	show_text(json_get_text(data, "cause"));
	if (json_is_true(json_object_get(data, "cut")))
		printf(", cut");
}

static void
show_camera(const json_t *data)
{
	if (json_is_true(json_object_get(data, "online"))) {
		printf("online: ");
		show_text(json_get_text(data, "source"));
		printf(
		    " %lldx%lld", show_integer_of(data, "width"), show_integer_of(data, "height"));
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
		printf("%6lld  ", show_integer_of(event, "id"));
	else
		printf("     -  ");
	show_time(show_number_of(data, "ts"));
	printf("  ");
	show_text(type);
	printf("  ");
	switch (event_find(type)) {
	case EVENT_MOTION: show_motion(data); break;
	case EVENT_MOTION_END: show_motion_end(data); break;
	case EVENT_SAVED: show_saved(data); break;
	case EVENT_CAMERA: show_camera(data); break;
	case EVENT_CLIP: show_clip(data); break;
	default: show_value(data);
	}
	printf("\n");
}

static const char *
show_keep(const json_t *saved)
{
	return json_is_true(json_object_get(saved, "keep")) ? ", kept" : "";
}

void
show_snaps(const json_t *reply)
{
	char bytes[16];
	size_t index;
	json_t *snap;

	json_array_foreach(json_object_get(reply, "snaps"), index, snap) {
		printf("%6lld  ", show_integer_of(snap, "id"));
		show_time(show_number_of(snap, "ts"));
		printf("  %9s  ", show_bytes(bytes, sizeof bytes, show_integer_of(snap, "bytes")));
		show_text(json_get_text(snap, "name"));
		printf("%s\n", show_keep(snap));
	}
	printf("%lld pictures, %s\n", show_integer_of(reply, "count"),
	    show_bytes(bytes, sizeof bytes, show_integer_of(reply, "bytes")));
}

void
show_clips(const json_t *reply)
{
	char bytes[16];
	size_t index;
	json_t *clip;

	json_array_foreach(json_object_get(reply, "clips"), index, clip) {
		printf("%6lld  ", show_integer_of(clip, "id"));
		show_time(show_number_of(clip, "ts"));
		printf("  ");
		show_clip(clip);
		printf("%s\n", show_keep(clip));
	}
	printf("%lld clips, %s\n", show_integer_of(reply, "count"),
	    show_bytes(bytes, sizeof bytes, show_integer_of(reply, "bytes")));
}
