/* SPDX-License-Identifier: ISC */
#include "auth/clerk.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/queue.h"

/* In this order they are taken. */
enum lane { LANE_QUICK, LANE_KNOWN, LANE_HASHES, LANES };
static const unsigned lane_length[LANES] = {
	[LANE_QUICK] = CLERK_QUICK,
	[LANE_KNOWN] = CLERK_KNOWN,
	[LANE_HASHES] = CLERK_HASHES,
};

struct clerk {
	pthread_t thread;
	struct queue *lanes[LANES], *answers;
	unsigned waiting[LANES]; /* handed in and not fetched yet; the loop's */
	struct errand end;
	_Atomic bool ending; /* only log-outs are still done */
	struct book *book;   /* the thread's own */
};

static enum lane
errand_lane(const struct errand *errand)
{
	if (errand->kind > ERRAND_SETUP)
		return LANE_QUICK;
	return errand->known ? LANE_KNOWN : LANE_HASHES;
}

static int64_t
now_s(void)
{
	return (int64_t)(clock_wall_ns() / CLOCK_S);
}

/* ---- the thread ------------------------------------------------------------------------ */

static enum book_result
out_of_memory(struct cause *why)
{
	cause_set(why, "out of memory for hashing a password");
	return BOOK_TROUBLE;
}

/* An unknown name costs the same work as a wrong password. */
static enum book_result
errand_verify(
    struct book *book, struct errand *errand, struct book_pass *user, char hash[HASH_SIZE])
{
	enum book_result known = book_user(book, errand->name, user, hash, &errand->why);
	int right;

	if (known == BOOK_TROUBLE)
		return known;
	right = password_verify(errand->password, known == BOOK_OK ? hash : NULL);
	if (right == -1)
		return out_of_memory(&errand->why);
	return known == BOOK_OK && right == 1 ? BOOK_OK : BOOK_MISSING;
}

static enum book_result
errand_basic(struct book *book, struct errand *errand)
{
	char hash[HASH_SIZE];
	enum book_result result = errand_verify(book, errand, &errand->pass, hash);

	secret_wipe(hash, sizeof hash);
	return result;
}

static enum book_result
errand_session(
    struct book *book, struct errand *errand, const struct book_pass *user, const char *hash)
{
	if (errand->device[0] == '\0')
		secret_make_device(errand->device, user->user, hash);
	return book_session_add(
	    book, user, errand->from, now_s(), errand->secret, &errand->pass, &errand->why);
}

static enum book_result
errand_login(struct book *book, struct errand *errand)
{
	struct book_pass user;
	char hash[HASH_SIZE];
	enum book_result result = errand_verify(book, errand, &user, hash);

	if (result == BOOK_OK)
		result = errand_session(book, errand, &user, hash);
	secret_wipe(hash, sizeof hash);
	return result;
}

static enum book_result
errand_setup(struct book *book, struct errand *errand)
{
	char hash[HASH_SIZE];
	struct book_pass user;
	enum book_result result;

	if (password_hash(errand->password, hash) == -1)
		return out_of_memory(&errand->why);
	result = book_setup(book, errand->token, errand->name, hash, now_s(), &errand->why);
	if (result == BOOK_OK)
		result = book_user(book, errand->name, &user, hash, &errand->why);
	if (result == BOOK_OK)
		result = errand_session(book, errand, &user, hash);
	secret_wipe(hash, sizeof hash);
	return result;
}

static enum book_result
errand_settle(struct book *book, struct errand *errand)
{
	enum book_result result = book_settle(book, now_s(), &errand->next, &errand->why);
	char token[SETUP_TOKEN_SIZE];

	if (result == BOOK_OK)
		result = book_setup_token(book, token, &errand->why);
	secret_wipe(token, sizeof token);
	return result == BOOK_MISSING ? BOOK_OK : result;
}

static enum book_result
errand_run(struct book *book, struct errand *errand)
{
	switch (errand->kind) {
	case ERRAND_LOGIN: return errand_login(book, errand);
	case ERRAND_BASIC: return errand_basic(book, errand);
	case ERRAND_SETUP: return errand_setup(book, errand);
	case ERRAND_LOGOUT: return book_session_end(book, errand->id, &errand->why);
	case ERRAND_TOUCH: return book_touch(book, errand->id, now_s(), &errand->why);
	case ERRAND_SETTLE: return errand_settle(book, errand);
	case ERRAND_NEXT: return book_next(book, now_s(), &errand->next, &errand->why);
	case ERRAND_END: break;
	}
	abort();
}

static struct errand *
clerk_take(struct clerk *clerk)
{
	struct pollfd waiting[LANES];
	struct errand *errand = NULL;

	for (int lane = 0; lane < LANES; lane++)
		waiting[lane] = (struct pollfd){ .fd = queue_fd(clerk->lanes[lane]),
			.events = POLLIN };
	while (errand == NULL) {
		if (poll(waiting, LANES, -1) == -1 && errno != EINTR)
			abort();
		for (int lane = 0; lane < LANES && errand == NULL; lane++)
			errand = queue_pop(clerk->lanes[lane]);
	}
	return errand;
}

static void *
clerk_thread(void *arg)
{
	struct clerk *clerk = arg;
	struct errand *errand;

	pthread_setname_np(pthread_self(), "clerk");
	while ((errand = clerk_take(clerk))->kind != ERRAND_END) {
		if (!clerk->ending || errand->kind == ERRAND_LOGOUT)
			errand->result = errand_run(clerk->book, errand);
		secret_wipe(errand->password, sizeof errand->password);
		if (!queue_push(clerk->answers, errand))
			abort(); /* it holds as many as may be handed in */
	}
	return NULL;
}

/* ---- the loop --------------------------------------------------------------------------- */

static void
clerk_destroy(struct clerk **clerk, void (*drop)(void *errand))
{
	struct clerk *gone = *clerk;

	for (int lane = 0; lane < LANES; lane++)
		queue_free(&gone->lanes[lane], drop);
	queue_free(&gone->answers, drop);
	book_free(&gone->book);
	free(gone);
	*clerk = NULL;
}

static int
clerk_start(struct clerk *clerk, const struct book_settings *settings, struct cause *why)
{
	sigset_t all, before;

	for (int lane = 0; lane < LANES; lane++) {
		clerk->lanes[lane] = queue_new(
		    lane_length[lane] + 1); /* and the one that ends it */
		if (clerk->lanes[lane] == NULL)
			return cause_errno(why, "accounts thread");
	}
	clerk->answers = queue_new(CLERK_QUICK + CLERK_KNOWN + CLERK_HASHES);
	if (clerk->answers == NULL)
		return cause_errno(why, "accounts thread");
	clerk->book = book_new(settings, why);
	if (clerk->book == NULL)
		return -1;
	sigfillset(&all); /* signals are the loop's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	errno = pthread_create(&clerk->thread, NULL, clerk_thread, clerk);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return errno == 0 ? 0 : cause_errno(why, "accounts thread");
}

struct clerk *
clerk_new(const struct book_settings *settings, struct cause *why)
{
	struct clerk *clerk = calloc(1, sizeof *clerk);

	if (clerk == NULL) {
		cause_errno(why, "accounts thread");
		return NULL;
	}
	clerk->end.kind = ERRAND_END;
	if (clerk_start(clerk, settings, why) == -1)
		clerk_destroy(&clerk, NULL);
	return clerk;
}

void
clerk_free(struct clerk **clerk, void (*drop)(void *errand))
{
	if (*clerk == NULL)
		return;
	(*clerk)->ending = true;
	if (!queue_push((*clerk)->lanes[LANE_QUICK], &(*clerk)->end))
		abort(); /* there is always room for this one */
	pthread_join((*clerk)->thread, NULL);
	clerk_destroy(clerk, drop);
}

bool
clerk_submit(struct clerk *clerk, struct errand *errand)
{
	enum lane lane = errand_lane(errand);

	if (clerk->waiting[lane] >= lane_length[lane] || !queue_push(clerk->lanes[lane], errand))
		return false;
	clerk->waiting[lane]++;
	return true;
}

int
clerk_fd(const struct clerk *clerk)
{
	return queue_fd(clerk->answers);
}

struct errand *
clerk_done(struct clerk *clerk)
{
	struct errand *errand = queue_pop(clerk->answers);

	if (errand != NULL)
		clerk->waiting[errand_lane(errand)]--;
	return errand;
}
