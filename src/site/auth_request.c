/* SPDX-License-Identifier: ISC */
/* nginx's questions: who is it (auth_request), and what to tell a stranger. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/header.h"
#include "site/attempt.h"
#include "site/cookie.h"
#include "site/login.h"
#include "http/origin.h"
#include "http/reply.h"
#include "protocol/reasons.h"

/* ---- who is it ------------------------------------------------------- */

/* `kind`: the credential. Only for those that a browser sends by itself (session, basic) the
 * page's origin matters (origin.h). */
static void
auth_request_welcome(
    struct conn *conn, enum role role, const char *kind, const char *user, const char *grant)
{
	struct reply_head head;

	reply_begin(&head, conn, 204);
	reply_add(&head, "X-Oriel-Role: %s", role_word(role));
	reply_add(&head, "X-Oriel-Kind: %s", kind);
	if (user[0] != '\0')
		reply_add(&head, "X-Oriel-User: %s", user);
	if (grant[0] != '\0')
		reply_add(&head, "X-Oriel-Grant: %s", grant);
	reply_send(conn, &head, NULL, 0);
}

/* nginx understands only 401; /-/refused does the rest. */
static void
auth_request_refuse(struct conn *conn, int status, unsigned wait_s)
{
	struct reply_head head;

	reply_begin(&head, conn, 401);
	if (status != 401)
		reply_add(&head, "X-Oriel-Refusal: %d %u", status, wait_s);
	reply_send(conn, &head, "", 0);
}

static void
auth_request_answer(
    struct conn *conn, enum auth_result result, const char *kind, const struct auth_pass *pass)
{
	if (result == AUTH_OK)
		auth_request_welcome(conn, pass->role, kind, pass->user, pass->grant);
	else if (result == AUTH_DENIED)
		auth_request_refuse(conn, 401, 0);
	else
		auth_request_refuse(conn, 503, 1);
}

static void
auth_request_basic_done(struct attempt *attempt, const struct auth_answer *answer)
{
	if (answer->result == AUTH_OK)
		auth_request_answer(attempt->deferred.conn, AUTH_OK, "basic", &answer->pass);
	else
		auth_request_refuse(
		    attempt->deferred.conn, attempt_status(answer), attempt_wait(answer));
}

static void
auth_request_basic(struct login *login, struct conn *conn, const struct request *request,
    const struct header_credential *credential)
{
	const struct auth_claim claim = { .address = request->address,
		.name = credential->name,
		.password = credential->password,
		.from = "",
		.device = "" };
	struct auth_answer now = { .result = AUTH_TROUBLE };
	struct auth_pass pass;
	struct attempt *attempt;

	if (auth_check_basic(login->auth, credential->name, credential->password, &pass) ==
	    AUTH_OK) {
		auth_request_answer(conn, AUTH_OK, "basic", &pass);
		return;
	}
	attempt = attempt_new(login, conn, request, auth_request_basic_done);
	if (attempt == NULL)
		return;
	memcpy(attempt->user, credential->name, sizeof attempt->user);
	attempt_begin(attempt, auth_basic(login->auth, &claim, attempt_done, attempt, &now), &now);
}

/* A cookie counts only without another credential: a program that sends a token means the token. */
static void
auth_request_who(struct login *login, struct conn *conn, const struct request *request)
{
	struct header_credential credential;
	enum header_kind kind = header_authorization(request->authorization, &credential);
	char secret[SECRET_SIZE];
	struct auth_pass pass;

	if (kind == HEADER_BEARER)
		auth_request_answer(
		    conn, auth_check(login->auth, credential.secret, &pass), "token", &pass);
	else if (kind == HEADER_BASIC && login->basic)
		auth_request_basic(login, conn, request, &credential);
	else if (cookie_find(request, COOKIE_SESSION, secret))
		auth_request_answer(conn, auth_check(login->auth, secret, &pass), "session", &pass);
	else
		auth_request_refuse(conn, 401, 0);
	secret_wipe(&credential, sizeof credential);
	secret_wipe(secret, sizeof secret);
}

/* ---- what a stranger is told ----------------------------------------- */

/* Does a person load a page? Browsers say so. Older ones, and those on plain HTTP, say at least
 * that they want HTML. */
static bool
auth_request_is_page(const struct request *request)
{
	const char *dest = request->fetch_dest;

	if (strcmp(request->method, "GET") != 0)
		return false;
	if (dest[0] != '\0')
		return strcmp(dest, "document") == 0 || strcmp(dest, "iframe") == 0;
	return strstr(request->accept, "text/html") != NULL;
}

static void
auth_request_send_to_login(struct conn *conn, const struct request *request)
{
	char encoded[NEXT_ENCODED_SIZE] = "", where[NEXT_ENCODED_SIZE + ATTEMPT_MOUNT_SIZE];
	enum { ROOM = 700 }; /* of a header: struct reply_head */

	if (form_is_local(request->uri, request->mount))
		form_encode(request->uri, encoded);
	snprintf(where, sizeof where, "%s/login%s%s", request->mount,
	    encoded[0] != '\0' && strlen(encoded) < ROOM ? "?next=" : "",
	    strlen(encoded) < ROOM ? encoded : "");
	reply_see(conn, where);
}

void
login_refuse(const struct login *login, struct conn *conn, const struct request *request)
{
	bool browser = request->fetch_dest[0] != '\0';
	char body[REASON_LINE_SIZE];
	struct reply_head head;

	reason_line(&reason_not_logged_in, body);

	reply_begin(&head, conn, 401);
	reply_add(&head, "WWW-Authenticate: %s",
	    login->basic && !browser ? "Basic realm=\"Oriel\", charset=\"UTF-8\""
				     : "Bearer realm=\"Oriel\"");
	reply_add(&head, "Content-Type: application/json");
	reply_add(&head, "Cache-Control: no-store");
	reply_send(conn, &head, body, strlen(body));
}

static void
auth_request_refused(struct login *login, struct conn *conn, const struct request *request)
{
	bool elsewhere = strcmp(request->fetch_site, "cross-site") == 0 ||
	    strcmp(request->fetch_site, "same-site") == 0;
	unsigned status = 401, wait_s = 0;
	struct cause why;

	if (origin_listed(login->origins, request->origin))
		conn_set_shared(conn);
	(void)sscanf(request->refusal, "%3u %4u", &status, &wait_s);
	if (origin_preflight(conn, request, login->origins))
		return;
	if (status == 429) {
		cause_detail(&why, &reason_too_many_attempts, "too many wrong passwords");
		reply_later(conn, 429, wait_s, &why);
	} else if (status == 503) {
		cause_reason(&why, &reason_login_unavailable);
		reply_later(conn, 503, wait_s, &why);
	} else if (auth_request_is_page(request) && elsewhere &&
	    form_is_local(request->uri, request->mount))
		login_page_send(conn, 200,
		    &(struct login_page){ .kind = LOGIN_PAGE_BOUNCE, .next = request->uri });
	else if (auth_request_is_page(request))
		auth_request_send_to_login(conn, request);
	else
		login_refuse(login, conn, request);
}

void
login_task(struct login *login, struct conn *conn, const struct request *request)
{
	if (strcmp(request->task, "auth") != 0)
		auth_request_refused(login, conn, request);
	else if (login->auth == NULL)
		auth_request_welcome(conn, ROLE_OPERATOR, "open", "", "");
	else
		auth_request_who(login, conn, request);
}
