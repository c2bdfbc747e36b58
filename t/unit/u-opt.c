/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf strvec units opt */
#include "opt.h"

#include "tap.h"

#include <stdlib.h>

struct values {
	bool quiet, all;
	const char *file, *color;
	struct strvec env;
	int64_t timeout, lines;
};

struct more {
	const char *quality;
	bool force;
};

static const struct opt opts[] = {
	{ 'q', "quiet", OPT_FLAG, offsetof(struct values, quiet), NULL,
	    "say less" },
	{ 'a', "all", OPT_FLAG, offsetof(struct values, all), NULL, "all" },
	{ 'f', "file", OPT_STRING, offsetof(struct values, file), "PATH",
	    "read PATH" },
	{ 'e', "env", OPT_LIST, offsetof(struct values, env), "NAME=VALUE",
	    "set a variable" },
	{ 't', "timeout", OPT_DURATION, offsetof(struct values, timeout),
	    "DURATION", "give up after DURATION" },
	{ 'n', "lines", OPT_NUMBER, offsetof(struct values, lines), "N",
	    "show N lines" },
	{ 0, "color", OPT_CHOICE, offsetof(struct values, color),
	    "auto|always|never", "colour the output" },
	{ .name = NULL },
};

static const struct opt more_opts[] = {
	{ 'q', "quality", OPT_STRING, offsetof(struct more, quality), "Q",
	    "shadowed letter" },
	{ 'F', "force", OPT_FLAG, offsetof(struct more, force), NULL, "force" },
	{ .name = NULL },
};

struct outcome {
	struct values values;
	struct more more;
	struct strvec operands;
	struct strbuf err;
	int rc;
};

enum { MAX_WORDS = 12 };

/* Parses words up to a NULL. */
static void
run(struct outcome *o, bool stop, const char *const words[MAX_WORDS])
{
	const struct opt_set sets[] = {
		{ opts, &o->values },
		{ more_opts, &o->more },
	};
	char *argv[MAX_WORDS + 1];
	int argc = 0;

	*o = (struct outcome){ .values.env = STRVEC_INIT,
		.operands = STRVEC_INIT, .err = STRBUF_INIT };
	argv[argc++] = (char *)"prog";
	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	argv[argc] = NULL;
	o->rc = opt_parse(sets, nitems(sets), argc, argv, stop, &o->operands,
	    &o->err);
}

#define RUN(o, stop, ...)                                                     \
	run((o), (stop), (const char *const[MAX_WORDS]){ __VA_ARGS__ })

static void
drop(struct outcome *o)
{
	strvec_release(&o->values.env);
	strvec_release(&o->operands);
	strbuf_release(&o->err);
}

static void
test_opt__all_ways_to_write_one(void)
{
	struct outcome o;

	RUN(&o, false, "-qf", "x", "-e1", "--env=2", "--env", "3", "-t1.5s",
	    "--lines", "7", "--color=never");
	is_int(o.rc, 0, o.err.buf);
	ok(o.values.quiet && !o.values.all, "flags");
	is_str(o.values.file, "x", "value of the last letter of a word");
	is_int((intmax_t)o.values.env.nr, 3, "a list");
	is_str(o.values.env.v[0], "1", "attached to the letter");
	is_str(o.values.env.v[1], "2", "after =");
	is_str(o.values.env.v[2], "3", "next word");
	is_int(o.values.timeout, 1500, "duration");
	is_int(o.values.lines, 7, "number");
	is_str(o.values.color, "never", "choice");
	drop(&o);
}

static void
test_opt__operands_keep_their_order(void)
{
	struct outcome o;

	RUN(&o, false, "one", "-q", "-", "--", "-a", "--");
	is_int(o.rc, 0, o.err.buf);
	is_int((intmax_t)o.operands.nr, 4, "number");
	is_str(o.operands.v[0], "one", "first");
	is_str(o.operands.v[1], "-", "a dash alone");
	is_str(o.operands.v[2], "-a", "after the end of options");
	is_str(o.operands.v[3], "--", "the second --");
	ok(o.values.quiet && !o.values.all, "mixed with options");
	drop(&o);
}

static void
test_opt__stops_at_operand(void)
{
	struct outcome o;

	RUN(&o, true, "-q", "agent", "-a", "--no-such");
	is_int(o.rc, 0, o.err.buf);
	is_int((intmax_t)o.operands.nr, 3, "the rest is not looked at");
	is_str(o.operands.v[1], "-a", "as it was");
	ok(o.values.quiet && !o.values.all, "only what stood before");
	drop(&o);
}

static void
test_opt__first_set_wins_a_letter(void)
{
	struct outcome o;

	RUN(&o, false, "-qF", "--quality", "x");
	is_int(o.rc, 0, o.err.buf);
	ok(o.values.quiet, "-q is the first set's");
	ok(o.more.force, "-F is the second's");
	is_str(o.more.quality, "x", "by its long name");
	drop(&o);
}

static void
test_opt__empty_value_is_a_value(void)
{
	struct outcome o;

	RUN(&o, false, "--file=", "-e", "");
	is_int(o.rc, 0, o.err.buf);
	is_str(o.values.file, "", "after =");
	is_int((intmax_t)o.values.env.nr, 1, "an empty word");
	drop(&o);
}

static void
test_opt__mistakes_are_named(void)
{
	static const struct {
		const char *words[3], *err;
	} rows[] = {
		{ { "--fil" },
		    "unknown option '--fil', did you mean '--file'?" },
		{ { "--zzzzzz=1" }, "unknown option '--zzzzzz'" },
		{ { "--\033[m" }, "unknown option '--\\x1b[m'" },
		{ { "-qz" }, "unknown option '-z'" },
		{ { "--quiet=yes" }, "option '--quiet' takes no value" },
		{ { "-f" }, "option '-f' needs a value: PATH" },
		{ { "--file" }, "option '--file' needs a value: PATH" },
		{ { "-t", "soon" }, "option '-t': 'soon' is not a duration "
		    "(such as 500ms, 10s or 5m)" },
		{ { "--lines=-1" }, "option '--lines': '-1' is not a number" },
		{ { "-nx" }, "option '-n': 'x' is not a number" },
		{ { "--color", "alway" }, "option '--color': 'alway' is not "
		    "auto|always|never" },
		{ { "--color=" }, "option '--color': '' is not "
		    "auto|always|never" },
	};
	struct outcome o;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		RUN(&o, false, rows[i].words[0], rows[i].words[1]);
		is_int(o.rc, -1, rows[i].err);
		is_str(o.err.buf, rows[i].err, rows[i].words[0]);
		drop(&o);
	}
}

static void
test_opt__usage(void)
{
	struct strbuf out = STRBUF_INIT;

	opt_usage(more_opts, &out);
	is_str(out.buf,
	    "  -q, --quality Q             shadowed letter\n"
	    "  -F, --force                 force\n", "short ones line up");
	strbuf_reset(&out);
	opt_usage(NULL, &out);
	is_str(out.buf, "", "no table");
	opt_usage(&opts[6], &out);
	is_str(out.buf, "      --color auto|always|never  colour the output\n",
	    "a long one, without a letter");
	strbuf_release(&out);
}
