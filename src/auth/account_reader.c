/* SPDX-License-Identifier: ISC */
#include "auth/account_reader.h"

#include "base/log.h"

void
account_trouble_note(
    bool *failed, const char *verb, enum account_db_result result, const struct cause *why)
{
	if (result == ACCOUNT_DB_TROUBLE && !*failed)
		log_error("auth", "accounts cannot be %s: %s", verb, why->text);
	if (result == ACCOUNT_DB_OK && *failed)
		log_notice("auth", "accounts can be %s again", verb);
	if (result == ACCOUNT_DB_TROUBLE || result == ACCOUNT_DB_OK)
		*failed = result == ACCOUNT_DB_TROUBLE;
}

static enum account_db_result
account_reader_note(
    struct account_reader *reader, enum account_db_result result, const struct cause *why)
{
	account_trouble_note(
	    &reader->failed, "read", result == ACCOUNT_DB_MISSING ? ACCOUNT_DB_OK : result, why);
	if (account_db_openings(reader->db) != reader->openings) {
		reader->openings = account_db_openings(reader->db);
		reader->replaced(reader->arg);
	}
	return result;
}

enum account_db_result
account_reader_check(
    struct account_reader *reader, const char *secret, int64_t now, struct account_db_pass *pass)
{
	struct cause why;
	enum account_db_result result = account_db_check(reader->db, secret, now, pass, &why);

	return account_reader_note(reader, result, &why);
}

enum account_db_result
account_reader_user(struct account_reader *reader, const char *name, struct account_db_pass *pass,
    char hash[HASH_SIZE])
{
	struct cause why;
	enum account_db_result result = account_db_user(reader->db, name, pass, hash, &why);

	return account_reader_note(reader, result, &why);
}

enum account_db_result
account_reader_count_users(struct account_reader *reader, int64_t *count)
{
	struct cause why;
	enum account_db_result result = account_db_count_users(reader->db, count, &why);

	return account_reader_note(reader, result, &why);
}

int
account_reader_init(struct account_reader *reader, const struct account_db_settings *settings,
    void (*replaced)(void *arg), void *arg, struct cause *why)
{
	*reader = (struct account_reader){ .replaced = replaced, .arg = arg };
	reader->db = account_db_new(settings, why);
	return reader->db != NULL ? 0 : -1;
}

void
account_reader_deinit(struct account_reader *reader)
{
	account_db_free(&reader->db);
}
