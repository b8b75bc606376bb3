/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "fastcgi/record.h"
#include "fanout/sse.h"

static void
assert_message(struct sse_message *message, const char *text)
{
	assert_non_null(message);
	assert_int_equal(message->length, RECORD_HEADER_SIZE + strlen(text));
	assert_memory_equal(message->bytes + RECORD_HEADER_SIZE, text, strlen(text));
	assert_int_equal(message->bytes[4] << 8 | message->bytes[5], strlen(text));
	free(message);
}

static void
test_messages(void **state)
{
	json_t *data = json_pack("{s:i, s:s}", "z", 1, "a", "line\nbreak");

	(void)state;
	assert_message(sse_event("motion", 17, data),
	    "id: 17\nevent: motion\ndata: {\"z\":1,\"a\":\"line\\nbreak\"}\n\n");
	assert_message(sse_event("state", 0, data),
	    "event: state\ndata: {\"z\":1,\"a\":\"line\\nbreak\"}\n\n");
	assert_message(sse_raw(": keepalive\n\n"), ": keepalive\n\n");
	assert_null(sse_event("x", 1, NULL));
	json_decref(data);
}

static void
test_a_long_message_takes_several_records(void **state)
{
	char *text = malloc(100001);
	struct sse_message *message;

	(void)state;
	memset(text, 'x', 100000);
	text[100000] = '\0';
	message = sse_raw(text);
	assert_int_equal(message->length, 100000 + 2 * RECORD_HEADER_SIZE);
	free(message);
	free(text);
}

static void
test_last_event_id(void **state)
{
	static const char *const bad[] = { "x", "1x", "-1", "+1", " 1", "1 ", "0x1", "1.0", "1e3",
		"9223372036854775808", "99999999999999999999999999" };
	uint64_t id = 5;

	(void)state;
	assert_int_equal(sse_resume_parse("", &id), SSE_FRESH);
	assert_int_equal(id, 5);
	assert_int_equal(sse_resume_parse("0", &id), SSE_AFTER);
	assert_int_equal(id, 0);
	assert_int_equal(sse_resume_parse("9223372036854775807", &id), SSE_AFTER);
	assert_true(id == INT64_MAX);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(sse_resume_parse(bad[i], &id), SSE_UNKNOWN);
}

static struct sse_log sse_log;

static void
push(uint64_t id)
{
	struct sse_message *message = sse_raw("x");

	message->id = id;
	sse_log_push(&sse_log, message);
}

static void
test_the_log_holds_what_came_after_its_base(void **state)
{
	(void)state;
	sse_log_init(&sse_log);
	sse_log_restart(&sse_log, 100);
	assert_int_equal(sse_log.newest, 100);
	assert_int_equal(sse_log_find(&sse_log, 50), 1);
	push(101); /* serial 1 */
	push(0);
	push(102);
	assert_int_equal(sse_log.next, 4);
	assert_int_equal(sse_log.base, 100);
	assert_int_equal(sse_log.newest, 102);
	assert_int_equal(sse_log_find(&sse_log, 100), 1);
	assert_int_equal(sse_log_find(&sse_log, 101), 3);
	assert_int_equal(sse_log_find(&sse_log, 102), 4);
	assert_int_equal(sse_log_get(&sse_log, 3)->id, 102);
	assert_null(sse_log_get(&sse_log, 4));
	sse_log_deinit(&sse_log);
}

static void
test_the_log_forgets_the_oldest(void **state)
{
	(void)state;
	sse_log_init(&sse_log);
	for (uint64_t id = 1; id <= SSE_LOG_SIZE; id++)
		push(id);
	assert_int_equal(sse_log.base, 0);
	push(0);
	assert_int_equal(sse_log.base, 1); /* event 1 made room */
	assert_null(sse_log_get(&sse_log, 1));
	assert_int_equal(sse_log_get(&sse_log, 2)->id, 2);
	assert_int_equal(sse_log_find(&sse_log, 1), 2);
	assert_int_equal(sse_log_find(&sse_log, 0), 2);
	for (int i = 0; i < SSE_LOG_SIZE; i++)
		push(0);
	assert_int_equal(sse_log.base, SSE_LOG_SIZE);
	assert_int_equal(sse_log_find(&sse_log, 0), sse_log.next);
	sse_log_deinit(&sse_log);
}

static void
test_a_restart_leaves_nothing_but_serials(void **state)
{
	(void)state;
	sse_log_init(&sse_log);
	push(1);
	push(2);
	sse_log_restart(&sse_log, 0);
	assert_int_equal(sse_log.next, 3);
	assert_null(sse_log_get(&sse_log, 2));
	assert_int_equal(sse_log_find(&sse_log, 0), 3);
	push(1);
	assert_int_equal(sse_log_get(&sse_log, 3)->id, 1);
	sse_log_deinit(&sse_log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_a_long_message_takes_several_records),
		cmocka_unit_test(test_last_event_id),
		cmocka_unit_test(test_the_log_holds_what_came_after_its_base),
		cmocka_unit_test(test_the_log_forgets_the_oldest),
		cmocka_unit_test(test_a_restart_leaves_nothing_but_serials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
