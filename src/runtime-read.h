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

/* A key: reads value into member, which is at offset of a structure. */
struct runtime_key {
	const char *name;
	void (*read)(struct runtime_load *load, const struct yaml_node *value,
	    void *member);
	size_t offset;
};

/* Reads a descriptor over what load->rt holds; findings go to load->diags. */
void runtime_read(struct runtime_load *load, const struct yaml_node *map);

/* Free what has more than one part and leave none of it. */
void runtime_release_args(struct runtime *rt);
void runtime_release_rate_limits(struct runtime *rt);
void runtime_release_screens(struct runtime *rt);

/* ---- between runtime-read.c and runtime-screens.c only ---- */

/* Each key of map into base; at most 32 keys in a table. */
void runtime_read_map(struct runtime_load *load, const struct yaml_node *map,
    const struct runtime_key *table, size_t nr, void *base);
void runtime_wrong_type(struct runtime_load *load,
    const struct yaml_node *node, const char *want);
/* The place of a word in names, from first on; -1 after a finding. */
int runtime_read_name(struct runtime_load *load, const struct yaml_node *node,
    const char *const *names, size_t first, size_t nr, const char *what);
/* A number from 1 to max. */
void runtime_read_number(struct runtime_load *load,
    const struct yaml_node *node, int max, int *slot);
/* A char *: text that is not empty; null leaves it. */
void runtime_read_text(struct runtime_load *load,
    const struct yaml_node *node, void *member);
/* A char *: a regular expression; NULL when POSIX cannot read it. */
void runtime_read_pattern(struct runtime_load *load,
    const struct yaml_node *node, void *member);
/* A struct strvec: one or more of them. */
void runtime_read_patterns(struct runtime_load *load,
    const struct yaml_node *node, void *member);
/* An int64_t of milliseconds. */
void runtime_read_duration(struct runtime_load *load,
    const struct yaml_node *node, void *member);
/* The key `screens` into load->rt. */
void runtime_read_screens(struct runtime_load *load,
    const struct yaml_node *node, void *member);

#endif
