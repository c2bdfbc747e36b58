/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What every fuzzer needs.  libFuzzer calls LLVMFuzzerTestOneInput with each
 * input; without it replay.c does, with the files it is given.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that does not hold is found like a crash. */
#define MUST(cond)                                                            \
	do {                                                                  \
		if (!(cond))                                                  \
			BUG("not so: %s", #cond);                             \
	} while (0)

#endif
