/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Digests of what a run is made of, "sha256:..." or "none"; for render.h.
 */
#ifndef FINGERPRINT_H
#define FINGERPRINT_H

#include "spec.h"

/* What was digested last: agents have much in common with the one before. */
struct fingerprint_memo {
	struct strbuf text;
	char *digest; /* NULL: nothing yet */
};

void fingerprint_memo_release(struct fingerprint_memo *memo);

/*
 * Each returns an allocated digest.  memo, where there is one, is not NULL and
 * not shared by two kinds of text.
 */
char *fingerprint_bytes(const void *data, size_t len);
/* Text that is NULL is "none". */
char *fingerprint_text(const char *text);
char *fingerprint_again(struct fingerprint_memo *memo, const char *text);
/*
 * argv and cwd, without the first skip words: where a wrapper lies is no
 * matter, its bytes are digested apart.
 */
char *fingerprint_command(struct fingerprint_memo *memo,
    const struct spec *spec, size_t skip);
/* "none" when nothing is limited. */
char *fingerprint_limits(const struct resource_limits *limits);
char *fingerprint_drain(struct fingerprint_memo *memo,
    const struct drain_recipe *drain);

#endif
