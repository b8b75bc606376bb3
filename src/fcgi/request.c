/* SPDX-License-Identifier: ISC */
#include "fcgi/request.h"

#include <fcgiapp.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/gate.h"

static FCGX_Request parsed;
static char body[GATE_BODY_MAX + 1];

int
request_init(void)
{
	/* Else libfcgi waits up to 2 s for the peer before it closes a connection. */
	if (setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 1) == -1)
		return -1;
	return FCGX_Init() == 0 ? 0 : -1;
}

/* "NAME=value" into the field that wants it. */
static void
request_take(struct request *request, const char *pair)
{
	const struct {
		const char *name;
		const char **value;
	} fields[] = {
		{ "REQUEST_METHOD=", &request->method },
		{ "ORIEL_PATH=", &request->path },
		{ "ORIEL_MOUNT=", &request->mount },
		{ "QUERY_STRING=", &request->query },
		{ "CONTENT_TYPE=", &request->content_type },
		{ "HTTP_IF_NONE_MATCH=", &request->if_none_match },
		{ "HTTP_LAST_EVENT_ID=", &request->last_event_id },
	};

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		size_t length = strlen(fields[i].name);

		if (strncmp(pair, fields[i].name, length) == 0)
			*fields[i].value = pair + length;
	}
}

/* All of it, so that the connection is clean for the next request. */
static int
request_read_body(struct request *request)
{
	int got = FCGX_GetStr(body, (int)sizeof body, parsed.in);

	if (got < 0 || (size_t)got == sizeof body || FCGX_GetError(parsed.in) != 0)
		return -1;
	request->body = body;
	request->body_length = (size_t)got;
	return 0;
}

/* libfcgi offers no call for "parse what is in this descriptor". Its own fields
 * are set instead, as FCGX_Accept_r leaves them after an accept of its own: no
 * listening socket, our descriptor, and to be kept, or the FCGX_Finish_r inside
 * would close it. tests/unit/test_request.c pins this. */
int
request_read(int *fd, struct request *request)
{
	*request = (struct request){ .method = "", .path = "", .mount = "", .query = "",
		.content_type = "", .if_none_match = "", .last_event_id = "" };
	if (FCGX_InitRequest(&parsed, -1, 0) != 0)
		return -1;
	parsed.ipcFd = *fd;
	parsed.keepConnection = 1;
	if (FCGX_Accept_r(&parsed) != 0 || parsed.ipcFd != *fd) {
		*fd = parsed.ipcFd;
		return -1;
	}
	for (char **pair = parsed.envp; *pair != NULL; pair++)
		request_take(request, *pair);
	if (FCGX_GetError(parsed.in) != 0 || request_read_body(request) == -1) {
		request_release();
		return -1;
	}
	request->keep = parsed.keepConnection != 0;
	return 0;
}

void
request_release(void)
{
	parsed.ipcFd = -1;
	FCGX_Free(&parsed, 0);
}
