/* SPDX-License-Identifier: ISC */
/* record: FastCGI 1.0 records, the bytes on the wire.
 *
 *   version │ type │ request id (2) │ length (2) │ padding │ 0 │ content │ padding
 *
 * We speak of one request only, number 1: the number nginx, Apache and lighttpd
 * give a request that has its connection to itself. The validator refuses others, so
 * that a picture or an event is encoded once for everybody. */
#ifndef ORIEL_FASTCGI_RECORD_H
#define ORIEL_FASTCGI_RECORD_H

#include <stddef.h>
#include <stdint.h>

enum record_type {
	RECORD_BEGIN_REQUEST = 1,
	RECORD_ABORT_REQUEST,
	RECORD_END_REQUEST,
	RECORD_PARAMS,
	RECORD_STDIN,
	RECORD_STDOUT,
};

enum {
	RECORD_VERSION = 1,
	RECORD_REQUEST = 1,
	RECORD_RESPONDER = 1,
	RECORD_KEEP_CONN = 1,
	RECORD_HEADER_SIZE = 8,
	RECORD_BEGIN_SIZE = 8,
	RECORD_CONTENT_MAX = 65528, /* the largest that needs no padding to stay aligned */
	RECORD_END_SIZE = 3 * 8,
};

/* Closes STDOUT and the request: the last bytes of every answer. */
extern const unsigned char record_end[RECORD_END_SIZE];

/* No record: to nginx, an answer that merely stops is whole, and one that ends with this is not. */
extern const unsigned char record_broken[RECORD_HEADER_SIZE];

void record_header(unsigned char header[RECORD_HEADER_SIZE], enum record_type type, size_t length);

/* How many bytes `length` bytes take as STDOUT records. */
size_t record_wrapped(size_t length);

/* Write `length` bytes as STDOUT records; returns the end of what was written. */
unsigned char *record_wrap(unsigned char *out, const void *content, size_t length);

#endif
