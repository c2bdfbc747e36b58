/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Which environment variables a compose tree refers to: ${NAME} in a value,
 * `*_env: NAME`, `from: env:NAME`, and where.
 */
#ifndef ENVREF_H
#define ENVREF_H

#include "strvec.h"
#include "yaml.h"

struct envref {
	char *name;
	char *place;   /* "projects/main.yaml:12", the first of them */
	size_t nr;     /* of places */
	bool optional; /* every place has a default for it */
};

struct envrefs {
	struct envref *r; /* in order of finding */
	size_t nr;
	size_t alloc;
};

/* Adds what a file refers to. */
void envrefs_collect(struct envrefs *refs, const struct yaml_node *root);
void envrefs_sort(struct envrefs *refs);
void envrefs_release(struct envrefs *refs);

#endif
