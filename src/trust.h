/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Claude Code's question whether it may trust a folder, answered in advance in
 * its own settings file, for teams that say `trust_workspace: true`.
 */
#ifndef TRUST_H
#define TRUST_H

#include "compose.h"

/*
 * Marks the working directories of the team's claude-code agents as trusted
 * and appends those that were not so before to added.  Nothing is done for a
 * team that does not ask for it.  The file (~/.claude.json, or .claude.json in
 * $CLAUDE_CONFIG_DIR) is replaced atomically, with its mode and with all else
 * that is in it; -1 and a text in err, the file as it was, when it cannot be
 * read, parsed or written.
 */
int trust_team(const struct team *team, const struct source *source,
    struct strvec *added, struct strbuf *err);

#endif
