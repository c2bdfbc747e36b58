/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See state.h.
 */
#include "state-part.h"

#include "jfile.h"
#include "lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MAX_BYTES = 256 << 20,
	PEEK_BYTES = 2048,
};

char *
state_path(const char *root, const char *name)
{
	return xasprintf("%s/state/%s", root, name);
}

int
state_load(struct state *state, const char *root, struct strbuf *err)
{
	struct strbuf why = STRBUF_INIT;
	int rc = 0;

	memset(state, 0, sizeof(*state));
	strbuf_init(&state->text);
	state->journal = (struct journal_settings)JOURNAL_SETTINGS_INIT;
	state->root = xstrdup(root);
	state->path = state_path(root, "applied.json");
	if (fs_read(state->path, MAX_BYTES, &state->text, &why) < 0) {
		if (errno != ENOENT) {
			strbuf_addstr(err, why.buf);
			rc = -1;
		}
	} else {
		state->exists = true;
		rc = state_parse(state, err);
	}
	strbuf_release(&why);
	return rc;
}

/* The value behind key, NULL where that is not; -1: not a plain one. */
static int
peek_value(const char *text, const char *key, char **value)
{
	const char *at = strstr(text, key);
	size_t n;

	*value = NULL;
	if (!at)
		return 0;
	at += strlen(key);
	n = strcspn(at, "\"\\");
	if (at[n] != '"')
		return -1;
	*value = xstrndup(at, n);
	return 0;
}

int
state_peek_server(const char *root, char **socket, char **server)
{
	static const char global[] = "\n \"global\": {\n";
	char *path = state_path(root, "applied.json"), text[PEEK_BYTES];
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	char *begin, *end;

	if (fd >= 0)
		close(fd);
	free(path);
	text[n > 0 ? n : 0] = '\0';
	begin = strstr(text, global);
	end = begin ? strstr(begin, "\n }") : NULL;
	if (!end)
		return -1;
	*end = '\0';
	if (peek_value(begin, "\n  \"tmux_socket\": \"", socket) == 0 &&
	    peek_value(begin, "\n  \"tmux_server\": \"", server) == 0)
		return 0;
	free(*socket);
	*socket = *server = NULL;
	return -1;
}

const struct applied *
state_find(const struct state *state, const char *id)
{
	return strmap_get(&state->by_id, id);
}

struct applied *
state_agent(struct state *state, const char *id)
{
	struct strmap_entry *entry = strmap_entry(&state->by_id, id);
	struct applied *applied = entry->value;

	if (!applied) {
		applied = xcalloc(1, sizeof(*applied));
		applied->id = xstrdup(id);
		applied->last_exit = -1;
		state_policy_init(&applied->restart);
		strvec_drop(&state->removed, id);
		ARRAY_GROW(state->agents, state->nr, state->alloc);
		state->agents[state->nr++] = applied;
		entry->value = applied;
	}
	applied->gone = false;
	return applied;
}

static void
drain_copy(struct drain_recipe *to, const struct drain_recipe *from)
{
	strvec_release(&to->keys);
	*to = *from;
	memset(&to->keys, 0, sizeof(to->keys));
	strvec_pushall(&to->keys, &from->keys);
}

static void
replace(char **text, const char *with)
{
	free(*text);
	*text = xstrdup_null(with);
}

void
applied_from_spec(struct applied *applied, const struct spec *spec)
{
	int i;

	if (spec->source)
		applied->is_dynamic = spec->source->is_dynamic;
	replace(&applied->session, spec->session);
	replace(&applied->env_file, spec->env_file);
	replace(&applied->cwd, spec->cwd);
	for (i = 0; i < FP_NR; i++)
		replace(&applied->fp[i], spec->fp[i]);
	drain_copy(&applied->drain, &spec->drain);
	applied->logs = spec->logs;
	strvec_release(&applied->depends_on);
	strvec_pushall(&applied->depends_on, &spec->depends_on);
	state_policy_copy(&applied->restart, &spec->restart);
}

void
applied_remove(struct applied *applied)
{
	int i;

	replace(&applied->session, NULL);
	replace(&applied->env_file, NULL);
	replace(&applied->cwd, NULL);
	for (i = 0; i < FP_NR; i++)
		replace(&applied->fp[i], NULL);
	applied->restarts = 0;
	applied->last_exit = -1;
	applied->last_signal = 0;
	applied->frozen_at_ms = applied->frozen_ms = 0;
	applied->operation = OPERATION_REMOVED;
}

void
state_set_journal(struct state *state, const struct journal_settings *how)
{
	char *key_file = xstrdup_null(how->key_file);

	free(state->journal.key_file);
	state->journal = *how;
	state->journal.key_file = key_file;
}

int
state_try(struct state *state, int64_t now_ms, struct strbuf *err)
{
	struct strbuf ignored = STRBUF_INIT;
	char *path = xasprintf("%s.try", state->path);
	int rc = state_put(state, now_ms, err);

	if (rc == 0)
		rc = jfile_write(path, state->document, 0, err);
	if (rc == 0)
		fs_unlink(path, &ignored);
	strbuf_release(&ignored);
	free(path);
	return rc;
}

int
state_save(struct state *state, int64_t now_ms, struct strbuf *err)
{
	if (state_put(state, now_ms, err) < 0)
		return -1;
	return jfile_write(state->path, state->document, FS_SYNC, err);
}

static void
applied_free(struct applied *applied)
{
	int i;

	free(applied->id);
	free(applied->session);
	free(applied->env_file);
	free(applied->cwd);
	for (i = 0; i < FP_NR; i++)
		free(applied->fp[i]);
	strvec_release(&applied->drain.keys);
	strvec_release(&applied->depends_on);
	state_policy_release(&applied->restart);
	free(applied);
}

void
state_release(struct state *state)
{
	size_t i;

	for (i = 0; i < state->nr; i++)
		applied_free(state->agents[i]);
	free(state->agents);
	strmap_release(&state->by_id, NULL);
	free(state->root);
	free(state->path);
	free(state->tmux_prefix);
	free(state->tmux_socket);
	free(state->tmux_server);
	free(state->journal.key_file);
	strvec_release(&state->files);
	strvec_release(&state->order);
	strvec_release(&state->removed);
	json_decref(state->document);
	strbuf_release(&state->text);
	memset(state, 0, sizeof(*state));
}

bool
state_is_readable(const char *root, struct strbuf *err)
{
	char *path = state_path(root, "");
	bool can = access(path, R_OK | X_OK) == 0 || errno != EACCES;

	if (!can) {
		strbuf_reset(err);
		strbuf_addstr(err, "cannot read '");
		strbuf_addsafe(err, path);
		strbuf_addf(err, "': %s", strerror(EACCES));
	}
	free(path);
	return can;
}

static int
stamp(const char *path, struct strbuf *out)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -1;
	strbuf_addf(out, "%lld %lld.%09ld %llu %s", (long long)st.st_size,
	    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
	    (unsigned long long)st.st_ino, path);
	return 0;
}

void
state_set_files(struct state *state, const struct strvec *paths)
{
	struct strbuf text = STRBUF_INIT;
	size_t i;

	strvec_release(&state->files);
	for (i = 0; i < paths->nr; i++) {
		strbuf_reset(&text);
		if (stamp(paths->v[i], &text) == 0)
			strvec_push(&state->files, text.buf);
	}
	strbuf_release(&text);
}

bool
state_files_current(const struct state *state)
{
	struct strbuf text = STRBUF_INIT;
	bool current = state->files.nr > 0;
	const char *path;
	size_t i;

	for (i = 0; current && i < state->files.nr; i++) {
		path = strchr(state->files.v[i], '/');
		strbuf_reset(&text);
		current = path && stamp(path, &text) == 0 &&
		    str_eq(text.buf, state->files.v[i]);
	}
	strbuf_release(&text);
	return current;
}

int
state_prepare(const char *root, struct strbuf *err)
{
	static const char *const folders[] = {
		"", "envs", "mcp", "launch", "exits", "role_prompts",
		"resume", "dynamic", "logs",
	};
	char *path;
	size_t i;
	int rc = 0;

	for (i = 0; i < nitems(folders) && rc == 0; i++) {
		path = state_path(root, folders[i]);
		rc = fs_private_dir(path, err);
		free(path);
	}
	return rc;
}

int
state_lock(const char *root, const char *verb, int64_t timeout_ms,
    void (*waiting)(void *ctx, const char *holder), void *ctx,
    struct strbuf *err)
{
	char *path = state_path(root, "lock"), *what;
	char holder[LOCKFILE_HOLDER];
	int fd = lockfile_open(path, err), saved = errno;

	if (fd >= 0 && lockfile_take(fd, timeout_ms, waiting, ctx) < 0) {
		saved = errno;
		lockfile_holder(fd, holder);
		if (saved == EAGAIN)
			strbuf_addf(err, "the team is locked by %s",
			    *holder ? holder : "another teamctl");
		else
			strbuf_addf(err, "cannot lock '%s': %s", path,
			    strerror(saved));
		close(fd);
		fd = -1;
	} else if (fd >= 0) {
		what = xasprintf(" (teamctl %s)", verb);
		lockfile_sign(fd, what);
		free(what);
	}
	free(path);
	errno = saved;
	return fd;
}

void
state_holder(const char *root, char holder[LOCKFILE_HOLDER])
{
	char *path = state_path(root, "lock");
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*holder = '\0';
	if (fd >= 0) {
		lockfile_holder(fd, holder);
		close(fd);
	}
	free(path);
}

bool
state_is_locked(const char *root)
{
	char *path = state_path(root, "lock");
	bool is_locked = lockfile_is_taken(path);

	free(path);
	return is_locked;
}

bool
state_is_deserted(const char *root)
{
	char holder[LOCKFILE_HOLDER];

	state_holder(root, holder);
	return *holder && !lockfile_is_there(holder);
}
