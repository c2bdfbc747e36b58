/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The text of service files that keep `teamctl supervise` running, for
 * systemd's user manager and for launchd.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include "strbuf.h"
#include "strvec.h"

struct service {
	const char *name;       /* [A-Za-z0-9._-]+ */
	const char *root;       /* of the team, absolute */
	const char *log;        /* where launchd puts its output */
	struct strvec argv;     /* argv[0] absolute */
	struct strvec env;      /* "NAME=value" */
	/* By this line a file is known as ours, and of which team. */
	const char *mark;
};

/*
 * All strings have to be printable UTF-8: neither format can hold everything
 * else that a path might.
 */
void service_systemd(const struct service *service, struct strbuf *out);
void service_launchd(const struct service *service, struct strbuf *out);

#endif
