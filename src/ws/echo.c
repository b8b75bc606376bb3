/* SPDX-License-Identifier: ISC */
/* oriel-ws-echo: sends every message back. For the conformance tests and the
 * benchmark; built on the sessions of oriel-ws and not installed. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "ws/server.h"

enum { ECHO_MESSAGE_MAX = 16 << 20, ECHO_CLIENTS_MAX = 10000 };

static void *
echo_open(void *world, struct session *session, struct handshake *handshake)
{
	(void)world, (void)handshake;
	return session;
}

static bool
echo_ready(void *state)
{
	(void)state;
	return true;
}

static void
echo_message(void *state, const void *data, size_t length, bool text)
{
	session_send(state, data, length, text);
}

static void
echo_close(void *state)
{
	(void)state;
}

static const struct session_service echo_service = {
	.message_max = ECHO_MESSAGE_MAX,
	.open = echo_open,
	.ready = echo_ready,
	.message = echo_message,
	.close = echo_close,
};

int
main(int argc, char **argv)
{
	struct server_setup setup = {
		.clients_max = ECHO_CLIENTS_MAX,
		.service = &echo_service,
		.policy = { .origins = "", .allow_no_origin = true },
	};
	struct server *server;
	struct cause why;
	int result = -1;

	if (argc != 2) {
		fprintf(stderr, "usage: oriel-ws-echo SOCKET\n");
		return 2;
	}
	log_init("oriel-ws-echo", LOG_LEVEL_INFO);
	setup.listen = argv[1];
	setup.base = event_base_new();
	server = setup.base != NULL ? server_new(&setup, &why) : NULL;
	if (server != NULL)
		result = server_run(server, &why);
	if (result == -1)
		log_error("echo", "%s", setup.base != NULL ? why.text : "out of memory");
	server_free(&server);
	if (setup.base != NULL)
		event_base_free(setup.base);
	return result == -1 ? EXIT_FAILURE : EXIT_SUCCESS;
}
