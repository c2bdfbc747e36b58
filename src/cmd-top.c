/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl top: the team on a whole terminal.  It looks as `status` does, and
 * what a key asks for is done by this program's own commands.
 */
#include "child.h"
#include "cmd.h"
#include "os.h"
#include "output.h"
#include "toplook.h"
#include "topscreen.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	LOOK_MS = 1000,
	MESSAGE_MS = 6000,
	ACTION_MS = 30 * 60 * 1000,
	ACTION_OUTPUT = 1 << 20,
};

enum asking { ASK_NOTHING, ASK_CONFIRM, ASK_TEXT };

struct act {
	struct ui *ui;
	struct child *child; /* NULL: this place is free */
	char *what;          /* "down p:a" */
};

struct ui {
	struct loop *loop;
	struct top top;
	int argc;
	char **argv;          /* the targets */
	char self[4096];
	char *title;
	struct usage_sampler *sampler;
	struct loop_watch *input, *timer, *resize, *quit[2], *errors;
	int stderr_fd, pipe[2]; /* what a look complains of is a message */
	struct act acts[8];
	enum asking asking;
	const char *verb;     /* of what is asked */
	char *subject;        /* the agent it was asked of */
	struct strbuf text;   /* ASK_TEXT: typed so far */
	struct strbuf footer, message;
	struct mono message_until;
	bool is_leaving;      /* q was pressed while something is done */
};

/* ---- what is shown ---- */

static void
say(struct ui *ui, const char *text)
{
	strbuf_reset(&ui->message);
	strbuf_addstr(&ui->message, text);
	ui->message_until = mono_add_ms(os_now(), MESSAGE_MS);
}

static const char *
footer_of(struct ui *ui)
{
	strbuf_reset(&ui->footer);
	if (ui->asking == ASK_CONFIRM)
		strbuf_addf(&ui->footer, "%s %s? y/n", ui->verb, ui->subject);
	else if (ui->asking == ASK_TEXT)
		strbuf_addf(&ui->footer, "%s %s: %s", ui->verb, ui->subject,
		    ui->text.buf);
	else if (mono_before(os_now(), ui->message_until))
		strbuf_addstr(&ui->footer, ui->message.buf);
	else
		return NULL;
	return ui->footer.buf;
}

static void
paint(struct ui *ui)
{
	struct top_lines lines;
	time_t now = (time_t)(os_wall_ms() / 1000);
	struct tm tm;
	char clock[16] = "";

	if (localtime_r(&now, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	topscreen_size(&ui->top.rows, &ui->top.cols);
	ui->top.clock = clock;
	ui->top.title = ui->title;
	ui->top.footer = footer_of(ui);
	top_format(&ui->top, &lines);
	topscreen_paint(&lines, ui->asking == ASK_TEXT);
	top_lines_release(&lines);
	ui->top.clock = NULL;
}

static void
on_timer(void *ctx)
{
	struct ui *ui = ctx;

	if (!isatty(STDIN_FILENO)) { /* it has gone, and nobody told us */
		loop_stop(ui->loop);
		return;
	}
	top_look(&ui->top, &ui->title, ui->argc, ui->argv, ui->sampler);
	paint(ui);
	loop_timer_at(ui->timer, mono_add_ms(os_now(), LOOK_MS));
}

/* The last line of what a look, or a command of ours, has said. */
static void
say_last_line(struct ui *ui, struct strbuf *text)
{
	const char *line;

	strbuf_rtrim(text);
	line = strrchr(text->buf, '\n');
	line = line ? line + 1 : text->buf;
	if (*line)
		say(ui, str_starts(line, "teamctl: ") ?
		    line + strlen("teamctl: ") : line);
}

static void
on_errors(void *ctx)
{
	struct strbuf text = STRBUF_INIT;
	struct ui *ui = ctx;
	char buf[1024];
	ssize_t n = read(ui->pipe[0], buf, sizeof(buf));

	if (n > 0)
		strbuf_add(&text, buf, (size_t)n);
	say_last_line(ui, &text);
	strbuf_release(&text);
}

/* ---- what is done ---- */

/* This program, asked for the same team. */
static void
add_argv(const struct ui *ui, struct strvec *argv, const char *verb)
{
	strvec_push(argv, ui->self);
	if (globals.root) {
		strvec_push(argv, "-C");
		strvec_push(argv, globals.root);
	}
	if (globals.file) {
		strvec_push(argv, "-f");
		strvec_push(argv, globals.file);
	}
	strvec_push(argv, verb);
}

static bool
is_doing(const struct ui *ui)
{
	size_t i;

	for (i = 0; i < nitems(ui->acts); i++)
		if (ui->acts[i].child)
			return true;
	return false;
}

static void
on_done(void *ctx, const struct proc_result *result, struct strbuf *out,
    struct strbuf *err)
{
	struct act *act = ctx;
	struct ui *ui = act->ui;
	bool failed = !result->spawned || result->exit_code != 0;

	act->child = NULL;
	strbuf_rtrim(err);
	if (failed && !err->len)
		strbuf_addf(err, "%s has failed", act->what);
	else if (!failed && !out->len)
		strbuf_addf(out, "%s: done", act->what);
	say_last_line(ui, failed ? err : out);
	free(act->what);
	act->what = NULL;
	if (ui->is_leaving && !is_doing(ui))
		loop_stop(ui->loop);
	loop_timer_at(ui->timer, os_now());
}

static void
begin(struct ui *ui, const char *verb, const char *id, const char *text)
{
	struct proc_options how = { .timeout_ms = ACTION_MS,
		.max_output = ACTION_OUTPUT };
	struct strvec argv = STRVEC_INIT;
	struct act *act = ui->acts;

	while (act < ui->acts + nitems(ui->acts) && act->child)
		act++;
	if (act == ui->acts + nitems(ui->acts)) {
		say(ui, "too much is being done already");
		return;
	}
	add_argv(ui, &argv, verb);
	if (text)
		strvec_push(&argv, "--");
	strvec_push(&argv, id);
	if (text)
		strvec_push(&argv, text);
	act->ui = ui;
	act->what = xasprintf("%s %s", verb, id);
	act->child = child_begin(ui->loop, argv.v, &how, on_done, act);
	strvec_release(&argv);
	say(ui, act->what);
}

/* A command that has the terminal to itself. */
static void
run_outside(struct ui *ui, char *const *argv)
{
	int status;
	pid_t pid;

	topscreen_end();
	pid = fork();
	if (pid == 0) {
		dup2(ui->stderr_fd, STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	topscreen_again();
	if (pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		say(ui, "it could not be shown");
	loop_timer_at(ui->timer, os_now());
}

static void
attach(struct ui *ui, const char *id)
{
	struct strvec argv = STRVEC_INIT;

	add_argv(ui, &argv, "attach");
	strvec_push(&argv, id);
	run_outside(ui, argv.v);
	strvec_release(&argv);
}

static void
read_logs(struct ui *ui, const char *id)
{
	struct strvec argv = STRVEC_INIT;

	strvec_push(&argv, "sh");
	strvec_push(&argv, "-c");
	strvec_push(&argv, "\"$@\" 2>&1 | ${PAGER:-less -R}");
	strvec_push(&argv, "sh");
	add_argv(ui, &argv, "logs");
	strvec_push(&argv, id);
	run_outside(ui, argv.v);
	strvec_release(&argv);
}

/* ---- keys ---- */

static void
ask(struct ui *ui, enum asking asking, const char *verb, const char *id)
{
	ui->asking = asking;
	ui->verb = verb;
	free(ui->subject);
	ui->subject = xstrdup(id);
	strbuf_reset(&ui->text);
}

static void
quit(struct ui *ui)
{
	if (is_doing(ui) && !ui->is_leaving) {
		ui->is_leaving = true;
		say(ui, "waiting for what is being done; q again breaks it "
		    "off");
		return;
	}
	loop_stop(ui->loop);
}

static void
page(struct ui *ui, long direction)
{
	top_move(&ui->top, direction * (long)(ui->top.rows / 2));
}

/* What letters do with the agent that is selected. */
static void
take_verb(struct ui *ui, char key, const struct top_agent *agent)
{
	bool is_held = str_eq(agent->state, "paused") ||
	    str_eq(agent->state, "frozen");

	switch (key) {
	case 'a':
		if (agent->pane)
			attach(ui, agent->id);
		else
			say(ui, "it has no session");
		break;
	case 'l':
		read_logs(ui, agent->id);
		break;
	case 's':
		ask(ui, ASK_TEXT, "send", agent->id);
		break;
	case 'w':
		ask(ui, ASK_TEXT, "answer", agent->id);
		break;
	case 'd':
		ask(ui, ASK_CONFIRM, "down", agent->id);
		break;
	case 'r':
		ask(ui, ASK_CONFIRM, "restart", agent->id);
		break;
	case 'p':
		begin(ui, is_held ? "resume" : "pause", agent->id, NULL);
		break;
	default:
		break;
	}
}

static void
take_letter(struct ui *ui, char key)
{
	long at = top_selected(&ui->top);

	/* Nobody is to act on a selection that he does not see. */
	if (ui->top.help || key == '?') {
		ui->top.help = !ui->top.help;
		return;
	}
	if (key == 'q') {
		quit(ui);
		return;
	}
	switch (key) {
	case 'v':
		ui->top.no_preview = !ui->top.no_preview;
		break;
	case 'j':
		top_move(&ui->top, 1);
		break;
	case 'k':
		top_move(&ui->top, -1);
		break;
	case 'g':
		top_select(&ui->top, 0);
		break;
	case 'G':
		top_move(&ui->top, (long)ui->top.nr);
		break;
	default:
		if (at >= 0)
			take_verb(ui, key, &ui->top.agents[at]);
		break;
	}
}

static void
take_key(struct ui *ui, const struct top_input *input)
{
	struct top_lines lines;
	long at;

	if (ui->top.help && input->key != TOP_KEY_TEXT &&
	    input->key != TOP_KEY_RESIZE && input->key != TOP_KEY_OTHER) {
		ui->top.help = false;
		return;
	}
	switch (input->key) {
	case TOP_KEY_TEXT:
		take_letter(ui, input->text[1] ? '\0' : input->text[0]);
		break;
	case TOP_KEY_ENTER:
		take_letter(ui, 'a');
		break;
	case TOP_KEY_UP:
	case TOP_KEY_DOWN:
		top_move(&ui->top, input->key == TOP_KEY_UP ? -1 : 1);
		break;
	case TOP_KEY_PAGE_UP:
	case TOP_KEY_PAGE_DOWN:
		page(ui, input->key == TOP_KEY_PAGE_UP ? -1 : 1);
		break;
	case TOP_KEY_HOME:
	case TOP_KEY_END:
		take_letter(ui, input->key == TOP_KEY_HOME ? 'g' : 'G');
		break;
	case TOP_KEY_CLICK:
		ui->top.clock = "";
		top_format(&ui->top, &lines);
		at = input->row < lines.nr ? lines.l[input->row].agent : -1;
		top_lines_release(&lines);
		if (at >= 0)
			top_select(&ui->top, (size_t)at);
		break;
	case TOP_KEY_NONE:
	case TOP_KEY_OTHER:
	case TOP_KEY_ESCAPE:
	case TOP_KEY_ERASE:
	case TOP_KEY_RESIZE:
		break;
	}
}

static void
take_confirmation(struct ui *ui, const struct top_input *input)
{
	ui->asking = ASK_NOTHING;
	if (str_eq(input->text, "y"))
		begin(ui, ui->verb, ui->subject, NULL);
}

static void
take_text(struct ui *ui, const struct top_input *input)
{
	size_t len = ui->text.len;

	if (input->key == TOP_KEY_TEXT) {
		strbuf_addstr(&ui->text, input->text);
	} else if (input->key == TOP_KEY_ERASE && len > 0) {
		do
			len--;
		while (len && (ui->text.buf[len] & 0xc0) == 0x80);
		strbuf_setlen(&ui->text, len);
	} else if (input->key == TOP_KEY_ESCAPE) {
		ui->asking = ASK_NOTHING;
	} else if (input->key == TOP_KEY_ENTER) {
		ui->asking = ASK_NOTHING;
		if (len > 0)
			begin(ui, ui->verb, ui->subject, ui->text.buf);
	}
}

static void
on_input(void *ctx)
{
	struct ui *ui = ctx;
	struct top_input input;

	for (;;) {
		input = topscreen_read();
		if (input.key == TOP_KEY_NONE)
			break;
		if (ui->asking == ASK_CONFIRM)
			take_confirmation(ui, &input);
		else if (ui->asking == ASK_TEXT)
			take_text(ui, &input);
		else
			take_key(ui, &input);
	}
	paint(ui);
}

static void
on_resize(void *ctx)
{
	paint(ctx);
}

static void
on_quit(void *ctx)
{
	struct ui *ui = ctx;

	loop_stop(ui->loop);
}

/* ---- its life ---- */

static int
set_up(struct ui *ui)
{
	ui->loop = loop_new();
	if (!ui->loop || pipe(ui->pipe) < 0 ||
	    (ui->stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) < 0) {
		cmd_error("cannot show the team: %s", strerror(errno));
		return EXIT_FAILED;
	}
	if (os_self_path(ui->self, sizeof(ui->self)) < 0 ||
	    topscreen_begin(output_color(STDOUT_FILENO)) < 0) {
		cmd_error("top is not able to use this terminal, or was built "
		    "without ncursesw");
		cmd_hint("'teamctl status -w' needs neither");
		return EXIT_UNAVAILABLE;
	}
	fcntl(ui->pipe[0], F_SETFL, O_NONBLOCK);
	fcntl(ui->pipe[1], F_SETFL, O_NONBLOCK);
	fcntl(ui->pipe[0], F_SETFD, FD_CLOEXEC);
	fcntl(ui->pipe[1], F_SETFD, FD_CLOEXEC);
	dup2(ui->pipe[1], STDERR_FILENO);
	ui->input = loop_read(ui->loop, STDIN_FILENO, on_input, ui);
	ui->errors = loop_read(ui->loop, ui->pipe[0], on_errors, ui);
	ui->timer = loop_timer(ui->loop, on_timer, ui);
	ui->resize = loop_signal(ui->loop, SIGWINCH, on_resize, ui);
	ui->quit[0] = loop_signal(ui->loop, SIGTERM, on_quit, ui);
	ui->quit[1] = loop_signal(ui->loop, SIGINT, on_quit, ui);
	loop_timer_at(ui->timer, os_now());
	return EXIT_DONE;
}

static void
tear_down(struct ui *ui, bool has_screen)
{
	size_t i;

	if (has_screen) {
		topscreen_end();
		dup2(ui->stderr_fd, STDERR_FILENO);
	}
	for (i = 0; i < nitems(ui->acts); i++) {
		child_cancel(ui->acts[i].child);
		free(ui->acts[i].what);
	}
	loop_watch_free(ui->input);
	loop_watch_free(ui->errors);
	loop_watch_free(ui->timer);
	loop_watch_free(ui->resize);
	loop_watch_free(ui->quit[0]);
	loop_watch_free(ui->quit[1]);
	for (i = 0; i < nitems(ui->pipe); i++)
		if (ui->pipe[i] >= 0)
			close(ui->pipe[i]);
	if (ui->stderr_fd >= 0)
		close(ui->stderr_fd);
	if (ui->loop) {
		children_forget(ui->loop);
		loop_free(ui->loop);
	}
	usage_sampler_free(ui->sampler);
	top_release(&ui->top);
	free(ui->title);
	free(ui->subject);
	strbuf_release(&ui->text);
	strbuf_release(&ui->footer);
	strbuf_release(&ui->message);
}

static int
run(int argc, char **argv)
{
	struct ui ui = { .argc = argc, .argv = argv, .stderr_fd = -1,
		.pipe = { -1, -1 }, .text = STRBUF_INIT,
		.footer = STRBUF_INIT, .message = STRBUF_INIT };
	bool has_screen = false;
	int code;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		cmd_error("top needs a terminal");
		cmd_hint("'teamctl status' prints a table");
		return EXIT_FAILED;
	}
	ui.sampler = usage_sampler_new();
	code = top_look(&ui.top, &ui.title, argc, argv, ui.sampler);
	if (code == EXIT_DONE) {
		code = set_up(&ui);
		has_screen = code == EXIT_DONE;
	}
	if (has_screen)
		loop_run(ui.loop);
	tear_down(&ui, has_screen);
	return code;
}

const struct cmd cmd_top = {
	.name = "top",
	.group = GROUP_LOOK,
	.flags = CMD_TARGETS | CMD_TELLS_ROOT,
	.operands = "[TARGET...]",
	.summary = "the team on a whole terminal, with keys to act on it",
	.run = run,
	.details = "'?' lists the keys.\n",
};
