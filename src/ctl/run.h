/* SPDX-License-Identifier: ISC */
/* run: run another program to its end, and get its output. No shell. */
#ifndef ORIEL_CTL_RUN_H
#define ORIEL_CTL_RUN_H

enum { RUN_MISSING = 127, RUN_INPUT_MAX = 4096 };

/* Run argv[0] (from PATH, or /usr/sbin) with `input` (shorter than RUN_INPUT_MAX) as its
 * standard input. Returns its standard output and error, for free(3); NULL when nothing could be
 * run. *status: its exit status, RUN_MISSING when there is no such program, -1 when a signal
 * ended it. */
char *run_program(char *const argv[], const char *input, int *status);

/* The last line of it; cuts it in place. */
const char *run_last_line(char *text);

#endif
