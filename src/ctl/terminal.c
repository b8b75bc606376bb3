/* SPDX-License-Identifier: ISC */
#include "ctl/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "auth/secret.h"

static struct termios shown; /* the terminal as it was */

/* A signal that ends us must not leave a terminal without echo. */
static void
show_and_end(int number)
{
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	raise(number); /* now the default action: SA_RESETHAND */
}

/* Byte by byte: what comes after the line is for somebody else. */
static int
read_line(char *line, size_t size, struct cause *why)
{
	size_t used = 0;

	for (;;) {
		char byte;
		ssize_t got = read(STDIN_FILENO, &byte, 1);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return cause_errno(why, "standard input");
		if (got == 0 && used == 0)
			return cause_set(why, "no password on standard input");
		if (got == 0 || byte == '\n')
			break;
		if (used + 1 == size || byte == '\0')
			return cause_set(why,
			    "a password has at most %zu bytes, and no NUL among them", size - 1);
		line[used++] = byte;
	}
	line[used] = '\0';
	return 0;
}

static int
ask(const char *prompt, char *line, size_t size, struct cause *why)
{
	int result;

	fputs(prompt, stderr);
	result = read_line(line, size, why);
	fputs("\n", stderr);
	return result;
}

static int
ask_twice(const char *prompt, char *line, size_t size, struct cause *why)
{
	char *again = malloc(size);
	int result;

	if (again == NULL)
		return cause_errno(why, "password");
	result = ask(prompt, line, size, why);
	if (result == 0)
		result = ask("Once more: ", again, size, why);
	if (result == 0 && strcmp(line, again) != 0)
		result = cause_set(why, "the two are not the same");
	secret_wipe(again, size);
	free(again);
	return result;
}

static void
signals_take(struct sigaction before[4], bool on)
{
	static const int numbers[4] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	struct sigaction action = { .sa_handler = show_and_end,
		.sa_flags = SA_RESETHAND | SA_NODEFER };

	for (int i = 0; i < 4; i++)
		sigaction(numbers[i], on ? &action : &before[i], on ? &before[i] : NULL);
}

int
terminal_password(const char *prompt, bool twice, char *line, size_t size, struct cause *why)
{
	struct sigaction before[4];
	struct termios hidden;
	int result;

	if (tcgetattr(STDIN_FILENO, &shown) == -1)
		return read_line(line, size, why);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	signals_take(before, true);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	result = (twice ? ask_twice : ask)(prompt, line, size, why);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	signals_take(before, false);
	return result;
}
