/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "orield/store_worker.h"
#include "scratch.h"

static const struct store_limits roomy = { .quota_bytes = UINT64_MAX, .quota_files = UINT64_MAX };
static const struct store_limits tight = { .quota_bytes = 10, .quota_files = 1 };

static struct event_base *base;
static struct store_worker *worker;
static char said[65536]; /* what the answers were, in their order */
static unsigned answers;

static void
done(void *arg, struct store_job *job)
{
	size_t used = strlen(said), index;
	json_t *line;

	answers++;
	used += (size_t)snprintf(said + used, sizeof said - used, "%s:%s", (const char *)arg,
	    job->result == STORE_OK	       ? "ok"
		: job->result == STORE_FULL    ? "full"
		: job->result == STORE_MISSING ? "missing"
					       : "failed");
	json_array_foreach(job->events, index, line) {
		/* What could not be stored says so. */
		assert_true(json_object_get(line, "id") != NULL ||
		    json_is_false(json_object_get(json_object_get(line, "data"), "stored")));
		used += (size_t)snprintf(said + used, sizeof said - used, ",%s#%lld",
		    json_get_text(line, "event"), json_integer_value(json_object_get(line, "id")));
	}
	snprintf(said + used, sizeof said - used, " ");
}

static struct store_job *
job(enum store_job_kind kind, const char *name)
{
	struct store_job *made = store_job_new(kind, done, (void *)name);

	made->wall_ns = 1700000000 * UINT64_C(1000000000);
	made->limits = roomy;
	return made;
}

static bool
submit(struct store_job *made)
{
	if (store_worker_submit(worker, made))
		return true;
	store_job_free(&made);
	return false;
}

static struct store_job *
setting(const char *name, const char *text)
{
	struct store_job *made = job(STORE_JOB_SET, name);

	made->data = json_pack("{s:s}", name, text);
	return made;
}

static struct store_job *
picture(enum store_job_kind kind, const char *name, size_t size)
{
	struct store_job *made = job(kind, name);

	made->jpeg = malloc(size);
	memset(made->jpeg, 'j', size);
	made->length = (uint32_t)size;
	if (kind == STORE_JOB_MOTION)
		made->data = json_pack("{s:f}", "change", 23.4);
	return made;
}

/* Turn the loop until `count` answers have come since the last call. */
static const char *
wait_for(unsigned count)
{
	static char copy[sizeof said];

	for (int i = 0; answers < count && i < 20000; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
	assert_int_equal(answers, count);
	strcpy(copy, said);
	said[0] = '\0';
	answers = 0;
	return copy;
}

static void
start(void)
{
	struct cause why;

	worker = store_worker_new(base, scratch_path("cam"), &why);
	assert_non_null(worker);
	said[0] = '\0';
	answers = 0;
	assert_true(submit(job(STORE_JOB_OPEN, "open")));
}

static int
setup(void **state)
{
	(void)state;
	scratch_make();
	base = event_base_new();
	start();
	assert_string_equal(wait_for(1), "open:ok ");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	store_worker_free(&worker);
	event_base_free(base);
	scratch_remove();
	return 0;
}

/* Read straight from the disk what a fresh store finds. */
static void
collect(void *arg, const char *name, const char *text)
{
	json_object_set_new(arg, name, json_string(text));
}

static json_t *
stored(void)
{
	struct store *store;
	json_t *all = json_object();

	store_worker_free(&worker);
	store = store_new(scratch_path("cam"), NULL);
	assert_int_equal(store_each_value(store, collect, all, NULL), STORE_OK);
	store_free(&store);
	start();
	wait_for(1);
	return all;
}

/* The end of the motion of before, as orield gives it. */
static struct store_job *
motion_end(const char *name, double seconds, double peak)
{
	struct store_job *made = job(STORE_JOB_MOTION_END, name);

	made->figures = (struct motion_figures){
		.wall_ns = made->wall_ns, .seconds = seconds, .peak = peak, .peak_ts = 1700000000
	};
	made->data = motion_log_data(&made->figures, 0, false);
	return made;
}

static void
test_answers_in_their_order(void **state)
{
	(void)state;
	submit(setting("a", "1"));
	submit(picture(STORE_JOB_MOTION, "m", 100));
	submit(picture(STORE_JOB_SNAPSHOT, "s", 100));
	submit(job(STORE_JOB_RESET, "r"));
	submit(motion_end("e", 1, 2));
	submit(picture(STORE_JOB_MOTION, "m", 100));
	assert_string_equal(wait_for(6),
	    "a:ok m:ok,motion#1,saved#2 s:ok,saved#3 r:ok e:ok,motion_end#4 m:ok,motion#5,saved#6 ");
	json_t *values = stored();
	assert_string_equal(json_get_text(values, "a"), "1");
	assert_string_equal(json_get_text(values, "trigger_count"), "1");
	json_decref(values);
}

static void
motion_done(void *arg, struct store_job *job)
{
	const json_t *motion = json_array_get(job->events, 0),
		     *saved = json_array_get(job->events, 1);
	const json_t *data = json_object_get(motion, "data");

	assert_int_equal(job->triggers, 1);
	assert_int_equal(json_integer_value(json_object_get(data, "count")), 1);
	assert_string_equal(json_get_text(data, "saved"), "motion-1700000000-1.jpg");
	data = json_object_get(saved, "data");
	assert_string_equal(json_get_text(data, "name"), "motion-1700000000-1.jpg");
	assert_string_equal(json_get_text(data, "url"), "snaps/motion-1700000000-1.jpg");
	assert_string_equal(json_get_text(data, "cause"), "motion");
	assert_int_equal(json_integer_value(json_object_get(data, "motion")), 1);
	assert_int_equal(json_integer_value(json_object_get(data, "size")), 77);
	done(arg, job);
}

static void
test_motion(void **state)
{
	struct store_job *made = picture(STORE_JOB_MOTION, "m", 77);

	(void)state;
	made->done = motion_done;
	submit(made);
	assert_string_equal(wait_for(1), "m:ok,motion#1,saved#2 ");
	assert_int_equal(scratch_size("cam/snaps/motion-1700000000-1.jpg"), 77);
	/* Without a picture there is no `saved`. */
	made = job(STORE_JOB_MOTION, "m");
	made->data = json_object();
	submit(motion_end("e", 1, 2));
	submit(made);
	assert_string_equal(wait_for(2), "e:ok,motion_end#3 m:ok,motion#4 ");
}

/* ---- the end of motion ---- */

static json_t *newest; /* the data of the newest event */

static void
newest_done(void *arg, struct store_job *job)
{
	(void)arg;
	newest = json_incref(
	    json_object_get(json_array_get(json_object_get(job->answer, "events"), 0), "data"));
	answers++;
}

/* The data of the newest that the question asks for, as text. */
static const char *
event_of(struct store_job *question)
{
	static char text[500];
	char *line;

	question->done = newest_done;
	submit(question);
	wait_for(1);
	line = json_line(newest);
	snprintf(text, sizeof text, "%s", line);
	free(line);
	json_decref(newest);
	return text;
}

static const char *
restart(void)
{
	store_worker_free(&worker);
	start();
	return wait_for(1);
}

static const char *
newest_event(void)
{
	return event_of(job(STORE_JOB_EVENTS, ""));
}

static void
test_an_end_has_the_number_of_its_beginning(void **state)
{
	(void)state;
	submit(setting("a", "1"));
	submit(picture(STORE_JOB_MOTION, "m", 10));
	submit(motion_end("e", 12.3, 31));
	assert_string_equal(wait_for(3), "a:ok m:ok,motion#1,saved#2 e:ok,motion_end#3 ");
	assert_string_equal(newest_event(),
	    "{\"ts\":1700000000.0,\"seconds\":12.3,\"peak\":31.0,\"peak_ts\":1700000000.0,\"motion\":1}");
	/* What has no beginning in the log has no end there. */
	submit(motion_end("e", 1, 2));
	assert_string_equal(wait_for(1), "e:ok,motion_end#0 ");
	assert_string_equal(restart(), "open:ok ");
}

/* The daemon died: closed at the next start, once, with what was noted last. */
static void
test_open_motion_is_closed_at_the_next_start(void **state)
{
	struct store_job *count = job(STORE_JOB_COUNTERS, "c");
	struct store_job *made = picture(STORE_JOB_MOTION, "m", 10);
	const char *data;

	(void)state;
	made->figures = (struct motion_figures){ .peak = 23.4, .peak_ts = 1700000000 };
	submit(made);
	wait_for(1);
	assert_string_equal(restart(), "open:ok,motion_end#3 ");
	data = newest_event();
	assert_non_null(strstr(data, "\"seconds\":0.0,\"peak\":23.4,\"peak_ts\":1700000000.0,"));
	assert_non_null(strstr(data, "\"motion\":1,\"cut\":true}"));
	assert_string_equal(restart(), "open:ok ");
	/* As much as is known. */
	submit(picture(STORE_JOB_MOTION, "m", 10));
	count->moving = true;
	count->figures = (struct motion_figures){
		.seconds = 3600, .peak = 50, .peak_ts = 1700000009
	};
	submit(count);
	assert_string_equal(wait_for(2), "m:ok,motion#4,saved#5 c:ok ");
	assert_string_equal(restart(), "open:ok,motion_end#6 ");
	assert_non_null(strstr(newest_event(),
	    "\"seconds\":3600.0,\"peak\":50.0,\"peak_ts\":1700000009.0,\"motion\":4,\"cut\":true}"));
}

static void
test_one_that_fails_leaves_the_others(void **state)
{
	struct store_job *large = picture(STORE_JOB_SNAPSHOT, "large", 100),
			 *motion = picture(STORE_JOB_MOTION, "m", 100);
	struct store_job *gone = job(STORE_JOB_DELETE, "gone");
	struct store_worker_status status;

	(void)state;
	large->limits = tight;
	motion->limits = tight;
	strcpy(gone->name, "gone.jpg");
	submit(setting("a", "1"));
	submit(large);
	submit(motion);
	submit(gone);
	submit(setting("b", "2"));
	/* The event is kept without its picture. */
	assert_string_equal(wait_for(5), "a:ok large:full m:ok,motion#1 gone:missing b:ok ");
	store_worker_status(worker, &status);
	assert_non_null(strstr(status.trouble.text, "quota: "));
	submit(picture(STORE_JOB_SNAPSHOT, "s", 100));
	wait_for(1);
	store_worker_status(worker, &status);
	assert_string_equal(status.trouble.text, "");
	assert_int_equal(status.pictures, 1);
	assert_int_equal(status.bytes, 100);
	json_t *values = stored();
	assert_string_equal(json_get_text(values, "a"), "1");
	assert_string_equal(json_get_text(values, "b"), "2");
	json_decref(values);
}

static void
test_one_that_fails_half_way_is_undone(void **state)
{
	struct store_job *half = job(STORE_JOB_SET, "half");
	json_t *values;

	(void)state;
	half->data = json_pack("{s:s, s:i}", "half", "1", "no text at all", 5);
	submit(setting("a", "1"));
	submit(half);
	submit(setting("b", "1"));
	assert_string_equal(wait_for(3), "a:ok half:failed b:ok ");
	values = stored();
	assert_string_equal(json_get_text(values, "a"), "1");
	assert_null(json_get_text(values, "half"));
	assert_string_equal(json_get_text(values, "b"), "1");
	json_decref(values);
}

static void
test_a_full_queue_refuses(void **state)
{
	struct store_worker_status status;

	(void)state;
	/* Answers are taken by the loop, and it does not turn now. */
	for (int i = 0; i < STORE_WORKER_PICTURES; i++)
		assert_true(submit(picture(STORE_JOB_SNAPSHOT, "s", 10)));
	assert_false(submit(picture(STORE_JOB_SNAPSHOT, "s", 10)));
	for (int i = STORE_WORKER_PICTURES; i < STORE_WORKER_JOBS; i++)
		assert_true(submit(setting("a", "1")));
	assert_false(submit(setting("a", "2")));
	store_worker_status(worker, &status);
	assert_int_equal(status.refused, 2);
	wait_for(STORE_WORKER_JOBS);
	assert_true(submit(picture(STORE_JOB_SNAPSHOT, "s", 10)));
	wait_for(1);
}

/* However slow the disk is, the waiting jobs take bounded memory. */
static void
test_large_pictures_are_fewer(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(submit(picture(STORE_JOB_SNAPSHOT, "s", STORE_WORKER_BYTES / 3)));
	assert_false(submit(picture(STORE_JOB_SNAPSHOT, "s", 10)));
	wait_for(3);
	assert_true(submit(picture(STORE_JOB_SNAPSHOT, "s", STORE_WORKER_BYTES + 1))); /* alone */
	assert_false(submit(picture(STORE_JOB_SNAPSHOT, "s", 10)));
	wait_for(1);
}

static void
test_commits_are_grouped(void **state)
{
	(void)state;
	for (int i = 0; i < 400; i++)
		submit(setting("a", "1"));
	wait_for(400);
	/* A commit of its own would append at least one page of 4 KiB to the log. */
	assert_true(scratch_size("cam/state.db-wal") > 0);
	assert_true(scratch_size("cam/state.db-wal") < 200 * 4096);
}

static void
test_what_was_given_is_finished_at_the_end(void **state)
{
	json_t *values;

	(void)state;
	for (int i = 0; i < 200; i++)
		submit(setting(i < 199 ? "a" : "last", "1"));
	store_worker_free(&worker);
	assert_int_equal(answers, 200);
	start();
	assert_string_equal(wait_for(1), "open:ok ");
	values = stored();
	assert_string_equal(json_get_text(values, "last"), "1");
	json_decref(values);
}

static void
test_counters(void **state)
{
	struct store_job *count = job(STORE_JOB_COUNTERS, "c");
	json_t *values;

	(void)state;
	count->frames = 100;
	submit(picture(STORE_JOB_MOTION, "m", 10));
	submit(count);
	wait_for(2);
	values = stored();
	assert_string_equal(json_get_text(values, "frame_count"), "100");
	assert_string_equal(json_get_text(values, "trigger_count"), "1");
	json_decref(values);
	/* The next run counts on. */
	count = job(STORE_JOB_COUNTERS, "c");
	count->frames = 11;
	submit(count);
	submit(picture(STORE_JOB_MOTION, "m", 10));
	wait_for(2);
	values = stored();
	assert_string_equal(json_get_text(values, "frame_count"), "111");
	assert_string_equal(json_get_text(values, "trigger_count"), "2");
	json_decref(values);
}

/* ---- damage while it is in use ---- */

static void
fill(void)
{
	submit(setting("a", "1"));
	for (int i = 0; i < 15; i++)
		submit(picture(STORE_JOB_MOTION, "m", 10));
	wait_for(16);
}

/* It goes on as if nothing had been, with what it knew; the number of the newest event. */
static json_int_t
goes_on(const char *reason)
{
	struct store_worker_status status;
	long long number = 0;
	json_t *values;
	char *at;

	submit(setting("b", "2"));
	submit(picture(STORE_JOB_MOTION, "m", 10));
	submit(job(STORE_JOB_COUNTERS, "c"));
	at = strstr(wait_for(3), "motion#");
	assert_non_null(at);
	sscanf(at, "motion#%lld", &number);
	store_worker_status(worker, &status);
	assert_string_equal(status.trouble.text, "");
	assert_true(status.repaired.wall_ns > 0);
	assert_non_null(strstr(status.repaired.why.text, reason));
	assert_int_equal(status.pictures, 16);
	values = stored();
	assert_string_equal(json_get_text(values, "a"), "1");
	assert_string_equal(json_get_text(values, "b"), "2");
	assert_string_equal(json_get_text(values, "trigger_count"), "16");
	json_decref(values);
	return number;
}

static void
test_the_file_is_removed(void **state)
{
	struct store_job *question = job(STORE_JOB_EVENTS, "q");

	(void)state;
	scratch_silence(true);
	fill();
	unlink(scratch_path("cam/state.db"));
	unlink(scratch_path("cam/state.db-wal"));
	unlink(scratch_path("cam/state.db-shm"));
	assert_true(goes_on("it was removed while it was in use") > 30);
	/* Nothing of it is lost: it was still open. */
	question->query = (struct store_query){ .after = 0, .limit = 1 };
	submit(question);
	assert_string_equal(wait_for(1), "q:ok ");
	assert_int_equal(scratch_count_like("cam", "state.db.corrupt-"), 0);
	scratch_silence(false);
}

static void
test_all_is_removed(void **state)
{
	char command[300];

	(void)state;
	scratch_silence(true);
	submit(setting("a", "1"));
	submit(picture(STORE_JOB_MOTION, "m", 10));
	submit(motion_end("e", 1, 2));
	wait_for(3);
	snprintf(command, sizeof command, "rm -r %s/*", scratch_path("cam"));
	assert_int_equal(system(command), 0);
	submit(picture(STORE_JOB_MOTION, "m", 10));
	submit(job(STORE_JOB_PICTURES, "p"));
	assert_string_equal(wait_for(2), "m:ok,motion#1001,saved#1002 p:ok ");
	assert_int_equal(scratch_count("cam/snaps"), 1);
	scratch_silence(false);
}

static void
test_an_older_copy_is_put_back(void **state)
{
	char command[600];

	(void)state;
	scratch_silence(true);
	submit(setting("a", "1"));
	submit(picture(STORE_JOB_MOTION, "m", 10));
	wait_for(2);
	json_decref(stored()); /* closed once: all is in the one file */
	snprintf(command, sizeof command, "cp %s %s", scratch_path("cam/state.db"),
	    scratch_path("old.db"));
	assert_int_equal(system(command), 0);
	for (int i = 0; i < 14; i++)
		submit(picture(STORE_JOB_MOTION, "m", 10));
	wait_for(14);
	snprintf(command, sizeof command, "rm %s* && mv %s %s", scratch_path("cam/state.db"),
	    scratch_path("old.db"), scratch_path("cam/state.db"));
	assert_int_equal(system(command), 0);
	assert_true(goes_on("another file was put in its place") > 30);
	scratch_silence(false);
}

static void
test_pages_are_spoilt(void **state)
{
	char command[300];

	(void)state;
	scratch_silence(true);
	fill();
	json_decref(stored());
	snprintf(command, sizeof command,
	    "dd if=/dev/zero of=%s bs=4096 seek=2 count=3 conv=notrunc 2>/dev/null",
	    scratch_path("cam/state.db"));
	assert_int_equal(system(command), 0);
	submit(job(STORE_JOB_LOOK, "look"));
	assert_string_equal(wait_for(1), "look:ok ");
	assert_true(goes_on("") > 30);
	assert_true(scratch_count_like("cam", "state.db.corrupt-") > 0);
	scratch_silence(false);
}

/* So large that the database's log must grow. */
static json_t *
filler(void)
{
	char text[4000];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	return json_string(text);
}

static void
test_disk_full(void **state)
{
	struct store_worker_status status;
	struct store_job *question, *made;
	const char *told;
	json_t *values;

	(void)state;
	store_worker_free(&worker);
	if (!scratch_mount_small("cam", 512 << 10, 0)) {
		start();
		skip();
	}
	scratch_silence(true);
	start();
	submit(setting("a", "1"));
	submit(picture(STORE_JOB_MOTION, "m", 10));
	assert_string_equal(wait_for(3), "open:ok a:ok m:ok,motion#1,saved#2 ");
	scratch_fill("cam/big", 1 << 20);
	made = motion_end("e", 12.3, 31);
	json_object_set_new(made->data, "text", filler());
	submit(made);
	assert_string_equal(wait_for(1), "e:full,motion_end#0 ");
	/* Each carries enough that the log must grow. */
	for (int i = 0; i < 10; i++) {
		made = picture(STORE_JOB_MOTION, "m", 10);
		json_object_set_new(made->data, "text", filler());
		submit(made);
	}
	question = job(STORE_JOB_EVENTS, "q");
	question->query.limit = 10;
	submit(question);
	submit(setting("a", "2"));
	/* Told live, without a number; who only asks is answered. */
	told = wait_for(12);
	assert_non_null(strstr(told, "m:full,motion#0 "));
	assert_non_null(strstr(told, "q:ok "));
	store_worker_status(worker, &status);
	assert_non_null(strstr(status.trouble.text, "disk full"));
	unlink(scratch_path("cam/big"));
	/* The end that is owed comes first; that of a beginning without a number has none either.
	 */
	submit(motion_end("e", 1, 2));
	submit(picture(STORE_JOB_MOTION, "m", 10));
	told = wait_for(2);
	assert_non_null(strstr(told, "e:ok,motion_end#0 m:ok,motion_end#"));
	assert_non_null(strstr(told, ",motion#"));
	question = job(STORE_JOB_EVENTS, "q");
	strcpy(question->type, "motion_end");
	told = event_of(question);
	assert_non_null(strstr(told, "\"seconds\":12.3,\"peak\":31.0,"));
	assert_null(strstr(told, "cut"));
	store_worker_status(worker, &status);
	assert_string_equal(status.trouble.text, "");
	/* The triggers of the outage were counted and are stored now. */
	values = stored();
	scratch_silence(false);
	assert_string_equal(json_get_text(values, "trigger_count"), "12");
	json_decref(values);
}

static void
test_a_store_that_opens_later(void **state)
{
	struct store_worker_status status;
	struct store_job *made;
	json_t *values;

	(void)state;
	submit(setting("a", "1"));
	submit(picture(STORE_JOB_MOTION, "m", 10));
	wait_for(2);
	store_worker_free(&worker);
	rename(scratch_path("cam"), scratch_path("away"));
	scratch_write("cam", "in the way");
	scratch_silence(true);
	start();
	made = job(STORE_JOB_MOTION, "m");
	made->data = json_object();
	submit(made);
	submit(setting("a", "2"));
	made = job(STORE_JOB_EVENTS, "q");
	submit(made);
	assert_string_equal(wait_for(4), "open:failed m:failed,motion#0 a:failed q:failed ");
	store_worker_status(worker, &status);
	assert_non_null(strstr(status.trouble.text, "cam"));
	unlink(scratch_path("cam"));
	rename(scratch_path("away"), scratch_path("cam"));
	submit(job(STORE_JOB_OPEN, "open"));
	submit(job(STORE_JOB_COUNTERS, "c"));
	assert_string_equal(wait_for(2), "open:ok,motion_end#3 c:ok ");
	scratch_silence(false);
	store_worker_status(worker, &status);
	assert_string_equal(status.trouble.text, "");
	values = stored();
	assert_string_equal(json_get_text(values, "a"), "1");
	assert_string_equal(json_get_text(values, "trigger_count"), "2");
	json_decref(values);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answers_in_their_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_motion, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_an_end_has_the_number_of_its_beginning, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_open_motion_is_closed_at_the_next_start, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_one_that_fails_leaves_the_others, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_one_that_fails_half_way_is_undone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_full_queue_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_pictures_are_fewer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_commits_are_grouped, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_what_was_given_is_finished_at_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_file_is_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_all_is_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_older_copy_is_put_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pages_are_spoilt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_disk_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_store_that_opens_later, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
