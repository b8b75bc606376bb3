/* SPDX-License-Identifier: ISC */
/* handshake: whatever a peer sends as its HTTP head, whole or not. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/camera_name.h"
#include "ws/handshake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct handshake_policy policy = {
		.origins = "https://a.example http://b",
	};
	static struct handshake handshake;

	handshake_read(&policy, (const char *)data, size, &handshake);
	if (handshake.head_length > size)
		abort();
	if (handshake.status == 0)
		return 0;
	if (handshake.response_length != strlen(handshake.response))
		abort();
	if (handshake.status == 101 && handshake.camera[0] != '\0' &&
	    !camera_name_valid(handshake.camera))
		abort();
	return 0;
}
