/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See fingerprint.h.  What is digested is a canonical text in which no two
 * different values look the same; its form may only change together with a
 * good reason, since every change restarts or updates all agents once.
 */
#include "fingerprint.h"

#include "digest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * 64 bits tell changes apart, and a team of a thousand agents reads nine of
 * them for each whenever somebody asks for its status.
 */
enum { KEPT_DIGITS = 16 };

char *
fingerprint_bytes(const void *data, size_t len)
{
	char digest[DIGEST_SIZE];

	digest_text(data, len, digest);
	return xstrndup(digest, strlen("sha256:") + KEPT_DIGITS);
}

char *
fingerprint_text(const char *text)
{
	return text ? fingerprint_bytes(text, strlen(text)) : xstrdup("none");
}

void
fingerprint_memo_release(struct fingerprint_memo *memo)
{
	strbuf_release(&memo->text);
	free(memo->digest);
	memo->digest = NULL;
}

static char *
digest_again(struct fingerprint_memo *memo, const char *text, size_t len)
{
	if (!memo->digest || len != memo->text.len ||
	    memcmp(text, memo->text.buf, len) != 0) {
		strbuf_reset(&memo->text);
		strbuf_add(&memo->text, text, len);
		free(memo->digest);
		memo->digest = fingerprint_bytes(text, len);
	}
	return xstrdup(memo->digest);
}

char *
fingerprint_again(struct fingerprint_memo *memo, const char *text)
{
	return text ? digest_again(memo, text, strlen(text)) : xstrdup("none");
}

/* Frees what the text holds. */
static char *
take_again(struct fingerprint_memo *memo, struct strbuf *text)
{
	char *digest = digest_again(memo, text->buf, text->len);

	strbuf_release(text);
	return digest;
}

/* Strings with their terminators, then one more. */
static void
add_strvec(struct strbuf *text, const struct strvec *sv, size_t skip)
{
	size_t i;

	for (i = skip; i < sv->nr; i++)
		strbuf_add(text, sv->v[i], strlen(sv->v[i]) + 1);
	strbuf_addch(text, '\0');
}

char *
fingerprint_command(struct fingerprint_memo *memo, const struct spec *spec,
    size_t skip)
{
	struct strbuf text = STRBUF_INIT;

	add_strvec(&text, &spec->argv, skip);
	strbuf_addstr(&text, spec->cwd);
	return take_again(memo, &text);
}

char *
fingerprint_limits(const struct resource_limits *limits)
{
	struct strbuf text = STRBUF_INIT;
	char *digest;

	if (!limits->max_memory_mb && !limits->max_cpu_percent &&
	    !limits->max_file_descriptors && !limits->max_cpu_secs &&
	    !limits->max_wall_secs)
		return xstrdup("none");
	strbuf_addf(&text, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64
	    " %" PRId64 " %.17g %d", limits->max_memory_mb,
	    limits->max_cpu_percent, limits->max_file_descriptors,
	    limits->max_cpu_secs, limits->max_wall_secs, limits->warn_at,
	    (int)limits->on_exceed);
	digest = fingerprint_bytes(text.buf, text.len);
	strbuf_release(&text);
	return digest;
}

char *
fingerprint_drain(struct fingerprint_memo *memo,
    const struct drain_recipe *drain)
{
	struct strbuf text = STRBUF_INIT;

	add_strvec(&text, &drain->keys, 0);
	strbuf_addf(&text, "%d %" PRId64 " %" PRId64 " %d %" PRId64,
	    drain->repeat, drain->gap_ms, drain->timeout_ms, drain->signal,
	    drain->kill_after_ms);
	return take_again(memo, &text);
}
