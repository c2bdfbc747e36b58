/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Clients of a fake tmux, on a real loop.
 */
/* objs: util strbuf strvec units fs proc os child loop tmux tmux-call */
#include "tap.h"
#include "tmux.h"

#include "child.h"
#include "fs.h"
#include "os.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct world {
	char *dir, *path; /* of before */
	struct loop *loop;
	struct tmux tmux;
	int calls, ticks;
	struct tmux_answer answer;
};

static void
put(const struct world *world, const char *name, const char *text, mode_t mode)
{
	char *path = xasprintf("%s/%s", world->dir, name);
	struct strbuf err = STRBUF_INIT;

	fs_write(path, text, strlen(text), mode, 0, &err);
	free(path);
}

/* body: what `tmux` does; its arguments are those of a client. */
static void
begin(struct world *world, const char *body)
{
	char dir[] = "/tmp/u-tmux-call-XXXXXX", *path, *script;

	memset(world, 0, sizeof(*world));
	world->dir = xstrdup(mkdtemp(dir));
	world->path = xstrdup(getenv("PATH"));
	path = xasprintf("%s:%s", world->dir, world->path);
	script = xasprintf("#!/bin/sh\n%s\n", body);
	put(world, "tmux", script, 0700);
	setenv("PATH", path, 1);
	setenv("TMUX_TMPDIR", world->dir, 1);
	unsetenv("TMUX");
	free(script);
	free(path);
	path = xasprintf("%s/script", world->dir);
	world->loop = loop_new();
	tmux_init(&world->tmux, "u", path);
	free(path);
}

static void
end(struct world *world)
{
	char *remove = xasprintf("rm -r %s", world->dir);

	children_forget(world->loop);
	loop_free(world->loop);
	tmux_release(&world->tmux);
	strbuf_release(&world->answer.out);
	strbuf_release(&world->answer.err);
	tmux_panes_release(&world->answer.panes);
	setenv("PATH", world->path, 1);
	is_int(system(remove), 0, "removed");
	free(remove);
	free(world->dir);
	free(world->path);
}

static void
take(void *ctx, struct tmux_answer *answer)
{
	struct world *world = ctx;

	world->calls++;
	world->answer = *answer;
	*answer = (struct tmux_answer){ .out = STRBUF_INIT,
		.err = STRBUF_INIT };
	loop_stop(world->loop);
}

struct clock {
	struct world *world;
	struct loop_watch *timer;
	struct mono end;
};

static void
tick(void *ctx)
{
	struct clock *clock = ctx;

	clock->world->ticks++;
	if (!mono_before(os_now(), clock->end))
		loop_stop(clock->world->loop);
	loop_timer_at(clock->timer, mono_add_ms(os_now(), 10));
}

/* Until an answer stops the loop, at most for ms; counts that time. */
static void
spin(struct world *world, int64_t ms)
{
	struct clock clock = { world, NULL, mono_add_ms(os_now(), ms) };

	clock.timer = loop_timer(world->loop, tick, &clock);
	loop_timer_at(clock.timer, os_now());
	loop_run(world->loop);
	loop_watch_free(clock.timer);
}

static void
run(struct world *world, const char *text)
{
	struct strbuf script = STRBUF_INIT;

	strbuf_addstr(&script, text);
	tmux_run_begin(&world->tmux, world->loop, &script, false, take, world);
	is_int(world->calls, 0, "no call before the loop runs");
	spin(world, 20000);
	is_int(world->calls, 1, "one call");
	is_int(world->tmux.nr_calls, 0, "nothing is under way");
	strbuf_release(&script);
}

static bool
has_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void
no_child_is_left(struct world *world)
{
	struct mono until = mono_add_ms(os_now(), 10000);

	while (has_children() && mono_before(os_now(), until))
		spin(world, 5);
	ok(!has_children(), "no child is left");
}

static void
test_tmux_call__a_script_arrives(void)
{
	struct world world;

	begin(&world, "echo \"$1 $2 $3 $4\"; cat \"$5\"; echo oops >&2");
	run(&world, "line one\nline two\n");
	is_int(world.answer.status, TMUX_OK, "status");
	is_str(world.answer.out.buf, "-u -L u source-file\nline one\n"
	    "line two\n", "arguments and script");
	is_str(world.answer.err.buf, "oops", "stderr");
	ok(access(world.tmux.script_path, F_OK) < 0, "no scratch file is left");
	end(&world);
}

static void
test_tmux_call__what_its_exit_means(void)
{
	static const struct {
		const char *body;
		enum tmux_status status;
	} rows[] = {
		{ "echo 'no such pane: %1' >&2; exit 1", TMUX_PARTIAL },
		{ "echo 'server exited unexpectedly' >&2; exit 1", TMUX_DIED },
		{ "echo 'no server running on /x' >&2; exit 1",
		    TMUX_NO_SERVER },
		{ "kill -SEGV $$", TMUX_ERROR },
		{ "exit 127", TMUX_ERROR },
	};
	struct world world;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		begin(&world, rows[i].body);
		run(&world, "x\n");
		is_int(world.answer.status, rows[i].status, rows[i].body);
		ok(world.answer.err.len, "it says why");
		end(&world);
	}
}

static void
test_tmux_call__one_that_hangs_is_killed(void)
{
	struct world world;
	struct mono start = os_now();

	begin(&world, "sleep 1000 & echo half; wait");
	world.tmux.timeout_ms = 300;
	run(&world, ""); /* a line has its own time besides */
	is_int(world.answer.status, TMUX_ERROR, "status");
	is_str(world.answer.err.buf, "tmux did not answer within 0 s", "why");
	ok(mono_ms_until(start, os_now()) < 10000, "in time");
	ok(world.ticks > 3, "others had their turn: %d", world.ticks);
	no_child_is_left(&world);
	end(&world);
}

static void
test_tmux_call__a_flood_is_cut(void)
{
	struct world world;

	begin(&world, "exec yes");
	run(&world, "x\n");
	is_int(world.answer.status, TMUX_ERROR, "status");
	is_str(world.answer.err.buf, "tmux wrote more than 64 MiB", "why");
	ok(world.ticks > 1, "others had their turn: %d", world.ticks);
	no_child_is_left(&world);
	end(&world);
}

static void
test_tmux_call__no_tmux(void)
{
	struct world world;

	begin(&world, "");
	setenv("PATH", "/nowhere", 1);
	run(&world, "x\n");
	is_int(world.answer.status, TMUX_MISSING, "status");
	setenv("PATH", world.path, 1);
	end(&world);
}

static void
test_tmux_call__a_list_needs_no_client_where_nobody_listens(void)
{
	struct world world;

	begin(&world, "echo rubbish");
	tmux_list_begin(&world.tmux, world.loop, take, &world);
	is_int(world.calls, 0, "no call before the loop runs");
	spin(&world, 20000);
	is_int(world.answer.status, TMUX_NO_SERVER, "status");
	is_int(world.tmux.clients, 0, "clients");
	end(&world);
}

static void
test_tmux_call__cancelled_it_says_nothing(void)
{
	struct world world;
	struct strbuf script = STRBUF_INIT;
	struct tmux_call *one, *two;

	begin(&world, "exec sleep 1000");
	one = tmux_run_begin(&world.tmux, world.loop, &script, true, take,
	    &world);
	/* Which needs a scratch file of its own. */
	two = tmux_run_begin(&world.tmux, world.loop, &script, true, take,
	    &world);
	is_int(world.tmux.nr_calls, 2, "two at a time");
	tmux_cancel(one);
	tmux_cancel(two);
	tmux_cancel(NULL);
	no_child_is_left(&world);
	is_int(world.calls, 0, "no call");
	ok(access(world.tmux.script_path, F_OK) < 0, "no scratch file is left");
	end(&world);
}

static void
test_tmux_call__waited_for(void)
{
	struct strbuf script = STRBUF_INIT, out = STRBUF_INIT;
	struct strbuf err = STRBUF_INIT;
	struct world world;

	begin(&world, "test \"$1\" = -V && echo tmux 2.9a || cat \"$5\"");
	strbuf_addstr(&script, "text\n");
	is_int(tmux_run(&world.tmux, &script, false, &out, &err), TMUX_OK,
	    "a script");
	is_str(out.buf, "text\n", "its output");
	is_int(tmux_check(&world.tmux, &err), TMUX_TOO_OLD, "a version");
	is_str(err.buf, "tmux 2.9a is too old: teamctl needs tmux 3.0 or newer",
	    "why");
	strbuf_release(&script);
	strbuf_release(&out);
	strbuf_release(&err);
	end(&world);
}
