/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf strvec signame permission */
#include "permission.h"
#include "tap.h"

static void
test_permission__table(void)
{
	static const struct {
		const char *verb, *signal;
		bool restart, shutdown, now, itself, want;
	} cases[] = {
		{ "restart", "TERM", true, false, false, true, true },
		{ "restart", "SIGTERM", true, false, false, true, true },
		{ "restart", "TERM", true, false, false, false, false },
		{ "restart", "TERM", false, true, false, true, false },
		{ "restart", "HUP", true, false, false, true, false },
		{ "restart", "TERM", true, false, true, true, false },
		{ "restart", "KILL", true, false, true, true, true },
		{ "down", "TERM", false, true, false, true, true },
		{ "down", "TERM", true, false, false, true, false },
		{ "pause --stop", "TERM", false, true, false, true, true },
		{ "quarantine", "TERM", false, true, false, true, true },
		{ "pause --freeze", "STOP", false, false, false, true, true },
		{ "pause --freeze", "TERM", true, true, false, true, false },
		{ "remove", "TERM", true, true, false, true, false },
		{ "up", "TERM", true, true, false, true, false },
		{ "shutdown", "TERM", true, true, false, true, false },
	};
	struct command_permissions permissions = { .allow_restart = false };
	struct strbuf why = STRBUF_INIT;
	struct asking asking;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		permissions.allow_restart = cases[i].restart;
		permissions.allow_shutdown = cases[i].shutdown;
		strvec_push(&permissions.allowed_signals, cases[i].signal);
		asking = (struct asking){ cases[i].verb, cases[i].now,
			cases[i].itself };
		strbuf_reset(&why);
		is_int(permission_allows(&permissions, "p:a", &asking, &why),
		    cases[i].want, cases[i].verb);
		is_int(why.len == 0, cases[i].want, "words when refused");
		strvec_release(&permissions.allowed_signals);
	}
	strbuf_reset(&why);
	asking = (struct asking){ "restart", false, true };
	ok(!permission_allows(NULL, "p:a", &asking, &why),
	    "not in the compose file");
	strbuf_release(&why);
}
