/* SPDX-License-Identifier: ISC */
/* Parsing what arrives: responses with a Content-Length, parts of a multipart stream, events. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "load.h"

/* Value of header `name` within the `length` bytes of a head; NULL when missing. */
static const char *
head_value(const char *head, size_t length, const char *name)
{
	size_t size = strlen(name);

	for (const char *line = head; line != NULL && line + size < head + length;) {
		if (strncasecmp(line, name, size) == 0 && line[size] == ':')
			return line + size + 1 + strspn(line + size + 1, " ");
		line = memchr(line, '\n', (size_t)(head + length - line));
		if (line != NULL)
			line++;
	}
	return NULL;
}

static void
head_drop(struct client *client, size_t length)
{
	client->used -= length;
	memmove(client->head, client->head + length, client->used);
}

/* Throw away `length` bytes: those we hold now, the rest as it comes. */
static void
body_skip(struct client *client, uint64_t length)
{
	size_t held = length < client->used ? (size_t)length : client->used;

	head_drop(client, held);
	client->body = length - held;
}

static void
answer_done(struct load *load, struct client *client)
{
	if (load->measuring) {
		client->count++;
		samples_add(client->slow ? &load->slow_samples : &load->samples,
		    load_now() - client->started_ns);
	}
}

bool
load_take_response(struct load *load, struct client *client)
{
	const char *end, *length;
	uint64_t size = 0;
	unsigned status;

	if (!client->in_head) { /* the body has just ended */
		client->in_head = true;
		answer_done(load, client);
		return load_request(load, client);
	}
	end = memmem(client->head, client->used, "\r\n\r\n", 4);
	if (end == NULL)
		return client->used < sizeof client->head;
	if (sscanf(client->head, "HTTP/1.%*d %3u", &status) != 1)
		return false;
	if (load->measuring)
		load->statuses[status / 100 < 6 ? status / 100 : 0]++;
	length = head_value(client->head, (size_t)(end - client->head) + 2, "Content-Length");
	if (length != NULL && status != 304 && status != 204)
		size = strtoull(length, NULL, 10);
	client->in_head = false;
	head_drop(client, (size_t)(end - client->head) + 4);
	body_skip(client, size);
	return client->body > 0 || load_take_response(load, client);
}

/* Age of a picture by the clock in it: a COM segment "ORIEL <mono_ns> …" near its start. */
static void
part_age(struct client *client, const char *jpeg, size_t length)
{
	const char *mark = memmem(jpeg, length, "ORIEL ", 6);

	if (mark == NULL)
		return;
	client->last_age_ns = load_now() - strtoull(mark + 6, NULL, 10);
}

bool
load_take_part(struct load *load, struct client *client)
{
	enum { CLOCK_WITHIN = 96 }; /* the clock stands in so many bytes of the JPEG */
	const char *end, *length;
	uint64_t size;

	if (!client->in_head) { /* the picture's last byte has just been read */
		client->in_head = true;
		if (load->measuring) {
			client->count++;
			samples_add(client->slow ? &load->slow_samples : &load->samples,
			    client->last_age_ns);
		}
	}
	end = memmem(client->head, client->used, "\r\n\r\n", 4);
	if (end == NULL)
		return client->used < sizeof client->head;
	length = head_value(client->head, (size_t)(end - client->head) + 2, "Content-Length");
	if (length == NULL) { /* the response's own head */
		head_drop(client, (size_t)(end - client->head) + 4);
		return load_take_part(load, client);
	}
	if (client->used - (size_t)(end + 4 - client->head) < CLOCK_WITHIN)
		return true;
	size = strtoull(length, NULL, 10);
	head_drop(client, (size_t)(end - client->head) + 4);
	part_age(client, client->head, client->used);
	/* The clock says when it was captured; what counts is its last byte's arrival. */
	client->started_ns = load_now() - client->last_age_ns;
	client->in_head = false;
	body_skip(client, size);
	if (client->body > 0)
		return true;
	return load_take_part(load, client);
}

bool
load_take_event(struct load *load, struct client *client)
{
	const char *end;

	while ((end = memmem(client->head, client->used, "\n\n", 2)) != NULL) {
		const char *ts = memmem(client->head, (size_t)(end - client->head), "\"ts\":", 5);
		double seconds = ts != NULL ? strtod(ts + 5, NULL) : 0;

		if (ts != NULL && load->measuring) {
			double age = (double)load_wall() - seconds * 1e9;

			client->count++;
			client->last_age_ns = age > 0 ? (uint64_t)age : 0;
			samples_add(&load->samples, client->last_age_ns);
		}
		head_drop(client, (size_t)(end - client->head) + 2);
	}
	if (client->used == sizeof client->head) /* a long event: only its tail matters */
		head_drop(client, client->used / 2);
	return true;
}
