/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See uuid.h.  SHA-1 is what version 5 is made of; nothing here is secret.
 */
#include "uuid.h"

#include <sys/types.h>

#include <sha1.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void
uuid_of_session(const char *name, char out[UUID_TEXT])
{
	/* 6dd6c8a3-44b6-4a18-9b05-91c1e257fb3d */
	static const uint8_t namespace[16] = {
		0x6d, 0xd6, 0xc8, 0xa3, 0x44, 0xb6, 0x4a, 0x18,
		0x9b, 0x05, 0x91, 0xc1, 0xe2, 0x57, 0xfb, 0x3d,
	};
	uint8_t d[SHA1_DIGEST_LENGTH];
	SHA1_CTX sha;

	SHA1Init(&sha);
	SHA1Update(&sha, namespace, sizeof(namespace));
	SHA1Update(&sha, (const uint8_t *)name, strlen(name));
	SHA1Final(d, &sha);
	d[6] = (uint8_t)((d[6] & 0x0f) | 0x50);
	d[8] = (uint8_t)((d[8] & 0x3f) | 0x80);
	snprintf(out, UUID_TEXT,
	    "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x",
	    d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9],
	    d[10], d[11], d[12], d[13], d[14], d[15]);
}
