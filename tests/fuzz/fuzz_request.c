/* SPDX-License-Identifier: ISC */
/* Bytes from a FastCGI socket: libfcgi must read what the validator lets pass, without waiting,
 * aborting or refusing, and leave nothing of it behind. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"

#include "fastcgi/validate.h"
#include "http/query.h"
#include "fastcgi/request.h"
#include "site/route.h"
#include "fanout/etag.h"
#include "fanout/sse.h"

/* What the worker does with the texts of a request. */
static void
use(const struct request *request)
{
	struct etag tag = { 1, 2 };
	struct route route;
	uint64_t number = 0;
	char value[QUERY_VALUE_SIZE];

	if (route_find(request->method, request->path, &route) == ROUTE_FOUND)
		insist(route.name != NULL);
	if (query_number(request->query, "limit", 1, 1000, &number, NULL) == 1)
		insist(number >= 1 && number <= 1000);
	if (query_text(request->query, "after", value, NULL) == 1)
		etag_parse(value, &tag);
	etag_matches(request->if_none_match, &tag);
	sse_resume_parse(request->last_event_id, &number);
	insist(request->body_length <= VALIDATE_BODY_MAX);
	if (request->body_length > 0)
		insist(memchr(request->body, request->body[request->body_length - 1],
			   request->body_length) != NULL);
}

static void
pass(const unsigned char *data, size_t size)
{
	struct request request;
	int fds[2], fd;
	char byte;

	insist(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
	insist(send(fds[1], data, size, 0) == (ssize_t)size);
	fd = fds[0];
	insist(request_read(&fd, &request) == 0 && fd == fds[0]);
	use(&request);
	request_release();
	insist(recv(fds[0], &byte, 1, 0) == -1);
	close(fds[0]);
	close(fds[1]);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static int begun;
	const char *reason;

	if (!begun)
		insist(request_init() == 0);
	begun = 1;
	if (validate_look(data, size, &reason) == VALIDATE_PASS)
		pass(data, size);
	return 0;
}
