/* SPDX-License-Identifier: ISC */
#include "fanout/sse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "http/query.h"
#include "fastcgi/record.h"

/* HTML Standard, 9.2.5: one field per line, an empty line ends the message. */
static struct sse_message *
sse_encode(uint64_t id, const char *text, size_t length)
{
	struct sse_message *message = malloc(sizeof *message + record_wrapped(length));

	if (message == NULL)
		return NULL;
	message->id = id;
	message->length = (size_t)(record_wrap(message->bytes, text, length) - message->bytes);
	return message;
}

struct sse_message *
sse_event(const char *name, uint64_t id, const json_t *data)
{
	struct sse_message *message = NULL;
	char number[48] = "", *line = json_line(data), *text = NULL;
	int length;

	if (line == NULL)
		return NULL;
	if (id != 0)
		snprintf(number, sizeof number, "id: %llu\n", (unsigned long long)id);
	length = asprintf(&text, "%sevent: %s\ndata: %s\n\n", number, name, line);
	if (length != -1) {
		message = sse_encode(id, text, (size_t)length);
		free(text);
	}
	free(line);
	return message;
}

struct sse_message *
sse_raw(const char *text)
{
	return sse_encode(0, text, strlen(text));
}

enum sse_resume
sse_resume_parse(const char *text, uint64_t *id)
{
	if (*text == '\0')
		return SSE_FRESH;
	return query_decimal(text, id) && *id <= INT64_MAX ? SSE_AFTER : SSE_UNKNOWN;
}

/* ---- log ------------------------------------------------------------- */

void
sse_log_init(struct sse_log *log)
{
	memset(log, 0, sizeof *log);
	log->next = 1;
}

void
sse_log_deinit(struct sse_log *log)
{
	for (size_t i = 0; i < SSE_LOG_SIZE; i++)
		free(log->slots[i]);
	memset(log->slots, 0, sizeof log->slots);
}

void
sse_log_push(struct sse_log *log, struct sse_message *message)
{
	struct sse_message **slot = &log->slots[log->next % SSE_LOG_SIZE];

	if (*slot != NULL && (*slot)->id > log->base)
		log->base = (*slot)->id;
	free(*slot);
	*slot = message;
	log->next++;
	if (message->id > log->newest)
		log->newest = message->id;
}

void
sse_log_restart(struct sse_log *log, uint64_t base)
{
	sse_log_deinit(log);
	log->base = log->newest = base;
}

const struct sse_message *
sse_log_get(const struct sse_log *log, uint64_t serial)
{
	if (serial >= log->next || serial + SSE_LOG_SIZE < log->next)
		return NULL;
	return log->slots[serial % SSE_LOG_SIZE];
}

uint64_t
sse_log_find(const struct sse_log *log, uint64_t id)
{
	uint64_t serial = log->next > SSE_LOG_SIZE ? log->next - SSE_LOG_SIZE : 1;

	for (; serial < log->next; serial++) {
		const struct sse_message *message = sse_log_get(log, serial);

		if (message != NULL && message->id > id)
			break;
	}
	return serial;
}
