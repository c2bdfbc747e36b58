/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * state/dynamic: the agents that were added to a team besides those of its
 * compose file.
 *
 *   PROJECT-AGENT.yaml    an added agent: its manifest in canonical form
 *                         (manifest_write).  It is there: the agent belongs to
 *                         the team.
 *   PROJECT-AGENT.adding  one that is being added: {"id": "p:a", "ids": [its
 *                         replicas, or the id itself]}.  Whoever holds the
 *                         team's lock and finds one has found a crash: with
 *                         the other file beside it the agent has been added,
 *                         without it nothing of it may be left (addition.h).
 *
 * All of it is changed under the team's lock only.
 */
#ifndef DYNAMIC_H
#define DYNAMIC_H

#include "strbuf.h"
#include "strvec.h"

/* The path of the manifest of an added agent; the caller frees. */
char *dynamic_path(const char *root, const char *id);
/* Its text: 1 when there is one, 0 when not; -1 and err. */
int dynamic_read(const char *root, const char *id, struct strbuf *out,
    struct strbuf *err);

/* Says that an agent is being added; ids: of all its replicas. */
int dynamic_begin(const char *root, const char *id, const struct strvec *ids,
    struct strbuf *err);
/* From here on it belongs to the team. */
int dynamic_commit(const char *root, const char *id, const char *text,
    struct strbuf *err);
/* It is not being added any longer. */
int dynamic_end(const char *root, const char *id, struct strbuf *err);
/* It does not belong to the team any longer; fine when it never did. */
int dynamic_remove(const char *root, const char *id, struct strbuf *err);

struct pending {
	char *id;
	struct strvec ids;
	bool is_committed;
};

/* Those that are being added, or were when there was a crash. */
struct pendings {
	struct pending *p;
	size_t nr, alloc;
};

/* Cheap: looks at names only. */
bool dynamic_has_pending(const char *root);
int dynamic_load_pending(const char *root, struct pendings *pendings,
    struct strbuf *err);
/* Removes files that were not written to their end, of these agents. */
void dynamic_sweep(const char *root, const struct strvec *ids);
void pendings_release(struct pendings *pendings);

#endif
