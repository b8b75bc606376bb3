/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "orield/status.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "protocol/reasons.h"
#include "protocol/settings.h"

/* The kind of the open source; the setting (perhaps "auto") while none is open. */
static const char *
status_source(const struct options *options, const struct source_mode *mode)
{
	return mode->kind != NULL ? mode->kind : options_text(options, SETTING_SOURCE);
}

static double
status_rounded(double value, double steps)
{
	return (double)(int64_t)(value * steps + 0.5) / steps;
}

static double
status_percent(uint32_t tenths)
{
	return tenths / 10.0;
}

static uint64_t
status_age_ms(const struct capture_status *capture)
{
	return frame_age_ns(&capture->frame, clock_mono_ns()) / CLOCK_MS;
}

struct motion_figures
status_span(const struct span *span, uint64_t wall_ns)
{
	return (struct motion_figures){ .wall_ns = wall_ns,
		.seconds = status_rounded(clock_seconds(span_length_ns(span)), 10),
		.peak = status_percent(span->peak),
		.peak_ts = clock_seconds(span->peak_wall_ns) };
}

/* ---- status ---------------------------------------------------------- */

static json_t *
status_viewers(const unsigned viewers[PEER_KINDS])
{
	return json_pack("{s:I, s:I, s:I}", "stream", (json_int_t)viewers[PEER_STREAM], "events",
	    (json_int_t)viewers[PEER_EVENTS], "control", (json_int_t)viewers[PEER_CONTROL]);
}

/* The picture: its size, its source, its age. null when there is none. */
static void
status_add_picture(const struct status_values *now, json_t *out)
{
	const struct capture_status *capture = &now->capture;
	bool any = capture->frame.sequence != 0;
	uint64_t age = any ? status_age_ms(capture) : 0;

	json_object_set_new(
	    out, "source", json_string(status_source(now->options, &capture->mode)));
	json_object_set_new(out, "name", json_words(capture->mode.name));
	json_object_set_new(out, "device", json_words(capture->mode.device));
	json_object_set_new(out, "format", json_string(pixel_format_name(capture->mode.format)));
	json_object_set_new(
	    out, "width", json_integer(any ? capture->frame.width : capture->mode.width));
	json_object_set_new(
	    out, "height", json_integer(any ? capture->frame.height : capture->mode.height));
	json_object_set_new(out, "fps", json_real(status_rounded(capture->fps, 10)));
	json_object_set_new(out, "frames", json_integer((json_int_t)now->frames));
	json_object_set_new(out, "triggers", json_integer((json_int_t)now->triggers));
	json_object_set_new(out, "frame_age_ms", any ? json_integer((json_int_t)age) : json_null());
	json_object_set_new(
	    out, "stale", json_boolean(!any || frame_is_stale(&capture->frame, clock_mono_ns())));
	json_object_set_new(
	    out, "stale_ms", json_integer(any ? capture->frame.stale_ms : FRAME_STALE_MS));
	json_object_set_new(out, "generation", json_integer((json_int_t)capture->generation));
	json_object_set_new(out, "sequence", json_integer((json_int_t)capture->frame.sequence));
	json_object_set_new(out, "encode_us", json_integer(capture->frame.encode_us));
}

static json_t *
status_counters(const struct status_values *now)
{
	const struct capture_status *capture = &now->capture;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "dropped",
	    (json_int_t)capture->dropped, "broken", (json_int_t)capture->broken, "oversized",
	    (json_int_t)capture->oversized, "errors", (json_int_t)capture->errors, "reopens",
	    (json_int_t)capture->reopens, "light_held", (json_int_t)capture->light_held,
	    "cooldown_held", (json_int_t)capture->cooldown_held, "store_refused",
	    (json_int_t)now->store.refused, "deleted_quota", (json_int_t)now->store.deleted.quota,
	    "deleted_age", (json_int_t)now->store.deleted.age);
}

/* null, or when the database was found damaged, and what was saved of it. */
static json_t *
status_repaired(const struct store_repaired *repaired)
{
	if (repaired->wall_ns == 0)
		return json_null();
	return json_pack("{s:f, s:o, s:s*, s:o, s:I, s:I}", "ts", clock_seconds(repaired->wall_ns),
	    "reason", json_words(repaired->why.text), "code", cause_code(&repaired->why), "kept",
	    json_words(repaired->kept), "settings", (json_int_t)repaired->values, "events",
	    (json_int_t)repaired->events);
}

static void
status_add_store(const struct store_worker_status *store, json_t *out)
{
	json_object_set_new(out, "snaps",
	    json_pack("{s:I, s:I}", "count", (json_int_t)store->pictures, "bytes",
		(json_int_t)store->bytes));
	json_object_set_new(out, "pinned",
	    json_pack("{s:I, s:I}", "count", (json_int_t)store->pinned.count, "bytes",
		(json_int_t)store->pinned.bytes));
	json_object_set_new(out, "store",
	    json_pack("{s:b, s:o, s:s*, s:o}", "ok", store->trouble.text[0] == '\0', "reason",
		json_words(store->trouble.text), "code", cause_code(&store->trouble), "repaired",
		status_repaired(&store->repaired)));
}

/* null, or the motion that has not ended yet; null too while the driver hangs. */
static json_t *
status_open_span(const struct status_values *now)
{
	const struct span *span = &now->capture.span;
	struct motion_figures figures = status_span(span, 0);

	if (!span->open || now->capture.hangs)
		return json_null();
	return json_pack("{s:f, s:f, s:f, s:f}", "since", clock_seconds(span->begun_wall_ns),
	    "seconds", figures.seconds, "peak", figures.peak, "peak_ts", figures.peak_ts);
}

static json_t *
status_verdict(const struct status_values *now, const struct motion_verdict *verdict)
{
	bool on = options_number(now->options, SETTING_MOTION) != 0;
	const char *held = !on			 ? reason_motion_off.text
	    : now->capture.blind.text[0] != '\0' ? now->capture.blind.text
						 : motion_held_word(verdict->held);

	return json_pack("{s:f, s:o, s:o, s:o}", "change", status_percent(verdict->change),
	    "threshold", settings_json(now->options, SETTING_THRESHOLD), "held", json_words(held),
	    "span", status_open_span(now));
}

static void
status_add_armed(const struct status_values *now, json_t *out)
{
	json_object_set_new(out, "armed_now", json_boolean(now->armed));
	json_object_set_new(out, "armed_until",
	    now->armed_until != -1 ? json_integer(now->armed_until) : json_null());
}

/* Is the camera online? If not, why? */
static void
status_add_online(const struct capture_status *capture, json_t *out)
{
	static const struct cause none;

	json_object_set_new(out, "online", json_boolean(capture->online));
	reason_put(out, "reason", capture->online ? &none : &capture->reason);
}

json_t *
status_json(const struct status_values *now)
{
	json_t *out = json_pack("{s:s}", "camera", options_text(now->options, SETTING_CAMERA));

	status_add_online(&now->capture, out);
	status_add_picture(now, out);
	json_object_set_new(out, "uptime", json_real(clock_seconds(now->uptime_ns)));
	json_object_set_new(out, "version", json_string(PACKAGE_VERSION));
	json_object_set_new(out, "viewers", status_viewers(now->viewers));
	status_add_store(&now->store, out);
	json_object_set_new(out, "motion", status_verdict(now, &now->capture.motion));
	status_add_armed(now, out);
	json_object_set_new(out, "counters", status_counters(now));
	return out;
}

/* ---- settings -------------------------------------------------------- */

/* Settings and counters as they are now. */
static json_t *
status_config(const struct status_values *now)
{
	json_t *out = json_object(), *sources = json_object();

	for (size_t row = 0; row < SETTING_COUNT; row++) {
		const char *name = options_row(now->options, row)->name;

		json_object_set_new(out, name, settings_json(now->options, (enum setting)row));
		json_object_set_new(sources, name,
		    json_string(options_source_word(options_source(now->options, row))));
	}
	json_object_set_new(out, "frame_count", json_integer((json_int_t)now->frames));
	json_object_set_new(out, "trigger_count", json_integer((json_int_t)now->triggers));
	json_object_set_new(out, "seen", json_integer(now->seen));
	json_object_set_new(out, "sources", sources);
	return out;
}

json_t *
status_settings(const struct status_values *now)
{
	json_t *out = status_config(now);

	json_object_set_new(out, "settings", settings_describe());
	return out;
}

json_t *
status_state(const struct status_values *now)
{
	json_t *out = status_config(now);

	status_add_online(&now->capture, out);
	status_add_armed(now, out);
	return out;
}

json_t *
status_pulse(const struct status_values *now, const struct motion_verdict *peak)
{
	const struct capture_status *capture = &now->capture;
	json_t *out = status_verdict(now, peak);

	json_object_set_new(out, "ts", json_real(clock_seconds(clock_wall_ns())));
	json_object_set_new(out, "online", json_boolean(capture->online));
	json_object_set_new(out, "fps", json_real(status_rounded(capture->fps, 10)));
	json_object_set_new(out, "age_ms",
	    capture->frame.sequence != 0 ? json_integer((json_int_t)status_age_ms(capture))
					 : json_null());
	json_object_set_new(out, "frame_count", json_integer((json_int_t)now->frames));
	status_add_armed(now, out);
	return out;
}

/* ---- events ---------------------------------------------------------- */

/* A length in the small grey picture as a fraction of the frame, 0..1. */
static double
status_fraction(uint32_t eighths, uint32_t pixels)
{
	double part = pixels != 0 ? eighths * 8.0 / pixels : 0;

	return status_rounded(part < 1 ? part : 1, 10000);
}

json_t *
status_motion(const struct capture_report *report)
{
	const struct motion_verdict *verdict = &report->verdict;
	uint32_t width = report->frame.width, height = report->frame.height;

	return json_pack("{s:f, s:f, s:o, s:[f, f, f, f]}", "ts",
	    clock_seconds(report->frame.wall_ns), "change", status_percent(verdict->change),
	    "threshold", settings_tenths(verdict->threshold), "box",
	    status_fraction(verdict->box_x, width), status_fraction(verdict->box_y, height),
	    status_fraction(verdict->box_width, width),
	    status_fraction(verdict->box_height, height));
}

json_t *
status_online(const struct options *options, const struct source_mode *mode, uint64_t wall_ns)
{
	return json_pack("{s:f, s:b, s:s, s:o, s:I, s:I}", "ts", clock_seconds(wall_ns), "online",
	    1, "source", status_source(options, mode), "name", json_words(mode->name), "width",
	    (json_int_t)mode->width, "height", (json_int_t)mode->height);
}

json_t *
status_offline(const struct cause *reason, uint64_t wall_ns)
{
	json_t *out = json_pack("{s:f, s:b}", "ts", clock_seconds(wall_ns), "online", 0);

	reason_put(out, "reason", reason);
	return out;
}
