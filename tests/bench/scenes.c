/* SPDX-License-Identifier: ISC */
#include "bench/scenes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "unit/random.h"

/* The canvas has coordinates 0..1 both ways, whatever its size. */
struct canvas {
	unsigned char *grey;
	unsigned width, height;
	double now;	      /* seconds since the scene began */
	struct random random; /* another one for each picture */
};

struct scene {
	struct scene_label label;
	void (*draw)(struct canvas *canvas);
	unsigned grain; /* levels of noise a pixel, evenly spread */
};

/* ---- paint ----------------------------------------------------------- */

static unsigned char
level(double value)
{
	return (unsigned char)(value < 0 ? 0 : value > 255 ? 255 : value + .5);
}

/* Patches of different brightness, the same in each picture: what a yard looks like from far. */
static double
ground(double x, double y)
{
	unsigned patch = (unsigned)(x * 24) * 73 + (unsigned)(y * 14) * 179;

	return 70 + 60 * y + (patch * 2654435761u >> 26) + 6 * sin(x * 190) * sin(y * 170);
}

/* Computed once per size. */
static void
paint_ground(struct canvas *canvas)
{
	static unsigned char *drawn;
	static unsigned width, height;
	size_t size = (size_t)canvas->width * canvas->height;

	if (canvas->width != width || canvas->height != height) {
		width = canvas->width;
		height = canvas->height;
		free(drawn);
		drawn = malloc(size);
		for (size_t i = 0; i < size; i++)
			drawn[i] = level(ground(((double)(i % width) + .5) / width,
			    ((double)(i / width) + .5) / height));
	}
	memcpy(canvas->grey, drawn, size);
}

/* Every pixel, as what `shade` makes of it and of its place. */
static void
paint_shade(struct canvas *canvas,
    double (*shade)(const struct canvas *canvas, double x, double y, double was))
{
	for (unsigned y = 0; y < canvas->height; y++)
		for (unsigned x = 0; x < canvas->width; x++) {
			unsigned char *pixel = &canvas->grey[y * canvas->width + x];

			*pixel = level(shade(
			    canvas, (x + .5) / canvas->width, (y + .5) / canvas->height, *pixel));
		}
}

static unsigned
edge(double at, unsigned most)
{
	return (unsigned)(at < 0 ? 0 : at > 1 ? most : ceil(at * most));
}

/* An ellipse around (x, y); `soft`: how far outside it fades, as a part of its radius. */
static void
paint_blob(struct canvas *canvas, double x, double y, double across, double down, double shade,
    double soft)
{
	double reach_across = across / 2 * (1 + soft), reach_down = down / 2 * (1 + soft);
	unsigned top = edge(y - reach_down, canvas->height),
		 bottom = edge(y + reach_down, canvas->height);
	unsigned left = edge(x - reach_across, canvas->width),
		 right = edge(x + reach_across, canvas->width);

	for (unsigned line = top; line < bottom; line++)
		for (unsigned column = left; column < right; column++) {
			unsigned char *pixel = &canvas->grey[line * canvas->width + column];
			double dx = ((column + .5) / canvas->width - x) / (across / 2);
			double dy = ((line + .5) / canvas->height - y) / (down / 2);
			double away = sqrt(dx * dx + dy * dy) - 1;
			double part = away <= 0 ? 1 : away < soft ? 1 - away / soft : 0;

			*pixel = level(*pixel + part * (shade - *pixel));
		}
}

static void
paint_box(struct canvas *canvas, double x, double y, double across, double down, double shade)
{
	unsigned left = (unsigned)(x * canvas->width),
		 right = (unsigned)((x + across) * canvas->width + .5);
	unsigned top = (unsigned)(y * canvas->height),
		 bottom = (unsigned)((y + down) * canvas->height + .5);

	for (; top < bottom && top < canvas->height; top++)
		if (left < right && left < canvas->width)
			memset(canvas->grey + top * canvas->width + left, level(shade),
			    (right < canvas->width ? right : canvas->width) - left);
}

/* Head, body and a step: `size` is the height. */
static void
paint_person(struct canvas *canvas, double x, double feet, double size, double shade)
{
	double step = 0.06 * size * sin(canvas->now * 9);

	paint_blob(canvas, x, feet - .9 * size, .12 * size, .2 * size, shade + 20, 0);
	paint_blob(canvas, x, feet - .6 * size, .26 * size, .5 * size, shade, 0);
	paint_box(
	    canvas, x - .07 * size - step, feet - .42 * size, .07 * size, .42 * size, shade - 10);
	paint_box(canvas, x + step, feet - .42 * size, .07 * size, .42 * size, shade - 10);
}

/* How far the time between two moments has passed: 0..1. */
static double
gone(const struct canvas *canvas, double begin, double end)
{
	double part = (canvas->now - begin) / (end - begin);

	return part < 0 ? 0 : part > 1 ? 1 : part;
}

static bool
during(const struct canvas *canvas, double begin, double end)
{
	return canvas->now >= begin && canvas->now < end;
}

/* ---- weather, light, machines: nothing moves ------------------------- */

static void
draw_still(struct canvas *canvas)
{
	(void)canvas;
}

static void
draw_rain(struct canvas *canvas)
{
	for (int drop = 0; drop < 120; drop++)
		paint_box(canvas, random_below(&canvas->random, 1000) / 1000.,
		    random_below(&canvas->random, 1000) / 1000. - .03, .0025, .05,
		    190 + random_below(&canvas->random, 60));
}

static double
shade_bands(const struct canvas *canvas, double x, double y, double was)
{
	(void)x;
	return was * (1 + .16 * sin(6.2832 * (2.5 * y + .37 * canvas->now * SCENE_FPS)));
}

static void
draw_bands(struct canvas *canvas)
{
	paint_shade(canvas, shade_bands);
}

static double
shade_dusk(const struct canvas *canvas, double x, double y, double was)
{
	(void)x, (void)y;
	return was * (1 - .75 * gone(canvas, SCENE_QUIET, SCENE_SECONDS));
}

static void
draw_dusk(struct canvas *canvas)
{
	paint_shade(canvas, shade_dusk);
}

static double
shade_night(const struct canvas *canvas, double x, double y, double was)
{
	(void)canvas, (void)x, (void)y;
	return was * .2 + 12;
}

static void
draw_night(struct canvas *canvas)
{
	paint_shade(canvas, shade_night);
}

/* Six digits that are boxes, a thirtieth of the picture high; the last changes each second, and
 * once all do. */
static void
draw_clock(struct canvas *canvas)
{
	unsigned seconds = (unsigned)canvas->now + 3590;

	paint_box(canvas, .84, .02, .13, .05, 10);
	for (int digit = 0, places[] = { 36000, 3600, 600, 60, 10, 1 }; digit < 6; digit++) {
		unsigned shape = (seconds / (unsigned)places[digit] % 10 + 1) * 2654435761u >> 20;

		for (int bar = 0; bar < 12; bar++)
			if (shape >> bar & 1)
				paint_box(canvas, .85 + .018 * digit + .005 * (bar % 3),
				    .026 + .008 * (bar / 3), .005, .008, 245);
	}
}

static double
shade_cloud(const struct canvas *canvas, double x, double y, double was)
{
	(void)x, (void)y;
	return was * (1 - .4 * (gone(canvas, 10, 12) - gone(canvas, 16, 18)));
}

static void
draw_cloud(struct canvas *canvas)
{
	paint_shade(canvas, shade_cloud);
}

/* The filter swings in: other things are bright now, and the exposure settles for a second. */
static double
shade_infrared(const struct canvas *canvas, double x, double y, double was)
{
	if (canvas->now < 10)
		return was;
	return ((int)(x * 24) % 2 ? was * .45 + 120 : was * .95 + 8) *
	    (.75 + .25 * gone(canvas, 10, 11)) -
	    10 * y;
}

static void
draw_infrared(struct canvas *canvas)
{
	paint_shade(canvas, shade_infrared);
}

static double
shade_half(const struct canvas *canvas, double x, double y, double was)
{
	return x < .55 * gone(canvas, 10, 11) + .1 * (y - 1) ? was * .5 : was;
}

static void
draw_shadow(struct canvas *canvas)
{
	paint_shade(canvas, shade_half);
}

/* ---- what a person wants to know of ---------------------------------- */

static void
draw_cat(struct canvas *canvas)
{
	if (during(canvas, 10, 15))
		paint_blob(canvas, 1.05 - 1.1 * gone(canvas, 10, 15), .8, .07, .06, 30, 0);
}

static void
draw_far(struct canvas *canvas)
{
	if (during(canvas, 10, 18))
		paint_person(canvas, -.05 + 1.1 * gone(canvas, 10, 18), .55, .19, 40);
}

static void
draw_near(struct canvas *canvas)
{
	if (during(canvas, 10, 14))
		paint_person(canvas, -.2 + 1.4 * gone(canvas, 10, 14), 1.1, 1.05, 50);
}

static void
draw_creeping(struct canvas *canvas)
{
	paint_blob(canvas, -.45 + .7 * gone(canvas, 9, 23), .5, .5, .9, 165, .6);
}

static void
draw_put_down(struct canvas *canvas)
{
	if (during(canvas, 10, 11))
		paint_person(canvas, .6, .9, .4, 40);
	if (canvas->now >= 10.5)
		paint_box(canvas, .55, .75, .1, .14, 215);
}

static void
draw_far_in_rain(struct canvas *canvas)
{
	draw_far(canvas);
	draw_rain(canvas);
}

static void
draw_near_at_night(struct canvas *canvas)
{
	draw_near(canvas);
	draw_night(canvas);
}

static void
draw_far_under_clock(struct canvas *canvas)
{
	draw_far(canvas);
	draw_clock(canvas);
	draw_bands(canvas);
}

static void
draw_cloud_and_far(struct canvas *canvas)
{
	draw_far(canvas);
	draw_cloud(canvas);
}

static const struct scene scenes[] = {
	{ { "still", 0, 0, 0 }, draw_still, 4 },
	{ { "rain", 0, 0, 0 }, draw_rain, 4 },
	{ { "flicker bands", 0, 0, 0 }, draw_bands, 4 },
	{ { "dusk", 0, 0, 0 }, draw_dusk, 4 },
	{ { "night grain", 0, 0, 0 }, draw_night, 60 },
	{ { "clock overlay", 0, 0, 0 }, draw_clock, 4 },
	{ { "cloud", 0, 0, 0 }, draw_cloud, 4 },
	{ { "infrared filter", 0, 0, 10 }, draw_infrared, 6 },
	{ { "shadow of half", 0, 0, 10 }, draw_shadow, 4 },
	{ { "cat", 10, 15, 0 }, draw_cat, 4 },
	{ { "person far", 10, 18, 0 }, draw_far, 4 },
	{ { "person near", 10, 14, 0 }, draw_near, 4 },
	{ { "large, creeping", 9, 23, 0 }, draw_creeping, 4 },
	{ { "put down", 10, 11, 0 }, draw_put_down, 4 },
	{ { "far, in rain", 10, 18, 0 }, draw_far_in_rain, 4 },
	{ { "near, at night", 10, 14, 0 }, draw_near_at_night, 40 },
	{ { "far, bands, clock", 10, 18, 0 }, draw_far_under_clock, 4 },
	{ { "far, cloud", 10, 18, 0 }, draw_cloud_and_far, 4 },
};

unsigned
scene_count(void)
{
	return sizeof scenes / sizeof *scenes;
}

struct scene_label
scene_label(unsigned scene)
{
	return scenes[scene].label;
}

static void
paint_grain(struct canvas *canvas, unsigned grain)
{
	for (size_t i = 0; i < (size_t)canvas->width * canvas->height; i++)
		canvas->grey[i] = level(canvas->grey[i] +
		    (double)random_below(&canvas->random, grain + 1) - grain / 2.);
}

void
scene_draw(unsigned scene, unsigned frame, unsigned char *grey, unsigned width, unsigned height)
{
	struct canvas canvas = { grey, width, height, frame / (double)SCENE_FPS,
		{ frame * 7919 + scene + 1 } };

	for (int i = 0; i < 20; i++)
		random_below(&canvas.random, 2);
	paint_ground(&canvas);
	scenes[scene].draw(&canvas);
	paint_grain(&canvas, scenes[scene].grain);
}

bool
scene_begins(struct span *span, unsigned frame, bool above)
{
	static const struct span_settings settings = {
		.gap_ms = 5000, .pictures = 2, .cooldown_ms = 2000
	};
	const struct span_picture picture = { .above = above,
		.mono_ns = (frame + 1) * (CLOCK_S / SCENE_FPS) };

	return span_look(span, &settings, &picture) == SPAN_BEGINS;
}

struct scene_score
scene_score(unsigned scene, const double *events, unsigned count)
{
	const struct scene_label *label = &scenes[scene].label;
	struct scene_score score = { 0 };
	bool lit = label->light == 0;

	for (unsigned i = 0; i < count; i++) {
		if (events[i] >= label->begin && events[i] < label->end + 1 && label->end > 0)
			score.right++;
		else if (!lit && events[i] >= label->light)
			lit = true; /* once */
		else
			score.wrong++;
	}
	score.seen = score.right > 0;
	score.missed = label->end > 0 && score.right == 0;
	return score;
}
