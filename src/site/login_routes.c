/* SPDX-License-Identifier: ISC */
#include "site/login_routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "http/form.h"
#include "http/origin.h"
#include "http/query.h"
#include "http/reply.h"
#include "protocol/reasons.h"
#include "site/attempt.h"
#include "site/cookie.h"
#include "site/login.h"
#include "site/login_page.h"
#include "site/site_state.h"

enum { DEVICE_S = 365 * 86400 };

void
login_session(const struct exchange *exchange)
{
	const struct login *login = &exchange->site->login;
	const struct request *request = exchange->request;
	struct conn *conn = exchange->conn;
	char origin[QUERY_VALUE_SIZE] = "";
	struct cause why;
	json_t *session;

	if (query_text(request->query, "origin", origin, &why) == -1) {
		reply_error_why(conn, 400, &why);
		return;
	}
	session = json_pack("{s:b, s:s, s:o, s:s, s:o}", "login", login->auth != NULL, "role",
	    role_word(login_role(login, request)), "user", reply_text(request->user), "kind",
	    login->auth == NULL ? "open" : request->kind, "site", origin_of_site(request));
	if (origin[0] != '\0')
		json_object_set_new(session, "origin",
		    json_string(
			origin_is_known(request, login->origins, origin) ? "ok" : "refused"));
	reply_json(conn, 200, session);
}

/* 303, with a new session and the device cookie, or without the old session. */
static void
login_go(const struct attempt *attempt, const struct auth_answer *answer)
{
	bool in = answer->secret[0] != '\0';
	struct reply_head head;

	reply_begin(&head, attempt->deferred.conn, 303);
	reply_add(&head, "Location: %s", attempt->next);
	reply_add(&head, "Cache-Control: no-store");
	cookie_add(&head, attempt->secure, COOKIE_SESSION, answer->secret,
	    in ? attempt->login->session_max_s : 0);
	if (in)
		cookie_add(&head, attempt->secure, COOKIE_DEVICE, answer->device, DEVICE_S);
	reply_send(attempt->deferred.conn, &head, "", 0);
	secret_wipe(&head, sizeof head);
}

/* ---- the page -------------------------------------------------------- */

/* Where to go afterwards: as the form or the query says, otherwise the dashboard. Never here
 * again. */
static void
login_next(char next[NEXT_SIZE], const struct request *request)
{
	size_t below = strlen(request->mount);

	if (!form_field(request->body, request->body_length, "next", next, NEXT_SIZE) ||
	    next[0] == '\0')
		(void)form_field(request->query, strlen(request->query), "next", next, NEXT_SIZE);
	if (!form_is_local(next, request->mount) || strncmp(next + below, "/login", 6) == 0)
		snprintf(next, NEXT_SIZE, "%s/", request->mount);
}

void
login_page(const struct exchange *exchange)
{
	struct login *login = &exchange->site->login;
	const struct request *request = exchange->request;
	struct conn *conn = exchange->conn;
	char next[NEXT_SIZE], secret[SECRET_SIZE] = "";
	struct login_page page = { .mount = request->mount, .next = next, .user = "" };
	struct auth_pass pass;

	login_next(next, request);
	if (login->auth == NULL) {
		reply_see(conn, next);
		return;
	}
	if (cookie_find(request, COOKIE_SESSION, secret) &&
	    auth_check(login->auth, secret, &pass) == AUTH_OK) {
		page.kind = LOGIN_PAGE_WELCOME;
		page.user = pass.user;
	} else if (auth_has_users(login->auth) == AUTH_DENIED)
		page.kind = LOGIN_PAGE_SETUP;
	secret_wipe(secret, sizeof secret);
	login_page_send(conn, 200, &page);
}

/* ---- in -------------------------------------------------------------- */

static void
post_done(struct attempt *attempt, const struct auth_answer *answer)
{
	struct login_page page = { .kind = attempt->form,
		.mount = attempt->mount,
		.next = attempt->next,
		.user = attempt->user,
		.wait_s = attempt_wait(answer) };
	struct cause words;

	if (answer->result == AUTH_OK) {
		login_go(attempt, answer);
		return;
	}
	attempt_words(attempt, answer, &words);
	words.text[0] = (char)(words.text[0] -
	    ('a' <= words.text[0] && words.text[0] <= 'z' ? 32 : 0));
	page.error = words.text;
	login_page_send(attempt->deferred.conn, attempt_status(answer), &page);
}

struct fields {
	char user[AUTH_NAME_SIZE], pass[PASSWORD_MAX + 1], again[PASSWORD_MAX + 1],
	    token[2 * SETUP_TOKEN_SIZE];
};

/* A text that does not fit cannot be a name or a password of ours. */
static bool
fields_read(struct fields *fields, const struct request *request)
{
	const char *body = request->body;
	size_t length = request->body_length;

	return form_field(body, length, "user", fields->user, sizeof fields->user) &&
	    form_field(body, length, "pass", fields->pass, sizeof fields->pass) &&
	    form_field(body, length, "again", fields->again, sizeof fields->again) &&
	    form_field(body, length, "token", fields->token, sizeof fields->token);
}

/* `from`: for the list of sessions. */
static void
login_from(char from[ACCOUNT_DB_FROM_SIZE], const struct request *request)
{
	snprintf(from, ACCOUNT_DB_FROM_SIZE, "%s %s", request->address, request->agent);
	for (char *c = from; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
			*c = '?';
}

static void
post_run(struct attempt *attempt, const struct request *request, const struct fields *fields)
{
	struct auth_answer now = { .result = AUTH_DENIED };
	struct auth *auth = attempt->login->auth;
	struct auth_job *job = NULL;
	char from[ACCOUNT_DB_FROM_SIZE], device[SECRET_SIZE];
	const struct auth_claim claim = { .address = request->address,
		.name = fields->user,
		.password = fields->pass,
		.from = from,
		.device = device };

	login_from(from, request);
	(void)cookie_find(request, COOKIE_DEVICE, device);
	if (fields->token[0] == '\0')
		job = auth_login(auth, &claim, attempt_done, attempt, &now);
	else if (strcmp(fields->pass, fields->again) != 0) {
		now.result = AUTH_REFUSED;
		cause_set(&now.why, "the two passwords differ");
	} else
		job = auth_setup(auth, &claim, fields->token, attempt_done, attempt, &now);
	attempt_begin(attempt, job, &now);
}

/* May a session be made from here? Otherwise the request has been answered. */
static bool
login_admits(
    struct login *login, struct conn *conn, const struct request *request, const char *type)
{
	struct cause why;

	if (!origin_may_change(request, login->origins, false))
		origin_refuse(conn, request, "this page may not log in here");
	else if (!request_content_is(request, type)) {
		cause_detail(&why, &reason_wrong_content_type, "Content-Type must be %s", type);
		reply_error_why(conn, 415, &why);
	} else if (login->auth == NULL)
		reply_error(conn, 404, &reason_login_off);
	else
		return true;
	return false;
}

void
login_post(const struct exchange *exchange)
{
	struct login *login = &exchange->site->login;
	const struct request *request = exchange->request;
	struct conn *conn = exchange->conn;
	struct attempt *attempt;
	struct fields fields;

	if (!login_admits(login, conn, request, "application/x-www-form-urlencoded"))
		return;
	attempt = attempt_new(login, conn, request, post_done);
	if (attempt == NULL)
		return;
	login_next(attempt->next, request);
	if (!fields_read(&fields, request))
		memset(&fields, 0, sizeof fields);
	attempt->form = fields.token[0] != '\0' ? LOGIN_PAGE_SETUP : LOGIN_PAGE_LOGIN;
	memcpy(attempt->user, fields.user, sizeof attempt->user);
	post_run(attempt, request, &fields);
	secret_wipe(&fields, sizeof fields);
}

/* ---- in, for programs ------------------------------------------------ */

static void
api_done(struct attempt *attempt, const struct auth_answer *answer)
{
	struct cause words;

	if (answer->result == AUTH_OK) {
		reply_json(attempt->deferred.conn, 200,
		    json_pack("{s:s, s:I, s:s}", "token", answer->secret, "expires",
			(json_int_t)answer->pass.expires, "role", role_word(answer->pass.role)));
		return;
	}
	attempt_words(attempt, answer, &words);
	reply_later(attempt->deferred.conn, attempt_status(answer), attempt_wait(answer), &words);
}

void
login_api(const struct exchange *exchange)
{
	struct login *login = &exchange->site->login;
	const struct request *request = exchange->request;
	struct conn *conn = exchange->conn;
	struct auth_answer now = { .result = AUTH_DENIED };
	const char *user, *pass;
	struct attempt *attempt;
	char from[ACCOUNT_DB_FROM_SIZE];
	struct cause why;
	json_t *body;

	if (!login_admits(login, conn, request, "application/json"))
		return;
	body = json_parse_object(request->body, request->body_length);
	user = json_get_text(body, "user");
	pass = json_get_text(body, "pass");
	if (body == NULL)
		reply_error(conn, 400, &reason_bad_json);
	else if (user == NULL || pass == NULL) {
		cause_detail(
		    &why, &reason_missing_argument, "missing %s", user == NULL ? "user" : "pass");
		reply_error_why(conn, 400, &why);
	} else if ((attempt = attempt_new(login, conn, request, api_done)) != NULL) {
		const struct auth_claim claim = { .address = request->address,
			.name = user,
			.password = pass,
			.from = from,
			.device = "" };

		login_from(from, request);
		snprintf(attempt->user, sizeof attempt->user, "%s", user);
		attempt_begin(
		    attempt, auth_login(login->auth, &claim, attempt_done, attempt, &now), &now);
	}
	json_decref(body);
}

/* ---- out ------------------------------------------------------------- */

static void
logout_done(struct attempt *attempt, const struct auth_answer *answer)
{
	struct cause words;

	if (answer->result == AUTH_OK) {
		login_go(attempt, answer);
		return;
	}
	attempt_words(attempt, answer, &words); /* the user is still logged in: say so */
	reply_later(attempt->deferred.conn, attempt_status(answer), attempt_wait(answer), &words);
}

/* The session in the request, as cookie or as Bearer. */
static bool
logout_finds(struct login *login, const struct request *request, struct auth_pass *pass)
{
	struct header_credential credential;
	char secret[SECRET_SIZE] = "";
	bool found;

	if (header_authorization(request->authorization, &credential) == HEADER_BEARER)
		memcpy(secret, credential.secret, sizeof secret);
	else
		(void)cookie_find(request, COOKIE_SESSION, secret);
	found = secret[0] != '\0' && auth_check(login->auth, secret, pass) == AUTH_OK &&
	    pass->kind == AUTH_SESSION;
	secret_wipe(&credential, sizeof credential);
	secret_wipe(secret, sizeof secret);
	return found;
}

void
login_logout(const struct exchange *exchange)
{
	struct login *login = &exchange->site->login;
	const struct request *request = exchange->request;
	struct conn *conn = exchange->conn;
	struct auth_answer now = { .result = AUTH_TROUBLE };
	struct attempt *attempt;
	struct auth_pass pass;

	if (!origin_may_change(request, login->origins, request->cookie[0] != '\0')) {
		origin_refuse(conn, request, "this page may not log anybody out");
		return;
	}
	attempt = attempt_new(login, conn, request, logout_done);
	if (attempt == NULL)
		return;
	snprintf(attempt->next, sizeof attempt->next, "%s/login", request->mount);
	now.result = AUTH_OK; /* nobody was logged in */
	if (login->auth != NULL && logout_finds(login, request, &pass))
		attempt_begin(attempt,
		    auth_logout(login->auth, pass.grant, attempt_done, attempt, &now), &now);
	else
		attempt_begin(attempt, NULL, &now);
}
