/* SPDX-License-Identifier: ISC */
/* The whole daemon except the camera, from its command line to its socket. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/unixsock.h"
#include "protocol/commands.h"
#include "protocol/limits.h"
#include "protocol/settings.h"
#include "fake_capture.h"
#include "orield/commands.h"
#include "orield/folder.h"
#include "orield/orield.h"
#include "ring/ring.h"
#include "scratch.h"

enum { WAIT_MS = 20000 };

static struct options *options;
static struct orield *orield;

/* A connection's end on our side. */
struct end {
	int fd;
	size_t used;
	char input[1 << 20];
	int fds[2]; /* that came with the newest bytes; -1 = none */
};
static struct end one, two;

/* ---- the stage ------------------------------------------------------- */

static void
start(const char *extra)
{
	char run[300], state[300];
	char *words[] = { (char *)"orield", run, state, (char *)extra, NULL };
	struct cause why;

	snprintf(run, sizeof run, "--run-dir=%s", scratch_path("run"));
	snprintf(state, sizeof state, "--state-dir=%s", scratch_path("state"));
	options = options_new(&settings_program);
	if (options_read(options, extra != NULL ? 4 : 3, words, &why) != OPTIONS_RUN ||
	    folder_make(scratch_path("run/cam"), &why) == -1 ||
	    folder_make(scratch_path("state/cam"), &why) == -1 ||
	    (orield = orield_new(options, &commands_hooks, &why)) == NULL)
		fail_msg("%s", why.text);
}

static void
stop(void)
{
	orield_free(&orield);
	options_free(&options);
}

/* `buffer` bytes wait between the two at most; 0 = the kernel's choice. */
static void
connect_narrow(struct end *end, int buffer)
{
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	if (buffer > 0)
		setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
	control_server_adopt(orield->control, pair[1]);
	memset(end, 0, sizeof *end);
	end->fd = pair[0];
	end->fds[0] = end->fds[1] = -1;
}

static void
connect_end(struct end *end)
{
	connect_narrow(end, 0);
}

static void
close_end(struct end *end)
{
	for (int i = 0; i < 2; i++)
		if (end->fds[i] != -1)
			close(end->fds[i]);
	if (end->fd != -1)
		close(end->fd);
	end->fd = end->fds[0] = end->fds[1] = -1;
}

static int
setup(void **state)
{
	(void)state;
	one.fd = two.fd = -1;
	one.fds[0] = one.fds[1] = two.fds[0] = two.fds[1] = -1;
	scratch_make();
	start(NULL);
	connect_end(&one);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	close_end(&one);
	close_end(&two);
	stop();
	scratch_remove();
	return 0;
}

static void
turn(void)
{
	event_base_loop(orield->base, EVLOOP_NONBLOCK);
}

static void
take_fds(struct end *end, struct msghdr *message)
{
	struct cmsghdr *part = CMSG_FIRSTHDR(message);

	if (part != NULL && part->cmsg_type == SCM_RIGHTS)
		memcpy(end->fds, CMSG_DATA(part), part->cmsg_len - CMSG_LEN(0));
}

/* Read what there is; false at the end of the connection. */
static bool
receive(struct end *end)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof end->fds)];
	} control;
	struct iovec part = { end->input + end->used, sizeof end->input - end->used - 1 };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	ssize_t got = recvmsg(end->fd, &message, MSG_CMSG_CLOEXEC);

	if (got > 0) {
		take_fds(end, &message);
		end->used += (size_t)got;
		end->input[end->used] = '\0';
	}
	return got > 0 || (got == -1 && errno == EAGAIN);
}

/* The next line, without its newline; NULL when the connection has ended. The
 * result lives until the next call. */
static const char *
next_line(struct end *end)
{
	static char line[70000];

	for (int i = 0; i < WAIT_MS * 2; i++) {
		char *newline = memchr(end->input, '\n', end->used);

		if (newline != NULL) {
			size_t length = (size_t)(newline - end->input);

			memcpy(line, end->input, length);
			line[length] = '\0';
			end->used -= length + 1;
			memmove(end->input, newline + 1, end->used + 1);
			return line;
		}
		turn();
		if (!receive(end))
			return NULL;
		if (end->used == 0)
			usleep(500);
	}
	fail_msg("no answer");
	return NULL;
}

static void
say(struct end *end, const char *text)
{
	assert_int_equal(write(end->fd, text, strlen(text)), strlen(text));
}

/* The next line that is no event. */
static const char *
next_reply(struct end *end)
{
	const char *line;

	do
		line = next_line(end);
	while (line != NULL && strncmp(line, "{\"event\"", 8) == 0);
	return line;
}

static const char *
ask(struct end *end, const char *command)
{
	say(end, command);
	say(end, "\n");
	return next_reply(end);
}

static json_t *
parse(const char *line)
{
	json_t *value = json_loads(line, 0, NULL);

	if (value == NULL)
		fail_msg("no JSON: %s", line);
	return value;
}

static json_t *
ask_json(const char *command)
{
	return parse(ask(&one, command));
}

static long long
number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		fail_msg("%s is no integer", key);
	return json_integer_value(value);
}

/* One number of a command's reply. */
static long long
ask_number(const char *command, const char *key)
{
	json_t *reply = ask_json(command);
	long long value = number(reply, key);

	json_decref(reply);
	return value;
}

/* The next line that is the event `type`; others are passed over. */
static json_t *
next_event(struct end *end, const char *type)
{
	for (;;) {
		json_t *line = parse(next_line(end));

		if (json_get_text(line, "event") != NULL &&
		    strcmp(json_get_text(line, "event"), type) == 0)
			return line;
		json_decref(line);
	}
}

static void
camera_on(void)
{
	fake_online();
	fake_frame("\xff\xd8 a picture \xff\xd9");
	turn();
}

/* ---- lines and replies ----------------------------------------------- */

static void
test_what_is_no_command(void **state)
{
	static const struct {
		const char *command, *reply;
	} cases[] = {
		{ "", "{\"error\":\"bad json\",\"code\":\"bad_json\"}" },
		{ "nonsense", "{\"error\":\"bad json\",\"code\":\"bad_json\"}" },
		{ "[1]", "{\"error\":\"bad json\",\"code\":\"bad_json\"}" },
		{ "{\"cmd\":\"get\"} x", "{\"error\":\"bad json\",\"code\":\"bad_json\"}" },
		{ "{\"cmd\":\"get\",\"cmd\":\"get\"}",
		    "{\"error\":\"bad json\",\"code\":\"bad_json\"}" },
		{ "{\"cmd\":\"\xff\"}", "{\"error\":\"bad json\",\"code\":\"bad_json\"}" },
		{ "{}", "{\"error\":\"unknown command\",\"code\":\"unknown_command\"}" },
		{ "{\"cmd\":7}", "{\"error\":\"unknown command\",\"code\":\"unknown_command\"}" },
		{ "{\"cmd\":\"fly\"}",
		    "{\"error\":\"unknown command\",\"code\":\"unknown_command\"}" },
		{ "{\"cmd\":\"fly\",\"id\":\"a\"}",
		    "{\"error\":\"unknown command\",\"code\":\"unknown_command\",\"id\":\"a\"}" },
		{ "{\"cmd\":\"viewers\",\"id\":-3}", "{\"ok\":true,\"id\":-3}" },
		{ "{\"cmd\":\"viewers\",\"id\":1.5}",
		    "{\"error\":\"id must be an integer or a string of at most 64 bytes\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"viewers\",\"id\":null}",
		    "{\"error\":\"id must be an integer or a string of at most 64 bytes\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"status\",\"x\":1}",
		    "{\"error\":\"unknown argument x\",\"code\":\"unknown_argument\"}" },
		{ "{\"cmd\":\"events\",\"limit\":0}",
		    "{\"error\":\"limit out of range\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"events\",\"limit\":1001}",
		    "{\"error\":\"limit out of range\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"events\",\"limit\":\"5\"}",
		    "{\"error\":\"limit must be an integer\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"events\",\"before\":0}",
		    "{\"error\":\"before out of range\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"events\",\"after\":-1}",
		    "{\"error\":\"after out of range\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"events\",\"after\":1e3}",
		    "{\"error\":\"after must be an integer\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"events\",\"type\":1}",
		    "{\"error\":\"type must be a string of at most 15 bytes\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"events\",\"type\":\"pulse\"}",
		    "{\"error\":\"type must be motion, motion_end, saved, camera or clip\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"snap_delete\"}",
		    "{\"error\":\"missing name\",\"code\":\"missing_argument\"}" },
		{ "{\"cmd\":\"snap_delete\",\"name\":\"../x.jpg\"}",
		    "{\"ok\":false,\"reason\":\"no such picture\",\"code\":\"no_such_picture\"}" },
		{ "{\"cmd\":\"subscribe\",\"pulse\":1}",
		    "{\"error\":\"pulse must be true or false\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"viewers\",\"stream\":-1}",
		    "{\"error\":\"stream out of range\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"attach\"}",
		    "{\"ok\":false,\"reason\":\"no frame yet\",\"code\":\"no_frame\"}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(ask(&one, cases[i].command), cases[i].reply);
}

static void
test_replies_come_in_order(void **state)
{
	char line[64], *text = calloc(2000, 64);

	(void)state;
	/* Some wait for the disk, some do not. */
	for (int i = 0; i < 2000; i++) {
		static const char *const commands[] = { "viewers", "reset", "help", "snap_delete" };

		snprintf(line, sizeof line, "{\"id\":%d,\"cmd\":\"%s\"}\n", i, commands[i % 4]);
		strcat(text, line);
	}
	for (size_t sent = 0, all = strlen(text); sent < all; turn()) {
		ssize_t done = write(one.fd, text + sent, all - sent > 3333 ? 3333 : all - sent);

		if (done > 0)
			sent += (size_t)done;
		receive(&one);
	}
	for (int i = 0; i < 2000; i++) {
		json_t *reply = parse(next_line(&one));

		assert_int_equal(number(reply, "id"), i);
		json_decref(reply);
	}
	free(text);
}

/* In pieces, as a socket takes them. */
static void
say_bytes(struct end *end, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t done = write(end->fd, bytes, length > 5000 ? 5000 : length);

		if (done > 0) {
			bytes += done;
			length -= (size_t)done;
		}
		turn();
	}
}

static void
test_a_line_too_long(void **state)
{
	char *line = malloc(LINE_MAX_SIZE + 1);

	(void)state;
	/* The longest that is taken. */
	memset(line, ' ', LINE_MAX_SIZE + 1);
	memcpy(line, "{\"cmd\":\"viewers\"}", 17);
	line[LINE_MAX_SIZE - 1] = '\n';
	say_bytes(&one, line, LINE_MAX_SIZE);
	assert_string_equal(next_line(&one), "{\"ok\":true}");
	/* As many without an end. */
	line[LINE_MAX_SIZE - 1] = ' ';
	say_bytes(&one, line, LINE_MAX_SIZE);
	assert_string_equal(
	    next_line(&one), "{\"error\":\"line too long\",\"code\":\"line_too_long\"}");
	assert_null(next_line(&one));
	/* One byte more, with its end. */
	line[LINE_MAX_SIZE] = '\n';
	connect_end(&two);
	say_bytes(&two, line, LINE_MAX_SIZE + 1);
	assert_string_equal(
	    next_line(&two), "{\"error\":\"line too long\",\"code\":\"line_too_long\"}");
	assert_null(next_line(&two));
	free(line);
}

static void
test_the_last_words_of_one_who_leaves_are_answered(void **state)
{
	(void)state;
	say(&one, "{\"cmd\":\"reset\"}\n{\"cmd\":\"viewers\"}\n");
	shutdown(one.fd, SHUT_WR);
	assert_string_equal(next_line(&one), "{\"ok\":true,\"counters\":\"reset\"}");
	assert_string_equal(next_line(&one), "{\"ok\":true}");
	assert_null(next_line(&one));
	assert_null(control_server_first(orield->control));
}

static void
test_who_leaves_before_the_answer(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		connect_end(&two);
		say(&two,
		    "{\"cmd\":\"subscribe\",\"after\":0}\n{\"cmd\":\"reset\"}\n{\"cmd\":\"events\"}\n");
		turn();
		close_end(&two);
		turn();
	}
	assert_string_equal(
	    ask(&one, "{\"cmd\":\"reset\"}"), "{\"ok\":true,\"counters\":\"reset\"}");
	for (int i = 0;
	     i < WAIT_MS && control_server_next(control_server_first(orield->control)) != NULL;
	     i++) {
		turn();
		usleep(1000);
	}
	assert_null(control_server_next(control_server_first(orield->control)));
}

static void
test_connections_are_bounded(void **state)
{
	static int fds[CONTROL_SERVER_PEERS_MAX];
	char byte[64] = "";

	(void)state;
	for (int i = 1; i < CONTROL_SERVER_PEERS_MAX; i++)
		fds[i] = unixsock_connect(orield->socket);
	for (int i = 0; i < 100; i++)
		turn();
	connect_end(&two);
	assert_string_equal(
	    next_line(&two), "{\"error\":\"too many connections\",\"code\":\"too_many\"}");
	assert_null(next_line(&two));
	assert_string_equal(ask(&one, "{\"cmd\":\"viewers\"}"), "{\"ok\":true}");
	assert_int_equal(read(fds[1], byte, sizeof byte), -1);
	for (int i = 1; i < CONTROL_SERVER_PEERS_MAX; i++)
		close(fds[i]);
	for (int i = 0; i < 100; i++)
		turn();
	close_end(&two);
	connect_end(&two);
	assert_string_equal(ask(&two, "{\"cmd\":\"viewers\"}"), "{\"ok\":true}");
}

/* No descriptor left for a connection: it waits, and is served when there is one. */
static void
test_no_descriptor_to_accept_with(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fds[64], count = 0;
	struct rlimit before, few;

	(void)state;
	if (getenv("ORIEL_VALGRIND") != NULL)
		skip(); /* it answers in the kernel's place, and takes the connection away */
	assert_true(strlen(orield->socket) < sizeof address.sun_path);
	strcpy(address.sun_path, orield->socket);
	two.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit){ .rlim_cur = 64, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	while ((fds[count] = dup(STDIN_FILENO)) != -1)
		count++;
	assert_int_equal(connect(two.fd, (struct sockaddr *)&address, sizeof address), 0);
	say(&two, "{\"cmd\":\"viewers\"}\n");
	scratch_silence(true);
	for (int i = 0; i < 50; i++)
		turn();
	scratch_silence(false);
	while (count > 0)
		close(fds[--count]);
	setrlimit(RLIMIT_NOFILE, &before);
	/* It rests for a second instead of trying all the time. */
	for (int i = 0; i < 50; i++)
		turn();
	receive(&two);
	assert_int_equal(two.used, 0);
	assert_string_equal(next_line(&two), "{\"ok\":true}");
}

/* What systemd hears: sd_notify(3). "" when nothing more has come. */
static const char *
notice(int fd)
{
	static char text[256];
	ssize_t got;

	turn();
	got = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
	text[got > 0 ? got : 0] = '\0';
	return text;
}

static unsigned
watchdog_fed(int fd, unsigned ms)
{
	unsigned fed = 0;

	for (unsigned i = 0; i < ms; i++) {
		fed += strcmp(notice(fd), "WATCHDOG=1") == 0;
		usleep(1000);
	}
	return fed;
}

static void
test_systemd(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
#ifndef HAVE_SYSTEMD
	close(fd);
	skip();
#endif
	close_end(&one);
	stop();
	snprintf(address.sun_path, sizeof address.sun_path, "%s", scratch_path("notify"));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	setenv("WATCHDOG_USEC", "200000", 1);
	start(NULL);
	connect_end(&one);
	/* Not ready before the first frame, or the reason why there is none. */
	assert_string_equal(notice(fd), "");
	fake_offline("no camera found");
	assert_string_equal(notice(fd), "READY=1\nSTATUS=no camera found");
	assert_true(watchdog_fed(fd, 500) >= 2);
	fake.stuck = true;
	watchdog_fed(fd, 150);
	assert_int_equal(watchdog_fed(fd, 500), 0);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	close(fd);
}

static void
test_the_socket(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(scratch_path("run/cam/control.sock"), &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(stat(scratch_path("run/cam"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
	stop();
	assert_int_equal(stat(scratch_path("run/cam/control.sock"), &st), -1);
	start(NULL);
}

static void
test_a_second_orield(void **state)
{
	struct cause why;
	struct options *again = options_new(&settings_program);
	char run[300], state_dir[300];
	char *words[] = { (char *)"orield", run, state_dir, NULL };
	int lock = folder_lock(scratch_path("state/cam"), &why);

	(void)state;
	assert_int_not_equal(lock, -1);
	assert_int_equal(folder_lock(scratch_path("state/cam"), &why), -1);
	assert_non_null(strstr(why.text, "is in use: another orield runs for this camera"));
	close(lock);
	lock = folder_lock(scratch_path("state/cam"), &why);
	assert_int_not_equal(lock, -1);
	close(lock);
	/* Another state folder, the same socket. */
	snprintf(run, sizeof run, "--run-dir=%s", scratch_path("run"));
	snprintf(state_dir, sizeof state_dir, "--state-dir=%s", scratch_path("other"));
	assert_int_equal(options_read(again, 3, words, &why), OPTIONS_RUN);
	assert_int_equal(folder_make(scratch_path("other/cam"), &why), 0);
	assert_null(orield_new(again, &commands_hooks, &why));
	assert_non_null(strstr(why.text, "control.sock: another process is serving this socket"));
	options_free(&again);
	assert_string_equal(ask(&one, "{\"cmd\":\"viewers\"}"), "{\"ok\":true}");
}

/* ---- settings -------------------------------------------------------- */

static void
test_set(void **state)
{
	static const struct {
		const char *command, *reply;
	} wrong[] = {
		{ "{\"cmd\":\"set\"}",
		    "{\"error\":\"missing threshold\",\"code\":\"missing_argument\"}" },
		{ "{\"cmd\":\"set\",\"threshold\":\"20\"}",
		    "{\"error\":\"threshold must be an integer\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"threshold\":20.0}",
		    "{\"error\":\"threshold must be an integer\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"threshold\":true}",
		    "{\"error\":\"threshold must be an integer\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"threshold\":null}",
		    "{\"error\":\"threshold must be an integer\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"threshold\":101}",
		    "{\"error\":\"threshold out of range\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"threshold\":-1}",
		    "{\"error\":\"threshold out of range\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"threshold\":9223372036854775807}",
		    "{\"error\":\"threshold out of range\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"threshold\":12.5}",
		    "{\"error\":\"threshold must be an integer\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"threshold\":12.5,\"tenths\":false}",
		    "{\"error\":\"threshold must be an integer\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"threshold\":12,\"tenths\":1}",
		    "{\"error\":\"tenths must be true or false\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"tenths\":true}",
		    "{\"error\":\"missing threshold\",\"code\":\"missing_argument\"}" },
		{ "{\"cmd\":\"set\",\"threshold\":0.65,\"tenths\":true}",
		    "{\"error\":\"threshold must have one decimal at most\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"threshold\":\"0.6\",\"tenths\":true}",
		    "{\"error\":\"threshold must be a number\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"threshold\":100.1,\"tenths\":true}",
		    "{\"error\":\"threshold out of range\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"threshold\":-0.1,\"tenths\":true}",
		    "{\"error\":\"threshold out of range\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"threshold\":1e300,\"tenths\":true}",
		    "{\"error\":\"threshold out of range\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"quality\":80.5,\"tenths\":true}",
		    "{\"error\":\"quality must be an integer\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"motion\":1}",
		    "{\"error\":\"motion must be true or false\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"volume\":1}",
		    "{\"error\":\"unknown setting volume\",\"code\":\"unknown_setting\"}" },
		{ "{\"cmd\":\"set\",\"save-on-motion\":true}",
		    "{\"error\":\"unknown setting save-on-motion\",\"code\":\"unknown_setting\"}" },
		{ "{\"cmd\":\"set\",\"width\":640}",
		    "{\"error\":\"width is read-only\",\"code\":\"read_only\"}" },
		{ "{\"cmd\":\"set\",\"frame_count\":0}",
		    "{\"error\":\"frame_count is read-only\",\"code\":\"read_only\"}" },
		{ "{\"cmd\":\"set\",\"armed\":true}",
		    "{\"error\":\"armed must be a string of at most 255 bytes\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"armed\":\"no\",\"schedule\":\"mon, 25:00-26:00\"}",
		    "{\"error\":\"schedule, column 6: \\\"25:00-26:00\\\" is no time of day"
		    " (as 22:00-06:00, up to 24:00)\",\"code\":\"bad_argument\"}" },
		{ "{\"cmd\":\"set\",\"threshold\":33,\"quality\":0}",
		    "{\"error\":\"quality out of range\",\"code\":\"bad_argument\"}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_string_equal(ask(&one, wrong[i].command), wrong[i].reply);
	assert_int_equal(ask_number("{\"cmd\":\"get\"}", "threshold"), 12);
	assert_int_equal(fake.tuning.detect.threshold, 120);
	assert_string_equal(
	    ask(&one,
		"{\"cmd\":\"set\",\"threshold\":33,\"motion\":false,\"quality\":90,\"id\":\"q\"}"),
	    "{\"ok\":true,\"threshold\":33,\"motion\":false,\"quality\":90,\"id\":\"q\"}");
	assert_int_equal(fake.tuning.detect.threshold, 330);
	assert_int_equal(fake.tuning.quality, 90);
	assert_string_equal(ask(&one, "{\"cmd\":\"set\",\"threshold\":0.6,\"tenths\":true}"),
	    "{\"ok\":true,\"threshold\":0.6}");
	assert_false(fake.tuning.motion);
	assert_int_equal(fake.tuning.detect.threshold, 6);
	assert_string_equal(
	    ask(&one, "{\"cmd\":\"set\",\"threshold\":33.0,\"motion\":true,\"tenths\":true}"),
	    "{\"ok\":true,\"threshold\":33,\"motion\":true}");
	assert_true(fake.tuning.motion);
}

/* The description of a setting in the reply to `get`, borrowed from it; NULL: none. */
static const json_t *
described(const json_t *reply, const char *name)
{
	const json_t *list = json_object_get(reply, "settings"), *row;
	size_t at;

	json_array_foreach(list, at, row) {
		if (strcmp(json_get_text(row, "name"), name) == 0)
			return row;
	}
	return NULL;
}

static void
assert_described(const json_t *reply, const char *name, const char *expected)
{
	json_t *wanted = json_loads(expected, 0, NULL);
	char *found = json_dumps(described(reply, name), JSON_REAL_PRECISION(15));

	assert_non_null(wanted);
	if (!json_equal(described(reply, name), wanted))
		fail_msg("%s is described as %s", name, found);
	free(found);
	json_decref(wanted);
}

static void
test_get_describes_the_settings(void **state)
{
	json_t *reply = ask_json("{\"cmd\":\"get\"}"), *subscribed;

	(void)state;
	assert_int_equal(
	    json_array_size(json_object_get(reply, "settings")), options_count(options));
	assert_described(reply, "threshold",
	    "{\"name\": \"threshold\", \"label\": \"Threshold\", \"group\": \"Motion\","
	    " \"type\": \"number\", \"min\": 0, \"max\": 100, \"step\": 0.1, \"unit\": \"%\","
	    " \"live\": true, \"help\": \"Motion is when more than this much of the picture changed;"
	    " somebody far away in a yard is half a percent.\"}");
	assert_described(reply, "testcard_period",
	    "{\"name\": \"testcard_period\", \"label\": \"Test card's period\", \"group\": \"Camera\","
	    " \"type\": \"integer\", \"min\": 500, \"max\": 3600000, \"step\": 1, \"unit\": \"ms\","
	    " \"live\": false, \"help\": \"How often the test card's object crosses the picture.\"}");
	assert_described(reply, "save_on_motion",
	    "{\"name\": \"save_on_motion\", \"label\": \"Save on motion\", \"group\": \"Saving\","
	    " \"type\": \"boolean\", \"unit\": \"\", \"live\": true,"
	    " \"help\": \"Save a picture with each motion event.\"}");
	assert_described(reply, "log_level",
	    "{\"name\": \"log_level\", \"label\": \"Log level\", \"group\": \"System\","
	    " \"type\": \"choice\", \"choices\": [\"error\", \"warning\", \"notice\", \"info\", \"debug\"],"
	    " \"unit\": \"\", \"live\": false, \"help\": \"Least important messages to log.\"}");
	json_decref(reply);
	/* A `state` goes to every viewer at each change: without what never changes. */
	subscribed = ask_json("{\"cmd\":\"subscribe\"}");
	assert_non_null(json_object_get(json_object_get(subscribed, "state"), "sources"));
	assert_null(json_object_get(json_object_get(subscribed, "state"), "settings"));
	json_decref(subscribed);
}

static void
test_groups_stand_together(void **state)
{
	(void)state;
	for (size_t row = 1; row < options_count(options); row++) {
		const char *group = options_row(options, row)->group;

		if (strcmp(group, options_row(options, row - 1)->group) == 0)
			continue;
		for (size_t other = 0; other < row; other++)
			assert_string_not_equal(group, options_row(options, other)->group);
	}
}

/* The value of a setting and where it comes from, "33 set". */
static const char *
setting(const char *name)
{
	static char text[64];
	json_t *all = ask_json("{\"cmd\":\"get\"}");

	snprintf(text, sizeof text, "%lld %s", number(all, name),
	    json_get_text(json_object_get(all, "sources"), name));
	json_decref(all);
	return text;
}

static void
restart(const char *extra)
{
	close_end(&one);
	stop();
	start(extra);
	connect_end(&one);
}

static void
test_what_was_set_is_kept(void **state)
{
	(void)state;
	assert_string_equal(setting("threshold"), "12 default");
	ask(&one, "{\"cmd\":\"set\",\"threshold\":33}");
	assert_string_equal(setting("threshold"), "33 set");
	restart(NULL);
	assert_string_equal(setting("threshold"), "33 set");
	assert_int_equal(fake.tuning.detect.threshold, 330);
	restart("--threshold=44");
	assert_string_equal(setting("threshold"), "44 command line");
	ask(&one, "{\"cmd\":\"set\",\"threshold\":55}");
	assert_string_equal(setting("threshold"), "55 set");
	restart("--threshold=44");
	assert_string_equal(setting("threshold"), "44 command line");
	restart(NULL);
	assert_string_equal(setting("threshold"), "55 set");
	/* The store has a value that the table no longer accepts. */
	scratch_write("conf", "threshold = 7\n");
	stop();
	struct store *store = store_new(scratch_path("state/cam"), NULL);
	store_set_value(store, "threshold", "700", NULL);
	store_free(&store);
	scratch_silence(true);
	char config[300];
	snprintf(config, sizeof config, "--config=%s", scratch_path("conf"));
	start(config);
	scratch_silence(false);
	close_end(&one);
	connect_end(&one);
	assert_string_equal(setting("threshold"), "7 file");
}

static void
test_a_changed_setting_is_told(void **state)
{
	json_t *line;

	(void)state;
	connect_end(&two);
	json_decref(parse(ask(&two, "{\"cmd\":\"subscribe\"}")));
	for (int value = 20; value <= 60; value++) {
		char command[64];

		snprintf(command, sizeof command, "{\"cmd\":\"set\",\"threshold\":%d}\n", value);
		say(&one, command);
	}
	for (int value = 20; value <= 60; value++)
		assert_non_null(strstr(next_line(&one), "\"ok\":true"));
	/* A slider's values may be skipped, except the last one. */
	for (int lines = 1;; lines++) {
		long long now;

		line = next_event(&two, "state");
		assert_false(json_object_get(line, "id") != NULL);
		now = number(json_object_get(line, "data"), "threshold");
		json_decref(line);
		if (now == 60) {
			assert_true(lines < 40);
			break;
		}
	}
}

/* "armed_now" and "armed_until" of an object: "true null". */
static const char *
armed_words(const json_t *object)
{
	static char text[32];
	char *now = json_dumps(json_object_get(object, "armed_now"), JSON_ENCODE_ANY);
	char *until = json_dumps(json_object_get(object, "armed_until"), JSON_ENCODE_ANY);

	snprintf(text, sizeof text, "%s %s", now,
	    json_is_integer(json_object_get(object, "armed_until")) ? "time" : until);
	free(now);
	free(until);
	return text;
}

static void
assert_armed(const char *expected)
{
	json_t *status = ask_json("{\"cmd\":\"status\"}");
	json_t *subscribed = ask_json("{\"cmd\":\"subscribe\"}");

	assert_string_equal(armed_words(status), expected);
	assert_string_equal(armed_words(json_object_get(subscribed, "state")), expected);
	assert_int_equal(fake.tuning.disarmed, json_is_false(json_object_get(status, "armed_now")));
	json_decref(status);
	json_decref(subscribed);
}

static void
test_armed(void **state)
{
	json_t *line;

	(void)state;
	assert_armed("true null");
	assert_string_equal(
	    ask(&one, "{\"cmd\":\"set\",\"armed\":\"no\"}"), "{\"ok\":true,\"armed\":\"no\"}");
	line = next_event(&one, "state");
	assert_string_equal(armed_words(json_object_get(line, "data")), "false null");
	json_decref(line);
	assert_armed("false null");
	restart(NULL);
	assert_armed("false null");
	ask(&one, "{\"cmd\":\"set\",\"armed\":\"schedule\"}");
	assert_armed("false null");
	ask(&one, "{\"cmd\":\"set\",\"schedule\":\"mon-sun\"}");
	assert_armed("true null");
	ask(&one, "{\"cmd\":\"set\",\"schedule\":\"00:00-23:59\"}");
	json_decref(ask_json("{\"cmd\":\"subscribe\",\"pulse\":true}"));
	line = next_event(&one, "pulse");
	assert_non_null(strstr(armed_words(json_object_get(line, "data")), " time"));
	json_decref(line);
}

/* ---- pictures -------------------------------------------------------- */

static void
test_snapshot_now(void **state)
{
	char path[400], command[128], bytes[32];
	json_t *reply;

	(void)state;
	assert_string_equal(ask(&one, "{\"cmd\":\"snapshot_now\"}"),
	    "{\"ok\":false,\"reason\":\"no frame yet\",\"code\":\"no_frame\"}");
	camera_on();
	reply = ask_json("{\"cmd\":\"snapshot_now\"}");
	assert_true(json_is_true(json_object_get(reply, "ok")));
	assert_int_equal(strncmp(json_get_text(reply, "name"), "manual-", 7), 0);
	snprintf(path, sizeof path, "%s/%s", scratch_path("state/cam/snaps"),
	    json_get_text(reply, "name"));
	assert_string_equal(json_get_text(reply, "saved"), path);
	snprintf(path, sizeof path, "snaps/%s", json_get_text(reply, "name"));
	assert_string_equal(json_get_text(reply, "url"), path);
	assert_int_equal(number(reply, "size"), 15);
	assert_int_equal(number(reply, "event"), 2); /* 1: the camera is there */
	snprintf(path, sizeof path, "state/cam/%s", json_get_text(reply, "url"));
	assert_int_equal(scratch_size(path), 15);
	json_decref(reply);
	reply = ask_json("{\"cmd\":\"snaps\"}");
	assert_int_equal(number(reply, "count"), 1);
	assert_string_equal(
	    json_get_text(json_array_get(json_object_get(reply, "snaps"), 0), "url"), path + 10);
	json_decref(reply);
	snprintf(command, sizeof command, "{\"cmd\":\"read\",\"url\":\"%.60s\"}", path + 10);
	assert_string_equal(ask(&one, command), "{\"ok\":true}");
	assert_int_equal(read(one.fds[0], bytes, sizeof bytes), 15);
	close(one.fds[0]);
	one.fds[0] = -1;
	assert_string_equal(ask(&one, "{\"cmd\":\"read\",\"url\":\"snaps/no.jpg\"}"),
	    "{\"ok\":true,\"missing\":\"gone\"}");
	assert_int_equal(one.fds[0], -1);
	snprintf(
	    command, sizeof command, "{\"cmd\":\"snap_delete\",\"name\":\"%.60s\"}", path + 16);
	assert_string_equal(ask(&one, command), "{\"ok\":true}");
	assert_string_equal(ask(&one, command),
	    "{\"ok\":false,\"reason\":\"no such picture\",\"code\":\"no_such_picture\"}");
	assert_int_equal(scratch_count("state/cam/snaps"), 0);
}

static void
test_an_old_picture_is_not_saved_as_new(void **state)
{
	(void)state;
	camera_on();
	fake_offline("the cable was pulled");
	assert_string_equal(ask(&one, "{\"cmd\":\"snapshot_now\"}"),
	    "{\"ok\":false,\"reason\":\"the cable was pulled\",\"code\":\"camera_unplugged\"}");
	fake_online();
	fake.status.frame.mono_ns -= 3 * CLOCK_S;
	assert_non_null(
	    strstr(ask(&one, "{\"cmd\":\"snapshot_now\"}"), "\"the newest picture is 3.0 s old\""));
	fake_frame("\xff\xd8 new \xff\xd9");
	assert_non_null(strstr(ask(&one, "{\"cmd\":\"snapshot_now\"}"), "\"ok\":true"));
}

/* ---- counters -------------------------------------------------------- */

static void
test_counters(void **state)
{
	(void)state;
	camera_on();
	json_decref(parse(ask(&one, "{\"cmd\":\"subscribe\"}")));
	fake_motion(300, clock_wall_ns());
	fake_motion(300, clock_wall_ns());
	json_decref(next_event(&one, "motion"));
	json_decref(next_event(&one, "motion"));
	for (int i = 0; i < 9; i++)
		fake_frame("\xff\xd8 x \xff\xd9");
	restart(NULL);
	assert_int_equal(ask_number("{\"cmd\":\"get\"}", "trigger_count"), 2);
	assert_int_equal(ask_number("{\"cmd\":\"get\"}", "frame_count"), 10);
	camera_on();
	assert_int_equal(ask_number("{\"cmd\":\"status\"}", "frames"), 11);
	assert_int_equal(ask_number("{\"cmd\":\"status\"}", "triggers"), 2);
	assert_string_equal(
	    ask(&one, "{\"cmd\":\"reset\"}"), "{\"ok\":true,\"counters\":\"reset\"}");
	assert_int_equal(ask_number("{\"cmd\":\"get\"}", "trigger_count"), 0);
	restart(NULL);
	assert_int_equal(ask_number("{\"cmd\":\"get\"}", "trigger_count"), 0);
	assert_int_equal(ask_number("{\"cmd\":\"get\"}", "frame_count"), 11);
}

/* ---- status ---------------------------------------------------------- */

static void
test_ack(void **state)
{
	json_t *line, *past;
	char reply[64];
	long long id;

	(void)state;
	camera_on();
	json_decref(ask_json("{\"cmd\":\"subscribe\"}"));
	fake_motion(300, clock_wall_ns());
	line = next_event(&one, "motion");
	id = number(line, "id");
	json_decref(line);
	assert_string_equal(ask(&one, "{\"cmd\":\"ack\"}"),
	    "{\"error\":\"missing count\",\"code\":\"missing_argument\"}");
	assert_string_equal(ask(&one, "{\"cmd\":\"ack\",\"count\":0}"),
	    "{\"error\":\"count out of range\",\"code\":\"bad_argument\"}");
	assert_string_equal(ask(&one, "{\"cmd\":\"ack\",\"count\":2}"),
	    "{\"error\":\"no motion event has this count\",\"code\":\"no_such_event\"}");
	assert_int_equal(ask_number("{\"cmd\":\"get\"}", "seen"), 0);
	snprintf(reply, sizeof reply, "{\"ok\":true,\"seen\":%lld}", id);
	assert_string_equal(ask(&one, "{\"cmd\":\"ack\",\"count\":1}"), reply);
	for (long long seen = 0; seen != id; json_decref(line)) {
		line = next_event(&one, "state");
		seen = number(json_object_get(line, "data"), "seen");
	}
	restart(NULL);
	assert_int_equal(ask_number("{\"cmd\":\"get\"}", "seen"), id);
	past = ask_json("{\"cmd\":\"events\",\"type\":\"motion\"}");
	assert_true(json_is_true(
	    json_object_get(json_array_get(json_object_get(past, "events"), 0), "seen")));
	json_decref(past);
}

static void
test_status(void **state)
{
	static const char *const keys[] = { "camera", "online", "reason", "source", "name",
		"device", "format", "width", "height", "fps", "frames", "triggers", "frame_age_ms",
		"stale", "stale_ms", "generation", "sequence", "encode_us", "uptime", "version",
		"viewers", "snaps", "pinned", "store", "motion", "armed_now", "armed_until",
		"counters" };
	json_t *reply = ask_json("{\"cmd\":\"status\"}");

	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (json_object_get(reply, keys[i]) == NULL)
			fail_msg("status has no %s", keys[i]);
	assert_int_equal(json_object_size(reply), sizeof keys / sizeof keys[0]);
	assert_true(json_is_false(json_object_get(reply, "online")));
	assert_string_equal(json_get_text(reply, "reason"), "no camera found");
	assert_string_equal(json_get_text(reply, "name"), "Fake ? card");
	assert_true(json_is_null(json_object_get(reply, "frame_age_ms")));
	assert_true(json_is_true(json_object_get(reply, "stale")));
	json_decref(reply);
	camera_on();
	reply = ask_json("{\"cmd\":\"status\"}");
	assert_true(json_is_true(json_object_get(reply, "online")));
	assert_string_equal(json_get_text(reply, "reason"), "");
	assert_int_equal(number(reply, "width"), 640);
	assert_int_equal(number(reply, "sequence"), 1);
	assert_int_equal(number(reply, "stale_ms"), 1100);
	assert_true(json_is_false(json_object_get(reply, "stale")));
	assert_true(json_real_value(json_object_get(reply, "fps")) == 30.0);
	assert_string_equal(json_get_text(reply, "source"), "testcard");
	json_decref(reply);
	fake.status.frame.mono_ns -= 2 * CLOCK_S;
	reply = ask_json("{\"cmd\":\"status\"}");
	assert_true(json_is_true(json_object_get(reply, "stale")));
	assert_in_range(number(reply, "frame_age_ms"), 2000, 4000);
	json_decref(reply);
}

static void
assert_viewers(long long stream, long long events, long long control)
{
	json_t *reply = ask_json("{\"cmd\":\"status\"}"),
	       *viewers = json_object_get(reply, "viewers");

	assert_int_equal(number(viewers, "stream"), stream);
	assert_int_equal(number(viewers, "events"), events);
	assert_int_equal(number(viewers, "control"), control);
	json_decref(reply);
}

static void
test_viewers(void **state)
{
	(void)state;
	connect_end(&two);
	ask(&one, "{\"cmd\":\"viewers\",\"stream\":2,\"events\":1}");
	ask(&two, "{\"cmd\":\"viewers\",\"stream\":5}");
	assert_viewers(7, 1, 0);
	ask(&two, "{\"cmd\":\"viewers\",\"control\":4}");
	assert_viewers(7, 1, 4);
	ask(&two, "{\"cmd\":\"viewers\",\"stream\":0,\"events\":3,\"control\":1}");
	assert_viewers(2, 4, 1);
	close_end(&two);
	turn();
	turn();
	assert_viewers(2, 1, 0);
}

static void
test_help(void **state)
{
	json_t *reply = ask_json("{\"cmd\":\"help\"}");

	(void)state;
	assert_int_equal(json_array_size(json_object_get(reply, "commands")), COMMAND_COUNT);
	json_decref(reply);
}

/* ---- events ---------------------------------------------------------- */

static void
test_a_motion_event(void **state)
{
	json_t *line, *data, *box;

	(void)state;
	camera_on();
	json_decref(parse(ask(&one, "{\"cmd\":\"subscribe\"}")));
	fake_motion(234, 1700000000250 * CLOCK_MS);
	line = next_event(&one, "motion");
	assert_int_equal(number(line, "id"), 2);
	data = json_object_get(line, "data");
	assert_true(json_real_value(json_object_get(data, "ts")) == 1700000000.25);
	assert_true(json_real_value(json_object_get(data, "change")) == 23.4);
	assert_int_equal(number(data, "threshold"), 12);
	assert_int_equal(number(data, "count"), 1);
	assert_string_equal(json_get_text(data, "saved"), "motion-1700000000-2.jpg");
	box = json_object_get(data, "box");
	assert_true(json_real_value(json_array_get(box, 0)) == 0.1);
	assert_true(json_real_value(json_array_get(box, 3)) == 1.0);
	json_decref(line);
	line = next_event(&one, "saved");
	assert_int_equal(number(line, "id"), 3);
	data = json_object_get(line, "data");
	assert_string_equal(json_get_text(data, "cause"), "motion");
	assert_int_equal(number(data, "motion"), 2);
	json_decref(line);
	line = next_event(&one, "state");
	assert_int_equal(number(json_object_get(line, "data"), "trigger_count"), 1);
	json_decref(line);
	ask(&one, "{\"cmd\":\"set\",\"save_on_motion\":false}");
	fake_motion_end(12340 * CLOCK_MS, "");
	json_decref(next_event(&one, "motion_end"));
	fake_motion(300, clock_wall_ns());
	line = next_event(&one, "motion");
	assert_int_equal(number(line, "id"), 5);
	assert_null(json_object_get(json_object_get(line, "data"), "saved"));
	json_decref(line);
	assert_int_equal(scratch_count("state/cam/snaps"), 1);
}

/* Its figures, and the number of its beginning; why, if it was not that nothing moved any more. */
static void
test_the_end_of_motion(void **state)
{
	json_t *line, *data;

	(void)state;
	camera_on();
	json_decref(parse(ask(&one, "{\"cmd\":\"subscribe\"}")));
	fake_motion(234, 1700000000250 * CLOCK_MS);
	line = ask_json("{\"cmd\":\"status\"}");
	data = json_object_get(json_object_get(line, "motion"), "span");
	assert_true(json_real_value(json_object_get(data, "since")) == 1700000000.25);
	assert_true(json_real_value(json_object_get(data, "peak")) == 23.4);
	json_decref(line);
	fake_motion_end(12340 * CLOCK_MS, "");
	line = next_event(&one, "motion_end");
	assert_int_equal(number(line, "id"), 4);
	data = json_object_get(line, "data");
	assert_int_equal(number(data, "motion"), 2);
	assert_true(json_real_value(json_object_get(data, "ts")) == 1700000017.59);
	assert_true(json_real_value(json_object_get(data, "seconds")) == 12.3);
	assert_true(json_real_value(json_object_get(data, "peak")) == 23.4);
	assert_true(json_real_value(json_object_get(data, "peak_ts")) == 1700000000.25);
	assert_int_equal(json_object_size(data), 5);
	json_decref(line);
	line = ask_json("{\"cmd\":\"status\"}");
	assert_true(json_is_null(json_object_get(json_object_get(line, "motion"), "span")));
	json_decref(line);
	fake_motion(300, clock_wall_ns());
	fake_motion_end(0, "unplugged");
	line = next_event(&one, "motion_end");
	data = json_object_get(line, "data");
	assert_int_equal(number(data, "motion"), 5);
	assert_string_equal(json_get_text(data, "reason"), "unplugged");
	json_decref(line);
	assert_int_equal(ask_number("{\"cmd\":\"get\"}", "trigger_count"), 2);
}

static void
test_camera_events(void **state)
{
	json_t *line, *data;

	(void)state;
	json_decref(parse(ask(&one, "{\"cmd\":\"subscribe\"}")));
	fake_online();
	line = next_event(&one, "camera");
	data = json_object_get(line, "data");
	assert_true(json_is_true(json_object_get(data, "online")));
	assert_string_equal(json_get_text(data, "source"), "testcard");
	assert_int_equal(number(data, "width"), 640);
	json_decref(line);
	fake_offline("unplugged \xff");
	/* The state waits for no disk, so either may come first. */
	for (bool camera = false, gone = false; !camera || !gone; json_decref(line)) {
		line = parse(next_line(&one));
		data = json_object_get(line, "data");
		if (!json_is_false(json_object_get(data, "online")))
			continue; /* a state from before */
		assert_string_equal(json_get_text(data, "reason"), "unplugged ?");
		if (strcmp(json_get_text(line, "event"), "state") == 0)
			gone = true;
		else
			assert_int_equal(number(line, "id"), 2), camera = true;
	}
}

/* So many events: motion begins and ends in turns. */
static void
motions(int count)
{
	for (int i = 0; i < count; i++) {
		if (fake.status.span.open)
			fake_motion_end(CLOCK_S, "");
		else
			fake_motion(300, clock_wall_ns());
		turn();
	}
}

static void
test_events_of_the_past(void **state)
{
	json_t *reply;

	(void)state;
	camera_on();
	ask(&one, "{\"cmd\":\"set\",\"save_on_motion\":false}");
	motions(10);
	reply = ask_json("{\"cmd\":\"events\",\"type\":\"motion\",\"limit\":3}");
	assert_int_equal(json_array_size(json_object_get(reply, "events")), 3);
	assert_int_equal(number(json_array_get(json_object_get(reply, "events"), 0), "id"), 10);
	assert_int_equal(number(reply, "first"), 1);
	assert_int_equal(number(reply, "last"), 11);
	assert_null(json_object_get(reply, "gap"));
	json_decref(reply);
	reply = ask_json("{\"cmd\":\"events\",\"after\":9}");
	assert_int_equal(number(json_array_get(json_object_get(reply, "events"), 0), "id"), 10);
	assert_null(json_object_get(reply, "gap"));
	json_decref(reply);
	reply = ask_json("{\"cmd\":\"events\",\"after\":12}");
	assert_true(json_is_true(json_object_get(reply, "gap")));
	json_decref(reply);
}

/* The list of a reply ends where the line would get too long for a reader. */
static void
test_no_reply_is_longer_than_a_line(void **state)
{
	size_t length;

	(void)state;
	camera_on();
	for (int i = 0; i < 60; i++) {
		motions(10);
		ask(&one, "{\"cmd\":\"reset\"}");
	}
	length = strlen(ask(&one, "{\"cmd\":\"events\",\"limit\":1000}"));
	assert_in_range(length, LINE_MAX_SIZE / 2, LINE_MAX_SIZE - 1);
	length = strlen(ask(&one, "{\"cmd\":\"snaps\",\"limit\":1000}"));
	assert_in_range(length, LINE_MAX_SIZE / 2, LINE_MAX_SIZE - 1);
}

/* The numbers that come are first, first + 1, … last, each once. `again`: more
 * events happen when this one comes. */
static void
assert_numbers(struct end *end, int first, int last, int again)
{
	for (int expected = first; expected <= last;) {
		json_t *line = parse(next_line(end));

		if (json_object_get(line, "id") != NULL) {
			assert_int_equal(number(line, "id"), expected++);
			if (expected % again == 0)
				motions(30);
		}
		json_decref(line);
	}
}

static void
assert_subscribed(struct end *end, int after, int last)
{
	char command[64];
	json_t *reply;

	snprintf(command, sizeof command, "{\"cmd\":\"subscribe\",\"after\":%d}", after);
	reply = parse(ask(end, command));
	assert_int_equal(number(reply, "last"), last);
	assert_null(json_object_get(reply, "gap"));
	assert_int_equal(number(json_object_get(reply, "state"), "threshold"), 12);
	json_decref(reply);
}

static void
test_replay(void **state)
{
	(void)state;
	camera_on();
	ask(&one, "{\"cmd\":\"set\",\"save_on_motion\":false}");
	for (int i = 0; i < 20; i++) {
		motions(50);
		ask(&one, "{\"cmd\":\"reset\"}"); /* all before it is on disk */
	}
	/* Several pages, which wait to be read, while new events keep coming. */
	connect_narrow(&two, 4096);
	assert_subscribed(&two, 3, 1001);
	assert_numbers(&two, 4, 1061, 400);
	motions(1);
	assert_numbers(&two, 1062, 1062, 5000);
	/* From the start, and from the newest one. */
	close_end(&two);
	connect_end(&two);
	assert_subscribed(&two, 0, 1062);
	assert_numbers(&two, 1, 1062, 5000);
	assert_subscribed(&two, 1062, 1062);
	motions(1);
	assert_numbers(&two, 1063, 1063, 5000);
	/* Another number while the past is being sent, a page of it on its way. */
	close_end(&two);
	connect_narrow(&two, 4096);
	say(&two, "{\"cmd\":\"subscribe\",\"after\":0}\n{\"cmd\":\"subscribe\",\"after\":1000}\n");
	assert_non_null(strstr(next_reply(&two), "\"ok\":true"));
	assert_non_null(strstr(next_reply(&two), "\"ok\":true"));
	assert_numbers(&two, 1001, 1063, 5000);
}

static void
test_a_number_that_is_unknown(void **state)
{
	json_t *reply;

	(void)state;
	camera_on();
	reply = ask_json("{\"cmd\":\"subscribe\",\"after\":77}");
	assert_true(json_is_true(json_object_get(reply, "gap")));
	assert_int_equal(number(reply, "last"), 1);
	json_decref(reply);
	fake_motion(300, clock_wall_ns());
	reply = next_event(&one, "motion");
	assert_int_equal(number(reply, "id"), 2);
	json_decref(reply);
}

static void
test_pulse(void **state)
{
	json_t *line, *data;

	(void)state;
	camera_on();
	json_decref(parse(ask(&one, "{\"cmd\":\"subscribe\"}")));
	assert_false(event_pending(orield->publisher->pulse_due, EV_TIMEOUT, NULL));
	json_decref(parse(ask(&one, "{\"cmd\":\"subscribe\",\"pulse\":true}")));
	fake.status.peak.change = 456;
	fake.status.peak.held = MOTION_COOLDOWN;
	fake.status.motion.held = MOTION_BELOW;
	line = next_event(&one, "pulse");
	data = json_object_get(line, "data");
	assert_true(json_real_value(json_object_get(data, "change")) == 45.6);
	assert_string_equal(json_get_text(data, "held"), "cool-down");
	assert_int_equal(number(data, "threshold"), 12);
	assert_int_equal(number(data, "frame_count"), 1);
	assert_true(json_is_true(json_object_get(data, "online")));
	json_decref(line);
	json_decref(next_event(&one, "pulse"));
	json_decref(parse(ask(&one, "{\"cmd\":\"subscribe\",\"pulse\":false}")));
	for (int i = 0; i < 1200 && event_pending(orield->publisher->pulse_due, EV_TIMEOUT, NULL);
	     i++) {
		turn();
		usleep(1000);
	}
	assert_false(event_pending(orield->publisher->pulse_due, EV_TIMEOUT, NULL));
}

static void
test_who_does_not_read_is_dropped(void **state)
{
	json_t *reply;
	int sets = 0;

	(void)state;
	connect_end(&two);
	say(&two, "{\"cmd\":\"subscribe\"}\n");
	json_decref(ask_json("{\"cmd\":\"subscribe\"}"));
	scratch_silence(true);
	while (
	    control_server_next(control_server_first(orield->control)) != NULL && sets++ < 5000) {
		/* A ring line is small; the state is what fills. */
		orield->publisher->state_said_ns = 0;
		say(&one, "{\"cmd\":\"set\",\"threshold\":12}\n");
		while (strstr(next_line(&one), "\"event\"") == NULL)
			;
		turn();
	}
	scratch_silence(false);
	assert_in_range(sets, 400, 4999);
	reply = ask_json("{\"cmd\":\"viewers\"}");
	json_decref(reply);
}

/* ---- the ring -------------------------------------------------------- */

static void
test_attach(void **state)
{
	struct ring_reader *reader;
	struct ring_view view;
	uint64_t rung;
	json_t *reply;

	(void)state;
	camera_on();
	say(&one,
	    "{\"cmd\":\"viewers\",\"id\":1}\n{\"cmd\":\"attach\",\"id\":2}\n{\"cmd\":\"viewers\",\"id\":3}\n");
	assert_string_equal(next_line(&one), "{\"ok\":true,\"id\":1}");
	reply = parse(next_line(&one));
	assert_int_equal(number(reply, "id"), 2);
	assert_int_equal(number(reply, "generation"), fake.status.generation);
	json_decref(reply);
	assert_int_not_equal(one.fds[0], -1);
	assert_int_not_equal(one.fds[1], -1);
	assert_string_equal(next_line(&one), "{\"ok\":true,\"id\":3}");
	reader = ring_reader_new(one.fds[0], NULL);
	assert_non_null(reader);
	assert_true(ring_reader_view(reader, 0, &view));
	assert_int_equal(read(one.fds[1], &rung, sizeof rung), -1);
	fake_frame("\xff\xd8 next \xff\xd9");
	assert_int_equal(read(one.fds[1], &rung, sizeof rung), sizeof rung);
	assert_int_equal(rung, 1);
	assert_true(ring_reader_view(reader, view.info.sequence, &view));
	ring_reader_free(&reader);
	assert_int_equal(fake.bells, 1);
	/* A second time: a new bell instead of the old one. */
	close(one.fds[0]);
	close(one.fds[1]);
	one.fds[0] = one.fds[1] = -1;
	json_decref(ask_json("{\"cmd\":\"attach\"}"));
	assert_int_not_equal(one.fds[1], -1);
	assert_int_equal(fake.bells, 1);
	close_end(&one);
	turn();
	turn();
	assert_int_equal(fake.bells, 0);
	connect_end(&one);
}

/* A worker that resumes its events may still wait for the past when the ring comes. */
static void
test_attached_too_early(void **state)
{
	json_t *line;

	(void)state;
	connect_end(&two);
	assert_string_equal(ask(&two, "{\"cmd\":\"viewers\"}"), "{\"ok\":true}");
	assert_string_equal(ask(&one, "{\"cmd\":\"attach\"}"),
	    "{\"ok\":false,\"reason\":\"no frame yet\",\"code\":\"no_frame\"}");
	camera_on();
	line = next_event(&one, "ring");
	assert_int_equal(
	    number(json_object_get(line, "data"), "generation"), fake.status.generation);
	json_decref(line);
	json_decref(ask_json("{\"cmd\":\"attach\"}"));
	assert_int_not_equal(one.fds[0], -1);
	say(&two, "{\"cmd\":\"viewers\"}\n");
	assert_string_equal(next_line(&two), "{\"ok\":true}");
}

static void
test_too_many_readers(void **state)
{
	(void)state;
	camera_on();
	fake.bells = CAPTURE_BELLS;
	assert_string_equal(ask(&one, "{\"cmd\":\"attach\"}"),
	    "{\"ok\":false,\"reason\":\"too many readers are attached\",\"code\":\"too_many\"}");
	assert_int_equal(one.fds[0], -1);
	fake.bells = 0;
}

static long
count_fds(void)
{
	long count = 0;

	for (int fd = 0; fd < 1000; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

static void
test_no_descriptor_is_left_behind(void **state)
{
	long before;

	(void)state;
	camera_on();
	json_decref(ask_json("{\"cmd\":\"reset\"}"));
	before = count_fds();
	for (int i = 0; i < 50; i++) {
		connect_end(&two);
		say(&two,
		    "{\"cmd\":\"attach\"}\n{\"cmd\":\"subscribe\",\"after\":0}\n{\"cmd\":\"attach\"}\n");
		if (i % 2 == 0)
			turn();
		if (i % 3 == 0)
			next_line(&two);
		close_end(&two);
		turn();
	}
	for (int i = 0; i < WAIT_MS && count_fds() != before; i++) {
		turn();
		usleep(1000);
	}
	assert_int_equal(count_fds(), before);
	assert_int_equal(fake.bells, 0);
}

/* ---- the camera's own controls --------------------------------------- */

static void
until_asked(const char *command)
{
	fake.token = 0;
	say(&one, command);
	for (int i = 0; i < 100 && fake.token == 0; i++)
		turn();
	assert_int_not_equal(fake.token, 0);
}

static void
test_controls(void **state)
{
	json_t *line;

	(void)state;
	until_asked("{\"cmd\":\"controls\",\"id\":1}\n");
	assert_null(fake.values);
	fake_controls("[{\"name\":\"gain\"}]", "", false);
	assert_string_equal(next_line(&one), "{\"controls\":[{\"name\":\"gain\"}],\"id\":1}");
	assert_string_equal(ask(&one, "{\"cmd\":\"control\"}"),
	    "{\"error\":\"missing control\",\"code\":\"missing_argument\"}");
	assert_string_equal(ask(&one, "{\"cmd\":\"controls\",\"x\":1}"),
	    "{\"error\":\"unknown argument x\",\"code\":\"unknown_argument\"}");
	until_asked("{\"cmd\":\"control\",\"gain\":500}\n");
	fake_controls(NULL, "gain out of range (0 to 255)", true);
	assert_string_equal(next_line(&one),
	    "{\"error\":\"gain out of range (0 to 255)\",\"code\":\"bad_argument\"}");
	until_asked("{\"cmd\":\"control\",\"gain\":5}\n");
	fake_controls(NULL, "the cable was pulled", false);
	assert_string_equal(next_line(&one),
	    "{\"ok\":false,\"reason\":\"the cable was pulled\",\"code\":\"refused\"}");
	connect_end(&two);
	json_decref(parse(ask(&two, "{\"cmd\":\"subscribe\"}")));
	until_asked("{\"cmd\":\"control\",\"gain\":5,\"auto\":true,\"id\":\"z\"}\n");
	fake_controls("[]", "", false);
	assert_string_equal(next_line(&one), "{\"ok\":true,\"controls\":[],\"id\":\"z\"}");
	line = next_event(&two, "controls");
	assert_true(json_is_array(json_object_get(json_object_get(line, "data"), "controls")));
	json_decref(line);
	/* Somebody else has changed them. */
	fake.token = 0;
	fake_controls("[1]", "", false);
	line = next_event(&two, "controls");
	assert_int_equal(
	    json_array_size(json_object_get(json_object_get(line, "data"), "controls")), 1);
	json_decref(line);
	restart(NULL);
	line = json_pack("{s:i, s:b}", "gain", 5, "auto", 1);
	assert_true(json_equal(fake.controls, line));
	json_decref(line);
}

/* The camera is asked for them once, however many ask us. */
static void
test_many_ask_for_controls(void **state)
{
	(void)state;
	connect_end(&two);
	until_asked("{\"cmd\":\"controls\"}\n");
	for (int i = 0; i < 30; i++) {
		say(&one, "{\"cmd\":\"controls\"}\n");
		say(&two, "{\"cmd\":\"controls\"}\n");
	}
	for (int i = 0; i < 50; i++)
		turn();
	fake_controls("[1]", "", false);
	for (int i = 0; i < 30; i++) {
		assert_string_equal(next_line(&one), "{\"controls\":[1]}");
		assert_string_equal(next_line(&two), "{\"controls\":[1]}");
	}
	assert_string_equal(next_line(&one), "{\"controls\":[1]}");
	assert_string_equal(ask(&two, "{\"cmd\":\"controls\"}"), "{\"controls\":[1]}");
	assert_int_equal(fake.requests, 1);
	/* A request after a change sees the change. */
	until_asked("{\"cmd\":\"control\",\"gain\":5}\n");
	say(&two, "{\"cmd\":\"controls\"}\n");
	for (int i = 0; i < 50 && fake.requests < 3; i++)
		turn();
	fake_controls("[5]", "", false);
	assert_string_equal(next_line(&two), "{\"controls\":[5]}");
	assert_int_equal(fake.requests, 3);
	/* A new camera is not described by what was known of the former one. */
	fake_offline("cable pulled");
	for (int i = 0; i < 20; i++)
		turn();
	until_asked("{\"cmd\":\"controls\"}\n");
}

/* An answer that never comes holds up neither the connection nor the end. */
static void
test_a_camera_that_does_not_answer(void **state)
{
	(void)state;
	until_asked("{\"cmd\":\"controls\"}\n");
	say(&one, "{\"cmd\":\"viewers\"}\n");
	for (int i = 0; i < 5200; i++) {
		turn();
		usleep(1000);
	}
	assert_string_equal(next_line(&one),
	    "{\"ok\":false,\"reason\":\"the camera does not answer\",\"code\":\"camera_hangs\"}");
	assert_string_equal(next_line(&one), "{\"ok\":true}");
	fake_controls("[1]", "", false); /* too late, but good to know */
	assert_string_equal(ask(&one, "{\"cmd\":\"viewers\"}"), "{\"ok\":true}");
	assert_string_equal(ask(&one, "{\"cmd\":\"controls\"}"), "{\"controls\":[1]}");
}

/* Events wait for the reply to `subscribe`, which waits for the one before it. */
static void
test_no_event_overtakes_a_reply(void **state)
{
	(void)state;
	camera_on();
	until_asked("{\"cmd\":\"controls\"}\n");
	say(&one, "{\"cmd\":\"subscribe\"}\n{\"cmd\":\"viewers\"}\n");
	for (int i = 0; i < 50; i++) {
		turn();
		usleep(1000);
	}
	fake_motion(300, clock_wall_ns());
	for (int i = 0; i < 50; i++) {
		turn();
		usleep(1000);
	}
	fake_controls("[]", "", false);
	assert_string_equal(next_line(&one), "{\"controls\":[]}");
	assert_int_equal(strncmp(next_line(&one), "{\"ok\":true,\"last\":", 18), 0);
	assert_string_equal(next_line(&one), "{\"ok\":true}");
	json_decref(next_event(&one, "motion"));
}

/* ---- trouble --------------------------------------------------------- */

/* With no room at all: nothing half-written, nothing promised. */
static void
assert_no_snapshot(void)
{
	json_t *reply;

	scratch_fill("state/big", 1 << 20);
	reply = ask_json("{\"cmd\":\"snapshot_now\"}");
	assert_true(json_is_false(json_object_get(reply, "ok")));
	assert_non_null(strstr(json_get_text(reply, "reason"), "disk full"));
	json_decref(reply);
	assert_int_equal(scratch_count("state/cam/snaps"), 0);
	unlink(scratch_path("state/big"));
}

/* Until the log has used up the room it had; the newest number is returned. */
static long long
assert_events_without_number(void)
{
	long long last = 1; /* the camera's own */

	scratch_fill("state/big", 1 << 20);
	for (int i = 0; i < 1000; i++) {
		json_t *line, *data;

		fake_motion(300, clock_wall_ns());
		line = next_event(&two, "motion");
		data = json_object_get(line, "data");
		if (json_object_get(line, "id") == NULL) {
			assert_true(json_is_false(json_object_get(data, "stored")));
			assert_null(json_object_get(data, "saved"));
			assert_int_equal(number(data, "count"), i + 1);
			json_decref(line);
			return last;
		}
		last = number(line, "id");
		json_decref(line);
	}
	fail_msg("the disk is never full");
	return 0;
}

/* The setting is as it was before the one that could not be stored. */
static void
assert_no_set(void)
{
	for (int value = 0; value < 1000; value++) {
		char command[64], before[32];
		json_t *reply;

		snprintf(before, sizeof before, "%s", setting("threshold"));
		snprintf(
		    command, sizeof command, "{\"cmd\":\"set\",\"threshold\":%d}", value % 100);
		reply = ask_json(command);
		if (json_is_false(json_object_get(reply, "ok"))) {
			assert_non_null(strstr(json_get_text(reply, "reason"), "disk full"));
			assert_string_equal(setting("threshold"), before);
			assert_int_equal(fake.tuning.detect.threshold, 10 * atoi(before));
			json_decref(reply);
			return;
		}
		json_decref(reply);
	}
	fail_msg("the disk is never full");
}

static void
assert_store(bool ok)
{
	json_t *reply = ask_json("{\"cmd\":\"status\"}"), *store = json_object_get(reply, "store");

	assert_int_equal(json_is_true(json_object_get(store, "ok")), ok);
	assert_int_equal(strstr(json_get_text(store, "reason"), "disk full") != NULL, !ok);
	json_decref(reply);
}

static void
test_a_full_disk(void **state)
{
	json_t *line;
	long long last;

	(void)state;
	close_end(&one);
	stop();
	if (!scratch_mount_small("state", 600 << 10, 0)) {
		start(NULL);
		skip();
	}
	start("--keep-free=0");
	connect_end(&one);
	connect_end(&two);
	camera_on();
	json_decref(parse(ask(&two, "{\"cmd\":\"subscribe\"}")));
	scratch_silence(true);
	assert_no_snapshot();
	last = assert_events_without_number();
	assert_no_set();
	assert_store(false);
	unlink(scratch_path("state/big"));
	assert_string_equal(
	    ask(&one, "{\"cmd\":\"set\",\"threshold\":77}"), "{\"ok\":true,\"threshold\":77}");
	fake_motion(300, clock_wall_ns());
	line = next_event(&two, "motion");
	assert_int_equal(number(line, "id"), last + 1);
	json_decref(line);
	assert_store(true);
	scratch_silence(false);
}

static void
test_a_read_only_state_folder(void **state)
{
	json_t *line;

	(void)state;
	close_end(&one);
	stop();
	if (!scratch_mount_read_only("state")) {
		start(NULL);
		skip();
	}
	scratch_silence(true);
	start(NULL);
	scratch_silence(false);
	connect_end(&one);
	line = ask_json("{\"cmd\":\"subscribe\",\"after\":0}");
	assert_true(json_is_true(json_object_get(line, "ok")));
	assert_true(json_is_true(json_object_get(line, "gap")));
	json_decref(line);
	camera_on();
	fake_motion(300, clock_wall_ns());
	line = next_event(&one, "motion");
	assert_true(json_is_false(json_object_get(json_object_get(line, "data"), "stored")));
	assert_int_equal(number(json_object_get(line, "data"), "count"), 1);
	json_decref(line);
	close_end(&one);
	connect_end(&one);
	assert_non_null(strstr(ask(&one, "{\"cmd\":\"set\",\"threshold\":1}"), "read-only"));
	assert_non_null(strstr(ask(&one, "{\"cmd\":\"snapshot_now\"}"), "read-only"));
	assert_non_null(strstr(ask(&one, "{\"cmd\":\"events\"}"), "read-only"));
	line = ask_json("{\"cmd\":\"status\"}");
	assert_true(json_is_false(json_object_get(json_object_get(line, "store"), "ok")));
	json_decref(line);
}

static void
test_sigterm(void **state)
{
	(void)state;
	say(&one, "{\"cmd\":\"set\",\"threshold\":99}\n");
	turn();
	raise(SIGTERM);
	scratch_silence(true);
	orield_run(orield);
	scratch_silence(false);
	orield_free(&orield);
	/* What was being stored is answered before the end. */
	assert_true(receive(&one));
	assert_string_equal(one.input, "{\"ok\":true,\"threshold\":99}\n");
	assert_int_equal(scratch_size("run/cam/control.sock"), -1);
	options_free(&options);
	start(NULL);
	close_end(&one);
	connect_end(&one);
	assert_string_equal(setting("threshold"), "99 set");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_no_command, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replies_come_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_line_too_long, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_the_last_words_of_one_who_leaves_are_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(test_who_leaves_before_the_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_connections_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_descriptor_to_accept_with, setup, teardown),
		cmocka_unit_test_setup_teardown(test_systemd, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_socket, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_second_orield, setup, teardown),
		cmocka_unit_test_setup_teardown(test_set, setup, teardown),
		cmocka_unit_test_setup_teardown(test_get_describes_the_settings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_groups_stand_together, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_was_set_is_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_changed_setting_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_armed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_snapshot_now, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_an_old_picture_is_not_saved_as_new, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ack, setup, teardown),
		cmocka_unit_test_setup_teardown(test_status, setup, teardown),
		cmocka_unit_test_setup_teardown(test_viewers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_help, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_motion_event, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_end_of_motion, setup, teardown),
		cmocka_unit_test_setup_teardown(test_camera_events, setup, teardown),
		cmocka_unit_test_setup_teardown(test_events_of_the_past, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_no_reply_is_longer_than_a_line, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_number_that_is_unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pulse, setup, teardown),
		cmocka_unit_test_setup_teardown(test_who_does_not_read_is_dropped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_attach, setup, teardown),
		cmocka_unit_test_setup_teardown(test_attached_too_early, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_many_readers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_descriptor_is_left_behind, setup, teardown),
		cmocka_unit_test_setup_teardown(test_controls, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_ask_for_controls, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_camera_that_does_not_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_event_overtakes_a_reply, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_full_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_read_only_state_folder, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sigterm, setup, teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(300); /* SIGTERM is taken by what is tested */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
