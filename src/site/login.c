/* SPDX-License-Identifier: ISC */
#include "site/login.h"

#include <string.h>

#include "base/log.h"
#include "http/origin.h"
#include "site/settings.h"

/* ---- life ------------------------------------------------------------ */

static void
login_readable(evutil_socket_t fd, short what, void *arg)
{
	struct login *login = arg;

	(void)fd, (void)what;
	auth_dispatch(login->auth);
}

static struct account_db_settings
login_settings(const struct options *options)
{
	return (struct account_db_settings){
		.state_dir = options_text(options, SITE_STATE_DIR),
		.run_dir = options_text(options, SITE_RUN_DIR),
		.idle_s = options_number(options, SITE_SESSION_IDLE),
		.absolute_s = options_number(options, SITE_SESSION_MAX),
	};
}

void
login_prepare(const struct options *options)
{
	struct account_db_settings settings = login_settings(options);
	char token[SETUP_TOKEN_SIZE];
	struct cause why = { .text = "out of memory" };
	struct account_db *db = account_db_new(&settings, &why);
	int64_t next;

	if (db == NULL || account_db_settle(db, time(NULL), &next, &why) == ACCOUNT_DB_TROUBLE ||
	    account_db_setup_token(db, token, &why) == ACCOUNT_DB_TROUBLE)
		log_warning("login", "%s", why.text);
	secret_wipe(token, sizeof token);
	account_db_free(&db);
}

int
login_init(struct login *login, struct event_base *base, const struct options *options,
    struct backoff *backoff, struct cause *why)
{
	const struct account_db_settings settings = login_settings(options);

	login->origins = options_text(options, SITE_ALLOW_ORIGINS);
	login->basic = options_number(options, SITE_BASIC) != 0;
	login->session_max_s = options_number(options, SITE_SESSION_MAX);
	if (options_number(options, SITE_LOGIN) == 0)
		return 0;
	login->auth = auth_new(&settings, backoff, why);
	if (login->auth == NULL)
		return -1;
	login->readable = event_new(
	    base, auth_fd(login->auth), EV_READ | EV_PERSIST, login_readable, login);
	if (login->readable == NULL || event_add(login->readable, NULL) == -1)
		return cause_set(why, "out of memory");
	return 0;
}

void
login_deinit(struct login *login)
{
	if (login->readable != NULL)
		event_free(login->readable);
	if (login->auth != NULL)
		auth_free(&login->auth);
	login->readable = NULL;
}

/* ---- who asks -------------------------------------------------------- */

enum role
login_role(const struct login *login, const struct request *request)
{
	return login->auth == NULL ? ROLE_OPERATOR : role_parse(request->role);
}

bool
login_trusts(const struct login *login, const struct request *request)
{
	bool ambient = login->auth != NULL && strcmp(request->kind, "token") != 0;

	return origin_may_change(request, login->origins, ambient);
}

bool
login_hold(const struct login *login, struct conn *conn, const struct request *request)
{
	return login->auth == NULL || conn_hold(conn, auth_holds(login->auth), request->grant);
}
