/* SPDX-License-Identifier: ISC */
#include "jpeg/turbo.h"

#include <stdlib.h>

enum { POOL_ALIGN = 64 }; /* jmemmgr.c asks for 32, and rows of pairs of it, for SIMD */

static struct turbo *
turbo_of(j_common_ptr common)
{
	return (struct turbo *)common->err;
}

void
turbo_fail(j_common_ptr common, const char *reason)
{
	cause_set(turbo_of(common)->why, "%s", reason);
	longjmp(turbo_of(common)->failed, 1);
}

static void
turbo_exit(j_common_ptr common)
{
	char reason[JMSG_LENGTH_MAX];

	common->err->format_message(common, reason);
	turbo_fail(common, reason);
}

static void
turbo_message(j_common_ptr common, int level)
{
	if (level < 0)
		common->err->num_warnings++;
}

void
turbo_init(struct turbo *turbo, j_common_ptr common)
{
	common->err = jpeg_std_error(&turbo->errors);
	turbo->errors.error_exit = turbo_exit;
	turbo->errors.emit_message = turbo_message;
}

/* ---- memory of a picture --------------------------------------------- */

/* libjpeg.txt, "Memory management": the pool JPOOL_IMAGE ends with the picture. libjpeg frees it
 * each time. Here it is one block, which grows between pictures until the next one of that kind
 * fits. What does not fit yet, and what progressive pictures keep (whole coefficient arrays,
 * which jmemmgr.c makes without asking us), still comes from malloc. */
static void *
pool_take(j_common_ptr common, size_t size)
{
	struct turbo *turbo = turbo_of(common);

	size = (size + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
	turbo->pool_wanted += size;
	if (size > turbo->pool_size - turbo->pool_used)
		return NULL;
	turbo->pool_used += size;
	return turbo->pool + turbo->pool_used - size;
}

static void *
pool_small(j_common_ptr common, int pool, size_t size)
{
	void *block = pool == JPOOL_IMAGE ? pool_take(common, size) : NULL;

	return block != NULL ? block : turbo_of(common)->malloc.alloc_small(common, pool, size);
}

static void *
pool_large(j_common_ptr common, int pool, size_t size)
{
	void *block = pool == JPOOL_IMAGE ? pool_take(common, size) : NULL;

	return block != NULL ? block : turbo_of(common)->malloc.alloc_large(common, pool, size);
}

static JSAMPARRAY
pool_samples(j_common_ptr common, int pool, JDIMENSION width, JDIMENSION rows)
{
	size_t pitch = ((size_t)width + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
	JSAMPARRAY array;
	JSAMPROW row;

	array = pool == JPOOL_IMAGE ? pool_take(common, rows * sizeof *array) : NULL;
	row = array != NULL ? pool_take(common, rows * pitch) : NULL;
	if (row == NULL)
		return turbo_of(common)->malloc.alloc_sarray(common, pool, width, rows);
	for (JDIMENSION i = 0; i < rows; i++, row += pitch)
		array[i] = row;
	return array;
}

/* If there is no memory to grow, there is no pool, and malloc is used. */
static void
pool_grow(struct turbo *turbo)
{
	free(turbo->pool);
	turbo->pool = aligned_alloc(POOL_ALIGN, turbo->pool_wanted);
	turbo->pool_size = turbo->pool != NULL ? turbo->pool_wanted : 0;
}

static void
pool_free(j_common_ptr common, int pool)
{
	struct turbo *turbo = turbo_of(common);

	turbo->malloc.free_pool(common, pool);
	if (pool != JPOOL_IMAGE)
		return;
	if (turbo->pool_wanted > turbo->pool_size)
		pool_grow(turbo);
	turbo->pool_used = turbo->pool_wanted = 0;
}

void
turbo_pool(struct turbo *turbo, j_common_ptr common)
{
	turbo->malloc = *common->mem;
	common->mem->alloc_small = pool_small;
	common->mem->alloc_large = pool_large;
	common->mem->alloc_sarray = pool_samples;
	common->mem->free_pool = pool_free;
}

void
turbo_deinit(struct turbo *turbo, j_common_ptr common)
{
	jpeg_destroy(common);
	free(turbo->pool);
	turbo->pool = NULL;
}
