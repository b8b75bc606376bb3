/* SPDX-License-Identifier: ISC */
#include "fanout/stream_head.h"

#include <string.h>

#include "fastcgi/record.h"

enum stream_type
stream_type(const struct request *request)
{
	return request_prefers(request, "application/octet-stream") ? STREAM_BYTES
								    : STREAM_MULTIPART;
}

void
stream_add_type(struct reply_head *head, enum stream_type type)
{
	if (type == STREAM_MULTIPART) {
		reply_add(head, "Content-Type: multipart/x-mixed-replace; boundary=frame");
		return;
	}
	reply_add(head, "Content-Type: application/octet-stream");
	reply_add(head, "Vary: Accept");
}

const struct stream_head *
stream_head(const struct conn *conn, enum stream_type type)
{
	static struct stream_head heads[STREAM_TYPES][2];
	struct stream_head *made = &heads[type][conn_is_shared(conn)];
	struct reply_head head;

	if (made->length > 0)
		return made;
	reply_begin(&head, conn, 200);
	stream_add_type(&head, type);
	reply_add(&head, "Cache-Control: no-cache, no-store");
	reply_add(&head, "X-Accel-Buffering: no");
	reply_end_head(&head);
	memcpy(head.text + head.used, "--frame\r\n", 9);
	made->length = (size_t)(record_wrap(made->bytes, head.text, head.used + 9) - made->bytes);
	return made;
}
