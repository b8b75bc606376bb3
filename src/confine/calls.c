/* SPDX-License-Identifier: ISC */
/* The system calls of our programs and of the libraries under them, by name. Those that an
 * architecture does not have are skipped; those of 32 bits stand beside those of 64. `strace -f
 * -c` on a program shows its calls. A new one belongs here, with the library that needs it. */
#include "confine/confine_internal.h"

#include <stddef.h>

/* The C library, libevent, jansson, libfcgi, wslay, libturbojpeg, libsystemd; reading files,
 * Unix sockets. */
static const char *const everybody[] = {
	/* memory; mmap and mprotect: see seccomp.c */
	"brk", "madvise", "membarrier", "mremap", "munmap",
	/* threads, and signals of our own */
	"exit", "exit_group", "futex", "futex_time64", "gettid", "restart_syscall", "rseq",
	"rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait",
	"rt_sigtimedwait_time64", "sched_getaffinity", "sched_yield", "set_robust_list",
	"set_tid_address", "sigaltstack", "sigreturn",
	/* time */
	"clock_getres", "clock_getres_time64", "clock_gettime", "clock_gettime64",
	"clock_nanosleep", "clock_nanosleep_time64", "gettimeofday", "nanosleep", "time",
	"timerfd_create", "timerfd_settime", "timerfd_settime64",
	/* who and where am I */
	"getcpu", "getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32", "getpid",
	"getppid", "getrandom", "getrlimit", "getuid", "getuid32", "sysinfo", "ugetrlimit", "uname",
	/* descriptors */
	"_llseek", "close", "dup", "dup2", "dup3", "fcntl", "fcntl64", "lseek", "pipe", "pipe2",
	"pread64", "read", "readv", "write", "writev",
	/* files: Landlock decides which */
	"_newselect", "access", "faccessat", "faccessat2", "fstat", "fstat64", "fstatat64",
	"getcwd", "getdents", "getdents64", "lstat", "lstat64", "newfstatat", "open", "openat",
	"readlink", "readlinkat", "stat", "stat64", "statx", "unlink", "unlinkat",
	/* waiting */
	"epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait",
	"eventfd2", "poll", "ppoll", "ppoll_time64", "pselect6", "pselect6_time64", "select",
	/* sockets; which family: see seccomp.c */
	"accept", "accept4", "connect", "getpeername", "getsockname", "getsockopt", "recv",
	"recvfrom", "recvmsg", "send", "sendmsg", "sendto", "setsockopt", "shutdown", NULL
};

/* SQLite, src/store, src/auth. */
static const char *const store[] = { "chmod", "fallocate", "fchmod", "fchmodat", "fdatasync",
	"fstatfs", "fstatfs64", "fsync", "ftruncate", "ftruncate64", "mkdir", "mkdirat", "pwrite64",
	"rename", "renameat", "renameat2", "umask", NULL };

static const char *const watch[] = { "inotify_add_watch", "inotify_init1", "inotify_rm_watch",
	NULL };

/* src/ring. */
static const char *const camera[] = { "fallocate", "memfd_create", NULL };

/* unixsock_listen. */
static const char *const listening[] = { "bind", "chmod", "fchmodat", "listen", NULL };

/* src/site/workers.c. */
static const char *const processes[] = { "kill", "seccomp", "tgkill", "wait4", "waitid", "waitpid",
	NULL };

/* LeakSanitizer stops all threads from a child that traces them. */
static const char *const sanitizer[] = { "clone", "getrusage", "kill", "prctl", "ptrace",
	"sched_getparam", "tgkill", "tkill", "wait4", "waitid", NULL };

static const char *const none[] = { NULL };

const unsigned calls_groups[CALLS_GROUPS] = { 0, CONFINE_THREADS, CONFINE_STORE, CONFINE_WATCH,
	CONFINE_CAMERA, CONFINE_LISTEN, CONFINE_PROCESSES, CALLS_SANITIZER };

const char *const *
calls_of(unsigned group)
{
	switch (group) {
	case 0: return everybody;
	case CONFINE_STORE: return store;
	case CONFINE_WATCH: return watch;
	case CONFINE_CAMERA: return camera;
	case CONFINE_LISTEN: return listening;
	case CONFINE_PROCESSES: return processes;
	case CALLS_SANITIZER: return sanitizer;
	}
	return none;
}
