/* SPDX-License-Identifier: ISC */
/* The journals of a recorder, from orield's descriptor to the queue of the encoder. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "record/recorder_internal.h"

void
take_free(struct take *take)
{
	LIST_REMOVE(take, next);
	writer_free(&take->writer);
	free(take);
}

/* On disk, or as far as it could be written: time for the film. */
static void
take_ended(void *arg)
{
	struct take *take = arg;
	struct recorder *recorder = take->recorder;
	const char *failure = writer_failure(take->writer);

	if (failure[0] != '\0')
		log_warning(
		    "recorder", "%s: %s was cut short: %s", recorder->name, take->name, failure);
	if (recorder->take == take) {
		recorder->take = NULL;
		recorder->purpose.cause[0] = '\0';
		recorder->pause_ns = clock_mono_ns() + REFUSED_PAUSE_S * CLOCK_S;
	}
	if (!take->alone && !encoding_add(recorder->encoding, recorder->client, take->name))
		log_warning("recorder",
		    "%s: too many clips wait for their encoder: %s is left for later",
		    recorder->name, take->name);
	take_free(take);
}

void
recorder_end_take(struct recorder *recorder, bool whole)
{
	char text[48];

	if (recorder->take == NULL)
		return;
	snprintf(text, sizeof text, "{\"peak_ns\":%" PRIu64 "}", recorder->purpose.peak_ns);
	writer_end(recorder->take->writer, whole ? text : NULL);
	recorder->take = NULL;
}

void
take_put(struct recorder *recorder, struct shot *shot)
{
	struct take *take = recorder->take;

	if (take->first_ns == 0) {
		take->first_ns = shot->info.mono_ns;
		take->width = shot->info.width;
		take->height = shot->info.height;
		take->orientation = shot->info.orientation;
	}
	recorder->written_ns = shot->info.mono_ns;
	if (!writer_put(take->writer, shot, (uint64_t)recorder->wishes.memory_mb << 20) &&
	    recorder->lost++ % 100 == 0)
		log_warning("recorder", "%s: the disk is too slow, frames are lost (%" PRIu64 ")",
		    recorder->name, recorder->lost);
}

/* The frames that are held and not yet written. */
static void
take_put_held(struct recorder *recorder)
{
	struct shot *shot;

	for (size_t i = 0; (shot = preroll_at(&recorder->preroll, i)) != NULL; i++)
		if (shot->info.mono_ns >= recorder->purpose.from_ns &&
		    shot->info.mono_ns > recorder->written_ns)
			take_put(recorder, shot);
}

static json_t *
take_head(const struct recorder *recorder)
{
	const struct purpose *purpose = &recorder->purpose;
	json_t *head = json_pack("{s:s, s:s, s:I, s:s, s:I}", "camera", recorder->name, "cause",
	    purpose->cause, "wall_ns", (json_int_t)purpose->wall_ns, "codec",
	    recorder->wishes.codec, "quality", (json_int_t)recorder->wishes.quality);

	if (purpose->motion != 0)
		json_object_set_new(head, "motion", json_integer(purpose->motion));
	return head;
}

static struct take *
take_new(struct recorder *recorder, const char *name, int fd, struct cause *why)
{
	struct take *take = calloc(1, sizeof *take);
	json_t *head = take_head(recorder);
	char *text = json_line(head);

	json_decref(head);
	if (take != NULL && text != NULL)
		take->writer = writer_new(recorder->base, fd, text, take_ended, take, why);
	else
		cause_set(why, "out of memory"), close(fd);
	free(text);
	if (take == NULL || take->writer == NULL) {
		free(take);
		return NULL;
	}
	take->recorder = recorder;
	snprintf(take->name, sizeof take->name, "%s", name);
	LIST_INSERT_HEAD(&recorder->takes, take, next);
	return take;
}

static void
recorder_refused(struct recorder *recorder, const char *reason)
{
	log_warning("recorder", "%s: not recorded: %s", recorder->name, reason);
	recorder->purpose.cause[0] = '\0';
	recorder->pause_ns = clock_mono_ns() + REFUSED_PAUSE_S * CLOCK_S;
}

static void
recorder_opened(void *arg, struct client_reply *reply)
{
	struct recorder *recorder = arg;
	json_t *answer = reply->line != NULL ? json_parse_object(reply->line, reply->length) : NULL;
	const char *name = json_get_text(answer, "name"), *reason = json_get_text(answer, "reason");
	struct cause why;

	recorder->opening = false;
	if (reply->line == NULL) {
		recorder->purpose.cause[0] = '\0';
	} else if (name == NULL || reply->fds[0] == -1) {
		recorder_refused(recorder, reason != NULL ? reason : "no answer");
	} else {
		recorder->take = take_new(recorder, name, reply->fds[0], &why);
		reply->fds[0] = -1;
		if (recorder->take == NULL)
			recorder_refused(recorder, why.text);
		else
			take_put_held(recorder);
	}
	json_decref(answer);
}

void
recorder_open(struct recorder *recorder)
{
	const struct purpose *purpose = &recorder->purpose;
	json_t *command = json_pack("{s:s, s:s, s:I}", "cmd", "clip_open", "cause", purpose->cause,
	    "wall_ns", (json_int_t)purpose->wall_ns);
	char *line;

	if (purpose->motion != 0)
		json_object_set_new(command, "motion", json_integer(purpose->motion));
	line = json_line(command);
	json_decref(command);
	recorder->opening = line != NULL &&
	    client_send_for_fds(recorder->client, line, strlen(line), recorder_opened, recorder) !=
		0;
	free(line);
}
