/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * An agent as the engine sees it: names, files, what to run, how to stop it,
 * and fingerprints of all that could make a run of it outdated.  Made by
 * render.h from a team, or by state.h from what was applied earlier.
 */
#ifndef SPEC_H
#define SPEC_H

#include "compose.h"

/*
 * What a change of which needs what.  The names are what `reload` prints
 * between the brackets, in this order.
 */
enum fingerprint {
	FP_ENV,
	FP_MCP,
	FP_ROLE_PROMPT,
	FP_COMMAND,  /* argv, cwd */
	FP_WRAPPER,  /* the script's bytes; of the descriptor all that matters
	              * to a run is in the inputs above */
	FP_LIMITS,
	FP_RESTART_NR, /* those above need a restart, those below do not */
	FP_DRAIN = FP_RESTART_NR,
	FP_ACL,
	FP_META,
	FP_NR,
};

struct spec {
	char *id, *project, *agent; /* "p:a", "p", "a" */
	char *session;              /* tmux session name */
	char *env_file, *mcp_file, *launch_file, *record_file; /* absolute */
	/*
	 * The role prompts joined, when there is more than one of them; NULL
	 * when no such file is wanted.
	 */
	char *prompt_file, *prompt_text;
	char *cwd;                  /* absolute */
	struct strvec argv;         /* of the process below the shim */
	char *env_text, *mcp_text;  /* bytes of those files; mcp_text may be
	                             * NULL: no such file is wanted */
	char *fp[FP_NR];            /* "sha256:..." or "none" */
	struct drain_recipe drain;
	struct resource_limits limits;
	struct log_policy logs;
	struct strvec depends_on;   /* ids */
	/*
	 * Borrowed from the team, as are restart.success_exit_codes and the
	 * files of the places.
	 */
	const char *binary;         /* that must be on PATH, absolute or
	                             * below cwd; or NULL */
	const char *package;        /* that has it, or NULL */
	bool create_cwd;
	bool cgroup;                /* it gets one, where it can be had */
	struct restart_policy restart;
	struct pos cwd_pos;
	const struct agent *source; /* NULL when made from applied state */
	/*
	 * Why it cannot be started as it stands (a finding said the same), or
	 * NULL.  The fingerprints and texts are then incomplete.
	 */
	char *error;
};

struct specs {
	struct spec *s;
	size_t nr;
};

const char *fingerprint_name(enum fingerprint fp);

void specs_release(struct specs *specs);

#endif
