/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * SHA-256 as the text that fingerprints and records hold: "sha256:" and 64
 * hexadecimal digits; and with a key.
 */
#ifndef DIGEST_H
#define DIGEST_H

#include "util.h"

enum { DIGEST_SIZE = 72 }; /* 7 + 64 and the terminator */

/* The digest of some bytes. */
void digest_text(const void *data, size_t len, char out[DIGEST_SIZE]);

/* HMAC-SHA256 (RFC 2104) as 64 hexadecimal digits. */
void digest_hmac(const void *key, size_t key_len, const void *data,
    size_t len, char out[65]);

#endif
