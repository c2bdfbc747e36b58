/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Where the model gets its text from.  The model itself opens no file and
 * reads no environment: the command line hands it this table of functions
 * (sysource.h), a test hands it literals.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "strbuf.h"
#include "strvec.h"

enum source_kind { SOURCE_ABSENT, SOURCE_FILE, SOURCE_DIR, SOURCE_OTHER };

/* The text of an agent that may be added to the team (manifest.h). */
struct candidate {
	const char *file; /* as shown */
	const char *text;
	size_t len;
	const char *project; /* id; NULL: as the text says, or the only one */
};

struct source {
	const char *root;  /* absolute folder of team-compose.yaml */
	const char *file;  /* its name in there, "team-compose.yaml" */
	const char *share; /* our share folder: runtimes/ and wrappers/ */
	/*
	 * Appends the bytes of a file, at most max of them.  -1 and a text in
	 * err ("cannot open 'x': No such file or directory"; "larger than ...")
	 * with errno meaningful only for ENOENT.
	 */
	int (*read)(void *ctx, const char *path, size_t max,
	    struct strbuf *out, struct strbuf *err);
	enum source_kind (*kind)(void *ctx, const char *path);
	/* Names in a folder, sorted; nothing when it is not there. */
	void (*list)(void *ctx, const char *path, struct strvec *names);
	/* A variable of the process environment, or NULL. */
	const char *(*getenv)(void *ctx, const char *name);
	/*
	 * Runs a command line of the user's for `secrets: from: cmd:` and
	 * appends its output without the last newline; -1 and err.
	 */
	int (*run)(void *ctx, const char *command, struct strbuf *out,
	    struct strbuf *err);
	void *ctx;
	/* The team is read as if this had been added already; or NULL. */
	const struct candidate *candidate;
};

#endif
