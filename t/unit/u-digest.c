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
test_digest__pieces_equal_the_whole(void)
{
	char text[1000], whole[DIGEST_SIZE], out[DIGEST_SIZE];
	struct digest digest;
	size_t i;

	memset(text, 'a', sizeof(text));
	digest_init(&digest);
	for (i = 0; i < 1000; i++)
		digest_add(&digest, text, sizeof(text));
	digest_end(&digest, out);
	is_str(out, "sha256:cdc76e5c9914fb9281a1c7e284d73e67"
	    "f1809a48a497200e046d39ccc7112cd0", "a million a");
	digest_text(text, sizeof(text), whole);
	for (i = 0; i <= sizeof(text); i += 37) {
		digest_init(&digest);
		digest_add(&digest, text, i);
		digest_add(&digest, text + i, sizeof(text) - i);
		digest_end(&digest, out);
		is_str(out, whole, "split");
	}
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

static void
of_two(const char *a, const char *b, char out[DIGEST_SIZE])
{
	struct digest digest;

	digest_init(&digest);
	digest_addstr(&digest, a);
	digest_addstr(&digest, b);
	digest_end(&digest, out);
}

static void
test_digest__addstr_keeps_borders(void)
{
	char a[DIGEST_SIZE], b[DIGEST_SIZE];

	of_two("ab", "c", a);
	of_two("a", "bc", b);
	ok(strcmp(a, b) != 0, "'ab' 'c' is not 'a' 'bc'");
	of_two("a", "", a);
	of_two("a", NULL, b);
	ok(strcmp(a, b) != 0, "'' is not NULL");
	of_two("ab", "c", a);
	of_two("ab", "c", b);
	is_str(a, b, "equal ones are equal");
}
