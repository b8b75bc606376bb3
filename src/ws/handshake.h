/* SPDX-License-Identifier: ISC */
/* handshake: the HTTP/1.1 upgrade of RFC 6455 section 4.2.1. Bytes in, verdict
 * and response out; no I/O. */
#ifndef ORIEL_WS_HANDSHAKE_H
#define ORIEL_WS_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cause.h"
#include "base/hosts.h"
#include "base/json.h"
#include "base/limiter.h"
#include "base/role.h"
#include "protocol/camera_name.h"
#include "grants/grants.h"

enum {
	HANDSHAKE_HEAD_MAX = 8192,	/* bytes of request line and headers */
	HANDSHAKE_RESPONSE_SIZE = 4096, /* holds the names of CAMERAS_MAX cameras */
};

/* The subprotocol (RFC 6455 section 1.9) of docs/protocol.md, for clients that ask for one. */
#define HANDSHAKE_PROTOCOL "oriel"

/* Whom to let in. A page of another site must not control the camera with its visitor's cookies
 * (cross-site WebSocket hijacking). Browsers always send Origin (RFC 6455 section 4.1, 8.). It must
 * be the site's own, as nginx tells it in X-Forwarded-Proto and Host, or one of `origins`. A client
 * without Origin is no browser and carries no credentials by itself, so this attack does not
 * concern it.
 *
 * nginx has asked oriel-fcgi who the client is. It says so in X-Oriel-Role, X-Oriel-User and
 * X-Oriel-Grant, and the address in X-Real-IP. No client can send these through nginx. */
struct handshake_policy {
	const char *origins; /* also allowed, exactly; separated by spaces; "" for none */
	bool allow_no_origin;
	bool login;		   /* false: everybody is an operator */
	const struct hosts *hosts; /* names by which the site may be called; NULL: any */
};

struct handshake {
	unsigned status;		  /* 0: incomplete; 101: accepted; otherwise refused */
	size_t head_length;		  /* the bytes after it belong to the frames */
	char camera[CAMERA_NAME_MAX + 1]; /* of /cam/NAME/control; "" for /control */
	enum role role;			  /* with status 101, not ROLE_NONE */
	char grant[GRANT_SIZE];		  /* with which it ends; "" without log-in */
	char who[LIMITER_WHO_SIZE];	  /* the account; without log-in the address's network */
	size_t response_length;
	char response[HANDSHAKE_RESPONSE_SIZE];
};

/* Judge what has arrived so far. The response is complete unless status is 0. */
void handshake_read(const struct handshake_policy *policy, const char *bytes, size_t length,
    struct handshake *handshake);

/* Turn the verdict into a refusal: {"error": …, "code": …}. */
void handshake_refuse(struct handshake *handshake, unsigned status, const struct reason *reason);
void handshake_refuse_why(struct handshake *handshake, unsigned status, const struct cause *why);

/* The same with a JSON object of the caller's; takes the reference. */
void handshake_refuse_json(struct handshake *handshake, unsigned status, json_t *body);

#endif
