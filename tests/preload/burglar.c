/* SPDX-License-Identifier: ISC */
/* Inside a program that has been taken over: after SIGUSR2 it tries what such a one would,
 * harmlessly, and says on standard error how each went:
 *
 *   burglar: NAME done | burglar: NAME ENOSYS | …
 *
 *   LD_PRELOAD=…/burglar.so orield …; kill -USR2 … */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void
say(const char *name, long result)
{
	const char *outcome = result != -1 ? "done" : strerrorname_np(errno);
	char line[128];
	int length = snprintf(line, sizeof line, "burglar: %s %s\n", name, outcome);

	if (write(STDERR_FILENO, line, (size_t)length) == -1)
		_exit(99);
}

/* Call the kernel directly: a library might refuse by itself. */
static void
say_opened(const char *name, long fd)
{
	say(name, fd);
	if (fd != -1)
		syscall(SYS_close, fd);
}

static void
try_files(void)
{
	char made[40]; /* of its own: one that could not remove it must not help the next */

	snprintf(made, sizeof made, "/var/tmp/oriel-burglar-%d", (int)getpid());
	say_opened("write-passwd", syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_WRONLY));
	say_opened("read-passwd", syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY));
	say_opened("list-root", syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY));
	say_opened("make-file", syscall(SYS_openat, AT_FDCWD, made, O_WRONLY | O_CREAT, 0600));
	unlink(made);
	say("make-folder", mkdir(made, 0700));
	rmdir(made);
	/* Nothing has this name: ENOENT is a kernel that would have done it. */
	say("truncate", truncate("/nonexistent/oriel", 0));
	say("link", linkat(AT_FDCWD, "/nonexistent/oriel", AT_FDCWD, "/nonexistent/other", 0));
}

static void
try_sockets(void)
{
	say_opened("inet", syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
	say_opened("inet6", syscall(SYS_socket, AF_INET6, SOCK_DGRAM, 0));
	say_opened("netlink", syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0));
	say_opened("unix", syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
	say("bind", bind(-1, NULL, 0));
}

static void
try_processes(void)
{
	/* EINVAL: it wants CLONE_VM as well. */
	say("fork", syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, NULL, NULL, NULL, 0));
	say("kill", kill(1, 0));
	say("signal-self", syscall(SYS_tgkill, getpid(), getpid(), 0));
	say("signal-other", syscall(SYS_tgkill, 1, 1, 0));
	say("ptrace", ptrace(PTRACE_CONT, 1, NULL, NULL)); /* ESRCH: not traced by us */
	say("execve", syscall(SYS_execve, "/nonexistent", NULL, NULL));
	say("namespace", syscall(SYS_unshare, CLONE_NEWUTS));
	say("setuid", syscall(SYS_setuid, getuid()));
	say("seccomp", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL));
}

static void
try_memory(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long code;

	say("memory-to-code", mprotect(page, 4096, PROT_READ | PROT_EXEC));
	munmap(page, 4096);
	code = (long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	say("map-code", code);
	if (code != -1)
		munmap((void *)code, 4096);
}

/* EBADF: the request itself would have been let through. */
static void
try_devices(void)
{
	say("ioctl-terminal", ioctl(-1, TIOCSTI, ""));
	say("ioctl-camera", ioctl(-1, 0x80685600, NULL)); /* VIDIOC_QUERYCAP */
	say("inotify", syscall(SYS_inotify_add_watch, -1, "/", 1));
	say("memfd", syscall(SYS_memfd_create, NULL, 0)); /* EFAULT */
}

static void
burgle(int number)
{
	int saved = errno;

	(void)number;
	try_files();
	try_sockets();
	try_processes();
	try_memory();
	try_devices();
	say("end", 0);
	errno = saved;
}

__attribute__((constructor)) static void
wait_inside(void)
{
	struct sigaction action = { .sa_handler = burgle, .sa_flags = SA_RESTART };

	sigaction(SIGUSR2, &action, NULL);
}
