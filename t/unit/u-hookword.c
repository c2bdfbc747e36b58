/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: jstring util strbuf strvec strmap arena event hookword key-json keys */
/* objs: keys-agent yaml yaml-node diag units told interp */
#include "hookword.h"
#include "keys.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static void
test_hookword__keys_are_the_words(void)
{
	int i;

	for (i = 0; i < HOOK_NR; i++)
		is_str(on_keys[i].name, hook_word_name((enum hook_word)i),
		    "in this order");
	ok(!on_keys[i].name, "and no more");
}

static void
test_hookword__events(void)
{
	static const struct {
		const char *event;
		enum hook_word word;
	} rows[] = {
		{ "{\"event\":\"agent.exited\"}", HOOK_EXIT },
		{ "{\"event\":\"agent.given_up\"}", HOOK_FAILED },
		{ "{\"event\":\"agent.not_restarted\","
		    "\"fields\":{\"class\":\"code\"}}", HOOK_FAILED },
		{ "{\"event\":\"agent.not_restarted\","
		    "\"fields\":{\"class\":\"clean\"}}", HOOK_NR },
		{ "{\"event\":\"agent.kill_failed\"}", HOOK_KILLED },
		{ "{\"event\":\"hook.failed\"}", HOOK_NR },
		{ "{\"event\":7}", HOOK_NR },
		{ "{}", HOOK_NR },
	};
	json_t *event;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		event = json_loads(rows[i].event, 0, NULL);
		is_int(hook_word_of(event), rows[i].word, rows[i].event);
		json_decref(event);
	}
}

static void
test_hookword__input(void)
{
	json_t *event = json_loads("{\"seq\":4,\"event\":\"agent.killed\","
	    "\"agent\":\"p:a\",\"reason\":\"x\\n\\u001b[1m\",\"mono_ns\":5,"
	    "\"prev\":\"0\",\"hash\":\"1\"}", 0, NULL);
	char *text = hook_input(HOOK_KILLED, "/a \xff", event);

	is_str(text, "{\"schema\":1,\"hook\":\"killed\",\"root\":"
	    "\"/a \\\\xff\",\"seq\":4,\"event\":\"agent.killed\","
	    "\"agent\":\"p:a\",\"reason\":\"x\\n\\u001B[1m\"}", "one line");
	free(text);
	json_decref(event);
}
