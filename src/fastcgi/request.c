/* SPDX-License-Identifier: ISC */
#include "fastcgi/request.h"

#include <fcgiapp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fastcgi/validate.h"

static FCGX_Request parsed;
static char body[VALIDATE_BODY_MAX + 1];

int
request_init(void)
{
	/* Else libfcgi waits up to 2 s for the peer before it closes a connection. */
	if (setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 1) == -1)
		return -1;
	return FCGX_Init() == 0 ? 0 : -1;
}

#define FIELD(name, member)                                                \
	{                                                                  \
		(name), sizeof(name) - 1, offsetof(struct request, member) \
	}
static const struct field {
	const char *name;
	size_t length, offset;
} fields[] = {
	FIELD("REQUEST_METHOD", method),
	FIELD("ORIEL_PATH", path),
	FIELD("ORIEL_MOUNT", mount),
	FIELD("ORIEL_PREFIX", prefix),
	FIELD("QUERY_STRING", query),
	FIELD("CONTENT_TYPE", content_type),
	FIELD("HTTP_IF_NONE_MATCH", if_none_match),
	FIELD("HTTP_LAST_EVENT_ID", last_event_id),
	FIELD("HTTP_IDEMPOTENCY_KEY", idempotency_key),
	FIELD("ORIEL_ROLE", role),
	FIELD("ORIEL_USER", user),
	FIELD("ORIEL_GRANT", grant),
	FIELD("ORIEL_KIND", kind),
	FIELD("REQUEST_SCHEME", scheme),
	FIELD("HTTP_HOST", host),
	FIELD("SERVER_NAME", site),
	FIELD("HTTP_ORIGIN", origin),
	FIELD("HTTP_SEC_FETCH_SITE", fetch_site),
	FIELD("HTTP_ACCESS_CONTROL_REQUEST_METHOD", preflight),
	FIELD("ORIEL_TASK", task),
	FIELD("ORIEL_REFUSAL", refusal),
	FIELD("ORIEL_URI", uri),
	FIELD("HTTP_ACCEPT", accept),
	FIELD("HTTP_SEC_FETCH_DEST", fetch_dest),
	FIELD("HTTP_COOKIE", cookie),
	FIELD("HTTP_AUTHORIZATION", authorization),
	FIELD("REMOTE_ADDR", address),
	FIELD("HTTP_USER_AGENT", agent),
};
#undef FIELD
enum { FIELDS = sizeof fields / sizeof fields[0] };

static const char **
request_field(struct request *request, const struct field *field)
{
	return (const char **)(void *)((char *)request + field->offset);
}

/* Put "NAME=value" into its field. */
static void
request_take(struct request *request, const char *pair)
{
	size_t length = strcspn(pair, "=");

	for (int i = 0; i < FIELDS; i++)
		if (fields[i].length == length && memcmp(fields[i].name, pair, length) == 0 &&
		    pair[length] == '=') {
			*request_field(request, &fields[i]) = pair + length + 1;
			return;
		}
}

/* Read all of it, so that the connection is clean for the next request. */
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

/* libfcgi has no call for "parse what is in this descriptor". So its own fields are set as
 * FCGX_Accept_r leaves them after an accept: no listening socket, our descriptor, and to be
 * kept, or the FCGX_Finish_r inside would close it. tests/unit/test_request.c checks this. */
int
request_read(int *fd, struct request *request)
{
	for (int i = 0; i < FIELDS; i++)
		*request_field(request, &fields[i]) = "";
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

static bool
media_type_is(const char *text, const char *type)
{
	size_t length = strcspn(text, ",; \t");

	return length == strlen(type) && strncasecmp(text, type, length) == 0;
}

const char *
request_own_mount(const struct request *request)
{
	size_t length = strlen(request->prefix);

	return request->mount +
	    (strncmp(request->mount, request->prefix, length) == 0 ? length : 0);
}

bool
request_content_is(const struct request *request, const char *type)
{
	return media_type_is(request->content_type, type);
}

bool
request_prefers(const struct request *request, const char *type)
{
	return media_type_is(request->accept, type);
}
