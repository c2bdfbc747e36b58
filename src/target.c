/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Picks agents by the words of the command line; see cmd.h.  A name is tried
 * as a project before it is tried as an agent; a pattern is matched against
 * ids when it has a colon, otherwise against projects and agents.  The name of
 * an agent with replicas, NAME-1 and so on, stands for all of them.
 */
#include "cmd.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* A known id in its two halves. */
struct known {
	const char *id;
	char *project;
	const char *agent;
};

struct names {
	struct known *k;
	size_t nr;
};

static void
names_init(struct names *names, const struct strvec *known)
{
	const char *colon;
	size_t i;

	names->nr = known->nr;
	names->k = xcalloc(known->nr, sizeof(*names->k));
	for (i = 0; i < known->nr; i++) {
		names->k[i].id = known->v[i];
		colon = strchr(known->v[i], ':');
		names->k[i].project = xstrndup(known->v[i],
		    colon ? (size_t)(colon - known->v[i]) : 0);
		names->k[i].agent = colon ? colon + 1 : known->v[i];
	}
}

static void
names_release(struct names *names)
{
	size_t i;

	for (i = 0; i < names->nr; i++)
		free(names->k[i].project);
	free(names->k);
}

static bool
is_id(const struct known *known, const char *word)
{
	return strcmp(known->id, word) == 0;
}

static bool
is_project(const struct known *known, const char *word)
{
	return strcmp(known->project, word) == 0;
}

static bool
is_agent(const struct known *known, const char *word)
{
	return strcmp(known->agent, word) == 0;
}

static bool
matches_id(const struct known *known, const char *word)
{
	return fnmatch(word, known->id, 0) == 0;
}

static bool
matches_name(const struct known *known, const char *word)
{
	return fnmatch(word, known->project, 0) == 0 ||
	    fnmatch(word, known->agent, 0) == 0;
}

/* "web-12" is a slot of "web". */
static bool
is_slot(const char *name, const char *word)
{
	size_t len = strlen(word);

	return strncmp(name, word, len) == 0 && name[len] == '-' &&
	    name[len + 1] && !name[len + 1 + strspn(name + len + 1,
	    "0123456789")];
}

static bool
is_slot_of_id(const struct known *known, const char *word)
{
	return is_slot(known->id, word);
}

static bool
is_slot_of_agent(const struct known *known, const char *word)
{
	return is_slot(known->agent, word);
}

typedef bool rule_fn(const struct known *known, const char *word);

/* Marks all that the rule accepts (picked may be NULL); how many those are. */
static size_t
mark(const struct names *names, const char *word, rule_fn *rule, bool *picked)
{
	size_t i, nr = 0;

	for (i = 0; i < names->nr; i++) {
		if (!rule(&names->k[i], word))
			continue;
		if (picked)
			picked[i] = true;
		nr++;
	}
	return nr;
}

static void
hint_nearest(const struct names *names, const char *word)
{
	const char **candidates = xcalloc(names->nr * 3, sizeof(*candidates));
	const char *nearest;
	size_t i, nr = 0;

	for (i = 0; i < names->nr; i++) {
		if (strchr(word, ':')) {
			candidates[nr++] = names->k[i].id;
			continue;
		}
		candidates[nr++] = names->k[i].agent;
		candidates[nr++] = names->k[i].project;
	}
	nearest = str_nearest(word, candidates, nr);
	if (nearest)
		cmd_hint("did you mean '%s'?", nearest);
	else if (names->nr == 0)
		cmd_hint("there are no agents in this team");
	else
		cmd_hint("'teamctl status' lists all agents");
	free(candidates);
}

static int
refuse_unknown(const struct names *names, const char *word)
{
	cmd_error("no such agent: %s", word);
	hint_nearest(names, word);
	return EXIT_NO_AGENT;
}

/* Agents of the same name in several projects. */
static int
refuse_ambiguous(const struct names *names, const char *word, rule_fn *rule)
{
	struct strbuf list = STRBUF_INIT;
	size_t i;

	for (i = 0; i < names->nr; i++) {
		if (rule(&names->k[i], word))
			strbuf_addf(&list, "%s%s", list.len ? ", " : "",
			    names->k[i].id);
	}
	cmd_error("agent '%s' is ambiguous: %s", word, list.buf);
	strbuf_release(&list);
	return EXIT_NO_AGENT;
}

/* All slots of an agent, which must be those of one project. */
static int
mark_slots(const struct names *names, const char *word, bool *picked)
{
	const char *project = NULL;
	size_t i;

	for (i = 0; i < names->nr; i++) {
		if (!is_slot_of_agent(&names->k[i], word))
			continue;
		if (project && !str_eq(project, names->k[i].project))
			return refuse_ambiguous(names, word,
			    is_slot_of_agent);
		project = names->k[i].project;
	}
	return mark(names, word, is_slot_of_agent, picked) ? EXIT_DONE :
	    refuse_unknown(names, word);
}

static int
mark_word(const struct names *names, const char *word, bool *picked)
{
	bool has_colon = strchr(word, ':') != NULL;

	if (mark(names, word, has_colon ? is_id : is_project, picked) > 0)
		return EXIT_DONE;
	if (strpbrk(word, "*?[")) {
		if (mark(names, word, has_colon ? matches_id : matches_name,
		    picked) > 0)
			return EXIT_DONE;
		cmd_error("no agent matches '%s'", word);
		return EXIT_NO_AGENT;
	}
	if (has_colon)
		return mark(names, word, is_slot_of_id, picked) ? EXIT_DONE :
		    refuse_unknown(names, word);
	switch (mark(names, word, is_agent, NULL)) {
	case 0:
		return mark_slots(names, word, picked);
	case 1:
		mark(names, word, is_agent, picked);
		return EXIT_DONE;
	default:
		return refuse_ambiguous(names, word, is_agent);
	}
}

int
targets_pick(struct targets *targets, const struct strvec *known, int argc,
    char **argv)
{
	struct names names;
	bool *picked = xcalloc(known->nr, sizeof(*picked));
	int i, code, result = EXIT_DONE;
	size_t k;

	memset(targets, 0, sizeof(*targets));
	names_init(&names, known);
	for (i = 0; i < argc; i++) {
		code = mark_word(&names, argv[i], picked);
		if (code != EXIT_DONE)
			result = code;
	}
	for (k = 0; result == EXIT_DONE && k < known->nr; k++) {
		if (argc == 0 || picked[k])
			strvec_push(&targets->ids, known->v[k]);
	}
	names_release(&names);
	free(picked);
	return result;
}

bool
targets_exist(const struct strvec *known, int argc, char **argv)
{
	static rule_fn *const rules[] = {
		is_id, is_project, is_agent, matches_id, matches_name,
		is_slot_of_id, is_slot_of_agent,
	};
	struct names names;
	bool found = true;
	size_t r;
	int i;

	names_init(&names, known);
	for (i = 0; found && i < argc; i++)
		for (r = 0, found = false; !found && r < nitems(rules); r++)
			found = mark(&names, argv[i], rules[r], NULL) > 0;
	names_release(&names);
	return found;
}

const char *
targets_pick_one(const struct strvec *known, const char *word, int *exit_code)
{
	char *argv[] = { (char *)(uintptr_t)word, NULL };
	struct targets targets;
	const char *id = NULL;
	size_t i;

	*exit_code = targets_pick(&targets, known, 1, argv);
	if (targets.ids.nr > 1) {
		cmd_error("'%s' names %zu agents, but one is needed", word,
		    targets.ids.nr);
		cmd_hint("'%s' is one of them", targets.ids.v[0]);
		*exit_code = EXIT_USAGE;
	}
	for (i = 0; targets.ids.nr == 1 && i < known->nr; i++) {
		if (strcmp(known->v[i], targets.ids.v[0]) == 0)
			id = known->v[i];
	}
	targets_release(&targets);
	return id;
}

bool
target_is_named(const char *id, int argc, char **argv)
{
	const char *colon = strchr(id, ':');
	int i;

	for (i = 0; i < argc; i++)
		if (str_eq(argv[i], id) || (colon &&
		    str_eq(argv[i], colon + 1)))
			return true;
	return false;
}

void
targets_release(struct targets *targets)
{
	strvec_release(&targets->ids);
}
