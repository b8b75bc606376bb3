/* SPDX-License-Identifier: ISC */
/* auth: the event loop's side, with its thread, its folder and the real clock. */
#include "unit.h"

#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "auth/auth.h"
#include "auth/auth_worker.h"
#include "base/clock.h"
#include "scratch.h"

enum { DAY = 86400, PATIENCE_MS = 20000 };

static struct account_db_settings settings;
static struct backoff *backoff;
static struct auth *auth;
static struct account_db *db; /* another process's, as it were */
static struct cause why;

static int
setup(void **state)
{
	(void)state;
	scratch_make();
	settings = (struct account_db_settings){ strdup(scratch_path("state")),
		strdup(scratch_path(".")), DAY, DAY };
	backoff = backoff_new(&why);
	auth = auth_new(&settings, backoff, &why);
	db = account_db_new(&settings, &why);
	if (auth == NULL || db == NULL)
		print_error("%s\n", why.text);
	return backoff == NULL || auth == NULL || db == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	account_db_free(&db);
	auth_free(&auth);
	backoff_free(&backoff);
	free((char *)settings.state_dir);
	free((char *)settings.run_dir);
	scratch_remove();
	return 0;
}

static int64_t
now_s(void)
{
	return (int64_t)(clock_wall_ns() / CLOCK_S);
}

static void
add_user(const char *name, const char *password, enum role role)
{
	char hash[HASH_SIZE];

	assert_int_equal(password_hash(password, hash), 0);
	if (account_db_user_add(db, name, hash, role, now_s(), &why) != ACCOUNT_DB_OK)
		fail_msg("%s", why.text);
}

/* ---- waiting for answers --------------------------------------------- */

struct waiter {
	int answers;
	struct auth_answer answer;
};

static void
done(void *arg, const struct auth_answer *answer)
{
	struct waiter *waiter = arg;

	waiter->answers++;
	waiter->answer = *answer;
}

static void
dispatch_until(const int *flag, int wanted)
{
	uint64_t limit = clock_mono_ns() + PATIENCE_MS * CLOCK_MS;
	struct pollfd ready = { .fd = auth_fd(auth), .events = POLLIN };

	while (*flag < wanted) {
		if (clock_mono_ns() > limit)
			fail_msg("no answer");
		poll(&ready, 1, 100);
		auth_dispatch(auth);
	}
}

static struct auth_claim
claim_of(const char *address, const char *name, const char *password)
{
	return (struct auth_claim){ .address = address,
		.name = name,
		.password = password,
		.from = "192.0.2.1 test",
		.device = "" };
}

static enum auth_result
log_in_as(const struct auth_claim *claim, struct waiter *waiter)
{
	struct auth_job *job;

	*waiter = (struct waiter){ .answers = 0 };
	job = auth_login(auth, claim, done, waiter, &waiter->answer);
	if (job != NULL)
		dispatch_until(&waiter->answers, 1);
	return waiter->answer.result;
}

static enum auth_result
log_in(const char *name, const char *password, struct waiter *waiter)
{
	const struct auth_claim claim = claim_of("192.0.2.1", name, password);

	return log_in_as(&claim, waiter);
}

/* ---- logging in and out ---------------------------------------------- */

static void
test_logging_in_and_out(void **state)
{
	struct waiter in, out = { .answers = 0 };
	struct auth_pass pass;

	(void)state;
	add_user("anna", "correct horse", ROLE_OPERATOR);
	assert_int_equal(log_in("anna", "wrong horse", &in), AUTH_DENIED);
	assert_string_equal(in.answer.secret, "");
	assert_int_equal(log_in("anna", "correct horse", &in), AUTH_OK);
	assert_true(in.answer.pass.kind == AUTH_SESSION && in.answer.pass.role == ROLE_OPERATOR);
	assert_int_equal(auth_check(auth, in.answer.secret, &pass), AUTH_OK);
	assert_true(pass.kind == AUTH_SESSION && pass.role == ROLE_OPERATOR &&
	    pass.expires >= now_s() + DAY - 5);
	assert_string_equal(pass.user, "anna");
	assert_string_equal(pass.grant, in.answer.pass.grant);
	assert_non_null(auth_logout(auth, pass.grant, done, &out, &out.answer));
	dispatch_until(&out.answers, 1);
	assert_int_equal(out.answer.result, AUTH_OK);
	assert_int_equal(auth_check(auth, in.answer.secret, &pass), AUTH_DENIED);
	assert_non_null(auth_logout(auth, in.answer.pass.grant, done, &out, &out.answer));
	dispatch_until(&out.answers, 2);
	assert_int_equal(out.answer.result, AUTH_OK);
	assert_int_equal(auth_check(auth, "nonsense", &pass), AUTH_DENIED);
}

static void
test_what_can_be_nobody_is_wrong(void **state)
{
	static char longer[PASSWORD_MAX + 10];
	struct waiter in;

	(void)state;
	memset(longer, 'x', PASSWORD_MAX);
	add_user("anna", longer, ROLE_VIEWER);
	longer[PASSWORD_MAX] = 'y';
	assert_int_equal(log_in("anna", longer, &in), AUTH_DENIED);
	assert_int_equal(
	    log_in("a2345678901234567890123456789012345", "correct horse", &in), AUTH_DENIED);
	assert_int_equal(log_in("anna' OR 1", "correct horse", &in), AUTH_DENIED);
	longer[PASSWORD_MAX] = '\0';
	assert_int_equal(log_in("anna", longer, &in), AUTH_OK);
}

/* Work, not time: the machine may be busy with other things. */
static double
cpu_ms(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
}

static double
store_jobs_of(const char *name)
{
	double least = 1e9;

	for (int i = 0; i < 2; i++) {
		double begun = cpu_ms();
		struct waiter in;

		assert_int_equal(log_in(name, "wrong horse", &in), AUTH_DENIED);
		least = cpu_ms() - begun < least ? cpu_ms() - begun : least;
	}
	return least;
}

static void
test_an_unknown_user_is_as_much_work(void **state)
{
	double known, unknown;

	(void)state;
	add_user("anna", "correct horse", ROLE_OPERATOR);
	known = store_jobs_of("anna");
	unknown = store_jobs_of("nobody");
	assert_true(unknown > known / 3 && unknown < known * 3);
}

static void
test_guessing_is_slowed_down(void **state)
{
	struct waiter in;

	(void)state;
	add_user("anna", "correct horse", ROLE_OPERATOR);
	for (int i = 0; i < BACKOFF_FREE; i++)
		assert_int_equal(log_in("anna", "wrong horse", &in), AUTH_DENIED);
	/* The right password too: a guesser must not see that it was right. */
	assert_int_equal(log_in("anna", "correct horse", &in), AUTH_WAIT);
	assert_in_range(in.answer.wait_s, 1, 1);
	usleep(1050000);
	assert_int_equal(log_in("anna", "correct horse", &in), AUTH_OK);
	assert_int_equal(log_in("anna", "correct horse", &in), AUTH_OK);
}

static void
test_too_many_at_once(void **state)
{
	enum { MANY = 40 };
	struct waiter in[MANY];
	struct auth_job *jobs[MANY];
	struct auth_claim claim;
	char address[32];
	int taken = 0, busy = 0;

	(void)state;
	memset(in, 0, sizeof in);
	for (int i = 0; i < MANY; i++) {
		snprintf(address, sizeof address, "192.0.2.%d", i);
		claim = claim_of(address, address, "wrong horse");
		jobs[i] = auth_login(auth, &claim, done, &in[i], &in[i].answer);
		taken += jobs[i] != NULL;
		busy += jobs[i] == NULL && in[i].answer.result == AUTH_BUSY;
	}
	assert_in_range(taken, 16, 17);
	assert_int_equal(taken + busy, MANY);
	/* All but two leave. */
	for (int i = 2; i < MANY; i++)
		auth_cancel(&jobs[i]);
	dispatch_until(&in[1].answers, 1);
	assert_int_equal(in[0].answers, 1);
	/* The others are dropped, without a word, when it ends now. */
}

/* ---- devices --------------------------------------------------------- */

static enum auth_result
log_in_with(const char *device, const char *address, const char *password)
{
	struct auth_claim claim = claim_of(address, "anna", password);
	struct waiter in;

	claim.device = device;
	log_in_as(&claim, &in);
	assert_true(in.answer.result != AUTH_OK || device[0] == '\0' ||
	    strcmp(in.answer.device, device) == 0);
	return in.answer.result;
}

/* From everywhere, until strangers have to wait. */
static void
guess_at_anna(void)
{
	char address[32];

	for (int i = 0; i < BACKOFF_FREE; i++) {
		snprintf(address, sizeof address, "198.51.100.%d", i);
		assert_int_equal(log_in_with("", address, "wrong horse"), AUTH_DENIED);
	}
	assert_int_equal(log_in_with("", "203.0.113.1", "correct horse"), AUTH_WAIT);
}

static void
test_a_known_device_does_not_wait_for_strangers(void **state)
{
	struct waiter first, second;

	(void)state;
	add_user("anna", "correct horse", ROLE_VIEWER);
	assert_int_equal(log_in("anna", "correct horse", &first), AUTH_OK);
	assert_int_equal(log_in("anna", "correct horse", &second), AUTH_OK);
	assert_string_not_equal(first.answer.device, second.answer.device);
	guess_at_anna();
	assert_int_equal(
	    log_in_with(first.answer.device, "198.51.100.1", "correct horse"), AUTH_OK);
	/* Its own guesses count, and for itself alone. */
	for (int i = 0; i < BACKOFF_FREE; i++)
		assert_int_equal(
		    log_in_with(first.answer.device, "192.0.2.1", "wrong horse"), AUTH_DENIED);
	assert_int_equal(log_in_with(first.answer.device, "192.0.2.1", "correct horse"), AUTH_WAIT);
	assert_int_equal(log_in_with(second.answer.device, "192.0.2.1", "correct horse"), AUTH_OK);
}

static void
test_a_device_is_known_for_one_user_and_password(void **state)
{
	struct waiter anna, ben;
	char hash[HASH_SIZE];

	(void)state;
	add_user("anna", "correct horse", ROLE_VIEWER);
	add_user("ben", "correct horse", ROLE_VIEWER);
	assert_int_equal(log_in("anna", "correct horse", &anna), AUTH_OK);
	assert_int_equal(log_in("ben", "correct horse", &ben), AUTH_OK);
	guess_at_anna();
	assert_int_equal(log_in_with(ben.answer.device, "192.0.2.1", "correct horse"), AUTH_WAIT);
	assert_int_equal(password_hash("another horse", hash), 0);
	assert_int_equal(account_db_user_password(db, "anna", hash, now_s(), &why), ACCOUNT_DB_OK);
	assert_int_equal(log_in_with(anna.answer.device, "192.0.2.1", "another horse"), AUTH_WAIT);
}

/* As many strangers as have places guess at once, each from another network, at other names. A
 * known client goes first; an unknown one is told to come again. */
static void
test_a_known_device_has_a_place_kept(void **state)
{
	struct waiter first, known = { .answers = 0 }, stranger,
			     guesses[AUTH_WORKER_HASHES] = { { .answers = 0 } };
	struct auth_claim claim = claim_of("198.51.100.1", "anna", "correct horse");
	char address[32], name[32];

	(void)state;
	add_user("anna", "correct horse", ROLE_VIEWER);
	assert_int_equal(log_in("anna", "correct horse", &first), AUTH_OK);
	for (int i = 0; i < AUTH_WORKER_HASHES; i++) {
		snprintf(address, sizeof address, "2001:db8:%d::1", i);
		snprintf(name, sizeof name, "guess%d", i);
		const struct auth_claim guess = claim_of(address, name, "wrong horse");

		assert_non_null(auth_login(auth, &guess, done, &guesses[i], &guesses[i].answer));
	}
	assert_null(auth_login(auth,
	    &(struct auth_claim){ .address = "203.0.113.9",
		.name = "anna",
		.password = "x",
		.from = "",
		.device = "" },
	    done, &stranger, &stranger.answer));
	assert_int_equal(stranger.answer.result, AUTH_BUSY);
	claim.device = first.answer.device;
	assert_non_null(auth_login(auth, &claim, done, &known, &known.answer));
	dispatch_until(&known.answers, 1);
	assert_int_equal(known.answer.result, AUTH_OK);
	/* At most the one that was being hashed came before. */
	assert_int_equal(guesses[AUTH_WORKER_HASHES - 1].answers, 0);
	dispatch_until(&guesses[AUTH_WORKER_HASHES - 1].answers, 1);
}

/* A program has no cookie. That its password was right before is remembered, for a place of its
 * own. It still has to wait after wrong passwords; otherwise a guesser would see who need not. */
static void
test_a_password_that_was_right_has_a_place_kept(void **state)
{
	struct waiter known = { .answers = 0 }, guesses[AUTH_WORKER_HASHES] = { { .answers = 0 } };
	const struct auth_claim claim = claim_of("192.0.2.1", "anna", "correct horse");
	char address[32];

	(void)state;
	add_user("anna", "correct horse", ROLE_VIEWER);
	assert_int_equal(log_in("anna", "correct horse", &known), AUTH_OK);
	for (int i = 0; i < AUTH_WORKER_HASHES; i++) {
		snprintf(address, sizeof address, "2001:db8:%d::1", i);
		const struct auth_claim guess = claim_of(address, "", "wrong horse");

		assert_non_null(auth_login(auth, &guess, done, &guesses[i], &guesses[i].answer));
	}
	known.answers = 0;
	assert_non_null(auth_basic(auth, &claim, done, &known, &known.answer));
	dispatch_until(&known.answers, 1);
	assert_int_equal(known.answer.result, AUTH_OK);
	assert_int_equal(guesses[AUTH_WORKER_HASHES - 1].answers, 0);
	dispatch_until(&guesses[AUTH_WORKER_HASHES - 1].answers, 1);
	guess_at_anna();
}

/* ---- HTTP Basic ------------------------------------------------------ */

static void
test_basic_is_hashed_once(void **state)
{
	const struct auth_claim claim = claim_of("192.0.2.1", "anna", "correct horse");
	struct waiter in[8];
	struct auth_pass pass;
	struct auth_job *job;

	(void)state;
	add_user("anna", "correct horse", ROLE_VIEWER);
	memset(in, 0, sizeof in);
	assert_int_equal(auth_check_basic(auth, "anna", "correct horse", &pass), AUTH_DENIED);
	for (int i = 0; i < 8; i++) { /* more than may be wrong */
		job = auth_basic(auth, &claim, done, &in[i], &in[i].answer);
		assert_non_null(job);
		if (i == 0 || i == 3)
			auth_cancel(&job);
	}
	dispatch_until(&in[7].answers, 1);
	for (int i = 0; i < 8; i++)
		assert_int_equal(in[i].answers, i != 0 && i != 3);
	assert_true(in[5].answer.result == AUTH_OK && in[5].answer.pass.kind == AUTH_BASIC);
	assert_int_equal(auth_check_basic(auth, "anna", "correct horse", &pass), AUTH_OK);
	assert_true(pass.kind == AUTH_BASIC && pass.role == ROLE_VIEWER);
	assert_string_equal(pass.grant, in[5].answer.pass.grant);
	assert_int_equal(auth_check_basic(auth, "anna", "correct horsf", &pass), AUTH_DENIED);
	assert_int_equal(account_db_user_role(db, "anna", ROLE_OPERATOR, &why), ACCOUNT_DB_OK);
	assert_int_equal(auth_check_basic(auth, "anna", "correct horse", &pass), AUTH_DENIED);
}

static void
test_wrong_basic(void **state)
{
	const struct auth_claim claim = claim_of("192.0.2.1", "anna", "wrong horse");
	struct waiter in = { .answers = 0 };
	struct auth_pass pass;

	(void)state;
	add_user("anna", "correct horse", ROLE_VIEWER);
	assert_non_null(auth_basic(auth, &claim, done, &in, &in.answer));
	dispatch_until(&in.answers, 1);
	assert_int_equal(in.answer.result, AUTH_DENIED);
	assert_int_equal(auth_check_basic(auth, "anna", "wrong horse", &pass), AUTH_DENIED);
	for (int i = 1; i < BACKOFF_FREE; i++) {
		assert_non_null(auth_basic(auth, &claim, done, &in, &in.answer));
		dispatch_until(&in.answers, i + 1);
	}
	assert_null(auth_basic(auth, &claim, done, &in, &in.answer));
	assert_int_equal(in.answer.result, AUTH_WAIT);
}

/* ---- tokens ---------------------------------------------------------- */

static void
test_a_named_token(void **state)
{
	char secret[SECRET_SIZE];
	struct auth_pass pass;

	(void)state;
	assert_int_equal(account_db_token_add(db, "phone", ROLE_VIEWER, now_s(), 0, secret, &why),
	    ACCOUNT_DB_OK);
	assert_int_equal(auth_check(auth, secret, &pass), AUTH_OK);
	assert_true(pass.kind == AUTH_TOKEN && pass.role == ROLE_VIEWER && pass.expires == 0);
	assert_string_equal(pass.user, "phone");
	assert_int_equal(account_db_token_delete(db, "phone", &why), ACCOUNT_DB_OK);
	assert_int_equal(auth_check(auth, secret, &pass), AUTH_DENIED);
}

/* ---- connections end ------------------------------------------------- */

static void
ended(void *arg)
{
	++*(int *)arg;
}

static void
test_another_process_ends_a_connection(void **state)
{
	struct grant_hold hold;
	struct waiter in;
	int count = 0;

	(void)state;
	add_user("anna", "correct horse", ROLE_OPERATOR);
	assert_int_equal(log_in("anna", "correct horse", &in), AUTH_OK);
	assert_true(grant_hold_begin(&hold, auth_holds(auth), in.answer.pass.grant, ended, &count));
	assert_int_equal(account_db_session_end(db, in.answer.pass.grant, &why), ACCOUNT_DB_OK);
	dispatch_until(&count, 1);
	assert_false(
	    grant_hold_begin(&hold, auth_holds(auth), in.answer.pass.grant, ended, &count));
}

static void
test_a_connection_ends_when_its_grant_expires(void **state)
{
	char secret[SECRET_SIZE];
	struct auth_pass pass;
	struct grant_hold hold;
	int count = 0;

	(void)state;
	assert_int_equal(
	    account_db_token_add(db, "phone", ROLE_VIEWER, now_s(), now_s() + 2, secret, &why),
	    ACCOUNT_DB_OK);
	assert_int_equal(auth_check(auth, secret, &pass), AUTH_OK);
	assert_true(grant_hold_begin(&hold, auth_holds(auth), pass.grant, ended, &count));
	dispatch_until(&count, 1);
	assert_true(now_s() >= pass.expires && now_s() <= pass.expires + 2);
	assert_int_equal(auth_check(auth, secret, &pass), AUTH_DENIED);
}

static void
test_what_was_used_is_noted(void **state)
{
	char secret[SECRET_SIZE];
	struct auth_pass pass;
	struct auth_answer now;
	struct auth_job *job;
	sqlite3 *other;
	long used = 0;

	(void)state;
	assert_int_equal(account_db_token_add(db, "phone", ROLE_VIEWER, now_s(), 0, secret, &why),
	    ACCOUNT_DB_OK);
	/* And not by a thousand tasks: while all must wait there is room for another. */
	assert_int_equal(sqlite3_open(scratch_path("state/auth.db"), &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(auth_check(auth, secret, &pass), AUTH_OK);
	job = auth_logout(auth, pass.grant, NULL, NULL, &now);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	assert_non_null(job);
	for (int i = 0; i < 200 && used == 0; i++) {
		json_t *list;

		usleep(10000);
		auth_dispatch(auth);
		assert_int_equal(account_db_token_list(db, now_s(), &list, &why), ACCOUNT_DB_OK);
		used = (long)json_integer_value(json_object_get(json_array_get(list, 0), "used"));
		json_decref(list);
	}
	assert_in_range(used, now_s() - 5, now_s());
}

/* A failed write waits two seconds each time; the end waits for one of them. */
static void
test_the_end_is_not_kept_waiting(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d", "e" };
	char secrets[5][SECRET_SIZE];
	struct auth_pass pass;
	uint64_t begun;
	sqlite3 *other;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(
		    account_db_token_add(db, names[i], ROLE_VIEWER, now_s(), 0, secrets[i], &why),
		    ACCOUNT_DB_OK);
	assert_int_equal(sqlite3_open(scratch_path("state/auth.db"), &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 0; i < 5; i++)
		assert_int_equal(auth_check(auth, secrets[i], &pass), AUTH_OK);
	begun = clock_mono_ns();
	auth_free(&auth);
	sqlite3_close(other);
	assert_true(clock_mono_ns() - begun < 5 * CLOCK_S);
}

/* ---- set-up, and what is broken -------------------------------------- */

static struct auth_job *
set_up(const char *token, const char *name, const char *password, struct waiter *waiter)
{
	const struct auth_claim claim = claim_of("", name, password);

	return auth_setup(auth, &claim, token, done, waiter, &waiter->answer);
}

static void
test_the_first_user(void **state)
{
	struct waiter in = { .answers = 0 };
	struct auth_pass pass;
	char token[SETUP_TOKEN_SIZE];

	(void)state;
	assert_int_equal(auth_has_users(auth), AUTH_DENIED);
	assert_int_equal(setup_token_read(scratch_path("state/setup-token"), token, &why), 0);
	assert_null(set_up(token, "Anna", "correct horse", &in));
	assert_int_equal(in.answer.result, AUTH_REFUSED);
	assert_null(set_up(token, "anna", "short", &in));
	assert_int_equal(in.answer.result, AUTH_REFUSED);
	assert_string_equal(in.answer.why.text, "a password has at least 10 characters");
	assert_non_null(set_up("x", "anna", "correct horse", &in));
	dispatch_until(&in.answers, 1);
	assert_int_equal(in.answer.result, AUTH_DENIED);
	assert_non_null(set_up(token, "anna", "correct horse", &in));
	dispatch_until(&in.answers, 2);
	assert_int_equal(in.answer.result, AUTH_OK);
	assert_int_equal(auth_check(auth, in.answer.secret, &pass), AUTH_OK);
	assert_int_equal(pass.role, ROLE_OPERATOR);
	assert_int_equal(auth_has_users(auth), AUTH_OK);
	assert_int_equal(log_in("anna", "correct horse", &in), AUTH_OK);
}

static void
test_a_damaged_file(void **state)
{
	struct waiter in;
	struct auth_pass pass;

	(void)state;
	add_user("anna", "correct horse", ROLE_OPERATOR);
	assert_int_equal(log_in("anna", "correct horse", &in), AUTH_OK);
	assert_int_equal(rename(scratch_path("state/auth.db"), scratch_path("state/kept")), 0);
	scratch_write("state/auth.db", "This is no database, however one looks at it.");
	scratch_silence(true);
	assert_int_equal(auth_check(auth, in.answer.secret, &pass), AUTH_TROUBLE);
	assert_int_equal(auth_has_users(auth), AUTH_TROUBLE);
	assert_int_equal(log_in("anna", "correct horse", &in), AUTH_TROUBLE);
	scratch_silence(false);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_logging_in_and_out),
		TEST(test_what_can_be_nobody_is_wrong),
		TEST(test_an_unknown_user_is_as_much_work),
		TEST(test_guessing_is_slowed_down),
		TEST(test_too_many_at_once),
		TEST(test_a_known_device_does_not_wait_for_strangers),
		TEST(test_a_known_device_has_a_place_kept),
		TEST(test_basic_is_hashed_once),
		TEST(test_wrong_basic),
		TEST(test_a_password_that_was_right_has_a_place_kept),
		TEST(test_basic_is_hashed_once),
		TEST(test_wrong_basic),
		TEST(test_a_device_is_known_for_one_user_and_password),
		TEST(test_basic_is_hashed_once),
		TEST(test_wrong_basic),
		TEST(test_a_named_token),
		TEST(test_another_process_ends_a_connection),
		TEST(test_a_connection_ends_when_its_grant_expires),
		TEST(test_what_was_used_is_noted),
		TEST(test_the_end_is_not_kept_waiting),
		TEST(test_the_first_user),
		TEST(test_a_damaged_file),
	};
	struct cause broken;

	return secret_init(&broken) == -1 ? 99 : cmocka_run_group_tests(tests, NULL, NULL);
}
