/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See opt.h.
 */
#include "opt.h"

#include "units.h"

#include <stdlib.h>
#include <string.h>

struct parser {
	const struct opt_set *sets;
	size_t nr;
	int argc, i;
	char **argv;
	struct strbuf *err;
};

/* What was found: an option, its values, and how the user wrote it. */
struct found {
	const struct opt *opt;
	void *values;
	const char *written; /* "--name" or "-n" */
};

static bool
has_value(const struct opt *opt)
{
	return opt->kind != OPT_FLAG;
}

/* By long name, or by letter when name is NULL. */
static const struct opt *
find(const struct parser *parser, const char *name, size_t len, char letter,
    void **values)
{
	const struct opt *opt;
	size_t i;

	for (i = 0; i < parser->nr; i++) {
		*values = parser->sets[i].values;
		for (opt = parser->sets[i].opts; opt && opt->name; opt++) {
			if (!name && letter == opt->letter)
				return opt;
			if (name && strlen(opt->name) == len &&
			    strncmp(opt->name, name, len) == 0)
				return opt;
		}
	}
	return NULL;
}

/* "unknown option '--fil', did you mean '--file'?" */
static int
unknown(const struct parser *parser, const char *name, size_t len)
{
	char *word = xstrndup(name, len);
	const char *nearest = NULL;
	const struct opt *opt;
	const char **names = NULL;
	size_t nr = 0, alloc = 0, i;

	for (i = 0; i < parser->nr; i++) {
		for (opt = parser->sets[i].opts; opt && opt->name; opt++) {
			ARRAY_GROW(names, nr, alloc);
			names[nr++] = opt->name;
		}
	}
	if (nr)
		nearest = str_nearest(word, names, nr);
	strbuf_addstr(parser->err, "unknown option '--");
	strbuf_addsafe(parser->err, word);
	strbuf_addch(parser->err, '\'');
	if (nearest)
		strbuf_addf(parser->err, ", did you mean '--%s'?", nearest);
	free(names);
	free(word);
	return -1;
}

static bool
is_choice(const char *list, const char *value)
{
	size_t len;

	for (; *list; list += len + (list[len] == '|')) {
		len = strcspn(list, "|");
		if (strlen(value) == len && strncmp(list, value, len) == 0)
			return true;
	}
	return false;
}

static int
bad_value(const struct parser *parser, const struct found *found,
    const char *value, const char *wanted)
{
	strbuf_addf(parser->err, "option '%s': '", found->written);
	strbuf_addsafe(parser->err, value);
	strbuf_addf(parser->err, "' is not %s", wanted);
	return -1;
}

static int
store(const struct parser *parser, const struct found *found, char *value)
{
	const struct opt *opt = found->opt;
	void *slot = (char *)found->values + opt->offset;

	switch (opt->kind) {
	case OPT_FLAG:
		*(bool *)slot = true;
		return 0;
	case OPT_STRING:
		*(const char **)slot = value;
		return 0;
	case OPT_LIST:
		strvec_push(slot, value);
		return 0;
	case OPT_MAYBE_DURATION:
		if (!value) {
			*(int64_t *)slot = 0;
			return 0;
		}
		/* fall through */
	case OPT_DURATION:
		if (units_parse_duration(value, slot) == 0)
			return 0;
		return bad_value(parser, found, value,
		    "a duration (such as 500ms, 10s or 5m)");
	case OPT_NUMBER:
		if (units_parse_int(value, slot) == 0 && *(int64_t *)slot >= 0)
			return 0;
		return bad_value(parser, found, value, "a number");
	case OPT_CHOICE:
		if (!is_choice(opt->arg, value))
			return bad_value(parser, found, value, opt->arg);
		*(const char **)slot = value;
		return 0;
	}
	BUG("option kind %d", (int)opt->kind);
}

/* With the value that stands behind the option, or the next word. */
static int
take(struct parser *parser, const struct found *found, char *attached)
{
	if (!has_value(found->opt))
		return store(parser, found, NULL);
	if (attached || found->opt->kind == OPT_MAYBE_DURATION)
		return store(parser, found, attached);
	if (parser->i + 1 >= parser->argc) {
		strbuf_addf(parser->err, "option '%s' needs a value: %s",
		    found->written, found->opt->arg);
		return -1;
	}
	return store(parser, found, parser->argv[++parser->i]);
}

static int
parse_long(struct parser *parser, char *word)
{
	size_t len = strcspn(word, "=");
	char *attached = word[len] ? word + len + 1 : NULL;
	struct found found;
	char *written;
	int rc;

	found.opt = find(parser, word, len, 0, &found.values);
	if (!found.opt)
		return unknown(parser, word, len);
	if (attached && !has_value(found.opt)) {
		strbuf_addf(parser->err, "option '--%s' takes no value",
		    found.opt->name);
		return -1;
	}
	found.written = written = xasprintf("--%s", found.opt->name);
	rc = take(parser, &found, attached);
	free(written);
	return rc;
}

/* A word of letters: flags may share it, a value ends it. */
static int
parse_letters(struct parser *parser, char *word)
{
	char written[] = "-x";
	struct found found = { .written = written };

	for (; *word; word++) {
		written[1] = *word;
		found.opt = find(parser, NULL, 0, *word, &found.values);
		if (!found.opt) {
			strbuf_addstr(parser->err, "unknown option '");
			strbuf_addsafe(parser->err, written);
			strbuf_addch(parser->err, '\'');
			return -1;
		}
		if (has_value(found.opt))
			return take(parser, &found, word[1] ? word + 1 : NULL);
		take(parser, &found, NULL);
	}
	return 0;
}

int
opt_parse(const struct opt_set *sets, size_t nr, int argc, char **argv,
    bool stop_at_operand, struct strvec *operands, struct strbuf *err)
{
	struct parser parser = { .sets = sets, .nr = nr, .argc = argc,
		.argv = argv, .err = err };
	bool options = true;
	char *word;
	int rc = 0;

	for (parser.i = 1; rc == 0 && parser.i < argc; parser.i++) {
		word = argv[parser.i];
		if (!options || word[0] != '-' || word[1] == '\0') {
			strvec_push(operands, word);
			if (stop_at_operand)
				options = false;
		} else if (strcmp(word, "--") == 0) {
			options = false;
		} else if (word[1] == '-') {
			rc = parse_long(&parser, word + 2);
		} else {
			rc = parse_letters(&parser, word + 1);
		}
	}
	return rc;
}

void
opt_usage(const struct opt *opts, struct strbuf *out)
{
	struct strbuf head = STRBUF_INIT;

	for (; opts && opts->name; opts++) {
		strbuf_reset(&head);
		if (opts->letter)
			strbuf_addf(&head, "  -%c, --%s", opts->letter,
			    opts->name);
		else
			strbuf_addf(&head, "      --%s", opts->name);
		if (opts->arg)
			strbuf_addf(&head, "%s%s",
			    opts->arg[0] == '[' ? "" : " ", opts->arg);
		strbuf_addpad(out, head.buf, 28);
		strbuf_addf(out, "  %s\n", opts->help);
	}
	strbuf_release(&head);
}
