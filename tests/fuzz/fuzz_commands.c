/* SPDX-License-Identifier: ISC */
/* Any bytes on a control connection, against the whole daemon except its camera: every reply and
 * event is one JSON object per line, and in the end everything is answered. */
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"

#include "../unit/fake_capture.h"
#include "../unit/scratch.h"
#include "base/log.h"
#include "orield/commands.h"
#include "orield/folder.h"
#include "orield/orield.h"
#include "protocol/settings.h"

enum { OUTPUT_MOST = 4 << 20, SENT_MOST = 60000, WAITS_MOST = 20000 };

static struct options *options;
static struct orield *orield;

static void
stop(void)
{
	orield_free(&orield);
	options_free(&options);
	scratch_remove();
}

static void
start(void)
{
	char run[300], state[300];
	char *words[] = { (char *)"orield", run, state, NULL };
	struct cause why;

	log_init("fuzz", LOG_LEVEL_ERROR);
	scratch_make();
	snprintf(run, sizeof run, "--run-dir=%s", scratch_path("run"));
	snprintf(state, sizeof state, "--state-dir=%s", scratch_path("state"));
	options = options_new(&settings_program);
	insist(options_read(options, 3, words, &why) == OPTIONS_RUN);
	insist(folder_make(scratch_path("run/cam"), &why) == 0 &&
	    folder_make(scratch_path("state/cam"), &why) == 0);
	orield = orield_new(options, &commands_hooks, &why);
	insist(orield != NULL);
	fake_online();
	fake_frame("\xff\xd8not really a picture\xff\xd9");
	atexit(stop);
}

/* Give the camera's part of an answer, at once, to each that asks. */
static void
answer_controls(void)
{
	static uint64_t answered;
	uint64_t newest = fake.token;

	for (fake.token = answered + 1; fake.token <= newest; fake.token++)
		fake_controls(
		    "[{\"name\": \"contrast\", \"type\": \"integer\", \"value\": 7, \"min\": 0, \"max\": 99}]",
		    "", false);
	fake.token = answered = newest;
}

/* Read until the daemon closes the connection. */
static size_t
hear(int fd, char *output)
{
	struct pollfd end = { .fd = fd, .events = POLLIN };
	size_t used = 0;
	ssize_t got = -1;

	for (int wait = 0; got != 0; wait++) {
		insist(wait < WAITS_MOST && used < OUTPUT_MOST);
		event_base_loop(orield->base, EVLOOP_NONBLOCK);
		answer_controls();
		if (poll(&end, 1, 1) != 1)
			continue;
		got = recv(fd, output + used, OUTPUT_MOST - used, MSG_DONTWAIT);
		if (got > 0)
			used += (size_t)got;
	}
	return used;
}

static void
check_lines(const char *output, size_t used)
{
	const char *newline;

	while (used > 0 && (newline = memchr(output, '\n', used)) != NULL) {
		size_t length = (size_t)(newline - output);
		json_t *line = json_loadb(output, length, JSON_REJECT_DUPLICATES, NULL);

		insist(json_is_object(line));
		json_decref(line);
		output += length + 1;
		used -= length + 1;
	}
	insist(used == 0);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static char output[OUTPUT_MOST];
	int pair[2];

	if (orield == NULL)
		start();
	if (size > SENT_MOST)
		return 0;
	insist(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
	control_server_adopt(orield->control, pair[1]);
	insist(send(pair[0], data, size, 0) == (ssize_t)size);
	shutdown(pair[0], SHUT_WR);
	check_lines(output, hear(pair[0], output));
	close(pair[0]);
	return 0;
}
