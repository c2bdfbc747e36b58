/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See record.h.  One table names the members; the writer and the reader both
 * walk it.  The file itself is read and written elsewhere.
 */
#include "record.h"

#include "jstring.h"
#include "signame.h"
#include "jtree.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum field_kind {
	FIELD_INT,
	FIELD_INT64,
	FIELD_UINT64,
	FIELD_BOOL,
	FIELD_BOOT,  /* char[40] */
	FIELD_TEXT,  /* char *, left out when NULL */
	FIELD_LIST,  /* struct strvec */
};

struct field {
	const char *name;
	enum field_kind kind;
	size_t offset;
};

#define FIELD(name, kind) { #name, kind, offsetof(struct record, name) }

static const struct field fields[] = {
	FIELD(generation, FIELD_INT64),
	FIELD(attempt, FIELD_INT),
	FIELD(shim_pid, FIELD_INT64),
	FIELD(shim_start, FIELD_UINT64),
	FIELD(pid, FIELD_INT64),
	FIELD(start, FIELD_UINT64),
	FIELD(boot, FIELD_BOOT),
	FIELD(started_ms, FIELD_INT64),
	FIELD(ended_ms, FIELD_INT64),
	FIELD(exit_code, FIELD_INT),
	FIELD(signal, FIELD_INT),
	FIELD(core, FIELD_BOOL),
	FIELD(oom, FIELD_BOOL),
	FIELD(asked, FIELD_BOOL),
	FIELD(utime_ms, FIELD_INT64),
	FIELD(stime_ms, FIELD_INT64),
	FIELD(maxrss_kb, FIELD_INT64),
	FIELD(survivors, FIELD_LIST),
	FIELD(error, FIELD_TEXT),
	FIELD(token, FIELD_TEXT),
	FIELD(cgroup, FIELD_TEXT),
	FIELD(fp, FIELD_LIST),
};

/* RECORD_NONE is the absence of a record and has no name in a file. */
static const char *const state_names[] = {
	[RECORD_NONE] = NULL,
	[RECORD_RUNNING] = "running",
	[RECORD_EXITED] = "exited",
	[RECORD_SIGNALED] = "signaled",
	[RECORD_EXEC_FAILED] = "exec_failed",
};

/* NULL when the member is left out. */
static json_t *
field_to_json(const struct field *field, const struct record *record)
{
	const char *at = (const char *)record + field->offset;
	const char *text;

	switch (field->kind) {
	case FIELD_INT:
		return json_integer(*(const int *)at);
	case FIELD_INT64:
		return json_integer(*(const int64_t *)at);
	case FIELD_UINT64:
		return json_integer((json_int_t)*(const uint64_t *)at);
	case FIELD_BOOL:
		return json_boolean(*(const bool *)at);
	case FIELD_BOOT:
		return jstring(at);
	case FIELD_TEXT:
		text = *(char *const *)at;
		return text ? jstring(text) : NULL;
	case FIELD_LIST:
		return jstrings((const struct strvec *)at);
	}
	BUG("field kind %d", (int)field->kind);
}

void
record_format(const struct record *record, uint32_t write, struct strbuf *out)
{
	json_t *root = json_object(), *value;
	char *text;
	size_t i;

	if (record->state == RECORD_NONE)
		BUG("a record of no state");
	json_object_set_new(root, "v", json_integer(1));
	json_object_set_new(root, "write", json_integer(write));
	json_object_set_new(root, "state",
	    json_string(state_names[record->state]));
	for (i = 0; i < nitems(fields); i++) {
		value = field_to_json(&fields[i], record);
		if (value)
			json_object_set_new(root, fields[i].name, value);
	}
	json_object_set_new(root, "written", json_integer(write));
	text = json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(root);
	if (!text)
		BUG("a record that cannot be written as JSON");
	strbuf_addstr(out, text);
	free(text);
	while ((out->len + 1) % RECORD_ROUND)
		strbuf_addch(out, ' ');
	strbuf_addch(out, '\n');
}

static int
read_list(const struct jnode *array, struct strvec *list)
{
	const struct jnode *item;

	if (!j_is(array, J_ARRAY))
		return -1;
	for (item = j_first(array); item; item = item->next) {
		if (!j_text(item))
			return -1;
		strvec_push(list, j_text(item));
	}
	return 0;
}

static int
read_boot(const struct jnode *value, char *boot, size_t size)
{
	const char *s = j_text(value);

	if (!s || strlen(s) >= size)
		return -1;
	memcpy(boot, s, strlen(s) + 1);
	return 0;
}

static int
read_number(const struct jnode *value, enum field_kind kind, void *at)
{
	int64_t n = j_integer(value, 0);

	if (!j_is(value, J_INTEGER))
		return -1;
	if (kind == FIELD_INT) {
		if (n < INT32_MIN || n > INT32_MAX)
			return -1;
		*(int *)at = (int)n;
	} else if (kind == FIELD_INT64) {
		*(int64_t *)at = n;
	} else {
		if (n < 0)
			return -1;
		*(uint64_t *)at = (uint64_t)n;
	}
	return 0;
}

/* -1 when the member is not of its kind. */
static int
read_field(const struct field *field, const struct jnode *value,
    struct record *record)
{
	char *at = (char *)record + field->offset;

	switch (field->kind) {
	case FIELD_INT:
	case FIELD_INT64:
	case FIELD_UINT64:
		return read_number(value, field->kind, at);
	case FIELD_BOOL:
		*(bool *)at = j_is(value, J_TRUE);
		return j_is(value, J_TRUE) || j_is(value, J_FALSE) ? 0 : -1;
	case FIELD_BOOT:
		return read_boot(value, at, sizeof(record->boot));
	case FIELD_TEXT:
		*(char **)at = xstrdup_null(j_text(value));
		return j_text(value) ? 0 : -1;
	case FIELD_LIST:
		return read_list(value, (struct strvec *)at);
	}
	BUG("field kind %d", (int)field->kind);
}

static enum record_state
state_find(const char *name)
{
	size_t i;

	for (i = RECORD_RUNNING; name && i < nitems(state_names); i++)
		if (strcmp(state_names[i], name) == 0)
			return (enum record_state)i;
	return RECORD_NONE;
}

/* Ours are in the order of the table: mostly it is the next one. */
static const struct jnode *
find_field(const struct jnode *root, const struct jnode **next,
    const char *name)
{
	const struct jnode *node = *next;

	if (!node || strcmp(node->key, name) != 0)
		node = j_get(root, name);
	if (node)
		*next = node->next;
	return node;
}

static int
read_members(const struct jnode *root, struct record *record,
    struct strbuf *err)
{
	const struct jnode *value, *next = j_first(root);
	size_t i;

	if (j_integer(j_get(root, "write"), 0) !=
	    j_integer(j_get(root, "written"), 0)) {
		strbuf_addstr(err, "parts of two writes");
		return -1;
	}
	record->state = state_find(j_text(j_get(root, "state")));
	if (record->state == RECORD_NONE) {
		strbuf_addstr(err, "no known 'state' in it");
		return -1;
	}
	for (i = 0; i < nitems(fields); i++) {
		value = find_field(root, &next, fields[i].name);
		if (value && read_field(&fields[i], value, record) != 0) {
			strbuf_addf(err, "a wrong value of '%s'",
			    fields[i].name);
			return -1;
		}
	}
	return 0;
}

int
record_parse(const char *text, size_t len, struct record *record,
    struct strbuf *err)
{
	json_error_t error = { .text = "not as it should be" };
	struct jtree tree;
	int ret;

	memset(record, 0, sizeof(*record));
	if (jtree_parse(&tree, text, len) < 0) {
		json_decref(json_loadb(text, len, JSON_REJECT_DUPLICATES,
		    &error));
		strbuf_addf(err, "line %d: %s", error.line, error.text);
		return -1;
	}
	ret = read_members(tree.root, record, err);
	jtree_release(&tree);
	if (ret != 0)
		record_release(record);
	return ret;
}

void
record_release(struct record *record)
{
	strvec_release(&record->survivors);
	strvec_release(&record->fp);
	free(record->error);
	free(record->token);
	free(record->cgroup);
	memset(record, 0, sizeof(*record));
}

static void
describe_signal(const struct record *record, struct strbuf *out)
{
	const char *name = signame(record->signal);

	strbuf_addf(out, "signal %d", record->signal);
	if (*name != '?')
		strbuf_addf(out, " (%s)", name);
	if (record->core)
		strbuf_addstr(out, ", core dumped");
	if (record->oom)
		strbuf_addstr(out, ", out of memory");
}

void
record_describe(const struct record *record, struct strbuf *out)
{
	switch (record->state) {
	case RECORD_NONE:
		strbuf_addstr(out, "no record");
		break;
	case RECORD_RUNNING:
		strbuf_addstr(out, "running");
		break;
	case RECORD_EXITED:
		strbuf_addf(out, "exit %d", record->exit_code);
		break;
	case RECORD_SIGNALED:
		describe_signal(record, out);
		break;
	case RECORD_EXEC_FAILED:
		strbuf_addstr(out, "not started: ");
		strbuf_addsafe(out,
		    record->error ? record->error : "no reason recorded");
		break;
	}
}
