/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: jstring util strbuf strvec strmap arena diag units signame yaml */
/* objs: yaml-node told runtime runtime-read runtime-screens pattern bottom */
/* objs: activity activity-json digest decision ere */
#include "decision.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>

static const char screen[] = "Bash command\n  rm -rf build\n"
    "Do you want to proceed?\n> 1. Yes\n  2. No\n";

static void
fill(struct activity_verdict *verdict)
{
	*verdict = (struct activity_verdict)ACTIVITY_VERDICT_INIT;
	verdict->activity = ACTIVITY_WAITING;
	verdict->kind = WAIT_PERMISSION;
	verdict->question = xstrdup("Do you want to proceed?");
	strvec_push(&verdict->options, "Yes");
	strvec_push(&verdict->options, "No");
	strvec_push(&verdict->options, "No, never");
	verdict->default_option = 0;
}

static void
test_decision__the_same_question_has_the_same_name(void)
{
	struct activity_verdict verdict;
	char a[DECISION_ID], b[DECISION_ID];

	fill(&verdict);
	decision_id(&verdict, screen, 1, a);
	decision_id(&verdict, "Bash command\n rm -rf\n build\n"
	    "Do you want to proceed?\n  1. Yes\n> 2. No\n", 1, b);
	is_str(b, a, "wherever lines are broken, whatever is selected");
	decision_id(&verdict, "Bash command\n  rm -rf src\n"
	    "Do you want to proceed?\n> 1. Yes\n", 1, b);
	ok(strcmp(a, b) != 0, "what it is about counts");
	decision_id(&verdict, screen, 2, b);
	ok(strcmp(a, b) != 0, "so does the run");
	activity_verdict_release(&verdict);
}

/* The lines of the context, joined by '/'. */
static void
context_is(const char *shown, const char *want, const char *name)
{
	struct activity_verdict verdict;
	struct strvec lines = STRVEC_INIT;
	struct strbuf got = STRBUF_INIT;
	size_t i;

	fill(&verdict);
	decision_context(&verdict, shown, &lines);
	for (i = 0; i < lines.nr; i++)
		strbuf_addf(&got, "%s%s", i ? "/" : "", lines.v[i]);
	is_str(got.buf, want, name);
	strbuf_release(&got);
	strvec_release(&lines);
	activity_verdict_release(&verdict);
}

static void
test_decision__what_a_question_is_about(void)
{
	static const char answers[] = " > 1. Yes\n 2. No\n 3. No, never\n";
	struct strbuf all = STRBUF_INIT;

	strbuf_addf(&all, "Bash command\n  rm -rf build\nYes?\n%s", answers);
	context_is(all.buf, "Bash command/rm -rf build/Yes?",
	    "what is above the first answer");
	strbuf_release(&all);
	context_is("I say Yes\n\n\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\n"
	    "\xe2\x94\x82 rm x \xe2\x94\x82\n> 1. Yes\n2. No\n3. No, never\n",
	    "rm x",
	    "a rule begins it, frames are no part of it");
	context_is("0\n1\n2\n3\n4\n5\n6\n7\n8\n9\na\nb\nc\n Yes No No, never\n",
	    "1/2/3/4/5/6/7/8/9/a/b/c", "not too much");
	context_is("nothing\n", "", "no answers");
	context_is(NULL, "", "no screen");
}

static void
test_decision__an_answer_by_number_or_text(void)
{
	struct activity_verdict verdict;

	fill(&verdict);
	is_int(decision_option(&verdict, "2"), 1, "a number");
	is_int(decision_option(&verdict, "4"), -1, "a number too high");
	is_int(decision_option(&verdict, "0"), -1, "nought");
	is_int(decision_option(&verdict, "no"), 1, "all of a text");
	is_int(decision_option(&verdict, "no, n"), 2, "its beginning");
	is_int(decision_option(&verdict, "n"), -1, "that of two");
	is_int(decision_option(&verdict, ""), -1, "nothing");
	activity_verdict_release(&verdict);
}

static void
test_decision__keys(void)
{
	struct activity_verdict verdict;
	struct decision_keys keys;

	fill(&verdict);
	decision_keys(&verdict, 2, &keys);
	is_str(keys.move, "Down", "down to it");
	is_int(keys.moves, 2, "twice");
	ok(keys.enter && keys.is_visible && !keys.text, "then Enter");
	verdict.default_option = 2;
	decision_keys(&verdict, 1, &keys);
	is_str(keys.move, "Up", "or up");
	verdict.answer = ANSWER_NUMBER;
	decision_keys(&verdict, 1, &keys);
	is_str(keys.text, "2", "a digit");
	ok(!keys.enter && !keys.moves, "alone");
	free(keys.text);
	verdict.answer = ANSWER_UNSAID;
	verdict.default_option = -1;
	decision_keys(&verdict, 1, &keys);
	is_str(keys.text, "2", "a line");
	ok(keys.enter, "with Enter");
	free(keys.text);
	activity_verdict_release(&verdict);
}
