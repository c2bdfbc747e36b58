/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What the files of the renderer share; for render*.c only.
 */
#ifndef RENDER_PART_H
#define RENDER_PART_H

#include "fingerprint.h"
#include "render.h"
#include "secret.h"

/* One rendering of a team, or of a part of it. */
struct render {
	const struct team *team;
	const struct source *source;
	struct diags *diags;
	struct secrets secrets;
	struct strvec dotenv; /* what all agents get of .env */
	char *team_mcp;      /* path of the team-mcp program, or NULL */
	struct strmap files; /* by path, struct file_digest: render.c */
	struct fingerprint_memo memos[FP_NR];
};

/*
 * Says that an agent cannot be started: a finding, and the same text as
 * spec->error when that is the first.
 */
void render_refuse(struct render *render, struct spec *spec, struct pos pos,
    const char *rule, const char *fmt, ...) PRINTF_LIKE(5, 6);

/*
 * The file with an agent's role prompt, or "" when it has none; the caller
 * frees.
 */
char *render_prompt_path(const struct render *render,
    const struct agent *agent, const struct spec *spec);
/* Sets spec->mcp_text. */
void render_mcp(struct render *render, const struct agent *agent,
    struct spec *spec);
/* Sets spec->env_text and, behind the wrapper and id, spec->argv. */
void render_env(struct render *render, const struct agent *agent,
    struct spec *spec);

#endif
