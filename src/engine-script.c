/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What tmux is told, for any number of agents at once: see tmux.h for what a
 * script is.
 */
#include "engine.h"

#include "logstore.h"
#include "os.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the pane runs: nothing secret, only paths and the id. */
static void
script_command(const struct engine *engine, const struct run *run,
    struct strbuf *script)
{
	strbuf_addch(script, ' ');
	tmux_quote(script, engine->self);
	strbuf_addstr(script, " shim ");
	tmux_quote(script, run->id);
	strbuf_addch(script, ' ');
	tmux_quote(script, run->spec->env_file);
	strbuf_addch(script, ' ');
	tmux_quote(script, run->spec->launch_file);
	strbuf_addf(script, " %lld %lld", (long long)run->applied->generation,
	    (long long)engine->oom_kills);
}

static void
script_option(const char *flags, const char *target, const char *name,
    const char *value, struct strbuf *script)
{
	strbuf_addf(script, " ; set-option %s -t ", flags);
	tmux_quote(script, target);
	strbuf_addf(script, " %s ", name);
	tmux_quote(script, value);
}

/* "+|id|%pane|$session|pid" is printed for each that was started. */
static void
script_format(const struct run *run, struct strbuf *script)
{
	char *format = xasprintf("+|%s|#{pane_id}|#{session_id}|#{pane_pid}",
	    run->id);

	tmux_quote(script, format);
	free(format);
}

/* A hook of the user's may have made another window or pane current. */
static char *
first_pane(const char *session)
{
	return xasprintf("=%s:^.{top-left}", session);
}

static void
script_mark(const struct engine *engine, const struct run *run,
    const char *target, struct strbuf *script)
{
	tmux_script_mark(script, target, run->applied->generation, run->id,
	    engine->mark);
}

/*
 * Detached sessions must stay where the user's configuration would end them.
 * That is asked once, since an option costs tmux a look at every session, and
 * in the same script: before its end no session is ended.  (From 3.4 on the
 * option has values that are no flags; then it is always set.)
 */
void
engine_script_keep(const struct strbuf *commands, struct strbuf *script)
{
	strbuf_addstr(script, "if-shell -F \"#{destroy-unattached}\" ");
	tmux_quote(script, commands->buf);
	/* There is no such option for a session. */
	strbuf_addstr(script, "\nif-shell -F \"#{exit-unattached}\" "
	    "\"set-option -s exit-unattached off\"\n");
}

void
engine_add_keep(const char *session, struct strbuf *commands)
{
	char *target = xasprintf("=%s:", session);

	strbuf_addstr(commands, commands->len ? " ; set-option -t " :
	    "set-option -t ");
	tmux_quote(commands, target);
	strbuf_addstr(commands, " destroy-unattached off");
	free(target);
}

/* A word for sh, in a text that tmux takes for a format and for a time. */
static void
add_format_word(struct strbuf *out, const char *text)
{
	strbuf_addch(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			strbuf_addstr(out, "'\\''");
		else if (*text == '%')
			strbuf_addstr(out, "%%");
		else if (*text == '#') /* ##[ would stay as it is */
			strbuf_addstr(out, "##''");
		else
			strbuf_addch(out, *text);
	}
	strbuf_addch(out, '\'');
}

/*
 * What the pane shows goes to a file as well: to a writer that sleeps in a
 * read and ends with the pane (panelog.h).  It comes last in a line, for what
 * fails drops the rest of it.
 */
static void
script_log(const struct engine *engine, const struct run *run,
    const char *target, struct strbuf *script)
{
	const struct log_policy *logs = &run->spec->logs;
	char *folder = logstore_folder(engine->root, run->id);
	struct strbuf command = STRBUF_INIT;

	strbuf_addstr(&command, "exec ");
	add_format_word(&command, engine->self);
	strbuf_addstr(&command, " panelog ");
	add_format_word(&command, folder);
	strbuf_addch(&command, ' ');
	add_format_word(&command, run->id);
	strbuf_addf(&command, " %lld %d %lld %lld",
	    (long long)run->applied->generation, logs->keep,
	    (long long)logs->max_size, (long long)logs->max_age_ms);
	strbuf_addstr(script, " ; pipe-pane -O -t ");
	tmux_quote(script, target);
	strbuf_addch(script, ' ');
	tmux_quote(script, command.buf);
	strbuf_release(&command);
	free(folder);
}

/*
 * One line: what fails drops the rest of it.  remain-on-exit must be set in
 * the same command list, or a fast exit takes the session along (tried: kept
 * 0 of 300 as two clients, 300 of 300 as one).
 */
void
engine_script_new(const struct engine *engine, const struct run *run,
    struct strbuf *script)
{
	char *target = first_pane(run->spec->session);

	strbuf_addstr(script, "new-session -d -P -F ");
	script_format(run, script);
	strbuf_addstr(script, " -x 200 -y 50 -s ");
	tmux_quote_format(script, run->spec->session);
	strbuf_addstr(script, " -c ");
	tmux_quote_format(script, run->spec->cwd);
	script_command(engine, run, script);
	script_option("-p", target, "remain-on-exit", "on", script);
	script_mark(engine, run, target, script);
	if (run->spec->logs.keep)
		script_log(engine, run, target, script);
	strbuf_addch(script, '\n');
	free(target);
}

bool
engine_is_session_of(const char *id, const char *session)
{
	char *name = xstrdup(id), *s;
	bool is_its;

	for (s = name; *s; s++) /* as it is named, behind the prefix */
		*s = *s == ':' ? '-' : *s == '.' ? '_' : *s;
	is_its = str_ends(session, name);
	free(name);
	return is_its;
}

bool
run_has_own_session(const struct run *run)
{
	return run->name && engine_is_session_of(run->id, run->name);
}

/*
 * In the dead pane that is there, so that who is attached stays so.  Its
 * session may have a name of before, of another tmux_prefix: that comes last,
 * for what fails drops the rest of the line.
 */
void
engine_script_respawn(const struct engine *engine, const struct run *run,
    struct strbuf *script)
{
	strbuf_addstr(script, "respawn-pane -k -c ");
	tmux_quote_format(script, run->spec->cwd);
	strbuf_addf(script, " -t %s", run->pane);
	script_command(engine, run, script);
	script_mark(engine, run, run->pane, script);
	strbuf_addf(script, " ; display-message -p -t %s ", run->pane);
	script_format(run, script);
	if (run->spec->logs.keep)
		script_log(engine, run, run->pane, script);
	else if (run->had_logs) /* into the file of a former run */
		strbuf_addf(script, " ; pipe-pane -t %s", run->pane);
	if (run->session && run_has_own_session(run) &&
	    !str_eq(run->name, run->spec->session)) {
		strbuf_addf(script, " ; rename-session -t '%s' ",
		    run->session);
		tmux_quote_format(script, run->spec->session);
	}
	strbuf_addch(script, '\n');
}

/*
 * Another team with the same prefix may have come first, and a person may have
 * stayed in the session of a former one.
 */
static char *
name_of_supervisor(const struct engine *engine, const char *session)
{
	char *name = xstrdup(session);
	int nr;

	for (nr = 1; strmap_has(&engine->foreign, name); nr++) {
		free(name);
		name = nr == 1 ? xasprintf("%s-%.6s", session, engine->team) :
		    xasprintf("%s-%.6s-%d", session, engine->team, nr);
	}
	return name;
}

void
engine_name_supervisor(struct engine *engine, const char *session)
{
	char *name = name_of_supervisor(engine, session);

	if (engine->home.name && !str_eq(engine->home.name, name)) {
		strbuf_addf(&engine->trailer, "rename-session -t '%s' ",
		    engine->home.session);
		tmux_quote_format(&engine->trailer, name);
		strbuf_addch(&engine->trailer, '\n');
	}
	free(name);
}

void
engine_want_supervisor(struct engine *engine, const char *session,
    const char *share)
{
	struct strbuf *script = &engine->trailer, keep = STRBUF_INIT;
	char *name = name_of_supervisor(engine, session);
	char *target = first_pane(name);
	char *variable = xasprintf("TEAMCTL_SHARE=%s", share);

	/* Where the user keeps panes of what has ended, this is in the way. */
	if (engine->home.dead)
		strbuf_addf(script, "kill-pane -t %s\n", engine->home.pane);
	strbuf_addstr(script, "new-session -d -x 200 -y 50 -s ");
	tmux_quote_format(script, name);
	strbuf_addstr(script, " -c ");
	tmux_quote_format(script, engine->root);
	strbuf_addstr(script, " env ");
	tmux_quote(script, variable);
	strbuf_addch(script, ' ');
	tmux_quote(script, engine->self);
	strbuf_addstr(script, " -C ");
	tmux_quote(script, engine->root);
	strbuf_addstr(script, " supervise");
	script_option("-p", target, "remain-on-exit", "off", script);
	tmux_script_mark(script, target, 0, "supervisor", engine->mark);
	strbuf_addch(script, '\n');
	engine_add_keep(name, &keep);
	engine_script_keep(&keep, script);
	strbuf_release(&keep);
	free(name);
	free(target);
	free(variable);
}

void
engine_script_let_go(struct run **runs, size_t nr, struct strbuf *script)
{
	pid_t pid = getpid();
	size_t i;

	for (; pid > 1; pid = os_parent(pid))
		for (i = 0; i < nr; i++)
			if (runs[i]->alive && runs[i]->shim == pid)
				strbuf_addf(script, "set-option -p -t %s "
				    "remain-on-exit off\n", runs[i]->pane);
}

void
engine_flush_trailer(struct engine *engine)
{
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;

	/* The agents are what matters; doctor tells of a missing supervisor. */
	if (engine->trailer.len)
		tmux_run(&engine->tmux, &engine->trailer, true, &out, &err);
	strbuf_reset(&engine->trailer);
	strbuf_release(&out);
	strbuf_release(&err);
}

/* display-message takes %12 for a format of strftime's, so tmux fills it in. */
static void
script_screen(const struct run *run, int lines, const char *options,
    struct strbuf *script)
{
	strbuf_addf(script, "display-message -p -t %s ", run->pane);
	tmux_quote(script, "\001#{pane_id} #{window_activity} "
	    "#{history_size} #{pane_tty}");
	/*
	 * When tmux (3.3a) knows the status of a program that has ended, it
	 * makes room for its own words at the bottom: what stood in the first
	 * line, maybe the only one, is then one above the screen.  Until then
	 * that is a line of a former run.
	 */
	if (!run->alive && lines == 0)
		strbuf_addf(script, " ; if-shell -F -t %s \"#{&&:#{pane_dead},"
		    "#{!=:#{pane_dead_status}#{pane_dead_signal},}}\" "
		    "\"capture-pane %s -S -1 -t %s\" "
		    "\"capture-pane %s -t %s\"\n", run->pane, options,
		    run->pane, options, run->pane);
	else
		strbuf_addf(script, " ; capture-pane %s -S -%d -t %s\n",
		    options, lines, run->pane);
}

void
engine_script_screen(const struct run *run, int lines, struct strbuf *script)
{
	script_screen(run, lines, "-p -J", script);
}

/*
 * "1795195800 12 /dev/pts/3": when it moved, the lines that have left it at the
 * top, and the terminal's name.
 */
static void
read_head(struct run *run, const char *from, const char *to)
{
	char *head = xstrndup(from, (size_t)(to - from));
	char *gone = strchr(head, ' '), *tty = gone ? strchr(gone + 1, ' ') :
	    NULL;
	int64_t seconds;

	if (tty) {
		*gone++ = *tty++ = '\0';
		if (units_parse_int(gone, &run->scrolled) < 0)
			run->scrolled = 0;
	}
	if (units_parse_int(head, &seconds) == 0)
		run->moved_ms = seconds * 1000;
	free(run->tty);
	run->tty = xstrdup_null(tty);
	free(head);
}

char *
engine_take_screen(struct run *run, const char **at)
{
	char *mark = xasprintf("\001%s ", run->pane), *screen = NULL;
	const char *from = strstr(*at, mark), *end;

	if (from) {
		from += strlen(mark);
		end = from + strcspn(from, "\n");
		read_head(run, from, end);
		from = *end ? end + 1 : end;
		*at = from + strcspn(from, "\001");
		screen = xstrndup(from, (size_t)(*at - from));
	}
	free(mark);
	return screen;
}

static void
read_screens(struct engine *engine, struct run **runs, size_t nr,
    const char *options)
{
	struct strbuf script = STRBUF_INIT, out = STRBUF_INIT;
	struct strbuf err = STRBUF_INIT;
	const char *at;
	size_t i;

	for (i = 0; i < nr; i++)
		if (runs[i]->present)
			script_screen(runs[i], 0, options, &script);
	if (script.len)
		tmux_run(&engine->tmux, &script, false, &out, &err);
	at = out.buf;
	for (i = 0; i < nr; i++) {
		free(runs[i]->screen);
		runs[i]->screen = runs[i]->present ?
		    engine_take_screen(runs[i], &at) : NULL;
	}
	strbuf_release(&script);
	strbuf_release(&out);
	strbuf_release(&err);
}

void
engine_screens(struct engine *engine, struct run **runs, size_t nr)
{
	read_screens(engine, runs, nr, "-p -J");
}

void
engine_colored_screens(struct engine *engine, struct run **runs, size_t nr)
{
	read_screens(engine, runs, nr, "-p -J -e");
}
