/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/backoff.h"
#include "auth/secret.h"
#include "base/clock.h"

static struct backoff *backoff;
static uint64_t now;

static int
setup(void **state)
{
	struct cause why;

	(void)state;
	now = 1000 * CLOCK_S;
	backoff = backoff_new(&why);
	return secret_init(&why) == -1 || backoff == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	backoff_free(&backoff);
	return 0;
}

static unsigned
begin(const char *address, const char *account)
{
	return backoff_begin(backoff, address, account, now);
}

static void
wrong(const char *address, const char *account, int times)
{
	for (int i = 0; i < times; i++)
		assert_int_equal(begin(address, account), 0);
}

static void
test_the_wait_doubles(void **state)
{
	static const unsigned waits[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900 };

	(void)state;
	wrong("192.0.2.1", NULL, BACKOFF_FREE);
	for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		assert_int_equal(begin("192.0.2.1", NULL), waits[i]);
		now += waits[i] * CLOCK_S - 1;
		assert_int_equal(begin("192.0.2.1", NULL), 1); /* asking does not make it longer */
		now += 1;
		wrong("192.0.2.1", NULL, 1);
	}
	assert_int_equal(begin("192.0.2.2", NULL), 0);
}

static void
test_an_account_waits_wherever_it_is_tried(void **state)
{
	char address[32];

	(void)state;
	for (int i = 0; i < BACKOFF_FREE; i++) {
		snprintf(address, sizeof address, "192.0.2.%d", i);
		wrong(address, "anna", 1);
	}
	assert_int_equal(begin("192.0.2.99", "anna"), 1);
	assert_int_equal(begin("192.0.2.99", "ben"), 0);
	assert_int_equal(begin(NULL, "anna"), 1);
	/* "anna" as an address is another thing. */
	assert_int_equal(begin("anna", NULL), 0);
}

static void
test_an_ipv6_household_is_one(void **state)
{
	(void)state;
	wrong("2001:db8:1:2::1", NULL, 2);
	wrong("2001:db8:1:2:ffff::2", NULL, 3);
	assert_int_equal(begin("2001:DB8:1:2:aaaa:bbbb:cccc:dddd", NULL), 1);
	assert_int_equal(begin("2001:db8:1:3::1", NULL), 0);
	wrong("::ffff:192.0.2.7", NULL, 5);
	assert_int_equal(begin("192.0.2.7", NULL), 1);
}

static void
test_right_forgets_the_account_not_the_address(void **state)
{
	(void)state;
	wrong("192.0.2.1", "anna", 4);
	assert_int_equal(begin("192.0.2.1", "ben"), 0);
	backoff_right(backoff, "192.0.2.1", "ben");
	wrong("192.0.2.1", "carl", 1);
	assert_int_equal(begin("192.0.2.1", "dora"), 1);
	/* Somebody with an account can neither clear his address nor make it wait longer. */
	now += CLOCK_S;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(begin("192.0.2.1", "ben"), 0);
		backoff_right(backoff, "192.0.2.1", "ben");
	}
	wrong("192.0.2.1", "carl", 1);
	assert_int_equal(begin("192.0.2.1", "ben"), 2);
	wrong("192.0.2.3", "anna", 1);
	now += CLOCK_S;
	assert_int_equal(begin("192.0.2.4", "anna"), 0);
	backoff_right(backoff, "192.0.2.4", "anna");
	wrong("192.0.2.5", "anna", BACKOFF_FREE);
}

static void
test_undone_is_not_counted(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		wrong("192.0.2.1", "anna", 1);
		backoff_undo(backoff, "192.0.2.1", "anna");
	}
	wrong("192.0.2.1", "anna", BACKOFF_FREE);
	assert_int_equal(begin("192.0.2.1", "anna"), 1);
	backoff_undo(backoff, "192.0.2.9", "nobody");
}

static void
test_an_hour_of_peace_forgets(void **state)
{
	(void)state;
	wrong("192.0.2.1", "anna", BACKOFF_FREE);
	now += BACKOFF_FORGET_S * CLOCK_S + 1;
	wrong("192.0.2.1", "anna", BACKOFF_FREE);
	assert_int_equal(begin("192.0.2.1", "anna"), 1);
}

/* From very many addresses: the attacked account stays remembered. */
static void
test_many_addresses(void **state)
{
	char address[64];

	(void)state;
	wrong("192.0.2.1", NULL, BACKOFF_FREE);
	for (int i = 0; i < 20 * BACKOFF_ENTRIES; i++) {
		snprintf(address, sizeof address, "2001:db8:%x:%x::", i >> 16, i & 0xffff);
		now += CLOCK_MS / 1000;
		begin(address, NULL);
	}
	assert_int_equal(begin("192.0.2.1", NULL), 1);
}

static void
test_all_workers_count_together(void **state)
{
	pid_t child;
	int status;

	(void)state;
	child = fork();
	if (child == 0) {
		for (int i = 0; i < BACKOFF_FREE; i++)
			backoff_begin(backoff, "192.0.2.1", "anna", now);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(begin("192.0.2.1", NULL), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_wait_doubles),
		TEST(test_an_account_waits_wherever_it_is_tried),
		TEST(test_an_ipv6_household_is_one),
		TEST(test_right_forgets_the_account_not_the_address),
		TEST(test_undone_is_not_counted),
		TEST(test_an_hour_of_peace_forgets),
		TEST(test_many_addresses),
		TEST(test_all_workers_count_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
