/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A team as it was understood: one document without `defaults`, project files
 * and variables.  Loading it gives the same team.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include "compose.h"

#include <jansson.h>

/*
 * Variables that were only named, env_file and secrets stay references, so
 * that no value of theirs is shown.  pick (NULL: all) chooses agents; a part
 * of a team need not load by itself.
 */
json_t *config_json(const struct team *team,
    bool (*pick)(void *ctx, const struct agent *agent), void *ctx);
/* A copy that loads: dollar signs are doubled as in config_yaml. */
json_t *config_escaped(const json_t *config);
/* The same as YAML; dollar signs are doubled where they would be variables. */
void config_yaml(const json_t *config, struct strbuf *out);

#endif
