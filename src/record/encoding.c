/* SPDX-License-Identifier: ISC */
#include "record/encoding.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/json.h"
#include "base/log.h"
#include "lines/lines.h"

enum { NAME_SIZE = 64 };

struct waiting {
	STAILQ_ENTRY(waiting) next;
	struct client *client; /* NULL: forgotten */
	char name[NAME_SIZE];
};

struct encoding {
	struct event_base *base;
	struct lines *supervisor;
	struct event *readable;
	STAILQ_HEAD(, waiting) list; /* `busy`: the first is being encoded */
	size_t count;
	bool busy, broken;
	unsigned long ask; /* for client_forget(); 0: none */
};

static void encoding_go_on(struct encoding *encoding);

/* ---- the queue ------------------------------------------------------- */

static void
encoding_drop_first(struct encoding *encoding)
{
	struct waiting *first = STAILQ_FIRST(&encoding->list);

	STAILQ_REMOVE_HEAD(&encoding->list, next);
	encoding->count--;
	free(first);
}

/* The first clip is finished, or has failed. */
static void
encoding_next(struct encoding *encoding)
{
	encoding->busy = false;
	encoding->ask = 0;
	encoding_drop_first(encoding);
	encoding_go_on(encoding);
}

static void
encoding_complain(const struct encoding *encoding, const char *reason)
{
	log_warning("encoding", "%s: no movie: %s", STAILQ_FIRST(&encoding->list)->name,
	    reason != NULL ? reason : "no answer");
}

/* ---- orield takes it ------------------------------------------------- */

static void
encoding_stored(void *arg, struct client_reply *reply)
{
	struct encoding *encoding = arg;
	json_t *answer = reply->line != NULL ? json_parse_object(reply->line, reply->length) : NULL;

	if (!json_is_true(json_object_get(answer, "ok"))) {
		const char *error = json_get_text(answer, "error");

		encoding_complain(
		    encoding, error != NULL ? error : json_get_text(answer, "reason"));
	}
	json_decref(answer);
	encoding_next(encoding);
}

static json_t *
done_command(const char *name, const json_t *answer)
{
	static const char *const copied[] = { "codec", "cause", "motion", "wall_ns" };
	const json_t *head = json_object_get(answer, "head");
	json_t *command = json_pack("{s:s, s:s, s:O, s:O, s:O}", "cmd", "clip_done", "name", name,
	    "ms", json_object_get(answer, "ms"), "before_ms", json_object_get(answer, "before_ms"),
	    "cut", json_object_get(answer, "cut"));

	for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++)
		if (json_object_get(head, copied[i]) != NULL)
			json_object_set(command, copied[i], json_object_get(head, copied[i]));
	return command;
}

/* Send a command about the first clip; the reply ends its work. Steals `command`. */
static void
encoding_tell(struct encoding *encoding, json_t *command)
{
	struct waiting *first = STAILQ_FIRST(&encoding->list);
	char *line = json_line(command);

	json_decref(command);
	encoding->ask = line == NULL
	    ? 0
	    : client_send(first->client, (struct client_way){ .lane = CLIENT_OURS }, line,
		  strlen(line), encoding_stored, encoding);
	free(line);
	if (encoding->ask == 0)
		encoding_next(encoding);
}

/* ---- the supervisor's answer --------------------------------------------- */

static void
encoding_judge(struct encoding *encoding, const json_t *answer)
{
	const struct waiting *first = STAILQ_FIRST(&encoding->list);

	if (first->client == NULL) {
		encoding_next(encoding);
	} else if (json_is_true(json_object_get(answer, "ok"))) {
		encoding_tell(encoding, done_command(first->name, answer));
	} else if (json_is_true(json_object_get(answer, "empty"))) {
		encoding_tell(
		    encoding, json_pack("{s:s, s:s}", "cmd", "clip_drop", "name", first->name));
	} else {
		encoding_complain(encoding, json_get_text(answer, "reason"));
		encoding_next(encoding);
	}
}

static void
encoding_readable(evutil_socket_t fd, short what, void *arg)
{
	struct encoding *encoding = arg;
	ssize_t got = lines_read(encoding->supervisor);
	size_t length;
	char *line;

	(void)fd, (void)what;
	if (got == 0 || (got == -1 && errno != EAGAIN && errno != EINTR)) {
		encoding->broken = true;
		event_base_loopbreak(encoding->base);
		return;
	}
	while ((line = lines_next(encoding->supervisor, &length)) != NULL) {
		json_t *answer = json_parse_object(line, length);

		if (encoding->busy)
			encoding_judge(encoding, answer);
		json_decref(answer);
	}
}

/* ---- the files ------------------------------------------------------- */

/* There is room in the socket: only one question is on its way at a time. */
static void
encoding_hand_over(struct encoding *encoding, struct client_reply *reply)
{
	if (lines_put_fds(encoding->supervisor, reply->fds) == -1) {
		encoding_next(encoding);
		return;
	}
	for (int i = 0; i < LINES_FDS; i++)
		reply->fds[i] = -1;
	lines_put(encoding->supervisor, "", "{}", 2);
	lines_write(encoding->supervisor);
}

static void
encoding_has_files(void *arg, struct client_reply *reply)
{
	struct encoding *encoding = arg;
	json_t *answer = reply->line != NULL ? json_parse_object(reply->line, reply->length) : NULL;

	encoding->ask = 0;
	if (reply->fds[LINES_FDS - 1] != -1) {
		encoding_hand_over(encoding, reply);
	} else {
		encoding_complain(encoding, json_get_text(answer, "reason"));
		encoding_next(encoding);
	}
	json_decref(answer);
}

static void
encoding_go_on(struct encoding *encoding)
{
	struct waiting *first;
	char line[NAME_SIZE + 32];

	while (!encoding->busy && (first = STAILQ_FIRST(&encoding->list)) != NULL) {
		snprintf(
		    line, sizeof line, "{\"cmd\":\"clip_movie\",\"name\":\"%s\"}", first->name);
		encoding->ask = first->client == NULL
		    ? 0
		    : client_send_for_fds(
			  first->client, line, strlen(line), encoding_has_files, encoding);
		encoding->busy = encoding->ask != 0;
		if (!encoding->busy)
			encoding_drop_first(encoding);
	}
}

/* ---- for the recorders ----------------------------------------------- */

static bool
encoding_has(const struct encoding *encoding, const struct client *client, const char *name)
{
	const struct waiting *each;

	STAILQ_FOREACH(each, &encoding->list, next)
		if (each->client == client && strcmp(each->name, name) == 0)
			return true;
	return false;
}

bool
encoding_add(struct encoding *encoding, struct client *client, const char *name)
{
	struct waiting *last;

	if (encoding_has(encoding, client, name))
		return true;
	if (encoding->count >= ENCODING_WAITING_MAX || strlen(name) >= NAME_SIZE)
		return false;
	last = calloc(1, sizeof *last);
	if (last == NULL)
		return false;
	last->client = client;
	strcpy(last->name, name);
	STAILQ_INSERT_TAIL(&encoding->list, last, next);
	encoding->count++;
	encoding_go_on(encoding);
	return true;
}

void
encoding_forget(struct encoding *encoding, const struct client *client)
{
	struct waiting *first = STAILQ_FIRST(&encoding->list), *each;
	bool asked = first != NULL && first->client == client && encoding->ask != 0;

	if (asked)
		client_forget(first->client, encoding->ask);
	STAILQ_FOREACH(each, &encoding->list, next)
		if (each->client == client)
			each->client = NULL;
	if (asked)
		encoding_next(encoding);
}

bool
encoding_is_broken(const struct encoding *encoding)
{
	return encoding->broken;
}

/* ---- life ------------------------------------------------------------ */

struct encoding *
encoding_new(struct event_base *base, int supervisor)
{
	struct encoding *encoding = calloc(1, sizeof *encoding);

	if (encoding == NULL)
		return NULL;
	encoding->base = base;
	STAILQ_INIT(&encoding->list);
	encoding->supervisor = lines_new(false);
	if (encoding->supervisor != NULL)
		lines_open(encoding->supervisor, supervisor);
	encoding->readable = event_new(
	    base, supervisor, EV_READ | EV_PERSIST, encoding_readable, encoding);
	if (encoding->supervisor == NULL || encoding->readable == NULL ||
	    event_add(encoding->readable, NULL) == -1)
		encoding_free(&encoding);
	return encoding;
}

void
encoding_free(struct encoding **encoding)
{
	struct encoding *gone = *encoding;

	if (gone == NULL)
		return;
	while (!STAILQ_EMPTY(&gone->list))
		encoding_drop_first(gone);
	if (gone->readable != NULL)
		event_free(gone->readable);
	lines_free(&gone->supervisor);
	free(gone);
	*encoding = NULL;
}
