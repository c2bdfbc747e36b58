/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A NULL-terminated array of strings that owns them: an argv, or a list.
 */
#ifndef STRVEC_H
#define STRVEC_H

#include "util.h"

struct strvec {
	char **v; /* NULL until the first push; else v[nr] is NULL */
	size_t nr;
	size_t alloc;
};

#define STRVEC_INIT { .v = NULL, .nr = 0, .alloc = 0 }

/* Frees all strings and leaves an empty, usable vector. */
void strvec_release(struct strvec *sv);
/* Copies s. */
void strvec_push(struct strvec *sv, const char *s);
void strvec_pushf(struct strvec *sv, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Takes s over. */
void strvec_take(struct strvec *sv, char *s);
/* Copies all of from behind what is there. */
void strvec_pushall(struct strvec *sv, const struct strvec *from);
/* Bytewise order. */
void strvec_sort(struct strvec *sv);
/* Takes out the first that is equal; fine when there is none. */
void strvec_drop(struct strvec *sv, const char *s);
bool strvec_has(const struct strvec *sv, const char *s);
bool strvec_eq(const struct strvec *a, const struct strvec *b);

#endif
