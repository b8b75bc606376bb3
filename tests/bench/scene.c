/* SPDX-License-Identifier: ISC */
/* scene WIDTH HEIGHT THRESHOLD: what orield's motion detection makes of tests/bench/scenes.c, a
 * line of JSON a scene. scene WIDTH HEIGHT write NAME: the pictures of one, as JPEGs one behind the
 * other, on standard output. scene score NUMBER [SECONDS ...]: what somebody's events are worth, in
 * one scene.
 *
 * The pictures go the way a camera's go: encoded, decoded to 1/8, judged. THRESHOLD is in tenths of
 * a percent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/scenes.h"
#include "jpeg/jpeg.h"
#include "motion/motion.h"

enum { QUALITY = 80, EVENTS_MAX = SCENE_FRAMES };

struct film {
	unsigned scene;
	uint32_t width, height, size;
	unsigned char *grey, *jpeg;
	struct jpeg_encoder *encoder;
};

/* One picture of the film as a JPEG, in film->jpeg: its length. */
static uint32_t
film_picture(struct film *film, unsigned frame)
{
	struct picture picture = { .data = film->grey,
		.length = film->width * film->height,
		.format = PIXEL_GREY,
		.width = film->width,
		.height = film->height,
		.stride = film->width };
	struct cause why;
	long length;

	scene_draw(film->scene, frame, film->grey, film->width, film->height);
	length = jpeg_encode(film->encoder, &picture, QUALITY, film->jpeg, film->size, &why);
	if (length == -1) {
		fprintf(stderr, "scene: %s\n", why.text);
		exit(1);
	}
	return (uint32_t)length;
}

static unsigned
film_judge(struct film *film, unsigned threshold, double *events)
{
	const struct motion_settings settings = {
		.threshold = threshold, .noise = 16, .light_switch = 80
	};
	struct jpeg_decoder *decoder = jpeg_decoder_new();
	struct motion *motion = motion_new();
	unsigned char *small = malloc(film->size);
	uint32_t width, height, length;
	struct motion_verdict verdict;
	struct span span = { 0 };
	unsigned count = 0;
	struct cause why;

	for (unsigned frame = 0; frame < SCENE_FRAMES; frame++) {
		length = film_picture(film, frame);
		if (jpeg_decode_grey8(decoder, film->jpeg, length, small, film->size, &width,
			&height, &why) == -1)
			continue;
		verdict = motion_judge(
		    motion, &settings, small, width, height, (frame + 1) * (CLOCK_S / SCENE_FPS));
		if (scene_begins(&span, frame, verdict.held == MOTION_FREE))
			events[count++] = frame / (double)SCENE_FPS;
	}
	motion_free(&motion);
	jpeg_decoder_free(&decoder);
	free(small);
	return count;
}

static void
print_score(unsigned scene, const double *events, unsigned count)
{
	struct scene_label label = scene_label(scene);
	struct scene_score score = scene_score(scene, events, count);

	printf(
	    "{\"scene\": \"%s\", \"seen\": %u, \"missed\": %u, \"right\": %u, \"wrong\": %u, \"events\": [",
	    label.name, score.seen, score.missed, score.right, score.wrong);
	for (unsigned i = 0; i < count; i++)
		printf("%s%.1f", i > 0 ? ", " : "", events[i]);
	printf("]}\n");
}

static void
film_report(struct film *film, unsigned threshold)
{
	double events[EVENTS_MAX];

	print_score(film->scene, events, film_judge(film, threshold, events));
}

static int
score_strangers(int argc, char **argv)
{
	unsigned scene = (unsigned)atoi(argv[2]), count = 0;
	double events[EVENTS_MAX];

	if (scene >= scene_count())
		return 2;
	for (int i = 3; i < argc && count < EVENTS_MAX; i++)
		events[count++] = atof(argv[i]);
	print_score(scene, events, count);
	return 0;
}

static int
film_write(struct film *film, const char *name)
{
	for (film->scene = 0; film->scene < scene_count(); film->scene++)
		if (strcmp(scene_label(film->scene).name, name) == 0)
			break;
	if (film->scene == scene_count())
		return 2;
	for (unsigned frame = 0; frame < SCENE_FRAMES; frame++)
		fwrite(film->jpeg, 1, film_picture(film, frame), stdout);
	return 0;
}

int
main(int argc, char **argv)
{
	struct film film = { 0 };

	if (argc >= 3 && strcmp(argv[1], "score") == 0)
		return score_strangers(argc, argv);
	if (argc < 4)
		return 2;
	film.width = (uint32_t)atoi(argv[1]);
	film.height = (uint32_t)atoi(argv[2]);
	film.size = 2 * film.width * film.height + 65536;
	film.grey = malloc(film.size);
	film.jpeg = malloc(film.size);
	film.encoder = jpeg_encoder_new();
	if (argc > 4)
		return film_write(&film, argv[4]);
	for (film.scene = 0; film.scene < scene_count(); film.scene++)
		film_report(&film, (unsigned)atoi(argv[3]));
	return 0;
}
