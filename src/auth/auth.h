/* SPDX-License-Identifier: ISC */
/* auth: who is it? For the event loop of a worker process: nothing here blocks.
 *
 * What only reads (a session's or a token's secret) is answered at once, from the
 * database itself and never from a memory of it: a log-out in any process counts
 * from the next request on. What hashes a password or writes is done by one thread beside
 * the loop and answered through a callback. Of HTTP Basic alone an outcome is
 * remembered, until a minute after its last use, as a keyed digest, and only as long as the user's
 * grant is good: a program that asks on and on neither hashes nor waits for what strangers guess.
 * Who is known (the device cookie, or a password that was right here before) has places of his
 * own where passwords are hashed, and goes first: strangers who guess from however many networks
 * take none of them.
 *
 * Fail closed: while auth.db cannot be used every answer is AUTH_TROUBLE; that is
 * logged once when it begins and once when it is over. */
#ifndef ORIEL_AUTH_AUTH_H
#define ORIEL_AUTH_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/account_db.h"
#include "auth/answer.h"
#include "auth/backoff.h"
#include "base/cause.h"
#include "grants/grant_watch.h"

struct auth;
struct auth_job;

/* In each worker process, after it was forked (SQLite and threads do not survive a
 * fork); `backoff` from before it, borrowed. An unusable auth.db is no failure:
 * NULL only for lack of resources. secret_init() comes first. */
struct auth *auth_new(
    const struct account_db_settings *settings, struct backoff *backoff, struct cause *why);

/* Ends the thread; log-outs under way are done, no callback runs any more. */
void auth_free(struct auth **auth);

/* When readable: auth_dispatch(), which runs callbacks and the holds' ended(). */
int auth_fd(const struct auth *auth);
void auth_dispatch(struct auth *auth);

/* For long-lived connections: grant_hold_begin(&conn->hold, auth_holds(auth), grant, …). */
struct grant_watch *auth_holds(struct auth *auth);

/* ---- at once --------------------------------------------------------- */

/* The secret of a cookie or of `Authorization: Bearer`. AUTH_OK, AUTH_DENIED or AUTH_TROUBLE. */
enum auth_result auth_check(struct auth *auth, const char *secret, struct auth_pass *pass);

/* Basic from memory: AUTH_OK, or AUTH_DENIED: then ask auth_basic(). */
enum auth_result auth_check_basic(
    struct auth *auth, const char *name, const char *password, struct auth_pass *pass);

/* AUTH_OK: there are users; AUTH_DENIED: none yet, the log-in page offers the set-up;
 * AUTH_TROUBLE. */
enum auth_result auth_has_users(struct auth *auth);

/* ---- later: `done` is called once, from auth_dispatch() -------------- */

/* Each takes copies of the texts. NULL: it was answered at once, without calling `done`: *now
 * says AUTH_WAIT, AUTH_BUSY, AUTH_REFUSED or AUTH_TROUBLE. */
struct auth_job *auth_login(struct auth *auth, const struct auth_claim *claim, auth_done *done,
    void *arg, struct auth_answer *now);
struct auth_job *auth_basic(struct auth *auth, const struct auth_claim *claim, auth_done *done,
    void *arg, struct auth_answer *now);
struct auth_job *auth_setup(struct auth *auth, const struct auth_claim *claim, const char *token,
    auth_done *done, void *arg, struct auth_answer *now);

/* End the session with this grant; AUTH_OK also when it had ended already. */
struct auth_job *auth_logout(
    struct auth *auth, const char *grant, auth_done *done, void *arg, struct auth_answer *now);

/* `done` will not be called any more (the peer has left). Clears *job. */
void auth_cancel(struct auth_job **job);

#endif
