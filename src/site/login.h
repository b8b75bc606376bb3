/* SPDX-License-Identifier: ISC */
/* login: the log-in as HTTP: nginx's question for each request. src/auth decides who is who. */
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

/* Call it once, before the workers are forked and rights are given up. It makes auth.db and the
 * folder of grants. What cannot be made is logged and tried again later. */
void login_prepare(const struct options *options);

/* For this worker process; `backoff` is shared by all (NULL when log-in is off). `options` and
 * `backoff` are borrowed. -1 with *why. */
int login_init(struct login *login, struct event_base *base, const struct options *options,
    struct backoff *backoff, struct cause *why);
void login_deinit(struct login *login); /* also after login_init() has failed */

/* What the client may do. Nothing, when nginx did not say. */
enum role login_role(const struct login *login, const struct request *request);

/* May a request that changes something come from this one's origin? */
bool login_trusts(const struct login *login, const struct request *request);

/* From now on the connection ends with its grant (conn_hold). */
bool login_hold(const struct login *login, struct conn *conn, const struct request *request);

/* ---- nginx's own questions: request->task ---------------------------- */

/* "auth": 204 and who it is, or 401. "refused": the answer that the client then gets. */
void login_task(struct login *login, struct conn *conn, const struct request *request);

/* 401 in JSON. */
void login_refuse(const struct login *login, struct conn *conn, const struct request *request);

#endif
