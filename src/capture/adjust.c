/* SPDX-License-Identifier: ISC */
/* The camera's controls: requests of the loop, answered by reports; and what was
 * set once, set again whenever the camera comes back. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "capture/inside.h"

enum { REQUESTS_MOST = 64 };
#define TELL_AFTER_NS (200 * CLOCK_MS)	/* a slider somewhere else moves many times a second */

struct adjust_request {
	uint64_t token;
	json_t *values;			/* NULL: only asked */
};

static void
request_free(void *item)
{
	struct adjust_request *request = item;

	if (request != NULL)
		json_decref(request->values);
	free(request);
}

int
adjust_init(struct capture *capture)
{
	const json_t *wished = capture->settings.controls;

	capture->requests = queue_new(REQUESTS_MOST);
	capture->wished = wished != NULL ? json_deep_copy(wished) : json_object();
	return capture->requests != NULL && json_is_object(capture->wished) ? 0 : -1;
}

void
adjust_deinit(struct capture *capture)
{
	queue_free(&capture->requests, request_free);
	json_decref(capture->wished);
}

/* ---- the loop's side ------------------------------------------------------------------ */

static bool
post(struct capture *capture, uint64_t token, json_t *values)
{
	struct adjust_request *request = malloc(sizeof *request);

	if (request == NULL) {
		json_decref(values);
		return false;
	}
	*request = (struct adjust_request){ .token = token, .values = values };
	if (!queue_push(capture->requests, request)) {
		request_free(request);
		return false;
	}
	capture_poke(capture);
	return true;
}

bool
capture_request_controls(struct capture *capture, uint64_t token)
{
	return post(capture, token, NULL);
}

bool
capture_set_controls(struct capture *capture, const json_t *values, uint64_t token)
{
	json_t *copy = json_deep_copy(values);

	return copy != NULL && post(capture, token, copy);
}

/* ---- the thread's side ------------------------------------------------------------------ */

static const json_t *
control_named(const json_t *controls, const char *name)
{
	const json_t *control;
	size_t i;

	json_array_foreach(controls, i, control) {
		const char *own = json_get_text(control, "name");

		if (own != NULL && strcmp(own, name) == 0)
			return control;
	}
	return NULL;
}

static bool
is_button(const json_t *controls, const char *name)
{
	const char *type = json_get_text(control_named(controls, name), "type");

	return type != NULL && strcmp(type, "button") == 0;
}

/* Set those from `at` on. When the driver refuses one, those before it get what they
 * had in `before` again, the last one first: one may have unlocked the next. */
static int
set_from(struct capture *capture, json_t *values, void *at, const json_t *before, struct cause *why)
{
	const char *name = json_object_iter_key(at);
	struct cause ignored;
	const json_t *old;

	if (at == NULL)
		return 0;
	if (source_set_control(capture->source, name, json_object_iter_value(at), why) == -1)
		return -1;
	if (set_from(capture, values, json_object_iter_next(values, at), before, why) == 0)
		return 0;
	old = json_object_get(control_named(before, name), "value");
	if (old != NULL)
		source_set_control(capture->source, name, old, &ignored);
	return -1;
}

/* Look at all, then set all, in the order given, or none. */
static int
set_values(struct capture *capture, json_t *values, struct capture_report *report)
{
	const char *name;
	json_t *value, *before;
	int result;

	report->invalid = true;
	json_object_foreach(values, name, value)
		if (source_check_control(capture->source, name, value, &report->reason) == -1)
			return -1;
	report->invalid = false;
	before = json_object_size(values) > 1 ? source_controls(capture->source) : NULL;
	result = set_from(capture, values, json_object_iter(values), before, &report->reason);
	json_decref(before);
	return result;
}

/* What was set is wished from now on, but for buttons: they were pressed. */
static void
keep(struct capture *capture, json_t *values, struct capture_report *report)
{
	const char *name;
	json_t *value;

	report->set = json_object();
	json_object_foreach(values, name, value) {
		if (is_button(report->controls, name))
			continue;
		json_object_set(capture->wished, name, value);
		json_object_set_new(report->set, name, json_deep_copy(value));	/* the loop's */
	}
}

static void
answer(struct capture *capture, const struct adjust_request *request)
{
	struct capture_report report = { .kind = CAPTURE_CONTROLS, .token = request->token };
	bool refused = false;

	if (capture->source == NULL) {
		report.reason = capture->status.reason;
		refused = true;
	} else if (request->values != NULL) {
		refused = set_values(capture, request->values, &report) == -1;
	}
	if (!refused)
		report.controls = source_controls(capture->source);
	if (!refused && request->values != NULL)
		keep(capture, request->values, &report);
	capture_report(capture, &report, NULL);
}

void
adjust_answer(struct capture *capture)
{
	struct adjust_request *request;

	while ((request = queue_pop(capture->requests)) != NULL) {
		answer(capture, request);
		request_free(request);
	}
}

void
adjust_opened(struct capture *capture)
{
	struct cause why;
	const char *name;
	json_t *value;

	/* Twice: one control may be inactive until another one behind it is set. */
	json_object_foreach(capture->wished, name, value)
		source_set_control(capture->source, name, value, NULL);
	json_object_foreach(capture->wished, name, value)
		if (source_set_control(capture->source, name, value, &why) == -1)
			log_info("capture", "not set again: %s", why.text);
}

void
adjust_noticed(struct capture *capture)
{
	if (capture->changed_ns == 0)
		capture->changed_ns = clock_mono_ns() + TELL_AFTER_NS;
}

void
adjust_tell(struct capture *capture, uint64_t now_ns)
{
	if (capture->changed_ns == 0 || now_ns < capture->changed_ns)
		return;
	capture->changed_ns = 0;
	if (capture->source != NULL)
		answer(capture, &(struct adjust_request){ .token = 0 });
}
