/* SPDX-License-Identifier: ISC */
/* orielctl doctor: is everything in place, and if not, what to do. */
#include "ctl/doctor.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/json.h"
#include "ctl/show.h"
#include "protocol/camera_name.h"
#include "ring/ring.h"

enum { MEMORY_MIN_MB = 64, QUOTA_NEARLY = 90 };

static const char *const verdict_words[] = { "ok", "note", "BAD" };

void
doctor_say(struct doctor *doctor, enum verdict verdict, const char *check, const char *advice,
    const char *format, ...)
{
	char text[300];
	json_t *finding;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	doctor->bad |= verdict == DOCTOR_BAD;
	if (doctor->ctl->json) {
		finding = json_pack("{s:s, s:s, s:o, s:o}", "check", check, "verdict",
		    verdict_words[verdict], "text", json_words(text), "advice",
		    advice != NULL ? json_words(advice) : json_null());
		ctl_print(finding);
		json_decref(finding);
		return;
	}
	printf("%-4s  %-14s ", verdict_words[verdict], check);
	show_text(text);
	if (advice != NULL) {
		printf("\n      %-14s -> ", "");
		show_text(advice);
	}
	printf("\n");
}

/* ---- orield ---------------------------------------------------------- */

static void
say_no_orield(struct doctor *doctor, const char *path)
{
	char advice[200];

	if (errno == EACCES) {
		snprintf(advice, sizeof advice, "usermod -aG oriel %s, then log in again",
		    getlogin() != NULL ? getlogin() : "NAME");
		doctor_say(doctor, DOCTOR_BAD, "orield", advice, "%s: you may not use it", path);
		return;
	}
	snprintf(advice, sizeof advice,
	    "systemctl enable --now orield@%s; journalctl -u orield@%s says why "
	    "it ended",
	    doctor->camera, doctor->camera);
	doctor_say(doctor, DOCTOR_BAD, "orield", advice, "nobody answers at %s: %s", path,
	    strerror(errno));
}

static json_t *
ask(struct doctor *doctor, const char *command)
{
	struct cause why;
	json_t *reply = control_client_ask(
	    &doctor->ctl->call, json_pack("{s:s}", "cmd", command), &why);

	if (reply == NULL)
		doctor_say(
		    doctor, DOCTOR_BAD, "orield", "restart it", "it does not answer: %s", why.text);
	return reply;
}

static void
check_orield(struct doctor *doctor)
{
	struct ctl *ctl = doctor->ctl;

	if (!camera_socket(ctl->path, ctl->run_dir, doctor->camera)) {
		doctor_say(doctor, DOCTOR_BAD, "orield", "choose a shorter run_dir",
		    "%s is too long for the "
		    "path of a socket",
		    ctl->run_dir);
		return;
	}
	if (control_client_open(&ctl->call, ctl->path) == -1) {
		say_no_orield(doctor, ctl->path);
		return;
	}
	doctor->status = ask(doctor, "status");
	if (doctor->status != NULL)
		doctor->settings = ask(doctor, "get");
	if (doctor->settings != NULL)
		doctor_say(doctor, DOCTOR_OK, "orield", NULL, "version %s answers at %s",
		    json_get_text(doctor->status, "version"), ctl->path);
}

static void
check_picture(struct doctor *doctor)
{
	const json_t *store = json_object_get(doctor->status, "store");
	const char *reason = json_get_text(doctor->status, "reason");

	if (!json_is_true(json_object_get(doctor->status, "online")))
		doctor_say(doctor, DOCTOR_BAD, "pictures",
		    "orielctl cameras shows what is plugged in", "the camera is away: %s", reason);
	else if (json_is_true(json_object_get(doctor->status, "stale")))
		doctor_say(doctor, DOCTOR_BAD, "pictures", "the camera hangs: replug it",
		    "the newest picture is too old");
	else
		doctor_say(doctor, DOCTOR_OK, "pictures", NULL, "%s, %.1f a second",
		    json_get_text(doctor->status, "name"),
		    json_number_value(json_object_get(doctor->status, "fps")));
	if (json_is_false(json_object_get(store, "ok")))
		doctor_say(doctor, DOCTOR_BAD, "store",
		    "see the disk below; events are only shown live until then",
		    "nothing can be stored: %s", json_get_text(store, "reason"));
}

/* ---- memory ---------------------------------------------------------- */

/* MemAvailable (proc(5)) in MiB, -1 when unknown. */
static long
memory_available(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	long kib = -1;

	if (file == NULL)
		return -1;
	while (kib == -1 && fgets(line, sizeof line, file) != NULL)
		sscanf(line, "MemAvailable: %ld kB", &kib);
	fclose(file);
	return kib == -1 ? -1 : kib / 1024;
}

static void
check_ring(struct doctor *doctor)
{
	long available = memory_available();
	json_t *reply = ask(doctor, "attach");
	struct ring_reader *reader;
	struct cause why;
	struct stat st;

	if (reply == NULL)
		return;
	json_decref(reply);
	if (doctor->ctl->call.fds[0] == -1) {
		doctor_say(doctor, DOCTOR_NOTE, "memory", NULL,
		    "no frame ring yet; %ld MiB available", available);
		return;
	}
	reader = ring_reader_new(doctor->ctl->call.fds[0], &why);
	if (reader == NULL || fstat(doctor->ctl->call.fds[0], &st) == -1) {
		doctor_say(doctor, DOCTOR_BAD, "memory", "are orield and orielctl of one version?",
		    "%s", reader == NULL ? why.text : strerror(errno));
	} else {
		bool low = available != -1 && available < MEMORY_MIN_MB;

		doctor_say(doctor, low ? DOCTOR_BAD : DOCTOR_OK, "memory",
		    low ? "end other programs, or make pictures or --slots smaller" : NULL,
		    "the frame ring has %lld MiB; %ld MiB are available",
		    (long long)st.st_size >> 20, available);
	}
	ring_reader_free(&reader);
}

/* ---- disk ------------------------------------------------------------ */

static void
check_space(struct doctor *doctor, const char *path)
{
	long long keep = json_integer_value(json_object_get(doctor->settings, "keep_free"));
	struct statvfs fs;
	char free_text[16];
	double percent;

	if (statvfs(path, &fs) == -1 || fs.f_blocks == 0)
		return;
	percent = 100.0 * (double)fs.f_bavail / (double)fs.f_blocks;
	show_bytes(free_text, sizeof free_text, (long long)fs.f_bavail * (long long)fs.f_frsize);
	if (fs.f_files > 0 && fs.f_favail == 0)
		doctor_say(doctor, DOCTOR_BAD, "disk", "delete files: there are too many",
		    "%s: no inode is free", path);
	else if (percent < (double)keep)
		doctor_say(doctor, DOCTOR_BAD, "disk",
		    "free some space: pictures are deleted or refused until then",
		    "%s: %s free, %.1f %% of it; keep_free wants %lld %%", path, free_text, percent,
		    keep);
	else
		doctor_say(doctor, DOCTOR_OK, "disk", NULL, "%s: %s free, %.0f %% of it", path,
		    free_text, percent);
}

static void
check_quota(struct doctor *doctor)
{
	const json_t *snaps = json_object_get(doctor->status, "snaps");
	long long bytes = json_integer_value(json_object_get(snaps, "bytes"));
	long long count = json_integer_value(json_object_get(snaps, "count"));
	long long most_mb = json_integer_value(json_object_get(doctor->settings, "quota_mb"));
	long long most = json_integer_value(json_object_get(doctor->settings, "quota_files"));
	bool nearly = bytes / 1048576 * 100 >= most_mb * QUOTA_NEARLY ||
	    count * 100 >= most * QUOTA_NEARLY;
	char text[16];

	doctor_say(doctor, nearly ? DOCTOR_NOTE : DOCTOR_OK, "quota",
	    nearly ? "the oldest go first; orielctl set quota_mb=... allows more" : NULL,
	    "%lld of %lld pictures, %s of %lld MiB", count, most,
	    show_bytes(text, sizeof text, bytes), most_mb);
}

static void
check_state(struct doctor *doctor)
{
	const char *folder = doctor->state_dir;
	char path[PATH_MAX];

	if (folder == NULL)
		folder = json_get_text(doctor->settings, "state_dir");
	snprintf(
	    path, sizeof path, "%s/%s", folder != NULL ? folder : "/var/lib/oriel", doctor->camera);
	doctor_check_folder(doctor, "state folder", path);
	check_space(doctor, path);
	if (doctor->settings != NULL)
		check_quota(doctor);
}

/* ---- all of it ------------------------------------------------------- */

static void
examine(struct doctor *doctor)
{
	char path[CAMERA_PATH_SIZE];

	doctor_check_devices(doctor);
	check_orield(doctor);
	if (doctor->settings != NULL) {
		check_picture(doctor);
		check_ring(doctor);
	}
	snprintf(path, sizeof path, "%s/%s", doctor->ctl->run_dir, doctor->camera);
	doctor_check_folder(doctor, "run folder", path);
	check_state(doctor);
	doctor_check_worker(doctor, "oriel-fcgi", doctor->fcgi);
	doctor_check_worker(doctor, "oriel-ws", doctor->ws);
	doctor_check_places(doctor, "oriel-fcgi", doctor->fcgi);
	doctor_check_places(doctor, "oriel-ws", doctor->ws);
	doctor_check_accounts(doctor);
	doctor_check_nginx(doctor);
}

static bool
parse(struct doctor *doctor, int argc, char **argv)
{
	static const struct option names[] = {
		{ .name = "state-dir", .has_arg = required_argument, .val = 's' },
		{ .name = "fcgi-socket", .has_arg = required_argument, .val = 'f' },
		{ .name = "ws-socket", .has_arg = required_argument, .val = 'w' },
		{ .name = "nginx", .has_arg = required_argument, .val = 'n' },
		{ .name = NULL },
	};
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == 's')
			doctor->state_dir = optarg;
		else if (option == 'f')
			doctor->fcgi = optarg;
		else if (option == 'w')
			doctor->ws = optarg;
		else if (option == 'n')
			doctor->nginx = optarg;
		else
			return false;
	}
	return optind == argc;
}

int
ctl_doctor(struct ctl *ctl, int argc, char **argv)
{
	struct doctor doctor = {
		.ctl = ctl, .fcgi = "/run/oriel-fcgi/sock", .ws = "/run/oriel-ws/sock"
	};
	struct cameras cameras;

	if (!parse(&doctor, argc, argv))
		return ctl_usage(argv[0]);
	cameras_list(&cameras, ctl->run_dir);
	doctor.camera = cameras_default(&cameras, ctl->camera);
	if (doctor.camera == NULL || !camera_name_valid(doctor.camera))
		return ctl_fail(ctl, CTL_USAGE, "which camera? --camera=NAME says it");
	examine(&doctor);
	json_decref(doctor.status);
	json_decref(doctor.settings);
	return doctor.bad ? CTL_REFUSED : CTL_OK;
}
