/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What the files of `teamctl doctor` share: a list of findings.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "view.h"

enum level { OK, WARNING, FAILURE }; /* also the exit codes */

struct finding {
	enum level level;
	const char *check;
	char *text;
	char *mend; /* or NULL */
};

struct report {
	struct finding *f;
	size_t nr;
	size_t alloc;
};

/* The new finding, good until the next; its mend is the caller's to set. */
struct finding *doctor_add(struct report *report, enum level level,
    const char *check, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* doctor-service.c: the unit of systemd that keeps the supervisor running. */
void doctor_service(struct report *report, const struct view *view);
/* doctor-team.c: whether agents get cgroups of their own. */
void doctor_cgroups(struct report *report, const struct team *team);
/* doctor-team.c: the supervisor, and whether state and sessions agree. */
void doctor_running(struct report *report, struct view *view);

#endif
