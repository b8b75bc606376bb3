/* SPDX-License-Identifier: ISC */
/* What every unit test includes first: cmocka wants these four before it. */
#ifndef ORIEL_TESTS_UNIT_H
#define ORIEL_TESTS_UNIT_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
