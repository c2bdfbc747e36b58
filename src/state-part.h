/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Between the state files only: the restart policy of an entry.
 */
#ifndef STATE_PART_H
#define STATE_PART_H

#include "jtree.h"
#include "state.h"

#include <jansson.h>

/* That of who says nothing; no codes of its own. */
void state_policy_init(struct restart_policy *policy);
void state_policy_release(struct restart_policy *policy);
/* to owns its codes. */
void state_policy_copy(struct restart_policy *to,
    const struct restart_policy *from);
/* Into one that was made by state_policy_init. */
void state_policy_get(const struct jnode *object,
    struct restart_policy *policy);
/* NULL: it is that of who says nothing. */
json_t *state_policy_json(const struct restart_policy *policy);

#endif
