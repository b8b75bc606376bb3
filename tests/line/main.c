/* SPDX-License-Identifier: ISC */
/* line: a line with delay, rate, queue and loss between this network namespace and one
 * of its own, for a kernel without netem: a TUN device at each end, and what goes in
 * at one comes out at the other when its time has come.
 *
 *	line NEAR FAR		two IPv4 addresses, of this end and of the other
 *
 * It says "ready" once both ends are up. /proc/PID/ns/net is the far end's namespace
 * (`nsenter --net=…`). Each line of standard input is how it is from now on, both ways:
 *
 *	DELAY_US RATE QUEUE LOSS_PPM SEED
 *
 * microseconds one way, bytes a second, bytes, lost packets of a million and which.
 * It is answered with what has passed since the line before: "PASSED LOST DROPPED" packets
 * towards the far end. Everything is gone with the process, at the end of standard input. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "line.h"

enum { DEVICE_QUEUE = 8000, READS_PER_TURN = 64 };

static struct line outward, homeward;

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void
die(const char *what)
{
	fprintf(stderr, "line: %s: %s\n", what, strerror(errno));
	if (errno == EPERM || errno == EACCES)
		fprintf(stderr, "line: network namespaces and TUN devices are root's\n");
	else if (errno == ENOENT || errno == ENODEV)
		fprintf(stderr, "line: this kernel has no TUN device (modprobe tun)\n");
	exit(1);
}

static void
ask(int control, unsigned long request, struct ifreq *device, const char *what)
{
	if (ioctl(control, request, device) == -1)
		die(what);
}

static void
set_address(int control, unsigned long request, struct ifreq *device, const char *address)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&device->ifr_addr;

	memset(&device->ifr_addr, 0, sizeof device->ifr_addr);
	in->sin_family = AF_INET;
	if (inet_pton(AF_INET, address, &in->sin_addr) != 1) {
		fprintf(stderr, "line: \"%s\" is no IPv4 address\n", address);
		exit(2);
	}
	ask(control, request, device, address);
}

static void
turn_up(int control, struct ifreq *device)
{
	ask(control, SIOCGIFFLAGS, device, "interface");
	device->ifr_flags |= IFF_UP;
	ask(control, SIOCSIFFLAGS, device, "interface");
}

/* A TUN device in the namespace we are in, point to point. Returns its descriptor. */
static int
end_open(const char *name, const char *own, const char *other)
{
	struct ifreq device = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		die("/dev/net/tun");
	if (control == -1)
		die("socket");
	snprintf(device.ifr_name, sizeof device.ifr_name, "%s", name);
	ask(fd, TUNSETIFF, &device, "TUN device");
	set_address(control, SIOCSIFADDR, &device, own);
	set_address(control, SIOCSIFDSTADDR, &device, other);
	device.ifr_mtu = LINE_MTU;
	ask(control, SIOCSIFMTU, &device, "MTU");
	device.ifr_qlen = DEVICE_QUEUE;
	ask(control, SIOCSIFTXQLEN, &device, "queue of the device");
	turn_up(control, &device);
	close(control);
	return fd;
}

static void
loopback_up(void)
{
	struct ifreq device = { .ifr_name = "lo" };
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (control == -1)
		die("socket");
	turn_up(control, &device);
	close(control);
}

/* ---- carrying -------------------------------------------------------- */

static void
take_in(int fd, struct line *line)
{
	static unsigned char bytes[65536];

	for (int i = 0; i < READS_PER_TURN; i++) {
		ssize_t got = read(fd, bytes, sizeof bytes);

		if (got <= 0)
			return;
		if (bytes[0] >> 4 != 4) /* IPv6 greets by itself: it would move the dice */
			continue;
		line_offer(line, bytes, (size_t)got, now_ns());
	}
}

static void
let_out(int fd, struct line *line)
{
	const struct line_packet *packet;

	while ((packet = line_peek(line)) != NULL && packet->due_ns <= now_ns()) {
		/* Refused: as good as lost. */
		if (write(fd, packet->bytes, packet->length) == -1 && errno != EAGAIN &&
		    errno != EINVAL && errno != EIO)
			die("TUN device");
		line_pop(line);
	}
}

/* How long the next one takes; -1: none is on its way. */
static int64_t
wait_ns(void)
{
	const struct line_packet *out = line_peek(&outward), *home = line_peek(&homeward);
	uint64_t due = UINT64_MAX, now = now_ns();

	if (out != NULL)
		due = out->due_ns;
	if (home != NULL && home->due_ns < due)
		due = home->due_ns;
	if (due == UINT64_MAX)
		return -1;
	return due > now ? (int64_t)(due - now) : 0;
}

/* Returns false at the end of standard input. */
static bool
take_order(void)
{
	struct line_shape shape;
	char text[256];

	if (fgets(text, sizeof text, stdin) == NULL)
		return false;
	if (sscanf(text, "%lu %lu %lu %u %u", &shape.delay_us, &shape.rate, &shape.queue,
		&shape.loss_ppm, &shape.seed) != 5 ||
	    shape.loss_ppm > 1000000) {
		fprintf(stderr, "line: not DELAY_US RATE QUEUE LOSS_PPM SEED: %s", text);
		exit(2);
	}
	printf("%lu %lu %lu\n", outward.passed, outward.lost, outward.dropped);
	line_bend(&outward, &shape);
	line_bend(&homeward, &shape);
	return true;
}

static void
carry(int near, int far)
{
	struct pollfd fds[3] = { { .fd = near, .events = POLLIN }, { .fd = far, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN } };

	for (;;) {
		int64_t wait = wait_ns();
		struct timespec span = { .tv_sec = wait / 1000000000,
			.tv_nsec = wait % 1000000000 };

		if (ppoll(fds, 3, wait == -1 ? NULL : &span, NULL) == -1 && errno != EINTR)
			die("ppoll");
		take_in(near, &outward);
		take_in(far, &homeward);
		let_out(far, &outward);
		let_out(near, &homeward);
		if (fds[2].revents != 0 && !take_order())
			return;
	}
}

int
main(int argc, char **argv)
{
	static const struct sched_param soon = { .sched_priority = 1 };
	char name[IFNAMSIZ];
	int near, far;

	if (argc != 3) {
		fprintf(stderr, "usage: line NEAR FAR\n");
		return 2;
	}
	setvbuf(stdin, NULL, _IONBF, 0); /* poll() must see what is left */
	setvbuf(stdout, NULL, _IOLBF, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* On a busy machine the line would be late, not what it carries. May be refused. */
	prctl(PR_SET_TIMERSLACK, 1);
	sched_setscheduler(0, SCHED_FIFO, &soon);
	snprintf(name, sizeof name, "line%d", getpid());
	near = end_open(name, argv[1], argv[2]);
	if (unshare(CLONE_NEWNET) == -1)
		die("network namespace");
	loopback_up();
	far = end_open(name, argv[2], argv[1]);
	puts("ready");
	carry(near, far);
	return 0;
}
