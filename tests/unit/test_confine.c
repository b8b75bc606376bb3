/* SPDX-License-Identifier: ISC */
/* Each attempt in a child that confines itself; tests/site/test_confine.py has the
 * real programs. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "confine/confine_internal.h"
#include "scratch.h"

enum {
	ALL_CALLS = CONFINE_THREADS | CONFINE_STORE | CONFINE_WATCH | CONFINE_CAMERA |
	    CONFINE_LISTEN
};

#define CHECK(truth) check((truth), #truth, __LINE__)

static void
check(bool truth, const char *text, int line)
{
	if (truth)
		return;
	fprintf(stderr, "line %d: %s (%s)\n", line, text, strerror(errno));
	_exit(1);
}

static void
in_child(void (*attempt)(void))
{
	int status;
	pid_t child = fork();

	assert_int_not_equal(child, -1);
	if (child == 0) {
		attempt();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static int
setup(void **state)
{
	(void)state;
	scratch_make();
	mkdir(scratch_path("in"), 0700);
	mkdir(scratch_path("out"), 0700);
	scratch_write("in/old", "old");
	scratch_write("out/old", "old");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_remove();
	return 0;
}

static int
landlock_abi(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/* Open and close; errno tells why not. */
static bool
opens(const char *name, int flags)
{
	int fd = open(scratch_path("%s", name), flags | O_CLOEXEC, 0600);

	return fd != -1 && close(fd) == 0;
}

static bool
refused(bool done, int error)
{
	return !done && errno == error;
}

static void
confine_to(const char *name, unsigned may)
{
	const struct confine_path path = { scratch_path("%s", name), may };

	confine(ALL_CALLS, &path, 1);
}

/* ---- files ----------------------------------------------------------- */

static void
keep(void)
{
	confine_to("in", CONFINE_READ | CONFINE_WRITE | CONFINE_MAKE);
	CHECK(opens("in/old", O_RDWR));
	CHECK(opens("in/new", O_WRONLY | O_CREAT | O_TRUNC));
	CHECK(rename(scratch_path("in/new"), scratch_path("in/newer")) == 0);
	CHECK(mkdir(scratch_path("in/folder"), 0700) == 0);
	CHECK(opens("in/folder/new", O_WRONLY | O_CREAT));
	CHECK(unlink(scratch_path("in/newer")) == 0);
	CHECK(refused(opens("out/old", O_WRONLY), EACCES));
	CHECK(refused(opens("out/new", O_WRONLY | O_CREAT), EACCES));
	CHECK(refused(unlink(scratch_path("out/old")) == 0, EACCES));
	CHECK(refused(mkdir(scratch_path("out/folder"), 0700) == 0, EACCES));
	CHECK(refused(rename(scratch_path("in/old"), scratch_path("out/stolen")) == 0, EXDEV) ||
	    errno == EACCES);
	CHECK(refused(open("/etc/passwd", O_WRONLY) != -1, EACCES));
#ifndef ORIEL_SANITIZED
	CHECK(refused(opens("out/old", O_RDONLY), EACCES));
	CHECK(refused(open("/etc/passwd", O_RDONLY) != -1, EACCES));
#endif
}

static void
read_only(void)
{
	confine_to("in", CONFINE_READ);
	CHECK(opens("in/old", O_RDONLY));
	CHECK(opens("in", O_RDONLY | O_DIRECTORY));
	CHECK(refused(opens("in/old", O_WRONLY), EACCES));
	CHECK(refused(opens("in/new", O_WRONLY | O_CREAT), EACCES));
	CHECK(refused(unlink(scratch_path("in/old")) == 0, EACCES));
}

static void
sockets(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	snprintf(address.sun_path, sizeof address.sun_path, "%s", scratch_path("in/sock"));
	confine_to("in", CONFINE_SOCKETS);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
	CHECK(unlink(address.sun_path) == 0);
	CHECK(refused(opens("in/old", O_WRONLY), EACCES));
	CHECK(refused(opens("in/new", O_WRONLY | O_CREAT), EACCES));
}

/* A FIFO that is made anew is another inode. */
static void
around(void)
{
	CHECK(mkfifo(scratch_path("in/fifo"), 0600) == 0);
	confine_to("in/fifo", CONFINE_READ | CONFINE_AROUND);
	CHECK(opens("in/old", O_RDONLY));
	CHECK(refused(opens("in/old", O_WRONLY), EACCES));
#ifndef ORIEL_SANITIZED
	CHECK(refused(opens("out/old", O_RDONLY), EACCES));
#endif
}

/* The state folder may be made by somebody later. */
static void
not_there_yet(void)
{
	confine_to("in/later/camera", CONFINE_READ | CONFINE_WRITE | CONFINE_MAKE);
	CHECK(mkdir(scratch_path("in/later"), 0700) == 0);
	CHECK(mkdir(scratch_path("in/later/camera"), 0700) == 0);
	CHECK(opens("in/later/camera/new", O_WRONLY | O_CREAT));
	CHECK(refused(opens("out/new", O_WRONLY | O_CREAT), EACCES));
}

static void
root_is_no_stand_in(void)
{
	const struct confine_path paths[] = {
		{ "/oriel-nonexistent/state", CONFINE_READ | CONFINE_WRITE | CONFINE_MAKE },
		{ "/oriel-nonexistent", CONFINE_READ | CONFINE_WRITE | CONFINE_AROUND },
		{ "", CONFINE_WRITE },
		{ "relative", CONFINE_WRITE | CONFINE_AROUND },
	};

	CHECK(chdir("/") == 0);
	scratch_silence(true);
	confine(ALL_CALLS, paths, sizeof paths / sizeof paths[0]);
	scratch_silence(false);
	CHECK(refused(opens("in/old", O_WRONLY), EACCES));
	CHECK(refused(mkdir("/oriel-nonexistent", 0700) == 0, EACCES));
}

/* A file: only what can be done with files may be asked for. */
static void
one_file(void)
{
	confine_to("in/old", CONFINE_READ | CONFINE_WRITE | CONFINE_MAKE);
	CHECK(opens("in/old", O_RDWR));
	CHECK(refused(opens("in/new", O_WRONLY | O_CREAT), EACCES));
}

static void
test_files(void **state)
{
	static void (*const attempts[])(void) = { keep, read_only, sockets, around, not_there_yet,
		root_is_no_stand_in, one_file };

	(void)state;
	if (landlock_abi() < 1)
		skip();
	for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
		in_child(attempts[i]);
}

static void
test_what_older_kernels_lack(void **state)
{
	(void)state;
	assert_string_equal(landlock_lacks(2), "truncation, device ioctls, signals");
	assert_string_equal(landlock_lacks(4), "device ioctls, signals");
	assert_string_equal(landlock_lacks(5), "signals");
	assert_string_equal(landlock_lacks(6), "");
	assert_string_equal(landlock_lacks(99), "");
}

/* ---- system calls ---------------------------------------------------- */

static void *
thread(void *arg)
{
	(void)arg;
	return NULL;
}

static bool
threads_start(void)
{
	pthread_t id;

	errno = pthread_create(&id, NULL, thread, NULL);
	return errno == 0 && pthread_join(id, NULL) == 0;
}

static void
calls_of_everybody(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int pair[2];

	confine(0, NULL, 0);
	CHECK(prctl(PR_SET_NAME, "name") == 0);
	CHECK(raise(0) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && write(pair[0], "x", 1) == 1);
	CHECK(opens("in/old", O_RDONLY));
	CHECK(refused(socket(AF_INET, SOCK_STREAM, 0) != -1, ENOSYS));
	CHECK(refused(socket(AF_NETLINK, SOCK_RAW, 0) != -1, ENOSYS));
	CHECK(refused(execl("/bin/true", "true", (char *)NULL) != -1, ENOSYS));
	CHECK(refused(mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0, ENOSYS));
	CHECK(refused(
	    mmap(NULL, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED, ENOSYS));
	CHECK(refused(mkdir(scratch_path("in/folder"), 0700) == 0, ENOSYS));
	CHECK(refused(syscall(SYS_memfd_create, "x", 0) != -1, ENOSYS));
#ifndef ORIEL_SANITIZED /* LeakSanitizer's */
	CHECK(!threads_start());
	CHECK(refused(fork() != -1, ENOSYS));
	CHECK(refused(kill(getpid(), 0) == 0, ENOSYS));
	CHECK(refused(syscall(SYS_ptrace, 0, 0, 0, 0) != -1, ENOSYS));
#endif
}

static void
calls_of_groups(void)
{
	confine(ALL_CALLS, NULL, 0);
	CHECK(threads_start());
	CHECK(mkdir(scratch_path("in/group"), 0700) == 0);
	CHECK(syscall(SYS_memfd_create, "x", 0) != -1);
#ifndef ORIEL_SANITIZED
	CHECK(refused(fork() != -1, ENOSYS));
#endif
}

/* oriel-fcgi: the parent first, then each worker once more. */
static void
a_second_time(void)
{
	int status;
	pid_t child;

	confine(CONFINE_PROCESSES, NULL, 0);
	child = fork();
	CHECK(child != -1);
	if (child == 0) {
		confine(0, NULL, 0);
		CHECK(raise(0) == 0);
#ifndef ORIEL_SANITIZED
		CHECK(refused(fork() != -1, ENOSYS));
#endif
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK(kill(getpid(), 0) == 0);
}

static void
test_calls(void **state)
{
	(void)state;
	in_child(calls_of_everybody);
	in_child(calls_of_groups);
	in_child(a_second_time);
}

/* A name that libseccomp does not know is passed over: it must be new, not misspelt. */
static void
test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < CALLS_GROUPS; i++) {
		for (const char *const *name = calls_of(calls_groups[i]); *name != NULL; name++) {
			if (seccomp_syscall_resolve_name(*name) == __NR_SCMP_ERROR)
				fail_msg("no such system call: %s", *name);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files, setup, teardown),
		cmocka_unit_test(test_what_older_kernels_lack),
		cmocka_unit_test_setup_teardown(test_calls, setup, teardown),
		cmocka_unit_test(test_names),
	};

	log_init("test_confine", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
