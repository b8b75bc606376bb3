/* SPDX-License-Identifier: ISC */
/* orielctl snapshot: to the camera's own disk, or straight out of the frame ring. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "ctl/ctl.h"
#include "ctl/show.h"
#include "protocol/reasons.h"
#include "ring/ring.h"

enum { LOOKS = 5 }; /* tries, when a slot is overwritten while it is copied */

struct picture {
	struct frame_info info;
	unsigned char *jpeg;
};

/* ---- there ----------------------------------------------------------- */

static int
save_there(struct ctl *ctl)
{
	json_t *reply;
	int status = ctl_ask(ctl, json_pack("{s:s}", "cmd", "snapshot_now"), &reply);

	if (status != CTL_OK)
		return status;
	if (ctl->json)
		ctl_print(reply);
	else {
		show_text(json_get_text(reply, "saved"));
		puts("");
	}
	json_decref(reply);
	return CTL_OK;
}

/* ---- here ------------------------------------------------------------ */

static bool
copy_newest(struct ring_reader *reader, struct picture *picture)
{
	struct ring_view view;

	for (int i = 0; i < LOOKS; i++) {
		if (!ring_reader_view(reader, 0, &view))
			return false;
		memcpy(picture->jpeg, view.data, view.info.length);
		picture->info = view.info;
		if (ring_reader_holds(reader, &view))
			return true;
	}
	return false;
}

/* An old picture is never passed off as new. */
static int
check_fresh(struct ctl *ctl)
{
	json_t *reply;
	int status = ctl_ask(ctl, json_pack("{s:s}", "cmd", "status"), &reply);
	struct cause why;

	if (status != CTL_OK)
		return status;
	cause_clear(&why);
	if (!json_is_true(json_object_get(reply, "online"))) {
		if (!reason_get(reply, "reason", &why))
			cause_reason(&why, &reason_camera_offline);
	} else if (json_is_true(json_object_get(reply, "stale")))
		cause_detail(&why, &reason_no_fresh_frame, "the newest picture is too old");
	json_decref(reply);
	return why.text[0] == '\0' ? CTL_OK : ctl_fail_why(ctl, CTL_REFUSED, &why);
}

static int
fetch(struct ctl *ctl, struct picture *picture)
{
	struct ring_reader *reader;
	struct cause why;
	json_t *reply;
	int status = check_fresh(ctl);

	if (status == CTL_OK)
		status = ctl_ask(ctl, json_pack("{s:s}", "cmd", "attach"), &reply);
	if (status != CTL_OK)
		return status;
	json_decref(reply);
	reader = ring_reader_new(ctl->call.fds[0], &why);
	if (reader == NULL)
		return ctl_fail_why(ctl, CTL_REFUSED, &why);
	picture->jpeg = malloc(ring_reader_slot_size(reader));
	if (picture->jpeg == NULL)
		status = ctl_fail(ctl, CTL_REFUSED, "out of memory");
	else if (!copy_newest(reader, picture)) {
		cause_reason(&why, &reason_no_frame);
		status = ctl_fail_why(ctl, CTL_REFUSED, &why);
	}
	ring_reader_free(&reader);
	return status;
}

static int
write_all(int fd, const unsigned char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, bytes, length);

		if (written == -1 && errno != EINTR)
			return -1;
		if (written > 0) {
			bytes += written;
			length -= (size_t)written;
		}
	}
	return 0;
}

static int
write_file(struct ctl *ctl, const struct picture *picture, const char *file)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int result;

	if (fd == -1)
		return ctl_fail(ctl, CTL_REFUSED, "%s: %s", file, strerror(errno));
	result = write_all(fd, picture->jpeg, picture->info.length);
	if (close(fd) == -1 || result == -1)
		return ctl_fail(ctl, CTL_REFUSED, "%s: %s", file, strerror(errno));
	return CTL_OK;
}

static void
report(const struct ctl *ctl, const struct picture *picture, const char *file)
{
	double ts = (double)picture->info.wall_ns / CLOCK_S;
	json_t *reply;

	if (!ctl->json) {
		printf("%s: %ux%u, %u bytes\n", file, picture->info.width, picture->info.height,
		    picture->info.length);
		return;
	}
	reply = json_pack("{s:b, s:o, s:i, s:i, s:i, s:f}", "ok", 1, "file", json_words(file),
	    "width", (int)picture->info.width, "height", (int)picture->info.height, "size",
	    (int)picture->info.length, "ts", ts);
	ctl_print(reply);
	json_decref(reply);
}

static int
save_here(struct ctl *ctl, const char *file)
{
	struct picture picture = { .jpeg = NULL };
	int status = fetch(ctl, &picture);

	if (status == CTL_OK && strcmp(file, "-") == 0) {
		if (write_all(STDOUT_FILENO, picture.jpeg, picture.info.length) == -1)
			status = ctl_fail(ctl, CTL_REFUSED, "standard output: %s", strerror(errno));
	} else if (status == CTL_OK) {
		status = write_file(ctl, &picture, file);
		if (status == CTL_OK)
			report(ctl, &picture, file);
	}
	free(picture.jpeg);
	return status;
}

int
ctl_snapshot(struct ctl *ctl, int argc, char **argv)
{
	if (argc > 2)
		return ctl_usage(argv[0]);
	return argc == 2 ? save_here(ctl, argv[1]) : save_there(ctl);
}
