/* SPDX-License-Identifier: ISC */
/* login: the log-in as HTTP: what nginx asks for each request. Who is who is src/auth's
 * business. */
#ifndef ORIEL_SITE_LOGIN_H
#define ORIEL_SITE_LOGIN_H

#include <event2/event.h>
#include <stdbool.h>

#include "auth/auth.h"
#include "base/options.h"
#include "base/role.h"
#include "fastcgi/conn.h"
#include "fastcgi/request.h"

struct login {
	struct auth *auth; /* NULL: log-in is off, everybody is an operator */
	struct event *readable;
	const char *origins; /* options: allow_origins, basic, session_max */
	bool basic;
	long session_max_s;
};

/* Once, before the workers are forked and rights are given up: make what there is to be made,
 * auth.db and the folder of grants. What cannot be made is said in the log and tried again
 * later. */
void login_prepare(const struct options *options);

/* Of this worker process; `backoff` is shared by all (NULL when log-in is off). `options`
 * and `backoff` are borrowed. -1 with *why. */
int login_init(struct login *login, struct event_base *base, const struct options *options,
    struct backoff *backoff, struct cause *why);
void login_deinit(struct login *login); /* also after login_init() has failed */

/* What who asks may do. Nobody, when nginx did not say. */
enum role login_role(const struct login *login, const struct request *request);

/* May this request, that changes something, come from where it comes from? */
bool login_trusts(const struct login *login, const struct request *request);

/* From now on the connection ends with the grant it came with (conn_hold). */
bool login_hold(const struct login *login, struct conn *conn, const struct request *request);

/* ---- nginx's own questions: request->task ---------------------------- */

/* "auth": 204 and who it is, or 401. "refused": what a client gets to hear then. */
void login_task(struct login *login, struct conn *conn, const struct request *request);

/* 401 in JSON. */
void login_refuse(const struct login *login, struct conn *conn, const struct request *request);

#endif
