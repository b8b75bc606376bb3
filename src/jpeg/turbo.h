/* SPDX-License-Identifier: ISC */
/* turbo: libjpeg-turbo with manners: errors come back as reasons, and a picture's
 * memory is used again for the next. For encode.c and decode.c only; the one
 * file that includes <jpeglib.h>. */
#ifndef ORIEL_JPEG_TURBO_H
#define ORIEL_JPEG_TURBO_H

#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>

#include <jpeglib.h>

#include "base/cause.h"

struct turbo {
	struct jpeg_error_mgr errors; /* first: libjpeg knows us by it */
	jmp_buf failed;		      /* where a fatal error leads; set before each call */
	struct cause *why;
	struct jpeg_memory_mgr malloc; /* libjpeg's own methods */
	unsigned char *pool;	       /* one picture's memory */
	size_t pool_size, pool_used, pool_wanted;
};

/* Before jpeg_create_(de)compress: `common->err` and `turbo->failed` are ours
 * then. Complaints about corrupt data that libjpeg gets over are not errors. */
void turbo_init(struct turbo *turbo, j_common_ptr common);

/* After jpeg_create_(de)compress: pictures no longer take memory from malloc(3)
 * once the largest has been seen. */
void turbo_pool(struct turbo *turbo, j_common_ptr common);

/* Also jpeg_destroy(s) `common`. Callable in any state after turbo_init. */
void turbo_deinit(struct turbo *turbo, j_common_ptr common);

/* Fill *why and leave through turbo->failed. */
void turbo_fail(j_common_ptr common, const char *reason) __attribute__((noreturn));

#endif
