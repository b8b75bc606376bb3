/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdio.h>

#include "base/address.h"
#include "base/limiter.h"

static struct limiter limiter;
static struct limiter_user *user;

static enum limiter_verdict
take(const char *who, enum role role)
{
	return limiter_take(&limiter, who, role, &user);
}

static int
teardown(void **state)
{
	(void)state;
	limiter_deinit(&limiter);
	return 0;
}

static void
test_nobody_takes_all(void **state)
{
	(void)state;
	limiter_init(&limiter, 8, 50);
	for (int i = 0; i < 4; i++)
		assert_int_equal(take("anna", ROLE_OPERATOR), LIMITER_OK);
	assert_int_equal(take("anna", ROLE_OPERATOR), LIMITER_SHARE);
	assert_int_equal(take("bert", ROLE_OPERATOR), LIMITER_OK);
	assert_int_equal(limiter.taken, 5);
}

static void
test_the_last_are_for_operators(void **state)
{
	(void)state;
	limiter_init(&limiter, 16, 50);
	for (int i = 0; i < 14; i++)
		assert_int_equal(take(i % 2 == 0 ? "anna" : "bert", ROLE_VIEWER), LIMITER_OK);
	assert_int_equal(take("carl", ROLE_VIEWER), LIMITER_FULL);
	assert_int_equal(take("dora", ROLE_OPERATOR), LIMITER_OK);
	assert_int_equal(take("dora", ROLE_OPERATOR), LIMITER_OK);
	assert_int_equal(take("dora", ROLE_OPERATOR), LIMITER_FULL);
}

static void
test_given_back(void **state)
{
	struct limiter_user *anna;

	(void)state;
	limiter_init(&limiter, 2, 50);
	assert_int_equal(take("anna", ROLE_OPERATOR), LIMITER_OK);
	anna = user;
	assert_int_equal(take("anna", ROLE_OPERATOR), LIMITER_SHARE);
	assert_int_equal(take("bert", ROLE_OPERATOR), LIMITER_OK);
	assert_int_equal(take("anna", ROLE_OPERATOR), LIMITER_FULL);
	limiter_leave(anna);
	assert_int_equal(take("anna", ROLE_OPERATOR), LIMITER_OK);
}

/* One alone, the whole of it, none at all. */
static void
test_ends(void **state)
{
	(void)state;
	limiter_init(&limiter, 1, 1);
	assert_int_equal(take("anna", ROLE_VIEWER), LIMITER_OK);
	assert_int_equal(take("bert", ROLE_VIEWER), LIMITER_FULL);
	limiter_deinit(&limiter);
	limiter_init(&limiter, 3, 100);
	for (int i = 0; i < 3; i++)
		assert_int_equal(take("anna", ROLE_OPERATOR), LIMITER_OK);
	assert_int_equal(take("bert", ROLE_OPERATOR), LIMITER_FULL);
	limiter_deinit(&limiter);
	limiter_init(&limiter, 0, 50);
	assert_int_equal(take("anna", ROLE_OPERATOR), LIMITER_FULL);
}

static void
test_many(void **state)
{
	static struct limiter_user *users[3000];
	char who[200];

	(void)state;
	limiter_init(&limiter, 3000, 1);
	for (int i = 0; i < 3000; i++) {
		snprintf(who, sizeof who, "%d-%0150d", i, i); /* longer than is kept */
		assert_int_equal(limiter_take(&limiter, who, ROLE_OPERATOR, &users[i]), LIMITER_OK);
	}
	for (int i = 0; i < 3000; i++)
		limiter_leave(users[i]);
	assert_int_equal(limiter.taken, 0);
}

static void
test_address_network(void **state)
{
	static const struct {
		const char *address, *network;
	} rows[] = {
		{ "192.0.2.7", "192.0.2.7" },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::" },
		{ "2001:DB8:1:2::9", "2001:db8:1:2::" },
		{ "::1", "::" },
		{ "::ffff:192.0.2.7", "192.0.2.7" },
		{ "unix:", "unix:" },
		{ "", "" },
	};
	char text[INET6_ADDRSTRLEN];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(address_network(rows[i].address, text), rows[i].network);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_nobody_takes_all, teardown),
		cmocka_unit_test_teardown(test_the_last_are_for_operators, teardown),
		cmocka_unit_test_teardown(test_given_back, teardown),
		cmocka_unit_test_teardown(test_ends, teardown),
		cmocka_unit_test_teardown(test_many, teardown),
		cmocka_unit_test(test_address_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
