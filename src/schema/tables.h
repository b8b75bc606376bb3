/* SPDX-License-Identifier: ISC */
/* tables: the same rows as Markdown, for docs/tables. */
#ifndef ORIEL_SCHEMA_TABLES_H
#define ORIEL_SCHEMA_TABLES_H

#include <stdbool.h>

/* Print the table `name` on standard output; false: there is no such table. */
bool table_print(const char *name);

#endif
