/* SPDX-License-Identifier: ISC */
/* openapi: the routes of oriel-fcgi as an OpenAPI 3.1 document. */
#ifndef ORIEL_SCHEMA_OPENAPI_H
#define ORIEL_SCHEMA_OPENAPI_H

#include <jansson.h>

/* A new reference. */
json_t *openapi_document(void);

#endif
