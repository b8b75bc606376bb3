/* SPDX-License-Identifier: ISC */
/* address: an IP address as text, and the network that stands for whoever is behind it. */
#ifndef ORIEL_BASE_ADDRESS_H
#define ORIEL_BASE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>

/* What limits count by. An IPv6 address is the /64 it is in: one household, one server has as
 * many addresses there as it likes (RFC 6177). An IPv4-mapped one (RFC 4291 section 2.5.5.2) is the
 * IPv4 address; anything else is itself. Returns `address`, or what it has written into `text`. */
const char *address_network(const char *address, char text[INET6_ADDRSTRLEN]);

/* Is it an IPv4 or IPv6 address, without brackets? */
bool address_is_literal(const char *text);

#endif
