/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See compose.h: the canonical JSON of what is registered about an agent and
 * needs no restart when it changes.
 */
#include "loader.h"

#include "jstring.h"
#include "key-json.h"

#include <stdlib.h>
#include <string.h>

/* Keys that reach an agent another way: other fingerprints hold them. */
static const char *const elsewhere[] = {
	"runtime", "model", "role_prompt", "permission_mode", "effort",
	"command", "cwd", "environment", "env_file", "secrets", "mcps",
	"drain", "logs", "resource_limits", "can_dm", "can_broadcast",
	"reports_to", "replicas",
};

static bool
is_elsewhere(const struct key *key)
{
	size_t i;

	for (i = 0; i < nitems(elsewhere); i++)
		if (strcmp(elsewhere[i], key->name) == 0)
			return true;
	return key->flags & KEY_OBSOLETE;
}

static char *
keep_json(struct loader *loader, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS |
	    JSON_REAL_PRECISION(15)), *shared;

	if (!text)
		BUG("JSON of an agent");
	shared = load_share(loader, text);
	free(text);
	json_decref(json);
	return shared;
}

static char *
make_meta(struct loader *loader, const struct agent *agent)
{
	const struct yaml_node *defaults = loader->team->defaults;
	json_t *object = json_object(), *value;
	const struct key *key;

	for (key = agent_keys; key->name; key++) {
		/* First what costs least: most keys are not there. */
		if ((!yaml_get(agent->node, key->name) &&
		    !yaml_get(defaults, key->name)) || is_elsewhere(key))
			continue;
		value = key_json_merged(defaults, agent->node, key->name);
		if (value)
			json_object_set_new(object, key->name, value);
	}
	/* Of which a part may be the team's. */
	if (agent->logs.keep)
		json_object_set_new(object, "logs", json_pack("{s:i, s:I, s:I}",
		    "keep", agent->logs.keep,
		    "max_size", (json_int_t)agent->logs.max_size,
		    "max_age_ms", (json_int_t)agent->logs.max_age_ms));
	if (json_object_size(object) == 0) {
		json_decref(object);
		return load_share(loader, "{}");
	}
	return keep_json(loader, object);
}

/* A set: what stands first in the text does not matter. */
static json_t *
sorted(const struct strvec *list)
{
	json_t *array = json_array();
	struct strvec copy = STRVEC_INIT;
	size_t i;

	strvec_pushall(&copy, list);
	strvec_sort(&copy);
	for (i = 0; i < copy.nr; i++)
		json_array_append_new(array, jstring(copy.v[i]));
	strvec_release(&copy);
	return array;
}

static bool
is_open(const struct channel *channel)
{
	return channel->members.nr == 1 &&
	    strcmp(channel->members.v[0], "*") == 0;
}

/* FNV-1a */
static uint64_t
hash(const char *s)
{
	uint64_t h = 14695981039346656037u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return h;
}

/*
 * A number for the channels that all agents of a project are in; 0: none.
 * Their names in each agent would be the product of both numbers.
 */
static uint64_t
open_channels(const struct project *project)
{
	const struct channel *channel;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < project->nr_channel; i++) {
		channel = &project->channels[i];
		if (is_open(channel)) /* a sum, for order does not matter */
			sum += hash(channel->name);
	}
	return sum;
}

static char *
make_acl(struct loader *loader, const struct agent *agent,
    const struct strvec *channels, uint64_t open)
{
	json_t *object = json_object();

	json_object_set_new(object, "can_broadcast",
	    sorted(&agent->can_broadcast));
	json_object_set_new(object, "can_dm", sorted(&agent->can_dm));
	json_object_set_new(object, "channels", sorted(channels));
	json_object_set_new(object, "open_channels",
	    json_integer((json_int_t)(open >> 1)));
	json_object_set_new(object, "reports_to", jstring(agent->reports_to));
	return keep_json(loader, object);
}

/* Agents have much in common with the one before. */
static bool
is_acl_of(const struct agent *agent, const struct agent *before)
{
	return str_eq(agent->reports_to, before->reports_to) &&
	    strvec_eq(&agent->can_dm, &before->can_dm) &&
	    strvec_eq(&agent->can_broadcast, &before->can_broadcast);
}

/* Enters a channel with those of its members that exist. */
static void
join(const struct channel *channel, const struct strmap *numbers,
    struct strvec *channels)
{
	const struct strvec *members = &channel->members;
	uintptr_t number;
	size_t i;

	for (i = 0; i < members->nr; i++) {
		number = (uintptr_t)strmap_get(numbers, members->v[i]);
		if (number)
			strvec_push(&channels[number - 1], channel->name);
	}
}

void
load_meta(struct loader *loader, struct project *project)
{
	struct strmap numbers = STRMAP_INIT; /* agent to its index + 1 */
	uint64_t open = open_channels(project);
	struct agent *agent, *before;
	struct strvec *channels;
	size_t i;

	channels = xcalloc(project->nr_agent, sizeof(*channels));
	for (i = 0; i < project->nr_agent; i++)
		strmap_set(&numbers, project->agents[i]->name,
		    (void *)(uintptr_t)(i + 1));
	for (i = 0; i < project->nr_channel; i++)
		if (!is_open(&project->channels[i]))
			join(&project->channels[i], &numbers, channels);
	for (i = 0; i < project->nr_agent; i++) {
		agent = project->agents[i];
		before = i ? project->agents[i - 1] : NULL;
		agent->acl = before && is_acl_of(agent, before) &&
		    strvec_eq(&channels[i], &channels[i - 1]) ? before->acl :
		    make_acl(loader, agent, &channels[i], open);
		agent->meta = make_meta(loader, agent);
	}
	for (i = 0; i < project->nr_agent; i++)
		strvec_release(&channels[i]);
	free(channels);
	strmap_release(&numbers, NULL);
}
