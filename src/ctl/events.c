/* SPDX-License-Identifier: ISC */
/* orielctl events: the log, and with --follow new events, across restarts of orield. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "ctl/ctl.h"
#include "ctl/filters.h"
#include "ctl/show.h"
#include "protocol/events.h"
#include "protocol/reasons.h"

enum { FOLLOW_PAUSE_MS = 500, PAST_LIMIT = 20 };

struct wish {
	bool follow;
	json_t *command; /* the query for past events */
	long long limit;
	bool after;	  /* those after one, oldest first */
	const char *type; /* of `command`; NULL = all */
};

/* Always ask for at least one past event: the reply says which is the newest. */
static bool
parse_wish(struct wish *wish, int argc, char **argv)
{
	*wish = (struct wish){ .limit = PAST_LIMIT };
	wish->command = filters_read(COMMAND_EVENTS, "follow", &wish->follow, argc, argv);
	if (wish->command == NULL)
		return false;
	wish->type = json_get_text(wish->command, "type");
	wish->after = json_object_get(wish->command, "after") != NULL;
	json_get_integer(wish->command, "limit", 0, INT64_MAX, &wish->limit);
	json_object_set_new(
	    wish->command, "limit", json_integer(wish->limit == 0 ? 1 : wish->limit));
	return true;
}

static void
print_event(const struct ctl *ctl, const json_t *event)
{
	if (ctl->json)
		ctl_print(event);
	else
		show_event(event);
}

/* Print the past events, the oldest first; *last is the number of the newest. */
static int
print_past(struct ctl *ctl, const struct wish *wish, long long *last)
{
	json_t *reply, *events;
	int status = ctl_ask(ctl, json_incref(wish->command), &reply);

	if (status != CTL_OK)
		return status;
	events = json_object_get(reply, "events");
	for (size_t i = 0, count = json_array_size(events); i < count && wish->limit != 0; i++)
		print_event(ctl, json_array_get(events, wish->after ? i : count - 1 - i));
	if (!json_get_integer(reply, "last", 0, INT64_MAX, last))
		*last = 0;
	/* There is more than one reply holds: following begins after the last one shown. */
	if (wish->after && wish->limit != 0 && json_array_size(events) > 0)
		json_get_integer(
		    json_array_get(events, json_array_size(events) - 1), "id", 0, INT64_MAX, last);
	json_decref(reply);
	return CTL_OK;
}

/* One line to a subscriber; a numbered event moves `last` on. */
static void
take_line(struct ctl *ctl, const struct wish *wish, const json_t *line, long long *last)
{
	const char *type = json_get_text(line, "event");
	const json_t *id = json_object_get(line, "id");

	if (type == NULL || !event_is_numbered(type))
		return;
	if (json_is_integer(id))
		*last = json_integer_value(id);
	if (wish->type == NULL || strcmp(wish->type, type) == 0)
		print_event(ctl, line);
}

/* Returns when the connection has ended. */
static void
follow_connection(struct ctl *ctl, const struct wish *wish, long long *last)
{
	json_t *line, *reply;
	struct cause why;

	reply = control_client_ask(&ctl->call,
	    json_pack("{s:s, s:I}", "cmd", "subscribe", "after", (json_int_t)*last), &why);
	if (reply == NULL)
		return;
	if (json_is_true(json_object_get(reply, "gap"))) {
		fprintf(stderr, "orielctl: events behind %lld are no longer there\n", *last);
		json_get_integer(reply, "last", 0, INT64_MAX, last);
	}
	json_decref(reply);
	while ((line = control_client_line(&ctl->call, -1, &why)) != NULL) {
		take_line(ctl, wish, line, last);
		json_decref(line);
	}
}

/* Runs until somebody ends it. Nothing is missed while orield is away: its log is on disk. */
static void
follow(struct ctl *ctl, const struct wish *wish, long long last)
{
	for (;;) {
		follow_connection(ctl, wish, &last);
		control_client_close(&ctl->call);
		fprintf(stderr, "orielctl: %s; waiting for it\n", reason_no_daemon.text);
		do
			usleep(FOLLOW_PAUSE_MS * 1000);
		while (control_client_open(&ctl->call, ctl->path) == -1);
	}
}

int
ctl_events(struct ctl *ctl, int argc, char **argv)
{
	struct wish wish;
	long long last;
	int status;

	if (!parse_wish(&wish, argc, argv))
		return ctl_usage(argv[0]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	status = print_past(ctl, &wish, &last);
	if (status == CTL_OK && wish.follow)
		follow(ctl, &wish, last);
	json_decref(wish.command);
	return status;
}
