/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: jstring util strbuf strvec strmap arena diag units signame yaml */
/* objs: yaml-node told runtime runtime-read runtime-screens pattern bottom */
/* objs: activity activity-json ere */
#include "activity.h"

#include "fake-source.h"
#include "tap.h"

#include <stdlib.h>

/* 2026-11-20 17:30:00 UTC */
#define NOW INT64_C(1795195800000)
#define SECONDS(n) ((int64_t)(n) * 1000)
#define MINUTES(n) SECONDS((n) * 60)

static const char rules_text[] =
    "binary: tool\n"
    "waiting_patterns: ['never tried']\n"
    "rate_limit_patterns:\n"
    "- match: 'rate.?limit'\n"
    "  resets_in_capture: '[^0-9]([0-9]+[[:space:]]*(s|m|h)[a-z]*)'\n"
    "- match: 'all spent'\n"
    "  resets_at_capture: 'until ([0-9]+ *[ap]m)'\n"
    "screens:\n"
    "- { name: prompt, verdict: idle, match: '^>', last: 3, confidence: 90 }\n"
    "- name: menu\n"
    "  verdict: waiting\n"
    "  kind: permission\n"
    "  match: ['^ *[>] [0-9]\\. ', 'May I']\n"
    "  unless: 'nothing to ask'\n"
    "  question: '(May I.*\\?)'\n"
    "  options: '^[> ]*[0-9]\\. (.*)$'\n"
    "  selected: '>'\n"
    "  confidence: 95\n"
    "- { name: turn, verdict: working, match: 'busy', last: 4, fresh: 90s }\n"
    "- { name: stuck, verdict: unknown, match: 'busy', last: 4 }\n"
    "- { name: free, verdict: waiting, kind: question,"
    " match: \"\\\\?\\n---\" }\n"
    "- { name: broke, verdict: error, match: '^ERROR' }\n";

static const char old_text[] =
    "binary: old\n"
    "ready_patterns: '^ready'\n"
    "waiting_patterns: 'y/n'\n"
    "rate_limit_patterns: [{match: 'quota'}]\n";

static const struct fake_pair files[] = {
	{ "/share/runtimes/old.yaml", old_text },
	{ "/share/runtimes/tool.yaml", rules_text },
	{ "/share/wrappers/command", "#!/bin/sh\n" },
	{ NULL, NULL },
};

/* The verdict of a runtime's rules (NULL: of none) in one line; frees nothing
 * but what it makes. */
static char *
say(const char *runtime, const struct activity_sight *sight,
    const struct activity_verdict *before, struct activity_verdict *verdict)
{
	struct diags diags = DIAGS_INIT;
	struct activity_rules *rules;
	struct runtimes *all;
	struct fake_source fake;

	fake_init(&fake, files);
	all = runtimes_load(&fake.source, &diags);
	is_int(diags.nr, 0, "findings");
	rules = activity_rules_new(runtime ? runtimes_find(all, runtime) :
	    NULL);
	activity_decide(rules, sight, before, verdict);
	activity_rules_free(rules);
	runtimes_free(all);
	diags_release(&diags);
	return xasprintf("%s/%s %d%% %s: %s",
	    activity_name(verdict->activity), wait_kind_name(verdict->kind),
	    verdict->confidence, verdict->rule ? verdict->rule : "-",
	    verdict->line ? verdict->line : "-");
}

static void
check(const char *runtime, struct activity_sight sight, const char *want)
{
	struct activity_verdict verdict = ACTIVITY_VERDICT_INIT;
	char *got;

	if (!sight.now_ms)
		sight.now_ms = NOW;
	got = say(runtime, &sight, NULL, &verdict);
	is_str(got, want, sight.screen);
	activity_verdict_release(&verdict);
	free(got);
}

static void
test_activity__rules_in_their_order(void)
{
	static const struct {
		const char *screen, *want;
	} rows[] = {
		{ "hello\n> \n\n\n", "idle/none 90% prompt: >" },
		{ "> one\nbusy 3s\n> \n", "working/none 80% turn: busy 3s" },
		{ "ERROR 5\n> \n", "error/none 80% broke: ERROR 5" },
		{ "ERROR 5\nbusy\n> \n", "working/none 80% turn: busy" },
		{ "busy\n1\n2\n3\n> \n", "idle/none 90% prompt: >" },
		{ "May I do it?\n> 1. Yes\n  2. No\n",
		    "waiting/permission 95% menu: > 1. Yes" },
		{ "May I do it?\n> 1. Yes\nnothing to ask\n",
		    "idle/none 90% prompt: > 1. Yes" },
		{ "Which one?\n---\n> \n", "waiting/question 80% free: "
		    "Which one?" },
		{ "rate limit: again in 30s\n> \n", "idle/none 90% "
		    "prompt: >" },
		{ "rate limit: again in 30s\n1\n2\n3\n4\n5\n6\n7\n8\n",
		    "unknown/none 0% -: -" },
		{ "rate limit: again in 30s\n",
		    "rate_limited/none 70% rate_limit_patterns: "
		    "rate limit: again in 30s" },
		{ "a rate limit\n", "rate_limited/none 50% "
		    "rate_limit_patterns: a rate limit" },
		{ "never tried\n", "unknown/none 0% -: -" },
		{ "", "unknown/none 0% -: -" },
		{ "\n\n  \n", "unknown/none 0% -: -" },
		{ "\xe2\x94\x82 busy \xe2\x94\x82\n",
		    "working/none 80% turn: busy" },
	};
	size_t i;

	for (i = 0; i < nitems(rows); i++)
		check("tool", (struct activity_sight){ .screen =
		    rows[i].screen, .exit_code = -1 }, rows[i].want);
}

static void
test_activity__a_descriptor_of_the_original(void)
{
	static const struct {
		const char *screen, *want;
	} rows[] = {
		{ "ready\n", "idle/none 70% ready_patterns: ready" },
		{ "ready\nquota!\n", "rate_limited/none 70% "
		    "rate_limit_patterns: quota!" },
		{ "quota\nOK (Y/N)\n", "waiting/choice 70% waiting_patterns: "
		    "OK (Y/N)" },
	};
	size_t i;

	for (i = 0; i < nitems(rows); i++)
		check("old", (struct activity_sight){ .screen =
		    rows[i].screen, .exit_code = -1 }, rows[i].want);
}

static void
test_activity__the_dead_do_not_work(void)
{
	struct activity_sight sight = { .screen = "busy 3s\n",
		.is_dead = true, .exit_code = 0 };

	check("tool", sight, "done/none 100% ended: exit 0");
	sight.exit_code = 3;
	check("tool", sight, "error/none 100% ended: exit 3");
	sight.is_asked = true;
	check("tool", sight, "done/none 100% ended: exit 3");
	sight.is_asked = false;
	sight.exit_code = -1;
	check("tool", sight, "unknown/none 0% -: -");
	sight.signal = 9;
	check("tool", sight, "error/none 100% ended: signal 9 (KILL)");
	sight.screen = "rate limit, again in 5m\n";
	check("tool", sight, "rate_limited/none 70% rate_limit_patterns: "
	    "rate limit, again in 5m");
	sight.exit_code = 0;
	sight.signal = 0;
	check("tool", sight, "done/none 100% ended: exit 0");
}

static void
test_activity__what_does_not_move(void)
{
	struct activity_sight sight = { .screen = "busy 3s\n",
		.exit_code = -1, .changed_ms = NOW - SECONDS(90) };

	check("tool", sight, "working/none 80% turn: busy 3s");
	sight.changed_ms--;
	check("tool", sight, "unknown/none 80% stuck: busy 3s");
	sight.screen = "who knows\n";
	check("tool", sight, "idle/none 40% still: -");
	check(NULL, sight, "idle/none 40% still: -");
	sight.changed_ms = NOW - SECONDS(59);
	check(NULL, sight, "unknown/none 0% -: -");
	sight.changed_ms = 0;
	check(NULL, sight, "unknown/none 0% -: -");
}

static void
test_activity__question_and_options(void)
{
	struct activity_verdict verdict = ACTIVITY_VERDICT_INIT;
	struct activity_sight sight = { .now_ms = NOW, .exit_code = -1,
		.screen = "1. not this\nMay I go?\n  1. Yes, and a very\n"
		"     long one\n> 2. No  \n" };
	char *line = say("tool", &sight, NULL, &verdict);

	is_str(verdict.question, "May I go?", "question");
	is_int(verdict.options.nr, 2, "options");
	is_str(verdict.options.v[0], "Yes, and a very", "first");
	is_str(verdict.options.v[1], "No", "second");
	is_int(verdict.default_option, 1, "default");
	activity_verdict_release(&verdict);
	is_int(verdict.default_option, -1, "none");
	free(line);
}

static void
test_activity__limits_end(void)
{
	struct activity_verdict first = ACTIVITY_VERDICT_INIT,
	    then = ACTIVITY_VERDICT_INIT;
	struct activity_sight sight = { .now_ms = NOW, .exit_code = -1,
		.screen = "all spent until 8pm\n",
		.changed_ms = NOW - SECONDS(10) };

	free(say("tool", &sight, NULL, &first));
	is_int(first.until_ms - NOW, MINUTES(150), "8pm");
	is_int(first.since_ms, sight.changed_ms, "since it is shown");
	/* The screen moves, the line stays: so does the time. */
	sight.now_ms += MINUTES(149);
	sight.changed_ms = sight.now_ms;
	free(say("tool", &sight, &first, &then));
	is_int(then.activity, ACTIVITY_RATE_LIMITED, "still");
	is_int(then.until_ms, first.until_ms, "until");
	is_int(then.since_ms, first.since_ms, "since");
	sight.now_ms += MINUTES(1);
	free(say("tool", &sight, &first, &then));
	ok(then.activity != ACTIVITY_RATE_LIMITED, "it is over");
	sight.screen = "rate limit, again in 20s\n";
	sight.changed_ms = sight.now_ms;
	free(say("tool", &sight, &first, &then));
	is_int(then.until_ms - sight.now_ms, SECONDS(20), "in 20 s");
	activity_verdict_release(&first);
	activity_verdict_release(&then);
}

static void
test_activity__since(void)
{
	struct activity_verdict first = ACTIVITY_VERDICT_INIT,
	    then = ACTIVITY_VERDICT_INIT;
	struct activity_sight sight = { .now_ms = NOW, .exit_code = -1,
		.screen = "busy 3s\n", .changed_ms = NOW };

	free(say("tool", &sight, NULL, &first));
	is_int(first.since_ms, 0, "since when a turn goes on is not seen");
	sight.screen = "> \n";
	sight.now_ms += SECONDS(9);
	sight.changed_ms += SECONDS(7);
	free(say("tool", &sight, &first, &then));
	is_int(then.since_ms, NOW + SECONDS(7), "since it moved last");
	sight.screen = "busy 1s\n";
	sight.now_ms += SECONDS(9);
	sight.changed_ms = sight.now_ms;
	free(say("tool", &sight, &then, &first));
	is_int(first.since_ms, sight.now_ms, "since it was seen");
	sight.screen = "busy 8s\n";
	sight.now_ms += SECONDS(9);
	sight.changed_ms = sight.now_ms;
	free(say("tool", &sight, &first, &then));
	is_int(then.since_ms, first.since_ms, "the same turn");
	ok(activity_is_same(&first, &then), "the same");
	activity_verdict_release(&first);
	activity_verdict_release(&then);
}

static void
test_activity__a_classifiers_word(void)
{
	static const struct {
		const char *json, *want;
	} rows[] = {
		{ "{\"activity\": \"idle\", \"confidence\": 61}", "idle 61" },
		{ "{\"activity\": \"waiting\", \"kind\": \"login\","
		    " \"question\": \"q\"}", "waiting 50" },
		{ "{\"activity\": \"error\", \"confidence\": 1e300}",
		    "error 50" },
		{ "{\"activity\": \"error\", \"confidence\": \"x\"}",
		    "error 50" },
		{ "{\"activity\": \"sleeping\"}", "no" },
		{ "{\"activity\": \"unknown\"}", "no" },
		{ "{\"activity\": 3}", "no" },
		{ "[\"activity\"]", "no" },
		{ "I think that it works.", "no" },
		{ "", "no" },
	};
	struct activity_verdict verdict = ACTIVITY_VERDICT_INIT;
	char *got;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		got = activity_parse(rows[i].json, strlen(rows[i].json),
		    &verdict) ? xasprintf("%s %d",
		    activity_name(verdict.activity), verdict.confidence) :
		    xstrdup("no");
		is_str(got, rows[i].want, rows[i].json);
		free(got);
	}
	activity_verdict_release(&verdict);
}
