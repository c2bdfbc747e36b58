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

static void
add_hex(char *out, const unsigned char sum[SHA256_DIGEST_LENGTH])
{
	static const char hex[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < SHA256_DIGEST_LENGTH; i++) {
		*out++ = hex[sum[i] >> 4];
		*out++ = hex[sum[i] & 15];
	}
	*out = '\0';
}

void
digest_end(struct digest *digest, char out[DIGEST_SIZE])
{
	unsigned char sum[SHA256_DIGEST_LENGTH];

	SHA256Final(sum, &digest->ctx);
	memcpy(out, "sha256:", 7);
	add_hex(out + 7, sum);
}

/* The inner or outer hash: of the key, combined with a byte, and of data. */
static void
hash_keyed(const unsigned char block[SHA256_BLOCK_LENGTH], unsigned char pad,
    const void *data, size_t len, unsigned char sum[SHA256_DIGEST_LENGTH])
{
	unsigned char padded[SHA256_BLOCK_LENGTH];
	SHA2_CTX ctx;
	size_t i;

	for (i = 0; i < sizeof(padded); i++)
		padded[i] = block[i] ^ pad;
	SHA256Init(&ctx);
	SHA256Update(&ctx, padded, sizeof(padded));
	SHA256Update(&ctx, data, len);
	SHA256Final(sum, &ctx);
}

void
digest_hmac(const void *key, size_t key_len, const void *data, size_t len,
    char out[65])
{
	unsigned char block[SHA256_BLOCK_LENGTH] = { 0 };
	unsigned char sum[SHA256_DIGEST_LENGTH];
	SHA2_CTX ctx;

	if (key_len > sizeof(block)) {
		SHA256Init(&ctx);
		SHA256Update(&ctx, key, key_len);
		SHA256Final(block, &ctx);
	} else if (key_len) {
		memcpy(block, key, key_len);
	}
	hash_keyed(block, 0x36, data, len, sum);
	hash_keyed(block, 0x5c, sum, sizeof(sum), sum);
	add_hex(out, sum);
}

void
digest_text(const void *data, size_t len, char out[DIGEST_SIZE])
{
	struct digest digest;

	digest_init(&digest);
	digest_add(&digest, data, len);
	digest_end(&digest, out);
}
