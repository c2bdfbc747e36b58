/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * activity_decide on any screen: the dead do not work, verdicts are whole, and
 * the same screen says the same again.  The first byte says what else is seen.
 */
/* objs: jstring util strbuf strvec strmap arena diag units signame yaml */
/* objs: yaml-node told runtime runtime-read runtime-screens pattern bottom */
/* objs: activity activity-json ere */
#include "activity.h"

#include "fake-source.h"
#include "fuzz.h"
#include "told.h"

#include <stdlib.h>

#define NOW INT64_C(1795195800000)

static const struct fake_pair files[] = {
	{ "/share/runtimes/tool.yaml",
	    "binary: tool\n"
	    "rate_limit_patterns:\n"
	    "- match: 'rate.?limit'\n"
	    "  resets_in_capture: '([0-9]+ *[smh])'\n"
	    "screens:\n"
	    "- name: limit\n"
	    "  verdict: rate_limited\n"
	    "  match: \"(●|⎿) .*limit.*\\n(  .*\\n)*──\"\n"
	    "  until: \"resets (.*\\n?.*)\"\n"
	    "- name: menu\n"
	    "  verdict: waiting\n"
	    "  kind: choice\n"
	    "  match: ['^ *❯ [0-9]+\\.', '(Enter|Esc) to']\n"
	    "  unless: \"^──.*\\n❯\"\n"
	    "  question: \"(.*\\\\?)\\n(.*\\n)*.*❯\"\n"
	    "  options: '^[ ❯]*[0-9]+\\. *([^ ].*)$'\n"
	    "  selected: '❯'\n"
	    "- { name: turn, verdict: working, match: 'busy', last: 4,"
	    " fresh: 9s }\n"
	    "- { name: prompt, verdict: idle, match: '^❯', last: 200 }\n" },
	{ "/share/wrappers/command", "#!/bin/sh\n" },
	{ NULL, NULL },
};

static void
check(const struct activity_sight *sight,
    const struct activity_verdict *verdict)
{
	json_t *object = activity_json(verdict);
	char *text = json_dumps(object, 0);

	MUST(text != NULL);
	MUST(!sight->is_dead || verdict->activity == ACTIVITY_DONE ||
	    verdict->activity == ACTIVITY_ERROR ||
	    verdict->activity == ACTIVITY_UNKNOWN ||
	    verdict->activity == ACTIVITY_RATE_LIMITED);
	MUST((verdict->activity == ACTIVITY_WAITING) ==
	    (verdict->kind != WAIT_NONE));
	MUST((verdict->activity == ACTIVITY_WAITING) ==
	    (verdict->question != NULL));
	MUST(!verdict->until_ms || verdict->until_ms > sight->now_ms);
	MUST(verdict->default_option < (int)verdict->options.nr);
	free(text);
	json_decref(object);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct activity_verdict first = ACTIVITY_VERDICT_INIT,
	    again = ACTIVITY_VERDICT_INIT;
	struct activity_sight sight = { .now_ms = NOW, .exit_code = -1 };
	struct diags diags = DIAGS_INIT;
	struct activity_rules *rules;
	struct runtimes *all;
	struct fake_source fake;
	int64_t ms;
	char *text;

	if (size == 0)
		return 0;
	text = xstrndup((const char *)data + 1, size - 1);
	sight.screen = text;
	sight.is_dead = data[0] & 1;
	sight.is_asked = data[0] & 2;
	sight.exit_code = data[0] & 4 ? data[0] >> 5 : -1;
	sight.signal = data[0] & 8 ? 9 : 0;
	sight.changed_ms = data[0] & 16 ? NOW - 1000 * (data[0] >> 5) : 0;
	fake_init(&fake, files);
	all = runtimes_load(&fake.source, &diags);
	MUST(diags.nr == 0);
	rules = activity_rules_new(runtimes_find(all, "tool"));
	activity_decide(rules, &sight, NULL, &first);
	check(&sight, &first);
	activity_decide(rules, &sight, &first, &again);
	check(&sight, &again);
	MUST(activity_is_same(&first, &again));
	MUST(again.since_ms == first.since_ms);
	activity_parse(text, strlen(text), &again);
	if (told_parse_span(text, NOW, &ms))
		MUST(ms > NOW && ms < NOW + INT64_C(401) * 86400 * 1000);
	if (told_parse_clock(text, NOW, 3600, &ms))
		MUST(ms > NOW - INT64_C(402) * 86400 * 1000 &&
		    ms < NOW + INT64_C(402) * 86400 * 1000);
	activity_verdict_release(&first);
	activity_verdict_release(&again);
	activity_rules_free(rules);
	runtimes_free(all);
	diags_release(&diags);
	free(text);
	return 0;
}
