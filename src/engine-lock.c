/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See engine.h: the lock of the team, and the supervisor that has it.
 */
#include "engine.h"

#include "control.h"
#include "order.h"
#include "os.h"
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ASK_AGAIN_MS = 200,
	SOON_MS = 1000,    /* a wait of which nothing need be said */
	MARGIN_MS = 10000, /* for what comes with a drain: tmux, starts */
};

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

/* ---- waiting for it ---- */

struct wish {
	const struct engine_options *options;
	struct mono until;
	bool is_told; /* for whom we wait */
};

/* Level after level, as a down of the whole team stops it. */
static int64_t
longest_stop_ms(const struct state *state)
{
	struct order_node *nodes = xcalloc(state->nr, sizeof(*nodes));
	int64_t total = 0, longest, ms;
	int level, nr;
	size_t i;

	for (i = 0; i < state->nr; i++) {
		nodes[i].id = state->agents[i]->id;
		nodes[i].depends_on = &state->agents[i]->depends_on;
	}
	nr = order_levels(nodes, state->nr);
	for (level = 0; level < nr; level++) {
		for (i = 0, longest = 0; i < state->nr; i++) {
			ms = drain_longest_ms(&state->agents[i]->drain);
			if (nodes[i].level == level && ms > longest)
				longest = ms;
		}
		total += longest;
	}
	free(nodes);
	return total;
}

/* Where nothing is said of it: whoever drains the team must come to his end. */
int64_t
engine_patience_ms(const char *root)
{
	int64_t longest = drain_longest_ms(&drain_plain), ms;
	struct strbuf err = STRBUF_INIT;
	struct state state;

	if (state_load(&state, root, &err) == 0) {
		ms = longest_stop_ms(&state);
		longest = ms > longest ? ms : longest;
	}
	state_release(&state);
	strbuf_release(&err);
	return longest + MARGIN_MS;
}

static int64_t
ms_left(const struct wish *wish)
{
	int64_t left = mono_ms_until(os_now(), wish->until);

	return left > 0 ? left : 0;
}

static void
tell(struct wish *wish, const char *root)
{
	char holder[LOCKFILE_HOLDER];

	state_holder(root, holder);
	if (wish->options->waiting && !wish->is_told)
		wish->options->waiting(wish->options->hooks.ctx, holder);
	wish->is_told = true;
}

/*
 * It lets go of the lock until the connection ends.  One that does not answer
 * may be about to end: then the lock is waited for.
 */
static void
ask_supervisor(struct engine *engine, struct wish *wish)
{
	struct strbuf err = STRBUF_INIT;
	int64_t left = ms_left(wish);
	json_t *reply;

	engine->supervisor = control_connect(engine->root);
	if (engine->supervisor < 0)
		return;
	reply = control_ask(engine->supervisor, json_pack("{s:s, s:s}", "op",
	    "yield", "verb", wish->options->verb), left < SOON_MS ? left :
	    SOON_MS, &err);
	if (!reply && errno == ETIMEDOUT && left > SOON_MS) {
		tell(wish, engine->root);
		reply = control_await(engine->supervisor, ms_left(wish), &err);
	}
	if (!json_is_true(json_object_get(reply, "ok"))) {
		close(engine->supervisor);
		engine->supervisor = -1;
	}
	json_decref(reply);
	strbuf_release(&err);
}

/* The command that has it may start a supervisor, which takes it then. */
static void
wait_for_lock(struct engine *engine, const struct engine_options *options,
    struct strbuf *err)
{
	int64_t timeout_ms = options->lock_timeout_ms >= 0 ?
	    options->lock_timeout_ms : engine_patience_ms(engine->root);
	struct wish wish = { .options = options,
		.until = mono_add_ms(os_now(), timeout_ms) };
	int64_t left;

	do {
		strbuf_reset(err);
		if (engine->supervisor < 0)
			ask_supervisor(engine, &wish);
		left = ms_left(&wish);
		engine->lock = state_lock(engine->root, options->verb,
		    left < ASK_AGAIN_MS ? left : ASK_AGAIN_MS, wish.is_told ?
		    NULL : options->waiting, options->hooks.ctx, err);
		wish.is_told = true;
	} while (engine->lock < 0 && errno == EAGAIN && ms_left(&wish) > 0);
}

/* Lines of a FIFO that are short enough are never mixed with others. */
void
engine_hurry_holder(const struct engine *engine, const struct strvec *ids)
{
	char *path = state_path(engine->root, "notify"), *line;
	int fd = state_is_locked(engine->root) ?
	    open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC) : -1;
	const struct applied *applied;
	size_t i;

	for (i = 0; fd >= 0 && i < ids->nr; i++) {
		applied = state_find(&engine->state, ids->v[i]);
		if (!applied)
			continue;
		line = xasprintf("hurry %s %" PRId64 "\n", applied->id,
		    applied->generation);
		if (proc_write(fd, line, strlen(line)) < 0) {
			close(fd);
			fd = -1;
		}
		free(line);
	}
	if (fd >= 0)
		close(fd);
	free(path);
}

/* ---- taking it ---- */

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
		    json_pack("{s:s, s:s}", "op", "shutdown", "reason",
		    "the team was taken down"), TIMEOUT_MS, &err));
	strbuf_release(&err);
}
