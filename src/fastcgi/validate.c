/* SPDX-License-Identifier: ISC */
#include "fastcgi/validate.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "fastcgi/record.h"

/* FastCGI 1.0, section 3.4: a pair is name length, value length, name, value. A length is one
 * byte, or four with the top bit set. The stream of PARAMS may be split anywhere between
 * records. */
enum pair_part { PAIR_NAME_LENGTH, PAIR_VALUE_LENGTH, PAIR_DATA };

struct validator {
	enum record_type expect;
	enum pair_part part;
	unsigned missing; /* bytes of a four-byte length still to come */
	uint32_t length;  /* the length being put together */
	uint64_t data;	  /* bytes of this pair's name and value to come */
	unsigned pairs;
	size_t params, body; /* bytes so far */
	bool large;
	const char *reason;
};

static bool
validate_refuse(struct validator *validator, const char *reason)
{
	validator->reason = reason;
	return false;
}

/* A length is complete: what comes next? */
static bool
validate_end_length(struct validator *validator)
{
	validator->data += validator->length;
	validator->length = 0;
	if (validator->data > VALIDATE_PARAMS_MAX)
		return validate_refuse(validator, "a parameter longer than its request may be");
	if (validator->part == PAIR_NAME_LENGTH) {
		validator->part = PAIR_VALUE_LENGTH;
		return ++validator->pairs <= VALIDATE_PAIRS_MAX ||
		    validate_refuse(validator, "too many parameters");
	}
	validator->part = validator->data > 0 ? PAIR_DATA : PAIR_NAME_LENGTH;
	return true;
}

static bool
validate_take_length(struct validator *validator, unsigned char byte)
{
	if (validator->missing > 0) {
		validator->length = validator->length << 8 | byte;
		return --validator->missing > 0 || validate_end_length(validator);
	}
	if (byte & 0x80) {
		validator->length = byte & 0x7f;
		validator->missing = 3;
		return true;
	}
	validator->length = byte;
	return validate_end_length(validator);
}

static size_t
validate_take_data(struct validator *validator, const unsigned char *bytes, size_t length)
{
	size_t take = validator->data < length ? (size_t)validator->data : length;

	if (memchr(bytes, '\0', take) != NULL) {
		validate_refuse(validator, "a parameter with a NUL in it");
		return 0;
	}
	validator->data -= take;
	if (validator->data == 0)
		validator->part = PAIR_NAME_LENGTH;
	return take;
}

static bool
validate_take_params(struct validator *validator, const unsigned char *bytes, size_t length)
{
	while (length > 0) {
		size_t took = 1;

		if (validator->part == PAIR_DATA)
			took = validate_take_data(validator, bytes, length);
		else if (!validate_take_length(validator, *bytes))
			return false;
		if (took == 0)
			return false;
		bytes += took;
		length -= took;
	}
	return true;
}

static bool
validate_take_begin(struct validator *validator, const unsigned char *body)
{
	if ((body[0] << 8 | body[1]) != RECORD_RESPONDER)
		return validate_refuse(validator, "a role other than responder");
	validator->expect = RECORD_PARAMS;
	return true;
}

static bool
validate_end_params(struct validator *validator)
{
	if (validator->part != PAIR_NAME_LENGTH || validator->missing > 0)
		return validate_refuse(validator, "parameters that end in the middle of one");
	validator->expect = RECORD_STDIN;
	return true;
}

/* What can be checked in a record's header, before its content has come. */
static bool
validate_check_header(struct validator *validator, const unsigned char *header, size_t length)
{
	if (header[0] != RECORD_VERSION)
		return validate_refuse(validator, "not FastCGI 1.0");
	if ((header[2] << 8 | header[3]) != RECORD_REQUEST)
		return validate_refuse(
		    validator, "a management record or a request id other than 1");
	if (header[1] != validator->expect)
		return validate_refuse(validator, "a record out of order");
	if (validator->expect == RECORD_BEGIN_REQUEST && length != RECORD_BEGIN_SIZE)
		return validate_refuse(validator, "BEGIN_REQUEST of a wrong size");
	/* Here libfcgi forgets to skip the padding, and takes it for the next record. */
	if (header[6] != 0 && (length == 0 || validator->expect == RECORD_BEGIN_REQUEST))
		return validate_refuse(validator, "padding outside a stream");
	if (validator->expect == RECORD_PARAMS)
		validator->params += length;
	if (validator->params > VALIDATE_PARAMS_MAX)
		return validate_refuse(validator, "too many bytes of parameters");
	if (validator->expect == RECORD_STDIN)
		validator->body += length;
	validator->large = validator->body > VALIDATE_BODY_MAX;
	return true;
}

static bool
validate_take(struct validator *validator, const unsigned char *content, size_t length)
{
	if (validator->expect == RECORD_BEGIN_REQUEST)
		return validate_take_begin(validator, content);
	if (validator->expect == RECORD_PARAMS)
		return length == 0 ? validate_end_params(validator)
				   : validate_take_params(validator, content, length);
	return true;
}

enum validate_verdict
validate_look(const unsigned char *bytes, size_t length, const char **reason)
{
	struct validator validator = { .expect = RECORD_BEGIN_REQUEST };
	size_t at = 0;

	while (length - at >= RECORD_HEADER_SIZE) {
		const unsigned char *header = bytes + at;
		size_t content = (size_t)(header[4] << 8 | header[5]), whole;
		bool last = validator.expect == RECORD_STDIN && content == 0;

		if (!validate_check_header(&validator, header, content))
			goto refuse;
		if (validator.large)
			return VALIDATE_LARGE;
		whole = RECORD_HEADER_SIZE + content + header[6];
		if (length - at < whole)
			break;
		if (!validate_take(&validator, header + RECORD_HEADER_SIZE, content))
			goto refuse;
		at += whole;
		if (last && at == length)
			return VALIDATE_PASS;
		if (last) {
			validate_refuse(&validator, "bytes behind the request");
			goto refuse;
		}
	}
	if (length < VALIDATE_WINDOW)
		return VALIDATE_MORE;
	validate_refuse(&validator, "too many bytes for one request");
refuse:
	*reason = validator.reason;
	return VALIDATE_REFUSE;
}
