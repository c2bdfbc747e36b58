/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf chain digest jtree strmap */
#include "chain.h"

#include "tap.h"

#include <stdlib.h>

enum { LINES = 6 };

struct fixture {
	struct strbuf text;
	char *line[LINES];
	struct chain_head head;
	struct chain_check check;
	struct strbuf err;
};

static void
set_up(struct fixture *fixture)
{
	struct chain_line last;
	char *body, *p;
	int i;

	memset(fixture, 0, sizeof(*fixture));
	strbuf_init(&fixture->text);
	strbuf_init(&fixture->err);
	chain_begin(&last);
	chain_head_init(&fixture->head);
	for (i = 0; i < LINES; i++) {
		body = xasprintf(",\"event\":\"%s\",\"n\":%d",
		    i == 3 ? "journal.keyed" : "agent.started", i);
		chain_add(&fixture->text, body, &last);
		free(body);
	}
	fixture->head.seq = last.seq;
	memcpy(fixture->head.hash, last.hash, CHAIN_HASH);
	for (p = fixture->text.buf, i = 0; i < LINES; i++) {
		fixture->line[i] = xstrndup(p, strcspn(p, "\n"));
		p += strcspn(p, "\n") + 1;
	}
	chain_check_begin(&fixture->check);
	fixture->check.head = &fixture->head;
}

static void
tear_down(struct fixture *fixture)
{
	int i;

	for (i = 0; i < LINES; i++)
		free(fixture->line[i]);
	strbuf_release(&fixture->text);
	strbuf_release(&fixture->err);
}

/* Checks the lines of order, 1 the first; what is wrong, or "". */
static const char *
check(struct fixture *fixture, const char *order)
{
	const char *line;
	int rc = 0;

	for (; rc == 0 && *order; order++) {
		line = fixture->line[*order - '1'];
		rc = chain_check_line(&fixture->check, line, strlen(line),
		    &fixture->err);
	}
	if (rc == 0)
		chain_check_end(&fixture->check, &fixture->err);
	return fixture->err.buf;
}

static void
test_chain__lines_in_any_other_order_are_told(void)
{
	static const struct {
		const char *order, *wrong;
	} rows[] = {
		{ "123456", "" },
		{ "23456", "seq 1: line 2 stands in its place" },
		{ "13456", "seq 2: line 3 stands in its place" },
		{ "132456", "seq 2: line 3 stands in its place" },
		{ "1123456", "seq 2: line 1 stands in its place" },
		{ "12345", "seq 6: the journal ends before it, but "
		    "journal.head names line 6" },
		{ "1234566", "seq 7: line 6 stands in its place" },
		{ "", "seq 1: the journal ends before it, but journal.head "
		    "names line 6" },
	};
	struct fixture fixture;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		set_up(&fixture);
		is_str(check(&fixture, rows[i].order), rows[i].wrong,
		    rows[i].order);
		tear_down(&fixture);
	}
}

static void
test_chain__every_flipped_bit_of_a_line_is_told(void)
{
	struct fixture fixture;
	char *line;
	size_t i, len;
	int bit, missed = 0;

	set_up(&fixture);
	line = fixture.line[2];
	len = strlen(line);
	for (i = 0; i < len; i++)
		for (bit = 0; bit < 8; bit++) {
			line[i] = (char)(line[i] ^ 1 << bit);
			chain_check_begin(&fixture.check);
			strbuf_reset(&fixture.err);
			fixture.check.last.seq = 2;
			memcpy(fixture.check.last.hash, strstr(
			    fixture.line[1], "\"hash\":\"") + 8,
			    CHAIN_HASH - 1);
			if (chain_check_line(&fixture.check, line, len,
			    &fixture.err) == 0 ||
			    !str_starts(fixture.err.buf, "seq 3: "))
				missed++;
			line[i] = (char)(line[i] ^ 1 << bit);
		}
	is_int(missed, 0, "bits");
	tear_down(&fixture);
}

static void
test_chain__head_tells_what_was_written_from_what_was_added(void)
{
	struct fixture fixture;

	set_up(&fixture);
	fixture.head.seq = 5;
	memcpy(fixture.head.hash, strstr(fixture.line[4], "\"hash\":\"") + 8,
	    CHAIN_HASH - 1);
	is_str(check(&fixture, "123456"), "seq 6: it was appended: "
	    "journal.head names an earlier line as the last one", "appended");
	tear_down(&fixture);

	set_up(&fixture);
	fixture.head.next_seq = 6;
	memcpy(fixture.head.next_hash, fixture.head.hash, CHAIN_HASH);
	fixture.head.seq = 3;
	memcpy(fixture.head.hash, strstr(fixture.line[2], "\"hash\":\"") + 8,
	    CHAIN_HASH - 1);
	is_str(check(&fixture, "123456"), "", "announced and written");
	is_int(fixture.check.keyed, 4, "keyed since");
	tear_down(&fixture);

	set_up(&fixture);
	fixture.head.next_seq = 6;
	memcpy(fixture.head.next_hash, fixture.head.hash, CHAIN_HASH);
	fixture.head.seq = 3;
	memcpy(fixture.head.hash, strstr(fixture.line[2], "\"hash\":\"") + 8,
	    CHAIN_HASH - 1);
	ok(str_starts(check(&fixture, "12345"), "seq 6: it was not written"),
	    "announced and half written: %s", fixture.err.buf);
	tear_down(&fixture);
}

static void
test_chain__a_noted_line(void)
{
	struct fixture fixture;

	set_up(&fixture);
	fixture.check.wanted = 2;
	memset(fixture.check.wanted_hash, 'f', CHAIN_HASH - 1);
	is_str(check(&fixture, "123456"), "seq 2: it is not the line that "
	    "was noted", "another hash");
	tear_down(&fixture);

	set_up(&fixture);
	fixture.check.wanted = 7;
	is_str(check(&fixture, "123456"), "seq 7: the journal ends before "
	    "it, but line 7 was noted", "cut");
	tear_down(&fixture);

	set_up(&fixture);
	fixture.check.anywhere = true;
	fixture.check.head = NULL;
	is_str(check(&fixture, "3456"), "", "an export");
	is_int(fixture.check.first, 3, "first");
	tear_down(&fixture);
}

static void
test_chain__heads_are_read_as_they_are_written(void)
{
	struct chain_head head, again;
	char text[CHAIN_HEAD];

	chain_head_init(&head);
	head.seq = INT64_MAX - 1;
	head.next_seq = INT64_MAX;
	head.next_bytes = INT64_MAX;
	memset(head.next_hash, 'a', CHAIN_HASH - 1);
	chain_head_format(&head, "key", 3, text);
	ok(chain_head_parse(text, sizeof(text), &again) == 0, "parses");
	is_int(again.next_seq, INT64_MAX, "next");
	is_str(again.mac, head.mac, "mac");
	ok(chain_head_is_signed(&again, "key", 3), "signed");
	ok(!chain_head_is_signed(&again, "kez", 3), "with that key");
	again.next_bytes--;
	ok(!chain_head_is_signed(&again, "key", 3), "all of it");
	ok(chain_head_parse("{}", 2, &again) < 0, "nothing");
	ok(chain_head_parse("{\"seq\":1,\"hash\":\"0\"}", 20, &again) < 0,
	    "a short hash");
}
