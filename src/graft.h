/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Puts an agent into the text of a compose file, and leaves every other byte
 * of it as it is.  Only block style is written to.  What an edit of a text
 * means is only known when it is read: the caller does that.
 */
#ifndef GRAFT_H
#define GRAFT_H

#include "strbuf.h"
#include "yaml.h"

struct graft {
	const char *file;    /* as shown */
	const char *project; /* id, in the team file; NULL: the file is one */
	const char *name;    /* of the agent */
	bool is_manager;
	const struct yaml_node *body; /* its mapping */
};

/* The key in its project that the agent comes below: "agents". */
const char *graft_group(const struct graft *graft,
    const struct yaml_node *project);
/* 0 with the edited text; -1 and why in err: "its 'workers' are in ...". */
int graft_agent(const struct graft *graft, const struct strbuf *text,
    struct strbuf *out, struct strbuf *err);
/* The agent as it would stand below that, for somebody to put there. */
void graft_add_agent(const struct graft *graft, int indent, int step,
    struct strbuf *out);

#endif
