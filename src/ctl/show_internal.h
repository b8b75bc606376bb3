/* SPDX-License-Identifier: ISC */
/* show_internal: reading the parts of a reply, and writing each of them. */
#ifndef ORIEL_CTL_SHOW_INTERNAL_H
#define ORIEL_CTL_SHOW_INTERNAL_H

#include "ctl/show.h"

/* object[key]; 0 when it is none. */
long long show_integer_of(const json_t *object, const char *key);
double show_number_of(const json_t *object, const char *key);

/* A value as people write it: a string without quotes, others as in JSON. */
void show_value(const json_t *value);

#endif
