/* SPDX-License-Identifier: ISC */
#include "orield/motion_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "protocol/reasons.h"

json_t *
motion_log_data(const struct motion_figures *figures, int64_t motion, bool cut)
{
	json_t *data = json_pack("{s:f, s:f, s:f, s:f}", "ts", clock_seconds(figures->wall_ns),
	    "seconds", figures->seconds, "peak", figures->peak, "peak_ts", figures->peak_ts);

	if (motion != 0)
		json_object_set_new(data, "motion", json_integer(motion));
	if (figures->reason.text[0] != '\0')
		reason_put(data, "reason", &figures->reason);
	if (cut)
		json_object_set_new(data, "cut", json_true());
	return data;
}

int
motion_log_write(const struct motion_log *log, struct store *store, struct cause *why)
{
	json_t *data = motion_log_data(&log->known, log->motion, log->cut);
	char *text = log->motion != 0 ? json_line(data) : strdup("");
	int result = STORE_FAILED;

	if (text != NULL)
		result = store_set_value(store, MOTION_LOG_VALUE, text, why);
	else
		cause_reason(why, &reason_out_of_memory);
	free(text);
	json_decref(data);
	return result;
}

int
motion_log_begin(struct motion_log *log, struct store *store, int64_t motion,
    const struct motion_figures *known, struct cause *why)
{
	*log = (struct motion_log){ .motion = motion, .known = *known };
	return motion_log_write(log, store, why);
}

int
motion_log_goes_on(struct motion_log *log, struct store *store, const struct motion_figures *known,
    struct cause *why)
{
	if (log->motion == 0 || log->over)
		return STORE_OK;
	log->known = *known;
	return motion_log_write(log, store, why);
}

int
motion_log_ended(struct motion_log *log, struct store *store, struct cause *why)
{
	*log = (struct motion_log){ 0 };
	return motion_log_write(log, store, why);
}

void
motion_log_owe(struct motion_log *log, const struct motion_figures *known)
{
	if (log->motion == 0 || log->over)
		return;
	log->over = true;
	log->cut = known == NULL;
	if (known != NULL)
		log->known = *known;
}

void
motion_log_found(struct motion_log *log, const char *text, uint64_t wall_ns)
{
	json_t *data = text != NULL ? json_parse_object(text, strlen(text)) : NULL;

	*log = (struct motion_log){ 0 };
	if (data == NULL)
		return;
	*log = (struct motion_log){
		.motion = json_integer_value(json_object_get(data, "motion")),
		.over = true,
		.cut = true,
		.known = { .wall_ns = wall_ns,
		    .seconds = json_number_value(json_object_get(data, "seconds")),
		    .peak = json_number_value(json_object_get(data, "peak")),
		    .peak_ts = json_number_value(json_object_get(data, "peak_ts")) },
	};
	json_decref(data);
}
