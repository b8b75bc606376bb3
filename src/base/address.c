/* SPDX-License-Identifier: ISC */
#include "base/address.h"

#include <arpa/inet.h>
#include <string.h>

const char *
address_network(const char *address, char text[INET6_ADDRSTRLEN])
{
	struct in6_addr v6;

	if (inet_pton(AF_INET6, address, &v6) != 1)
		return address;
	if (IN6_IS_ADDR_V4MAPPED(&v6))
		return inet_ntop(AF_INET, &v6.s6_addr[12], text, INET6_ADDRSTRLEN);
	memset(&v6.s6_addr[8], 0, 8);
	return inet_ntop(AF_INET6, &v6, text, INET6_ADDRSTRLEN);
}

bool
address_is_literal(const char *text)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}
