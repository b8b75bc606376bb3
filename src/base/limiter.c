/* SPDX-License-Identifier: ISC */
#include "base/limiter.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct limiter_user {
	LIST_ENTRY(limiter_user) next;
	struct limiter *limiter;
	size_t taken;
	char who[LIMITER_WHO_SIZE];
};

void
limiter_init(struct limiter *limiter, size_t most, unsigned share)
{
	*limiter = (struct limiter){ .most = most, .share = (most * share + 99) / 100 };
}

void
limiter_deinit(struct limiter *limiter)
{
	for (size_t i = 0; i < LIMITER_BUCKETS; i++)
		for (struct limiter_user *user; (user = LIST_FIRST(&limiter->buckets[i])) != NULL;
		     free(user))
			LIST_REMOVE(user, next);
}

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
static struct limiter_bucket *
bucket_of(struct limiter *limiter, const char *who)
{
	uint32_t hash = 2166136261u;

	for (; *who != '\0'; who++)
		hash = (hash ^ (unsigned char)*who) * 16777619u;
	return &limiter->buckets[hash % LIMITER_BUCKETS];
}

/* The user's entry, made if there is none. */
static struct limiter_user *
user_find(struct limiter *limiter, const char *who)
{
	struct limiter_bucket *bucket = bucket_of(limiter, who);
	struct limiter_user *user;

	LIST_FOREACH(user, bucket, next)
		if (strcmp(user->who, who) == 0)
			return user;
	user = calloc(1, sizeof *user);
	if (user == NULL)
		return NULL;
	user->limiter = limiter;
	snprintf(user->who, sizeof user->who, "%s", who);
	LIST_INSERT_HEAD(bucket, user, next);
	return user;
}

static void
user_free_if_idle(struct limiter_user *user)
{
	if (user->taken > 0)
		return;
	LIST_REMOVE(user, next);
	free(user);
}

/* How many places are left for somebody with that role. */
static size_t
limiter_for(const struct limiter *limiter, enum role role)
{
	size_t kept = limiter->most > 1
	    ? (limiter->most + LIMITER_OPERATORS - 1) / LIMITER_OPERATORS
	    : 0;

	return role == ROLE_OPERATOR ? limiter->most : limiter->most - kept;
}

enum limiter_verdict
limiter_take(struct limiter *limiter, const char *who, enum role role, struct limiter_user **user)
{
	char name[LIMITER_WHO_SIZE];

	snprintf(name, sizeof name, "%s", who);
	if (limiter->taken >= limiter_for(limiter, role))
		return LIMITER_FULL;
	*user = user_find(limiter, name);
	if (*user == NULL)
		return LIMITER_NO_MEMORY;
	if ((*user)->taken >= limiter->share) {
		user_free_if_idle(*user);
		return LIMITER_SHARE;
	}
	(*user)->taken++;
	limiter->taken++;
	return LIMITER_OK;
}

void
limiter_leave(void *arg)
{
	struct limiter_user *user = arg;

	user->taken--;
	user->limiter->taken--;
	user_free_if_idle(user);
}
