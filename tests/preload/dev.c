/* SPDX-License-Identifier: ISC */
/* The folder that stands for /dev: descriptions and faults. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "camera.h"
#include "inside.h"

const char *
camera_path(const char *path, char *real, size_t size)
{
	const char *folder = getenv("ORIEL_FAKE_DEV");

	if (folder == NULL || path == NULL)
		return path;
	if (strcmp(path, "/dev") == 0)
		return folder;
	if (strncmp(path, "/dev/video", 10) != 0)
		return path;
	snprintf(real, size, "%s%s", folder, path + 4);
	return real;
}

bool
dev_fault(const struct camera *camera, const char *word)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s%s%s", getenv("ORIEL_FAKE_DEV"), camera->node,
	    word[0] != '\0' ? "." : "", word);
	return syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
}

/* What the fault's file says; false: there is none, or nothing in it. */
static bool
dev_read(const struct camera *camera, const char *word, char *text, size_t size)
{
	char path[256];
	ssize_t got;
	int fd;

	snprintf(path, sizeof path, "%s/%s.%s", getenv("ORIEL_FAKE_DEV"), camera->node, word);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return false;
	got = read(fd, text, size - 1);
	text[got > 0 ? got : 0] = '\0';
	syscall(SYS_close, fd);
	return got > 0;
}

/* Was it unplugged? One that is late with it has no pictures until then. */
static void
dev_look_gone(struct camera *camera)
{
	struct timespec now;
	uint64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	if (dev_fault(camera, ""))
		return;
	if (camera->left_ns == 0)
		camera->left_ns = ns;
	camera->gone = ns - camera->left_ns >= camera->late_ms * UINT64_C(1000000);
	camera->freeze |= !camera->gone;
	if (!camera->gone)
		camera->looked = (struct timespec){ 0 }; /* look again at the next tick */
}

void
dev_look(struct camera *camera)
{
	struct stat folder;
	char text[64];

	if (stat(getenv("ORIEL_FAKE_DEV"), &folder) == -1 ||
	    memcmp(&folder.st_mtim, &camera->looked, sizeof camera->looked) == 0)
		return;
	camera->looked = folder.st_mtim;
	camera->freeze = dev_fault(camera, "freeze");
	camera->truncate = dev_fault(camera, "truncate");
	camera->error = dev_fault(camera, "error");
	camera->garbage = dev_fault(camera, "garbage");
	camera->swap = dev_fault(camera, "swap");
	camera->eio = dev_fault(camera, "eio");
	camera->qbuf = dev_fault(camera, "qbuf");
	dev_look_gone(camera);
	if (dev_read(camera, "hang", text, sizeof text))
		camera->hang_ms = (unsigned)strtoul(text, NULL, 10);
	if (dev_read(camera, "set", text, sizeof text) &&
	    controls_set_text(&camera->controls, text))
		camera->events++;
}

/* One word of the description. */
static bool
parse_word(struct camera *camera, char *word)
{
	char *value = strchr(word, '='), *rest;

	if (value == NULL)
		return false;
	*value++ = '\0';
	if (strcmp(word, "card") == 0)
		return snprintf(camera->card, sizeof camera->card, "%s", value) > 0;
	if (strcmp(word, "bus") == 0)
		return snprintf(camera->bus, sizeof camera->bus, "%s", value) > 0;
	if (strcmp(word, "kind") == 0)
		return snprintf(camera->kind, sizeof camera->kind, "%s", value) > 0;
	if (strcmp(word, "stamps") == 0)
		return snprintf(camera->stamps, sizeof camera->stamps, "%s", value) > 0;
	if (strcmp(word, "every") == 0)
		return sscanf(value, "%u", &camera->every_ms) == 1;
	if (strcmp(word, "says") == 0)
		return sscanf(value, "%u", &camera->says_ms) == 1;
	if (strcmp(word, "first") == 0)
		return sscanf(value, "%u", &camera->first) == 1;
	if (strcmp(word, "slow") == 0)
		return sscanf(value, "%u", &camera->slow_ms) == 1;
	if (strcmp(word, "late") == 0)
		return sscanf(value, "%u", &camera->late_ms) == 1;
	if (strcmp(word, "place") == 0)
		return true; /* see camera_link */
	if (strcmp(word, "frames") == 0)
		return pictures_load(&camera->pictures, value);
	if (strcmp(word, "modes") != 0)
		return false;
	for (char *mode = strtok_r(value, ",", &rest); mode != NULL;
	     mode = strtok_r(NULL, ",", &rest))
		if (!modes_add(camera, mode))
			return false;
	return true;
}

ssize_t
camera_link(const char *path, char *link, size_t size)
{
	static const char class[] = "/sys/class/video4linux/";
	char real[256], text[1024], *at;
	const char *node = path + sizeof class - 1;
	int fd, length;
	ssize_t got;

	if (getenv("ORIEL_FAKE_DEV") == NULL || strncmp(path, class, sizeof class - 1) != 0)
		return -2;
	snprintf(real, sizeof real, "%s/%s", getenv("ORIEL_FAKE_DEV"), node);
	fd = (int)syscall(SYS_openat, AT_FDCWD, real, O_RDONLY | O_CLOEXEC);
	got = fd != -1 ? read(fd, text, sizeof text - 1) : -1;
	if (fd != -1)
		syscall(SYS_close, fd);
	text[got > 0 ? got : 0] = '\0';
	at = strstr(text, "place=");
	if (at == NULL) {
		errno = ENOENT;
		return -1;
	}
	length = snprintf(real, sizeof real, "../../devices/%.*s/video4linux/%s",
	    (int)strcspn(at + 6, " \n"), at + 6, node);
	if ((size_t)length > size)
		length = (int)size;
	memcpy(link, real, (size_t)length);
	return length;
}

void
dev_describe(struct camera *camera, const char *path)
{
	char text[4096], *rest;
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd != -1 ? read(fd, text, sizeof text - 1) : -1;

	if (fd != -1)
		syscall(SYS_close, fd);
	text[got > 0 ? got : 0] = '\0';
	for (char *word = strtok_r(text, " \t\n", &rest); word != NULL;
	     word = strtok_r(NULL, " \t\n", &rest)) {
		if (!parse_word(camera, word)) {
			fprintf(stderr, "fake camera: %s: bad word \"%s\"\n", path, word);
			abort();
		}
	}
	if (camera->mode_count == 0)
		modes_add(
		    camera, camera->pictures.count > 0 ? "mjpeg:640x480@30" : "yuyv:640x480@30");
	camera->mode = camera->modes[0];
}
