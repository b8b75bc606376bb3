/* SPDX-License-Identifier: ISC */
/* log: one line per event, to standard error.
 *
 * Under systemd (JOURNAL_STREAM set) a line begins with sd-daemon(3)'s "<N>" priority, otherwise
 * with local time and program name. Every call names the room it comes from. Thread-safe (one
 * write(2) per line); errno is preserved; bytes that could forge a second line are replaced.
 * Nothing here waits: where nobody reads the pipe, terminal or journal, lines are dropped and
 * counted. The next line, or log_say_lost(), reports the count when somebody reads again.
 * Callers log an outage when it begins and ends, not on every try. */
#ifndef ORIEL_BASE_LOG_H
#define ORIEL_BASE_LOG_H

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
}; /* syslog(3)'s numbers */

/* Call first in main. `program` must outlive all logging. */
void log_init(const char *program, enum log_level most);
void log_set_level(enum log_level most);

/* For daemons, after log_init: standard error itself becomes non-blocking, for us alone. */
void log_never_wait(void);

/* Report how many lines were lost, if any, and if it can be written now: for timers that run
 * anyway, and at the end of the program. */
void log_say_lost(void);

/* "error", "warning", "notice", "info", "debug"; -1 for another word. */
int log_level_parse(const char *word);

void log_error(const char *room, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_warning(const char *room, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_notice(const char *room, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_info(const char *room, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_debug(const char *room, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
