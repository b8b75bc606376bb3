/* SPDX-License-Identifier: ISC */
#include "ws/handshake.h"

#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/word_list.h"
#include "protocol/reasons.h"
#include "ws/word.h"

enum { KEY_LENGTH = 24, KEY_BYTES = 16 }; /* RFC 6455 section 4.1, 7. */

/* The headers that matter here; for all others only the form is checked. */
enum header {
	HEADER_HOST,
	HEADER_UPGRADE,
	HEADER_CONNECTION,
	HEADER_KEY,
	HEADER_VERSION,
	HEADER_ORIGIN,
	HEADER_PROTO,
	HEADER_LENGTH,
	HEADER_CODING,
	HEADER_ROLE,
	HEADER_GRANT,
	HEADER_USER,
	HEADER_ADDRESS,
	HEADER_SITE,
	HEADER_PROTOCOL,
	HEADERS
};
static const char *const header_names[HEADERS] = {
	[HEADER_HOST] = "Host",
	[HEADER_UPGRADE] = "Upgrade",
	[HEADER_CONNECTION] = "Connection",
	[HEADER_KEY] = "Sec-WebSocket-Key",
	[HEADER_VERSION] = "Sec-WebSocket-Version",
	[HEADER_ORIGIN] = "Origin",
	[HEADER_PROTO] = "X-Forwarded-Proto",
	[HEADER_LENGTH] = "Content-Length",
	[HEADER_CODING] = "Transfer-Encoding",
	[HEADER_ROLE] = "X-Oriel-Role",
	[HEADER_GRANT] = "X-Oriel-Grant",
	[HEADER_USER] = "X-Oriel-User",
	[HEADER_ADDRESS] = "X-Real-IP",
	[HEADER_SITE] = "X-Oriel-Site",
	[HEADER_PROTOCOL] = "Sec-WebSocket-Protocol",
};

struct request {
	struct word method, target, version;
	struct word value[HEADERS]; /* the last one of each name */
	unsigned times[HEADERS];
	bool websocket, upgrade; /* tokens of Upgrade and Connection */
	bool protocol;		 /* HANDSHAKE_PROTOCOL is among the requested ones */
};

static const struct status {
	unsigned number;
	const char *phrase, *headers; /* headers that the response must have */
} statuses[] = {
	{ .number = 400, .phrase = "Bad Request", .headers = "" },
	{ .number = 401,
	    .phrase = "Unauthorized",
	    .headers = "WWW-Authenticate: Bearer realm=\"Oriel\"\r\n" },
	{ .number = 403, .phrase = "Forbidden", .headers = "" },
	{ .number = 404, .phrase = "Not Found", .headers = "" },
	{ .number = 405, .phrase = "Method Not Allowed", .headers = "Allow: GET\r\n" },
	{ .number = 426,
	    .phrase = "Upgrade Required",
	    .headers = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" },
	{ .number = 429, .phrase = "Too Many Requests", .headers = "Retry-After: 5\r\n" },
	{ .number = 431, .phrase = "Request Header Fields Too Large", .headers = "" },
	{ .number = 503, .phrase = "Service Unavailable", .headers = "Retry-After: 5\r\n" },
	{ .number = 505, .phrase = "HTTP Version Not Supported", .headers = "" },
};

/* ---- the response ---------------------------------------------------- */

static void
handshake_answer(struct handshake *handshake, unsigned status, const char *body)
{
	const struct status *row = statuses;
	int length;

	while (row->number != status)
		row++;
	length = snprintf(handshake->response, sizeof handshake->response,
	    "HTTP/1.1 %u %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
	    "Connection: close\r\n%s\r\n%s",
	    row->number, row->phrase, strlen(body), row->headers, body);
	handshake->status = status;
	handshake->response_length = (size_t)length < sizeof handshake->response
	    ? (size_t)length
	    : sizeof handshake->response - 1;
}

void
handshake_refuse(struct handshake *handshake, unsigned status, const struct reason *reason)
{
	char body[REASON_LINE_SIZE];

	reason_line(reason, body);
	handshake_answer(handshake, status, body);
}

void
handshake_refuse_json(struct handshake *handshake, unsigned status, json_t *body)
{
	char *line = json_line(body);

	json_decref(body);
	if (line != NULL)
		handshake_answer(handshake, status, line);
	else
		handshake_refuse(handshake, 503, &reason_out_of_memory);
	free(line);
}

void
handshake_refuse_why(struct handshake *handshake, unsigned status, const struct cause *why)
{
	handshake_refuse_json(handshake, status, reason_error(why));
}

/* What is wrong about the request itself. */
static void
handshake_wrong(
    struct handshake *handshake, unsigned status, const struct reason *reason, const char *words)
{
	struct cause why;

	cause_detail(&why, reason, "%s", words);
	handshake_refuse_why(handshake, status, &why);
}

static void
handshake_advise(struct handshake *handshake, const struct reason *reason, const char *advice)
{
	handshake_refuse_json(handshake, 403,
	    json_pack(
		"{s:s, s:s, s:s}", "error", reason->text, "code", reason->code, "advice", advice));
}

/* RFC 6455 section 4.2.2, 5.4. */
static void
handshake_accept(struct handshake *handshake, const struct request *request)
{
	struct word key = request->value[HEADER_KEY];
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	char accept[BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE) + 1] = "";
	uint8_t digest[SHA1_DIGEST_SIZE];
	struct sha1_ctx sha1;

	sha1_init(&sha1);
	sha1_update(&sha1, key.length, (const uint8_t *)key.at);
	sha1_update(&sha1, sizeof guid - 1, (const uint8_t *)guid);
	sha1_digest(&sha1, sizeof digest, digest);
	base64_encode_raw(accept, sizeof digest, digest);
	handshake->status = 101;
	handshake->response_length = (size_t)snprintf(handshake->response,
	    sizeof handshake->response,
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: %s\r\n%s\r\n",
	    accept, request->protocol ? "Sec-WebSocket-Protocol: " HANDSHAKE_PROTOCOL "\r\n" : "");
}

/* ---- reading the head ------------------------------------------------ */

/* method SP target SP version, single spaces (RFC 9112 section 3) */
static bool
request_line(struct request *request, struct word line)
{
	if (!word_cut(&line, " ", &request->method) || !word_cut(&line, " ", &request->target))
		return false;
	request->version = line;
	return word_is_token(request->method) && word_is_text(request->target) &&
	    request->target.length > 0 && word_is_text(request->version);
}

/* One header line. White space before the colon and folded lines are refused
 * (RFC 9112 section 5.1 and 5.2): a token has no space in it. */
static bool
request_header(struct request *request, struct word line)
{
	struct word name, value;

	if (!word_cut(&line, ":", &name) || !word_is_token(name) || !word_is_text(line))
		return false;
	value = word_trim(line);
	for (int header = 0; header < HEADERS; header++) {
		if (!word_is_nocase(name, header_names[header]))
			continue;
		request->value[header] = value;
		request->times[header]++;
		if (header == HEADER_UPGRADE)
			request->websocket |= word_lists(value, "websocket", word_is_nocase);
		if (header == HEADER_CONNECTION)
			request->upgrade |= word_lists(value, "upgrade", word_is_nocase);
		if (header == HEADER_PROTOCOL)
			request->protocol |= word_lists(value, HANDSHAKE_PROTOCOL, word_is);
	}
	return true;
}

/* `head` without the empty line at its end. */
static bool
request_parse(struct request *request, struct word head)
{
	struct word line;

	memset(request, 0, sizeof *request);
	if (!word_cut(&head, "\r\n", &line) || !request_line(request, line))
		return false;
	while (word_cut(&head, "\r\n", &line))
		if (!request_header(request, line))
			return false;
	return head.length == 0;
}

/* ---- the checks ------------------------------------------------------ */

/* /control or /cam/NAME/control, with or without a query. */
static bool
request_names_camera(const struct request *request, char camera[CAMERA_NAME_MAX + 1])
{
	struct word path = request->target, rest = request->target, part;

	camera[0] = '\0';
	if (word_cut(&rest, "?", &part))
		path = part;
	if (word_is(path, "/control"))
		return true;
	rest = path;
	if (!word_cut(&rest, "/cam/", &part) || part.length != 0)
		return false;
	if (!word_cut(&rest, "/", &part) || !word_is(rest, "control"))
		return false;
	if (part.length > CAMERA_NAME_MAX)
		return false;
	memcpy(camera, part.at, part.length);
	camera[part.length] = '\0';
	return camera_name_valid(camera);
}

static bool
request_has_key(const struct request *request)
{
	struct word key = request->value[HEADER_KEY];
	uint8_t bytes[BASE64_DECODE_LENGTH(KEY_LENGTH)];
	size_t length = sizeof bytes;
	struct base64_decode_ctx base64;

	if (request->times[HEADER_KEY] != 1 || key.length != KEY_LENGTH)
		return false;
	base64_decode_init(&base64);
	return base64_decode_update(&base64, &length, bytes, key.length, key.at) &&
	    base64_decode_final(&base64) && length == KEY_BYTES;
}

/* nginx's scheme and host are the site's own origin. */
static bool
request_is_same_origin(const struct request *request)
{
	struct word origin = request->value[HEADER_ORIGIN], scheme;

	if (request->times[HEADER_PROTO] != 1 || !word_cut(&origin, "://", &scheme))
		return false;
	return (word_is(scheme, "http") || word_is(scheme, "https")) &&
	    scheme.length == request->value[HEADER_PROTO].length &&
	    memcmp(scheme.at, request->value[HEADER_PROTO].at, scheme.length) == 0 &&
	    origin.length == request->value[HEADER_HOST].length &&
	    strncasecmp(origin.at, request->value[HEADER_HOST].at, origin.length) == 0;
}

static bool
request_may_enter(const struct request *request, const struct handshake_policy *policy)
{
	struct word origin = request->value[HEADER_ORIGIN];

	if (request->times[HEADER_ORIGIN] == 0)
		return policy->allow_no_origin;
	if (request->times[HEADER_ORIGIN] > 1 || origin.length == 0)
		return false;
	return request_is_same_origin(request) ||
	    word_list_has(policy->origins, origin.at, origin.length);
}

/* The role and the grant, from nginx. False: nobody that we know. */
static bool
request_is_welcome(const struct request *request, const struct handshake_policy *policy,
    struct handshake *handshake)
{
	struct word role = request->value[HEADER_ROLE], grant = request->value[HEADER_GRANT];
	char word[16];

	handshake->role = ROLE_OPERATOR;
	if (!policy->login)
		return true;
	if (request->times[HEADER_ROLE] != 1 || request->times[HEADER_GRANT] != 1 ||
	    role.length >= sizeof word || grant.length >= sizeof handshake->grant)
		return false;
	word_copy(role, word, sizeof word);
	word_copy(grant, handshake->grant, sizeof handshake->grant);
	handshake->role = role_parse(word);
	return handshake->role != ROLE_NONE;
}

/* Whose places it takes. Both headers are nginx's. */
static void
request_tell_who(const struct request *request, struct handshake *handshake)
{
	char address[INET6_ADDRSTRLEN] = "", network[INET6_ADDRSTRLEN];
	struct word user = request->value[HEADER_USER];

	if (request->times[HEADER_ADDRESS] == 1)
		word_copy(request->value[HEADER_ADDRESS], address, sizeof address);
	if (request->times[HEADER_USER] == 1 && user.length > 0)
		word_copy(user, handshake->who, sizeof handshake->who);
	else
		snprintf(
		    handshake->who, sizeof handshake->who, "%s", address_network(address, network));
}

/* Does it use a name of ours? */
static bool
request_is_ours(const struct request *request, const struct handshake_policy *policy)
{
	struct word host = request->value[HEADER_HOST];
	char site[HOSTS_NAME_MAX + 1] = "";

	if (request->times[HEADER_SITE] == 1)
		word_copy(request->value[HEADER_SITE], site, sizeof site);
	return policy->hosts == NULL || hosts_have(policy->hosts, host.at, host.length, site);
}

/* A body would be taken for frames. */
static bool
request_has_body(const struct request *request)
{
	return request->times[HEADER_CODING] > 0 || request->times[HEADER_LENGTH] > 1 ||
	    (request->times[HEADER_LENGTH] == 1 && !word_is(request->value[HEADER_LENGTH], "0"));
}

static void
request_judge(const struct request *request, const struct handshake_policy *policy,
    struct handshake *handshake)
{
	if (!word_is(request->version, "HTTP/1.1"))
		handshake_wrong(handshake, 505, &reason_bad_request,
		    "HTTP/1.1 is needed (nginx: proxy_http_version 1.1)");
	else if (!word_is(request->method, "GET"))
		handshake_refuse(handshake, 405, &reason_method_not_allowed);
	else if (request->times[HEADER_HOST] != 1 || request->value[HEADER_HOST].length == 0)
		handshake_wrong(handshake, 400, &reason_bad_request, "one Host header is needed");
	else if (request_has_body(request))
		handshake_wrong(handshake, 400, &reason_bad_request, "a body is not expected");
	else if (!request_names_camera(request, handshake->camera))
		handshake_refuse(handshake, 404, &reason_not_found);
	else if (!request->websocket || !request->upgrade)
		handshake_refuse(handshake, 426, &reason_websocket_only);
	else if (request->times[HEADER_VERSION] != 1 ||
	    !word_is(request->value[HEADER_VERSION], "13"))
		handshake_wrong(
		    handshake, 426, &reason_websocket_only, "WebSocket version 13 is needed");
	else if (!request_has_key(request))
		handshake_wrong(handshake, 400, &reason_bad_request,
		    "one Sec-WebSocket-Key of 16 bytes is needed");
	else if (request->times[HEADER_PROTOCOL] > 0 && !request->protocol)
		handshake_wrong(handshake, 400, &reason_unknown_subprotocol,
		    "no such subprotocol: ask for " HANDSHAKE_PROTOCOL ", or for none");
	else if (!request_is_ours(request, policy))
		handshake_advise(handshake, &reason_unknown_host,
		    "Is it a name of this machine? allow_hosts of oriel-fcgi and oriel-ws.");
	else if (!request_may_enter(request, policy))
		handshake_advise(handshake, &reason_foreign_origin,
		    "Behind a proxy: trusted_proxies (docs/proxies.md). Another site's page: allow_origins "
		    "of oriel-fcgi and oriel-ws.");
	else if (!request_is_welcome(request, policy, handshake))
		handshake_refuse(handshake, 401, &reason_not_logged_in);
	else {
		request_tell_who(request, handshake);
		handshake_accept(handshake, request);
	}
}

void
handshake_read(const struct handshake_policy *policy, const char *bytes, size_t length,
    struct handshake *handshake)
{
	struct word rest = { .at = bytes, .length = length }, head;
	struct request request;
	bool whole = word_cut(&rest, "\r\n\r\n", &head);

	handshake->status = 0;
	handshake->camera[0] = handshake->grant[0] = handshake->who[0] = '\0';
	handshake->head_length = length - rest.length;
	if (whole ? handshake->head_length > HANDSHAKE_HEAD_MAX : length >= HANDSHAKE_HEAD_MAX) {
		handshake_wrong(
		    handshake, 431, &reason_headers_too_large, "request head too large");
	} else if (whole) {
		head.length += 2; /* the last header keeps its end of line */
		if (request_parse(&request, head))
			request_judge(&request, policy, handshake);
		else
			handshake_refuse(handshake, 400, &reason_bad_request);
	} else if (memchr(bytes, '\0', length) != NULL) {
		handshake_refuse(handshake, 400, &reason_bad_request);
	}
}
