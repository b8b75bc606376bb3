/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unixsock.h"

static char folder[64], path[128];

static int
setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/oriel-sock-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/sock", folder);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void
test_listens_for_the_group_only(void **state)
{
	struct stat st;
	struct cause why;
	bool inherited;
	int fd = unixsock_listen(path, &inherited, &why), peer;

	(void)state;
	assert_int_not_equal(fd, -1);
	assert_false(inherited);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	peer = unixsock_connect(path);
	assert_int_not_equal(peer, -1);
	close(peer);
	close(fd);
}

static void
test_stale_socket_is_replaced_a_served_one_not(void **state)
{
	struct cause why;
	bool inherited;
	int first = unixsock_listen(path, &inherited, &why), second;

	(void)state;
	assert_int_equal(unixsock_listen(path, &inherited, &why), -1);
	assert_non_null(strstr(why.text, "another process is serving"));
	close(first);
	assert_int_equal(unixsock_connect(path), -1);
	assert_int_equal(errno, ECONNREFUSED);
	second = unixsock_listen(path, &inherited, &why);
	assert_int_not_equal(second, -1);
	close(second);
}

static void
test_other_files_are_left_alone(void **state)
{
	struct cause why;
	bool inherited;
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	(void)state;
	close(fd);
	assert_int_equal(unixsock_listen(path, &inherited, &why), -1);
	assert_non_null(strstr(why.text, "is no socket"));
	assert_int_equal(access(path, F_OK), 0);
}

static void
test_too_long_a_path(void **state)
{
	char endless[200];
	struct cause why;
	bool inherited;

	(void)state;
	memset(endless, 'x', sizeof endless - 1);
	endless[sizeof endless - 1] = '\0';
	assert_int_equal(unixsock_listen(endless, &inherited, &why), -1);
	assert_int_equal(unixsock_connect(endless), -1);
	assert_int_equal(errno, ENAMETOOLONG);
}

/* In a child, since systemd hands over descriptor 3 and an environment. */
static void
test_takes_what_systemd_hands_over(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		char pid[32];
		bool inherited = false;
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		dup2(fd, 3);
		snprintf(pid, sizeof pid, "%ld", (long)getpid());
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", "1", 1);
		_exit(unixsock_listen("/nowhere", &inherited, NULL) == 3 && inherited ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_listens_for_the_group_only),
		TEST(test_stale_socket_is_replaced_a_served_one_not),
		TEST(test_other_files_are_left_alone),
		TEST(test_too_long_a_path),
		TEST(test_takes_what_systemd_hands_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
