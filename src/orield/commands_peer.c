/* SPDX-License-Identifier: ISC */
/* The commands about the peer's own connection. */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "protocol/arguments.h"
#include "protocol/reasons.h"
#include "orield/commands_internal.h"
#include "orield/orield.h"

void
handle_SUBSCRIBE(struct orield *orield, struct call *call, const json_t *command)
{
	const json_t *pulse = json_object_get(command, "pulse");

	publisher_subscribe(orield->publisher, call, argument_integer(command, "after", -1),
	    pulse != NULL ? json_is_true(pulse) : -1);
}

void
commands_drop_bell(struct orield *orield, struct peer *peer)
{
	if (peer->bell == -1)
		return;
	if (orield->capture != NULL)
		capture_remove_bell(orield->capture, peer->bell);
	close(peer->bell);
	peer->bell = -1;
}

/* Give the peer a new bell; false when there are CAPTURE_BELLS already. */
static bool
peer_hang_bell(struct orield *orield, struct peer *peer)
{
	commands_drop_bell(orield, peer);
	peer->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (peer->bell == -1)
		return false;
	if (capture_add_bell(orield->capture, peer->bell))
		return true;
	close(peer->bell);
	peer->bell = -1;
	return false;
}

void
handle_ATTACH(struct orield *orield, struct call *call, const json_t *command)
{
	struct peer *peer = call_peer(call);
	struct capture_status now;
	int fds[LINES_FDS] = { capture_ring_fd(orield->capture), -1, -1 };
	struct cause why;

	(void)command;
	peer->attached = true;
	if (fds[0] == -1) {
		call_refuse(call, &reason_no_frame);
		return;
	}
	if (peer_hang_bell(orield, peer))
		fds[1] = fcntl(peer->bell, F_DUPFD_CLOEXEC, 0);
	if (fds[1] == -1) {
		close(fds[0]);
		cause_detail(&why, &reason_too_many, "too many readers are attached");
		call_refuse_why(call, &why);
		return;
	}
	orield_capture_status(orield, &now);
	call_reply_fds(
	    call, json_pack("{s:b, s:I}", "ok", 1, "generation", (json_int_t)now.generation), fds);
}

void
handle_VIEWERS(struct orield *orield, struct call *call, const json_t *command)
{
	static const char *const kinds[PEER_KINDS] = {
		[PEER_STREAM] = "stream", [PEER_EVENTS] = "events", [PEER_CONTROL] = "control"
	};
	struct peer *peer = call_peer(call);

	(void)orield;
	for (int kind = 0; kind < PEER_KINDS; kind++)
		peer->viewers[kind] = (unsigned)argument_integer(
		    command, kinds[kind], peer->viewers[kind]);
	call_reply(call, json_pack("{s:b}", "ok", 1));
}
