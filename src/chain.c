/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See chain.h.
 */
#include "chain.h"

#include "digest.h"
#include "jtree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What stands between a line's text and its hash. */
#define HASH_KEY ",\"hash\":\""

enum { HASH_DIGITS = CHAIN_HASH - 1 };

static void
hash_text(const char *text, size_t len, char hash[CHAIN_HASH])
{
	char digest[DIGEST_SIZE];

	digest_text(text, len, digest);
	memcpy(hash, digest + strlen("sha256:"), CHAIN_HASH);
}

void
chain_begin(struct chain_line *last)
{
	memset(last, 0, sizeof(*last));
	memset(last->hash, '0', HASH_DIGITS);
}

/* ---- lines ---- */

/* 64 lower-case hexadecimal digits. */
static bool
take_hash(const struct jnode *object, const char *key, char hash[CHAIN_HASH])
{
	const char *text = j_text(j_get(object, key));

	if (!text || strlen(text) != HASH_DIGITS ||
	    strspn(text, "0123456789abcdef") != HASH_DIGITS)
		return false;
	memcpy(hash, text, CHAIN_HASH);
	return true;
}

const char *
chain_parse(const char *text, size_t len, struct chain_line *line)
{
	size_t tail = strlen(HASH_KEY) + HASH_DIGITS + strlen("\"}");
	const char *event, *wrong = NULL;
	char hash[CHAIN_HASH];
	struct jtree tree;

	if (len <= tail || memcmp(text + len - tail, HASH_KEY,
	    strlen(HASH_KEY)) != 0 || memcmp(text + len - 2, "\"}", 2) != 0)
		return "no hash at its end";
	hash_text(text, len - tail, hash);
	if (memcmp(hash, text + len - 2 - HASH_DIGITS, HASH_DIGITS) != 0)
		return "it was changed: its hash does not fit";
	if (jtree_parse(&tree, text, len) < 0)
		return "it is not a line of a journal";
	line->seq = j_integer(j_get(tree.root, "seq"), 0);
	event = j_text(j_get(tree.root, "event"));
	if (line->seq < 1 || !event || !take_hash(tree.root, "prev",
	    line->prev) || !take_hash(tree.root, "hash", line->hash))
		wrong = "it is not a line of a journal";
	else
		snprintf(line->event, sizeof(line->event), "%s", event);
	jtree_release(&tree);
	return wrong;
}

void
chain_add(struct strbuf *out, const char *body, struct chain_line *last)
{
	size_t begin = out->len;

	memcpy(last->prev, last->hash, CHAIN_HASH);
	strbuf_addf(out, "{\"seq\":%" PRId64 "%s,\"prev\":\"%s\"", ++last->seq,
	    body, last->prev);
	hash_text(out->buf + begin, out->len - begin, last->hash);
	strbuf_addf(out, "%s%s\"}\n", HASH_KEY, last->hash);
}

/* ---- the head ---- */

void
chain_head_init(struct chain_head *head)
{
	memset(head, 0, sizeof(*head));
	memset(head->hash, '0', HASH_DIGITS);
}

int
chain_head_parse(const char *text, size_t len, struct chain_head *head)
{
	const struct jnode *object, *next_seq;
	const char *boot;
	struct jtree tree;
	int rc = 0;

	chain_head_init(head);
	if (jtree_parse(&tree, text, len) < 0)
		return -1;
	object = tree.root;
	next_seq = j_get(object, "next_seq");
	head->seq = j_integer(j_get(object, "seq"), -1);
	head->next_seq = j_integer(next_seq, 0);
	if (next_seq)
		head->next_bytes = j_integer(j_get(object, "next_bytes"), 0);
	if (head->seq < 0 || !take_hash(object, "hash", head->hash))
		rc = -1;
	if (next_seq && (head->next_seq <= head->seq ||
	    head->next_bytes <= 0 ||
	    !take_hash(object, "next_hash", head->next_hash)))
		rc = -1;
	boot = j_text(j_get(object, "boot"));
	if (boot)
		snprintf(head->boot, sizeof(head->boot), "%s", boot);
	if (j_get(object, "mac") && !take_hash(object, "mac", head->mac))
		rc = -1;
	jtree_release(&tree);
	return rc;
}

static void
sign(const struct chain_head *head, const void *key, size_t key_len,
    char mac[CHAIN_HASH])
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%" PRId64 " %s %" PRId64 " %s %" PRId64 " %s",
	    head->seq, head->hash, head->next_seq, head->next_hash,
	    head->next_bytes, head->boot);
	digest_hmac(key, key_len, text.buf, text.len, mac);
	strbuf_release(&text);
}

void
chain_head_format(struct chain_head *head, const void *key, size_t key_len,
    char out[CHAIN_HEAD])
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "{\"seq\":%" PRId64 ",\"hash\":\"%s\"", head->seq,
	    head->hash);
	if (head->next_seq)
		strbuf_addf(&text, ",\"next_seq\":%" PRId64
		    ",\"next_hash\":\"%s\",\"next_bytes\":%" PRId64,
		    head->next_seq, head->next_hash, head->next_bytes);
	if (*head->boot)
		strbuf_addf(&text, ",\"boot\":\"%s\"", head->boot);
	*head->mac = '\0';
	if (key_len) {
		sign(head, key, key_len, head->mac);
		strbuf_addf(&text, ",\"mac\":\"%s\"", head->mac);
	}
	strbuf_addch(&text, '}');
	if (text.len >= CHAIN_HEAD)
		BUG("a head of %zu bytes", text.len);
	memset(out, ' ', CHAIN_HEAD);
	memcpy(out, text.buf, text.len);
	out[CHAIN_HEAD - 1] = '\n';
	strbuf_release(&text);
}

bool
chain_head_is_signed(const struct chain_head *head, const void *key,
    size_t key_len)
{
	char mac[CHAIN_HASH];

	sign(head, key, key_len, mac);
	return str_eq(mac, head->mac);
}

/* ---- checking all of it ---- */

void
chain_check_begin(struct chain_check *check)
{
	memset(check, 0, sizeof(*check));
	chain_begin(&check->last);
}

static int
broken(int64_t seq, const char *wrong, struct strbuf *err)
{
	strbuf_addf(err, "seq %" PRId64 ": %s", seq, wrong);
	return -1;
}

/* Whether it stands in its place. */
static int
check_place(const struct chain_check *check, const struct chain_line *line,
    struct strbuf *err)
{
	int64_t due = check->last.seq + 1;

	if (!check->first && check->anywhere)
		return 0;
	if (line->seq != due) {
		strbuf_addf(err, "seq %" PRId64 ": line %" PRId64 " stands in "
		    "its place", due, line->seq);
		return -1;
	}
	if (!str_eq(line->prev, check->last.hash))
		return broken(due, "it does not follow the line before it",
		    err);
	return 0;
}

/* Whether it is a line that the head, or somebody, has named. */
static int
check_names(const struct chain_check *check, const struct chain_line *line,
    struct strbuf *err)
{
	const struct chain_head *head = check->head;

	if (line->seq == check->wanted &&
	    !str_eq(line->hash, check->wanted_hash))
		return broken(line->seq, "it is not the line that was noted",
		    err);
	if (!head)
		return 0;
	if (line->seq == head->seq && !str_eq(line->hash, head->hash))
		return broken(line->seq, "it is not the line that "
		    "journal.head names", err);
	if (line->seq > head->seq && line->seq > head->next_seq)
		return broken(line->seq, "it was appended: journal.head names "
		    "an earlier line as the last one", err);
	if (line->seq == head->next_seq && !str_eq(line->hash,
	    head->next_hash))
		return broken(line->seq, "it is not the line that "
		    "journal.head names as the next one", err);
	return 0;
}

int
chain_check_line(struct chain_check *check, const char *text, size_t len,
    struct strbuf *err)
{
	struct chain_line line;
	const char *wrong = chain_parse(text, len, &line);

	if (wrong)
		return broken(check->last.seq + 1, wrong, err);
	if (check_place(check, &line, err) < 0 ||
	    check_names(check, &line, err) < 0)
		return -1;
	if (!check->first)
		check->first = line.seq;
	if (str_eq(line.event, "journal.keyed"))
		check->keyed = line.seq;
	check->last = line;
	check->lines++;
	return 0;
}

int
chain_check_end(const struct chain_check *check, struct strbuf *err)
{
	const struct chain_head *head = check->head;
	int64_t last = check->last.seq;

	if (head && last < head->seq) {
		strbuf_addf(err, "seq %" PRId64 ": the journal ends before "
		    "it, but journal.head names line %" PRId64, last + 1,
		    head->seq);
		return -1;
	}
	/* A batch of which a crash has left only some lines. */
	if (head && last > head->seq && last < head->next_seq)
		return broken(last + 1, "it was not written any more: the "
		    "next command cuts off what belongs to it", err);
	if (check->wanted > last) {
		strbuf_addf(err, "seq %" PRId64 ": the journal ends before "
		    "it, but line %" PRId64 " was noted", last + 1,
		    check->wanted);
		return -1;
	}
	return 0;
}
