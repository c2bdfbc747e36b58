/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Values of secrets, from where the compose file says they are.  Each place
 * is asked once, however many agents want it.
 */
#ifndef SECRET_H
#define SECRET_H

#include "compose.h"

struct secrets {
	const struct source *source;
	const struct team *team;
	struct strmap known; /* by place, struct secret_value */
};

/*
 * The value at a place: "env:NAME", "file:PATH", "cmd:COMMAND LINE"; good
 * until the release.  NULL and one line in err, which never holds any part of
 * a value, when there is none.
 */
const char *secrets_get(struct secrets *secrets, const char *place,
    struct strbuf *err);
/*
 * The place of a secret of an agent's; the caller frees.  One with a key, such
 * as workers/api_token, is where a variable of the secret's name is, else the
 * variable WORKERS_API_TOKEN, else the file workers/api_token in the folder
 * $TEAMCTL_SECRETS, which is secrets/ below the root by default.
 */
char *secrets_place(const struct secret *secret);
/* The secret of that name which an agent declares, or NULL. */
const struct secret *secrets_find(const struct agent *agent,
    const char *name);
/* What secret_ref names: "${NAME}" as in manifests, or NAME; to be freed. */
char *secrets_ref_name(const char *ref);
/* The names of all variables that may hold a secret of the team's. */
void secrets_variables(const struct team *team, struct strvec *names);
/* Overwrites and frees all values. */
void secrets_release(struct secrets *secrets);

#endif
