/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The agent that `teamctl add` is about: its manifest, read and checked in its
 * team before anything is locked or written.
 */
#ifndef ADDING_H
#define ADDING_H

#include "cmd.h"

struct adding {
	struct candidate candidate;
	struct strbuf text; /* of the manifest */
	struct strbuf kept; /* the same in canonical form */
	char *id;
	struct strvec ids;  /* of its replicas, or the id */
	bool is_there;      /* the same has been added already */
};

/* Reads the file, "-" for standard input; an exit code after saying why. */
int adding_read(struct adding *adding, const char *file, const char *project);
/*
 * Looks at the team with it, which all that reads the team sees from now on.
 * Findings are printed; an exit code.  May be called again.
 */
int adding_check(struct adding *adding);
void adding_release(struct adding *adding);

#endif
