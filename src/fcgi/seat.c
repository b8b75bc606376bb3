/* SPDX-License-Identifier: ISC */
#include "fcgi/seat.h"

#include "base/address.h"
#include "base/cause.h"
#include "fcgi/reply.h"

enum { SHARE_RETRY_S = 5 };

bool
seat_take(struct seats *seats, struct conn *conn, const struct request *request,
    struct places_user **user)
{
	bool account = request->user[0] != '\0';
	/* Without log-in nobody has a role, and everybody may do everything. */
	enum role role = request->role[0] != '\0' ? role_parse(request->role) : ROLE_OPERATOR;
	char network[INET6_ADDRSTRLEN];
	struct cause words;

	switch (places_take(&seats->places,
	    account ? request->user : address_network(request->address, network), role, user)) {
	case PLACES_OK: return true;
	case PLACES_FULL: reply_unavailable(conn, seats->full); break;
	case PLACES_SHARE:
		cause_set(&words, "%s from one %s", seats->full, account ? "account" : "address");
		reply_later(conn, 429, SHARE_RETRY_S, words.text);
		break;
	case PLACES_NO_MEMORY: reply_unavailable(conn, "out of memory"); break;
	}
	return false;
}
