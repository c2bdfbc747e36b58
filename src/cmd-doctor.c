/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl doctor: what on this machine could keep the team from running, each
 * with the command that mends it.  It changes nothing.
 */
#include "doctor.h"
#include "fs.h"
#include "output.h"
#include "proc.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	OLDEST_TMUX = 300, /* 3.0 */
	CLIENT_TIMEOUT_MS = 10 * 1000,
	SPARE_FILES = 32, /* of a tmux server besides its panes */
};

static struct doctor_options {
	bool json;
} options;

static const struct opt opts[] = {
	{ 0, "json", OPT_FLAG, offsetof(struct doctor_options, json), NULL,
	    "print a JSON document" },
	{ 0 },
};

static const struct {
	const char *name;
	enum style style;
} levels[] = {
	[OK] = { "ok", STYLE_GOOD },
	[WARNING] = { "warning", STYLE_WARN },
	[FAILURE] = { "failure", STYLE_BAD },
};

struct finding *
doctor_add(struct report *report, enum level level, const char *check,
    const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	struct finding *finding;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	ARRAY_GROW(report->f, report->nr, report->alloc);
	finding = &report->f[report->nr++];
	finding->level = level;
	finding->check = check;
	finding->text = strbuf_detach(&text);
	finding->mend = NULL;
	return finding;
}

static void
report_release(struct report *report)
{
	size_t i;

	for (i = 0; i < report->nr; i++) {
		free(report->f[i].text);
		free(report->f[i].mend);
	}
	free(report->f);
}

/* Runs tmux; false when it did not end with 0. */
static bool
ask(char *const *argv, struct strbuf *out, struct proc_result *result)
{
	struct proc_options how = { .timeout_ms = CLIENT_TIMEOUT_MS };
	struct strbuf err = STRBUF_INIT;

	proc_run(argv, &how, out, &err, result);
	strbuf_rtrim(out);
	strbuf_release(&err);
	return result->spawned && result->exit_code == 0;
}

/* "tmux 3.3a", "tmux next-3.6", "tmux master": 303, 306, a large number. */
static int
tmux_version(const char *text)
{
	enum { NEWEST = 99999 };
	const char *p = text + strcspn(text, "0123456789");
	char *end;
	long major, minor = 0;

	if (!isdigit((unsigned char)*p))
		return NEWEST;
	major = strtol(p, &end, 10);
	if (*end == '.')
		minor = strtol(end + 1, NULL, 10);
	return major > 99 || minor > 99 ? NEWEST : (int)(major * 100 + minor);
}

static bool
check_tmux(struct report *report)
{
	char *argv[] = { (char *)(uintptr_t)"tmux", (char *)(uintptr_t)"-V",
		NULL };
	struct strbuf out = STRBUF_INIT;
	struct proc_result result;
	struct finding *finding = NULL;
	bool good = ask(argv, &out, &result);

	if (!good) {
		finding = doctor_add(report, FAILURE, "tmux", "%s",
		    result.spawned ? "'tmux -V' fails" :
		    "not on PATH; agents run in it");
	} else if (tmux_version(out.buf) < OLDEST_TMUX) {
		finding = doctor_add(report, FAILURE, "tmux",
		    "'%s' is older than 3.0", out.buf);
		good = false;
	} else {
		doctor_add(report, OK, "tmux", "%s", out.buf);
	}
	if (finding)
		finding->mend = xstrdup("install the package tmux");
	strbuf_release(&out);
	return good;
}

/* The soft limit of open files of a process, 0: not known (proc(5)). */
static uint64_t
limit_of(pid_t pid)
{
	char *path = xasprintf("/proc/%ld/limits", (long)pid);
	FILE *file = fopen(path, "re");
	char line[256];
	uint64_t soft = 0;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Max open files %" SCNu64, &soft) == 1)
			break;
	}
	if (file)
		fclose(file);
	free(path);
	return soft;
}

enum { SOCKET_PATH = sizeof(((struct sockaddr_un *)NULL)->sun_path) };

static void
judge_server(struct report *report, const struct tmux *tmux, const char *text,
    size_t nr_agent)
{
	const char *value = text + strcspn(text, "\n");
	long pid = strtol(text, NULL, 10);
	uint64_t limit = limit_of((pid_t)pid);
	struct finding *finding;

	if (str_ends(value, "on")) {
		finding = doctor_add(report, FAILURE, "tmux server",
		    "exit-unattached is on: it ends as soon as nobody is "
		    "attached");
		finding->mend = xasprintf("tmux%s%s set -s exit-unattached "
		    "off", tmux->socket ? " -L " : "",
		    tmux->socket ? tmux->socket : "");
	} else if (limit > 0 && limit < nr_agent + SPARE_FILES) {
		finding = doctor_add(report, FAILURE, "tmux server",
		    "it may open %" PRIu64 " files; %zu agents need more",
		    limit, nr_agent);
		finding->mend = xasprintf("prlimit --pid %ld --nofile=%zu",
		    pid, nr_agent + SPARE_FILES);
	} else {
		doctor_add(report, OK, "tmux server",
		    "runs with pid %ld on %s", pid, tmux->socket_path);
	}
}

static void
check_server(struct report *report, const struct tmux *tmux, size_t nr_agent)
{
	static const char *const words[] = { "display-message", "-p",
		"#{pid}", ";", "show-options", "-sv", "exit-unattached" };
	struct strbuf out = STRBUF_INIT;
	struct strvec argv = STRVEC_INIT;
	struct proc_result result = { .timed_out = false };
	size_t i;

	tmux_argv(tmux, &argv);
	for (i = 0; i < nitems(words); i++)
		strvec_push(&argv, words[i]);
	if (strlen(tmux->socket_path) >= SOCKET_PATH)
		doctor_add(report, FAILURE, "tmux server", "its socket '%s' "
		    "has too long a path", tmux->socket_path)
		    ->mend = xstrdup("set TMUX_TMPDIR to a shorter one");
	else if (access(tmux->socket_path, F_OK) == 0 &&
	    ask(argv.v, &out, &result))
		judge_server(report, tmux, out.buf, nr_agent);
	else if (result.timed_out)
		doctor_add(report, FAILURE, "tmux server",
		    "does not answer on %s", tmux->socket_path);
	else
		doctor_add(report, OK, "tmux server", "none runs yet on %s",
		    tmux->socket_path);
	strvec_release(&argv);
	strbuf_release(&out);
}

/* tmux refuses a socket folder that others may enter. */
static void
check_socket_dir(struct report *report, const struct tmux *tmux)
{
	char *dir = xstrdup(tmux->socket_path), *slash = strrchr(dir, '/');
	struct stat st;

	if (slash)
		*slash = '\0';
	if (stat(dir, &st) == 0 && (st.st_mode & 07) != 0)
		doctor_add(report, FAILURE, "tmux socket",
		    "others may enter '%s'", dir)->mend =
		    xasprintf("chmod 700 '%s'", dir);
	free(dir);
}

static void
check_locale(struct report *report)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *value = NULL;
	size_t i;

	for (i = 0; i < nitems(names) && (!value || !*value); i++)
		value = getenv(names[i]);
	if (value && (strstr(value, "UTF-8") || strstr(value, "utf8")))
		doctor_add(report, OK, "locale", "%s", value);
	else
		doctor_add(report, WARNING, "locale",
		    "'%s' is not UTF-8: agents may draw lines as question "
		    "marks", value ? value : "")->mend =
		    xstrdup("export LC_ALL=C.UTF-8");
}

static void
check_limits(struct report *report, size_t nr_agent)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	if (limit.rlim_max != RLIM_INFINITY &&
	    limit.rlim_max < nr_agent + SPARE_FILES)
		doctor_add(report, FAILURE, "open files",
		    "at most %" PRIu64 "; %zu agents need more",
		    (uint64_t)limit.rlim_max, nr_agent)->mend =
		    xasprintf("ulimit -Hn %zu", nr_agent + SPARE_FILES);
	else
		doctor_add(report, OK, "open files", "%" PRIu64 " are allowed",
		    (uint64_t)limit.rlim_max);
}

/* Each agent takes one; others on the machine take some, too. */
static void
check_ptys(struct report *report, size_t nr_agent)
{
	int64_t used, most;

	if (os_ptys(&used, &most) < 0)
		return;
	if (most - used < (int64_t)nr_agent)
		doctor_add(report, FAILURE, "terminals",
		    "%" PRId64 " of %" PRId64 " are taken; %zu agents need "
		    "more", used, most, nr_agent)->mend =
		    xasprintf("sysctl kernel.pty.max=%" PRId64,
		    used + (int64_t)nr_agent + SPARE_FILES);
	else
		doctor_add(report, OK, "terminals", "%" PRId64 " of %" PRId64
		    " are taken", used, most);
}

static void
check_runtime(struct report *report, const struct runtime *runtime)
{
	const char *path = getenv("PATH");
	char *found = fs_which(runtime->binary, path ? path : "");
	struct finding *finding;

	if (runtime->wrapper && access(runtime->wrapper, X_OK) < 0) {
		finding = doctor_add(report, FAILURE, "runtime",
		    "%s: its wrapper '%s' cannot be run", runtime->name,
		    runtime->wrapper);
		finding->mend = xasprintf("chmod +x '%s'", runtime->wrapper);
	} else if (found) {
		doctor_add(report, OK, "runtime", "%s: %s", runtime->name,
		    found);
	} else {
		finding = doctor_add(report, FAILURE, "runtime",
		    "%s: '%s' is not on PATH", runtime->name,
		    runtime->binary);
		if (runtime->package)
			finding->mend = xasprintf("install the %s",
			    runtime->package);
	}
	free(found);
}

/* The runtimes of a team whose programs are run, each once. */
static void
each_runtime(struct report *report, const struct team *team,
    void (*check)(struct report *report, const struct runtime *runtime))
{
	struct strmap seen = STRMAP_INIT;
	const struct runtime *runtime;
	size_t i;

	for (i = 0; i < team->nr_agent; i++) {
		runtime = team->agents[i]->runtime;
		/* With a command the runtime's binary is not what is run. */
		if (!runtime || !runtime->binary ||
		    team->agents[i]->command.nr > 0 ||
		    strmap_set(&seen, runtime->name, report))
			continue;
		check(report, runtime);
	}
	strmap_release(&seen, NULL);
}

static void
check_applied(struct report *report, const char *root)
{
	struct strbuf err = STRBUF_INIT;
	struct state state;

	if (state_load(&state, root, &err) < 0)
		doctor_add(report, FAILURE, "applied state", "%s", err.buf)
		    ->mend = xasprintf("mend it, or mv '%s/state/applied.json' "
		    "away: running agents are found without it", root);
	state_release(&state);
	strbuf_release(&err);
}

static void
check_state(struct report *report, const char *root)
{
	char *path = xasprintf("%s/state", root);
	struct stat st;

	if (stat(path, &st) < 0) {
		if (access(root, W_OK) == 0)
			doctor_add(report, OK, "state folder",
			    "'%s' is not there yet", path);
		else
			doctor_add(report, FAILURE, "state folder",
			    "'%s' is not there, and '%s' cannot be written",
			    path, root)->mend =
			    xasprintf("chmod u+w '%s'", root);
	} else if (!S_ISDIR(st.st_mode)) {
		doctor_add(report, FAILURE, "state folder", "'%s' is no folder",
		    path)->mend = xasprintf("rm '%s'", path);
	} else if (access(path, W_OK | X_OK) < 0 || st.st_uid != geteuid()) {
		doctor_add(report, FAILURE, "state folder",
		    "'%s' is not ours to write", path)->mend =
		    xasprintf("chown -R %ld '%s'", (long)geteuid(), path);
	} else if ((st.st_mode & 077) != 0) {
		doctor_add(report, WARNING, "state folder",
		    "others may look into '%s'", path)->mend =
		    xasprintf("chmod 700 '%s'", path);
	} else {
		doctor_add(report, OK, "state folder", "%s", path);
	}
	free(path);
}

static void
check_compose(struct report *report, struct view *view)
{
	struct diags diags = DIAGS_INIT;
	struct team *team = compose_load(&view->source, &diags);
	struct finding *finding = NULL;

	if (team) {
		validate(team, &view->source, &diags);
		validate_folders(team, &view->source, &diags);
	}
	if (diags.nr_error > 0)
		finding = doctor_add(report, FAILURE, "compose files",
		    "%zu error%s", diags.nr_error,
		    diags.nr_error == 1 ? "" : "s");
	else if (diags.nr_warning > 0)
		finding = doctor_add(report, WARNING, "compose files",
		    "%zu warning%s", diags.nr_warning,
		    diags.nr_warning == 1 ? "" : "s");
	else
		doctor_add(report, OK, "compose files", "%zu agent%s",
		    team->nr_agent, team->nr_agent == 1 ? "" : "s");
	if (finding)
		finding->mend = xstrdup("teamctl validate");
	compose_free(team);
	diags_release(&diags);
}

static void
check_share(struct report *report)
{
	char *path = xasprintf("%s/wrappers", cmd_share());

	if (access(path, R_OK | X_OK) == 0)
		doctor_add(report, OK, "installation", "%s", cmd_share());
	else
		doctor_add(report, FAILURE, "installation",
		    "no wrappers in '%s'", cmd_share())->mend =
		    xstrdup("set TEAMCTL_SHARE, or install teamctl again");
	free(path);
}

static void
print(const struct report *report)
{
	static const char *const headings[] = { "STATE", "CHECK", "FINDING" };
	struct table table;
	const struct finding *f;

	table_init(&table, headings, nitems(headings));
	for (f = report->f; f < report->f + report->nr; f++) {
		table_add_styled(&table, levels[f->level].style,
		    levels[f->level].name);
		table_add(&table, f->check);
		if (f->mend)
			table_addf(&table, "%s — %s", f->text, f->mend);
		else
			table_add(&table, f->text);
	}
	output_table(&table);
	table_release(&table);
}

static void
print_json(const struct report *report)
{
	json_t *document = output_document(), *array = json_array(), *item;
	const struct finding *f;

	for (f = report->f; f < report->f + report->nr; f++) {
		item = json_object();
		json_object_set_new(item, "state",
		    json_string(levels[f->level].name));
		json_object_set_new(item, "check", json_string(f->check));
		json_object_set_new(item, "finding",
		    jstring(f->text));
		json_object_set_new(item, "mend",
		    jstring(f->mend));
		json_array_append_new(array, item);
	}
	json_object_set_new(document, "checks", array);
	output_json(document);
}

static void
check_team(struct report *report, struct view *view, bool has_tmux)
{
	size_t nr = view->ids.nr;

	check_limits(report, nr);
	check_ptys(report, nr);
	check_compose(report, view);
	if (view->team)
		each_runtime(report, view->team, check_runtime);
	doctor_cgroups(report, view->team);
	doctor_service(report, view);
	check_state(report, view->source.root);
	check_applied(report, view->source.root);
	check_socket_dir(report, &view->engine.tmux);
	if (!has_tmux)
		return;
	check_server(report, &view->engine.tmux, nr);
	doctor_running(report, view);
}

static int
run(int argc, char **argv)
{
	struct report report = { .f = NULL };
	struct view view;
	enum level worst = OK;
	bool has_tmux;
	size_t i;

	(void)argc;
	(void)argv;
	has_tmux = check_tmux(&report);
	check_locale(&report);
	check_share(&report);
	if (view_open(&view) == EXIT_DONE)
		check_team(&report, &view, has_tmux);
	else
		doctor_add(&report, WARNING, "team", "none was found")->mend =
		    xstrdup("teamctl init");
	view_close(&view);
	if (options.json)
		print_json(&report);
	else
		print(&report);
	for (i = 0; i < report.nr; i++) {
		if (report.f[i].level > worst)
			worst = report.f[i].level;
	}
	report_release(&report);
	return (int)worst;
}

const struct cmd cmd_doctor = {
	.name = "doctor",
	.group = GROUP_LOOK,
	.summary = "check what this machine needs to run the team",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "Exit status: 0 all is well, 1 there are warnings, 2 "
	    "there are failures.\n",
};
