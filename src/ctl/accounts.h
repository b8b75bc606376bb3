/* SPDX-License-Identifier: ISC */
/* accounts: what the commands on users, sessions and tokens share. */
#ifndef ORIEL_CTL_ACCOUNTS_H
#define ORIEL_CTL_ACCOUNTS_H

#include "auth/account_db.h"
#include "ctl/ctl.h"

struct accounts {
	struct ctl *ctl;
	struct account_db *db;
	int64_t now;
	struct cause why;
};

/* A verb of a command: argv[0] is the verb itself. Returns an exit status. */
struct accounts_verb {
	const char *name;
	int (*run)(struct accounts *accounts, int argc, char **argv);
};

/* Run the verb argv[1] of the command argv[0], on an open account database. `verbs` ends with a
 * NULL name. */
int accounts_run(struct ctl *ctl, const struct accounts_verb *verbs, int argc, char **argv);

/* Print it if it is a failure. Returns the exit status. */
int accounts_said(struct accounts *accounts, enum account_db_result result);

/* Wrong words after a verb: the command's usage is printed. */
enum { ACCOUNTS_USAGE = -1 };

/* Print a list as JSON, or as `show` does, and release it. */
int accounts_list(struct accounts *accounts, enum account_db_result result, json_t *list,
    void (*show)(const json_t *list));

/* Report success: {"ok": true, …} with --json, otherwise the words. Takes the reference. */
int accounts_done(struct accounts *accounts, json_t *reply, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
