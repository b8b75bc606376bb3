/* SPDX-License-Identifier: ISC */
#include "fanout/admission.h"

#include "base/address.h"
#include "http/reply.h"
#include "protocol/reasons.h"

enum { SHARE_RETRY_S = 5 };

bool
viewer_admit(struct admission *admission, struct conn *conn, const struct request *request,
    struct limiter_user **user)
{
	bool account = request->user[0] != '\0';
	/* With log-in off nobody has a role, and everybody may do everything. */
	enum role role = request->role[0] != '\0' ? role_parse(request->role) : ROLE_OPERATOR;
	char network[INET6_ADDRSTRLEN];
	struct cause why;

	switch (limiter_take(&admission->limiter,
	    account ? request->user : address_network(request->address, network), role, user)) {
	case LIMITER_OK: return true;
	case LIMITER_FULL:
		cause_detail(&why, &reason_too_many, "%s", admission->full);
		reply_error_why(conn, 503, &why);
		break;
	case LIMITER_SHARE:
		cause_detail(&why, &reason_too_many_from_one, "%s from one %s", admission->full,
		    account ? "account" : "address");
		reply_later(conn, 429, SHARE_RETRY_S, &why);
		break;
	case LIMITER_NO_MEMORY: reply_error(conn, 503, &reason_out_of_memory); break;
	}
	return false;
}
