/* SPDX-License-Identifier: ISC */
/* The store when any one call fails. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "failing.h"
#include "promises.h"
#include "scratch.h"

enum { STEPS = 6 };

static int
setup(void **state)
{
	(void)state;
	scratch_make();
	scratch_silence(true);
	faults->hasty = 1;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	failing_end();
	store_free(&store);
	scratch_silence(false);
	scratch_remove();
	return 0;
}

static void
begin(void)
{
	store_free(&store);
	scratch_clear("cam");
	mkdir(scratch_path("cam"), 0750);
}

static void
work(void)
{
	promises_work(scratch_path("cam"), STEPS);
}

/* What was answered with ok is there, for this process and for the next one. */
static void
check(void)
{
	promises_one_more(scratch_path("cam"));
	if (faults->error == ENOSPC)
		promises_pictures_may_go();
	promises_check(scratch_path("cam"), SIZE_MAX - 1);
}

static const struct failing failing = { begin, work, check, when, WHEN_SIZE };

static void
test_any_call_fails(void **state)
{
	bool soak = getenv("ORIEL_SOAK") != NULL;

	(void)state;
	failing_each(&failing, FAULT_OPEN, EMFILE, 1);
	failing_each(&failing, FAULT_OPEN, ENOSPC, 1);
	failing_each(&failing, FAULT_WRITE, EIO, soak ? 1 : 3);
	failing_each(&failing, FAULT_WRITE, ENOSPC, soak ? 1 : 3);
	failing_each(&failing, FAULT_SYNC, EIO, soak ? 1 : 2);
	failing_each(&failing, FAULT_TRUNCATE, EIO, 1);
	failing_each(&failing, FAULT_RENAME, EIO, 1);
	failing_each(&failing, FAULT_UNLINK, EACCES, 1);
	failing_each(&failing, FAULT_MKDIR, EACCES, 1);
	failing_each(&failing, FAULT_MAP, ENOMEM, 1);
}

#ifndef ORIEL_SANITIZED
static void
test_any_allocation_fails(void **state)
{
	(void)state;
	failing_each(&failing, FAULT_MALLOC, ENOMEM, getenv("ORIEL_SOAK") != NULL ? 1 : 41);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_any_call_fails, setup, teardown),
#ifndef ORIEL_SANITIZED
		cmocka_unit_test_setup_teardown(test_any_allocation_fails, setup, teardown),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
