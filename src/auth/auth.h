/* SPDX-License-Identifier: ISC */
/* auth: who is it? For the event loop of a worker process: nothing here blocks.
 *
 * A session's or a token's secret is only looked up, so it is answered at once. The answer comes
 * from the database, never from memory: a log-out in any process counts from the next request on.
 * Hashing a password and writing are done by one thread beside the loop and answered through a
 * callback. Only the outcome of HTTP Basic is remembered: as a keyed digest, until a minute after
 * its last use, and only while the user's grant is good. So a program that asks again and again
 * neither hashes nor waits because of strangers' guesses. Known clients (with the device cookie, or
 * a password that was right in this process) have places of their own where passwords are hashed,
 * and go first. Strangers who guess, from any number of networks, take none of these places.
 *
 * Fail closed: while auth.db cannot be used every answer is AUTH_TROUBLE. That is logged once
 * when it begins and once when it is over. */
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

/* Make it in each worker process, after the fork (SQLite and threads do not survive one).
 * `backoff` is from before the fork, and borrowed. An unusable auth.db is no failure: NULL only
 * for lack of resources. secret_init() comes first. */
struct auth *auth_new(
    const struct account_db_settings *settings, struct backoff *backoff, struct cause *why);

/* Ends the thread. Log-outs under way are done; no callback runs any more. */
void auth_free(struct auth **auth);

/* When readable: auth_dispatch(), which runs callbacks and the holds' ended(). */
int auth_fd(const struct auth *auth);
void auth_dispatch(struct auth *auth);

/* For long-lived connections: grant_hold_begin(&conn->hold, auth_holds(auth), grant, …). */
struct grant_watch *auth_holds(struct auth *auth);

/* ---- at once --------------------------------------------------------- */

/* Check the secret of a cookie or of `Authorization: Bearer`. AUTH_OK, AUTH_DENIED or
 * AUTH_TROUBLE. */
enum auth_result auth_check(struct auth *auth, const char *secret, struct auth_pass *pass);

/* Basic, from memory: AUTH_OK, or AUTH_DENIED: then call auth_basic(). */
enum auth_result auth_check_basic(
    struct auth *auth, const char *name, const char *password, struct auth_pass *pass);

/* AUTH_OK: there are users; AUTH_DENIED: none yet, the log-in page offers the set-up;
 * AUTH_TROUBLE. */
enum auth_result auth_has_users(struct auth *auth);

/* ---- later: `done` is called once, from auth_dispatch() -------------- */

/* Each copies its texts. NULL: answered at once, without calling `done`; *now is AUTH_WAIT,
 * AUTH_BUSY, AUTH_REFUSED or AUTH_TROUBLE. */
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
