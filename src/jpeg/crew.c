/* SPDX-License-Identifier: ISC */
#include "jpeg/crew.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "jpeg/jpeg.h"

enum { SOF0 = 0xc0, SOF1 = 0xc1, SOS = 0xda, RST0 = 0xd0, INTERVAL_MOST = 65535 };

struct job { /* what all bands have in common */
	const struct picture *picture;
	int quality;
};

struct worker { /* number 0 is the caller */
	struct jpeg_crew *crew;
	struct jpeg_encoder *encoder;
	pthread_t thread;
	struct jpeg_band band; /* height 0: nothing to do this time */
	unsigned char *out;    /* number 0: where the whole picture goes */
	uint32_t capacity;
	long length;
	struct cause why;
};

struct jpeg_crew {
	struct worker workers[JPEG_CREW_MOST];
	unsigned count, started; /* workers; threads among them, number 0 included */

	pthread_mutex_t lock;
	pthread_cond_t begin, end;
	struct job job;
	uint64_t round; /* counts pictures */
	unsigned busy;	/* threads that have not finished this one */
	bool stop;
};

/* ---- threads ------------------------------------------------------------------ */

static void
work(struct worker *worker, const struct job *job)
{
	if (worker->band.height > 0)
		worker->length = jpeg_encode_band(worker->encoder, job->picture, &worker->band,
		    job->quality, worker->out, worker->capacity, &worker->why);
}

static void *
run(void *arg)
{
	struct worker *worker = arg;
	struct jpeg_crew *crew = worker->crew;
	uint64_t done = 0;

	pthread_setname_np(pthread_self(), "encoder");
	pthread_mutex_lock(&crew->lock);
	for (;;) {
		struct job job;

		while (crew->round == done && !crew->stop)
			pthread_cond_wait(&crew->begin, &crew->lock);
		if (crew->stop)
			break;
		done = crew->round;
		job = crew->job;
		pthread_mutex_unlock(&crew->lock);
		work(worker, &job);
		pthread_mutex_lock(&crew->lock);
		if (--crew->busy == 0)
			pthread_cond_signal(&crew->end);
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

/* Signals are for the program's own threads. */
static int
start(struct worker *worker)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&worker->thread, NULL, run, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

struct jpeg_crew *
jpeg_crew_new(unsigned threads, struct cause *why)
{
	struct jpeg_crew *crew = calloc(1, sizeof *crew);

	if (crew == NULL) {
		cause_errno(why, "encoders");
		return NULL;
	}
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->begin, NULL);
	pthread_cond_init(&crew->end, NULL);
	crew->count = threads < 1 ? 1 : threads > JPEG_CREW_MOST ? JPEG_CREW_MOST : threads;
	for (unsigned i = 0; i < crew->count; i++) {
		struct worker *worker = &crew->workers[i];
		int error;

		worker->crew = crew;
		worker->encoder = jpeg_encoder_new();
		error = worker->encoder == NULL ? ENOMEM : i > 0 ? start(worker) : 0;
		if (error != 0) {
			cause_set(why, "encoder thread: %s", strerror(error));
			jpeg_crew_free(&crew);
			return NULL;
		}
		crew->started = i + 1;
	}
	return crew;
}

void
jpeg_crew_free(struct jpeg_crew **crew)
{
	struct jpeg_crew *old = *crew;

	if (old == NULL)
		return;
	pthread_mutex_lock(&old->lock);
	old->stop = true;
	pthread_cond_broadcast(&old->begin);
	pthread_mutex_unlock(&old->lock);
	for (unsigned i = 1; i < old->started; i++)
		pthread_join(old->workers[i].thread, NULL);
	for (unsigned i = 0; i < old->count; i++) {
		jpeg_encoder_free(&old->workers[i].encoder);
		if (i > 0)
			free(old->workers[i].out);
	}
	pthread_cond_destroy(&old->begin);
	pthread_cond_destroy(&old->end);
	pthread_mutex_destroy(&old->lock);
	free(old);
	*crew = NULL;
}

/* ---- bands -------------------------------------------------------------------- */

/* Give each worker its band, all but the last of one height: a JPEG has one restart
 * interval. False: the picture has to be encoded in one. */
static bool
cut(struct jpeg_crew *crew, const struct picture *picture)
{
	uint32_t mcu_width, mcu_height, rows, each, across;

	jpeg_band_step(picture->format, &mcu_width, &mcu_height);
	if (crew->count == 1 || mcu_width == 0)
		return false;
	across = (picture->width + mcu_width - 1) / mcu_width;
	rows = (picture->height + mcu_height - 1) / mcu_height;
	each = (rows + crew->count - 1) / crew->count;
	if (each >= rows || (uint64_t)each * across > INTERVAL_MOST)
		return false;
	for (unsigned i = 0; i < crew->count; i++) {
		struct jpeg_band *band = &crew->workers[i].band;

		band->top = i * each * mcu_height;
		band->height = band->top >= picture->height	      ? 0
		    : picture->height - band->top < each * mcu_height ? picture->height - band->top
								      : each * mcu_height;
		band->interval = each * across;
	}
	return true;
}

/* Every worker has as much room as the whole picture: pages that are never touched
 * cost nothing. */
static int
reserve(struct jpeg_crew *crew, uint32_t capacity)
{
	for (unsigned i = 1; i < crew->count; i++) {
		struct worker *worker = &crew->workers[i];

		if (worker->capacity >= capacity)
			continue;
		free(worker->out);
		worker->capacity = 0;
		worker->out = malloc(capacity);
		if (worker->out == NULL)
			return -1;
		worker->capacity = capacity;
	}
	return 0;
}

/* Offset of the first entropy-coded byte of our own encoder's JPEG; *frame: of its SOF. */
static uint32_t
scan_begin(const unsigned char *jpeg, uint32_t *frame)
{
	uint32_t at = 2;

	for (;;) {
		uint32_t length = (uint32_t)jpeg[at + 2] << 8 | jpeg[at + 3];

		if (jpeg[at + 1] == SOF0 || jpeg[at + 1] == SOF1)
			*frame = at;
		if (jpeg[at + 1] == SOS)
			return at + 2 + length;
		at += 2 + length;
	}
}

/* Put the bands behind the first one, whose header speaks for all. */
static long
join(struct jpeg_crew *crew, uint32_t height, struct cause *why)
{
	struct worker *first = &crew->workers[0];
	uint32_t used = (uint32_t)first->length - 2, frame = 0; /* without EOI */

	scan_begin(first->out, &frame);
	first->out[frame + 5] = (unsigned char)(height >> 8);
	first->out[frame + 6] = (unsigned char)height;
	for (unsigned i = 1; i < crew->count && crew->workers[i].band.height > 0; i++) {
		const struct worker *next = &crew->workers[i];
		uint32_t begin = scan_begin(next->out, &frame),
			 length = (uint32_t)next->length - 2 - begin;

		if (length + 4 > first->capacity - used)
			return cause_set(why, "the JPEG does not fit its buffer");
		first->out[used++] = 0xff;
		first->out[used++] = (unsigned char)(RST0 + (i - 1) % 8);
		memcpy(first->out + used, next->out + begin, length);
		used += length;
	}
	first->out[used++] = 0xff;
	first->out[used++] = 0xd9;
	return used;
}

static long
encode_bands(struct jpeg_crew *crew, const struct job *job, struct cause *why)
{
	pthread_mutex_lock(&crew->lock);
	crew->job = *job;
	crew->round++;
	crew->busy = crew->count - 1;
	pthread_cond_broadcast(&crew->begin);
	pthread_mutex_unlock(&crew->lock);
	work(&crew->workers[0], job);
	pthread_mutex_lock(&crew->lock);
	while (crew->busy > 0)
		pthread_cond_wait(&crew->end, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
	for (unsigned i = 0; i < crew->count; i++)
		if (crew->workers[i].band.height > 0 && crew->workers[i].length == -1)
			return cause_set(why, "%s", crew->workers[i].why.text);
	return join(crew, job->picture->height, why);
}

long
jpeg_crew_encode(struct jpeg_crew *crew, const struct picture *picture, int quality,
    unsigned char *out, uint32_t capacity, struct cause *why)
{
	struct job job = { .picture = picture, .quality = quality };

	if (picture->format >= PIXEL_FORMATS || !cut(crew, picture))
		return jpeg_encode(crew->workers[0].encoder, picture, quality, out, capacity, why);
	if (reserve(crew, capacity) == -1)
		return cause_set(why, "out of memory");
	crew->workers[0].out = out;
	crew->workers[0].capacity = capacity;
	return encode_bands(crew, &job, why);
}
