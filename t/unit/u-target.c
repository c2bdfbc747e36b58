/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf strvec target */
#include "cmd.h"

#include "tap.h"

#include <stdlib.h>

/* What the commands would say goes into a string. */
static struct strbuf said = STRBUF_INIT;

PRINTF_LIKE(2, 0)
static void
say(const char *prefix, const char *fmt, va_list ap)
{
	strbuf_addstr(&said, prefix);
	strbuf_vaddf(&said, fmt, ap);
	strbuf_addch(&said, '\n');
}

void
cmd_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

void
cmd_hint(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("hint: ", fmt, ap);
	va_end(ap);
}

static const char *const team[] = { "web:lead", "web:dev", "web:dev2",
	"api:lead", "api:tester", "docs:docs" };

/* Picks by words, up to two; the ids joined by blanks, or "=CODE". */
static void
check(const char *first, const char *second, const char *want)
{
	char *argv[] = { (char *)(uintptr_t)first,
		(char *)(uintptr_t)second, NULL };
	struct strvec known = STRVEC_INIT;
	struct strbuf got = STRBUF_INIT;
	struct targets targets;
	size_t i;
	int code;

	for (i = 0; i < nitems(team); i++)
		strvec_push(&known, team[i]);
	strbuf_reset(&said);
	code = targets_pick(&targets, &known, !!first + !!second, argv);
	if (code != EXIT_DONE)
		strbuf_addf(&got, "=%d", code);
	for (i = 0; i < targets.ids.nr; i++)
		strbuf_addf(&got, "%s%s", i ? " " : "", targets.ids.v[i]);
	is_str(got.buf, want, first ? first : "(none)");
	targets_release(&targets);
	strbuf_release(&got);
	strvec_release(&known);
}

static void
test_target__none_is_all(void)
{
	check(NULL, NULL, "web:lead web:dev web:dev2 api:lead api:tester "
	    "docs:docs");
}

static void
test_target__names_are_exact(void)
{
	check("web:dev", NULL, "web:dev");
	check("dev", NULL, "web:dev");
	check("tester", NULL, "api:tester");
	check("api", NULL, "api:lead api:tester");
}

static void
test_target__a_project_comes_before_an_agent_of_its_name(void)
{
	check("docs", NULL, "docs:docs");
}

static void
test_target__patterns(void)
{
	check("web:*", NULL, "web:lead web:dev web:dev2");
	check("*:lead", NULL, "web:lead api:lead");
	check("dev*", NULL, "web:dev web:dev2");
	check("dev?", NULL, "web:dev2");
	check("[aw]*", NULL, "web:lead web:dev web:dev2 api:lead api:tester");
	check("*", NULL, "web:lead web:dev web:dev2 api:lead api:tester "
	    "docs:docs");
	check("x*", NULL, "=4");
	is_str(said.buf, "no agent matches 'x*'\n", "said");
}

static void
test_target__order_is_that_of_the_team_and_nothing_twice(void)
{
	check("api:lead", "web", "web:lead web:dev web:dev2 api:lead");
	check("web:dev", "dev", "web:dev");
}

static void
test_target__an_ambiguous_agent_lists_the_candidates(void)
{
	check("lead", NULL, "=4");
	is_str(said.buf, "agent 'lead' is ambiguous: web:lead, api:lead\n",
	    "said");
}

static void
test_target__an_unknown_name_gets_the_nearest(void)
{
	check("web:dve", NULL, "=4");
	is_str(said.buf, "no such agent: web:dve\n"
	    "hint: did you mean 'web:dev'?\n", "said");
	check("testr", NULL, "=4");
	is_str(said.buf, "no such agent: testr\n"
	    "hint: did you mean 'tester'?\n", "said");
	check("", NULL, "=4");
	check(":", NULL, "=4");
}

static void
test_target__one_bad_word_spoils_all_and_each_is_named(void)
{
	check("web:dev", "nobody", "=4");
	check("nobody", "anybody", "=4");
	ok(strstr(said.buf, "nobody") && strstr(said.buf, "anybody"),
	    "both: %s", said.buf);
}

static void
test_target__one_is_one(void)
{
	struct strvec known = STRVEC_INIT;
	int code;

	strvec_push(&known, "web:dev");
	strvec_push(&known, "web:dev2");
	is_str(targets_pick_one(&known, "dev", &code), "web:dev", "dev");
	is_int(code, EXIT_DONE, "code");
	ok(!targets_pick_one(&known, "web", &code), "a project is refused");
	is_int(code, EXIT_USAGE, "code");
	ok(!targets_pick_one(&known, "dav", &code), "an unknown one");
	is_int(code, EXIT_NO_AGENT, "code");
	strvec_release(&known);
}

static void
test_target__an_empty_team(void)
{
	struct strvec known = STRVEC_INIT;
	char *argv[] = { (char *)(uintptr_t)"dev", NULL };
	struct targets targets;

	is_int(targets_pick(&targets, &known, 0, argv), EXIT_DONE, "none");
	is_int((int)targets.ids.nr, 0, "nobody");
	targets_release(&targets);
	is_int(targets_pick(&targets, &known, 1, argv), EXIT_NO_AGENT, "dev");
	targets_release(&targets);
}
