/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See secret.h.
 */
#include "secret.h"

#include "units.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SECRET = 1 << 16 };

/* Of the place of a secret with a key of its own: "key:NAME KEY". */
#define KEY_PREFIX "key:"

struct secret_value {
	char *value; /* or NULL, and then */
	char *why;
};

/* A variable of the process environment, else of .env. */
static const char *
variable(const struct secrets *secrets, const char *name)
{
	const struct source *source = secrets->source;
	const struct strvec *dotenv = &secrets->team->dotenv;
	const char *value = source->getenv(source->ctx, name);
	size_t len = strlen(name), i;

	if (value)
		return value;
	for (i = dotenv->nr; i-- > 0;)
		if (strncmp(dotenv->v[i], name, len) == 0 &&
		    dotenv->v[i][len] == '=')
			return dotenv->v[i] + len + 1;
	return NULL;
}

static int
from_env(struct secrets *secrets, const char *name, struct strbuf *out,
    struct strbuf *err)
{
	const char *value = variable(secrets, name);

	if (!value || !*value) {
		strbuf_addf(err, "the variable '%s' is %s", name,
		    value ? "empty" : "not set");
		return -1;
	}
	strbuf_addstr(out, value);
	return 0;
}

static int
from_file(struct secrets *secrets, const char *path, struct strbuf *out,
    struct strbuf *err)
{
	const struct source *source = secrets->source;
	const char *home = source->getenv(source->ctx, "HOME");
	char *absolute;
	int rc;

	if (str_starts(path, "~/") && home)
		absolute = xasprintf("%s/%s", home, path + 2);
	else if (*path != '/')
		absolute = xasprintf("%s/%s", source->root, path);
	else
		absolute = xstrdup(path);
	rc = source->read(source->ctx, absolute, MAX_SECRET, out, err);
	free(absolute);
	if (rc == 0 && out->len && out->buf[out->len - 1] == '\n')
		strbuf_setlen(out, out->len - 1);
	return rc;
}

static int
from_command(struct secrets *secrets, const char *command, struct strbuf *out,
    struct strbuf *err)
{
	const struct source *source = secrets->source;

	return source->run(source->ctx, command, out, err);
}

/* "workers/api_token" as WORKERS_API_TOKEN; false: it cannot be one. */
static bool
add_variable(struct strbuf *out, const char *key)
{
	char c;

	for (; *key; key++) {
		c = *key;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		else if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'))
			c = '_';
		strbuf_addch(out, c);
	}
	return units_is_env_name(out->buf);
}

/* Below the folder of secrets; false: not there, or it is not a file's name. */
static bool
find_file(const struct secrets *secrets, const char *key, struct strbuf *out)
{
	const struct source *source = secrets->source;
	const char *folder = variable(secrets, "TEAMCTL_SECRETS");
	size_t len;

	if (folder && *folder == '/')
		strbuf_addstr(out, folder);
	else
		strbuf_addf(out, "%s/%s", source->root,
		    folder && *folder ? folder : "secrets");
	strbuf_addf(out, "/%s", key);
	for (; *key; key += len + (key[len] == '/')) {
		len = strcspn(key, "/");
		if (len == 2 && str_starts(key, ".."))
			return false;
	}
	return source->kind(source->ctx, out->buf) == SOURCE_FILE;
}

/* "NAME KEY": a variable of the one name or the other, or a file. */
static int
from_key(struct secrets *secrets, const char *rest, struct strbuf *out,
    struct strbuf *err)
{
	const char *key = rest + strcspn(rest, " ") + 1;
	char *name = xstrndup(rest, (size_t)(key - rest) - 1);
	struct strbuf other = STRBUF_INIT, file = STRBUF_INIT;
	int rc;

	rc = from_env(secrets, name, out, err);
	if (rc < 0 && add_variable(&other, key)) {
		strbuf_reset(err);
		rc = from_env(secrets, other.buf, out, err);
	}
	if (rc < 0) {
		strbuf_reset(err);
		if (find_file(secrets, key, &file))
			rc = from_file(secrets, file.buf, out, err);
		else
			strbuf_addf(err, "no variable '%s' or '%s', no file "
			    "'%s'", name, other.buf, file.buf);
	}
	free(name);
	strbuf_release(&other);
	strbuf_release(&file);
	return rc;
}

static const struct {
	const char *prefix;
	int (*get)(struct secrets *secrets, const char *rest,
	    struct strbuf *out, struct strbuf *err);
} kinds[] = {
	{ "env:", from_env },
	{ "file:", from_file },
	{ "cmd:", from_command },
	{ KEY_PREFIX, from_key }, /* last: not for users */
};

static int
fetch(struct secrets *secrets, const char *place, struct strbuf *out,
    struct strbuf *err)
{
	size_t i;

	for (i = 0; i < nitems(kinds); i++)
		if (str_starts(place, kinds[i].prefix))
			return kinds[i].get(secrets,
			    place + strlen(kinds[i].prefix), out, err);
	strbuf_addf(err, "'%s' does not begin with env:, file: or cmd:", place);
	return -1;
}

static void
wipe(char *text, size_t len)
{
	volatile char *p = text;

	while (len-- > 0)
		*p++ = '\0';
}

static struct secret_value *
look_up(struct secrets *secrets, const char *place)
{
	struct secret_value *value = xcalloc(1, sizeof(*value));
	struct strbuf out = STRBUF_INIT, why = STRBUF_INIT;

	if (fetch(secrets, place, &out, &why) == 0) {
		if (out.len == 0)
			strbuf_addstr(&why, "it is empty");
		else if (strlen(out.buf) != out.len)
			strbuf_addstr(&why, "it holds a NUL byte");
		else
			value->value = strbuf_detach(&out);
	}
	if (!value->value) {
		value->why = strbuf_detach(&why);
		if (out.alloc)
			wipe(out.buf, out.len);
	}
	strbuf_release(&out);
	strbuf_release(&why);
	return value;
}

const char *
secrets_get(struct secrets *secrets, const char *place, struct strbuf *err)
{
	struct strmap_entry *entry = strmap_entry(&secrets->known, place);
	const struct secret_value *value;

	if (!entry->value)
		entry->value = look_up(secrets, place);
	value = entry->value;
	if (!value->value)
		strbuf_addstr(err, value->why);
	return value->value;
}

static bool
is_place(const char *text)
{
	size_t i;

	for (i = 0; i + 1 < nitems(kinds); i++)
		if (str_starts(text, kinds[i].prefix))
			return true;
	return false;
}

char *
secrets_place(const struct secret *secret)
{
	if (secret->from)
		return xstrdup(secret->from);
	if (secret->key && is_place(secret->key))
		return xstrdup(secret->key);
	if (secret->key && *secret->key)
		return xasprintf(KEY_PREFIX "%s %s", secret->name,
		    secret->key);
	return xasprintf("env:%s", secret->name);
}

const struct secret *
secrets_find(const struct agent *agent, const char *name)
{
	size_t i;

	for (i = 0; i < agent->nr_secret; i++)
		if (strcmp(agent->secrets[i].name, name) == 0)
			return &agent->secrets[i];
	return NULL;
}

char *
secrets_ref_name(const char *ref)
{
	size_t len = strlen(ref);

	if (str_starts(ref, "${") && str_ends(ref, "}"))
		return xstrndup(ref + 2, len - 3);
	return xstrdup(ref);
}

static void
add_names(const char *place, struct strvec *names)
{
	const char *name = place, *key = NULL;
	struct strbuf other = STRBUF_INIT;

	if (str_starts(place, "env:")) {
		strvec_push(names, place + strlen("env:"));
	} else if (str_starts(place, KEY_PREFIX)) {
		name = place + strlen(KEY_PREFIX);
		key = name + strcspn(name, " ") + 1;
		strvec_pushf(names, "%.*s", (int)(key - name) - 1, name);
		if (add_variable(&other, key))
			strvec_push(names, other.buf);
	}
	strbuf_release(&other);
}

/* One that is referred to without being declared is a variable. */
static void
add_undeclared(const struct agent *agent, struct strvec *names)
{
	char *name;
	size_t i;

	for (i = 0; i < agent->nr_env; i++) {
		if (!agent->env[i].secret_ref)
			continue;
		name = secrets_ref_name(agent->env[i].secret_ref);
		if (!secrets_find(agent, name))
			strvec_push(names, name);
		free(name);
	}
}

void
secrets_variables(const struct team *team, struct strvec *names)
{
	const struct agent *agent;
	size_t i, j;
	char *place;

	for (i = 0; i < team->nr_agent; i++) {
		agent = team->agents[i];
		for (j = 0; j < agent->nr_secret; j++) {
			place = secrets_place(&agent->secrets[j]);
			add_names(place, names);
			free(place);
		}
		add_undeclared(agent, names);
	}
}

static void
value_free(void *p)
{
	struct secret_value *value = p;

	if (value->value)
		wipe(value->value, strlen(value->value));
	free(value->value);
	free(value->why);
	free(value);
}

void
secrets_release(struct secrets *secrets)
{
	strmap_release(&secrets->known, value_free);
}
