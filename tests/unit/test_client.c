/* SPDX-License-Identifier: ISC */
/* client against a daemon played by the test itself, in the same thread. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/unixsock.h"
#include "client/client.h"
#include "protocol/commands.h"

struct stage {
	char folder[64], path[96];
	struct event_base *base;
	struct client *client;
	int listener, peer;
	char said[4096]; /* everything the callbacks got, in order */
	bool free_in_reply;
	int fds[LINES_FDS];
};

static struct stage stage;
static const struct client_way change = { .lane = CLIENT_CHANGE };

static void
say(const char *what, const char *line, size_t length)
{
	size_t used = strlen(stage.said);

	snprintf(stage.said + used, sizeof stage.said - used, "%s(%.*s) ", what, (int)length,
	    line != NULL ? line : "");
}

static void
on_up(void *arg)
{
	(void)arg;
	say("up", NULL, 0);
}

static void
on_down(void *arg)
{
	(void)arg;
	say("down", NULL, 0);
}

static void
on_event(void *arg, const char *line, size_t length)
{
	(void)arg;
	say("event", line, length);
}

static void
on_reply(void *arg, struct client_reply *reply)
{
	say(arg, reply->line, reply->length);
	memcpy(stage.fds, reply->fds, sizeof stage.fds);
	for (int i = 0; i < LINES_FDS; i++)
		reply->fds[i] = -1;
	if (stage.free_in_reply)
		client_free(&stage.client);
}

static const struct client_hooks hooks = { on_up, on_down, on_event };

static void
turn(unsigned ms)
{
	struct timeval wait = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	event_base_loopexit(stage.base, &wait);
	event_base_dispatch(stage.base);
}

static void
listen_here(void)
{
	struct cause why;
	bool inherited;

	stage.listener = unixsock_listen(stage.path, &inherited, &why);
	assert_int_not_equal(stage.listener, -1);
}

static void
accept_one(void)
{
	stage.peer = accept(stage.listener, NULL, NULL);
	assert_int_not_equal(stage.peer, -1);
}

static int
setup(void **state)
{
	(void)state;
	memset(&stage, 0, sizeof stage);
	log_init("test_client", LOG_LEVEL_ERROR);
	strcpy(stage.folder, "/tmp/oriel-client-XXXXXX");
	assert_non_null(mkdtemp(stage.folder));
	snprintf(stage.path, sizeof stage.path, "%s/sock", stage.folder);
	stage.base = event_base_new();
	stage.listener = stage.peer = -1;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	client_free(&stage.client);
	event_base_free(stage.base);
	close(stage.listener);
	close(stage.peer);
	unlink(stage.path);
	rmdir(stage.folder);
	return 0;
}

static void
start_connected(void)
{
	listen_here();
	stage.client = client_new(stage.base, stage.path, &hooks, NULL);
	turn(5);
	accept_one();
	assert_true(client_connected(stage.client));
	stage.said[0] = '\0';
}

static void
ask(const char *line, const char *name)
{
	assert_int_not_equal(
	    client_send(stage.client, change, line, strlen(line), on_reply, (void *)name), 0);
}

static void
answer(const char *text)
{
	assert_int_equal(write(stage.peer, text, strlen(text)), strlen(text));
}

static void
test_replies_in_order_with_events_between(void **state)
{
	char sent[64] = "";

	(void)state;
	start_connected();
	ask("{\"cmd\":\"a\"}", "first");
	ask("{\"cmd\":\"b\"}", "second");
	turn(2);
	assert_int_equal(read(stage.peer, sent, sizeof sent), 30);
	assert_string_equal(sent, "#1 {\"cmd\":\"a\"}\n#2 {\"cmd\":\"b\"}\n");
	answer("{\"event\":1}\n{\"o\":1}\n{\"ev");
	turn(2);
	answer("ent\":2}\n{\"o\":2}\n");
	turn(2);
	assert_string_equal(stage.said,
	    "event({\"event\":1}) first({\"o\":1}) event({\"event\":2}) second({\"o\":2}) ");
}

static void
test_replies_as_they_are_ready(void **state)
{
	(void)state;
	start_connected();
	ask("{}", "first");
	ask("{}", "second");
	ask("{}", "third");
	turn(2);
	answer("#3 {\"o\":3}\n#77 {\"o\":77}\n#1 {\"o\":1}\n#2 {\"o\":2}\n");
	turn(2);
	assert_string_equal(stage.said, "third({\"o\":3}) first({\"o\":1}) second({\"o\":2}) ");
}

static void
expect_sent(const char *lines)
{
	char sent[4096] = "";
	ssize_t got;

	turn(2);
	got = recv(stage.peer, sent, sizeof sent - 1, MSG_DONTWAIT);
	assert_string_equal(got > 0 ? sent : "", lines);
}

static void
ask_way(enum command_id command, enum role role, const char *name)
{
	const char *line = role == ROLE_OPERATOR ? "[\"o\"]" : "[\"v\"]";

	assert_int_not_equal(client_send(stage.client, client_way(command, role), line,
				 strlen(line), on_reply, (void *)name),
	    0);
}

/* Long answers a few at a time; whoever may change things first, and changes at once. */
static void
test_lanes(void **state)
{
	(void)state;
	start_connected();
	for (int i = 0; i < 7; i++)
		ask_way(COMMAND_EVENTS, ROLE_VIEWER, "v");
	ask_way(COMMAND_SNAPS, ROLE_OPERATOR, "o");
	expect_sent("#1 [\"v\"]\n#2 [\"v\"]\n#3 [\"v\"]\n#4 [\"v\"]\n#5 [\"v\"]\n#6 [\"v\"]\n");
	ask_way(COMMAND_STATUS, ROLE_VIEWER, "status");
	ask_way(COMMAND_SET, ROLE_OPERATOR, "set");
	expect_sent("#9 [\"v\"]\n#10 [\"o\"]\n");
	answer("#10 {}\n#3 {}\n");
	expect_sent("#8 [\"o\"]\n");
	answer("#8 {}\n");
	expect_sent("#7 [\"v\"]\n");
	assert_string_equal(stage.said, "set({}) v({}) o({}) ");
}

static void
test_forgotten_while_they_wait(void **state)
{
	unsigned long token;

	(void)state;
	start_connected();
	for (int i = 0; i < 6; i++)
		ask_way(COMMAND_EVENTS, ROLE_VIEWER, "v");
	token = client_send(stage.client, client_way(COMMAND_EVENTS, ROLE_VIEWER), "[1]", 3,
	    on_reply, (void *)"gone");
	ask_way(COMMAND_EVENTS, ROLE_VIEWER, "last");
	client_forget(stage.client, token);
	turn(2);
	answer("#1 {}\n");
	turn(2);
	answer("#8 {\"o\":8}\n");
	turn(2);
	assert_string_equal(stage.said, "v({}) last({\"o\":8}) ");
}

static void
test_nobody_home_is_answered_from_the_loop(void **state)
{
	(void)state;
	stage.client = client_new(stage.base, stage.path, &hooks, NULL);
	turn(2);
	ask("{}", "lost");
	assert_string_equal(stage.said, "");
	turn(2);
	assert_string_equal(stage.said, "lost() ");
}

static void
test_sent_before_the_first_try_waits_for_it(void **state)
{
	(void)state;
	listen_here();
	stage.client = client_new(stage.base, stage.path, &hooks, NULL);
	ask("{}", "early");
	turn(2);
	accept_one();
	assert_string_equal(stage.said, "up() ");
	answer("{\"o\":1}\n");
	turn(2);
	assert_string_equal(stage.said, "up() early({\"o\":1}) ");
}

static void
test_sent_before_a_first_try_that_fails(void **state)
{
	(void)state;
	stage.client = client_new(stage.base, stage.path, &hooks, NULL);
	ask("{}", "early");
	assert_string_equal(stage.said, "");
	turn(2);
	assert_string_equal(stage.said, "early() ");
	listen_here();
	turn(200);
	assert_string_equal(stage.said, "early() up() ");
}

static void
test_comes_back_by_itself(void **state)
{
	(void)state;
	start_connected();
	ask("{}", "lost");
	close(stage.peer);
	close(stage.listener);
	turn(5);
	assert_string_equal(stage.said, "down() lost() ");
	assert_false(client_connected(stage.client));
	listen_here();
	turn(1200);
	accept_one();
	assert_string_equal(stage.said, "down() lost() up() ");
	ask("{}", "again");
	turn(2);
	answer("{}\n");
	turn(2);
	assert_string_equal(stage.said, "down() lost() up() again({}) ");
}

static void
test_forgotten_askers_are_left_alone(void **state)
{
	unsigned long token;

	(void)state;
	start_connected();
	token = client_send(stage.client, change, "{}", 2, on_reply, (void *)"gone");
	ask("{}", "here");
	client_forget(stage.client, token);
	answer("{\"o\":1}\n{\"o\":2}\n");
	turn(2);
	assert_string_equal(stage.said, "here({\"o\":2}) ");
}

static void
test_freed_inside_a_reply(void **state)
{
	(void)state;
	start_connected();
	stage.free_in_reply = true;
	ask("{}", "first");
	ask("{}", "second");
	answer("{\"o\":1}\n{\"o\":2}\n{\"event\":1}\n");
	turn(2);
	assert_null(stage.client);
	assert_string_equal(stage.said, "first({\"o\":1}) second() ");
}

static void
test_attach_brings_descriptors(void **state)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = { 0 };
	struct iovec part = { .iov_base = (void *)"{\"ok\":true}\n", .iov_len = 12 };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	int ends[2];

	(void)state;
	start_connected();
	ask("{}", "plain");
	assert_int_not_equal(client_attach(stage.client, on_reply, (void *)"attach"), 0);
	turn(2);
	assert_int_equal(pipe(ends), 0);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof ends);
	memcpy(CMSG_DATA(rights), ends, sizeof ends);
	answer("{\"o\":1}\n"); /* the kernel joins it with what follows */
	assert_int_equal(sendmsg(stage.peer, &message, 0), 12);
	close(ends[0]);
	close(ends[1]);
	turn(2);
	assert_string_equal(stage.said, "plain({\"o\":1}) attach({\"ok\":true}) ");
	assert_int_equal(write(stage.fds[1], "x", 1), 1);
	close(stage.fds[0]);
	close(stage.fds[1]);
}

static void
test_endless_line_ends_the_connection(void **state)
{
	static char junk[80000];

	(void)state;
	start_connected();
	memset(junk, 'x', sizeof junk);
	assert_int_equal(write(stage.peer, junk, sizeof junk), sizeof junk);
	turn(10);
	assert_non_null(strstr(stage.said, "down()"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_replies_in_order_with_events_between),
		TEST(test_replies_as_they_are_ready),
		TEST(test_lanes),
		TEST(test_forgotten_while_they_wait),
		TEST(test_nobody_home_is_answered_from_the_loop),
		TEST(test_sent_before_the_first_try_waits_for_it),
		TEST(test_sent_before_a_first_try_that_fails),
		TEST(test_comes_back_by_itself),
		TEST(test_forgotten_askers_are_left_alone),
		TEST(test_freed_inside_a_reply),
		TEST(test_attach_brings_descriptors),
		TEST(test_endless_line_ends_the_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
