/* SPDX-License-Identifier: ISC */
/* account_reader: the event loop's own account database, for reading. It logs once when accounts
 * cannot be read, and once when they can be again. */
#ifndef ORIEL_AUTH_ACCOUNT_READER_H
#define ORIEL_AUTH_ACCOUNT_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/account_db.h"
#include "base/cause.h"

struct account_reader {
	struct account_db *db;
	unsigned openings;	     /* account_db_openings() that we have seen */
	bool failed;		     /* logged */
	void (*replaced)(void *arg); /* called when another file has become the account database */
	void *arg;
};

int account_reader_init(struct account_reader *reader, const struct account_db_settings *settings,
    void (*replaced)(void *arg), void *arg, struct cause *why);
void account_reader_deinit(struct account_reader *reader);

/* As account_db_check(), _user() and _count_users(). */
enum account_db_result account_reader_check(
    struct account_reader *reader, const char *secret, int64_t now, struct account_db_pass *pass);
enum account_db_result account_reader_user(struct account_reader *reader, const char *name,
    struct account_db_pass *pass, char hash[HASH_SIZE]);
enum account_db_result account_reader_count_users(struct account_reader *reader, int64_t *count);

/* Log once that accounts cannot be read or written (the verb), and once that they can be again. */
void account_trouble_note(
    bool *failed, const char *verb, enum account_db_result result, const struct cause *why);

#endif
