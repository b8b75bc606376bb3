/* SPDX-License-Identifier: ISC */
/* orielctl export: the archive that GET /export gives, into a file. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "ctl/ctl.h"
#include "ctl/show.h"
#include "export/archive.h"

struct output {
	struct ctl *ctl;
	struct interval interval;
	const char *file;
	char *unfinished; /* what it is called until it is whole */
	int fd, error;	  /* of a write that has failed, else 0 */
	struct archive_sums sums;
};

static int
output_options(struct output *output, int argc, char **argv)
{
	static const struct option names[] = { { "from", required_argument, NULL, 'f' },
		{ "to", required_argument, NULL, 't' }, { NULL, 0, NULL, 0 } };
	const char *from = NULL, *to = NULL;
	struct cause why;
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (option) {
		case 'f': from = optarg; break;
		case 't': to = optarg; break;
		default: return ctl_usage(argv[0]);
		}
	}
	if (optind + 1 != argc)
		return ctl_usage(argv[0]);
	output->file = argv[optind];
	return interval_parse(
		   &output->interval, from, to, (int64_t)(clock_wall_ns() / CLOCK_S), &why) == 0
	    ? CTL_OK
	    : ctl_fail_why(output->ctl, CTL_USAGE, &why);
}

static int
output_write(void *arg, const void *bytes, size_t length)
{
	struct output *output = arg;
	const char *at = bytes;

	while (length > 0) {
		ssize_t done = write(output->fd, at, length);

		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1) {
			output->error = errno;
			return -1;
		}
		at += done;
		length -= (size_t)done;
	}
	return 0;
}

static int
output_fill(struct output *output)
{
	struct ctl *ctl = output->ctl;
	struct cause why;

	if (archive_write(
		&ctl->call, &output->interval, output_write, output, &output->sums, &why) == 0)
		return CTL_OK;
	if (output->error != 0)
		return ctl_fail(ctl, CTL_REFUSED, "%s: %s", output->file, strerror(output->error));
	return ctl_fail_why(ctl, CTL_REFUSED, &why);
}

/* The file has its name once it is whole, and on the disk. */
static int
output_file(struct output *output)
{
	int status;

	if (asprintf(&output->unfinished, "%s.part", output->file) == -1)
		return ctl_fail(output->ctl, CTL_REFUSED, "out of memory");
	output->fd = open(
	    output->unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (output->fd == -1)
		return ctl_fail(
		    output->ctl, CTL_REFUSED, "%s: %s", output->unfinished, strerror(errno));
	status = output_fill(output);
	if (status == CTL_OK &&
	    (fsync(output->fd) == -1 || rename(output->unfinished, output->file) == -1))
		status = ctl_fail(
		    output->ctl, CTL_REFUSED, "%s: %s", output->file, strerror(errno));
	if (status != CTL_OK)
		unlink(output->unfinished);
	close(output->fd);
	return status;
}

static void
output_said(const struct output *output)
{
	const struct archive_sums *sums = &output->sums;
	char bytes[16];
	json_t *reply;

	if (output->ctl->json) {
		reply = json_pack("{s:b, s:o, s:I, s:I, s:I, s:I}", "ok", 1, "file",
		    json_words(output->file), "events", (json_int_t)sums->events, "files",
		    (json_int_t)sums->files, "missing", (json_int_t)sums->missing, "bytes",
		    (json_int_t)sums->bytes);
		ctl_print(reply);
		json_decref(reply);
		return;
	}
	printf("%s: %" PRIu64 " events, %" PRIu64 " files, %s\n", output->file, sums->events,
	    sums->files, show_bytes(bytes, sizeof bytes, (long long)sums->bytes));
}

int
ctl_export(struct ctl *ctl, int argc, char **argv)
{
	struct output output = { .ctl = ctl, .fd = STDOUT_FILENO };
	int status = output_options(&output, argc, argv);
	bool out = output.file != NULL && strcmp(output.file, "-") == 0;

	if (status == CTL_OK)
		status = ctl_open(ctl);
	if (status == CTL_OK)
		status = out ? output_fill(&output) : output_file(&output);
	if (status == CTL_OK && !out)
		output_said(&output);
	if (status == CTL_OK && output.sums.missing > 0)
		fprintf(stderr, "orielctl: %" PRIu64 " files are missing; SHA256SUMS says why\n",
		    output.sums.missing);
	free(output.unfinished);
	return status;
}
