/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See permission.h.
 */
#include "permission.h"

#include "signame.h"

#include <signal.h>

/*
 * A drain that does not help ends with TERM, one that is not tried with KILL,
 * and freezing is STOP: so each verb needs its signal, too.
 */
static const struct {
	const char *verb;
	bool restarts, stops;
	int signal;
} rules[] = {
	{ "restart", true, false, SIGTERM },
	{ "down", false, true, SIGTERM },
	{ "pause --stop", false, true, SIGTERM },
	{ "quarantine", false, true, SIGTERM },
	{ "pause --freeze", false, false, SIGSTOP },
};

static bool
has_signal(const struct command_permissions *permissions, int number)
{
	size_t i;

	for (i = 0; i < permissions->allowed_signals.nr; i++)
		if (signame_parse(permissions->allowed_signals.v[i]) == number)
			return true;
	return false;
}

bool
permission_allows(const struct command_permissions *permissions,
    const char *id, const struct asking *asking, struct strbuf *why)
{
	int number;
	size_t i;

	for (i = 0; i < nitems(rules); i++)
		if (str_eq(rules[i].verb, asking->verb))
			break;
	if (i == nitems(rules)) {
		strbuf_addf(why, "%s may not '%s' from inside: only to "
		    "restart, stop or freeze itself can be allowed", id,
		    asking->verb);
		return false;
	}
	if (!asking->is_itself) {
		strbuf_addf(why, "%s may not '%s' others from inside, only "
		    "itself, by its full name", id, asking->verb);
		return false;
	}
	number = asking->now ? SIGKILL : rules[i].signal;
	if (!permissions)
		strbuf_addf(why, "%s may not '%s' itself: the compose file "
		    "does not have it any more", id, asking->verb);
	else if (rules[i].restarts && !permissions->allow_restart)
		strbuf_addf(why, "%s may not '%s' itself: its "
		    "command_permissions lack allow_restart", id,
		    asking->verb);
	else if (rules[i].stops && !permissions->allow_shutdown)
		strbuf_addf(why, "%s may not '%s' itself: its "
		    "command_permissions lack allow_shutdown", id,
		    asking->verb);
	else if (!has_signal(permissions, number))
		strbuf_addf(why, "%s may not '%s' itself: its "
		    "allowed_signals lack %s", id, asking->verb,
		    signame(number));
	return why->len == 0;
}
