/* SPDX-License-Identifier: ISC */
#include "site/view.h"

#include "fanout/fanout.h"
#include "http/query.h"
#include "http/reply.h"
#include "protocol/reasons.h"
#include "site/site_state.h"

enum { STREAM_FPS_MAX = 240 };

/* To HEAD, after what says the type. */
static void
view_head_only(struct conn *conn, struct reply_head *head)
{
	reply_add(head, "Cache-Control: no-cache, no-store");
	reply_send(conn, head, NULL, 0);
}

/* Without parameters it is answered at once. */
void
view_snapshot(const struct exchange *exchange)
{
	const struct request *request = exchange->request;

	if (request->query[0] == '\0' || exchange_hold(exchange))
		snapshot_get(exchange->fanout->snapshots, exchange->conn, request);
}

void
view_stream(const struct exchange *exchange)
{
	struct site *site = exchange->site;
	struct conn *conn = exchange->conn;
	enum stream_type type = stream_type(exchange->request);
	struct limiter_user *place;
	struct reply_head head;
	struct cause why;
	uint64_t fps = 0;

	if (!exchange_hold(exchange))
		return;
	if (query_number(exchange->request->query, "fps", 1, STREAM_FPS_MAX, &fps, &why) == -1)
		reply_error_why(conn, 400, &why);
	else if (conn_is_head(conn)) {
		reply_begin(&head, conn, 200);
		stream_add_type(&head, type);
		view_head_only(conn, &head);
	} else if (frame_buf_budget_is_spent(&site->frames))
		reply_error(conn, 503, &reason_frame_memory_spent);
	else if (viewer_admit(&site->streams, conn, exchange->request, &place))
		stream_begin(
		    exchange->fanout->streams, conn, type, (unsigned)fps, limiter_leave, place);
}

/* EventSource sends Last-Event-ID; the parameter is for clients that cannot. */
void
view_events(const struct exchange *exchange)
{
	const struct request *request = exchange->request;
	struct conn *conn = exchange->conn;
	char text[QUERY_VALUE_SIZE] = "";
	struct limiter_user *place;
	struct reply_head head;
	struct cause why;

	if (!exchange_hold(exchange))
		return;
	if (query_text(request->query, "last_event_id", text, &why) == -1)
		reply_error_why(conn, 400, &why);
	else if (conn_is_head(conn)) {
		reply_begin(&head, conn, 200);
		reply_add(&head, "Content-Type: text/event-stream");
		view_head_only(conn, &head);
	} else if (viewer_admit(&exchange->site->events, conn, request, &place))
		events_begin(exchange->fanout->events, conn,
		    request->last_event_id[0] != '\0' ? request->last_event_id : text,
		    limiter_leave, place);
}
