/* SPDX-License-Identifier: ISC */
/* orielctl user, session, token */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/accounts.h"
#include "ctl/show.h"
#include "ctl/terminal.h"

enum { DAY_S = 86400, DAYS = 365, DAYS_MAX = 36500 };

/* ---- users ----------------------------------------------------------- */

/* Does the user exist (or not), as it should? Checked before anybody types a password. */
static enum account_db_result
find_user(struct accounts *accounts, const char *name, bool wanted)
{
	struct account_db_pass pass;
	char hash[HASH_SIZE];
	enum account_db_result result = account_db_user(
	    accounts->db, name, &pass, hash, &accounts->why);

	secret_wipe(hash, sizeof hash);
	if (result == ACCOUNT_DB_TROUBLE || (result == ACCOUNT_DB_OK) == wanted)
		return result == ACCOUNT_DB_TROUBLE ? result : ACCOUNT_DB_OK;
	cause_set(&accounts->why,
	    wanted ? "there is no user %.40s" : "there is a user %.40s already", name);
	return wanted ? ACCOUNT_DB_MISSING : ACCOUNT_DB_EXISTS;
}

static enum account_db_result
read_hash(struct accounts *accounts, char hash[HASH_SIZE])
{
	char password[PASSWORD_MAX + 1];
	enum account_db_result result = ACCOUNT_DB_REFUSED;

	if (terminal_password("Password: ", true, password, sizeof password, &accounts->why) ==
		-1 ||
	    password_check(password, &accounts->why) == -1)
		;
	else if (password_hash(password, hash) == -1)
		cause_set(&accounts->why, "out of memory for hashing a password");
	else
		result = ACCOUNT_DB_OK;
	secret_wipe(password, sizeof password);
	return result;
}

static json_t *
user_reply(const char *name)
{
	return json_pack("{s:b, s:s}", "ok", 1, "user", name);
}

static int
user_add(struct accounts *accounts, int argc, char **argv)
{
	static const struct option names[] = {
		{ .name = "role", .has_arg = required_argument, .val = 'r' }, { .name = NULL }
	};
	enum role role = ROLE_VIEWER;
	enum account_db_result result;
	char hash[HASH_SIZE];
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
		if (option == '?' || (role = role_parse(optarg)) == ROLE_NONE)
			return ACCOUNTS_USAGE;
	if (optind + 1 != argc)
		return ACCOUNTS_USAGE;
	result = find_user(accounts, argv[optind], false);
	if (result == ACCOUNT_DB_OK)
		result = read_hash(accounts, hash);
	if (result == ACCOUNT_DB_OK)
		result = account_db_user_add(
		    accounts->db, argv[optind], hash, role, accounts->now, &accounts->why);
	if (result != ACCOUNT_DB_OK)
		return accounts_said(accounts, result);
	return accounts_done(accounts, user_reply(argv[optind]), "%s may log in as %s",
	    argv[optind], role_word(role));
}

static int
user_passwd(struct accounts *accounts, int argc, char **argv)
{
	enum account_db_result result;
	char hash[HASH_SIZE];

	if (argc != 2)
		return ACCOUNTS_USAGE;
	result = find_user(accounts, argv[1], true);
	if (result == ACCOUNT_DB_OK)
		result = read_hash(accounts, hash);
	if (result == ACCOUNT_DB_OK)
		result = account_db_user_password(
		    accounts->db, argv[1], hash, accounts->now, &accounts->why);
	if (result != ACCOUNT_DB_OK)
		return accounts_said(accounts, result);
	return accounts_done(
	    accounts, user_reply(argv[1]), "%s has another password, and is logged out", argv[1]);
}

static int
user_role(struct accounts *accounts, int argc, char **argv)
{
	enum account_db_result result;

	if (argc != 3 || role_parse(argv[2]) == ROLE_NONE)
		return ACCOUNTS_USAGE;
	result = account_db_user_role(accounts->db, argv[1], role_parse(argv[2]), &accounts->why);
	if (result != ACCOUNT_DB_OK)
		return accounts_said(accounts, result);
	return accounts_done(
	    accounts, user_reply(argv[1]), "%s is %s now, and logged out", argv[1], argv[2]);
}

static int
user_del(struct accounts *accounts, int argc, char **argv)
{
	enum account_db_result result;

	if (argc != 2)
		return ACCOUNTS_USAGE;
	result = account_db_user_delete(accounts->db, argv[1], &accounts->why);
	if (result != ACCOUNT_DB_OK)
		return accounts_said(accounts, result);
	return accounts_done(
	    accounts, user_reply(argv[1]), "%s may no longer log in, and is logged out", argv[1]);
}

static int
user_list(struct accounts *accounts, int argc, char **argv)
{
	enum account_db_result result;
	json_t *list;

	(void)argv;
	if (argc != 1)
		return ACCOUNTS_USAGE;
	result = account_db_user_list(accounts->db, &list, &accounts->why);
	return accounts_list(accounts, result, list, show_users);
}

int
ctl_user(struct ctl *ctl, int argc, char **argv)
{
	static const struct accounts_verb verbs[] = { { .name = "add", .run = user_add },
		{ .name = "passwd", .run = user_passwd }, { .name = "role", .run = user_role },
		{ .name = "del", .run = user_del }, { .name = "list", .run = user_list },
		{ .name = NULL } };

	return accounts_run(ctl, verbs, argc, argv);
}

/* ---- sessions -------------------------------------------------------- */

static int
session_list(struct accounts *accounts, int argc, char **argv)
{
	enum account_db_result result;
	json_t *list;

	(void)argv;
	if (argc != 1)
		return ACCOUNTS_USAGE;
	result = account_db_session_list(accounts->db, accounts->now, &list, &accounts->why);
	return accounts_list(accounts, result, list, show_sessions);
}

static enum account_db_result
revoke_named(struct accounts *accounts, char **ids, int64_t *count)
{
	enum account_db_result result = ACCOUNT_DB_OK;

	for (*count = 0; *ids != NULL && result == ACCOUNT_DB_OK; ids++, ++*count)
		result = account_db_session_end(accounts->db, *ids, &accounts->why);
	return result;
}

static int
session_revoke(struct accounts *accounts, int argc, char **argv)
{
	static const struct option names[] = {
		{ .name = "user", .has_arg = required_argument, .val = 'u' },
		{ .name = "all", .has_arg = no_argument, .val = 'a' }, { .name = NULL }
	};
	const char *user = NULL;
	enum account_db_result result;
	bool all = false;
	int64_t count;
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == '?')
			return ACCOUNTS_USAGE;
		user = option == 'u' ? optarg : user;
		all |= option == 'a';
	}
	if ((optind < argc) + all + (user != NULL) != 1)
		return ACCOUNTS_USAGE;
	if (all)
		result = account_db_session_end_all(accounts->db, &count, &accounts->why);
	else if (user != NULL)
		result = account_db_session_end_user(accounts->db, user, &count, &accounts->why);
	else
		result = revoke_named(accounts, argv + optind, &count);
	if (result != ACCOUNT_DB_OK)
		return accounts_said(accounts, result);
	return accounts_done(accounts, json_pack("{s:b, s:I}", "ok", 1, "ended", (json_int_t)count),
	    "%lld sessions ended", (long long)count);
}

int
ctl_session(struct ctl *ctl, int argc, char **argv)
{
	static const struct accounts_verb verbs[] = { { .name = "list", .run = session_list },
		{ .name = "revoke", .run = session_revoke }, { .name = NULL } };

	return accounts_run(ctl, verbs, argc, argv);
}

/* ---- tokens ---------------------------------------------------------- */

struct token_wish {
	enum role role;
	long days;
};

static bool
read_wish(int argc, char **argv, struct token_wish *wish)
{
	static const struct option names[] = {
		{ .name = "role", .has_arg = required_argument, .val = 'r' },
		{ .name = "days", .has_arg = required_argument, .val = 'd' }, { .name = NULL }
	};
	char *end = NULL;
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == '?')
			return false;
		if (option == 'r' && (wish->role = role_parse(optarg)) == ROLE_NONE)
			return false;
		if (option == 'd' &&
		    ((wish->days = strtol(optarg, &end, 10)) < 0 || wish->days > DAYS_MAX ||
			end == optarg || *end != '\0'))
			return false;
	}
	return optind + 1 == argc;
}

static int
token_add(struct accounts *accounts, int argc, char **argv)
{
	struct token_wish wish = { ROLE_VIEWER, DAYS };
	char secret[SECRET_SIZE];
	enum account_db_result result;
	int64_t expires;

	if (!read_wish(argc, argv, &wish))
		return ACCOUNTS_USAGE;
	expires = wish.days > 0 ? accounts->now + wish.days * DAY_S : 0;
	result = account_db_token_add(
	    accounts->db, argv[optind], wish.role, accounts->now, expires, secret, &accounts->why);
	if (result != ACCOUNT_DB_OK)
		return accounts_said(accounts, result);
	accounts_done(accounts,
	    json_pack("{s:b, s:s, s:s, s:I}", "ok", 1, "name", argv[optind], "token", secret,
		"expires", (json_int_t)expires),
	    "%s", secret);
	secret_wipe(secret, sizeof secret);
	return CTL_OK;
}

static int
token_del(struct accounts *accounts, int argc, char **argv)
{
	enum account_db_result result;

	if (argc != 2)
		return ACCOUNTS_USAGE;
	result = account_db_token_delete(accounts->db, argv[1], &accounts->why);
	if (result != ACCOUNT_DB_OK)
		return accounts_said(accounts, result);
	return accounts_done(accounts, json_pack("{s:b, s:s}", "ok", 1, "token", argv[1]),
	    "token %s is good for nothing now", argv[1]);
}

static int
token_list(struct accounts *accounts, int argc, char **argv)
{
	enum account_db_result result;
	json_t *list;

	(void)argv;
	if (argc != 1)
		return ACCOUNTS_USAGE;
	result = account_db_token_list(accounts->db, accounts->now, &list, &accounts->why);
	return accounts_list(accounts, result, list, show_tokens);
}

int
ctl_token(struct ctl *ctl, int argc, char **argv)
{
	static const struct accounts_verb verbs[] = { { .name = "add", .run = token_add },
		{ .name = "del", .run = token_del }, { .name = "list", .run = token_list },
		{ .name = NULL } };

	return accounts_run(ctl, verbs, argc, argv);
}
