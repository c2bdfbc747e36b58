/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See tmux.h: what is said to tmux, and what it answers.
 */
#include "tmux.h"

#include "units.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * q: escapes with backslashes what a shell would see, '|' among it, so that
 * names cannot be taken for separators (tmux 3.0 and later).  The last one may
 * have any.
 */
#define PANE_FORMAT(MORE)                                                     \
	"@|#{pane_id}|#{pane_pid}|#{pane_dead}|" MORE "|#{q:session_name}|" \
	"#{@teamctl}"
/* Each variable costs 1 us a pane: who only looks does without these. */
static const char full_format[] =
    PANE_FORMAT("#{pane_in_mode}|#{session_id}");
static const char terse_format[] = PANE_FORMAT("|");
/* Said once, behind the last pane. */
#define LIST_END "@.|"
#define LIST_END_FORMAT LIST_END "#{pid}|#{version}"

enum field {
	F_PANE,
	F_PID,
	F_DEAD,
	F_IN_MODE,
	F_SESSION,
	F_NAME,
	F_MARK,
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
	if (tmux->by_path) {
		strvec_push(argv, "-S");
		strvec_push(argv, tmux->socket_path);
	} else if (tmux->socket) {
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

int
tmux_parse_version(const char *text)
{
	int major, minor;
	const char *p;

	for (p = text; *p && (*p < '0' || *p > '9'); p++)
		;
	/* So wide and no wider: what overflows is no version. */
	if (sscanf(p, "%4d.%2d", &major, &minor) != 2)
		return 0;
	return str_starts(text, "openbsd") ? 999 : major * 100 + minor;
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
tmux_argv_list(const struct tmux *tmux, struct strvec *argv)
{
	const char *const words[] = { "list-panes", "-a", "-F",
		tmux->is_terse ? terse_format : full_format, ";",
		"display-message", "-p", LIST_END_FORMAT };
	size_t i;

	for (i = 0; i < nitems(words); i++)
		strvec_push(argv, words[i]);
}

void
tmux_script_list(struct strbuf *script)
{
	strbuf_addstr(script, "list-panes -a -F ");
	tmux_quote(script, full_format);
	strbuf_addstr(script, " ; display-message -p ");
	tmux_quote(script, LIST_END_FORMAT);
	strbuf_addch(script, '\n');
}

bool
tmux_is_whole_list(const struct strbuf *text)
{
	size_t at = text->len;

	if (at == 0 || text->buf[--at] != '\n')
		return false;
	while (at > 0 && text->buf[at - 1] != '\n')
		at--;
	return str_starts(text->buf + at, LIST_END);
}

/*
 * Cuts "a|b\|c|d" at the bare bars, in place, and unescapes each piece; what
 * comes behind the last cut is left as it is.
 */
static size_t
split_fields(char *line, char **field, size_t max)
{
	char *out = line;
	size_t nr = 0;

	field[nr++] = line;
	for (; *line && nr < max; line++) {
		if (*line == '|') {
			*out++ = '\0';
			field[nr++] = out = line + 1;
			continue;
		}
		if (*line == '\\' && line[1])
			line++;
		*out++ = *line;
	}
	if (nr < max)
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
add_pane(char **field, struct tmux_panes *panes)
{
	struct tmux_pane *pane;

	ARRAY_GROW(panes->p, panes->nr, panes->alloc);
	pane = &panes->p[panes->nr++];
	memset(pane, 0, sizeof(*pane));
	pane->pane = xstrdup(field[F_PANE]);
	pane->session = xstrdup(field[F_SESSION]);
	pane->name = xstrdup(field[F_NAME]);
	pane->pid = (pid_t)number(field[F_PID]);
	pane->dead = str_eq(field[F_DEAD], "1");
	pane->in_mode = number(field[F_IN_MODE]) != 0;
	parse_mark(pane, field[F_MARK]);
}

/* "1234|3.3a", of the server */
static void
parse_end(struct tmux *tmux, char *text)
{
	char *version = strchr(text, '|');

	if (!version)
		return;
	*version++ = '\0';
	tmux->server_pid = (pid_t)number(text);
	if (!tmux->version)
		tmux->version = tmux_parse_version(version);
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
			add_pane(field, panes);
		else if (str_starts(line, LIST_END))
			parse_end(tmux, line + strlen(LIST_END));
	}
	free(copy);
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
