/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See inside.h.
 */
#include "inside.h"

#include "os.h"
#include "record-file.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_DEPTH = 4096,
	TRIES = 5, /* while processes between it and the shim end */
};

/* argv of a shim: PROGRAM shim ID ENV ...; a team below ours is another one. */
static bool
is_shim(const char *root, const struct strbuf *args, struct strbuf *id)
{
	static const char folder[] = "/state/envs/";
	const char *words[4], *p = args->buf, *end = p + args->len;
	size_t n = 0, len = strlen(root);

	while (n < nitems(words) && p < end) {
		words[n++] = p;
		p += strlen(p) + 1;
	}
	if (n < nitems(words) || !str_eq(words[1], "shim") ||
	    !strchr(words[2], ':') || strncmp(words[3], root, len) != 0 ||
	    !str_starts(words[3] + len, folder))
		return false;
	strbuf_reset(id);
	strbuf_addstr(id, words[2]);
	return true;
}

/*
 * The outermost one: those further in may be made by the agent itself.  Who
 * asks is none.  1: id is its agent's; 0: there is none; -1: a process on the
 * way has just gone.
 */
static int
find_shim(const char *root, pid_t pid, struct strbuf *id)
{
	struct strbuf args = STRBUF_INIT;
	int depth, found = 0;
	pid_t parent;

	for (depth = 0; pid > 1 && found >= 0; depth++, pid = parent) {
		strbuf_reset(&args);
		if (depth && os_process_args(pid, &args) &&
		    is_shim(root, &args, id))
			found = 1;
		parent = os_parent(pid);
		/* 0 is also the parent of who came from outside a container. */
		if (depth == MAX_DEPTH || (!parent && !os_is_running(pid)))
			found = -1;
	}
	strbuf_release(&args);
	return found;
}

/* False: it has none, or none that can be read now. */
static bool
read_token(const char *root, const char *id, struct strbuf *token)
{
	int len = (int)strcspn(id, ":");
	char *path = xasprintf("%s/state/exits/%.*s-%s.json", root, len, id,
	    id + len + 1);
	struct strbuf err = STRBUF_INIT;
	struct record record;

	if (record_load(&record, path, &err) == 0 && record.token)
		strbuf_addstr(token, record.token);
	record_release(&record);
	strbuf_release(&err);
	free(path);
	return token->len > 0;
}

/* "ID/HEX" is one of this team's, whoever shows it. */
static bool
is_ours(const char *root, const char *token)
{
	const char *slash = strrchr(token, '/');
	struct strbuf want = STRBUF_INIT;
	char *id = slash ? xstrndup(token, (size_t)(slash - token)) : NULL;
	bool is = id && strchr(id, ':') && !strchr(id, '/') &&
	    read_token(root, id, &want) && str_eq(want.buf, token);

	strbuf_release(&want);
	free(id);
	return is;
}

enum inside
inside_find(const char *root, pid_t pid, const char *token,
    struct strbuf *id, struct strbuf *why)
{
	int i, shim = -1;
	bool is_inside;
	size_t len;

	for (i = 0; i < TRIES && shim < 0; i++)
		shim = find_shim(root, pid, id);
	if (shim < 0) {
		strbuf_addstr(why, INSIDE_GONE);
		return INSIDE_FORGED;
	}
	is_inside = shim > 0;
	len = strlen(id->buf);
	if (!is_inside && token && is_ours(root, token)) {
		strbuf_addstr(why, SHIM_TOKEN " is that of an agent, but "
		    "this process is not one of its own");
		return INSIDE_FORGED;
	}
	if (is_inside && token && is_ours(root, token) &&
	    (strncmp(token, id->buf, len) != 0 || token[len] != '/')) {
		strbuf_addf(why, "%s has the " SHIM_TOKEN " of another "
		    "agent", id->buf);
		return INSIDE_FORGED;
	}
	return is_inside ? INSIDE_AGENT : INSIDE_NOT;
}
