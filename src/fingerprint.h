/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Digests of what a run is made of, "sha256:..." or "none"; for render.h.
 */
#ifndef FINGERPRINT_H
#define FINGERPRINT_H

#include "spec.h"

/* Each returns an allocated digest.  Text that is NULL is "none". */
char *fingerprint_bytes(const void *data, size_t len);
char *fingerprint_text(const char *text);
/*
 * argv and cwd, without the first skip words: where a wrapper lies is no
 * matter, its bytes are digested apart.
 */
char *fingerprint_command(const struct spec *spec, size_t skip);
/* "none" when nothing is limited. */
char *fingerprint_limits(const struct resource_limits *limits);
char *fingerprint_drain(const struct drain_recipe *drain);

#endif
