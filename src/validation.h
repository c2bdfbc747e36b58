/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What the files that implement validate() share; for validate*.c only.
 */
#ifndef VALIDATION_H
#define VALIDATION_H

#include "compose.h"
#include "yaml.h"

struct validation {
	const struct team *team;
	const struct source *source;
	struct diags *diags;
	struct strmap kinds;    /* path to enum source_kind + 1, asked once */
	struct strmap hooks;    /* names of rate limit hooks */
	struct strmap channels; /* of the project at hand, by name */
	struct strmap index;    /* id to index in team->agents + 1 */
	size_t nr_hint;
};

/* What is at a path, as a file system call tells only once. */
enum source_kind validation_kind(struct validation *v, const char *path);
/* The agent of a project, or of project:agent; NULL when there is none. */
struct agent *validation_find(const struct validation *v,
    const struct project *project, const char *name);
/* The place of item i of a key of an agent, or of its only value. */
struct pos validation_place(const struct validation *v,
    const struct agent *agent, const char *key, size_t i);
/* A hint with the name of an agent of the project that is near. */
void validation_hint_agent(struct validation *v, struct diag *diag,
    const struct project *project, const char *name);

/* validate-agent.c */
void validate_agent(struct validation *v, const struct agent *agent);
/* validate-graph.c: circles of depends_on and reports_to. */
void validate_graphs(struct validation *v);

#endif
