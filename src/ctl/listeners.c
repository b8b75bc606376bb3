/* SPDX-License-Identifier: ISC */
#include "ctl/listeners.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/doctor.h"

enum {
	NOTSENT_BYTES =
	    16384, /* Linux wakes the writer at half of it, so a picture goes on in time */
	NOTSENT_MOST = 1 << 20, /* a larger value would limit nothing */
};

#define NGINX_PID "/run/nginx.pid"
#define SYSCTL "/proc/sys/net/ipv4/tcp_notsent_lowat"
#define HOW "systemctl restart nginx, or orielctl notsent-lowat (docs/install.md)"

/* ---- nginx's sockets ------------------------------------------------- */

static int
socket_number(int fd, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof value;

	return getsockopt(fd, level, name, &value, &size) == 0 ? value : -1;
}

static bool
is_tcp_listener(int fd)
{
	int domain = socket_number(fd, SOL_SOCKET, SO_DOMAIN);

	return (domain == AF_INET || domain == AF_INET6) &&
	    socket_number(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1 &&
	    socket_number(fd, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP;
}

/* `fd` is a duplicate of nginx's. */
static void
listener_visit(struct listeners *listeners, int fd, unsigned bytes)
{
	if (!is_tcp_listener(fd))
		return;
	listeners->count++;
	if (bytes > 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
	listeners->bounded += socket_number(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT) > 0;
}

static bool
is_nginx(pid_t pid)
{
	char path[64], name[32] = "";
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	if (fgets(name, sizeof name, file) == NULL)
		name[0] = '\0';
	fclose(file);
	return strcmp(name, "nginx\n") == 0;
}

/* Those of its descriptors that are sockets. */
static int
sockets_visit(struct listeners *listeners, DIR *folder, int process, unsigned bytes)
{
	const struct dirent *entry;

	while ((entry = readdir(folder)) != NULL) {
		char target[16] = "";
		int fd;

		if (readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1) == -1 ||
		    strncmp(target, "socket:", 7) != 0)
			continue;
		fd = pidfd_getfd(process, atoi(entry->d_name), 0);
		if (fd == -1 && errno == EBADF) /* closed meanwhile */
			continue;
		if (fd == -1)
			return -1;
		listener_visit(listeners, fd, bytes);
		close(fd);
	}
	return 0;
}

int
listeners_visit(struct listeners *listeners, pid_t pid, unsigned bytes, struct cause *why)
{
	int process = -1, result = -1;
	char path[64];
	DIR *folder = NULL;

	*listeners = (struct listeners){ .count = 0 };
	if (!is_nginx(pid)) {
		errno = ESRCH;
		return cause_set(why, "process %d is no nginx", pid);
	}
	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	process = pidfd_open(pid, 0);
	folder = process != -1 ? opendir(path) : NULL;
	if (folder != NULL)
		result = sockets_visit(listeners, folder, process, bytes);
	if (result == -1)
		cause_set(why, "nginx's sockets (process %d): %s", pid, strerror(errno));
	if (folder != NULL)
		closedir(folder);
	if (process != -1)
		close(process);
	return result;
}

pid_t
listeners_pid(const char *file, struct cause *why)
{
	FILE *stream = fopen(file, "re");
	int pid = -1;

	if (stream == NULL)
		return cause_set(why, "%s: %s", file, strerror(errno));
	if (fscanf(stream, "%d", &pid) != 1 || pid < 1) {
		errno = ESRCH;
		pid = cause_set(why, "%s: no process number in it", file);
	}
	fclose(stream);
	return pid;
}

/* ---- the command ----------------------------------------------------- */

/* Digits are a process number, anything else is a file with one. */
static pid_t
parse_pid(const char *text, struct cause *why)
{
	if (text[0] != '\0' && strspn(text, "0123456789") == strlen(text))
		return (pid_t)strtol(text, NULL, 10);
	return listeners_pid(text, why);
}

static bool
parse(int argc, char **argv, unsigned *bytes)
{
	static const struct option names[] = {
		{ .name = "bytes", .has_arg = required_argument, .val = 'b' }, { .name = NULL }
	};
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option != 'b' || strspn(optarg, "0123456789") != strlen(optarg) ||
		    strlen(optarg) > 7)
			return false;
		*bytes = (unsigned)atoi(optarg);
	}
	return *bytes >= 1 && *bytes <= NOTSENT_MOST && argc - optind <= 1;
}

int
ctl_notsent_lowat(struct ctl *ctl, int argc, char **argv)
{
	struct listeners listeners;
	unsigned bytes = NOTSENT_BYTES;
	struct cause why;
	pid_t pid;

	if (!parse(argc, argv, &bytes))
		return ctl_usage(argv[0]);
	pid = parse_pid(optind < argc ? argv[optind] : NGINX_PID, &why);
	if (pid == -1 || listeners_visit(&listeners, pid, bytes, &why) == -1)
		return ctl_fail_why(ctl, CTL_REFUSED, &why);
	if (listeners.count == 0 || listeners.bounded < listeners.count)
		return ctl_fail(ctl, CTL_REFUSED, "%u of nginx's %u listening sockets have it",
		    listeners.bounded, listeners.count);
	return CTL_OK;
}

/* ---- the doctor ------------------------------------------------------ */

/* The host's value, which counts for sockets without one. */
static bool
host_is_bounded(void)
{
	FILE *file = fopen(SYSCTL, "re");
	unsigned bytes = UINT32_MAX;

	if (file == NULL)
		return false;
	if (fscanf(file, "%u", &bytes) != 1)
		bytes = UINT32_MAX;
	fclose(file);
	return bytes <= NOTSENT_MOST;
}

void
doctor_check_listeners(struct doctor *doctor, const char *configuration)
{
	const char *line = strstr(configuration, "\npid ");
	struct listeners listeners;
	char file[256] = NGINX_PID;
	struct cause why;
	pid_t pid;

	if (line != NULL)
		(void)sscanf(line, "\npid %255[^; \t\n]", file);
	if (host_is_bounded()) {
		doctor_say(doctor, DOCTOR_OK, "far viewers", NULL,
		    "net.ipv4.tcp_notsent_lowat is set, for all of this host");
		return;
	}
	pid = listeners_pid(file, &why);
	if (pid == -1 || listeners_visit(&listeners, pid, 0, &why) == -1)
		doctor_say(doctor, DOCTOR_NOTE, "far viewers",
		    errno == EPERM || errno == EACCES ? "ask again as root" : "is nginx running?",
		    "%s", why.text);
	else if (listeners.bounded < listeners.count)
		doctor_say(doctor, DOCTOR_NOTE, "far viewers", HOW,
		    "%u of nginx's %u listening sockets have no "
		    "TCP_NOTSENT_LOWAT: slow viewers see old pictures",
		    listeners.count - listeners.bounded, listeners.count);
	else
		doctor_say(doctor, DOCTOR_OK, "far viewers", NULL,
		    "nginx's %u listening sockets have TCP_NOTSENT_LOWAT", listeners.count);
}
