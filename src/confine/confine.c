/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "confine/confine.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/log.h"
#include "confine/confine_internal.h"

enum { WORDS_SIZE = 320 };

static bool
describe_files(int abi, const struct cause *why, char words[WORDS_SIZE])
{
	const char *lacks = abi > 0 ? landlock_lacks(abi) : "";

	if (abi < 0)
		snprintf(words, WORDS_SIZE, "no Landlock: %s", why->text);
	else
		snprintf(words, WORDS_SIZE, "files by Landlock %d%s%s", abi,
		    lacks[0] != '\0' ? ", whose kernel lacks " : "", lacks);
	return abi > 0;
}

static bool
describe_calls(int left, const struct cause *why, char words[WORDS_SIZE])
{
	if (left < 0)
		snprintf(words, WORDS_SIZE, "no seccomp: %s", why->text);
	else
		snprintf(words, WORDS_SIZE, "%d system calls by seccomp", left);
	return left > 0;
}

static void
say(const char *files, const char *calls, bool whole)
{
#ifdef ORIEL_SANITIZED
	static const char build[] = " (sanitizers: may read all files, ptrace and fork)";
#else
	static const char build[] = "";
#endif

	if (whole)
		log_info("confine", "confined to %s%s%s%s", files, files[0] != '\0' ? ", " : "",
		    calls, build);
	else
		log_notice("confine", "confined in part: %s%s%s%s", files,
		    files[0] != '\0' ? "; " : "", calls, build);
}

void
confine(unsigned calls, const struct confine_path *paths, size_t count)
{
	char files_words[WORDS_SIZE] = "", calls_words[WORDS_SIZE];
	struct cause why;
	bool whole = true;

	tzset(); /* the log's local time comes from a file */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) {
		log_notice("confine", "not confined: no_new_privs: %s", strerror(errno));
		return;
	}
	if (paths != NULL)
		whole = describe_files(landlock_confine(paths, count, &why), &why, files_words);
	if (!describe_calls(seccomp_confine(calls, &why), &why, calls_words))
		whole = false;
	say(files_words, calls_words, whole);
}
