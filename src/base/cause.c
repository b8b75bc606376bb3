/* SPDX-License-Identifier: ISC */
#include "base/cause.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* `error` is said behind it unless it is 0. errno is preserved. */
static int
cause_write(
    struct cause *why, const struct reason *reason, int error, const char *format, va_list args)
{
	int saved = errno;
	size_t used;

	if (why == NULL)
		return -1;
	why->reason = reason;
	vsnprintf(why->text, sizeof why->text, format, args);
	used = strlen(why->text);
	if (error != 0)
		snprintf(why->text + used, sizeof why->text - used, ": %s", strerror(error));
	text_blank(why->text);
	errno = saved;
	return -1;
}

int
cause_set(struct cause *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	cause_write(why, NULL, 0, format, args);
	va_end(args);
	return -1;
}

int
cause_errno(struct cause *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	cause_write(why, NULL, errno, format, args);
	va_end(args);
	return -1;
}

int
cause_reason(struct cause *why, const struct reason *reason)
{
	return cause_detail(why, reason, "%s", reason->text);
}

int
cause_detail(struct cause *why, const struct reason *reason, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	cause_write(why, reason, 0, format, args);
	va_end(args);
	return -1;
}

int
cause_copy(struct cause *why, const struct cause *found)
{
	if (why != NULL)
		*why = *found;
	return -1;
}

void
cause_default(struct cause *why, const struct reason *reason)
{
	if (why != NULL && why->reason == NULL)
		why->reason = reason;
}

void
cause_clear(struct cause *why)
{
	why->reason = NULL;
	why->text[0] = '\0';
}

const char *
cause_code(const struct cause *why)
{
	return why->text[0] != '\0' && why->reason != NULL ? why->reason->code : NULL;
}
