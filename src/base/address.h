/* SPDX-License-Identifier: ISC */
/* address: IP addresses as text, and the network that limits count by. */
#ifndef ORIEL_BASE_ADDRESS_H
#define ORIEL_BASE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>

/* The key that limits count by. For an IPv6 address it is its /64: one household or server has
 * as many addresses there as it likes (RFC 6177). An IPv4-mapped address (RFC 4291 section
 * 2.5.5.2) is the IPv4 address; anything else is itself. Returns `address`, or what it has
 * written into `text`. */
const char *address_network(const char *address, char text[INET6_ADDRSTRLEN]);

/* Is it an IPv4 or IPv6 address, without brackets? */
bool address_is_literal(const char *text);

#endif
