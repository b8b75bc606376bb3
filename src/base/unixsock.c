/* SPDX-License-Identifier: ISC */
#include "base/unixsock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { LISTEN_FDS_START = 3 }; /* sd_listen_fds(3) */

static int
unixsock_address(const char *path, struct sockaddr_un *address)
{
	if (strlen(path) >= sizeof address->sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	strcpy(address->sun_path, path);
	return 0;
}

int
unixsock_connect(const char *path)
{
	struct sockaddr_un address;
	int fd, saved;

	if (unixsock_address(path, &address) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* systemd's socket, if it gave us exactly one. */
static int
unixsock_inherit(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");

	if (pid == NULL || count == NULL || strcmp(count, "1") != 0 ||
	    strtol(pid, NULL, 10) != (long)getpid())
		return -1;
	if (fcntl(LISTEN_FDS_START, F_SETFD, FD_CLOEXEC) == -1 ||
	    fcntl(LISTEN_FDS_START, F_SETFL, O_NONBLOCK) == -1)
		return -1;
	return LISTEN_FDS_START;
}

/* A socket file that nobody answers on is left over from a crash: remove it. */
static int
unixsock_clear(const char *path, struct cause *why)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 : cause_errno(why, "%s", path);
	if (!S_ISSOCK(st.st_mode))
		return cause_set(why, "%s: is there and is no socket", path);
	fd = unixsock_connect(path);
	if (fd != -1 || errno == EAGAIN) {
		if (fd != -1)
			close(fd);
		return cause_set(why, "%s: another process is serving this socket", path);
	}
	return unlink(path) == 0 || errno == ENOENT ? 0 : cause_errno(why, "%s", path);
}

int
unixsock_listen(const char *path, bool *inherited, struct cause *why)
{
	struct sockaddr_un address;
	int fd = unixsock_inherit();

	*inherited = fd != -1;
	if (fd != -1)
		return fd;
	if (unixsock_address(path, &address) == -1)
		return cause_errno(why, "%s", path);
	if (unixsock_clear(path, why) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return cause_errno(why, "socket");
	/* The mode is set before listen(2): nobody can connect until then. */
	if (bind(fd, (struct sockaddr *)&address, sizeof address) == -1 ||
	    chmod(path, 0660) == -1 || listen(fd, SOMAXCONN) == -1) {
		cause_errno(why, "%s", path);
		close(fd);
		return -1;
	}
	return fd;
}
