/* SPDX-License-Identifier: ISC */
#include "auth/backoff.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "auth/secret.h"
#include "base/address.h"
#include "base/clock.h"

enum { WAYS = 8, SETS = BACKOFF_ENTRIES / WAYS };

struct entry {
	uint64_t key;		     /* 0: free */
	uint64_t last_ns, before_ns; /* the newest wrong password, and the one before */
	uint32_t wrong;
};

struct backoff { /* shared by all workers */
	pthread_mutex_t lock;
	unsigned char secret[SECRET_KEY_BYTES];
	struct entry entries[SETS][WAYS];
};

/* ---- one table for all processes ------------------------------------- */

static int
backoff_lock_init(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attributes;
	int result;

	if (pthread_mutexattr_init(&attributes) != 0)
		return -1;
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	result = pthread_mutex_init(lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
	return result == 0 ? 0 : -1;
}

struct backoff *
backoff_new(struct cause *why)
{
	struct backoff *backoff = mmap(
	    NULL, sizeof *backoff, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (backoff == MAP_FAILED) {
		cause_errno(why, "back-off table");
		return NULL;
	}
	secret_make_key(backoff->secret);
	if (backoff_lock_init(&backoff->lock) == -1) {
		cause_set(why, "back-off table: no lock between processes");
		backoff_free(&backoff);
	}
	return backoff;
}

void
backoff_free(struct backoff **backoff)
{
	if (*backoff != NULL)
		munmap(*backoff, sizeof **backoff);
	*backoff = NULL;
}

/* If a worker dies inside, it leaves a half-written entry at worst: a wait that is too long or
 * too short. */
static void
backoff_lock(struct backoff *backoff)
{
	if (pthread_mutex_lock(&backoff->lock) == EOWNERDEAD)
		pthread_mutex_consistent(&backoff->lock);
}

/* ---- whose entry ----------------------------------------------------- */

static uint64_t
key_of(const struct backoff *backoff, const char *kind, const char *name)
{
	unsigned char digest[16];
	uint64_t key;

	secret_keyed(backoff->secret, kind, name, digest);
	memcpy(&key, digest, sizeof key);
	return key != 0 ? key : 1;
}

struct keys {
	uint64_t key[2]; /* 0: none */
};

static struct keys
keys_of(const struct backoff *backoff, const char *address, const char *account)
{
	char text[INET6_ADDRSTRLEN];
	struct keys keys = { { 0, 0 } };

	if (address != NULL)
		keys.key[0] = key_of(backoff, "address", address_network(address, text));
	if (account != NULL)
		keys.key[1] = key_of(backoff, "account", account);
	return keys;
}

static struct entry *
entry_find(struct backoff *backoff, uint64_t key)
{
	struct entry *set = backoff->entries[key % SETS];

	for (int i = 0; i < WAYS; i++)
		if (set[i].key == key)
			return &set[i];
	return NULL;
}

/* The entry with the fewest wrong passwords makes room, the oldest among equals. */
static bool
entry_is_quieter(const struct entry *a, const struct entry *b)
{
	return a->wrong < b->wrong || (a->wrong == b->wrong && a->last_ns < b->last_ns);
}

static struct entry *
entry_make(struct backoff *backoff, uint64_t key)
{
	struct entry *set = backoff->entries[key % SETS], *quietest = &set[0];

	for (int i = 1; i < WAYS; i++)
		if (entry_is_quieter(&set[i], quietest))
			quietest = &set[i];
	*quietest = (struct entry){ .key = key };
	return quietest;
}

/* ---- waiting --------------------------------------------------------- */

static uint64_t
entry_wait_s(const struct entry *entry)
{
	unsigned over = entry->wrong - BACKOFF_FREE;

	if (entry->wrong < BACKOFF_FREE)
		return 0;
	return over < 10 && (1u << over) < BACKOFF_MAX_S ? 1u << over : BACKOFF_MAX_S;
}

static void
entry_forget(struct entry *entry)
{
	*entry = (struct entry){ .key = 0 };
}

static unsigned
backoff_wait(struct backoff *backoff, uint64_t key, uint64_t now)
{
	struct entry *entry = key != 0 ? entry_find(backoff, key) : NULL;
	uint64_t due;

	if (entry == NULL)
		return 0;
	if (now > entry->last_ns + BACKOFF_FORGET_S * CLOCK_S)
		entry_forget(entry);
	due = entry->last_ns + entry_wait_s(entry) * CLOCK_S;
	return due > now ? (unsigned)((due - now + CLOCK_S - 1) / CLOCK_S) : 0;
}

static void
backoff_count(struct backoff *backoff, uint64_t key, uint64_t now)
{
	struct entry *entry;

	if (key == 0)
		return;
	entry = entry_find(backoff, key);
	if (entry == NULL)
		entry = entry_make(backoff, key);
	if (entry->wrong < UINT32_MAX)
		entry->wrong++;
	entry->before_ns = entry->last_ns;
	entry->last_ns = now;
}

unsigned
backoff_begin(struct backoff *backoff, const char *address, const char *account, uint64_t mono_ns)
{
	struct keys keys = keys_of(backoff, address, account);
	unsigned wait = 0;

	backoff_lock(backoff);
	for (int i = 0; i < 2; i++) {
		unsigned each = backoff_wait(backoff, keys.key[i], mono_ns);

		wait = each > wait ? each : wait;
	}
	for (int i = 0; i < 2 && wait == 0; i++)
		backoff_count(backoff, keys.key[i], mono_ns);
	pthread_mutex_unlock(&backoff->lock);
	return wait;
}

/* Restore the entry as it was before the newest count. */
static void
backoff_less(struct backoff *backoff, uint64_t key)
{
	struct entry *entry = key != 0 ? entry_find(backoff, key) : NULL;

	if (entry == NULL || entry->wrong == 0)
		return;
	entry->wrong--;
	entry->last_ns = entry->before_ns;
}

void
backoff_undo(struct backoff *backoff, const char *address, const char *account)
{
	struct keys keys = keys_of(backoff, address, account);

	backoff_lock(backoff);
	backoff_less(backoff, keys.key[0]);
	backoff_less(backoff, keys.key[1]);
	pthread_mutex_unlock(&backoff->lock);
}

void
backoff_right(struct backoff *backoff, const char *address, const char *account)
{
	struct keys keys = keys_of(backoff, address, account);
	struct entry *entry;

	backoff_lock(backoff);
	backoff_less(backoff, keys.key[0]);
	entry = keys.key[1] != 0 ? entry_find(backoff, keys.key[1]) : NULL;
	if (entry != NULL)
		entry_forget(entry);
	pthread_mutex_unlock(&backoff->lock);
}
