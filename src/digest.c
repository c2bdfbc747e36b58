/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See digest.h.  The hash itself is libmd's.
 */
#include "digest.h"

#include <string.h>
#include <sys/types.h>

#include <sha2.h>

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

static void
hash(const void *data, size_t len, unsigned char sum[SHA256_DIGEST_LENGTH])
{
	SHA2_CTX ctx;

	SHA256Init(&ctx);
	if (len) /* data may be NULL */
		SHA256Update(&ctx, data, len);
	SHA256Final(sum, &ctx);
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

	if (key_len > sizeof(block))
		hash(key, key_len, block);
	else if (key_len)
		memcpy(block, key, key_len);
	hash_keyed(block, 0x36, data, len, sum);
	hash_keyed(block, 0x5c, sum, sizeof(sum), sum);
	add_hex(out, sum);
}

void
digest_text(const void *data, size_t len, char out[DIGEST_SIZE])
{
	unsigned char sum[SHA256_DIGEST_LENGTH];

	hash(data, len, sum);
	memcpy(out, "sha256:", 7);
	add_hex(out + 7, sum);
}
