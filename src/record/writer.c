/* SPDX-License-Identifier: ISC */
#include "record/writer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "clip/journal.h"

enum { SYNC_MS = 1000 };

struct queued_frame {
	STAILQ_ENTRY(queued_frame) next;
	struct frame_copy *frame;
};
STAILQ_HEAD(queued_frames, queued_frame);

struct writer {
	struct thread thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct queued_frames waiting; /* under the lock, as the next three */
	uint64_t bytes;
	bool end;
	char *text; /* of the end; NULL: cut */

	int fd;
	char *head;
	uint64_t synced_ns;
	struct cause failure; /* only the thread may use it until `ended` */

	struct event *ended_event;
	int ended_fd;
	void (*ended)(void *arg);
	void *arg;
};

/* ---- the thread ------------------------------------------------------ */

static bool
writer_is_sound(const struct writer *writer)
{
	return writer->failure.text[0] == '\0';
}

static void
writer_append(struct writer *writer, enum journal_kind kind, const struct frame_info *info,
    const void *bytes, uint32_t length)
{
	if (writer_is_sound(writer))
		journal_append(writer->fd, kind, info, bytes, length, &writer->failure);
}

/* Once a second while frames come, and at the end. */
static void
writer_sync(struct writer *writer, bool now)
{
	uint64_t mono = clock_mono_ns();

	if (!now && mono - writer->synced_ns < SYNC_MS * CLOCK_MS)
		return;
	writer->synced_ns = mono;
	if (writer_is_sound(writer) && fdatasync(writer->fd) == -1)
		cause_errno(&writer->failure, "clip");
}

/* The next frame; NULL: no more will come. */
static struct frame_copy *
writer_take(struct writer *writer)
{
	struct queued_frame *queued;
	struct frame_copy *frame = NULL;

	pthread_mutex_lock(&writer->lock);
	while (STAILQ_EMPTY(&writer->waiting) && !writer->end)
		pthread_cond_wait(&writer->changed, &writer->lock);
	queued = STAILQ_FIRST(&writer->waiting);
	if (queued != NULL) {
		STAILQ_REMOVE_HEAD(&writer->waiting, next);
		frame = queued->frame;
		writer->bytes -= frame->info.length;
	}
	pthread_mutex_unlock(&writer->lock);
	free(queued);
	return frame;
}

static void
writer_run(void *arg)
{
	struct writer *writer = arg;
	struct frame_copy *frame;

	writer->synced_ns = clock_mono_ns();
	writer_append(writer, JOURNAL_HEAD, NULL, writer->head, (uint32_t)strlen(writer->head));
	while (writer_is_sound(writer) && (frame = writer_take(writer)) != NULL) {
		writer_append(writer, JOURNAL_FRAME, &frame->info, frame->jpeg, frame->info.length);
		frame_copy_unref(&frame);
		writer_sync(writer, false);
	}
	if (writer->text != NULL)
		writer_append(
		    writer, JOURNAL_END, NULL, writer->text, (uint32_t)strlen(writer->text));
	writer_sync(writer, true);
	eventfd_write(writer->ended_fd, 1);
}

/* ---- the loop -------------------------------------------------------- */

static void
writer_ended(evutil_socket_t fd, short what, void *arg)
{
	struct writer *writer = arg;

	(void)fd, (void)what;
	writer->ended(writer->arg);
}

bool
writer_put(struct writer *writer, struct frame_copy *frame, uint64_t most_bytes)
{
	struct queued_frame *queued = malloc(sizeof *queued);
	bool room;

	if (queued == NULL)
		return false;
	pthread_mutex_lock(&writer->lock);
	room = writer->bytes + frame->info.length <= most_bytes;
	if (room) {
		queued->frame = frame_copy_ref(frame);
		writer->bytes += frame->info.length;
		STAILQ_INSERT_TAIL(&writer->waiting, queued, next);
		pthread_cond_signal(&writer->changed);
	}
	pthread_mutex_unlock(&writer->lock);
	if (!room)
		free(queued);
	return room;
}

void
writer_end(struct writer *writer, const char *text)
{
	pthread_mutex_lock(&writer->lock);
	if (!writer->end)
		writer->text = text != NULL ? strdup(text) : NULL;
	writer->end = true;
	pthread_cond_signal(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
}

const char *
writer_failure(const struct writer *writer)
{
	return writer->failure.text;
}

/* ---- life ------------------------------------------------------------ */

static int
writer_start(struct writer *writer, struct event_base *base, const char *head)
{
	writer->head = strdup(head);
	writer->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (writer->head == NULL || writer->ended_fd == -1)
		return -1;
	writer->ended_event = event_new(base, writer->ended_fd, EV_READ, writer_ended, writer);
	if (writer->ended_event == NULL || event_add(writer->ended_event, NULL) == -1)
		return -1;
	return thread_start(&writer->thread, "journal", writer_run, writer);
}

struct writer *
writer_new(struct event_base *base, int fd, const char *head, void (*ended)(void *arg), void *arg,
    struct cause *why)
{
	struct writer *writer = calloc(1, sizeof *writer);

	if (writer == NULL) {
		cause_errno(why, "clip");
		close(fd);
		return NULL;
	}
	*writer = (struct writer){ .fd = fd, .ended_fd = -1, .ended = ended, .arg = arg };
	STAILQ_INIT(&writer->waiting);
	pthread_mutex_init(&writer->lock, NULL);
	pthread_cond_init(&writer->changed, NULL);
	if (writer_start(writer, base, head) == 0)
		return writer;
	cause_errno(why, "clip");
	writer_free(&writer);
	return NULL;
}

void
writer_free(struct writer **writer)
{
	struct writer *gone = *writer;
	struct queued_frame *queued;

	if (gone == NULL)
		return;
	writer_end(gone, NULL);
	thread_join(&gone->thread);
	while ((queued = STAILQ_FIRST(&gone->waiting)) != NULL) {
		STAILQ_REMOVE_HEAD(&gone->waiting, next);
		frame_copy_unref(&queued->frame);
		free(queued);
	}
	if (gone->ended_event != NULL)
		event_free(gone->ended_event);
	if (gone->ended_fd != -1)
		close(gone->ended_fd);
	close(gone->fd);
	pthread_cond_destroy(&gone->changed);
	pthread_mutex_destroy(&gone->lock);
	free(gone->head);
	free(gone->text);
	free(gone);
	*writer = NULL;
}
