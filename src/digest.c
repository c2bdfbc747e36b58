/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See digest.h.  The hash itself is libmd's.
 */
#include "digest.h"

#include <string.h>

void
digest_init(struct digest *digest)
{
	SHA256Init(&digest->ctx);
}

void
digest_add(struct digest *digest, const void *data, size_t len)
{
	if (len)
		SHA256Update(&digest->ctx, data, len);
}

void
digest_addstr(struct digest *digest, const char *s)
{
	uint64_t len = s ? strlen(s) : UINT64_MAX;
	unsigned char head[8];
	size_t i;

	for (i = 0; i < sizeof(head); i++)
		head[i] = (unsigned char)(len >> 8 * i);
	digest_add(digest, head, sizeof(head));
	if (s)
		digest_add(digest, s, strlen(s));
}

void
digest_end(struct digest *digest, char out[DIGEST_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char sum[SHA256_DIGEST_LENGTH];
	char *p = out;
	size_t i;

	SHA256Final(sum, &digest->ctx);
	memcpy(p, "sha256:", 7);
	p += 7;
	for (i = 0; i < sizeof(sum); i++) {
		*p++ = hex[sum[i] >> 4];
		*p++ = hex[sum[i] & 15];
	}
	*p = '\0';
}

void
digest_text(const void *data, size_t len, char out[DIGEST_SIZE])
{
	struct digest digest;

	digest_init(&digest);
	digest_add(&digest, data, len);
	digest_end(&digest, out);
}
