/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See engine.h: the lock of the team, and the supervisor that has it.
 */
#include "engine.h"

#include "control.h"
#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ASK_AGAIN_MS = 200 };

/* Opened for reading and writing, so that it never is at end-of-file. */
static int
open_notify(struct engine *engine, struct strbuf *err)
{
	char *path = state_path(engine->root, "notify");

	if (mkfifo(path, 0600) < 0 && errno != EEXIST)
		strbuf_addf(err, "cannot make '%s': %s", path,
		    strerror(errno));
	else if ((engine->notify = open(path,
	    O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0)
		strbuf_addf(err, "cannot open '%s': %s", path,
		    strerror(errno));
	free(path);
	return engine->notify < 0 ? -1 : 0;
}

/*
 * It lets go of the lock until the connection ends.  One that does not answer
 * may be about to end: then the lock is waited for.  Returns what is left of
 * the time for that.
 */
static int64_t
ask_supervisor(struct engine *engine, const char *verb, int64_t timeout_ms)
{
	struct mono until = mono_add_ms(os_now(), timeout_ms);
	struct strbuf err = STRBUF_INIT;
	json_t *reply;
	int64_t left;

	engine->supervisor = control_connect(engine->root);
	if (engine->supervisor < 0)
		return timeout_ms;
	reply = control_call(engine->supervisor, json_pack("{s:s, s:s}",
	    "op", "yield", "verb", verb), timeout_ms, &err);
	if (!reply) {
		close(engine->supervisor);
		engine->supervisor = -1;
	}
	json_decref(reply);
	strbuf_release(&err);
	left = mono_ms_until(os_now(), until);
	return left > 0 ? left : 0;
}

/* The command that has it may start a supervisor, which takes it then. */
static void
wait_for_lock(struct engine *engine, const struct engine_options *options,
    struct strbuf *err)
{
	struct mono until = mono_add_ms(os_now(), options->lock_timeout_ms);
	void (*waiting)(void *ctx, const char *holder) = options->waiting;
	int64_t left = options->lock_timeout_ms;

	do {
		strbuf_reset(err);
		if (engine->supervisor < 0)
			left = ask_supervisor(engine, options->verb, left);
		engine->lock = state_lock(engine->root, options->verb,
		    left < ASK_AGAIN_MS ? left : ASK_AGAIN_MS, waiting,
		    options->hooks.ctx, err);
		waiting = NULL;
		left = mono_ms_until(os_now(), until);
	} while (engine->lock < 0 && errno == EAGAIN && left > 0);
}

enum engine_status
engine_take_lock(struct engine *engine, const struct engine_options *options,
    struct strbuf *err)
{
	struct mono begun;

	if (state_prepare(engine->root, err) < 0)
		return ENGINE_FAILED;
	engine->lock = state_lock(engine->root, options->verb, 0, NULL, NULL,
	    err);
	if (engine->lock < 0 && errno == EAGAIN && !options->is_supervisor &&
	    !options->only_try) {
		begun = os_now();
		wait_for_lock(engine, options, err);
		engine->waited_ms = mono_ms_until(begun, os_now());
	}
	if (engine->lock < 0)
		return errno == EAGAIN ? ENGINE_LOCKED : ENGINE_FAILED;
	if (open_notify(engine, err) < 0)
		return ENGINE_FAILED;
	if (os_self_path(engine->self, sizeof(engine->self)) < 0) {
		strbuf_addstr(err, "cannot find the path of this program");
		return ENGINE_FAILED;
	}
	return ENGINE_OK;
}

void
engine_end_supervisor(struct engine *engine)
{
	struct strbuf err = STRBUF_INIT;
	enum { TIMEOUT_MS = 2000 };

	if (engine->supervisor < 0)
		engine->supervisor = control_connect(engine->root);
	/* One that does not answer is going to find nothing to do. */
	if (engine->supervisor >= 0)
		json_decref(control_call(engine->supervisor,
		    json_pack("{s:s}", "op", "shutdown"), TIMEOUT_MS, &err));
	strbuf_release(&err);
}
