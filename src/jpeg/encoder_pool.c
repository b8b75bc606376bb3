/* SPDX-License-Identifier: ISC */
#include "jpeg/encoder_pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "jpeg/jpeg.h"

enum { SOF0 = 0xc0, SOF1 = 0xc1, SOS = 0xda, RST0 = 0xd0, INTERVAL_MOST = 65535 };

struct job { /* what all bands have in common */
	const struct picture *picture;
	int quality;
};

struct worker { /* number 0 is the caller */
	struct encoder_pool *pool;
	struct jpeg_encoder *encoder;
	struct thread thread;
	struct jpeg_band band; /* height 0: nothing to do this time */
	unsigned char *out;    /* number 0: where the whole picture goes */
	uint32_t capacity;
	long length;
	struct cause why;
};

struct encoder_pool {
	struct worker workers[ENCODER_POOL_MOST];
	unsigned count; /* workers, number 0 included */

	pthread_mutex_t lock;
	pthread_cond_t begin, end;
	struct job job;
	uint64_t round; /* counts pictures */
	unsigned busy;	/* threads that have not finished this one */
	bool stop;
};

/* ---- threads --------------------------------------------------------- */

static void
work(struct worker *worker, const struct job *job)
{
	if (worker->band.height > 0)
		worker->length = jpeg_encode_band(worker->encoder, job->picture, &worker->band,
		    job->quality, worker->out, worker->capacity, &worker->why);
}

static void
run(void *arg)
{
	struct worker *worker = arg;
	struct encoder_pool *pool = worker->pool;
	uint64_t done = 0;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct job job;

		while (pool->round == done && !pool->stop)
			pthread_cond_wait(&pool->begin, &pool->lock);
		if (pool->stop)
			break;
		done = pool->round;
		job = pool->job;
		pthread_mutex_unlock(&pool->lock);
		work(worker, &job);
		pthread_mutex_lock(&pool->lock);
		if (--pool->busy == 0)
			pthread_cond_signal(&pool->end);
	}
	pthread_mutex_unlock(&pool->lock);
}

static int
start(struct worker *worker, bool threaded)
{
	worker->encoder = jpeg_encoder_new();
	if (worker->encoder == NULL) {
		errno = ENOMEM;
		return -1;
	}
	return threaded ? thread_start(&worker->thread, "encoder", run, worker) : 0;
}

struct encoder_pool *
encoder_pool_new(unsigned threads, struct cause *why)
{
	struct encoder_pool *pool = calloc(1, sizeof *pool);

	if (pool == NULL) {
		cause_errno(why, "encoders");
		return NULL;
	}
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->begin, NULL);
	pthread_cond_init(&pool->end, NULL);
	pool->count = threads < 1 ? 1 : threads > ENCODER_POOL_MOST ? ENCODER_POOL_MOST : threads;
	for (unsigned i = 0; i < pool->count; i++) {
		pool->workers[i].pool = pool;
		if (start(&pool->workers[i], i > 0) == -1) {
			cause_errno(why, "encoder thread");
			encoder_pool_free(&pool);
			return NULL;
		}
	}
	return pool;
}

void
encoder_pool_free(struct encoder_pool **pool)
{
	struct encoder_pool *old = *pool;

	if (old == NULL)
		return;
	pthread_mutex_lock(&old->lock);
	old->stop = true;
	pthread_cond_broadcast(&old->begin);
	pthread_mutex_unlock(&old->lock);
	for (unsigned i = 0; i < old->count; i++)
		thread_join(&old->workers[i].thread);
	for (unsigned i = 0; i < old->count; i++) {
		jpeg_encoder_free(&old->workers[i].encoder);
		if (i > 0)
			free(old->workers[i].out);
	}
	pthread_cond_destroy(&old->begin);
	pthread_cond_destroy(&old->end);
	pthread_mutex_destroy(&old->lock);
	free(old);
	*pool = NULL;
}

/* ---- bands ----------------------------------------------------------- */

/* Give each worker its band. All but the last have the same height, because a JPEG has one
 * restart interval. False: the picture must be encoded as one. */
static bool
cut(struct encoder_pool *pool, const struct picture *picture)
{
	uint32_t mcu_width, mcu_height, rows, each, across;

	jpeg_band_step(picture->format, &mcu_width, &mcu_height);
	if (pool->count == 1 || mcu_width == 0)
		return false;
	across = (picture->width + mcu_width - 1) / mcu_width;
	rows = (picture->height + mcu_height - 1) / mcu_height;
	each = (rows + pool->count - 1) / pool->count;
	if (each >= rows || (uint64_t)each * across > INTERVAL_MOST)
		return false;
	for (unsigned i = 0; i < pool->count; i++) {
		struct jpeg_band *band = &pool->workers[i].band;

		band->top = i * each * mcu_height;
		band->height = band->top >= picture->height	      ? 0
		    : picture->height - band->top < each * mcu_height ? picture->height - band->top
								      : each * mcu_height;
		band->interval = each * across;
	}
	return true;
}

/* Every worker has room for the whole picture: pages that are never touched cost nothing. */
static int
reserve(struct encoder_pool *pool, uint32_t capacity)
{
	for (unsigned i = 1; i < pool->count; i++) {
		struct worker *worker = &pool->workers[i];

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

/* Append the bands to the first one, whose header holds for all. */
static long
join(struct encoder_pool *pool, uint32_t height, struct cause *why)
{
	struct worker *first = &pool->workers[0];
	uint32_t used = (uint32_t)first->length - 2, frame = 0; /* without EOI */

	scan_begin(first->out, &frame);
	first->out[frame + 5] = (unsigned char)(height >> 8);
	first->out[frame + 6] = (unsigned char)height;
	for (unsigned i = 1; i < pool->count && pool->workers[i].band.height > 0; i++) {
		const struct worker *next = &pool->workers[i];
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
encode_bands(struct encoder_pool *pool, const struct job *job, struct cause *why)
{
	pthread_mutex_lock(&pool->lock);
	pool->job = *job;
	pool->round++;
	pool->busy = pool->count - 1;
	pthread_cond_broadcast(&pool->begin);
	pthread_mutex_unlock(&pool->lock);
	work(&pool->workers[0], job);
	pthread_mutex_lock(&pool->lock);
	while (pool->busy > 0)
		pthread_cond_wait(&pool->end, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->count; i++)
		if (pool->workers[i].band.height > 0 && pool->workers[i].length == -1)
			return cause_set(why, "%s", pool->workers[i].why.text);
	return join(pool, job->picture->height, why);
}

long
encoder_pool_encode(struct encoder_pool *pool, const struct picture *picture, int quality,
    unsigned char *out, uint32_t capacity, struct cause *why)
{
	struct job job = { .picture = picture, .quality = quality };

	if (picture->format >= PIXEL_FORMATS || !cut(pool, picture))
		return jpeg_encode(pool->workers[0].encoder, picture, quality, out, capacity, why);
	if (reserve(pool, capacity) == -1)
		return cause_set(why, "out of memory");
	pool->workers[0].out = out;
	pool->workers[0].capacity = capacity;
	return encode_bands(pool, &job, why);
}
