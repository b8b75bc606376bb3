/* SPDX-License-Identifier: ISC */
/* role: what a person or a program may do at the site. Ordered: each role may do what those
 * before it may. */
#ifndef ORIEL_BASE_ROLE_H
#define ORIEL_BASE_ROLE_H

enum role {
	ROLE_NONE,     /* nobody, or an unknown word */
	ROLE_VIEWER,   /* look */
	ROLE_OPERATOR, /* change, save, delete */
};

/* "viewer" or "operator", nothing else; ROLE_NONE for any other word and NULL. */
enum role role_parse(const char *word);

const char *role_word(enum role role); /* "none" for ROLE_NONE */

#endif
