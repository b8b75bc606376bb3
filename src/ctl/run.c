/* SPDX-License-Identifier: ISC */
#include "ctl/run.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAX = 1 << 20, OUTPUT_SECONDS = 10 };

/* All that comes from `fd` until its end, or until OUTPUT_SECONDS of silence; for free(3). */
static char *
read_output(int fd)
{
	char *text = malloc(OUTPUT_MAX + 1);
	size_t used = 0;
	ssize_t got = 1;

	while (text != NULL && used < OUTPUT_MAX && got > 0) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };

		if (poll(&ready, 1, OUTPUT_SECONDS * 1000) != 1)
			break;
		got = read(fd, text + used, OUTPUT_MAX - used);
		used += got > 0 ? (size_t)got : 0;
	}
	if (text != NULL)
		text[used] = '\0';
	return text;
}

/* Make a pipe that already holds the input; returns its reading end. */
static int
fill_pipe(const char *input)
{
	size_t length = strlen(input);
	int ends[2];

	if (length >= RUN_INPUT_MAX || pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	if (write(ends[1], input, length) != (ssize_t)length) {
		close(ends[0]);
		ends[0] = -1;
	}
	close(ends[1]);
	return ends[0];
}

static void
become(char *const argv[], int in, int out)
{
	char path[64];

	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execvp(argv[0], argv);
	snprintf(path, sizeof path, "/usr/sbin/%s", argv[0]);
	execv(path, argv);
	_exit(RUN_MISSING);
}

char *
run_program(char *const argv[], const char *input, int *status)
{
	int in = fill_pipe(input), out[2];
	char *text = NULL;
	pid_t child;

	*status = -1;
	if (in == -1)
		return NULL;
	if (pipe2(out, O_CLOEXEC) == -1) {
		close(in);
		return NULL;
	}
	child = fork();
	if (child == 0)
		become(argv, in, out[1]);
	close(in);
	close(out[1]);
	if (child != -1)
		text = read_output(out[0]);
	close(out[0]);
	if (child != -1 && waitpid(child, status, 0) == child)
		*status = WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
	return text;
}

const char *
run_last_line(char *text)
{
	size_t length = strlen(text);
	char *newline;

	while (length > 0 && text[length - 1] == '\n')
		text[--length] = '\0';
	newline = strrchr(text, '\n');
	return newline != NULL ? newline + 1 : text;
}
