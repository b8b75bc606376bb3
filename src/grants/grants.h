/* SPDX-License-Identifier: ISC */
/* grants: the credentials that are good now, as empty files.
 *
 *	RUN_DIR/.grants/5f0c…a1		a session, a named token, a user's password
 *	RUN_DIR/.grants/.settled	see grants_are_settled()
 *
 * oriel-fcgi owns the folder (0750, group oriel). A file's name is the grant's id:
 * 32 hexadecimal digits, no secret. To end a credential is to unlink its file:
 * whoever holds a connection open for it watches the folder (grants/grant_watch.h), in
 * whichever process, and closes it. Files are made and unlinked only inside a write transaction
 * of auth.db (auth/account_db.h), so a file never outlives its row's end.
 *
 * No camera's name begins with a dot: the folder is none of them. */
#ifndef ORIEL_GRANTS_GRANTS_H
#define ORIEL_GRANTS_GRANTS_H

#include <stdbool.h>

#include "base/cause.h"

enum { GRANT_SIZE = 33, GRANTS_PATH_SIZE = 512 };

struct grants {
	char path[GRANTS_PATH_SIZE];
};

/* Does not touch the folder yet. -1 when the path is too long. */
int grants_init(struct grants *grants, const char *run_dir, struct cause *why);

/* 32 lower-case hexadecimal digits: the only names that ever reach the file system. */
bool grant_id_valid(const char *id);

/* Make the folder if it is not there. */
int grants_make_folder(const struct grants *grants, struct cause *why);

/* Is `id` good now? False for anything that is no id, and on any error. */
bool grants_have(const struct grants *grants, const char *id);

/* -1 with *why. A file that is there already, or gone already, is no failure. */
int grants_publish(const struct grants *grants, const char *id, struct cause *why);
int grants_withdraw(const struct grants *grants, const char *id, struct cause *why);

/* Call `each` for every id; it may withdraw the one it is given. */
typedef void grants_visit(void *arg, const char *id);
int grants_each(const struct grants *grants, grants_visit *each, void *arg, struct cause *why);

/* Has the folder been filled since it was made (since boot: /run is memory)? From then on a
 * session without a file is one that was about to end. */
bool grants_are_settled(const struct grants *grants);
int grants_mark_settled(const struct grants *grants, struct cause *why);

#endif
