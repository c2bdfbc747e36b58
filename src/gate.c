/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See gate.h.  A supervisor looks for itself at who asks it.
 */
#include "gate.h"

#include "inside.h"
#include "journal.h"
#include "os.h"
#include "permission.h"
#include "refusal.h"
#include "state.h"
#include "supervise.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char asker[256];

const char *
gate_agent(void)
{
	return *asker ? asker : NULL;
}

static void
note(const struct source *source, const struct team *team, const char *id,
    const char *verb, const char *why)
{
	struct strbuf err = STRBUF_INIT;
	struct journal journal;
	char name[128];

	if (state_prepare(source->root, &err) < 0)
		cmd_warn("%s", err.buf);
	strbuf_reset(&err);
	journal_open(&journal, source->root);
	if (team)
		journal_set(&journal, &team->journal);
	os_user_name(name, sizeof(name));
	journal.actor = xstrdup(name);
	journal_add(&journal, EVENT_COMMAND_DENIED, *id ? id : NULL, 0, why,
	    json_pack("{s:s}", "verb", verb));
	journal_flush(&journal, &err);
	if (err.len)
		cmd_warn("%s", err.buf);
	journal_close(&journal);
	strbuf_release(&err);
}

/* By its full name: a shorter one may mean a project or others, too. */
static bool
is_itself(const char *id, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (strcmp(argv[i], id) != 0)
			return false;
	return argc > 0;
}

static int
decide(const struct source *source, const struct asking *asking,
    enum inside inside, const char *id, struct strbuf *why)
{
	struct diags diags = DIAGS_INIT;
	struct team *team = compose_load(source, &diags);
	const struct agent *agent = team ? strmap_get(&team->by_id, id) : NULL;
	int code = EXIT_DONE;

	if (inside == INSIDE_FORGED || !permission_allows(agent ?
	    &agent->permissions : NULL, id, asking, why)) {
		cmd_error("%s", why->buf);
		note(source, team, id, asking->verb, why->buf);
		code = EXIT_REFUSED;
	}
	if (code == EXIT_DONE && strcmp(asking->verb, "restart") == 0 &&
	    !supervise_is_running(source->root)) {
		cmd_error("no supervisor is running, and %s would end this "
		    "command with itself", id);
		code = EXIT_NO_SUPERVISOR;
	}
	compose_free(team);
	diags_release(&diags);
	return code;
}

/* Those of which one word only tells; without a word all of them do. */
static const struct {
	const char *name, *word;
} lookers[] = {
	{ "auto-resume", "status" },
	{ "service", "print" },
};

static bool
is_look(const struct cmd *cmd, int argc, char **argv)
{
	size_t i;

	if (!(cmd->flags & CMD_CHANGES) || refusal_has_flag(cmd, "dry-run"))
		return true;
	for (i = 0; i < nitems(lookers); i++)
		if (strcmp(cmd->name, lookers[i].name) == 0)
			return argc == 0 ||
			    strcmp(argv[0], lookers[i].word) == 0;
	return false;
}

int
gate_check(const struct cmd *cmd, int argc, char **argv)
{
	struct strbuf id = STRBUF_INIT, why = STRBUF_INIT;
	struct asking asking = { .verb = cmd->name };
	struct source source;
	enum inside inside;
	int code;

	if (is_look(cmd, argc, argv))
		return EXIT_DONE;
	code = cmd_find_root(&source);
	if (code != EXIT_DONE)
		return code;
	inside = inside_find(source.root, getpid(), getenv(SHIM_TOKEN), &id,
	    &why);
	if (strcmp(cmd->name, "pause") == 0)
		asking.verb = refusal_has_flag(cmd, "stop") ? "pause --stop" :
		    "pause --freeze";
	asking.now = refusal_has_flag(cmd, "now");
	asking.is_itself = is_itself(id.buf, argc, argv);
	if (inside == INSIDE_AGENT)
		snprintf(asker, sizeof(asker), "%s", id.buf);
	if (inside != INSIDE_NOT)
		code = decide(&source, &asking, inside, id.buf, &why);
	strbuf_release(&id);
	strbuf_release(&why);
	return code;
}
