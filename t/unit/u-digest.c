/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util digest */
#include "digest.h"

#include "tap.h"

#include <stdlib.h>

/* NIST's examples (FIPS 180-2, appendix B; NESSIE for the million). */
static void
test_digest__known_vectors(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "sha256:e3b0c44298fc1c149afbf4c8996fb924"
		    "27ae41e4649b934ca495991b7852b855" },
		{ "abc", "sha256:ba7816bf8f01cfea414140de5dae2223"
		    "b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		    "sha256:248d6a61d20638b8e5c026930c3e6039"
		    "a33ce45964ff2167f6ecedd419db06c1" },
	};
	char out[DIGEST_SIZE];
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		digest_text(rows[i].in, strlen(rows[i].in), out);
		is_str(out, rows[i].out, rows[i].in);
	}
}

static void
test_digest__a_million(void)
{
	static char text[1000000];
	char out[DIGEST_SIZE];

	memset(text, 'a', sizeof(text));
	digest_text(text, sizeof(text), out);
	is_str(out, "sha256:cdc76e5c9914fb9281a1c7e284d73e67"
	    "f1809a48a497200e046d39ccc7112cd0", "a million a");
}

/* RFC 4231, cases 1, 2 and 6. */
static void
test_digest__keyed_vectors(void)
{
	static const struct {
		char key[132];
		const char *in, *out;
	} rows[] = {
		{ "\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v", "Hi There",
		    "b0344c61d8db38535ca8afceaf0bf12b"
		    "881dc200c9833da726e9376c2e32cff7" },
		{ "Jefe", "what do ya want for nothing?",
		    "5bdcc146bf60754e6a042426089575c7"
		    "5a003f089d2739839dec58b964ec3843" },
		{ "", "Test Using Larger Than Block-Size Key - Hash Key First",
		    "60e431591ee0b67f0d8a26aacbf5b77f"
		    "8e0bc6213728c5140546040f0ee37f54" },
	};
	char key[132], out[65];
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		memcpy(key, rows[i].key, sizeof(key));
		if (!*key)
			memset(key, 0xaa, 131);
		key[131] = '\0';
		digest_hmac(key, strlen(key), rows[i].in, strlen(rows[i].in),
		    out);
		is_str(out, rows[i].out, rows[i].in);
	}
}
