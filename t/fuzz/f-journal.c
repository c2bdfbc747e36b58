/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The reader of the journal: lines and heads as they are, lines whose hashes
 * were mended so that what is behind them is reached, and what `why` makes of
 * them.
 */
/* objs: util strbuf strmap strvec digest jtree chain event units why */
#include "chain.h"
#include "why.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* A head that is read is written and read back the same. */
static void
try_head(const char *text, size_t len)
{
	struct chain_head head, again;
	char out[CHAIN_HEAD];

	if (chain_head_parse(text, len, &head) < 0 ||
	    strpbrk(head.boot, "\"\\\n") || strlen(head.boot) > 36)
		return;
	for (const char *p = head.boot; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			return;
	chain_head_format(&head, text, len, out);
	MUST(chain_head_parse(out, sizeof(out), &again) == 0);
	MUST(again.seq == head.seq && again.next_seq == head.next_seq);
	MUST(strcmp(again.hash, head.hash) == 0);
	MUST(chain_head_is_signed(&again, text, len));
}

static void
try_why(const char *text, size_t len)
{
	struct strbuf out = STRBUF_INIT;
	const struct jnode *event;
	struct jtree tree;

	if (jtree_parse(&tree, text, len) < 0)
		return;
	event = tree.root;
	if (why_is_decision(event))
		why_sentence(event, &out);
	MUST(why_cause("failed", &event, 1) <= 1);
	strbuf_release(&out);
	jtree_release(&tree);
}

/* The line as the members of one, with hashes that fit. */
static void
try_mended(const char *text, size_t len, struct chain_line *last)
{
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
	struct chain_line before = *last, line;
	struct chain_check check;
	/* Whatever it is, it is not part of the number. */
	char *body = xasprintf("%s%.*s", len && *text == ',' ? "" : ",",
	    (int)len, text);
	const char *wrong;

	chain_add(&out, body, last);
	wrong = chain_parse(out.buf, out.len - 1, &line);
	MUST(!wrong || strstr(wrong, "not a line of a journal"));
	if (!wrong) {
		MUST(line.seq == last->seq && !strcmp(line.hash, last->hash));
		chain_check_begin(&check);
		check.last = before;
		MUST(chain_check_line(&check, out.buf, out.len - 1, &err) ==
		    0);
		try_why(out.buf, out.len - 1);
	}
	free(body);
	strbuf_release(&out);
	strbuf_release(&err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size, *eol;
	struct strbuf err = STRBUF_INIT;
	struct chain_check check;
	struct chain_head head;
	struct chain_line last;
	int rc = 0;

	chain_begin(&last);
	chain_check_begin(&check);
	check.anywhere = size & 1;
	if (chain_head_parse(p, size < CHAIN_HEAD ? size : CHAIN_HEAD,
	    &head) == 0)
		check.head = &head;
	try_head(p, size);
	for (; p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (!eol)
			eol = end;
		if (rc == 0)
			rc = chain_check_line(&check, p, (size_t)(eol - p),
			    &err);
		try_mended(p, (size_t)(eol - p), &last);
		try_why(p, (size_t)(eol - p));
		if (eol == end)
			break;
	}
	if (rc == 0)
		chain_check_end(&check, &err);
	MUST(rc == 0 || err.len);
	strbuf_release(&err);
	return 0;
}
