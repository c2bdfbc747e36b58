/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See tmux.h.
 */
#include "tmux.h"

#include "fs.h"
#include "proc.h"
#include "units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	CLIENT_TIMEOUT_MS = 10 * 1000,
	LINE_TIMEOUT_MS = 50, /* more for each line of a script */
	OLDEST = 300, /* 3.0: pane options, -P -F, =NAME targets */
};

/*
 * q: escapes with backslashes what a shell would see, '|' among it, so that
 * names and paths cannot be taken for separators (tmux 3.0 and later).
 */
#define PANE_FORMAT                                                           \
	"@|#{pane_id}|#{pane_pid}|#{pane_dead}|#{pane_in_mode}|#{session_id}|" \
	"#{session_attached}|#{pid}|#{version}|#{q:@teamctl}|"                 \
	"#{q:session_name}"

enum field {
	F_PANE,
	F_PID,
	F_DEAD,
	F_IN_MODE,
	F_SESSION,
	F_ATTACHED,
	F_SERVER,
	F_VERSION,
	F_MARK,
	F_NAME,
	F_NR,
};

/* Where tmux would put the socket: tmux(1), -L and ENVIRONMENT. */
static char *
find_socket(const char *name)
{
	const char *tmux = getenv("TMUX"), *dir = getenv("TMUX_TMPDIR");

	if (!name && tmux && *tmux && *tmux != ',')
		return xstrndup(tmux, strcspn(tmux, ","));
	if (!dir || !*dir || access(dir, F_OK) < 0)
		dir = "/tmp";
	return xasprintf("%s/tmux-%ld/%s", dir, (long)getuid(),
	    name ? name : "default");
}

void
tmux_init(struct tmux *tmux, const char *socket_name, const char *script_path)
{
	memset(tmux, 0, sizeof(*tmux));
	tmux->socket = xstrdup_null(socket_name);
	tmux->socket_path = find_socket(socket_name);
	tmux->script_path = xstrdup_null(script_path);
}

void
tmux_release(struct tmux *tmux)
{
	free(tmux->socket);
	free(tmux->socket_path);
	free(tmux->script_path);
	memset(tmux, 0, sizeof(*tmux));
}

void
tmux_argv(const struct tmux *tmux, struct strvec *argv)
{
	strvec_push(argv, "tmux");
	strvec_push(argv, "-u");
	if (tmux->socket) {
		strvec_push(argv, "-L");
		strvec_push(argv, tmux->socket);
	}
}

const char *
tmux_status_text(enum tmux_status status)
{
	static const char *const texts[] = {
		[TMUX_OK] = "tmux did what it was asked",
		[TMUX_NO_SERVER] = "no tmux server is running",
		[TMUX_PARTIAL] = "tmux refused a command",
		[TMUX_DIED] = "the tmux server ended while it was asked",
		[TMUX_MISSING] = "tmux is not installed, or not on PATH",
		[TMUX_TOO_OLD] = "tmux is older than 3.0",
		[TMUX_ERROR] = "tmux could not be asked",
	};

	return texts[status];
}

/*
 * False only when certainly nobody listens: then no client is needed to learn
 * that nothing runs.
 */
static bool
server_listens(const struct tmux *tmux)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	bool listens = true;
	int fd;

	if (strlen(tmux->socket_path) >= sizeof(sa.sun_path))
		return true;
	memcpy(sa.sun_path, tmux->socket_path, strlen(tmux->socket_path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return true;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		listens = errno != ENOENT && errno != ECONNREFUSED &&
		    errno != ENOTDIR;
	close(fd);
	return listens;
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

static enum tmux_status
client(struct tmux *tmux, const struct strvec *argv, struct strbuf *out,
    struct strbuf *err)
{
	struct proc_options options = { .max_output = 64 << 20,
		.timeout_ms = (tmux->timeout_ms ? tmux->timeout_ms :
		    CLIENT_TIMEOUT_MS) + tmux->extra_ms,
		.meanwhile = tmux->meanwhile, .ctx = tmux->ctx };
	struct proc_result result;
	enum tmux_status status;

	tmux->clients++;
	proc_run(argv->v, &options, out, err, &result);
	status = classify(&result, err);
	strbuf_rtrim(err);
	if (result.timed_out)
		strbuf_addf(err, "%stmux did not answer within %" PRId64 " s",
		    err->len ? "; " : "", options.timeout_ms / 1000);
	else if (status != TMUX_OK && !err->len)
		strbuf_addstr(err, tmux_status_text(status));
	return status;
}

/* "3.3a" is 303, "next-3.4" is 304, "openbsd-7.3" counts as new. */
static int
parse_version(const char *text)
{
	int major, minor;
	const char *p;

	for (p = text; *p && (*p < '0' || *p > '9'); p++)
		;
	if (sscanf(p, "%d.%d", &major, &minor) != 2)
		return 0;
	return str_starts(text, "openbsd") ? 999 : major * 100 + minor;
}

enum tmux_status
tmux_check(struct tmux *tmux, struct strbuf *err)
{
	struct strvec argv = STRVEC_INIT;
	struct strbuf out = STRBUF_INIT;
	enum tmux_status status;

	if (!tmux->version) {
		strvec_push(&argv, "tmux");
		strvec_push(&argv, "-V");
		status = client(tmux, &argv, &out, err);
		strvec_release(&argv);
		strbuf_rtrim(&out);
		tmux->version = parse_version(out.buf);
		if (status != TMUX_OK) {
			strbuf_release(&out);
			return status;
		}
	}
	if (tmux->version && tmux->version < OLDEST) {
		strbuf_addf(err, "%s is too old: teamctl needs tmux 3.0 or "
		    "newer", out.len ? out.buf : "the running tmux server");
		strbuf_release(&out);
		return TMUX_TOO_OLD;
	}
	strbuf_release(&out);
	return TMUX_OK;
}

void
tmux_quote(struct strbuf *script, const char *text)
{
	strbuf_addch(script, '"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || strchr("_./-:=%@,", c))
			strbuf_addch(script, (char)c);
		else
			strbuf_addf(script, "\\%03o", c);
	}
	strbuf_addch(script, '"');
}

void
tmux_quote_format(struct strbuf *script, const char *text)
{
	struct strbuf doubled = STRBUF_INIT;

	for (; *text; text++) {
		strbuf_addch(&doubled, *text);
		if (*text == '#')
			strbuf_addch(&doubled, '#');
	}
	tmux_quote(script, doubled.buf);
	strbuf_release(&doubled);
}

void
tmux_script_list(struct strbuf *script)
{
	strbuf_addstr(script, "list-panes -a -F ");
	tmux_quote(script, PANE_FORMAT);
	strbuf_addch(script, '\n');
}

/* Cuts "a|b\|c|d" at the bare bars, in place; unescapes each piece. */
static size_t
split_fields(char *line, char **field, size_t max)
{
	char *out = line;
	size_t nr = 0;

	field[nr++] = line;
	for (; *line; line++) {
		if (*line == '\\' && line[1]) {
			*out++ = *++line;
		} else if (*line == '|' && nr < max) {
			*out++ = '\0';
			field[nr++] = out;
		} else {
			*out++ = *line;
		}
	}
	*out = '\0';
	return nr;
}

static int64_t
number(const char *s)
{
	int64_t n;

	return units_parse_int(s, &n) < 0 ? 0 : n;
}

/* "7 p:dev /path of the root" */
static void
parse_mark(struct tmux_pane *pane, char *mark)
{
	char *id = strchr(mark, ' '), *root = id ? strchr(id + 1, ' ') : NULL;

	if (!root) {
		pane->id = xstrdup("");
		pane->root = xstrdup("");
		return;
	}
	*id++ = *root++ = '\0';
	pane->generation = number(mark);
	pane->is_agent = pane->generation > 0;
	pane->id = xstrdup(id);
	pane->root = xstrdup(root);
}

void
tmux_script_mark(struct strbuf *script, const char *target, int64_t gen,
    const char *id, const char *root)
{
	char *mark = xasprintf("%" PRId64 " %s %s", gen, id, root);

	strbuf_addstr(script, " ; set-option -p -t ");
	tmux_quote(script, target);
	strbuf_addstr(script, " @teamctl ");
	tmux_quote(script, mark);
	free(mark);
}

static void
add_pane(struct tmux *tmux, char **field, struct tmux_panes *panes)
{
	struct tmux_pane *pane;

	tmux->server_pid = (pid_t)number(field[F_SERVER]);
	if (!tmux->version)
		tmux->version = parse_version(field[F_VERSION]);
	ARRAY_GROW(panes->p, panes->nr, panes->alloc);
	pane = &panes->p[panes->nr++];
	memset(pane, 0, sizeof(*pane));
	pane->pane = xstrdup(field[F_PANE]);
	pane->session = xstrdup(field[F_SESSION]);
	pane->name = xstrdup(field[F_NAME]);
	pane->pid = (pid_t)number(field[F_PID]);
	pane->dead = str_eq(field[F_DEAD], "1");
	pane->in_mode = number(field[F_IN_MODE]) != 0;
	pane->attached = (int)number(field[F_ATTACHED]);
	parse_mark(pane, field[F_MARK]);
}

void
tmux_parse_panes(struct tmux *tmux, const char *text,
    struct tmux_panes *panes)
{
	char *copy = xstrdup(text), *line, *next, *field[F_NR];

	for (line = copy; *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		else
			next = line + strlen(line);
		if (str_starts(line, "@|") &&
		    split_fields(line + 2, field, F_NR) == F_NR)
			add_pane(tmux, field, panes);
	}
	free(copy);
}

enum tmux_status
tmux_list(struct tmux *tmux, struct tmux_panes *panes, struct strbuf *err)
{
	struct strvec argv = STRVEC_INIT;
	struct strbuf out = STRBUF_INIT;
	enum tmux_status status;

	if (!server_listens(tmux))
		return TMUX_NO_SERVER;
	tmux_argv(tmux, &argv);
	strvec_push(&argv, "list-panes");
	strvec_push(&argv, "-a");
	strvec_push(&argv, "-F");
	strvec_push(&argv, PANE_FORMAT);
	status = client(tmux, &argv, &out, err);
	if (status == TMUX_DIED) /* its last session ended: nothing runs */
		status = TMUX_NO_SERVER;
	if (status == TMUX_PARTIAL)
		status = TMUX_ERROR;
	if (status == TMUX_NO_SERVER)
		strbuf_reset(err);
	if (status == TMUX_OK)
		tmux_parse_panes(tmux, out.buf, panes);
	if (status == TMUX_OK && tmux->version && tmux->version < OLDEST)
		status = tmux_check(tmux, err);
	strvec_release(&argv);
	strbuf_release(&out);
	return status;
}

void
tmux_panes_release(struct tmux_panes *panes)
{
	size_t i;

	for (i = 0; i < panes->nr; i++) {
		free(panes->p[i].pane);
		free(panes->p[i].session);
		free(panes->p[i].name);
		free(panes->p[i].id);
		free(panes->p[i].root);
	}
	free(panes->p);
	memset(panes, 0, sizeof(*panes));
}

const struct tmux_pane *
tmux_panes_find(const struct tmux_panes *panes, const char *root,
    const char *id)
{
	size_t i;

	for (i = 0; i < panes->nr; i++)
		if (panes->p[i].is_agent && str_eq(panes->p[i].id, id) &&
		    str_eq(panes->p[i].root, root))
			return &panes->p[i];
	return NULL;
}

const struct tmux_pane *
tmux_panes_named(const struct tmux_panes *panes, const char *name)
{
	size_t i;

	for (i = 0; i < panes->nr; i++)
		if (str_eq(panes->p[i].name, name))
			return &panes->p[i];
	return NULL;
}

/*
 * Each pane is a descriptor of the server; at its limit the server loses
 * sessions (tried with 3.3a), so the one we start gets all there is.
 */
static void
raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* A private scratch file with that text; NULL and err when it cannot be. */
static char *
write_temporary(const char *text, size_t len, struct strbuf *err)
{
	const char *dir = getenv("TMPDIR");
	char *path = xasprintf("%s/teamctl-XXXXXX", dir && *dir ? dir : "/tmp");
	int fd = mkstemp(path);

	if (fd < 0) {
		strbuf_addf(err, "cannot make '%s': %s", path,
		    strerror(errno));
		free(path);
		return NULL;
	}
	close(fd);
	if (fs_write(path, text, len, 0600, 0, err) == 0)
		return path;
	unlink(path);
	free(path);
	return NULL;
}

/*
 * The named one serves best, for it cannot pile up.  But source-file globs,
 * and its file system may be full when agents are to be stopped.
 */
static char *
write_scratch(const struct tmux *tmux, const char *text, size_t len,
    struct strbuf *err)
{
	struct strbuf ignored = STRBUF_INIT;
	const char *path = tmux->script_path;
	bool written = path && !strpbrk(path, "*?[{\\") &&
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

static enum tmux_status
run_with(struct tmux *tmux, const char *const *words,
    const struct strbuf *script, struct strbuf *out, struct strbuf *err)
{
	struct strvec argv = STRVEC_INIT;
	enum tmux_status status;
	char *path;

	/* 3.0 has no `source-file -`, and argv lists end at 16 kB. */
	path = write_scratch(tmux, script->buf, script->len, err);
	if (!path)
		return TMUX_ERROR;
	tmux_argv(tmux, &argv);
	for (; *words; words++)
		strvec_push(&argv, *words);
	strvec_push(&argv, "source-file");
	strvec_push(&argv, path);
	tmux->extra_ms = LINE_TIMEOUT_MS * count_lines(script);
	status = client(tmux, &argv, out, err);
	tmux->extra_ms = 0;
	unlink(path);
	free(path);
	strvec_release(&argv);
	return status;
}

enum tmux_status
tmux_run(struct tmux *tmux, const struct strbuf *script, bool start,
    struct strbuf *out, struct strbuf *err)
{
	static const char *const starting[] = { "start-server", ";", NULL };
	static const char *const plain[] = { NULL };

	if (start)
		raise_descriptor_limit();
	return run_with(tmux, start ? starting : plain, script, out, err);
}
