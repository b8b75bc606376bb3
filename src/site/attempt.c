/* SPDX-License-Identifier: ISC */
#include "site/attempt.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "protocol/reasons.h"

static void
attempt_drop(struct deferred *deferred)
{
	auth_cancel(&((struct attempt *)deferred)->job);
}

struct attempt *
attempt_new(
    struct login *login, struct conn *conn, const struct request *request, attempt_finish *finish)
{
	struct attempt *attempt = deferred_new(sizeof *attempt, attempt_drop, conn, request, NULL);

	if (attempt == NULL)
		return NULL;
	attempt->login = login;
	attempt->finish = finish;
	attempt->secure = strcmp(request->scheme, "https") == 0;
	snprintf(attempt->mount, sizeof attempt->mount, "%s", request->mount);
	snprintf(attempt->address, sizeof attempt->address, "%s", request->address);
	return attempt;
}

void
attempt_done(void *arg, const struct auth_answer *answer)
{
	struct attempt *attempt = arg;

	attempt->job = NULL;
	attempt_log(attempt, answer);
	attempt->finish(attempt, answer);
	deferred_free(&attempt->deferred);
}

void
attempt_begin(struct attempt *attempt, struct auth_job *job, const struct auth_answer *now)
{
	if (job == NULL)
		attempt_done(attempt, now);
	else
		attempt->job = job;
}

int
attempt_status(const struct auth_answer *answer)
{
	switch (answer->result) {
	case AUTH_OK: return 200;
	case AUTH_DENIED: return 401;
	case AUTH_WAIT: return 429;
	case AUTH_REFUSED: return 400;
	case AUTH_BUSY:
	case AUTH_TROUBLE: break;
	}
	return 503;
}

void
attempt_words(const struct attempt *attempt, const struct auth_answer *answer, struct cause *words)
{
	switch (answer->result) {
	case AUTH_OK: break;
	case AUTH_DENIED:
		cause_reason(words,
		    attempt->form == LOGIN_PAGE_SETUP ? &reason_wrong_setup_token
						      : &reason_wrong_password);
		break;
	case AUTH_WAIT:
		cause_detail(words, &reason_too_many_attempts,
		    "too many wrong attempts, try again in %u s", answer->wait_s);
		break;
	case AUTH_BUSY:
		cause_detail(words, &reason_too_many, "too many log in just now, try again");
		break;
	case AUTH_REFUSED:
		*words = answer->why;
		cause_default(words, &reason_bad_argument);
		break;
	case AUTH_TROUBLE:
		cause_detail(words, &reason_login_unavailable,
		    "log-in is not possible just now, the log of oriel-fcgi says why");
		break;
	}
}

unsigned
attempt_wait(const struct auth_answer *answer)
{
	if (answer->result == AUTH_WAIT)
		return answer->wait_s;
	return attempt_status(answer) == 503 ? 1 : 0;
}

/* fail2ban reads this line: docs/operations.md. An invalid name is not repeated. */
void
attempt_log(const struct attempt *attempt, const struct auth_answer *answer)
{
	const char *user = user_name_valid(attempt->user) ? attempt->user : "?";

	if (answer->result == AUTH_DENIED)
		log_notice("login", "%s: wrong %s for %s", attempt->address,
		    attempt->form == LOGIN_PAGE_SETUP ? "set-up token" : "password", user);
	else if (answer->result == AUTH_WAIT)
		log_notice(
		    "login", "%s: has to wait %u s for %s", attempt->address, answer->wait_s, user);
}
