/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl notify: what an agent says of itself, from inside, to whoever
 * supervises the team.  Which agent it is, the environment that its shim gave
 * it tells (shim.h).
 *
 * The lines "ready ID GENERATION", "beat ID GENERATION" and "note ID
 * GENERATION TEXT" go to the FIFO that shims write to, each in one write.
 */
#include "cmd.h"
#include "digest.h"
#include "proc.h"
#include "readymark.h"
#include "shim.h"
#include "units.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TEAM_DIGITS = 12, /* of the root's digest, in the marker */
	/* With id and number it is below 512, PIPE_BUF of any system. */
	MAX_NOTE = 256,
};

static struct notify_options {
	bool ready, heartbeat;
	const char *status;
} options;

static const struct opt opts[] = {
	{ 0, "ready", OPT_FLAG, offsetof(struct notify_options, ready), NULL,
	    "this agent is ready" },
	{ 0, "heartbeat", OPT_FLAG, offsetof(struct notify_options, heartbeat),
	    NULL, "this agent is well" },
	{ 0, "status", OPT_STRING, offsetof(struct notify_options, status),
	    "TEXT", "what this agent is doing" },
	{ 0 },
};

/* Who speaks. */
struct speaker {
	char *team, *id;
	int64_t generation;
};

/* "TEAM/PROJECT:AGENT/GENERATION" */
static bool
parse_marker(const char *text, struct speaker *speaker)
{
	const char *id = text ? strchr(text, '/') : NULL;
	const char *end = id ? strchr(id + 1, '/') : NULL;
	char *project, *agent;
	bool is_good;

	if (!end || id - text != TEAM_DIGITS ||
	    units_parse_int(end + 1, &speaker->generation) < 0)
		return false;
	id++;
	speaker->team = xstrndup(text, TEAM_DIGITS);
	speaker->id = xstrndup(id, (size_t)(end - id));
	/* It becomes a part of a file's name. */
	project = xstrndup(speaker->id, strcspn(speaker->id, ":"));
	agent = speaker->id + strlen(project);
	is_good = *agent == ':' && units_is_name(agent + 1) &&
	    units_is_name(project);
	free(project);
	return is_good;
}

/* The root has to be that of the agent's own team. */
static int
check_team(const struct speaker *speaker, const char *root)
{
	char digest[DIGEST_SIZE];

	digest_text(root, strlen(root), digest);
	if (strncmp(digest + strlen("sha256:"), speaker->team,
	    TEAM_DIGITS) == 0)
		return EXIT_DONE;
	cmd_error("%s does not belong to the team in '%s'", speaker->id, root);
	cmd_hint("in an agent, TEAMCTL_ROOT names its team; leave out -C and "
	    "-f");
	return EXIT_REFUSED;
}

/* At most MAX_NOTE bytes of printable text, cut between characters. */
static void
add_note(struct strbuf *line, const char *text)
{
	struct strbuf safe = STRBUF_INIT;

	strbuf_addsafe(&safe, text);
	strbuf_add(line, safe.buf, utf8_cut(safe.buf, safe.len, MAX_NOTE));
	strbuf_release(&safe);
}

/* false when nobody reads it. */
static bool
tell(int fd, const struct speaker *speaker, const char *what,
    const char *text)
{
	struct strbuf line = STRBUF_INIT;
	ssize_t n;

	strbuf_addf(&line, "%s %s %" PRId64, what, speaker->id,
	    speaker->generation);
	if (text) {
		strbuf_addch(&line, ' ');
		add_note(&line, text);
	}
	strbuf_addch(&line, '\n');
	n = proc_write(fd, line.buf, line.len);
	strbuf_release(&line);
	return n > 0;
}

/* Nobody has the FIFO open for reading: ENXIO (fifo(7)); nobody ever had. */
static int
tell_all(const struct speaker *speaker, const char *root)
{
	char *path = xasprintf("%s/state/notify", root);
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	bool was_heard = fd >= 0;

	if (fd < 0 && errno != ENXIO && errno != ENOENT)
		cmd_warn("cannot open '%s': %s", path, strerror(errno));
	if (was_heard && options.ready)
		was_heard = tell(fd, speaker, "ready", NULL);
	if (was_heard && options.heartbeat)
		was_heard = tell(fd, speaker, "beat", NULL);
	if (was_heard && options.status)
		was_heard = tell(fd, speaker, "note", options.status);
	if (fd >= 0)
		close(fd);
	free(path);
	if (was_heard)
		return EXIT_DONE;
	cmd_error("no supervisor listens to %s", speaker->id);
	if (options.ready)
		cmd_hint("that it is ready has been noted for the next one");
	return EXIT_NO_SUPERVISOR;
}

static int
speak(const struct speaker *speaker)
{
	struct strbuf err = STRBUF_INIT;
	struct source source;
	int code = cmd_find_root(&source);

	if (code == EXIT_DONE)
		code = check_team(speaker, source.root);
	if (code == EXIT_DONE && options.ready && readymark_write(source.root,
	    speaker->id, speaker->generation, &err) < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	}
	if (code == EXIT_DONE)
		code = tell_all(speaker, source.root);
	strbuf_release(&err);
	return code;
}

static int
run(int argc, char **argv)
{
	struct speaker speaker = { .team = NULL };
	int code;

	(void)argc;
	(void)argv;
	if (!options.ready && !options.heartbeat && !options.status)
		return cmd_usage(&cmd_notify, "needs --ready, --heartbeat or "
		    "--status");
	if (parse_marker(getenv(SHIM_MARKER), &speaker)) {
		code = speak(&speaker);
	} else {
		cmd_error("this is no agent: there is no good " SHIM_MARKER
		    " in the environment");
		cmd_hint("'teamctl notify' is for agents and what they start");
		code = EXIT_REFUSED;
	}
	free(speaker.team);
	free(speaker.id);
	return code;
}

const struct cmd cmd_notify = {
	.name = "notify",
	.group = GROUP_TALK,
	.summary = "say that this agent is ready, is well, or what it does",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "For use inside an agent: by it, by its hooks, by what it "
	    "starts.\n\nExit status: 7 when nobody supervises the team; "
	    "that the agent is ready is\nremembered even then.\n",
};
