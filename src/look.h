/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A look at a team, for commands that tell of it: one tmux client, however
 * many agents; the compose files are read only when they have changed since
 * they were applied.
 */
#ifndef LOOK_H
#define LOOK_H

#include "agentview.h"
#include "cmd.h"
#include "table.h"
#include "usage.h"

struct look {
	struct source source;
	struct team *team; /* NULL: not needed, or broken */
	struct engine engine;
	struct strvec known;
	struct targets targets;
	struct superview words;
	struct agentview is;
	int exit_code; /* of one that has told all there is to tell */
};

/*
 * EXIT_DONE, or an exit code after printing why.  argv: targets, none for
 * all.  look_release is to be called in any case.
 */
int look_at(struct look *look, int argc, char **argv);
void look_release(struct look *look);
/*
 * What the targets use now, with one look at /proc.  The sampler remembers them
 * for the next look; before that cpu is what a supervisor has seen of late,
 * and without one the mean of the run's life.
 */
void look_measure(struct look *look, struct usage_sampler *sampler);
/* How a word of agentview_state is shown. */
enum style look_style(const char *state);
/* What `status --json` prints. */
json_t *look_json(const struct look *look);

#endif
