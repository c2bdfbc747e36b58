/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See tmux.h: client processes, on an event loop.
 */
#include "tmux.h"

#include "child.h"
#include "fs.h"
#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

enum {
	CLIENT_TIMEOUT_MS = 10 * 1000,
	LINE_TIMEOUT_MS = 50, /* more for each line of a script */
	MAX_OUTPUT_MIB = 64,
	OLDEST = 300, /* 3.0: pane options, -P -F, =NAME targets */
	READS_INPUT = 301, /* 3.1: source-file - */
};

enum asks {
	ASKS_SCRIPT,
	ASKS_LATER, /* a script that is still to come */
	ASKS_LIST,
	ASKS_VERSION,
	ASKS_AHEAD, /* the version, where a list has no server to ask */
};

struct tmux_call {
	struct tmux *tmux;
	struct child *child;
	struct loop_watch *timer; /* no client is needed, or can be had */
	char *script_path;        /* scratch file, or NULL */
	int64_t timeout_ms;
	enum asks asks;
	struct tmux_answer answer;
	tmux_fn *fn;
	void *ctx;
};

/*
 * False only when certainly nobody listens: then no client is needed to learn
 * that nothing runs.  Asked as a datagram socket, which a server refuses with
 * EPROTOTYPE (POSIX connect): it neither wakes for it nor has a queue of
 * clients that could be full.
 */
static bool
server_listens(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	bool listens = true;
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path))
		return true;
	memcpy(sa.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (fd < 0)
		return true;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		listens = errno != ENOENT && errno != ECONNREFUSED &&
		    errno != ENOTDIR;
	close(fd);
	return listens;
}

void
tmux_prefer(struct tmux *tmux, const char *socket_path)
{
	if (!socket_path || str_eq(socket_path, tmux->socket_path) ||
	    !server_listens(socket_path))
		return;
	free(tmux->socket_path);
	tmux->socket_path = xstrdup(socket_path);
	tmux->by_path = true;
}

/* What tmux's complaint means (messages of client.c and server-client.c). */
static enum tmux_status
classify(const struct proc_result *result, const struct strbuf *err)
{
	if (!result->spawned)
		return result->spawn_errno == ENOENT ? TMUX_MISSING :
		    TMUX_ERROR;
	if (result->timed_out || result->flooded)
		return TMUX_ERROR;
	if (result->exit_code == 0)
		return TMUX_OK;
	if (strstr(err->buf, "server exited"))
		return TMUX_DIED;
	/* The second is what a server says that has lost its last session. */
	if (strstr(err->buf, "no server running on") ||
	    str_eq(err->buf, "no current target\n"))
		return TMUX_NO_SERVER;
	if (strstr(err->buf, "error connecting to"))
		return strstr(err->buf, "(No such file or directory)") ?
		    TMUX_NO_SERVER : TMUX_ERROR;
	return result->exit_code == 1 ? TMUX_PARTIAL : TMUX_ERROR;
}

static void
check_version(const struct tmux *tmux, const char *what,
    struct tmux_answer *answer)
{
	if (answer->status != TMUX_OK || !tmux->version ||
	    tmux->version >= OLDEST)
		return;
	answer->status = TMUX_TOO_OLD;
	strbuf_addf(&answer->err, "%s is too old: teamctl needs tmux 3.0 or "
	    "newer", what);
}

/* What a list means besides: nobody there is an answer, half of it is none. */
static void
judge_list(struct tmux *tmux, struct tmux_answer *answer)
{
	if (answer->status == TMUX_DIED) /* its last session ended */
		answer->status = TMUX_NO_SERVER;
	if (answer->status == TMUX_PARTIAL)
		answer->status = TMUX_ERROR;
	if (answer->status == TMUX_NO_SERVER)
		strbuf_reset(&answer->err);
	if (answer->status == TMUX_OK)
		tmux_parse_panes(tmux, answer->out.buf, &answer->panes);
	check_version(tmux, "the running tmux server", answer);
}

static void
judge_version(struct tmux *tmux, struct tmux_answer *answer)
{
	strbuf_rtrim(&answer->out);
	tmux->version = tmux_parse_version(answer->out.buf);
	check_version(tmux, answer->out.buf, answer);
}

static void
call_free(struct tmux_call *call)
{
	call->tmux->nr_calls--;
	child_cancel(call->child);
	loop_watch_free(call->timer);
	if (call->script_path)
		unlink(call->script_path);
	free(call->script_path);
	strbuf_release(&call->answer.out);
	strbuf_release(&call->answer.err);
	tmux_panes_release(&call->answer.panes);
	free(call);
}

static void
finish(struct tmux_call *call)
{
	struct tmux_answer answer = call->answer;
	tmux_fn *fn = call->fn;
	void *ctx = call->ctx;

	call->answer = (struct tmux_answer){ .out = STRBUF_INIT,
		.err = STRBUF_INIT };
	if (call->tmux->ahead == call)
		call->tmux->ahead = NULL;
	call_free(call);
	if (fn) /* else it was ahead, and failed: what is asked next tells */
		fn(ctx, &answer);
	strbuf_release(&answer.out);
	strbuf_release(&answer.err);
	tmux_panes_release(&answer.panes);
}

static void
on_timer(void *ctx)
{
	finish(ctx);
}

static void
on_child(void *ctx, const struct proc_result *result, struct strbuf *out,
    struct strbuf *err)
{
	struct tmux_call *call = ctx;
	struct tmux_answer *answer = &call->answer;
	const char *comma = err->len ? "; " : "";

	call->child = NULL;
	answer->status = classify(result, err);
	strbuf_rtrim(err);
	strbuf_add(&answer->err, err->buf, err->len);
	if (result->timed_out)
		strbuf_addf(&answer->err, "%stmux did not answer within %"
		    PRId64 " s", comma, call->timeout_ms / 1000);
	else if (result->flooded)
		strbuf_addf(&answer->err, "%stmux wrote more than %d MiB",
		    comma, MAX_OUTPUT_MIB);
	else if (answer->status != TMUX_OK && !err->len)
		strbuf_addstr(&answer->err, tmux_status_text(answer->status));
	if (!result->flooded) { /* a flood is no answer to look through */
		strbuf_release(&answer->out);
		answer->out = *out;
		strbuf_init(out);
	}
	if (call->asks == ASKS_LIST)
		judge_list(call->tmux, answer);
	if (call->asks == ASKS_VERSION || call->asks == ASKS_AHEAD)
		judge_version(call->tmux, answer);
	if (call->asks == ASKS_AHEAD) { /* what is wrong is told in its time */
		answer->status = TMUX_NO_SERVER;
		strbuf_reset(&answer->err);
	}
	finish(call);
}

static struct tmux_call *
call_new(struct tmux *tmux, enum asks asks, tmux_fn *fn, void *ctx)
{
	struct tmux_call *call = xcalloc(1, sizeof(*call));

	call->tmux = tmux;
	call->asks = asks;
	call->fn = fn;
	call->ctx = ctx;
	strbuf_init(&call->answer.out);
	strbuf_init(&call->answer.err);
	call->timeout_ms = tmux->timeout_ms ? tmux->timeout_ms :
	    CLIENT_TIMEOUT_MS;
	tmux->nr_calls++;
	return call;
}

/* What is known without a client. */
static void
decide(struct tmux_call *call, struct loop *loop, enum tmux_status status)
{
	call->answer.status = status;
	call->timer = loop_timer(loop, on_timer, call);
	loop_timer_at(call->timer, os_now());
}

static void
begin(struct tmux_call *call, struct loop *loop, const struct strvec *argv,
    char *const *env)
{
	const struct proc_options options = {
		.input = call->asks == ASKS_LATER ? "" : NULL,
		.env = env,
		.is_fed = true,
		.max_output = (size_t)MAX_OUTPUT_MIB << 20,
		.timeout_ms = call->timeout_ms,
		/* The client's own end takes it longer than ours to go on. */
		.is_all = call->asks == ASKS_LIST ? tmux_is_whole_list : NULL,
		/* No start is to come behind the one who tidies up. */
		.dies_with_us = true,
		.is_beside = call->tmux->meanwhile ||
		    call->asks == ASKS_LATER || call->asks == ASKS_AHEAD,
	};

	call->tmux->clients++;
	call->child = child_begin(loop, argv->v, &options, on_child, call);
}

static void
begin_version(struct tmux_call *call, struct loop *loop)
{
	struct strvec argv = STRVEC_INIT;

	strvec_push(&argv, "tmux");
	strvec_push(&argv, "-V");
	begin(call, loop, &argv, NULL);
	strvec_release(&argv);
}

struct tmux_call *
tmux_list_begin(struct tmux *tmux, struct loop *loop, tmux_fn *fn, void *ctx)
{
	struct tmux_call *call = call_new(tmux, ASKS_LIST, fn, ctx);
	struct strvec argv = STRVEC_INIT;

	if (server_listens(tmux->socket_path)) {
		tmux_argv(tmux, &argv);
		tmux_argv_list(tmux, &argv);
		begin(call, loop, &argv, NULL);
	} else if (tmux->will_start && !tmux->version) {
		call->asks = ASKS_AHEAD;
		begin_version(call, loop);
	} else {
		decide(call, loop, TMUX_NO_SERVER);
	}
	strvec_release(&argv);
	return call;
}

/* A private scratch file with that text; NULL and err when it cannot be. */
static char *
write_temporary(const char *text, size_t len, struct strbuf *err)
{
	const char *dir = getenv("TMPDIR");
	char *path = xasprintf("%s/teamctl-XXXXXX", dir && *dir ? dir : "/tmp");
	int fd = mkstemp(path), code = 0;

	if (fd < 0 || fs_write_all(fd, text, len) < 0)
		code = errno;
	if (fd >= 0 && close(fd) < 0 && !code)
		code = errno;
	if (!code)
		return path;
	strbuf_addf(err, "cannot write '%s': %s", path, strerror(code));
	if (fd >= 0)
		unlink(path);
	free(path);
	return NULL;
}

/*
 * The named one serves best, for it cannot pile up.  But source-file globs,
 * its file system may be full when agents are to be stopped, and another
 * client may be about to read it.
 */
static char *
write_scratch(const struct tmux *tmux, const char *text, size_t len,
    struct strbuf *err)
{
	struct strbuf ignored = STRBUF_INIT;
	const char *path = tmux->script_path;
	bool written = path && tmux->nr_calls == (tmux->ahead ? 1 : 0) &&
	    !strpbrk(path, "*?[{\\") &&
	    fs_write(path, text, len, 0600, 0, &ignored) == 0;

	strbuf_release(&ignored);
	return written ? xstrdup(path) : write_temporary(text, len, err);
}

static int64_t
count_lines(const struct strbuf *text)
{
	int64_t nr = 0;
	size_t i;

	for (i = 0; i < text->len; i++)
		nr += text->buf[i] == '\n';
	return nr;
}

void
tmux_cancel(struct tmux_call *call)
{
	if (call)
		call_free(call);
}

/*
 * Ours without what is withheld, which all that runs in the server would see;
 * NULL when that is nothing.  env holds it.
 */
static char *const *
server_environment(const struct tmux *tmux, struct strvec *env)
{
	static char *const empty[] = { NULL };
	char *name;
	size_t i;

	if (!tmux->withheld || !tmux->withheld->nr)
		return NULL;
	for (i = 0; environ[i]; i++) {
		name = xstrndup(environ[i], strcspn(environ[i], "="));
		if (!strvec_has(tmux->withheld, name))
			strvec_push(env, environ[i]);
		free(name);
	}
	return env->v ? env->v : empty;
}

static void
begin_script(struct tmux_call *call, struct loop *loop, const char *path,
    bool start)
{
	struct strvec argv = STRVEC_INIT, env = STRVEC_INIT;
	char *const *given = NULL;

	tmux_argv(call->tmux, &argv);
	/*
	 * Each pane is a descriptor of the server; at its limit the server
	 * loses sessions (tried with 3.3a), so the one we start gets all there
	 * is.
	 */
	if (start) {
		os_raise_descriptors();
		given = server_environment(call->tmux, &env);
		strvec_push(&argv, "start-server");
		strvec_push(&argv, ";");
	}
	strvec_push(&argv, "source-file");
	strvec_push(&argv, path);
	begin(call, loop, &argv, given);
	strvec_release(&argv);
	strvec_release(&env);
}

/* A client that reads its script; for a start the one that was begun ahead. */
static struct tmux_call *
begin_fed(struct tmux *tmux, struct loop *loop, bool start)
{
	struct tmux_call *call = start ? tmux->ahead : NULL;

	if (call) {
		tmux->ahead = NULL;
		return call;
	}
	call = call_new(tmux, ASKS_LATER, NULL, NULL);
	begin_script(call, loop, "-", start);
	return call;
}

void
tmux_start_ahead(struct tmux *tmux, struct loop *loop)
{
	if (tmux->version >= READS_INPUT && !tmux->ahead)
		tmux->ahead = begin_fed(tmux, loop, true);
}

void
tmux_end_ahead(struct tmux *tmux)
{
	tmux_cancel(tmux->ahead);
	tmux->ahead = NULL;
}

/*
 * It is told the file, in one piece: killed halfway through the script itself
 * we would have half of it run.  Where no file can be written, as on a full
 * disk, that is better than nothing.
 */
static void
feed(struct tmux_call *call, const struct strbuf *script, int64_t more_ms)
{
	struct strbuf line = STRBUF_INIT;

	if (call->script_path) {
		strbuf_addstr(&line, "source-file ");
		tmux_quote(&line, call->script_path);
		strbuf_addch(&line, '\n');
		script = &line;
	}
	child_feed(call->child, script->buf, script->len);
	child_grant_time(call->child, more_ms);
	strbuf_release(&line);
	call->asks = ASKS_SCRIPT;
}

struct tmux_call *
tmux_run_begin(struct tmux *tmux, struct loop *loop,
    const struct strbuf *script, bool start, tmux_fn *fn, void *ctx)
{
	int64_t more_ms = LINE_TIMEOUT_MS * count_lines(script);
	struct strbuf err = STRBUF_INIT;
	struct tmux_call *call;
	char *path;
	bool is_fed;

	/* 3.0 has no `source-file -`, and argv lists end at 16 kB. */
	path = write_scratch(tmux, script->buf, script->len, &err);
	is_fed = path ? start && tmux->ahead : tmux->version >= READS_INPUT;
	call = is_fed ? begin_fed(tmux, loop, start) :
	    call_new(tmux, ASKS_SCRIPT, fn, ctx);
	call->fn = fn;
	call->ctx = ctx;
	call->script_path = path;
	call->timeout_ms += more_ms;
	if (is_fed) {
		feed(call, script, more_ms);
	} else if (path) {
		begin_script(call, loop, path, start);
	} else {
		strbuf_add(&call->answer.err, err.buf, err.len);
		decide(call, loop, TMUX_ERROR);
	}
	strbuf_release(&err);
	return call;
}

/* ---- for who has nothing else to do meanwhile ---- */

struct waiting {
	struct loop *loop;
	struct tmux_answer answer;
	struct tmux_call *call;
	bool has_come;
};

static void
on_answer(void *ctx, struct tmux_answer *answer)
{
	struct waiting *waiting = ctx;

	waiting->answer = *answer;
	waiting->has_come = true;
	memset(&answer->panes, 0, sizeof(answer->panes));
	strbuf_init(&answer->out);
	strbuf_init(&answer->err);
	loop_stop(waiting->loop);
}

static bool
wait_prepare(struct waiting *waiting, struct strbuf *err)
{
	memset(waiting, 0, sizeof(*waiting));
	waiting->loop = loop_new();
	if (!waiting->loop)
		strbuf_addstr(err, "cannot make an event loop");
	return waiting->loop;
}

/* The answer; err has its own, and out and panes, where they are wanted. */
static enum tmux_status
wait_for(struct tmux *tmux, struct waiting *waiting, struct strbuf *out,
    struct tmux_panes *panes, struct strbuf *err)
{
	struct tmux_answer *answer = &waiting->answer;

	if (tmux->meanwhile) {
		tmux->meanwhile(tmux->ctx);
		if (waiting->call->child)
			child_grant_time(waiting->call->child, 0);
	}
	while (!waiting->has_come)
		loop_run(waiting->loop);
	children_forget(waiting->loop);
	loop_free(waiting->loop);
	strbuf_add(err, answer->err.buf, answer->err.len);
	if (out)
		strbuf_add(out, answer->out.buf, answer->out.len);
	if (panes)
		*panes = answer->panes;
	else
		tmux_panes_release(&answer->panes);
	strbuf_release(&answer->out);
	strbuf_release(&answer->err);
	return answer->status;
}

enum tmux_status
tmux_list(struct tmux *tmux, struct tmux_panes *panes, struct strbuf *err)
{
	struct waiting waiting;

	if (!wait_prepare(&waiting, err))
		return TMUX_ERROR;
	waiting.call = tmux_list_begin(tmux, waiting.loop, on_answer,
	    &waiting);
	return wait_for(tmux, &waiting, NULL, panes, err);
}

enum tmux_status
tmux_run(struct tmux *tmux, const struct strbuf *script, bool start,
    struct strbuf *out, struct strbuf *err)
{
	struct waiting waiting;

	if (!wait_prepare(&waiting, err))
		return TMUX_ERROR;
	waiting.call = tmux_run_begin(tmux, waiting.loop, script, start,
	    on_answer, &waiting);
	return wait_for(tmux, &waiting, out, NULL, err);
}

enum tmux_status
tmux_check(struct tmux *tmux, struct strbuf *err)
{
	struct waiting waiting;

	if (tmux->version >= OLDEST)
		return TMUX_OK;
	if (!wait_prepare(&waiting, err))
		return TMUX_ERROR;
	waiting.call = call_new(tmux, ASKS_VERSION, on_answer, &waiting);
	begin_version(waiting.call, waiting.loop);
	return wait_for(tmux, &waiting, NULL, NULL, err);
}
