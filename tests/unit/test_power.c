/* SPDX-License-Identifier: ISC */
/* The store when the power goes, and when its database is damaged. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "preload/faults.h"
#include "promises.h"
#include "scratch.h"

static int
setup(void **state)
{
	(void)state;
	scratch_make();
	mkdir(scratch_path("cam"), 0750);
	mkdir(scratch_path("rebuilt"), 0750);
	scratch_mount_small("rebuilt", 16 << 20, 0); /* in memory it is quicker; no matter if not */
	faults->hasty = 1;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	faults->clock_ns = 0;
	disk_unwatch();
	disk_forget();
	store_free(&store);
	scratch_silence(false);
	scratch_remove();
	return 0;
}

/* The folder as it may be found after so many operations. */
static const char *
rebuild(size_t operations, unsigned keep)
{
	scratch_clear("rebuilt");
	mkdir(scratch_path("rebuilt"), 0750);
	disk_build(scratch_path("rebuilt"), operations, keep);
	snprintf(when, WHEN_SIZE, "power lost after %zu operations, way %u", operations, keep);
	return scratch_path("rebuilt");
}

static void
test_power_loss_at_any_moment(void **state)
{
	unsigned ways = getenv("ORIEL_SOAK") != NULL ? DISK_SEED + 40 : DISK_SEED + 2;
	size_t end;

	(void)state;
	disk_watch(scratch_path("cam"));
	promises_work(scratch_path("cam"), PROMISES_STEPS);
	store_free(&store);
	disk_unwatch();
	end = disk_operations();
	assert_true(promises_are_whole() && end > 200);
	scratch_silence(true);
	for (size_t at = 0; at <= end; at++)
		for (unsigned keep = 0; keep < ways; keep++)
			promises_check(rebuild(at, keep), at);
	print_message("power lost at each of %zu operations, in %u ways\n", end, ways);
}

/* The n-th sync fails, and power is lost at some moment before or after. False when there were not
 * so many. */
static bool
lose_power_with_fault(int64_t turn, size_t step)
{
	bool came;

	scratch_clear("cam");
	mkdir(scratch_path("cam"), 0750);
	disk_watch(scratch_path("cam"));
	faults->error = EIO;
	faults->turn[FAULT_SYNC] = turn;
	promises_work(scratch_path("cam"), PROMISES_STEPS);
	came = faults->turn[FAULT_SYNC] == 0;
	faults->turn[FAULT_SYNC] = 0;
	store_free(&store);
	disk_unwatch();
	for (size_t at = 0; came && at <= disk_operations(); at += step)
		promises_check(rebuild(at, DISK_SYNCED), at);
	disk_forget();
	return came;
}

static void
test_a_sync_that_failed_is_no_promise(void **state)
{
	bool soak = getenv("ORIEL_SOAK") != NULL;
	int64_t turn = 1;

	(void)state;
	scratch_silence(true);
	while (lose_power_with_fault(turn, soak ? 1 : 3))
		turn += soak ? 1 : 5;
	assert_true(turn > 40);
}

static void
sync_path(const char *path)
{
	int fd = open(path, O_RDONLY);

	assert_int_equal(fsync(fd), 0);
	close(fd);
}

/* ---- the migration ---- */

static void
copy_of_layout_1(const char *name)
{
	static char bytes[1 << 16];
	int from, to;
	ssize_t length;
	char path[300];

	snprintf(path, sizeof path, "%s/layout1/%s", UNIT_DATA, name);
	from = open(path, O_RDONLY);
	to = open(scratch_path("cam/%s", name), O_WRONLY | O_CREAT | O_EXCL, 0640);
	length = read(from, bytes, sizeof bytes);
	assert_true(length > 0);
	assert_int_equal(write(to, bytes, (size_t)length), length);
	close(from);
	close(to);
	sync_path(scratch_path("cam/%s", name));
}

static void
count_value(void *arg, const char *name, const char *text)
{
	*(int *)arg += strcmp(name, "threshold") != 0 || strcmp(text, "17") == 0;
}

static void
check_layout_1(const char *folder)
{
	struct store_query all = { .after = 0, .limit = 1000 };
	struct cause why;
	json_t *answer;
	int values = 0;

	store = store_new(folder, &why);
	if (store == NULL)
		fail_msg("%s: %s", when, why.text);
	assert_int_equal(store_each_value(store, count_value, &values, &why), STORE_OK);
	assert_int_equal(values, 4);
	assert_int_equal(store_events(store, &all, &answer, &why), STORE_OK);
	assert_int_equal(json_array_size(json_object_get(answer, "events")), 40);
	json_decref(answer);
	assert_int_equal(store_pictures(store, &all, &answer, &why), STORE_OK);
	assert_int_equal(json_array_size(json_object_get(answer, "snaps")), 3);
	json_decref(answer);
	assert_int_equal(store_look(store, &why), STORE_OK);
	assert_true(promises_number(folder) > 40);
	assert_int_equal(scratch_count_like("rebuilt", "state.db.corrupt-"), 0);
}

static void
test_power_loss_while_it_is_migrated(void **state)
{
	unsigned ways = getenv("ORIEL_SOAK") != NULL ? DISK_SEED + 40 : DISK_SEED + 2;
	size_t from, end;

	(void)state;
	scratch_silence(true);
	disk_watch(scratch_path("cam"));
	mkdir(scratch_path("cam/snaps"), 0750);
	for (int i = 0; i < 3; i++)
		copy_of_layout_1((const char *[]){ "snaps/manual-1700000000.jpg",
		    "snaps/manual-1700000001.jpg", "snaps/manual-1700000002.jpg" }[i]);
	copy_of_layout_1("state.db");
	sync_path(scratch_path("cam/snaps"));
	sync_path(scratch_path("cam"));
	from = disk_operations();
	store = store_new(scratch_path("cam"), NULL);
	store_free(&store);
	disk_unwatch();
	end = disk_operations();
	assert_true(end - from > 20);
	for (size_t at = from; at <= end; at++)
		for (unsigned keep = 0; keep < ways; keep++)
			check_layout_1(rebuild(at, keep));
	print_message(
	    "power lost at each of %zu operations of a migration, in %u ways\n", end - from, ways);
}

/* Whatever it was, it is none any more; and that is on the disk. */
static void
damage(void)
{
	scratch_write(
	    "cam/state.db", "this is no database any more, whatever it may have been before ....");
	sync_path(scratch_path("cam/state.db"));
	sync_path(scratch_path("cam"));
}

/* A store that begins again does not use numbers twice, wherever it is interrupted. */
static void
test_numbers_after_damage(void **state)
{
	size_t from, end;

	(void)state;
	scratch_silence(true);
	disk_watch(scratch_path("cam"));
	damage();
	from = disk_operations();
	promises_number(scratch_path("cam"));
	disk_unwatch();
	end = disk_operations();
	assert_true(end - from > 10);
	for (size_t at = from; at <= end; at++)
		for (unsigned keep = 0; keep < DISK_SEED + 4; keep++) {
			int64_t id = promises_number(rebuild(at, keep));

			if (id < 1700000000)
				fail_msg("%s: number %lld", when, (long long)id);
		}
}

static void
test_numbers_after_damage_and_a_clock_set_back(void **state)
{
	int64_t before;

	(void)state;
	scratch_silence(true);
	damage();
	before = promises_number(scratch_path("cam"));
	damage();
	faults->clock_ns = -3600 * INT64_C(1000000000);
	assert_true(promises_number(scratch_path("cam")) > before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_power_loss_at_any_moment, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_sync_that_failed_is_no_promise, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_power_loss_while_it_is_migrated, setup, teardown),
		cmocka_unit_test_setup_teardown(test_numbers_after_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_numbers_after_damage_and_a_clock_set_back, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
