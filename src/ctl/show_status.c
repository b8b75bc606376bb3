/* SPDX-License-Identifier: ISC */
/* The replies to status, get and set. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "ctl/show_internal.h"

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
	printf(" %lldx%lld, %.1f a second\n", show_integer_of(reply, "width"),
	    show_integer_of(reply, "height"), show_number_of(reply, "fps"));
}

static void
show_counters(const json_t *counters)
{
	const char *key;
	json_t *value;
	int shown = 0;

	json_object_foreach((json_t *)counters, key, value) {
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
	printf("): %lld settings and %lld events could be read",
	    show_integer_of(repaired, "settings"), show_integer_of(repaired, "events"));
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
	show_time(show_number_of(span, "since"));
	printf(", peak %.1f %%\n", show_number_of(span, "peak"));
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
		show_time(show_number_of(reply, "armed_until"));
	}
	printf("\n");
}

void
show_status(const json_t *reply)
{
	const json_t *motion = json_object_get(reply, "motion");
	const json_t *viewers = json_object_get(reply, "viewers"),
		     *snaps = json_object_get(reply, "snaps"),
		     *pinned = json_object_get(reply, "pinned");
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
	printf("frames     %lld", show_integer_of(reply, "frames"));
	if (json_is_integer(json_object_get(reply, "frame_age_ms")))
		printf(", the newest %lld ms old%s", show_integer_of(reply, "frame_age_ms"),
		    json_is_true(json_object_get(reply, "stale")) ? " (stale)" : "");
	printf("\nmotion     %lld times; now %.1f %% changed, threshold %g %%",
	    show_integer_of(reply, "triggers"), show_number_of(motion, "change"),
	    show_number_of(motion, "threshold"));
	if (json_string_length(json_object_get(motion, "held")) > 0) {
		printf(": ");
		show_text(json_get_text(motion, "held"));
	}
	printf("\n");
	show_span(json_object_get(motion, "span"));
	show_armed(reply);
	printf("viewers    %lld stream, %lld events, %lld control\n",
	    show_integer_of(viewers, "stream"), show_integer_of(viewers, "events"),
	    show_integer_of(viewers, "control"));
	printf("pictures   %lld saved, %s\n", show_integer_of(snaps, "count"),
	    show_bytes(bytes, sizeof bytes, show_integer_of(snaps, "bytes")));
	if (show_integer_of(pinned, "count") > 0)
		printf("kept       %lld pinned, %s\n", show_integer_of(pinned, "count"),
		    show_bytes(bytes, sizeof bytes, show_integer_of(pinned, "bytes")));
	show_store(json_object_get(reply, "store"));
	show_counters(json_object_get(reply, "counters"));
	printf("uptime     ");
	print_uptime(show_number_of(reply, "uptime"));
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

	json_object_foreach((json_t *)reply, key, value) {
		if (json_is_object(value) || json_is_array(value))
			continue;
		show_padded(key, 17);
		show_value(value);
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

	json_object_foreach((json_t *)reply, key, value) {
		if (strcmp(key, "ok") == 0)
			continue;
		show_text(key);
		printf(" = ");
		show_value(value);
		printf("\n");
	}
}
