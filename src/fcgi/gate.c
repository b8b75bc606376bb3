/* SPDX-License-Identifier: ISC */
#include "fcgi/gate.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "fcgi/record.h"

/* FastCGI 1.0, section 3.4: pairs are name length, value length, name, value; a
 * length is one byte, or four with the top bit set. The stream of PARAMS may
 * break anywhere between records. */
enum pair_part { PAIR_NAME_LENGTH, PAIR_VALUE_LENGTH, PAIR_DATA };

struct gate {
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
gate_refuse(struct gate *gate, const char *reason)
{
	gate->reason = reason;
	return false;
}

/* A length is complete: what comes next? */
static bool
gate_end_length(struct gate *gate)
{
	gate->data += gate->length;
	gate->length = 0;
	if (gate->data > GATE_PARAMS_MAX)
		return gate_refuse(gate, "a parameter longer than its request may be");
	if (gate->part == PAIR_NAME_LENGTH) {
		gate->part = PAIR_VALUE_LENGTH;
		return ++gate->pairs <= GATE_PAIRS_MAX || gate_refuse(gate, "too many parameters");
	}
	gate->part = gate->data > 0 ? PAIR_DATA : PAIR_NAME_LENGTH;
	return true;
}

static bool
gate_take_length(struct gate *gate, unsigned char byte)
{
	if (gate->missing > 0) {
		gate->length = gate->length << 8 | byte;
		return --gate->missing > 0 || gate_end_length(gate);
	}
	if (byte & 0x80) {
		gate->length = byte & 0x7f;
		gate->missing = 3;
		return true;
	}
	gate->length = byte;
	return gate_end_length(gate);
}

static size_t
gate_take_data(struct gate *gate, const unsigned char *bytes, size_t length)
{
	size_t take = gate->data < length ? (size_t)gate->data : length;

	if (memchr(bytes, '\0', take) != NULL) {
		gate_refuse(gate, "a parameter with a NUL in it");
		return 0;
	}
	gate->data -= take;
	if (gate->data == 0)
		gate->part = PAIR_NAME_LENGTH;
	return take;
}

static bool
gate_take_params(struct gate *gate, const unsigned char *bytes, size_t length)
{
	while (length > 0) {
		size_t took = 1;

		if (gate->part == PAIR_DATA)
			took = gate_take_data(gate, bytes, length);
		else if (!gate_take_length(gate, *bytes))
			return false;
		if (took == 0)
			return false;
		bytes += took;
		length -= took;
	}
	return true;
}

static bool
gate_take_begin(struct gate *gate, const unsigned char *body)
{
	if ((body[0] << 8 | body[1]) != RECORD_RESPONDER)
		return gate_refuse(gate, "a role other than responder");
	gate->expect = RECORD_PARAMS;
	return true;
}

static bool
gate_end_params(struct gate *gate)
{
	if (gate->part != PAIR_NAME_LENGTH || gate->missing > 0)
		return gate_refuse(gate, "parameters that end in the middle of one");
	gate->expect = RECORD_STDIN;
	return true;
}

/* What a record's header alone tells, before its content has come. */
static bool
gate_check_header(struct gate *gate, const unsigned char *header, size_t length)
{
	if (header[0] != RECORD_VERSION)
		return gate_refuse(gate, "not FastCGI 1.0");
	if ((header[2] << 8 | header[3]) != RECORD_REQUEST)
		return gate_refuse(gate, "a management record or a request id other than 1");
	if (header[1] != gate->expect)
		return gate_refuse(gate, "a record out of order");
	if (gate->expect == RECORD_BEGIN_REQUEST && length != RECORD_BEGIN_SIZE)
		return gate_refuse(gate, "BEGIN_REQUEST of a wrong size");
	/* There libfcgi forgets to skip it, and takes it for the next record. */
	if (header[6] != 0 && (length == 0 || gate->expect == RECORD_BEGIN_REQUEST))
		return gate_refuse(gate, "padding outside a stream");
	if (gate->expect == RECORD_PARAMS)
		gate->params += length;
	if (gate->params > GATE_PARAMS_MAX)
		return gate_refuse(gate, "too many bytes of parameters");
	if (gate->expect == RECORD_STDIN)
		gate->body += length;
	gate->large = gate->body > GATE_BODY_MAX;
	return true;
}

static bool
gate_take(struct gate *gate, const unsigned char *content, size_t length)
{
	if (gate->expect == RECORD_BEGIN_REQUEST)
		return gate_take_begin(gate, content);
	if (gate->expect == RECORD_PARAMS)
		return length == 0 ? gate_end_params(gate)
				   : gate_take_params(gate, content, length);
	return true;
}

enum gate_verdict
gate_look(const unsigned char *bytes, size_t length, const char **reason)
{
	struct gate gate = { .expect = RECORD_BEGIN_REQUEST };
	size_t at = 0;

	while (length - at >= RECORD_HEADER_SIZE) {
		const unsigned char *header = bytes + at;
		size_t content = (size_t)(header[4] << 8 | header[5]), whole;
		bool last = gate.expect == RECORD_STDIN && content == 0;

		if (!gate_check_header(&gate, header, content))
			goto refuse;
		if (gate.large)
			return GATE_LARGE;
		whole = RECORD_HEADER_SIZE + content + header[6];
		if (length - at < whole)
			break;
		if (!gate_take(&gate, header + RECORD_HEADER_SIZE, content))
			goto refuse;
		at += whole;
		if (last && at == length)
			return GATE_PASS;
		if (last) {
			gate_refuse(&gate, "bytes behind the request");
			goto refuse;
		}
	}
	if (length < GATE_WINDOW)
		return GATE_MORE;
	gate_refuse(&gate, "too many bytes for one request");
refuse:
	*reason = gate.reason;
	return GATE_REFUSE;
}
