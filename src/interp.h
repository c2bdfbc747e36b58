/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Variables in values, as docker compose has them: $NAME, ${NAME},
 * ${NAME:-default}, ${NAME-default}, ${NAME:?text}, ${NAME?text},
 * ${NAME:+other}, ${NAME+other}, and $$ for a dollar sign.  With the colon an
 * empty variable counts as unset.  Default, text and other may hold variables.
 */
#ifndef INTERP_H
#define INTERP_H

#include "source.h"
#include "strmap.h"
#include "yaml.h"

struct interp {
	const struct source *source; /* its environment comes first */
	struct strmap dotenv;        /* then these, values are char * */
	struct diags *diags;
	size_t made; /* bytes of all results so far, which are limited */
};

/* What is filled in for a name, or NULL. */
const char *interp_get(const struct interp *in, const char *name);
/*
 * Appends text with its variables filled in.  An unset variable without a
 * default is a warning at pos and leaves nothing; -1 after an error at pos.
 */
int interp_text(struct interp *in, struct pos pos, const char *text,
    struct strbuf *out);
/* Sets value of a scalar, once; the memory is of arena. */
int interp_node(struct interp *in, struct arena *arena,
    struct yaml_node *node);
/* Appends text so that interp_text gives it back. */
void interp_escape(struct strbuf *out, const char *text);

#endif
