/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See cmd.h: what a killed `teamctl add` has left is ended by the command
 * that comes next, before it reads the team.
 */
#include "addition.h"
#include "cmd.h"

static void
found(void *ctx, const char *id, bool is_undone)
{
	(void)ctx;
	if (is_undone)
		cmd_warn("'teamctl add' of '%s' did not come to its end; "
		    "nothing of it is left", id);
}

int
cmd_recover(const char *root, const int64_t *lock_timeout_ms,
    void (*waiting)(void *ctx, const char *holder), void *ctx)
{
	enum { MOMENT_MS = 2000 };
	bool only_look = !lock_timeout_ms;
	const struct addition_options options = {
		.root = root,
		.lock_timeout_ms = only_look ? MOMENT_MS : *lock_timeout_ms,
		.only_try = only_look && !state_is_deserted(root),
		.waiting = waiting,
		.found = found,
		.ctx = ctx,
	};
	struct strbuf err = STRBUF_INIT;
	enum engine_status status = addition_recover(&options, &err);
	int code = EXIT_DONE;

	if (status != ENGINE_OK && !only_look) {
		cmd_error("%s", err.buf);
		code = status == ENGINE_LOCKED ? EXIT_REFUSED :
		    status == ENGINE_UNAVAILABLE ? EXIT_UNAVAILABLE :
		    EXIT_FAILED;
	}
	strbuf_release(&err);
	return code;
}
