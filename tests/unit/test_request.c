/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fastcgi/validate.h"
#include "fastcgi/record.h"
#include "fastcgi/request.h"

/* These tests fix how libfcgi treats a descriptor that it is given and has not accepted itself
 * (see request.c): another libfcgi may do otherwise. */

static void
send_record(int fd, enum record_type type, const void *content, size_t length)
{
	unsigned char header[RECORD_HEADER_SIZE];

	record_header(header, type, length);
	assert_int_equal(send(fd, header, sizeof header, 0), sizeof header);
	if (length > 0)
		assert_int_equal(send(fd, content, length, 0), length);
}

static void
send_request(
    int fd, bool keep, const char *params, size_t length, const char *body, size_t body_length)
{
	unsigned char begin[8] = { 0, RECORD_RESPONDER, keep };

	send_record(fd, RECORD_BEGIN_REQUEST, begin, sizeof begin);
	send_record(fd, RECORD_PARAMS, params, length);
	send_record(fd, RECORD_PARAMS, NULL, 0);
	if (body_length > 0)
		send_record(fd, RECORD_STDIN, body, body_length);
	send_record(fd, RECORD_STDIN, NULL, 0);
}

#define STATUS                   \
	"\16\3REQUEST_METHODGET" \
	"\12\7ORIEL_PATH/status" \
	"\14\3QUERY_STRINGa=1"

static void
pair(int fds[2])
{
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
}

static void
test_reads_and_leaves_the_descriptor_open(void **state)
{
	struct request request;
	int fds[2], fd;
	char byte;

	(void)state;
	pair(fds);
	fd = fds[0];
	for (int round = 0; round < 100; round++) {
		send_request(fds[1], round % 2, STATUS, sizeof STATUS - 1, "", 0);
		assert_int_equal(request_read(&fd, &request), 0);
		assert_int_equal(fd, fds[0]);
		assert_string_equal(request.method, "GET");
		assert_string_equal(request.path, "/status");
		assert_string_equal(request.query, "a=1");
		assert_string_equal(request.content_type, "");
		assert_int_equal(request.keep, round % 2);
		assert_int_equal(request.body_length, 0);
		request_release();
		/* Nothing was answered, nothing left behind, and it is still open. */
		assert_int_equal(recv(fds[1], &byte, 1, 0), -1);
		assert_int_equal(recv(fds[0], &byte, 1, 0), -1);
		assert_true(fcntl(fds[0], F_GETFD) != -1);
	}
	close(fds[0]);
	close(fds[1]);
}

/* Around the size of libfcgi's own buffer (8 KiB) as well. */
static void
test_bodies_are_read_to_the_end(void **state)
{
	static char body[VALIDATE_BODY_MAX];
	static const size_t sizes[] = { 1, 8000, 8192, 8193, 16000, VALIDATE_BODY_MAX };
	struct request request;
	int fds[2];
	char byte;

	(void)state;
	pair(fds);
	for (size_t i = 0; i < sizeof body; i++)
		body[i] = (char)(i * 7);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		send_request(fds[1], true, STATUS, sizeof STATUS - 1, body, sizes[i]);
		assert_int_equal(request_read(&fds[0], &request), 0);
		assert_int_equal(request.body_length, sizes[i]);
		assert_memory_equal(request.body, body, sizes[i]);
		request_release();
		assert_int_equal(recv(fds[0], &byte, 1, 0), -1);
	}
	close(fds[0]);
	close(fds[1]);
}

static void
test_large_parameters(void **state)
{
	static char params[VALIDATE_PARAMS_MAX];
	struct request request;
	int fds[2];

	(void)state;
	pair(fds);
	memset(params, 'c', sizeof params);
	memcpy(params, "\x80\0\0\12\x80\0\x75\x30ORIEL_PATH", 18); /* 30000 bytes of path */
	send_request(fds[1], true, params, 18 + 30000, "", 0);
	assert_int_equal(request_read(&fds[0], &request), 0);
	assert_int_equal(strlen(request.path), 30000);
	request_release();
	close(fds[0]);
	close(fds[1]);
}

/* The validator refuses these. If one passed, libfcgi would still neither wait nor close a
 * descriptor that we believe to be ours. */
static void
test_half_a_request_fails_at_once(void **state)
{
	struct request request;
	struct timespec before, after;
	int fds[2], fd;

	(void)state;
	for (int round = 0; round < 3; round++) {
		pair(fds);
		fd = fds[0];
		clock_gettime(CLOCK_MONOTONIC, &before);
		if (round == 1)
			assert_int_equal(send(fds[1], "\1\1\0\1", 4, 0), 4);
		if (round == 2)
			assert_int_equal(send(fds[1], "garbage garbage garbage", 23, 0), 23);
		assert_int_equal(request_read(&fd, &request), -1);
		clock_gettime(CLOCK_MONOTONIC, &after);
		assert_true(after.tv_sec - before.tv_sec < 2);
		if (fd != -1)
			close(fd);
		assert_int_equal(fcntl(fds[0], F_GETFD), -1);
		close(fds[1]);
	}
}

static int
start(void **state)
{
	(void)state;
	return request_init();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_and_leaves_the_descriptor_open),
		cmocka_unit_test(test_bodies_are_read_to_the_end),
		cmocka_unit_test(test_large_parameters),
		cmocka_unit_test(test_half_a_request_fails_at_once),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
