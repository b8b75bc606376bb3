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
recording_free(struct recording *recording)
{
	LIST_REMOVE(recording, next);
	writer_free(&recording->writer);
	free(recording);
}

/* The journal is on disk, all of it or as much as could be written. Queue it for its movie. */
static void
recording_ended(void *arg)
{
	struct recording *recording = arg;
	struct recorder *recorder = recording->recorder;
	const char *failure = writer_failure(recording->writer);

	if (failure[0] != '\0')
		log_warning("recorder", "%s: %s was cut short: %s", recorder->name, recording->name,
		    failure);
	if (recorder->recording == recording) {
		recorder->recording = NULL;
		recorder->purpose.cause[0] = '\0';
		recorder->pause_ns = clock_mono_ns() + REFUSED_PAUSE_S * CLOCK_S;
	}
	if (!recording->alone &&
	    !encoding_add(recorder->encoding, recorder->client, recording->name))
		log_warning("recorder",
		    "%s: too many clips wait for their encoder: %s is left for later",
		    recorder->name, recording->name);
	recording_free(recording);
}

void
recorder_end_recording(struct recorder *recorder, bool whole)
{
	char text[48];

	if (recorder->recording == NULL)
		return;
	snprintf(text, sizeof text, "{\"peak_ns\":%" PRIu64 "}", recorder->purpose.peak_ns);
	writer_end(recorder->recording->writer, whole ? text : NULL);
	recorder->recording = NULL;
}

void
recording_put(struct recorder *recorder, struct frame_copy *frame)
{
	struct recording *recording = recorder->recording;

	if (recording->first_ns == 0) {
		recording->first_ns = frame->info.mono_ns;
		recording->width = frame->info.width;
		recording->height = frame->info.height;
		recording->orientation = frame->info.orientation;
	}
	recorder->written_ns = frame->info.mono_ns;
	if (!writer_put(recording->writer, frame, (uint64_t)recorder->settings.memory_mb << 20) &&
	    recorder->lost++ % 100 == 0)
		log_warning("recorder", "%s: the disk is too slow, frames are lost (%" PRIu64 ")",
		    recorder->name, recorder->lost);
}

/* The frames that are held and not yet written. */
static void
recording_put_held(struct recorder *recorder)
{
	struct frame_copy *frame;

	for (size_t i = 0; (frame = preroll_at(&recorder->preroll, i)) != NULL; i++)
		if (frame->info.mono_ns >= recorder->purpose.from_ns &&
		    frame->info.mono_ns > recorder->written_ns)
			recording_put(recorder, frame);
}

static json_t *
recording_head(const struct recorder *recorder)
{
	const struct purpose *purpose = &recorder->purpose;
	json_t *head = json_pack("{s:s, s:s, s:I, s:s, s:I}", "camera", recorder->name, "cause",
	    purpose->cause, "wall_ns", (json_int_t)purpose->wall_ns, "codec",
	    recorder->settings.codec, "quality", (json_int_t)recorder->settings.quality);

	if (purpose->motion != 0)
		json_object_set_new(head, "motion", json_integer(purpose->motion));
	return head;
}

static struct recording *
recording_new(struct recorder *recorder, const char *name, int fd, struct cause *why)
{
	struct recording *recording = calloc(1, sizeof *recording);
	json_t *head = recording_head(recorder);
	char *text = json_line(head);

	json_decref(head);
	if (recording != NULL && text != NULL)
		recording->writer = writer_new(
		    recorder->base, fd, text, recording_ended, recording, why);
	else
		cause_set(why, "out of memory"), close(fd);
	free(text);
	if (recording == NULL || recording->writer == NULL) {
		free(recording);
		return NULL;
	}
	recording->recorder = recorder;
	snprintf(recording->name, sizeof recording->name, "%s", name);
	LIST_INSERT_HEAD(&recorder->recordings, recording, next);
	return recording;
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
		recorder->recording = recording_new(recorder, name, reply->fds[0], &why);
		reply->fds[0] = -1;
		if (recorder->recording == NULL)
			recorder_refused(recorder, why.text);
		else
			recording_put_held(recorder);
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
