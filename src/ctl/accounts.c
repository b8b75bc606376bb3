/* SPDX-License-Identifier: ISC */
#include "ctl/accounts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/owner.h"

/* orielctl makes no sessions, so their length does not matter here. */
enum { NO_SESSIONS_S = 1 };

int
accounts_said(struct accounts *accounts, enum account_db_result result)
{
	return result == ACCOUNT_DB_OK
	    ? CTL_OK
	    : ctl_fail(accounts->ctl, CTL_REFUSED, "%s", accounts->why.text);
}

static int
accounts_open(struct accounts *accounts)
{
	struct ctl *ctl = accounts->ctl;
	struct account_db_settings settings = { ctl->accounts, ctl->run_dir, NO_SESSIONS_S,
		NO_SESSIONS_S };

	accounts->now = (int64_t)(clock_wall_ns() / CLOCK_S);
	if (owner_become(ctl->accounts, &accounts->why) == -1 || secret_init(&accounts->why) == -1)
		return ctl_fail(ctl, CTL_REFUSED, "%s (--accounts=DIR names another folder)",
		    accounts->why.text);
	accounts->db = account_db_new(&settings, &accounts->why);
	return accounts_said(accounts, accounts->db != NULL ? ACCOUNT_DB_OK : ACCOUNT_DB_TROUBLE);
}

int
accounts_run(struct ctl *ctl, const struct accounts_verb *verbs, int argc, char **argv)
{
	struct accounts accounts = { .ctl = ctl };
	int status;

	while (verbs->name != NULL && (argc < 2 || strcmp(verbs->name, argv[1]) != 0))
		verbs++;
	if (verbs->name == NULL)
		return ctl_usage(argv[0]);
	status = accounts_open(&accounts);
	if (status == CTL_OK)
		status = verbs->run(&accounts, argc - 1, argv + 1);
	account_db_free(&accounts.db);
	return status == ACCOUNTS_USAGE ? ctl_usage(argv[0]) : status;
}

int
accounts_list(struct accounts *accounts, enum account_db_result result, json_t *list,
    void (*show)(const json_t *list))
{
	if (result == ACCOUNT_DB_OK && accounts->ctl->json)
		ctl_print(list);
	else if (result == ACCOUNT_DB_OK)
		show(list);
	json_decref(list);
	return accounts_said(accounts, result);
}

int
accounts_done(struct accounts *accounts, json_t *reply, const char *format, ...)
{
	va_list args;

	if (accounts->ctl->json) {
		ctl_print(reply);
	} else {
		va_start(args, format);
		vprintf(format, args);
		va_end(args);
		puts("");
	}
	json_decref(reply);
	return CTL_OK;
}
