/* SPDX-License-Identifier: ISC */
/* turbo: libjpeg-turbo with errors as reasons, and with memory that is reused from picture to
 * picture. For encode.c and decode.c only; the one file that includes <jpeglib.h>. */
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

/* Call before jpeg_create_(de)compress. It then owns `common->err` and `turbo->failed`.
 * Complaints about corrupt data that libjpeg can handle are not errors. */
void turbo_init(struct turbo *turbo, j_common_ptr common);

/* Call after jpeg_create_(de)compress. Once the largest picture has been seen, pictures take no
 * memory from malloc(3) any more. */
void turbo_pool(struct turbo *turbo, j_common_ptr common);

/* Also calls jpeg_destroy() on `common`. Callable in any state after turbo_init. */
void turbo_deinit(struct turbo *turbo, j_common_ptr common);

/* Fill *why and leave through turbo->failed. */
void turbo_fail(j_common_ptr common, const char *reason) __attribute__((noreturn));

#endif
