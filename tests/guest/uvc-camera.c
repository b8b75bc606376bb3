/* SPDX-License-Identifier: ISC */
/* uvc-camera: a USB camera in a process, for Linux's vhci-hcd and uvcvideo.
 *
 * One end of a socket pair goes to the kernel's virtual host controller; what
 * comes out of the other is USB/IP (kernel: Documentation/usb/usbip_protocol.rst),
 * and the device that answers is a USB Video Class 1.1 camera (uvc.h) with one
 * bulk endpoint. Ending the process pulls the cable.
 *
 * Says what happens to it on standard output, takes these lines on standard
 * input, and ends with it:
 *	freeze		no more frames, and no error
 *	go		frames again
 *	fps N		whatever was agreed, N frames a second from now on
 *	place N		the box of the scene moves to place N
 *	truncate N	the next N frames end half-way
 *	garbage N	the next N frames are noise
 *	empty N		the next N frames have no bytes at all
 *	hiccup		transfers fail, as with a bad cable, until the driver starts the stream anew
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "scene.h"
#include "uvc.h"

#define ATTACH "/sys/devices/platform/vhci_hcd.0/attach"

enum { CMD_SUBMIT = 1, CMD_UNLINK, RET_SUBMIT, RET_UNLINK };
enum { SPEED_HIGH = 3, QUEUE_MAX = 64, TRANSFER_MAX = 1 << 20, DATA_MAX = 4096 };

struct packet { /* usbip_header: all big-endian but setup */
	uint32_t command, seqnum, devid, direction, ep;
	union {
		struct {
			uint32_t flags, length, start_frame, packets, interval;
			uint8_t setup[8];
		} submit;
		struct {
			int32_t status;
			uint32_t length, start_frame, packets, errors;
			uint8_t pad[8];
		} result;
		uint32_t unlink_seqnum;
	};
};
_Static_assert(sizeof(struct packet) == 48, "usbip_protocol.rst: every header is 48 bytes");

struct transfer { /* a bulk read the driver waits on */
	uint32_t seqnum, length;
};

struct camera {
	int socket, timer;
	struct uvc uvc;
	struct transfer waiting[QUEUE_MAX];
	unsigned waiting_count;
	struct scene *scene;
	bool huffman, frozen, failing;
	unsigned place;
	unsigned truncate, garbage, empty; /* frames left to spoil */
	uint32_t number;		   /* of the frame on its way, or of the last one */
	const uint8_t *frame;		   /* what is left of it; NULL = between frames */
	size_t left;
	bool toggle; /* UVC 1.1, 2.4.3.3: the frame ID bit */
};

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fputs("uvc-camera: ", stderr);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
	va_end(list);
	exit(1);
}

/* `length` is what the transfer moved; on a read as many bytes of data follow. */
static void
send_result(struct camera *camera, uint32_t command, uint32_t seqnum, int status, size_t length,
    const struct iovec *data, int count)
{
	struct packet packet = { .command = htobe32(command), .seqnum = htobe32(seqnum) };
	struct iovec all[3] = { { &packet, sizeof packet } };
	struct msghdr message = { .msg_iov = all, .msg_iovlen = 1 + count };
	size_t total = sizeof packet;

	packet.result.status = htobe32(status);
	packet.result.length = htobe32(length);
	for (int i = 0; i < count; i++) {
		all[1 + i] = data[i];
		total += data[i].iov_len;
	}
	if (sendmsg(camera->socket, &message, MSG_NOSIGNAL) != (ssize_t)total)
		die("the host is gone");
}

/* Frames */

static void
timer_set(struct camera *camera, uint64_t interval_ns)
{
	struct timespec t = { interval_ns / 1000000000, interval_ns % 1000000000 };
	struct itimerspec every = { t, t };

	if (timerfd_settime(camera->timer, 0, &every, NULL) < 0)
		die("timerfd: %s", strerror(errno));
}

static void
scene_set(struct camera *camera)
{
	const struct uvc_mode *mode = &camera->uvc.mode;

	scene_free(&camera->scene);
	camera->frame = NULL;
	camera->scene = scene_new(
	    mode->format, mode->width, mode->height, camera->place, camera->huffman);
	if (camera->scene == NULL)
		die("out of memory");
}

static void
stream_start(struct camera *camera)
{
	const struct uvc_mode *mode = &camera->uvc.mode;

	scene_set(camera);
	camera->failing = false;
	timer_set(camera, mode->interval * 100ull);
	printf("stream %s %ux%u %.2f\n", mode->format == SCENE_MJPEG ? "mjpeg" : "yuyv",
	    mode->width, mode->height, 1e7 / mode->interval);
}

static void
stream_stop(struct camera *camera)
{
	if (camera->scene == NULL)
		return;
	timer_set(camera, 0);
	scene_free(&camera->scene);
	camera->frame = NULL;
	printf("stop %u\n", camera->number);
}

/* The next frame, spoilt when that was asked for. */
static void
frame_begin(struct camera *camera)
{
	static uint8_t noise[16384];

	camera->frame = scene_frame(camera->scene, ++camera->number, &camera->left);
	camera->toggle = !camera->toggle;
	if (camera->truncate > 0) {
		camera->truncate--;
		camera->left /= 2;
	} else if (camera->garbage > 0) {
		camera->garbage--;
		for (size_t i = 0; i < sizeof noise; i++)
			noise[i] = random();
		camera->frame = noise;
		camera->left = camera->left < sizeof noise ? camera->left : sizeof noise;
	} else if (camera->empty > 0) {
		camera->empty--;
		camera->left = 0;
	}
}

static void
transfers_fail(struct camera *camera)
{
	for (unsigned i = 0; i < camera->waiting_count; i++)
		send_result(camera, RET_SUBMIT, camera->waiting[i].seqnum, -EPROTO, 0, NULL, 0);
	camera->waiting_count = 0;
}

/* One payload a transfer: a two-byte header and a part of the frame (UVC 1.1, 2.4.3.2.2). */
static void
frame_send(struct camera *camera)
{
	enum { HEADER = 2, END_OF_HEADER = 0x80, END_OF_FRAME = 0x02 };

	while (camera->frame != NULL && camera->waiting_count > 0) {
		struct transfer first = camera->waiting[0];
		size_t room = first.length - HEADER;
		size_t part = camera->left < room ? camera->left : room;
		uint8_t header[HEADER] = { HEADER, END_OF_HEADER | camera->toggle };
		struct iovec data[] = { { header, HEADER }, { (void *)camera->frame, part } };

		camera->left -= part;
		camera->frame += part;
		if (camera->left == 0) {
			header[1] |= END_OF_FRAME;
			camera->frame = NULL;
		}
		memmove(
		    camera->waiting, camera->waiting + 1, --camera->waiting_count * sizeof first);
		send_result(camera, RET_SUBMIT, first.seqnum, 0, HEADER + part, data, 2);
	}
}

/* If the host has not taken a frame when the next one is due, that one is dropped. */
static void
tick(struct camera *camera)
{
	uint64_t ticks;

	if (read(camera->timer, &ticks, sizeof ticks) != sizeof ticks || camera->scene == NULL)
		return;
	if (camera->frozen)
		return;
	camera->number += ticks - 1;
	if (camera->frame == NULL)
		frame_begin(camera);
	else
		camera->number++;
	frame_send(camera);
}

/* USB/IP */

static void
receive(struct camera *camera, void *data, size_t size)
{
	ssize_t got = size > 0 ? recv(camera->socket, data, size, MSG_WAITALL) : 0;

	if (got != (ssize_t)size)
		die("the host is gone");
}

static void
take_control(struct camera *camera, const struct packet *packet)
{
	uint8_t data[DATA_MAX] = { 0 };
	struct uvc_request request;
	struct iovec reply = { data, 0 };
	int length;

	memcpy(&request, packet->submit.setup, sizeof request);
	request.value = le16toh(request.value);
	request.index = le16toh(request.index);
	request.length = le16toh(request.length);
	if (request.length > sizeof data)
		die("a control transfer of %u bytes", request.length);
	if (!(request.type & UVC_IN))
		receive(camera, data, request.length);
	length = uvc_control(&camera->uvc, &request, data);
	reply.iov_len = length > 0 ? length : 0;
	send_result(camera, RET_SUBMIT, be32toh(packet->seqnum), length < 0 ? -EPIPE : 0,
	    reply.iov_len, &reply, request.type & UVC_IN ? 1 : 0);
	switch (uvc_take_change(&camera->uvc)) {
	case UVC_STREAM_ON: stream_start(camera); break;
	case UVC_STREAM_OFF: stream_stop(camera); break;
	case UVC_NO_CHANGE: break;
	}
}

static void
take_bulk(struct camera *camera, const struct packet *packet)
{
	struct transfer transfer = { be32toh(packet->seqnum), be32toh(packet->submit.length) };

	if (camera->waiting_count == QUEUE_MAX || transfer.length < 512 ||
	    transfer.length > TRANSFER_MAX)
		die("a transfer of %u bytes behind %u others", transfer.length,
		    camera->waiting_count);
	camera->waiting[camera->waiting_count++] = transfer;
	if (camera->failing)
		transfers_fail(camera);
	frame_send(camera);
}

static void
take_unlink(struct camera *camera, const struct packet *packet)
{
	uint32_t seqnum = be32toh(packet->unlink_seqnum);
	unsigned kept = 0;

	for (unsigned i = 0; i < camera->waiting_count; i++)
		if (camera->waiting[i].seqnum != seqnum)
			camera->waiting[kept++] = camera->waiting[i];
	send_result(camera, RET_UNLINK, be32toh(packet->seqnum),
	    kept < camera->waiting_count ? -ECONNRESET : 0, 0, NULL, 0);
	camera->waiting_count = kept;
}

static void
take_packet(struct camera *camera)
{
	struct packet packet;

	receive(camera, &packet, sizeof packet);
	if (packet.command == htobe32(CMD_UNLINK))
		take_unlink(camera, &packet);
	else if (packet.command != htobe32(CMD_SUBMIT))
		die("unknown command %x", be32toh(packet.command));
	else if (packet.ep == 0)
		take_control(camera, &packet);
	else
		take_bulk(camera, &packet);
}

/* The person, or the test */

static void
obey(struct camera *camera, const char *line)
{
	char word[16] = "";
	unsigned number = 1;

	sscanf(line, "%15s %u", word, &number);
	if (strcmp(word, "freeze") == 0)
		camera->frozen = true;
	else if (strcmp(word, "go") == 0)
		camera->frozen = false;
	else if (strcmp(word, "fps") == 0 && number > 0)
		timer_set(camera, 1000000000 / number);
	else if (strcmp(word, "truncate") == 0)
		camera->truncate = number;
	else if (strcmp(word, "garbage") == 0)
		camera->garbage = number;
	else if (strcmp(word, "empty") == 0)
		camera->empty = number;
	else if (strcmp(word, "hiccup") == 0) {
		camera->failing = true;
		transfers_fail(camera);
	} else if (strcmp(word, "place") == 0 && number < SCENES) {
		camera->place = number;
		if (camera->scene != NULL)
			scene_set(camera);
	} else
		printf("what? %s", line);
}

static void
take_lines(struct camera *camera)
{
	static char buffer[4096];
	static size_t filled;
	ssize_t got = read(STDIN_FILENO, buffer + filled, sizeof buffer - 1 - filled);
	char *end;

	if (got <= 0)
		exit(0);
	filled += got;
	buffer[filled] = '\0';
	while ((end = strchr(buffer, '\n')) != NULL) {
		*end = '\0';
		obey(camera, buffer);
		filled -= end + 1 - buffer;
		memmove(buffer, end + 1, filled + 1);
	}
	if (filled == sizeof buffer - 1)
		die("a line without an end");
}

/* Plug in. A port that a camera has just left takes a moment to be free. */
static void
attach(struct camera *camera, unsigned port)
{
	char line[64];
	int pair[2], sysfs, error = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		die("socketpair: %s", strerror(errno));
	if ((sysfs = open(ATTACH, O_WRONLY | O_CLOEXEC)) < 0)
		die("%s: %s (modprobe vhci-hcd, as root)", ATTACH, strerror(errno));
	snprintf(line, sizeof line, "%u %d %u %u", port, pair[1], port + 1, SPEED_HIGH);
	for (int tries = 0; tries < 100; tries++) {
		error = write(sysfs, line, strlen(line)) < 0 ? errno : 0;
		if (error != EBUSY)
			break;
		usleep(20000);
	}
	if (error != 0)
		die("port %u: %s", port, strerror(error));
	close(sysfs);
	close(pair[1]);
	camera->socket = pair[0];
}

static void
serve(struct camera *camera)
{
	struct pollfd polled[] = {
		{ camera->socket, POLLIN, 0 },
		{ camera->timer, POLLIN, 0 },
		{ STDIN_FILENO, POLLIN, 0 },
	};

	while (poll(polled, 3, -1) > 0 || errno == EINTR) {
		if (polled[0].revents != 0)
			take_packet(camera);
		if (polled[1].revents != 0)
			tick(camera);
		if (polled[2].revents != 0)
			take_lines(camera);
	}
}

static int
print_frame(const struct uvc_mode *mode, uint32_t number, unsigned place, bool huffman)
{
	struct scene *scene = scene_new(mode->format, mode->width, mode->height, place, huffman);
	size_t length;
	const uint8_t *frame;

	if (scene == NULL)
		die("out of memory");
	frame = scene_frame(scene, number, &length);
	if (fwrite(frame, 1, length, stdout) != length || fflush(stdout) != 0)
		die("standard output: %s", strerror(errno));
	scene_free(&scene);
	return 0;
}

static const char usage[] =
    "usage: uvc-camera [--port 0..7] [--serial TEXT] [--product TEXT] [--mjpeg WxH,...] [--yuyv WxH,...]\n"
    "                  [--rates N,...] [--place N] [--no-huffman] [--print NUMBER]\n"
    "--print writes that frame of the first size to standard output instead.\n";

int
main(int argc, char **argv)
{
	enum { PORT = 1, SERIAL, PRODUCT, MJPEG, YUYV, RATES, PLACE, NO_HUFFMAN, PRINT };
	static const struct option options[] = {
		{ "port", 1, 0, PORT },
		{ "serial", 1, 0, SERIAL },
		{ "product", 1, 0, PRODUCT },
		{ "mjpeg", 1, 0, MJPEG },
		{ "yuyv", 1, 0, YUYV },
		{ "rates", 1, 0, RATES },
		{ "place", 1, 0, PLACE },
		{ "no-huffman", 0, 0, NO_HUFFMAN },
		{ "print", 1, 0, PRINT },
		{ 0 },
	};
	struct camera camera = { .huffman = true };
	const char *serial = "1", *product = "Oriel test camera", *rates = "30,15,5";
	const char *mjpeg = "", *yuyv = "", *number = NULL;
	unsigned port = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) > 0) {
		switch (option) {
		case PORT: port = strtoul(optarg, NULL, 10); break;
		case SERIAL: serial = optarg; break;
		case PRODUCT: product = optarg; break;
		case MJPEG: mjpeg = optarg; break;
		case YUYV: yuyv = optarg; break;
		case RATES: rates = optarg; break;
		case PLACE: camera.place = strtoul(optarg, NULL, 10) % SCENES; break;
		case NO_HUFFMAN: camera.huffman = false; break;
		case PRINT: number = optarg; break;
		default: fputs(usage, stderr); return 2;
		}
	}
	if (*mjpeg == '\0' && *yuyv == '\0') {
		mjpeg = "640x480,320x240,1280x720";
		yuyv = "640x480,320x240";
	}
	if (!uvc_init(&camera.uvc, mjpeg, yuyv, rates, product, serial))
		die("a size is WIDTHxHEIGHT, a rate is 1..120, at most %d of each", UVC_SIZES);
	if (number != NULL)
		return print_frame(
		    &camera.uvc.mode, strtoul(number, NULL, 10), camera.place, camera.huffman);
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	camera.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (camera.timer < 0)
		die("timerfd: %s", strerror(errno));
	attach(&camera, port);
	serve(&camera);
	die("poll: %s", strerror(errno));
}
