/* SPDX-License-Identifier: ISC */
/* pending: commands under way: their lanes, deadlines and answers. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "client/client_internal.h"
#include "loop/timer.h"
#include "protocol/commands.h"

enum { TAG_SIZE = 24 }; /* "#", up to 20 digits, " " and the NUL */

static const unsigned lane_width[CLIENT_LANES] = {
	[CLIENT_OURS] = UINT_MAX,
	[CLIENT_CHANGE] = UINT_MAX,
	[CLIENT_SHORT] = 32,
	[CLIENT_LONG] = 6,
};

/* ---- answers --------------------------------------------------------- */

static void
fds_reset(int fds[LINES_FDS])
{
	for (int i = 0; i < LINES_FDS; i++)
		fds[i] = -1;
}

static void
fds_close(int fds[LINES_FDS])
{
	for (int i = 0; i < LINES_FDS; i++)
		if (fds[i] != -1)
			close(fds[i]);
	fds_reset(fds);
}

static void
pending_answer(struct pending *pending, struct client_reply *reply)
{
	if (pending->done != NULL)
		pending->done(pending->arg, reply);
	fds_close(reply->fds);
	free(pending->line);
	free(pending);
}

/* There will be no answer. */
static void
pending_fail(struct pending *pending)
{
	struct client_reply none = { .line = NULL, .failure = pending->failure };

	fds_reset(none.fds);
	pending_answer(pending, &none);
}

void
client_tell_lost(struct client *client)
{
	struct pending *pending;

	while ((pending = TAILQ_FIRST(&client->lost)) != NULL) {
		TAILQ_REMOVE(&client->lost, pending, next);
		pending_fail(pending);
	}
}

static void
client_fail_later(struct client *client, struct pending *pending, enum client_failure failure)
{
	pending->failure = failure;
	TAILQ_INSERT_TAIL(&client->lost, pending, next);
	event_active(client->failing, EV_TIMEOUT, 0);
}

/* ---- lanes ----------------------------------------------------------- */

static struct pending_list *
pending_waits(struct client *client, const struct pending *pending)
{
	return &client->lanes[pending->way.lane].waiting[pending->way.first ? 0 : 1];
}

/* The timer is always set for the oldest command. */
void
client_arm_deadline(struct client *client)
{
	struct pending *oldest = TAILQ_FIRST(&client->aging);

	if (oldest == NULL)
		event_del(client->deadline);
	else
		timer_start_at(client->deadline, oldest->deadline_ns);
}

static void
client_stop_aging(struct client *client, struct pending *pending)
{
	if (pending->ages)
		TAILQ_REMOVE(&client->aging, pending, younger);
	pending->ages = false;
}

/* Remove it from all lists but its lane's, while it waits there. */
static void
client_remove(struct client *client, struct pending *pending)
{
	client_stop_aging(client, pending);
	client->pending_count--;
	if (pending->line != NULL) {
		TAILQ_REMOVE(pending_waits(client, pending), pending, next);
	} else {
		TAILQ_REMOVE(&client->sent, pending, next);
		client->lanes[pending->way.lane].under_way--;
	}
}

/* Put it into the output. False when out of memory. */
static bool
client_put(struct client *client, struct pending *pending, const char *line, size_t length)
{
	char tag[TAG_SIZE];

	snprintf(tag, sizeof tag, "#%lu ", pending->token);
	if (lines_put(client->lines, tag, line, length) == -1)
		return false;
	TAILQ_INSERT_TAIL(&client->sent, pending, next);
	client->lanes[pending->way.lane].under_way++;
	return true;
}

/* A command of the lane has been answered: the next waiting ones may go. */
static void
client_move_up(struct client *client, enum client_lane which)
{
	struct lane *lane = &client->lanes[which];
	struct pending *next;
	char *line;

	while (lane->under_way < lane_width[which] &&
	    ((next = TAILQ_FIRST(&lane->waiting[0])) != NULL ||
		(next = TAILQ_FIRST(&lane->waiting[1])) != NULL)) {
		TAILQ_REMOVE(pending_waits(client, next), next, next);
		line = next->line;
		next->line = NULL;
		if (!client_put(client, next, line, next->length)) {
			client_stop_aging(client, next);
			client->pending_count--;
			client_fail_later(client, next, CLIENT_BUSY);
		}
		free(line);
	}
	client_write(client);
}

/* The command with that tag. Tag 0: the oldest, for a daemon that does not know tags. */
static struct pending *
client_find(struct client *client, unsigned long tag)
{
	struct pending *pending;

	TAILQ_FOREACH(pending, &client->sent, next)
		if (tag == 0 || pending->token == tag)
			break;
	return pending;
}

static void
client_take_reply(struct client *client, unsigned long tag, const char *line, size_t length)
{
	struct pending *pending = client_find(client, tag);
	struct client_reply reply = { .line = line, .length = length };
	enum client_lane lane;

	if (pending == NULL) {
		log_debug("client", "%s: a reply nobody waits for", client->path);
		return;
	}
	fds_reset(reply.fds);
	if (pending->takes_fds)
		lines_take_fds(client->lines, reply.fds);
	lane = pending->way.lane;
	client_remove(client, pending);
	pending_answer(pending, &reply);
	if (client_connected(client) && !client->freed)
		client_move_up(client, lane);
}

/* A tag is "#", a number and a space. */
void
client_take_answer(struct client *client, const char *line, size_t length)
{
	const char *space = memchr(line, ' ', length);

	if (line[0] != '#' || space == NULL)
		client_take_reply(client, 0, line, length);
	else
		client_take_reply(client, strtoul(line + 1, NULL, 10), space + 1,
		    length - (size_t)(space + 1 - line));
}

/* ---- no answer ------------------------------------------------------- */

static void
client_fail_list(struct client *client, struct pending_list *list, enum client_failure failure)
{
	struct pending *pending;

	TAILQ_FOREACH(pending, list, next) {
		pending->failure = failure;
		pending->ages = false;
	}
	TAILQ_CONCAT(&client->lost, list, next);
}

/* All that is under way or waits is lost: the daemon it was sent to has gone. */
void
client_fail_pending(struct client *client, enum client_failure sent)
{
	TAILQ_INIT(&client->aging);
	client_fail_list(client, &client->sent, sent);
	for (int lane = 0; lane < CLIENT_LANES; lane++) {
		client->lanes[lane].under_way = 0;
		client_fail_list(client, &client->lanes[lane].waiting[0], CLIENT_DOWN);
		client_fail_list(client, &client->lanes[lane].waiting[1], CLIENT_DOWN);
	}
	client->pending_count = 0;
}

/* Too late: tell the asker. A command that was sent may still be done; its reply is awaited and
 * dropped. */
static void
pending_late(struct client *client, struct pending *pending)
{
	struct client_reply none = { .line = NULL, .failure = CLIENT_UNKNOWN };
	client_done *done = pending->done;

	if (pending->line != NULL) {
		client_remove(client, pending);
		pending->failure = CLIENT_UNKNOWN;
		pending_fail(pending);
		return;
	}
	client_stop_aging(client, pending);
	pending->done = NULL;
	fds_reset(none.fds);
	if (done != NULL)
		done(pending->arg, &none);
}

void
client_deadline(evutil_socket_t unused, short what, void *arg)
{
	struct client *client = arg;
	uint64_t now = clock_mono_ns();
	struct pending *oldest;

	(void)unused, (void)what;
	client_enter(client);
	while (!client->freed && (oldest = TAILQ_FIRST(&client->aging)) != NULL &&
	    oldest->deadline_ns <= now)
		pending_late(client, oldest);
	if (!client->freed)
		client_arm_deadline(client);
	client_leave(client);
}

void
client_init_pending(struct client *client)
{
	TAILQ_INIT(&client->sent);
	TAILQ_INIT(&client->aging);
	TAILQ_INIT(&client->lost);
	for (int lane = 0; lane < CLIENT_LANES; lane++) {
		TAILQ_INIT(&client->lanes[lane].waiting[0]);
		TAILQ_INIT(&client->lanes[lane].waiting[1]);
	}
}

/* ---- for the users --------------------------------------------------- */

/* Send it now, or keep it until its lane has room. False when out of memory. */
static bool
client_dispatch(struct client *client, struct pending *pending, const char *line, size_t length)
{
	if (client->lanes[pending->way.lane].under_way < lane_width[pending->way.lane])
		return client_put(client, pending, line, length);
	pending->line = malloc(length);
	if (pending->line == NULL)
		return false;
	memcpy(pending->line, line, length);
	pending->length = length;
	TAILQ_INSERT_TAIL(pending_waits(client, pending), pending, next);
	return true;
}

static void
client_age(struct client *client, struct pending *pending)
{
	if (pending->way.lane == CLIENT_OURS)
		return;
	pending->deadline_ns = clock_mono_ns() + CLIENT_REPLY_SECONDS * CLOCK_S;
	pending->ages = true;
	TAILQ_INSERT_TAIL(&client->aging, pending, younger);
	if (TAILQ_FIRST(&client->aging) == pending)
		client_arm_deadline(client);
}

static unsigned long
client_enqueue(struct client *client, struct client_way way, const char *line, size_t length,
    bool takes_fds, client_done *done, void *arg)
{
	struct pending *pending = calloc(1, sizeof *pending);

	if (pending == NULL)
		return 0;
	*pending = (struct pending){ .token = ++client->last_token,
		.way = way,
		.takes_fds = takes_fds,
		.done = done,
		.arg = arg };
	if (!client_connected(client) && client->tried) {
		client_fail_later(client, pending, CLIENT_DOWN);
	} else if (client->pending_count == CLIENT_PENDING_MAX ||
	    lines_unsent(client->lines) + length > CLIENT_OUTPUT_MAX ||
	    !client_dispatch(client, pending, line, length)) {
		client_fail_later(client, pending, CLIENT_BUSY);
	} else {
		client->pending_count++;
		client_age(client, pending);
		if (client_connected(client))
			client_write(client);
	}
	return client->last_token;
}

struct client_way
client_way(enum command_id id, enum role role)
{
	const struct command_row *word = &command_rows[id];
	enum client_lane lane = word->length == COMMAND_LONG ? CLIENT_LONG : CLIENT_SHORT;

	if (word->role == COMMAND_OPERATOR)
		lane = CLIENT_CHANGE;
	else if (word->role == COMMAND_LOCAL)
		lane = CLIENT_OURS;
	return (struct client_way){ .lane = lane, .first = role == ROLE_OPERATOR };
}

unsigned long
client_send(struct client *client, struct client_way way, const char *line, size_t length,
    client_done *done, void *arg)
{
	return client_enqueue(client, way, line, length, false, done, arg);
}

unsigned long
client_send_for_fds(
    struct client *client, const char *line, size_t length, client_done *done, void *arg)
{
	return client_enqueue(
	    client, (struct client_way){ .lane = CLIENT_OURS }, line, length, true, done, arg);
}

unsigned long
client_attach(struct client *client, client_done *done, void *arg)
{
	static const char line[] = "{\"cmd\":\"attach\"}";

	return client_send_for_fds(client, line, sizeof line - 1, done, arg);
}

static bool
pending_forget(struct pending_list *list, unsigned long token)
{
	struct pending *pending;

	TAILQ_FOREACH(pending, list, next)
		if (pending->token == token)
			break;
	if (pending != NULL)
		pending->done = NULL;
	return pending != NULL;
}

/* A waiting command need not be sent any more. */
static void
client_forget_waiting(struct client *client, struct pending_list *list, unsigned long token)
{
	struct pending *pending;

	TAILQ_FOREACH(pending, list, next)
		if (pending->token == token)
			break;
	if (pending == NULL)
		return;
	client_remove(client, pending);
	free(pending->line);
	free(pending);
}

void
client_forget(struct client *client, unsigned long token)
{
	if (pending_forget(&client->sent, token) || pending_forget(&client->lost, token))
		return;
	for (int lane = 0; lane < CLIENT_LANES; lane++) {
		client_forget_waiting(client, &client->lanes[lane].waiting[0], token);
		client_forget_waiting(client, &client->lanes[lane].waiting[1], token);
	}
}
