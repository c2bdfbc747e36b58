/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A child manifest: the text of one agent that is added to a team which may
 * run already.  Three forms are the same agent:
 *
 *   name: dev          dev:             workers:
 *   model: opus          model: opus      dev:
 *                                           model: opus
 *
 * The first has besides an agent's keys those of the runtime control handle's
 * manifests (manifest_keys), the others do too.  What is read of any of them
 * is a mapping with an agent's keys only, as it may stand in a compose file.
 */
#ifndef MANIFEST_H
#define MANIFEST_H

#include "check.h"

enum { MANIFEST_MAX = 1 << 20 }; /* bytes of a text */

struct manifest {
	const struct yaml_node *name;    /* a scalar */
	const struct yaml_node *project; /* the same, or NULL: not said */
	bool is_manager;
	struct yaml_node *body; /* a mapping of agent_keys */
};

/*
 * Takes a text's tree apart, which is changed by that: keys of manifests
 * become those of agents.  All findings go to check->diags; -1 when there is
 * no name or no mapping.
 */
int manifest_read(struct check *check, struct yaml_node *root,
    struct manifest *manifest);

/*
 * The text that is kept of it, for a project: manifest_read makes the same of
 * it.  -1 when it would be too long.
 */
int manifest_write(const struct manifest *manifest, const char *project,
    struct strbuf *out);

#endif
