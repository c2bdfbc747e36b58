/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Where service files are, and which of them is a team's.
 */
#ifndef SERVICEFILE_H
#define SERVICEFILE_H

#include "strbuf.h"

/* What each of ours holds, before the mark of its team. */
#define SERVICEFILE_MARK "Written by teamctl service for team "
enum { SERVICEFILE_MAX = 1 << 20 };

/* The mark of a team; the caller frees. */
char *servicefile_mark(const char *root);
/*
 * The folder of this user's units of systemd, or of launchd's agents; the
 * caller frees.  NULL: the environment does not tell.
 */
char *servicefile_folder(bool is_launchd);
/* The path of the team's unit and its text, or NULL; the caller frees. */
char *servicefile_find_unit(const char *root, struct strbuf *text);
/*
 * The value of a variable in the text of a unit, as service_systemd writes it;
 * NULL: not there; the caller frees.
 */
char *servicefile_variable(const char *text, const char *name);

#endif
