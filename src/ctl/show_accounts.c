/* SPDX-License-Identifier: ISC */
/* Users, sessions and tokens for people. */
#include <stdio.h>

#include "base/json.h"
#include "ctl/show.h"

enum { ID_DIGITS = 12 }; /* enough to name a session by */

static void
show_word(const json_t *object, const char *key, int width)
{
	show_padded(json_get_text(object, key), width);
	printf("  ");
}

static void
show_moment(const json_t *object, const char *key, const char *never)
{
	long long seconds = json_integer_value(json_object_get(object, key));

	if (seconds != 0)
		show_time((double)seconds);
	else
		printf("%s", never);
}

void
show_users(const json_t *list)
{
	size_t index;
	json_t *user;

	if (json_array_size(list) == 0)
		puts("no users: orielctl user add NAME --role=operator makes one");
	json_array_foreach(list, index, user) {
		show_word(user, "name", 16);
		show_word(user, "role", 8);
		printf("%3lld sessions, last seen ",
		    (long long)json_integer_value(json_object_get(user, "sessions")));
		show_moment(user, "seen", "never");
		printf("\n");
	}
}

void
show_sessions(const json_t *list)
{
	size_t index;
	json_t *session;

	if (json_array_size(list) == 0)
		puts("nobody is logged in");
	json_array_foreach(list, index, session) {
		printf("%.*s  ", ID_DIGITS, json_string_value(json_object_get(session, "id")));
		show_word(session, "user", 16);
		show_moment(session, "made", "");
		printf("  seen ");
		show_moment(session, "seen", "");
		printf("  ");
		show_text(json_get_text(session, "from"));
		printf("\n");
	}
}

void
show_tokens(const json_t *list)
{
	size_t index;
	json_t *token;

	if (json_array_size(list) == 0)
		puts("no tokens");
	json_array_foreach(list, index, token) {
		show_word(token, "name", 16);
		show_word(token, "role", 8);
		printf("used ");
		show_moment(token, "used", "never              ");
		printf("  %s ",
		    json_is_true(json_object_get(token, "expired")) ? "EXPIRED" : "expires");
		show_moment(token, "expires", "never");
		printf("\n");
	}
}
