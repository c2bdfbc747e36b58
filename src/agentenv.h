/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The environment that teamctl gives to an agent, for commands that show it
 * or run something in it.
 */
#ifndef AGENTENV_H
#define AGENTENV_H

#include "view.h"

struct agentenv {
	char *path;          /* of the env file */
	bool is_rendered;    /* there is none: this is what `up` would write */
	struct strvec names; /* in the file's order */
	struct strvec values; /* beside the names */
};

/*
 * Reads the agent's env file, or renders it when the agent was never started.
 * EXIT_DONE, or an exit code after printing why.  Free it in any case.
 */
int agentenv_load(struct agentenv *env, struct view *view, const char *id);
void agentenv_release(struct agentenv *env);

/* Would a value of this name be no business of who looks over a shoulder? */
bool agentenv_is_secret_name(const char *name);
/* Appends "****" and, of more than four characters, the last four. */
void agentenv_add_masked(struct strbuf *out, const char *value);

#endif
