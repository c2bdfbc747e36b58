/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf protocol */
#include "protocol.h"
#include "tap.h"

#include <stdlib.h>

/* ---- the operations in the manual ---- */

/* "(ids: strings, required; by: string)" as the code has it. */
static void
describe(const struct protocol_op *op, struct strbuf *line)
{
	const struct protocol_member *member;
	size_t i;

	strbuf_reset(line);
	for (i = 0; i < PROTOCOL_MEMBERS && op->members[i].name; i++) {
		member = &op->members[i];
		strbuf_addf(line, "%s%s: %s%s", i ? "; " : "(", member->name,
		    protocol_type_name(member->type),
		    member->required ? ", required" : "");
	}
	strbuf_addstr(line, ")\n");
}

static void
test_protocol__operations_of_the_manual(void)
{
	FILE *page = fopen("man/teamctl-control.7", "r");
	struct strbuf want = STRBUF_INIT;
	char line[512], name[64];
	bool is_there = false;
	size_t nr = 0;

	ok(page, "man/teamctl-control.7 can be read");
	while (page && fgets(line, sizeof(line), page)) {
		if (strncmp(line, ".Ss ", 4) == 0)
			is_there = strcmp(line, ".Ss Operations\n") == 0;
		if (is_there && strcmp(line, ".El\n") == 0)
			break;
		if (is_there && sscanf(line, ".It Cm %63s", name) == 1) {
			ok(nr < protocol_ops_nr, "an operation: %s", name);
			if (nr >= protocol_ops_nr)
				break;
			is_str(name, protocol_ops[nr++].name, "its name");
		} else if (is_there && *line == '(' && nr) {
			describe(&protocol_ops[nr - 1], &want);
			is_str(line, want.buf, "its members");
			strbuf_reset(&want);
		}
	}
	is_int((int)nr, (int)protocol_ops_nr, "all operations");
	strbuf_release(&want);
	if (page)
		fclose(page);
}

static void
test_protocol__numbers_of_the_manual(void)
{
	static const char *const wants[] = {
		"A line has 65536 bytes", "are 16 levels deep", ".It 1\n",
	};
	char text[65536];
	FILE *page = fopen("man/teamctl-control.7", "r");
	size_t i, len = page ? fread(text, 1, sizeof(text) - 1, page) : 0;

	text[len] = '\0';
	for (i = 0; i < sizeof(wants) / sizeof(*wants); i++)
		ok(strstr(text, wants[i]), "the page says: %s", wants[i]);
	is_int(PROTOCOL_MAX_LINE, 65536, "the line");
	is_int(PROTOCOL_MAX_DEPTH, 16, "the depth");
	is_int(PROTOCOL_VERSION, 1, "the last of the ledger");
	if (page)
		fclose(page);
}

/* ---- lines ---- */

static void
test_protocol__parse(void)
{
	static const struct {
		const char *line, *code, *why;
	} cases[] = {
		{ "{\"op\":\"state\"}", NULL, "" },
		{ " {\"id\":[1],\"op\":\"state\",\"ids\":[\"p:a\"]} ", NULL,
		    "" },
		{ "{\"op\":\"state\",\"ids\":[1]}", "bad_request",
		    "'ids' is no strings" },
		{ "{\"op\":\"down\"}", "bad_request", "'down' lacks 'ids'" },
		{ "{\"op\":\"state\",\"dry_rum\":true}", "bad_request",
		    "'dry_rum' is no member of 'state'" },
		{ "{\"op\":\"subscribe\",\"since\":-1}", "bad_request",
		    "'since' is no count" },
		{ "{\"op\":\"fly\"}", "unknown_op", "unknown op" },
		{ "{\"op\":7}", "unknown_op", "unknown op" },
		{ "{}", "bad_request", "no 'op'" },
		{ "{\"op\":\"state\",\"op\":\"state\"}", "bad_request",
		    "not a JSON object" },
		{ "[]", "bad_request", "not a JSON object" },
		{ "", "bad_request", "not a JSON object" },
		{ "{\"op\":\"state\"} x", "bad_request",
		    "not a JSON object" },
		{ "{\"op\":\"state\",\"id\":\"[[[[[[[[[[[[[[[[[[[[\\\"[\"}",
		    NULL, "" },
		{ "{\"id\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]],\"op\":\"state\"}",
		    NULL, "" },
		{ "{\"id\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]],\"op\":\"state\"}",
		    "bad_request", "deeper than 16 levels" },
	};
	struct strbuf why = STRBUF_INIT;
	const struct protocol_op *op;
	json_t *request;
	const char *code;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		strbuf_reset(&why);
		code = protocol_parse(cases[i].line, strlen(cases[i].line),
		    &op, &request, &why);
		is_str(code, cases[i].code, cases[i].line);
		is_str(why.buf, cases[i].why, "its words");
		json_decref(request);
	}
	strbuf_release(&why);
}

static void
test_protocol__nul(void)
{
	static const char line[] = "{\"op\":\"state\"}\0";
	struct strbuf why = STRBUF_INIT;
	const struct protocol_op *op;
	json_t *request;

	is_str(protocol_parse(line, sizeof(line) - 1, &op, &request, &why),
	    "bad_request", "a NUL at the end");
	json_decref(request);
	strbuf_release(&why);
}
