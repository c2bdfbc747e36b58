/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The keys of a runtime descriptor; for runtime.c only.
 */
#ifndef RUNTIME_READ_H
#define RUNTIME_READ_H

#include "runtime.h"
#include "yaml.h"

/* What the readers of the keys need. */
struct runtime_load {
	const struct source *source;
	struct diags *diags;
	struct runtime *rt;
	bool bundled; /* ours: a test has compiled its patterns */
};

/* Reads a descriptor over what load->rt holds; findings go to load->diags. */
void runtime_read(struct runtime_load *load, const struct yaml_node *map);

/* Free what has more than one part and leave none of it. */
void runtime_release_args(struct runtime *rt);
void runtime_release_rate_limits(struct runtime *rt);

#endif
