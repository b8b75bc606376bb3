/* SPDX-License-Identifier: ISC */
#include "base/places.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct places_user {
	LIST_ENTRY(places_user) next;
	struct places *places;
	size_t taken;
	char who[PLACES_WHO_SIZE];
};

void
places_init(struct places *places, size_t most, unsigned share)
{
	*places = (struct places){ .most = most, .share = (most * share + 99) / 100 };
}

void
places_deinit(struct places *places)
{
	for (size_t i = 0; i < PLACES_BUCKETS; i++)
		for (struct places_user *user; (user = LIST_FIRST(&places->buckets[i])) != NULL;
		     free(user))
			LIST_REMOVE(user, next);
}

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
static struct places_bucket *
bucket_of(struct places *places, const char *who)
{
	uint32_t hash = 2166136261u;

	for (; *who != '\0'; who++)
		hash = (hash ^ (unsigned char)*who) * 16777619u;
	return &places->buckets[hash % PLACES_BUCKETS];
}

/* His entry, made if there is none. */
static struct places_user *
user_find(struct places *places, const char *who)
{
	struct places_bucket *bucket = bucket_of(places, who);
	struct places_user *user;

	LIST_FOREACH(user, bucket, next)
	if (strcmp(user->who, who) == 0)
		return user;
	user = calloc(1, sizeof *user);
	if (user == NULL)
		return NULL;
	user->places = places;
	snprintf(user->who, sizeof user->who, "%s", who);
	LIST_INSERT_HEAD(bucket, user, next);
	return user;
}

static void
user_free_if_idle(struct places_user *user)
{
	if (user->taken > 0)
		return;
	LIST_REMOVE(user, next);
	free(user);
}

/* Those that are left for somebody of that role. */
static size_t
places_for(const struct places *places, enum role role)
{
	size_t kept = places->most > 1 ? (places->most + PLACES_OPERATORS - 1) / PLACES_OPERATORS
				       : 0;

	return role == ROLE_OPERATOR ? places->most : places->most - kept;
}

enum places_verdict
places_take(struct places *places, const char *who, enum role role, struct places_user **user)
{
	char name[PLACES_WHO_SIZE];

	snprintf(name, sizeof name, "%s", who);
	if (places->taken >= places_for(places, role))
		return PLACES_FULL;
	*user = user_find(places, name);
	if (*user == NULL)
		return PLACES_NO_MEMORY;
	if ((*user)->taken >= places->share) {
		user_free_if_idle(*user);
		return PLACES_SHARE;
	}
	(*user)->taken++;
	places->taken++;
	return PLACES_OK;
}

void
places_leave(void *arg)
{
	struct places_user *user = arg;

	user->taken--;
	user->places->taken--;
	user_free_if_idle(user);
}
