/* SPDX-License-Identifier: ISC */
/* sources: where pictures may come from, one table. The room source has a file for each. */
#ifndef ORIEL_PROTOCOL_SOURCES_H
#define ORIEL_PROTOCOL_SOURCES_H

#define SOURCES(SOURCE) SOURCE(v4l2) SOURCE(pipe) SOURCE(testcard)

/* As a choice: "auto|v4l2|…". */
#define SOURCE_CHOICE(name) "|" #name
#define SOURCE_CHOICES "auto" SOURCES(SOURCE_CHOICE)

#endif
